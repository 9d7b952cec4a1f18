//! What the API sends and takes about documents, apart from the domain types so that those may
//! change.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::document::{Document, Stage};
use crate::domain::finding::{Evidence, Extraction, Finding, Question};
use crate::domain::obligation::{Alternative, Obligation};
use crate::domain::part::PageRange;
use crate::domain::person::Language;
use crate::domain::task::Task;
use crate::domain::value::Rect;
use crate::domain::why;
use crate::store::documents::Listed;
use crate::work::progress::Progress;

/// How far a document has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StageBody {
    /// `received`, `read`, `understood` or `stuck`.
    pub name: &'static str,
    /// How many pages it has, once that is known.
    pub pages: Option<u32>,
    /// Stuck: where, `reading` or `understanding`.
    pub at: Option<String>,
    /// Stuck: why, in a sentence.
    pub reason: Option<String>,
}

impl From<&Stage> for StageBody {
    fn from(stage: &Stage) -> Self {
        let (at, reason) = match stage {
            Stage::Stuck { at, reason } => (Some(at.to_string()), Some(reason.clone())),
            Stage::Received | Stage::Read { .. } | Stage::Understood { .. } => (None, None),
        };
        let pages = stage.pages().map(std::num::NonZeroU32::get);
        Self {
            name: stage.name(),
            pages,
            at,
            reason,
        }
    }
}

/// Some pages, both ends included.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PageRangeBody {
    /// From 1.
    pub first: u32,
    /// The last one.
    pub last: u32,
}

impl From<PageRange> for PageRangeBody {
    fn from(range: PageRange) -> Self {
        Self {
            first: range.first(),
            last: range.last(),
        }
    }
}

/// A document as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentLine {
    /// Its id.
    pub id: String,
    /// What a person calls it.
    pub title: String,
    /// How far it has come.
    pub stage: StageBody,
    /// What sort of document, once understood.
    pub kind: Option<String>,
    /// Who wrote it, once understood.
    pub sender: Option<String>,
    /// The day it carries (ISO 8601), once understood.
    pub issue_date: Option<String>,
    /// What it is called as a file.
    pub file_name: String,
    /// `upload`, `folder`, `command`, `mail_part` (attached to a mail) or `stack` (a letter of a stack
    /// of scans).
    pub origin: String,
    /// What its first bytes say it is.
    pub media_type: String,
    /// Size of the original in bytes.
    pub size: u64,
    /// SHA-256 of the original; a letter of a stack has the stack's.
    pub sha256: String,
    /// The id of the document that it came with: the mail, the stack.
    pub parent: Option<String>,
    /// Its pages in the file of the stack, if it is a letter of one.
    pub pages_in_parent: Option<PageRangeBody>,
    /// The archive serial number on its label.
    pub asn: Option<u32>,
    /// When it was accepted (RFC 3339).
    pub received_at: String,
    /// Since when it lies in the trash.
    pub deleted_at: Option<String>,
    /// What `If-Match` is compared with.
    pub version: u64,
}

impl DocumentLine {
    /// From what a list holds.
    pub fn of(listed: &Listed) -> Self {
        Self {
            kind: listed.kind.map(|it| it.to_string()),
            sender: listed.sender.clone(),
            issue_date: listed.issue_date.map(|it| it.to_string()),
            ..Self::plain(&listed.document)
        }
    }

    /// From the document alone.
    pub fn plain(document: &Document) -> Self {
        Self {
            id: document.id.to_string(),
            title: document.title.clone(),
            stage: StageBody::from(&document.stage),
            kind: None,
            sender: None,
            issue_date: None,
            file_name: document.origin.file_name.clone(),
            origin: document.origin.kind.to_string(),
            media_type: document.media_type.to_string(),
            size: document.size,
            sha256: document.sha256.to_string(),
            parent: document.parent.map(|it| it.to_string()),
            pages_in_parent: document.pages.map(PageRangeBody::from),
            asn: document.asn,
            received_at: document.received_at.to_string(),
            deleted_at: document.deleted_at.map(|it| it.to_string()),
            version: document.version,
        }
    }
}

/// A page of documents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentPage {
    /// Newest first.
    pub documents: Vec<DocumentLine>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// How far the reading of a document has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ProgressBody {
    /// Pages read.
    pub pages_done: u32,
    /// Pages there are; 0 while that is not known.
    pub pages: u32,
}

impl From<Progress> for ProgressBody {
    fn from(Progress { pages_done, pages }: Progress) -> Self {
        Self { pages_done, pages }
    }
}

/// One document with all that is known about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentBody {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentLine,
    /// How far its reading has come, while it is being read.
    pub progress: Option<ProgressBody>,
    /// What it says, under a person's corrections.
    pub findings: Vec<FindingBody>,
    /// What it wants.
    pub obligations: Vec<ObligationBody>,
    /// What a person should decide.
    pub questions: Vec<QuestionBody>,
    /// The tasks that it asks for; what a document in it asks for too is that one's.
    pub task_ids: Vec<String>,
    /// The ids of the documents in it, in their order; the trash left out.
    pub children: Vec<String>,
    /// Other documents with the same archive serial number, which should be one document's alone.
    pub same_asn: Vec<String>,
}

impl DocumentBody {
    /// From what the store holds.
    pub fn of(
        document: &Document,
        extraction: &Extraction,
        tasks: &[Task],
        (children, same_asn): (&[Document], &[Document]),
    ) -> Self {
        let ids = |documents: &[Document]| documents.iter().map(|it| it.id.to_string()).collect();
        let mut line = DocumentLine::plain(document);
        line.kind = extraction.kind().map(|it| it.to_string());
        line.sender = extraction
            .text(crate::domain::finding::Field::Sender)
            .map(Into::into);
        let issue_date = extraction.date(crate::domain::finding::Field::IssueDate);
        line.issue_date = issue_date.map(|it| it.to_string());
        Self {
            document: line,
            progress: None,
            findings: extraction.findings.iter().map(FindingBody::from).collect(),
            obligations: extraction
                .obligations
                .iter()
                .map(ObligationBody::from)
                .collect(),
            questions: extraction
                .questions
                .iter()
                .map(QuestionBody::from)
                .collect(),
            task_ids: tasks.iter().map(|it| it.id.to_string()).collect(),
            children: ids(children),
            same_asn: ids(same_asn),
        }
    }
}

/// A box in thousandths of the page's width, from its top left corner.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct BoxBody {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl From<Rect> for BoxBody {
    fn from(Rect { x, y, w, h }: Rect) -> Self {
        Self { x, y, w, h }
    }
}

/// The words that support a claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceBody {
    /// Page, from 1.
    pub page: u32,
    /// The words.
    pub text: String,
    /// Around them.
    #[serde(rename = "box")]
    pub at: BoxBody,
}

impl From<&Evidence> for EvidenceBody {
    fn from(evidence: &Evidence) -> Self {
        Self {
            page: evidence.page,
            text: evidence.text.clone(),
            at: evidence.at.into(),
        }
    }
}

/// One claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingBody {
    /// What about: `sender`, `payable`, `iban` …
    pub field: String,
    /// Which one of several, as `invoice_number`; else empty.
    pub name: String,
    /// A text, or `{amount, currency}` for money.
    #[schema(value_type = Object)]
    pub value: serde_json::Value,
    /// From 0 to 1.
    pub confidence: f32,
    /// Where it says so.
    pub evidence: Option<EvidenceBody>,
    /// `data`, `rule`, `model` or `person`.
    pub by: String,
    /// What speaks for it, one sentence in English; its days are those of UTC.
    pub why: String,
}

impl From<&Finding> for FindingBody {
    fn from(finding: &Finding) -> Self {
        Self {
            field: finding.field.to_string(),
            name: finding.name.clone(),
            value: serde_json::to_value(&finding.value).unwrap_or_default(),
            confidence: finding.confidence.value(),
            evidence: finding.evidence.as_ref().map(EvidenceBody::from),
            by: finding.by.to_string(),
            why: why::sentence(finding, Language::English, &TimeZone::UTC),
        }
    }
}

/// Another way to fulfil an obligation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlternativeBody {
    /// By this day (ISO 8601).
    pub due: String,
    /// This much, as a decimal string.
    pub amount: Option<String>,
}

impl From<&Alternative> for AlternativeBody {
    fn from(alternative: &Alternative) -> Self {
        let amount = alternative.amount.map(|it| it.to_string());
        Self {
            due: alternative.due.to_string(),
            amount,
        }
    }
}

/// What the household owes the world.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ObligationBody {
    /// `pay`, `object`, `cancel` …
    pub action: String,
    /// By the end of this day (ISO 8601).
    pub due: String,
    /// At this hour.
    pub due_time: Option<String>,
    /// A decimal string.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// A right, not a duty.
    pub optional: bool,
    /// Other ways.
    pub alternatives: Vec<AlternativeBody>,
    /// The day reminders count to, where it lies before `due`.
    pub safe_due: Option<String>,
    /// `explicit`, `relative` or `statutory`.
    pub basis: String,
    /// From 0 to 1.
    pub confidence: f32,
    /// Where it says so.
    pub evidence: EvidenceBody,
    /// How the day was counted, a sentence each, in English: the rule with its paragraph, the start,
    /// each move with its reason, the result. Empty where nobody counted.
    pub why: Vec<String>,
}

impl From<&Obligation> for ObligationBody {
    fn from(obligation: &Obligation) -> Self {
        Self {
            action: obligation.action.to_string(),
            due: obligation.due.to_string(),
            due_time: obligation.due_time.map(|it| it.to_string()),
            amount: obligation.amount.map(|it| it.to_string()),
            currency: obligation.currency.map(|it| it.to_string()),
            optional: obligation.optional,
            alternatives: obligation
                .alternatives
                .iter()
                .map(AlternativeBody::from)
                .collect(),
            safe_due: obligation.safe_due.map(|it| it.to_string()),
            basis: obligation.basis.to_string(),
            confidence: obligation.confidence.value(),
            evidence: EvidenceBody::from(&obligation.evidence),
            why: obligation.why.as_ref().map_or_else(Vec::new, |it| {
                crate::domain::deadline::wording::lines(it, Language::English)
            }),
        }
    }
}

/// Something a person should decide.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuestionBody {
    /// In words.
    pub text: String,
    /// The field it is about, if one.
    pub finding: Option<String>,
}

impl From<&Question> for QuestionBody {
    fn from(question: &Question) -> Self {
        let finding = question.finding.map(|it| it.to_string());
        Self {
            text: question.text.clone(),
            finding,
        }
    }
}

/// One correction: `value` as `null` says that there is none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionBody {
    /// What about.
    pub field: String,
    /// Which one of several, else empty.
    #[serde(default)]
    pub name: String,
    /// A text, `{amount, currency}` for money, or `null`.
    #[schema(value_type = Object)]
    #[serde(default)]
    pub value: serde_json::Value,
}

/// What a person says is right about a document.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentChange {
    /// One for each field.
    pub findings: Vec<CorrectionBody>,
}

/// What became of one file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TakenBody {
    /// What the sender calls it.
    pub file_name: String,
    /// The document's id, if it was taken.
    pub id: Option<String>,
    /// `accepted`, `known` or `refused`.
    pub result: &'static str,
    /// Why it was refused, and what to do.
    pub detail: Option<String>,
}

/// What became of the files.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UploadBody {
    /// The id of the first document that was taken.
    pub id: String,
    /// Each file, in the order they were sent.
    pub documents: Vec<TakenBody>,
}
