//! How the house writes about tasks: titles, days and money in German and English.
//!
//! Only what leaves through more than one door stands here (a task's title is shown by the web, by
//! Home Assistant and in every message); the words of the pages belong to the web.

use jiff::civil::{Date, Weekday};

use super::obligation::Action;
use super::person::Language;
use super::value::{Amount, Currency, Iban, Money};

const MONTHS_GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
const MONTHS_ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The name of a month, 1 to 12.
pub fn month_name(month: i8, language: Language) -> &'static str {
    let index = usize::from(month.unsigned_abs()).saturating_sub(1);
    let names = match language {
        Language::German => MONTHS_GERMAN,
        Language::English => MONTHS_ENGLISH,
    };
    names.get(index).copied().unwrap_or("")
}

/// The name of a weekday.
pub const fn weekday_name(weekday: Weekday, language: Language) -> &'static str {
    match (language, weekday) {
        (Language::German, Weekday::Monday) => "Montag",
        (Language::German, Weekday::Tuesday) => "Dienstag",
        (Language::German, Weekday::Wednesday) => "Mittwoch",
        (Language::German, Weekday::Thursday) => "Donnerstag",
        (Language::German, Weekday::Friday) => "Freitag",
        (Language::German, Weekday::Saturday) => "Samstag",
        (Language::German, Weekday::Sunday) => "Sonntag",
        (Language::English, Weekday::Monday) => "Monday",
        (Language::English, Weekday::Tuesday) => "Tuesday",
        (Language::English, Weekday::Wednesday) => "Wednesday",
        (Language::English, Weekday::Thursday) => "Thursday",
        (Language::English, Weekday::Friday) => "Friday",
        (Language::English, Weekday::Saturday) => "Saturday",
        (Language::English, Weekday::Sunday) => "Sunday",
    }
}

/// Several things in a sentence: `a, b and c`.
pub fn list(things: &[String], language: Language) -> String {
    let and = match language {
        Language::German => " und ",
        Language::English => " and ",
    };
    match things.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{}{and}{last}", before.join(", ")),
    }
}

/// A day as people write it: `18. März 2026`, `18 March 2026`.
pub fn day(day: Date, language: Language) -> String {
    let month = month_name(day.month(), language);
    match language {
        Language::German => format!("{}. {month} {}", day.day(), day.year()),
        Language::English => format!("{} {month} {}", day.day(), day.year()),
    }
}

/// How far a day is, seen from `today`: `in 3 Tagen`, `yesterday`.
pub fn days_left(due: Date, today: Date, language: Language) -> String {
    let days = today.until(due).map_or(0, |it| it.get_days());
    match (language, days) {
        (Language::German, 0) => "heute".to_owned(),
        (Language::German, 1) => "morgen".to_owned(),
        (Language::German, -1) => "seit gestern".to_owned(),
        (Language::German, 2..) => format!("in {days} Tagen"),
        (Language::German, _) => format!("seit {} Tagen", days.unsigned_abs()),
        (Language::English, 0) => "today".to_owned(),
        (Language::English, 1) => "tomorrow".to_owned(),
        (Language::English, -1) => "since yesterday".to_owned(),
        (Language::English, 2..) => format!("in {days} days"),
        (Language::English, _) => format!("for {} days", days.unsigned_abs()),
    }
}

/// Money as people write it: `1.284,20 €`, `€1,284.20`.
pub fn money(money: Money, language: Language) -> String {
    let number = number(money.amount, language);
    match (language, money.currency) {
        (Language::German, Currency::EUR) => format!("{number} €"),
        (Language::German, Currency::GBP) => format!("{number} £"),
        (Language::German, Currency::USD) => format!("{number} $"),
        (Language::English, Currency::EUR) => format!("€{number}"),
        (Language::English, Currency::GBP) => format!("£{number}"),
        (Language::English, Currency::USD) => format!("${number}"),
        (Language::German, currency) => format!("{number} {currency}"),
        (Language::English, currency) => format!("{currency} {number}"),
    }
}

fn number(amount: Amount, language: Language) -> String {
    let (thousands, decimal) = match language {
        Language::German => ('.', ','),
        Language::English => (',', '.'),
    };
    let hundredths = amount.hundredths().unsigned_abs();
    let digits = (hundredths / 100).to_string();
    let mut whole = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            whole.push(thousands);
        }
        whole.push(digit);
    }
    let sign = if amount.hundredths() < 0 { "−" } else { "" };
    format!("{sign}{whole}{decimal}{:02}", hundredths % 100)
}

/// A task's line: what to do first, then for whom.
pub fn title(
    action: Action,
    sender: Option<&str>,
    amount: Option<Money>,
    language: Language,
) -> String {
    let amount = amount.filter(|_| matches!(action, Action::Pay | Action::Return));
    let verb = match (language, amount) {
        (Language::German, Some(it)) => {
            format!(
                "{} {}",
                money(it, language),
                verb_german(action).to_lowercase()
            )
        }
        (Language::English, Some(it)) => {
            format!("{} {}", verb_english(action), money(it, language))
        }
        (Language::German, None) => verb_german(action).to_owned(),
        (Language::English, None) => verb_english(action).to_owned(),
    };
    if let Some(sender) = sender {
        return format!("{sender}: {verb}");
    }
    let mut letters = verb.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Asks whether a day that the page names binds the household.
pub fn is_due_by(due: Date, quote: &str, language: Language) -> String {
    let due = day(due, language);
    match language {
        Language::German => format!("Ist bis zum {due} etwas zu tun? Da steht: „{quote}“"),
        Language::English => format!("Is there something to do by {due}? It says: “{quote}”"),
    }
}

/// Asks by when an open bill is to be paid.
pub fn payable_by_when(payable: Money, language: Language) -> String {
    let payable = money(payable, language);
    match language {
        Language::German => {
            format!("Bis wann sind {payable} zu zahlen? Der Brief nennt keinen sicheren Tag.")
        }
        Language::English => {
            format!("By when is {payable} to be paid? The letter names no day that is sure.")
        }
    }
}

/// What a page and the data of an e-invoice may say differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differing {
    /// The invoice's number.
    Number,
    /// What it adds up to.
    Total,
    /// The day by which it is to be paid.
    DueDay,
    /// The account to pay to.
    Account,
}

/// Asks which is right, what the page shows or what the data of the e-invoice says.
pub fn page_and_data_differ(what: Differing, page: &str, data: &str, language: Language) -> String {
    let about = match (language, what) {
        (Language::German, Differing::Number) => "die Rechnungsnummer",
        (Language::German, Differing::Total) => "der Gesamtbetrag",
        (Language::German, Differing::DueDay) => "der Zahltag",
        (Language::German, Differing::Account) => "das Konto, auf das zu zahlen ist",
        (Language::English, Differing::Number) => "the invoice number",
        (Language::English, Differing::Total) => "the total",
        (Language::English, Differing::DueDay) => "the day by which to pay",
        (Language::English, Differing::Account) => "the account to pay to",
    };
    match language {
        Language::German => format!(
            "Was stimmt: {about}? Auf der Seite steht „{page}“, in den Daten der E-Rechnung „{data}“."
        ),
        Language::English => format!(
            "Which is right: {about}? The page says “{page}”, the e-invoice's data “{data}”."
        ),
    }
}

/// Asks about an account that a sender never named before, with the one that money went to.
pub fn other_account(name: &str, stated: &Iban, usual: &Iban, language: Language) -> String {
    match language {
        Language::German => format!(
            "Neues Konto? Dieses Schreiben nennt {stated}, bisher nannte {name} {usual}. Vor dem \
             Überweisen nachfragen, unter einer Nummer, die nicht aus diesem Schreiben stammt."
        ),
        Language::English => format!(
            "A new account? This letter names {stated}; until now {name} named {usual}. Ask before \
             paying, by a number that is not from this letter."
        ),
    }
}

/// Says that the account of an e-invoice cannot be right.
pub fn iban_is_wrong(stated: &str, language: Language) -> String {
    match language {
        Language::German => format!(
            "Auf welches Konto ist zu zahlen? Die Prüfziffern von „{stated}“ in der E-Rechnung \
             stimmen nicht."
        ),
        Language::English => format!(
            "To which account is it to be paid? The check digits of “{stated}” in the e-invoice \
             are wrong."
        ),
    }
}

/// Why a document could not be read, for the person who is asked to help. `code` is the reader's
/// name for it, `sentence` what the reader says in English.
pub fn stuck(code: &str, sentence: &str, language: Language) -> String {
    let german = match (language, code) {
        (Language::English, _) => return sentence.to_owned(),
        (Language::German, "empty") => "Die Datei ist leer.",
        (Language::German, "unsupported") => {
            "Diese Art von Datei kann nicht gelesen werden. Als PDF speichern und noch einmal \
             hinzufügen."
        }
        (Language::German, "damaged") => {
            "Die Datei ist beschädigt. Bitte noch einmal scannen oder herunterladen."
        }
        (Language::German, "encrypted") => {
            "Das PDF ist mit einem Kennwort verschlossen. Eine Kopie ohne Kennwort speichern und \
             hinzufügen, oder das Kennwort in die Datei schreiben, die \
             „reading.pdf_passwords_file“ nennt."
        }
        (Language::German, "too_many_pages") => "Das Dokument hat mehr Seiten als erlaubt.",
        (Language::German, "too_large") => "Eine Seite oder ein Bild ist größer als erlaubt.",
        (Language::German, "ocr_languages_missing") => {
            "Für Bilder ist keine Texterkennung installiert; „workmate doctor“ sagt, was fehlt."
        }
        (Language::German, "ocr_failed") => "Die Schrift konnte nicht erkannt werden.",
        (Language::German, "ocr_left_out") => {
            "Dieses workmate wurde ohne Texterkennung gebaut; Bilder kann es nicht lesen."
        }
        (Language::German, "timed_out") => "Das Lesen hat zu lange gedauert.",
        (Language::German, "reader_killed") => {
            "Das Gerät hat das Lesen beendet, wohl weil sein Speicher nicht reichte."
        }
        (Language::German, "out_of_memory") => "Zum Lesen reicht der erlaubte Speicher nicht.",
        (Language::German, _) => "Beim Lesen ist etwas schiefgegangen.",
    };
    german.to_owned()
}

/// Why a document is not read on: somebody, by their name, did not want it.
pub fn cancelled(name: Option<&str>, language: Language) -> String {
    match (language, name) {
        (Language::German, Some(name)) => format!("Abgebrochen von {name}."),
        (Language::German, None) => "Abgebrochen.".to_owned(),
        (Language::English, Some(name)) => format!("Cancelled by {name}."),
        (Language::English, None) => "Cancelled.".to_owned(),
    }
}

const fn verb_german(action: Action) -> &'static str {
    match action {
        Action::Pay => "Bezahlen",
        Action::Object => "Widerspruch möglich",
        Action::Cancel => "Kündigung möglich",
        Action::Submit => "Unterlagen einreichen",
        Action::Reply => "Antworten",
        Action::Attend => "Termin",
        Action::PickUp => "Abholen",
        Action::Return => "Zurückgeben",
        Action::Renew => "Verlängern",
        Action::Book => "Buchen",
    }
}

const fn verb_english(action: Action) -> &'static str {
    match action {
        Action::Pay => "pay",
        Action::Object => "object if you want to",
        Action::Cancel => "cancel if you want to",
        Action::Submit => "hand in what is asked for",
        Action::Reply => "reply",
        Action::Attend => "appointment",
        Action::PickUp => "pick up",
        Action::Return => "send back",
        Action::Renew => "renew",
        Action::Book => "book",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn money_and_days_are_written_as_people_do() {
        let sum = Money::new(128_420, Currency::EUR);
        assert_eq!(money(sum, Language::German), "1.284,20 €");
        assert_eq!(money(sum, Language::English), "€1,284.20");
        assert_eq!(
            money(Money::new(-1205, Currency::CHF), Language::German),
            "−12,05 CHF"
        );
        assert_eq!(day(date(2026, 3, 18), Language::German), "18. März 2026");
        assert_eq!(day(date(2026, 3, 18), Language::English), "18 March 2026");
    }

    #[test]
    fn a_title_says_what_to_do_for_whom() {
        let sum = Some(Money::new(8420, Currency::EUR));
        let title_of = |action, sender, language| title(action, sender, sum, language);
        assert_eq!(
            title_of(Action::Pay, Some("Wasserwerk"), Language::German),
            "Wasserwerk: 84,20 € bezahlen"
        );
        assert_eq!(title_of(Action::Pay, None, Language::English), "Pay €84.20");
        assert_eq!(
            title_of(Action::Attend, Some("Dr. Zahn"), Language::German),
            "Dr. Zahn: Termin"
        );
    }
}
