//! In which language a document is written.
//!
//! Paperwork is short and full of names and numbers, on which statistics of letters alone stumble.
//! So the small words of German and English, and the words that forms and receipts print, decide
//! first; letters decide between other languages and where no such word stands.

use whatlang::{Detector, Lang};

/// Small words, and words of forms and receipts, that stand in German only.
const GERMAN: &str = "der das und ist nicht mit auf für von dem den des ein eine einen wir sie ihr \
    ihre ihren ihnen zu zum zur im bei oder auch nach sind wird werden bitte uhr vom bis ab als wenn \
    summe bar gegeben rückgeld mwst ust steuer betrag rechnung datum kasse beleg bon zahlung karte \
    quittung kunde kundennummer rechnungsnummer danke vielen dank einkauf straße strasse str \
    netto brutto gesamt anzahl menge preis stück umsatzsteuer gmbh zwischensumme konto überweisung \
    ich du mir mich es euch liebe lieber grüße geehrte";

/// The same of English.
const ENGLISH: &str = "the and is not with for of to you your our we are be this that by from on at \
    or will have has please it if as an any all can may dear sincerely \
    total subtotal cash change tax vat gst amount invoice date receipt payment card customer account \
    thank thanks due balance qty price item items street road no served sale order \
    my me us love yours regards";

/// Languages that letters alone may tell.
const LANGUAGES: [(Lang, &str); 14] = [
    (Lang::Deu, "de"),
    (Lang::Eng, "en"),
    (Lang::Fra, "fr"),
    (Lang::Ita, "it"),
    (Lang::Spa, "es"),
    (Lang::Nld, "nl"),
    (Lang::Pol, "pl"),
    (Lang::Por, "pt"),
    (Lang::Tur, "tr"),
    (Lang::Ces, "cs"),
    (Lang::Dan, "da"),
    (Lang::Swe, "sv"),
    (Lang::Ukr, "uk"),
    (Lang::Rus, "ru"),
];

/// Share of known words, in percent, from which a text surely is in that language.
const KNOWN_PERCENT: usize = 12;

/// The ISO 639-1 code of the text's language: `de`, `en` or one of twelve others of Europe. `None`
/// if the text has too little to tell.
pub fn detect(text: &str) -> Option<&'static str> {
    let words: Vec<String> = text
        .split(|it: char| !it.is_alphabetic())
        .filter(|it| it.chars().count() > 1)
        .map(str::to_lowercase)
        .collect();
    let count = |list: &str| words.iter().filter(|it| is_listed(list, it)).count();
    let (german, english) = (count(GERMAN), count(ENGLISH));
    let (name, hits, others) = if german >= english {
        ("de", german, english)
    } else {
        ("en", english, german)
    };
    if hits >= 2 && hits > others && 100 * hits >= KNOWN_PERCENT * words.len() {
        return Some(name);
    }
    by_letters(text).or_else(|| (hits > others).then_some(name))
}

fn is_listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|it| it == word)
}

/// What the statistics of letters say, if they are sure.
fn by_letters(text: &str) -> Option<&'static str> {
    let languages = LANGUAGES.iter().map(|(language, _)| *language).collect();
    let info = Detector::with_allowlist(languages).detect(text)?;
    if !info.is_reliable() {
        return None;
    }
    let known = LANGUAGES.iter().find(|(it, _)| *it == info.lang());
    known.map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_both_languages_are_told() {
        let german = "Sehr geehrte Frau Moser, bitte überweisen Sie den Betrag bis zum 3. Mai.";
        assert_eq!(detect(german), Some("de"));
        let english = "Dear Ms Walsh, please pay the amount by 3 May.";
        assert_eq!(detect(english), Some("en"));
    }

    #[test]
    fn a_till_receipt_is_told_by_its_field_words() {
        let german = "VOLLMILCH 1,29\nBIO EIER 3,49\nSUMME EUR 4,78\nBAR 5,00";
        assert_eq!(detect(german), Some("de"));
        let english = "SEMI MILK 1.29\nEGGS 3.49\nTOTAL 4.78\nCASH 5.00 CHANGE 0.22";
        assert_eq!(detect(english), Some("en"));
    }

    #[test]
    fn another_language_keeps_its_own_code() {
        let french = "Madame, Monsieur, veuillez trouver ci-joint la facture de nos prestations. \
            Nous vous prions de régler cette somme avant la fin du mois prochain.";
        assert_eq!(detect(french), Some("fr"));
        let italian = "Gentile cliente, le comunichiamo che la bolletta della luce è scaduta e \
            che il pagamento deve essere effettuato entro la fine del mese corrente.";
        assert_eq!(detect(italian), Some("it"));
    }

    #[test]
    fn numbers_alone_have_no_language() {
        assert_eq!(detect("12.03.2026 4711 84,20"), None);
        assert_eq!(detect(""), None);
    }
}
