//! Asking a reader for an archive copy. Its parts are counted before they are kept.

use super::super::archive::CopyOptions;
use super::super::wire::{Reply, Request};
use super::{ReadError, Reader, Step, Trust, nonsense, refuse};
use crate::domain::document::Page;

/// One archive copy to make.
#[derive(Clone, Debug, Default)]
pub struct ArchiveJob {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was read of it before.
    pub pages: Vec<Page>,
    /// Of which pages, how opened, how called.
    pub options: CopyOptions,
    /// Whose it is.
    pub trust: Trust,
}

impl Reader {
    /// Makes the archive copy of a document that was read: a PDF of at most
    /// [`archive_bytes_max`](super::super::Limits::archive_bytes_max) bytes.
    pub async fn archive(&self, job: ArchiveJob) -> Result<Vec<u8>, ReadError> {
        let unavailable = |message: String| ReadError::Unavailable { message };
        let document_bytes = u32::try_from(job.bytes.len())
            .map_err(|_| unavailable("the document is too large to be sent".to_owned()))?;
        let mut body = job.bytes;
        serde_json::to_writer(&mut body, &job.pages).map_err(|it| unavailable(it.to_string()))?;
        let most = usize::try_from(job.options.limits.archive_bytes_max).unwrap_or(usize::MAX);
        let request = Request::<()>::Archive {
            options: job.options,
            document_bytes,
        };
        let mut copy = Vec::new();
        self.converse(job.trust, &request, &body, |reply, part| match reply {
            Reply::ArchivePart if part.len() <= most.saturating_sub(copy.len()) => {
                copy.extend_from_slice(&part);
                Ok(Step::More)
            }
            Reply::ArchivePart => Err(nonsense("its copy is larger than allowed")),
            Reply::Archived => Ok(Step::Done),
            Reply::Hello { .. }
            | Reply::Started { .. }
            | Reply::Page { .. }
            | Reply::Preview { .. }
            | Reply::Paper { .. }
            | Reply::Read { .. }
            | Reply::Understood { .. }
            | Reply::Failed { .. } => refuse(reply),
        })
        .await?;
        if !copy.starts_with(b"%PDF-") {
            return Err(nonsense("its copy is no PDF"));
        }
        Ok(copy)
    }
}
