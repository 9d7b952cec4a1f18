//! `[reading]`: how pages are read, and within which limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::source::{self, Environment, Error};
use crate::domain::document::Archiving;

/// `[reading]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// Recognise words on pictures; `false` reads text layers only.
    pub ocr: bool,
    /// Tesseract languages, joined by `+`.
    pub languages: String,
    /// Reader processes at a time; 0: as many as cores, at most 4.
    pub workers: u32,
    /// Most pages of one document.
    pub pages_max: u32,
    /// Most megapixels of one picture.
    pub megapixels_max: u32,
    /// Seconds for one document before its reader is stopped.
    pub timeout_seconds: u32,
    /// Megabytes of address space for one reader.
    pub memory_megabytes: u32,
    /// Seconds after which an idle reader leaves.
    pub idle_seconds: u32,
    /// Minutes that reading waits at the most for a machine that slows itself down; 0: it does not.
    pub wait_when_hot_minutes: u32,
    /// Folder of Tesseract's language files; empty: the system's.
    pub tessdata_dir: String,
    /// The program `workmate-reader`; empty: the one beside this program.
    pub program: String,
    /// A `libonnxruntime.so` to prefer over the built-in engine; empty: the system's if there is one.
    pub onnxruntime: String,
    /// File with passwords that are tried on locked PDFs, one a line; the systemd credential
    /// `pdf-passwords` where it is empty.
    pub pdf_passwords_file: String,
    /// Divide a stack of scans at separator sheets and at labels with a number.
    pub split_stacks: bool,
    /// What the text of such a label begins with, before its digits.
    pub asn_prefix: String,
    /// `on_request` or `always`: when searchable PDFs are made.
    pub archive: Archiving,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            ocr: true,
            languages: "deu+eng".to_owned(),
            workers: 0,
            pages_max: 500,
            megapixels_max: 80,
            timeout_seconds: 300,
            memory_megabytes: 1024,
            idle_seconds: 60,
            wait_when_hot_minutes: 15,
            tessdata_dir: String::new(),
            program: String::new(),
            onnxruntime: String::new(),
            pdf_passwords_file: String::new(),
            split_stacks: true,
            asn_prefix: "ASN".to_owned(),
            archive: Archiving::OnRequest,
        }
    }
}

impl Reading {
    /// The passwords of `pdf_passwords_file` or of the systemd credential, one a line, empty lines
    /// left out. Space at the ends of a line belongs to its password.
    pub fn pdf_passwords(&self, environment: &Environment) -> Result<Vec<String>, Error> {
        let lines = source::secret(
            "reading.pdf_passwords_file",
            &self.pdf_passwords_file,
            "pdf-passwords",
            environment,
        )?;
        let lines = lines.unwrap_or_default();
        let passwords = lines.lines().filter(|it| !it.is_empty());
        Ok(passwords.map(str::to_owned).collect())
    }

    /// How long reading waits for a machine that slows itself down.
    pub fn wait_when_hot(&self) -> Duration {
        Duration::from_mins(self.wait_when_hot_minutes.into())
    }

    /// How many reader processes run at a time.
    pub fn worker_count(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        match usize::try_from(self.workers) {
            Ok(0) | Err(_) => cores.min(4),
            Ok(workers) => workers.min(64),
        }
    }
}
