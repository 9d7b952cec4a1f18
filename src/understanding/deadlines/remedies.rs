//! Which remedy a sentence speaks of, by its own word and by who writes: the law that counts its
//! period follows from both.

use crate::domain::deadline::Region;
use crate::domain::deadline::explanation::Rule;
use crate::domain::document::Kind;

use super::super::lex::{Lexeme, has};

/// A remedy's word in the sentence, what the page must say besides (empty: nothing), and its rule.
/// The first that fits counts.
type Row = (&'static str, &'static str, Rule);

const GERMANY: &[Row] = &[
    (
        "einspruch*",
        "bußgeld*|ordnungswidrigkeit*|owig|geldbuße|verwarnungsgeld",
        Rule::FineObjection,
    ),
    (
        "einspruch*",
        "vollstreckungsbescheid*",
        Rule::EnforcementOrderObjection,
    ),
    ("einspruch*", "", Rule::TaxObjection),
    (
        "widerspruch*",
        "mahnbescheid*|mahngericht",
        Rule::PaymentOrderObjection,
    ),
    (
        "widerspruch*",
        "jobcenter|sgb|sozialgesetzbuch|sozialgericht*|bürgergeld*|grundsicherung*|arbeitslosengeld*|rentenversicherung*|krankenkasse|pflegekasse|pflegegrad*|rentenbescheid|sozialhilfe|elterngeld*|arbeitsagentur",
        Rule::SocialObjection,
    ),
    ("widerspruch*", "agentur für arbeit", Rule::SocialObjection),
    ("widerspruch*", "", Rule::AdministrativeObjection),
    (
        "*klage|klagen|klageerhebung|klagefrist",
        "kündigungsschutz*|arbeitsgericht*|kschg",
        Rule::DismissalLawsuit,
    ),
    (
        "klage|klagen|klageerhebung|klagefrist",
        "finanzgericht*",
        Rule::TaxLawsuit,
    ),
    (
        "klage|klagen|klageerhebung|klagefrist",
        "sozialgericht*",
        Rule::SocialLawsuit,
    ),
    (
        "klage|klagen|klageerhebung|klagefrist",
        "verwaltungsgericht*",
        Rule::AdministrativeLawsuit,
    ),
];

const AUSTRIA: &[Row] = &[
    (
        "beschwerde*|bescheidbeschwerde",
        "finanzamt*|bundesfinanzgericht*|abgabe*|bao",
        Rule::AustrianTaxAppeal,
    ),
    (
        "beschwerde*|bescheidbeschwerde",
        "bescheid*|verwaltungsgericht*|magistrat|bezirkshauptmannschaft",
        Rule::AustrianAdministrativeAppeal,
    ),
    (
        "einspruch*",
        "strafverfügung*",
        Rule::AustrianPenaltyObjection,
    ),
    (
        "einspruch*",
        "zahlungsbefehl*|mahnklage",
        Rule::AustrianPaymentOrderObjection,
    ),
];

const SWITZERLAND: &[Row] = &[
    (
        "einsprache*",
        "*steuer*|veranlagung*",
        Rule::SwissTaxObjection,
    ),
    (
        "rechtsvorschlag*",
        "zahlungsbefehl*|betreibung*",
        Rule::SwissDebtObjection,
    ),
];

/// The rule of the remedy that `sentence` names on a page of such `passages`.
pub fn rule(sentence: &[Lexeme], passages: &[&[Lexeme]], region: &Region) -> Option<Rule> {
    let rows = match region.country() {
        "DE" => GERMANY,
        "AT" => AUSTRIA,
        "CH" => SWITZERLAND,
        _ => return None,
    };
    rows.iter()
        .find(|(word, page, _)| {
            has(sentence, &[word])
                && (page.is_empty() || passages.iter().any(|it| has(it, &[page])))
        })
        .map(|(.., rule)| *rule)
}

/// Papers that open a remedy without naming it, by country.
const PAPERS: &[(&str, &str, Rule)] = &[
    ("DE", "bußgeldbescheid*", Rule::FineObjection),
    (
        "DE",
        "vollstreckungsbescheid*",
        Rule::EnforcementOrderObjection,
    ),
    ("DE", "mahnbescheid*", Rule::PaymentOrderObjection),
    (
        "DE",
        "*steuerbescheid*|*steuerbescheides",
        Rule::TaxObjection,
    ),
    (
        "DE",
        "arbeitsverhältnis*|arbeitsvertrag*|kündigungsschutz*",
        Rule::DismissalLawsuit,
    ),
    ("DE", "widerruf*", Rule::Withdrawal),
    ("AT", "strafverfügung*", Rule::AustrianPenaltyObjection),
    ("AT", "zahlungsbefehl*", Rule::AustrianPaymentOrderObjection),
    ("CH", "zahlungsbefehl*", Rule::SwissDebtObjection),
    ("CH", "veranlagungsverfügung*", Rule::SwissTaxObjection),
];

/// The rule of the remedy that a paper opens, by its own name or by its kind.
pub fn of_paper(lexemes: &[Lexeme], kind: Option<Kind>, region: &Region) -> Option<Rule> {
    let country = region.country();
    let by_name = PAPERS
        .iter()
        .find(|(of, words, _)| *of == country && has(lexemes, &[words]))
        .map(|(.., rule)| *rule);
    by_name.or(match (country, kind) {
        ("DE", Some(Kind::Tax)) => Some(Rule::TaxObjection),
        ("DE", Some(Kind::Fine)) => Some(Rule::FineObjection),
        ("DE", Some(Kind::OfficialNotice)) => Some(Rule::AdministrativeObjection),
        ("AT", Some(Kind::Tax)) => Some(Rule::AustrianTaxAppeal),
        ("AT", Some(Kind::OfficialNotice)) => Some(Rule::AustrianAdministrativeAppeal),
        ("CH", Some(Kind::Tax)) => Some(Rule::SwissTaxObjection),
        (_, _) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::lex::lex;
    use super::*;

    #[test]
    fn a_remedy_is_told_by_its_word_and_its_page() {
        for (sentence, page, region, expected) in [
            (
                "Einspruch einlegen",
                "Bußgeldbescheid",
                "DE",
                Rule::FineObjection,
            ),
            (
                "kann Einspruch eingelegt werden",
                "Finanzamt",
                "DE-NW",
                Rule::TaxObjection,
            ),
            ("Widerspruch", "Jobcenter Au", "DE", Rule::SocialObjection),
            (
                "Widerspruch",
                "Stadt Au",
                "DE",
                Rule::AdministrativeObjection,
            ),
            (
                "den Widerspruch",
                "Mahnbescheid",
                "DE",
                Rule::PaymentOrderObjection,
            ),
            (
                "Beschwerde",
                "Finanzamt Österreich",
                "AT",
                Rule::AustrianTaxAppeal,
            ),
            (
                "Rechtsvorschlag",
                "Zahlungsbefehl",
                "CH-ZH",
                Rule::SwissDebtObjection,
            ),
        ] {
            let (sentence, page) = (lex(sentence), lex(page));
            let passages = [sentence.as_slice(), page.as_slice()];
            let found = rule(&sentence, &passages, &Region::new(region));
            assert_eq!(found, Some(expected));
        }
    }
}
