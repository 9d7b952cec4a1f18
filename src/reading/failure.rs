//! Why a document cannot be read: one sentence for people, one code for programs.

/// A document that will not be readable by trying again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// What it is, is known or not, but not readable here.
    #[error("{what} is not supported; {advice}")]
    Unsupported {
        /// With its article: "an old Word document".
        what: &'static str,
        /// What to do: "save it as PDF and add that".
        advice: &'static str,
    },
    /// The bytes are not what they begin as.
    #[error("the file is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// It needs a password.
    #[error(
        "the PDF is locked with a password; save a copy without one and add that, or put the \
         password into the file that `reading.pdf_passwords_file` names"
    )]
    Encrypted,
    /// More pages than allowed.
    #[error("the document has {pages} pages, more than the {max} that are allowed")]
    TooManyPages {
        /// How many it has.
        pages: usize,
        /// How many it may have.
        max: u32,
    },
    /// Larger than allowed.
    #[error("{what} is too large: {size}, allowed are {max}")]
    TooLarge {
        /// What is too large: "page 3", "the picture".
        what: String,
        /// How large, with its unit.
        size: String,
        /// How large it may be, with its unit.
        max: String,
    },
    /// Pictures need a language that is not installed.
    #[error(
        "no text recognition is installed for {languages}; install the package {package} and try again"
    )]
    OcrLanguagesMissing {
        /// Those asked for.
        languages: String,
        /// Debian's package.
        package: String,
    },
    /// The OCR engine gave up.
    #[error("the letters on page {page} could not be recognised")]
    OcrFailed {
        /// Which page, from 1.
        page: u32,
    },
    /// It has no pages that look like something.
    #[error("a text or a mail needs no searchable PDF: the original can be searched as it is")]
    NothingToShow,
    /// This build has no OCR engine.
    #[error("this workmate was built without text recognition; pictures cannot be read")]
    OcrLeftOut,
}

impl Failure {
    /// The name for programs; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unsupported { .. } => "unsupported",
            Self::Damaged { .. } => "damaged",
            Self::Encrypted => "encrypted",
            Self::TooManyPages { .. } => "too_many_pages",
            Self::TooLarge { .. } => "too_large",
            Self::OcrLanguagesMissing { .. } => "ocr_languages_missing",
            Self::OcrFailed { .. } => "ocr_failed",
            Self::NothingToShow => "nothing_to_show",
            Self::OcrLeftOut => "ocr_left_out",
        }
    }

    /// The bytes are not what they begin as.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}
