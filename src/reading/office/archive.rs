//! A zip archive of which no more is unpacked than allowed: neither its directory nor what its files
//! say of their size is believed.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::super::failure::Failure;
use super::super::text;

/// Files in one archive.
const FILES_MAX: usize = 10_000;
/// Size of one unpacked file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Size of all that is unpacked, in bytes.
const ALL_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// XML shrinks to a tenth or, for long tables, to a hundredth; more is a bomb.
const RATIO_MAX: u64 = 400;
/// Below this size, in bytes, a high ratio does no harm.
const RATIO_BYTES_MIN: u64 = 4 * 1024 * 1024;

/// Whether a part of this name is XML of the parts that begin so: `word/header` of `word/header2.xml`.
pub fn is_xml(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|it| it.strip_suffix(".xml").is_some())
}

/// An opened archive.
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    unpacked: u64,
}

impl<'a> Archive<'a> {
    /// Reads its directory.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|it| damaged(&it))?;
        if zip.len() > FILES_MAX {
            return Err(Failure::TooLarge {
                what: "the document".to_owned(),
                size: format!("{} parts", zip.len()),
                max: format!("{FILES_MAX}"),
            });
        }
        Ok(Self { zip, unpacked: 0 })
    }

    /// The names that are wanted, in alphabetical order, numbers in the order of numbers.
    pub fn names(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut names: Vec<String> = self
            .zip
            .file_names()
            .filter(|it| wanted(it))
            .map(str::to_owned)
            .collect();
        names.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        names
    }

    /// An unpacked file; `None` where there is none of that name.
    pub fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let file = match self.zip.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(damaged(&error)),
        };
        let packed = file.compressed_size().max(1);
        let most = FILE_BYTES_MAX.min(ALL_BYTES_MAX.saturating_sub(self.unpacked));
        let by_ratio = packed.saturating_mul(RATIO_MAX).max(RATIO_BYTES_MIN);
        let most = most.min(by_ratio);
        let mut bytes = Vec::new();
        let ended = file.take(most + 1).read_to_end(&mut bytes);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > most {
            return Err(Failure::TooLarge {
                what: "the unpacked document".to_owned(),
                size: format!("more than {most} bytes"),
                max: format!("{most}"),
            });
        }
        ended.map_err(|_| Failure::damaged("a part of it cannot be unpacked"))?;
        self.unpacked += size;
        Ok(Some(bytes))
    }

    /// An unpacked file as letters; empty where there is none of that name.
    pub fn xml(&mut self, name: &str) -> Result<String, Failure> {
        let bytes = self.part(name)?;
        Ok(bytes.map_or_else(String::new, |it| text::decode(&it)))
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn damaged(error: &ZipError) -> Failure {
    match error {
        ZipError::UnsupportedArchive(reason) if reason.contains("assword") => {
            Failure::Unsupported {
                what: "an Office document locked with a password",
                advice: "save a copy without one and add that",
            }
        }
        ZipError::UnsupportedArchive(_) => {
            Failure::damaged("it is packed in a way that is not known")
        }
        _ => Failure::damaged("it begins as an Office document but is none"),
    }
}
