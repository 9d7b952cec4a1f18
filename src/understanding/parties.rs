//! Who wrote a document: by its letterhead, the line of return address over the window, its footer,
//! the From of a mail and the holder of the account. The one it is addressed to is left out.

mod addressee;
mod till;

use crate::domain::document::Kind;
use crate::domain::finding::Evidence;

use super::lex::{Lexeme, Sort, fold, has};
use super::lines::Passage;
use super::numerals;
use super::paper::Paper;

/// Legal forms, as they stand at the end of a name.
const LEGAL_FORMS: &[&str] = &[
    "gmbh", "ag", "kg", "ohg", "gbr", "mbh", "mbb", "ug", "se", "eg", "e.v.", "e. v.", "e.k.",
    "e. k.", "a.g.", "a. g.", "kgaa", "kdor", "aor", "ltd", "ltd.", "limited", "plc", "llp", "inc",
    "inc.", "llc", "corp", "corp.", "p.c.", "pc", "sarl", "sa", "bhd", "bhd.", "dac", "clg", "cic",
    "n.a.", "partg", "vvag", "stiftung",
];

/// Words that begin or end the name of an authority, a practice or a club, folded.
const BODIES: &[&str] = &[
    "dr|prof|rechtsanwalt|rechtsanwälte|steuerberater|notar|notariat|architekt|physiotherapie|finanzamt|stadt|gemeinde|marktgemeinde|stadtgemeinde|landkreis|landratsamt|kreis|amtsgericht|landgericht|magistrat|bezirkshauptmannschaft|jobcenter|familienkasse|zollamt|hauptzollamt|universität|hochschule|ministerium|kanton|gemeindeverwaltung|stadtverwaltung|steuerverwaltung|steueramt|polizei|bundesagentur|agentur|standesamt|bürgeramt|einwohneramt|beitragsservice|rundfunk|krankenkasse|stadtwerke|sparkasse|volksbank|raiffeisenbank|bank|versicherung|versicherungen|praxis|*praxis|klinikum|klinik|krankenhaus|apotheke|tierarztpraxis|kanzlei|*kanzlei|hausverwaltung|verein|tsv|sv|kindergarten|kita|schule|gymnasium|grundschule|bibliothek|bücherei|stadtbibliothek|malerbetrieb|autohaus|werkstatt|tierheim|hotel|restaurant|bäckerei|radiologie|tischlerei|schreinerei|zimmerei|dachdeckerei|dachdeckermeister|malermeister|elektro|gärtnerei|metzgerei|fahrschule|reisebüro|gemeindewerke|stadtkasse|gemeindekasse|versandhaus|baumarkt",
    "council|hmrc|university|college|school|surgery|clinic|hospital|library|court|department|revenue|county|borough|trust|society|association|associates|services|bank|insurance|dental|practice|medical|pharmacy|energy|water|church|club|academy|university|agency|authority",
];

/// What stands before or above the name of whoever wrote one.
const BY: &[&str] = &[
    "verkäufer|lieferant|rechnungssteller|rechnungsaussteller|aussteller|leistungserbringer|absender|zahlungsempfänger|vermieter",
    "seller|supplier|vendor|merchant|payee|landlord",
    "sold|issued by",
    "fournisseur|vendeur|émetteur",
];

/// A name with how much speaks for it.
#[derive(Clone)]
struct Candidate {
    name: String,
    score: f32,
    segment: usize,
    evidence: Evidence,
}

/// Names that are offered where the rules are unsure.
const NAMES_MAX: usize = 12;

/// The sender's name, where it stands, and how sure.
pub fn sender(paper: &Paper<'_>, kind: Option<Kind>) -> Option<(String, Evidence, f32)> {
    if let Some((name, evidence)) = mail_from(paper) {
        let better = with_legal_form(paper, &name);
        return Some(better.map_or((name, evidence, 0.9), |(name, evidence)| {
            (name, evidence, 0.92)
        }));
    }
    let is_sale = matches!(
        kind,
        None | Some(Kind::Receipt | Kind::Invoice | Kind::Order | Kind::CreditNote)
    );
    if is_sale
        && paper.lines.is_slip()
        && let Some(found) = till::name(paper)
    {
        return Some(found);
    }
    let best = candidates(paper)
        .into_iter()
        .max_by(|a, b| a.score.total_cmp(&b.score))?;
    (best.score >= 1.5).then(|| {
        let confidence = (0.45 + best.score * 0.08).min(0.95);
        (best.name, best.evidence, confidence)
    })
}

/// Names that may be the sender's, each once with its segment, the likeliest first.
pub fn names(paper: &Paper<'_>) -> Vec<(usize, String, Evidence)> {
    let mut candidates = candidates(paper);
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut names: Vec<(usize, String, Evidence)> = Vec::new();
    for it in candidates {
        if names.len() < NAMES_MAX && names.iter().all(|(_, name, _)| *name != it.name) {
            names.push((it.segment, it.name, it.evidence));
        }
    }
    names
}

/// Every name of the document with what speaks for it; those it is addressed to left out.
fn candidates(paper: &Paper<'_>) -> Vec<Candidate> {
    let recipient = addressee::names(paper);
    let named = addressee::labelled(paper, BY);
    let height = typical_height(paper);
    let mut candidates: Vec<Candidate> = Vec::new();
    for (index, passage) in paper.lines.segments.iter().enumerate() {
        if passage.page != 1 && index > 400 {
            break;
        }
        for (name, at) in names_in(passage) {
            let is_other = || recipient.iter().any(|it| is_same(it, &name));
            if is_unusable(&name) || is_label(paper, index) || is_other() {
                continue;
            }
            let mut score = score(paper, passage, &name, at, height) - dated(paper, passage, at);
            if named.iter().any(|it| is_same(it, &name)) {
                score += NAMED;
            }
            let evidence = passage.evidence(&(at..at + name.len()));
            candidates.push(Candidate {
                name,
                score,
                segment: index,
                evidence,
            });
        }
    }
    add_up(&mut candidates);
    candidates
}

/// What it is worth that a label names somebody as the writer.
const NAMED: f32 = 2.5;

/// Whether a segment labels what stands right of it: `Process   : Example`.
fn is_label(paper: &Paper<'_>, segment: usize) -> bool {
    let beside = paper.lines.right_of(segment);
    let beside = beside.and_then(|it| paper.lines.segments.get(it));
    beside.is_some_and(|it| it.text.starts_with(':'))
}

/// The same name in several places is the sender's name more surely.
fn add_up(candidates: &mut [Candidate]) {
    let names: Vec<(String, f32)> = candidates
        .iter()
        .map(|it| (fold(&it.name), it.score))
        .collect();
    for (index, candidate) in candidates.iter_mut().enumerate() {
        let own = fold(&candidate.name);
        let others = names.iter().enumerate().filter(|(other, (name, _))| {
            *other != index && own.len() > 4 && name.contains(own.as_str())
        });
        let support: f32 = others
            .map(|(_, (_, score))| (score * 0.35).clamp(0.0, 1.0))
            .sum();
        candidate.score += support.min(2.0);
    }
}

/// What may be a name in a line: the line, or its parts between `·`, `|`, `•`, wide commas.
fn names_in(passage: &Passage) -> Vec<(String, usize)> {
    let mut names = Vec::new();
    let mut offset = 0;
    // A dash between spaces parts a name from its address, and elsewhere two halves of a name.
    let has_dashes = is_return_line(&passage.text);
    for part in parts(&passage.text, has_dashes) {
        // What a colon ends is a label.
        let is_label = part.ends_with(':') && part.len() < passage.text.len();
        let lead = part.len() - part.trim_start().len();
        let name = part.trim().trim_end_matches(MARKS).trim();
        let name = name.strip_suffix(" -").unwrap_or(name);
        let words = name.split(' ').count();
        if !is_label
            && (1..=9).contains(&words)
            && name.chars().filter(|it| it.is_alphabetic()).count() >= 3
        {
            names.push((name.to_owned(), offset + lead));
        }
        offset += part.len();
    }
    // "Concordia Orthopedics, P.C.": the legal form behind a comma belongs to the name.
    let whole = passage.text.trim();
    if whole.contains(',')
        && whole.split(' ').count() <= 7
        && has_legal_form(whole)
        && !whole.chars().any(|it| it.is_ascii_digit())
    {
        names.push((whole.to_owned(), 0));
    }
    names
}

/// Marks that part names from what stands beside them.
const MARKS: [char; 8] = ['·', '|', '•', '*', ',', ';', ':', '–'];

/// The parts of a line, with the mark that ends each.
fn parts(text: &str, has_dashes: bool) -> Vec<&str> {
    let by_marks = text.split_inclusive(MARKS);
    if has_dashes {
        by_marks.flat_map(|it| it.split_inclusive(" - ")).collect()
    } else {
        by_marks.collect()
    }
}

/// What somebody is, not who.
const PROFESSIONS: &[&str] = &[
    "steuerberater|rechtsanwalt|rechtsanwälte|rechtsanwältin|notar|architekt|physiotherapie|praxis|kanzlei|zahnarzt|hausarzt|dental|practice|medical|services|insurance|solicitors",
];

/// Where an account is named, its bank is not the writer.
const BANKS: &[&str] = &["*bank|*sparkasse|bank"];

fn score(paper: &Paper<'_>, passage: &Passage, name: &str, at: usize, typical: f32) -> f32 {
    let mut score = 0.0;
    let top = passage.at.y;
    let is_first = paper
        .lines
        .segments
        .first()
        .is_some_and(|it| std::ptr::eq(it, passage));
    if has_legal_form(name) {
        score += 1.6;
    }
    let lexemes = super::lex::lex(name);
    let words = lexemes.iter().filter(|it| it.sort != Sort::Mark).count();
    let is_slogan = is_slogan(&passage.lexemes);
    if has(&lexemes, BODIES) && words <= 8 {
        score += 1.3;
    }
    if words == 1 && (is_slogan || has(&lexemes, PROFESSIONS)) {
        score -= 1.5;
    }
    if has(&lexemes, BANKS) && has(&passage.lexemes, &["iban|konto|blz|bic"]) {
        score -= 1.5;
    }
    if passage.page == 1 && top < paper.lines.page_height(1) * 0.21 {
        score += 1.0;
        let bigness = (passage.at.h / typical.max(1.0)).clamp(0.5, 3.0);
        score += (bigness - 1.0) * 0.8;
        if at == 0 && is_return_line(&passage.text) && !is_slogan {
            score += 1.4;
        }
    }
    if is_first {
        score += 1.2;
    } else if passage.page == 1 && top < paper.lines.page_height(1) * 0.085 {
        score += 0.3;
    }
    let bottom = paper
        .lines
        .segments
        .iter()
        .filter(|it| it.page == passage.page)
        .map(|it| it.at.bottom())
        .fold(0.0, f32::max);
    if at == 0 && top > bottom * 0.85 && has_legal_form(name) {
        score += 0.5;
    }
    if words > 7 || lexemes.iter().any(|it| it.sort == Sort::Number) {
        score -= 0.9;
    }
    if name.chars().next().is_some_and(char::is_lowercase) {
        score -= 1.5;
    }
    if lexemes.len() == 1 && name.chars().count() < 4 {
        score -= 1.0;
    }
    score
}

/// What stands in one line with a day is the town of the letter or the heading of a table; before a
/// comma and nothing but a day (`Bad Orb, den 3. Mai 2026`) it is the town for certain.
fn dated(paper: &Paper<'_>, passage: &Passage, at: usize) -> f32 {
    let days = super::dates::dates(&passage.lexemes, paper.style);
    let Some(day) = days.first() else {
        return 0.0;
    };
    let lexemes = &passage.lexemes;
    let comma = lexemes.iter().position(|it| it.is_mark(','));
    let between = comma.and_then(|it| lexemes.get(it + 1..day.lexemes.start));
    let is_town = |between: &[Lexeme]| {
        let is_article = |it: &Lexeme| matches!(it.text.as_str(), "den" | "am" | "the" | "on");
        between.iter().all(is_article)
    };
    let mut after = lexemes.iter().skip(day.lexemes.end);
    let is_all = after.all(|it| it.sort == Sort::Mark);
    if at == 0 && is_all && between.is_some_and(is_town) {
        return 10.0;
    }
    1.5
}

/// `Paper - Pens - Furniture since 1953`: what a house sells, and since when. Its own name may begin it.
fn is_slogan(lexemes: &[Lexeme]) -> bool {
    let ends_with_year = lexemes.last().is_some_and(|it| {
        it.sort == Sort::Number && it.text.len() == 4 && it.text.starts_with(['1', '2'])
    });
    let before = lexemes.iter().rev().nth(1);
    let since = ["seit", "since", "gegründet", "established", "est", "anno"];
    ends_with_year && before.is_some_and(|it| since.contains(&it.text.as_str()))
}

/// A small line with a name and an address on it, as it stands over the window.
fn is_return_line(text: &str) -> bool {
    let separators = text.matches(['·', '|', '•', ',', '*']).count()
        + text.matches(" - ").count()
        + text.matches(" – ").count();
    let lexemes = super::lex::lex(text);
    let numbers = lexemes.iter().filter(|it| it.sort == Sort::Number);
    let lengths: Vec<usize> = numbers.map(|it| it.text.len()).collect();
    let has_code = lengths.iter().any(|it| (4..=5).contains(it));
    // A town with its code behind it is the last line of an address.
    let ends_with_code = lexemes.last().is_some_and(|it| it.sort == Sort::Number);
    if separators == 1 && lengths.len() == 1 && ends_with_code {
        return false;
    }
    // A list of wares has points between its words too, but neither house nor town.
    separators >= 1 && (has_code || text.contains('·') && !lengths.is_empty())
}

fn has_legal_form(name: &str) -> bool {
    let folded = fold(name);
    let trimmed = folded.trim_end_matches([',', ';']);
    LEGAL_FORMS.iter().any(|form| {
        trimmed
            .strip_suffix(form)
            .is_some_and(|it| it.ends_with([' ', ',', '-']))
            || trimmed.contains(&format!(" {form} ")) && form.len() > 2
    })
}

/// Words that stand in letterheads and footers without naming anybody.
const NO_NAMES: &[&str] = &[
    "nummer|number|globale|kundenservice|kundencenter|kundenbetreuung|kundenbuchhaltung|buchhaltung|personalabteilung|customer|gln|anschrift|ansprechpartner|abteilung|stylesheet|anwendungsempfehlung|tel|telefon|fax|phone|email|mail|www|http|https|iban|bic|ust|vat|hrb|hra|tva|siret|siren|ape|rcs|btw|kvk|geschäftsführer|vorstand|inhaber|seite|page|blatt|steuer|registergericht|konto|blz",
    "herrn|frau|familie|herr|mr|mrs|ms|miss|dear|sehr|hallo|guten|liebe|lieber|to|an|from|von|subject|betreff",
    "rechnung|rechnungsnummer|rechnungsdatum|datum|date|invoice|bescheid|mahnung|kundennummer|angebot|facture|avoir|devis|factuur|fattura|factura|copyright|straße|strasse|str|postfach|street|road|avenue|lane|telefax",
    "gesamt|summe|betrag|total|amount|menge|preis|artikel|description|mwst|netto|brutto|receipt|tax|bill|cash|gst|reg|freundliche*|grüße|gruß|sincerely|regards|gläubiger*|bankverbindung|ihr|ihre|your|our|unser|unsere|wir|we|bitte|please|einladung|kontoauszug|gutschrift|lieferschein|zahlungserinnerung|erinnerung|reminder|notice|statement|newsletter",
];

/// Words of sentences; two of them and it is no name.
const SENTENCE_WORDS: &[&str] = &[
    "haben", "hat", "ist", "sind", "wird", "werden", "wurde", "wurden", "konnten", "nicht", "sie",
    "ihnen", "have", "has", "is", "are", "was", "were", "you", "not", "will", "could", "been",
];

fn is_unusable(name: &str) -> bool {
    let lexemes: Vec<Lexeme> = super::lex::lex(name);
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let first = lexemes.get(..lexemes.len().min(3)).unwrap_or(&[]);
    let is_title = has(first, NO_NAMES) && !has_legal_form(name);
    let ends_open = lexemes.last().is_some_and(|it| {
        matches!(
            it.text.as_str(),
            "der" | "die" | "und" | "the" | "of" | "and" | "von" | "vom"
        )
    });
    let spoken = lexemes
        .iter()
        .filter(|it| SENTENCE_WORDS.contains(&it.text.as_str()))
        .count();
    is_title
        || name.contains('©')
        || name.to_lowercase().contains("(c)")
        || spoken >= 2 && !has_legal_form(name)
        || digits > 4
        || name.contains(['@', '='])
        || name.contains('/') && !name.contains(' ')
        || name.contains("www.")
        || is_only_a_day(&lexemes)
        || name.ends_with('.') && lexemes.len() > 5 && !has_legal_form(name)
        || ends_open
        || looks_like_street(&lexemes)
}

/// `Montag`, `Mo-Sa`, `Mon to Fri`: days of the week, as beside opening hours, name nobody.
fn is_only_a_day(lexemes: &[Lexeme]) -> bool {
    let joins = |it: &str| matches!(it, "bis" | "und" | "to" | "and");
    let words = || lexemes.iter().filter(|it| it.sort == Sort::Word);
    let is_day = |it: &Lexeme| numerals::weekday(&it.text).is_some();
    words().any(is_day) && words().all(|it| is_day(it) || joins(&it.text))
}

fn looks_like_street(lexemes: &[Lexeme]) -> bool {
    has(
        lexemes,
        &[
            "*straße|*strasse|*str|*weg|*platz|*gasse|*allee|*ring|road|street|lane|drive #",
            "[no] # .. jalan|street|road|lane|avenue|st|rd",
        ],
    ) && lexemes.iter().any(|it| it.sort == Sort::Number)
        || lexemes
            .first()
            .is_some_and(|it| it.sort == Sort::Number && it.text.len() >= 4)
}

fn is_same(a: &str, b: &str) -> bool {
    let (a, b) = (fold(a), fold(b));
    a == b || a.len() > 6 && b.len() > 6 && (a.contains(&b) || b.contains(&a))
}

/// The display name of a mail's From line, also of a mail that was printed.
fn mail_from(paper: &Paper<'_>) -> Option<(String, Evidence)> {
    let (index, passage) = paper
        .lines
        .segments
        .iter()
        .enumerate()
        .take(8)
        .find(|(_, it)| {
            let first = it
                .lexemes
                .first()
                .is_some_and(|first| matches!(first.text.as_str(), "from" | "von"));
            first && it.lexemes.get(1).is_some_and(|it| it.is_mark(':'))
        })?;
    let (_, rest) = passage.text.split_once(':')?;
    let beside = paper
        .lines
        .right_of(index)
        .and_then(|it| paper.lines.segments.get(it));
    let (passage, rest) = match beside.filter(|_| rest.trim().is_empty()) {
        Some(beside) => (beside, beside.text.as_str()),
        None => (passage, rest),
    };
    if !paper.is_mail() && !rest.contains('@') {
        return None;
    }
    let name = rest.split('<').next()?.trim().trim_matches('"').trim();
    let name = if name.is_empty() {
        rest.split('@').nth(1)?.trim_end_matches('>').trim()
    } else {
        name
    };
    let start = passage.text.find(name)?;
    Some((
        name.to_owned(),
        passage.evidence(&(start..start + name.len())),
    ))
}

/// The full name with its legal form that a short name begins, if the text has it.
fn with_legal_form(paper: &Paper<'_>, short: &str) -> Option<(String, Evidence)> {
    let wanted = fold(short);
    for passage in &paper.lines.segments {
        for (name, at) in names_in(passage) {
            let folded = fold(&name);
            let has_all = wanted
                .split(' ')
                .all(|word| folded.split(' ').any(|it| it == word));
            if has_all && has_legal_form(&name) && folded.len() < wanted.len() * 3 / 2 + 6 {
                return Some((name.clone(), passage.evidence(&(at..at + name.len()))));
            }
        }
    }
    None
}

fn typical_height(paper: &Paper<'_>) -> f32 {
    let mut heights: Vec<f32> = paper.lines.segments.iter().map(|it| it.at.h).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_house_sells_since_when_is_a_slogan() {
        let is_slogan = |text: &str| is_slogan(&super::super::lex::lex(text));
        assert!(is_slogan("Papier - Technik - Möbel seit 1953"));
        assert!(is_slogan("Bread · Cakes · Coffee, since 1988"));
        assert!(!is_slogan(
            "Kranz GmbH - Industrieweg 20 - 89343 Jettenhofen"
        ));
        assert!(!is_slogan("Springfield, IL 62704"));
    }

    #[test]
    fn days_types_and_addresses_name_nobody() {
        for no_name in [
            "Montag,",
            "Friday",
            "text/plain",
            "Mo-Sa",
            "Mon to Fri",
            "anna@house.example",
            "www.house.example",
        ] {
            assert!(is_unusable(no_name), "{no_name}");
        }
        for name in [
            "Montag Bedachungen",
            "Nordjysk Skibsværft A/S",
            "Friday Fishmongers",
        ] {
            assert!(!is_unusable(name), "{name}");
        }
    }
}
