//! The words by which letters say what is to be done, until when, and that nothing is to be done.

use std::ops::Range;

use crate::domain::obligation::Action;

use super::super::lex::{Lexeme, Sort, has, match_at};
use super::super::numerals;

/// What stands before a day and makes it a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// On this day at the latest.
    By,
    /// Before this day.
    Before,
    /// Something ends on this day.
    Expiry,
    /// An offer stands until this day.
    Valid,
}

/// Words right before a day, the more special first.
const MARKERS: &[(Marker, &str)] = &[
    (Marker::Valid, "gültig [noch] bis [einschließlich] [zum]"),
    (
        Marker::Valid,
        "valid|open|stands until|to|till|through|thru",
    ),
    (
        Marker::Valid,
        "gebunden|bindend|halten|bindefrist .. bis [zum]",
    ),
    (Marker::Expiry, "läuft|laufen [ab] [bis] [am|zum]"),
    (Marker::Expiry, "endet|enden|erlischt|verfällt [am|mit|zum]"),
    (Marker::Expiry, "ablaufdatum|gültigkeitsende"),
    (
        Marker::Expiry,
        "expires|expire|expiring|expiry [date|on|at]",
    ),
    (Marker::Expiry, "ends|end [at] [midnight] [on]"),
    (Marker::Expiry, "runs|run out [on]"),
    (Marker::Before, "before [00:01] [on]"),
    (Marker::Before, "before … on|the"),
    (Marker::Before, "vor dem|vor"),
    (
        Marker::By,
        "bis [spätestens|einschließlich|inklusive|inkl|längstens|einschl] [zum|zur|am|spätestens|einschließlich] [ablauf] [des|dem|den|einschließlich]",
    ),
    (Marker::By, "spätestens [am|bis|zum|jedoch] [zum|am|dem]"),
    (Marker::By, "by [no] [later|latest] [than] [the]"),
    (Marker::By, "no|not later than [the]"),
    (Marker::By, "on or before"),
    (Marker::By, "until|till [midnight|noon] [on]"),
    (
        Marker::By,
        "due|payable [date|in] [full] [on|by|is|for|before|date] [payment]",
    ),
    (
        Marker::By,
        "fällig [am|zum|bis|per|ist|wird|werden] [am|zum]",
    ),
    (
        Marker::By,
        "fälligkeit|fälligkeitsdatum|fälligkeitstag|zahltag|verfalltag [am|ist|zum|per]",
    ),
    (
        Marker::By,
        "zahlbar|zahlen|bezahlen [am|zum|per|bis] [spätestens|zum]",
    ),
    (
        Marker::By,
        "deadline|frist|stichtag|abgabetermin|abgabefrist|zahlungsfrist|zahlungsziel|zahlungstermin|einsendeschluss|anmeldeschluss|rückmeldefrist|fristende|fristablauf [ist|is|endet|ends|date] [am|on|der|the]",
    ),
    (
        Marker::By,
        "letzter|letzte|letztmöglicher *tag [ist|zum] [der|am]",
    ),
    (
        Marker::By,
        "last day|date [to|for] [collect|pay|return|payment|collection|return] [is|on]",
    ),
    (Marker::By, "pay|paid|payment on|by|date|due"),
    (Marker::By, "reply|respond|rsvp|antwort|rückmeldung by|bis"),
    (Marker::By, "erstmals|erstmalig [am|zum|ab]"),
];

/// The marker that ends right before lexeme `at`.
pub fn marker_before(lexemes: &[Lexeme], at: usize) -> Option<Marker> {
    let before = lexemes.get(..at)?;
    let first = at.saturating_sub(14);
    let ends_here = |pattern: &'static str| {
        (first..at).any(|start| {
            let end = match_at(before, start, pattern);
            end.and_then(|it| before.get(it..)).is_some_and(is_filler)
        })
    };
    MARKERS
        .iter()
        .find(|(_, pattern)| ends_here(pattern))
        .map(|(marker, _)| *marker)
}

/// Whether nothing but small words and marks stands between a marker and its day.
fn is_filler(lexemes: &[Lexeme]) -> bool {
    lexemes.iter().all(|it| {
        it.is_one_of(":,.-–(*")
            || matches!(
                it.text.as_str(),
                "zum" | "am" | "den" | "dem" | "the" | "on"
            )
    })
}

/// Whether the verb behind a day, or behind the list that it begins, makes it a last day: `ist am 1. März
/// und am 1. September fällig`.
pub fn falls_due(lexemes: &[Lexeme], day: &Range<usize>) -> bool {
    let before = day.start.checked_sub(1).and_then(|it| lexemes.get(it));
    if !before.is_some_and(|it| matches!(it.text.as_str(), "am" | "zum" | "den" | "per")) {
        return false;
    }
    let verbs = "fällig|zahlbar|einzuzahlen|einzureichen|abzugeben";
    let infinitives = "zu zahlen|bezahlen|entrichten|überweisen|begleichen|leisten";
    let in_list = |it: &Lexeme| {
        it.sort != Sort::Word
            || numerals::month(&it.text).is_some()
            || matches!(
                it.text.as_str(),
                "und" | "am" | "zum" | "sowie" | "je" | "jeweils"
            )
    };
    let behind = lexemes.get(day.end..).unwrap_or(&[]);
    let list = behind.iter().take(24).take_while(|it| in_list(it)).count();
    let verb = day.end + list;
    let asks = ["überweisen|zahlen|bezahlen|begleichen|entrichten sie|bitte"];
    let is_said_before = matches!(before, Some(it) if it.text == "zum" || it.text == "per")
        && has(lexemes.get(..day.start).unwrap_or(&[]), &asks);
    is_said_before
        || [verbs, infinitives]
            .iter()
            .any(|it| match_at(lexemes, verb, it).is_some())
}

/// Whether a day is the first of many that are not counted: `monatlich, erstmals am 1. April`.
pub fn comes_again(lexemes: &[Lexeme], day: usize) -> bool {
    let before = lexemes.get(day.saturating_sub(3)..day).unwrap_or(&[]);
    has(before, &["erstmals|erstmalig"])
}

/// Words for what is to be done.
const ACTIONS: &[(Action, &str)] = &[
    (
        Action::Object,
        "widerspruch*|widersprech*|widersprich*|anzufechten|einspruch*|einwendung*|einwände|anfecht*|klage|beschwerde|rekurs|einsprache*|rechtsmittel|rechtsbehelf|einlegen|einzulegen|einlegung|appeal*|object|objection*|challenge*|dispute*|contest*|representation*|reconsideration",
    ),
    (
        Action::Cancel,
        "kündig*|gekündigt*|*kündigung|*kündigungsrecht|widerruf*|cancel*|terminat*|stornier*|kündbar|opt-out|abmeld*|abzumelden|abgemeldet",
    ),
    (Action::Cancel, "not .. renew"),
    (Action::Cancel, "leave without|us|early"),
    (
        Action::PickUp,
        "abhol*|abzuhol*|*abholung|abgeholt|abholtag|pick|pickup|collected|collection",
    ),
    (Action::PickUp, "[to] collect your|the|it"),
    (Action::PickUp, "holen|holt|hol … … ab"),
    (
        Action::Return,
        "zurückgeb*|zurückzugeben|zurücksend*|zurückzusenden|rücksend*|rückgabe*|zurückbring*|zurückzubringen|zurückschick*|zurückzuschicken|zurückgeschickt|zurückgesandt|zurückgesendet|zurückgegeben|retour*|rückversand|return|returned|returning|sendback|abzulesen",
    ),
    (Action::Return, "bring|send|give .. back"),
    (
        Action::Reply,
        "senden|schicken|geben … abschnitt|rückantwort|vollmacht|antwortkarte|stimmzettel",
    ),
    (Action::Reply, "auftrag erteil*"),
    (
        Action::Return,
        "senden|sende|schicken|schicke|bringen|bringe|geben|gebt … … zurück",
    ),
    (
        Action::Submit,
        "reichen|reicht|reiche … … ein|nach|nachzureichen",
    ),
    (Action::Submit, "legen|legt|lege … … vor"),
    (Action::Submit, "benötigen|brauchen wir|ich"),
    (
        Action::Submit,
        "wir|ich benötigen|benötige|brauchen|brauche",
    ),
    (Action::Submit, "we need"),
    (Action::Submit, "geben|gebt|gib … … ab"),
    (
        Action::Submit,
        "einreich*|einzureich*|eingereicht*|vorleg*|vorzuleg*|vorgelegt*|vorliegen|vorlage|abgeb*|abzugeb*|abgabe|einsend*|einzusend*|eingesandt|eingesendet|abgegeben|nachreich*|nachzureich*|nachgereicht|übermitt*|übersend*|zusend*|zuzusend*|zugesandt|einlangt|einlangen|einzulangen|eingelangt|*unterlagen|*nachweis|*nachweise|belege|*belege|formular|fragebogen|steuererklärung|zählerstand|ablesung|submit*|provide|supply|file|upload|hochladen|beibring*|ausgefüllt*|complete|documents|form|evidence|beantragen|antrag|apply|application|register",
    ),
    (Action::Renew, "verlänger*|erneuer*|renew|renewed|renewing"),
    (Action::Renew, "neuen beantrag*"),
    (Action::Renew, "tax your|the vehicle|car"),
    (Action::Book, "buchen|reserv*|schedule|terminvereinbarung"),
    (Action::Book, "book your|an|a|now|online|it|by"),
    (Action::Book, "termin|appointment .. vereinbar*|buch*"),
    (Action::Book, "vereinbar* … termin"),
    (Action::Book, "arrange|make .. appointment"),
    (Action::Reply, "teilen|teilt|teile … … mit"),
    (Action::Reply, "melden|meldet|melde … … an|zurück"),
    (Action::Reply, "sagen|sagt|sag … … ab|bescheid"),
    (
        Action::Reply,
        "geben|gebt|gib … … bescheid|rückmeldung|nachricht",
    ),
    (Action::Reply, "u a w g"),
    (
        Action::Reply,
        "uawg|angemeldet|abgesagt|mitgeteilt|zurückgemeldet|rückäußerung|erwidern|erwiderung|antwort*|rückmeld*|mitteil*|mitzuteil*|bestätig*|zusag*|absag*|abzusag*|anmeld*|anzumeld*|bescheid|rückantwort*|stellungnahme|äußer*|reply|respond*|response|rsvp|confirm*|zustimm*|zuzustimmen|annahme|annehm*|anzunehm*|accept*|vollmacht*|stellung|melden|stimmzettel",
    ),
    (Action::Reply, "erteilen sie|uns"),
    (Action::Reply, "let us know"),
    (Action::Reply, "tell|inform|contact|notify|call us"),
    (
        Action::Pay,
        "überweis*|überwiesen|eingezahlt|*zahlung|*forderung|zahl*|zahlung*|bezahl*|einzuzahl*|einzahl*|begleich*|beglich*|entricht*|fällig*|pay|paid|payment*|payable|remit*|settle*|*betrag|beitrag|gutgeschrieben|due|rate|raten|instalment*|installment*|betrag|balance|amount|miete|saldo|ausgleich*|auszugleich*",
    ),
    (
        Action::Attend,
        "termin|erschein*|stattfind*|einlad*|versammlung|appointment|attend*|meeting|vorladung|hearing|ladung|vorsprache|sitzung|untersuchung|vorstellungsgespräch",
    ),
    (Action::Attend, "findet|finden .. statt"),
];

/// The action whose words stand nearest to the lexeme `at`, with their distance in lexemes.
pub fn action_near(lexemes: &[Lexeme], at: usize) -> Option<(Action, usize)> {
    if has(lexemes, NOT_RENEWED) {
        return Some((Action::Cancel, 5));
    }
    let mut best: Option<(Action, usize)> = None;
    for index in 0..lexemes.len() {
        if NO_ACTS
            .iter()
            .any(|it| match_at(lexemes, index, it).is_some())
        {
            continue;
        }
        let hit = ACTIONS
            .iter()
            .find(|(_, pattern)| match_at(lexemes, index, pattern).is_some());
        let Some((action, _)) = hit else { continue };
        let weak = lexemes
            .get(index)
            .is_some_and(|it| WEAK.contains(&it.text.as_str()));
        let distance = index.abs_diff(at) + if weak { 12 } else { 0 };
        if best.is_none_or(|(_, nearest)| distance < nearest) {
            best = Some((*action, distance));
        }
    }
    best
}

/// Names of things that begin like an act.
const NO_ACTS: &[&str] = &[
    "payment method*|details|option*|plan|reference",
    "auszahlung*|rückzahlung*",
    "zahlungsart|zahlungsweise|zahlungsmethode|zahlungsmittel|zahlungsverkehr",
];

/// Letting a contract run out is ending it.
const NOT_RENEWED: &[&str] = &[
    "not [want|wish] [to] .. renew|continue|extend",
    "nicht .. verlänger*|fortsetz*|fortführ*",
];

/// Words that name a thing more often than an act.
const WEAK: &[&str] = &[
    "form",
    "complete",
    "file",
    "due",
    "betrag",
    "amount",
    "bescheid",
    "antrag",
    "termin",
    "contact",
    "call",
    "melden",
    "beitrag",
    "fallig",
    "rate",
    "abgabe",
    "bestatigung",
    "vorliegen",
    "provide",
    "documents",
    "balance",
    "miete",
];

/// Sentences in which a day is the sender's business or nobody's.
pub const NOT_OURS: &[&str] = &[
    "buchen|ziehen|belasten|buchten wir|ich",
    "wir|ich … abbuchen|einziehen|abgebucht|eingezogen|belasten",
    "wird|werden … abgebucht|eingezogen|abgezogen|belastet|gutgeschrieben|zugestellt|geliefert|erstattet|verrechnet",
    "we will|shall|are|'ll [automatically] collect|take|debit|charge|deliver|refund|credit",
    "we will be collecting|taking|charging",
    "will|be|is [automatically] charged|debited|collected|taken|deducted|delivered|credited|drafted",
    "direct debit .. collected|taken",
    "lastschrift|bankeinzug|einzugsermächtigung|sepa-mandat",
    "zahlungseingänge|zahlungseingang|zahlungen|buchungen [sind] bis … berücksichtigt|eingegangen",
    "bis … berücksichtigt",
    "payments received|made .. up|until|by|before|to",
    "bei [zahlungseingang] … garantiert",
    "gutschein*|voucher|coupon|rabattcode|rabatt|promo*|sonderpreis|aktionspreis",
    "bereit|abrufbar|verfügbar|available|download",
    "aufbewahren|aufzubewahren|aufbewahrung",
    "garantie|gewährleistung|warranty",
    "zugestellt|zustellung|geliefert|lieferung|liefertermin|delivered|arrive|arriving",
    "frühestens",
    "voraussichtlich",
    "stand|berücksichtigt",
    "geändert|änderung|wirksam|inkrafttreten",
];

/// Whether the sentence says what others do.
pub fn is_not_ours(lexemes: &[Lexeme]) -> bool {
    has(lexemes, NOT_OURS)
}

/// Words that make a duty depend on a wish of the reader.
const CONDITIONS: &[&str] = &[
    "falls|sofern|wenn sie|ihnen|du",
    "sollten|möchten|wünschen sie",
    "diesem|dem fall|falle",
    "if you|not|unable|possible",
    "should you",
    "unless",
    "können sie",
    "sie|du|ihr können|kannst|könnt|dürfen|dürft",
    "you may|can|have the right",
    "haben sie das recht",
    "anstelle",
];

/// Whether the sentence leaves the reader a choice.
pub fn is_conditional(lexemes: &[Lexeme]) -> bool {
    has(lexemes, CONDITIONS)
}

/// Early-payment discount.
pub const DISCOUNT: &[&str] = &[
    "skonto|skontoabzug|skontofrist",
    "discount",
    "# % abzug|nachlass",
    "abzüglich # %",
    "early payment",
    "reduced|discounted [amount|charge|penalty|rate|sum] [of]",
    "ermäßigt*",
];
