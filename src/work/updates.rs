//! Updates of the box that workmate runs on, where it is an image of its own: somebody gives a bundle, and a
//! program of the image that may do so installs it.
//!
//! workmate only takes the bundle and shows what became of it. Whose it is, that program decides by its
//! signature; a file that is laid there whole is all that it looks at.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

/// What the program waits for.
const BUNDLE: &str = "bundle.raucb";
/// How a bundle begins: it is a file system (squashfs).
const MAGIC: &[u8] = b"hsqs";
/// The longest bundle, in bytes.
const BYTES_MAX: u64 = 1 << 30;
/// Longest text about an update that is shown, in bytes.
const SAID_MAX: usize = 500;

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Another one is being installed.
    #[error("an update is being installed already: wait for it")]
    Busy,
    /// It is something else.
    #[error("this is no update of the box: its name ends in .raucb")]
    NoBundle,
    /// Longer than any.
    #[error("an update has at most {} MB", BYTES_MAX >> 20)]
    TooLarge,
    /// The disk says no.
    #[error("the update could not be kept: is there room on the disk?")]
    File(#[from] io::Error),
}

/// What becomes of an update, as the program says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Wait.
    Installing,
    /// The box starts anew with it.
    Installed,
    /// Why not, in the program's words.
    Refused(String),
}

/// Where bundles are laid and where it stands what becomes of them.
#[derive(Clone, Debug)]
pub struct Updates {
    folder: PathBuf,
    state: PathBuf,
}

impl Updates {
    /// Bundles go into `folder`, what becomes of them stands in the file `state`.
    pub const fn new(folder: PathBuf, state: PathBuf) -> Self {
        Self { folder, state }
    }

    /// What became of the last one since the box was started; `None` where none was given.
    pub async fn progress(&self) -> Option<Progress> {
        if self.bundle().exists() {
            return Some(Progress::Installing);
        }
        let said = fs::read(&self.state).await.ok()?;
        let said = String::from_utf8_lossy(said.get(..SAID_MAX).unwrap_or(&said)).into_owned();
        let said = said.trim();
        match said {
            "installing" => Some(Progress::Installing),
            "installed" => Some(Progress::Installed),
            _ => {
                let reason = said.strip_prefix("refused:").unwrap_or(said).trim();
                Some(Progress::Refused(reason.to_owned()))
            }
        }
    }

    /// Begins to take one.
    pub async fn begin(&self) -> Result<Arriving, NotTaken> {
        if self.progress().await == Some(Progress::Installing) {
            return Err(NotTaken::Busy);
        }
        let part = self.folder.join("bundle.part");
        let file = File::create(&part).await?;
        Ok(Arriving {
            file,
            part,
            bundle: self.bundle(),
            beginning: Vec::with_capacity(MAGIC.len()),
            length: 0,
        })
    }

    fn bundle(&self) -> PathBuf {
        self.folder.join(BUNDLE)
    }
}

/// A bundle on its way in. Without [`Arriving::finish`] nothing comes of it, and nothing is left of it.
pub struct Arriving {
    file: File,
    part: PathBuf,
    bundle: PathBuf,
    beginning: Vec<u8>,
    length: u64,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // Laid down, it is there no more.
        if let Err(error) = std::fs::remove_file(&self.part)
            && error.kind() != io::ErrorKind::NotFound
        {
            log::warn!(error:display; "a part of an update could not be removed");
        }
    }
}

impl Arriving {
    /// Takes the next bytes.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), NotTaken> {
        let missing = MAGIC.len().saturating_sub(self.beginning.len());
        self.beginning.extend(bytes.iter().take(missing));
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.length > BYTES_MAX {
            return Err(NotTaken::TooLarge);
        }
        if !MAGIC.starts_with(&self.beginning) {
            return Err(NotTaken::NoBundle);
        }
        Ok(self.file.write_all(bytes).await?)
    }

    /// Lays it down whole.
    pub async fn finish(mut self) -> Result<(), NotTaken> {
        if self.beginning != MAGIC {
            return Err(NotTaken::NoBundle);
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        Ok(fs::rename(&self.part, &self.bundle).await?)
    }
}

/// Takes a bundle from a file.
pub async fn take_file(updates: &Updates, path: &Path) -> Result<(), NotTaken> {
    use tokio::io::AsyncReadExt;
    let mut source = File::open(path).await?;
    let mut arriving = updates.begin().await?;
    let mut chunk = vec![0; 256 << 10];
    loop {
        let read = source.read(&mut chunk).await?;
        match chunk.get(..read).filter(|it| !it.is_empty()) {
            Some(bytes) => arriving.take(bytes).await?,
            None => return arriving.finish().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ground {
        dir: tempfile::TempDir,
        updates: Updates,
    }

    impl Ground {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let updates = Updates::new(dir.path().to_owned(), dir.path().join("state"));
            Self { dir, updates }
        }

        fn say(&self, text: &str) {
            std::fs::write(self.dir.path().join("state"), text).unwrap();
        }
    }

    #[tokio::test]
    async fn a_bundle_is_laid_down_whole_and_one_at_a_time() {
        let it = Ground::new();
        assert_eq!(it.updates.progress().await, None);
        let mut arriving = it.updates.begin().await.unwrap();
        arriving.take(b"hs").await.unwrap();
        arriving.take(b"qs and more").await.unwrap();
        assert!(!it.dir.path().join(BUNDLE).exists(), "it is not whole yet");
        arriving.finish().await.unwrap();
        let laid = std::fs::read(it.dir.path().join(BUNDLE)).unwrap();
        assert_eq!(laid, b"hsqs and more");
        assert_eq!(it.updates.progress().await, Some(Progress::Installing));
        assert!(matches!(it.updates.begin().await, Err(NotTaken::Busy)));

        std::fs::remove_file(it.dir.path().join(BUNDLE)).unwrap();
        it.say("installing\n");
        assert!(matches!(it.updates.begin().await, Err(NotTaken::Busy)));
        it.say("refused: signature verification failed\n");
        let refused = Progress::Refused("signature verification failed".to_owned());
        assert_eq!(it.updates.progress().await, Some(refused));
        assert!(it.updates.begin().await.is_ok());
    }

    #[tokio::test]
    async fn what_is_no_bundle_is_not_laid_down() {
        let it = Ground::new();
        let mut arriving = it.updates.begin().await.unwrap();
        let refused = arriving.take(b"%PDF-1.7").await;
        assert!(matches!(refused, Err(NotTaken::NoBundle)), "{refused:?}");
        drop(arriving);
        assert_eq!(std::fs::read_dir(it.dir.path()).unwrap().count(), 0);
        let mut short = it.updates.begin().await.unwrap();
        short.take(b"hsq").await.unwrap();
        let refused = short.finish().await;
        assert!(matches!(refused, Err(NotTaken::NoBundle)), "{refused:?}");
        assert_eq!(std::fs::read_dir(it.dir.path()).unwrap().count(), 0);
    }
}
