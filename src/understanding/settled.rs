//! Whether money is owed at all: collected by direct debit, already paid, or owed the other way.

use crate::domain::document::Kind;

use super::lex::{Lexeme, has};
use super::lines::sentences;
use super::paper::Paper;

/// How a bill is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// By the reader's own act.
    Open,
    /// The sender collects it.
    Collected,
    /// It has been paid.
    Paid,
    /// The sender owes it.
    Credit,
}

/// The sender takes the money.
const COLLECTED: &[&str] = &[
    "buchen|ziehen|belasten wir|ich",
    "wir|ich … abbuchen|einziehen|abgebucht|eingezogen",
    "wird|werden|wurde … abgebucht|eingezogen|abgezogen|belastet",
    "abgebucht|eingezogen wird|werden",
    "per|mittels|durch|via [sepa] lastschrift*|basislastschrift|bankeinzug|lastschrifteinzug|einzug",
    "zahlungsart|zahlungsweise|zahlweise|zahlart [ist] [per] [sepa] lastschrift|lastschriftverfahren|bankeinzug|einzugsermächtigung|kreditkarte|paypal",
    "we will|shall|are|'ll [automatically] collect|take|debit|charge",
    "will be|is [automatically] charged|debited|collected|taken|deducted|drafted",
    "collected|taken|paid|payable by direct debit",
    "payment method [is] direct debit|autopay|credit card|card",
    "direct debit [will] .. collected|taken|from",
    "you pay by direct debit",
    "autopay|auto-pay is|enrolled|on|scheduled",
    "enrolled in autopay",
    "do not send [a|any] payment|money|cheque|check",
    "this is not a bill",
    "sie brauchen|müssen nichts zu|weiter tun|veranlassen|unternehmen|überweisen",
];

/// Words around direct debit that offer it or deny it.
const ONLY_OFFERED: &[&str] = &[
    "not|why|switch|set|setting|sign|apply|want|prefer|join|choose|offer|enroll|easiest … direct|autopay",
    "kein|keine|nicht|ohne|möchten|erteilen|wünschen|bequem|können|könnten|vorliegt|umstellen|sparen … lastschrift*|lastschriftmandat|einzugsermächtigung|abbuchen|einziehen|bankeinzug",
    "lastschriftmandat|einzugsermächtigung … nicht|erteilen|kein",
    "verzugszinsen|mahngebühr*|rücklastschrift*|bankspesen",
];

/// The money has been paid.
const PAID: &[&str] = &[
    "betrag|rechnung|zahlung … dankend|bereits|vollständig erhalten|bezahlt|beglichen|eingegangen",
    "bereits bezahlt|beglichen|erhalten|abgebucht",
    "bezahlt per|mit|am|via|durch|in",
    "dankend erhalten",
    "in bar bezahlt|erhalten",
    "paid in full",
    "payment|amount received|paid with|thank",
    "already been paid",
    "balance|amount due 0|nil|zero",
    "no payment is|required|due|necessary",
    "nothing to pay",
    "kein zahlbetrag|betrag fällig|offen",
    "keine zahlung erforderlich|notwendig|nötig",
    "paypal|kreditkarte|girocard|ec-karte|mastercard|visa bezahlt|gezahlt|belastet|beglichen",
];

/// A payment that is only talked about.
const NOT_YET_PAID: &[&str] = &[
    "falls|sollten|wenn|sofern|sollte|if|should|unless|until|when|once|sobald|erst … bezahlt|beglichen|überwiesen|paid|received|eingegangen",
    "kann|können|könnten|can|may|must … bezahlt|beglichen|gezahlt|paid",
    "akontozahlung|anzahlung|abschläge|vorauszahlungen",
    "nicht|not|noch|bis|unpaid … bezahlt|eingegangen|paid|received|erhalten|beglichen",
];

/// The sender owes money.
const CREDIT: &[&str] = &[
    "guthaben|erstattungsbetrag|rückerstattung|erstattung … überweis*|erstatt*|ausgezahlt|auszahl*|gutgeschrieben|gutschreib*|verrechn*",
    "erstatten|überweisen wir|ich ihnen|sie",
    "wir erstatten|überweisen|zahlen … ihnen|guthaben",
    "zu ihren gunsten",
    "zu ihrem guthaben",
    "ergibt sich .. guthaben",
    "ihr guthaben",
    "we|will refund|credit … you|your|be",
    "your refund",
    "in credit",
    "credit balance",
    "zu viel gezahlt|bezahlt",
];

/// How the document's money is settled.
pub fn settlement(paper: &Paper<'_>, kind: Option<Kind>) -> Settlement {
    let of_kind = match kind {
        Some(Kind::CreditNote) => Some(Settlement::Credit),
        Some(Kind::Receipt | Kind::Payslip | Kind::BankStatement) => Some(Settlement::Paid),
        _ => None,
    };
    if let Some(known) = of_kind {
        return known;
    }
    let mut votes = (0_i32, 0_i32, 0_i32);
    let is_reminder = kind == Some(Kind::PaymentReminder);
    each_sentence(paper, |lexemes| {
        let conditional = has(lexemes, NOT_YET_PAID);
        if has(lexemes, COLLECTED) && !has(lexemes, ONLY_OFFERED) {
            votes.0 += 1;
        }
        if has(lexemes, PAID) && !conditional && !is_reminder {
            votes.1 += 1;
        }
        if has(lexemes, CREDIT) && !conditional {
            votes.2 += 1;
        }
        if is_request(lexemes) {
            votes.0 -= 1;
            votes.1 -= 1;
            votes.2 -= 1;
        }
    });
    match votes {
        (collected, _, _) if collected > 0 => Settlement::Collected,
        (_, _, credit) if credit > 0 => Settlement::Credit,
        (_, paid, _) if paid > 0 => Settlement::Paid,
        _ => Settlement::Open,
    }
}

/// A sentence that asks the reader to pay.
pub fn is_request(lexemes: &[Lexeme]) -> bool {
    has(
        lexemes,
        &[
            "bitte … überweis*|zahl*|bezahl*|begleich*|einzuzahlen|entrichten",
            "überweisen|zahlen|begleichen sie|bitte",
            "zahlbar innerhalb|innert|binnen|bis|sofort|ohne|spätestens|netto",
            "bitten [wir] [sie] … überweis*|zahl*|begleich*|überweisung|*zahlung|ausgleich|leisten",
            "please … pay|remit|transfer|settle|payment",
            "payment|balance|amount is|due by|within|now|on",
            "zu zahlen|überweisen|entrichten bis|innerhalb|auf",
            "not direct debit",
        ],
    )
}

fn each_sentence(paper: &Paper<'_>, mut look: impl FnMut(&[Lexeme])) {
    for passage in &paper.lines.paragraphs {
        for range in sentences(passage) {
            look(passage.lexemes.get(range).unwrap_or(&[]));
        }
    }
}
