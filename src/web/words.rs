//! Days, money, names and counted sentences as a person reads them, in German and English.
//!
//! Everything that depends on a number or a day is here; fixed sentences are in [`super::texts`].

mod days;
mod promises;

use super::texts::Texts;
use crate::domain::delivery::ChannelName;
use crate::domain::document::{Kind, OriginKind, Stage};
use crate::domain::finding::{Field, Value};
use crate::domain::layout::{Example, Place, Role};
use crate::domain::obligation::Action;
use crate::domain::person::Language;
use crate::domain::reminder::Level;
use crate::domain::task::Status;
use crate::domain::value::Money;

pub use promises::promise;

pub use days::{day, days_until, hour, long_day, moment, relative, short_day, short_month};

/// The one of two texts that `language` speaks.
pub const fn pick<T: Copy>(language: Language, german: T, english: T) -> T {
    match language {
        Language::German => german,
        Language::English => english,
    }
}

/// `1.284,20 €`, `€1,284.20`; a currency without a common sign keeps its code.
pub fn money(language: Language, money: Money) -> String {
    let hundredths = money.amount.hundredths();
    let sign = if hundredths < 0 { "−" } else { "" };
    let (whole, rest) = (
        hundredths.unsigned_abs() / 100,
        hundredths.unsigned_abs() % 100,
    );
    let (group, point) = pick(language, ('.', ','), (',', '.'));
    let number = format!("{}{point}{rest:02}", grouped(whole, group));
    let code = money.currency.code();
    let symbol = match code {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        _ => return format!("{sign}{number}\u{a0}{code}"),
    };
    match language {
        Language::German => format!("{sign}{number}\u{a0}{symbol}"),
        Language::English => format!("{sign}{symbol}{number}"),
    }
}

fn grouped(number: u64, group: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    text
}

/// `3,4 MB`, `120 kB`.
pub fn bytes(language: Language, size: u64) -> String {
    let point = pick(language, ',', '.');
    match size {
        0..1_000 => format!("{size}\u{a0}B"),
        1_000..1_000_000 => format!("{}\u{a0}kB", size / 1_000),
        _ => format!(
            "{}{point}{}\u{a0}MB",
            size / 1_000_000,
            size % 1_000_000 / 100_000
        ),
    }
}

/// A finding's value for reading.
pub fn value(language: Language, value: &Value) -> String {
    match value {
        Value::Money(it) => money(language, *it),
        Value::Date(it) => day(language, *it),
        Value::Iban(it) => it.to_string(),
        Value::Kind(it) => kind(language, *it).to_owned(),
        Value::Text(it) => it.clone(),
    }
}

/// `2 Aufgaben sind fällig, davon 1 überfällig.`
pub fn summary(language: Language, week: usize, overdue: usize) -> String {
    match language {
        Language::German => {
            let week_part = match week {
                0 => "In den nächsten 7 Tagen ist nichts fällig".to_owned(),
                1 => "Eine Sache in den nächsten 7 Tagen".to_owned(),
                _ => format!("{week} Dinge in den nächsten 7 Tagen"),
            };
            match overdue {
                0 => format!("{week_part}."),
                1 => format!("{week_part}, eine ist überfällig."),
                _ => format!("{week_part}, {overdue} sind überfällig."),
            }
        }
        Language::English => {
            let week_part = match week {
                0 => "Nothing is due in the next 7 days".to_owned(),
                1 => "One thing in the next 7 days".to_owned(),
                _ => format!("{week} things in the next 7 days"),
            };
            match overdue {
                0 => format!("{week_part}."),
                1 => format!("{week_part}, one is overdue."),
                _ => format!("{week_part}, {overdue} are overdue."),
            }
        }
    }
}

/// What sort of document.
pub const fn kind(language: Language, kind: Kind) -> &'static str {
    let (german, english) = match kind {
        Kind::Invoice => ("Rechnung", "Invoice"),
        Kind::PaymentReminder => ("Mahnung", "Payment reminder"),
        Kind::CreditNote => ("Gutschrift", "Credit note"),
        Kind::Receipt => ("Quittung", "Receipt"),
        Kind::Quote => ("Angebot", "Quote"),
        Kind::Order => ("Bestellung", "Order"),
        Kind::Delivery => ("Lieferschein", "Delivery note"),
        Kind::Contract => ("Vertrag", "Contract"),
        Kind::Cancellation => ("Kündigung", "Cancellation"),
        Kind::Insurance => ("Versicherung", "Insurance"),
        Kind::OfficialNotice => ("Bescheid", "Official notice"),
        Kind::Fine => ("Bußgeld", "Fine"),
        Kind::Tax => ("Steuer", "Tax"),
        Kind::BankStatement => ("Kontoauszug", "Bank statement"),
        Kind::Payslip => ("Gehaltsabrechnung", "Payslip"),
        Kind::Medical => ("Medizinisches", "Medical"),
        Kind::Appointment => ("Termin", "Appointment"),
        Kind::Parcel => ("Paket", "Parcel"),
        Kind::Invitation => ("Einladung", "Invitation"),
        Kind::Warranty => ("Garantie", "Warranty"),
        Kind::Certificate => ("Urkunde", "Certificate"),
        Kind::Letter => ("Brief", "Letter"),
        Kind::Advertisement => ("Werbung", "Advertisement"),
    };
    pick(language, german, english)
}

/// What is to be done.
pub const fn action(language: Language, action: Action) -> &'static str {
    let (german, english) = match action {
        Action::Pay => ("Bezahlen", "Pay"),
        Action::Object => ("Widersprechen", "Object"),
        Action::Cancel => ("Kündigen", "Cancel"),
        Action::Submit => ("Einreichen", "Submit"),
        Action::Reply => ("Antworten", "Reply"),
        Action::Attend => ("Hingehen", "Attend"),
        Action::PickUp => ("Abholen", "Pick up"),
        Action::Return => ("Zurückgeben", "Return"),
        Action::Renew => ("Verlängern", "Renew"),
        Action::Book => ("Buchen", "Book"),
    };
    pick(language, german, english)
}

/// What a finding is about.
pub const fn field(language: Language, field: Field) -> &'static str {
    let (german, english) = match field {
        Field::Language => ("Sprache", "Language"),
        Field::Kind => ("Art", "Kind"),
        Field::Sender => ("Absender", "Sender"),
        Field::Recipient => ("Empfänger", "Recipient"),
        Field::IssueDate => ("Datum", "Issued on"),
        Field::Reference => ("Nummer", "Reference"),
        Field::Total => ("Gesamtbetrag", "Total"),
        Field::Payable => ("Zu zahlen", "To pay"),
        Field::Iban => ("IBAN", "IBAN"),
        Field::TrackingNumber => ("Sendungsnummer", "Tracking number"),
        Field::ContractEnd => ("Vertragsende", "Contract ends"),
        Field::NoticePeriod => ("Kündigungsfrist", "Notice period"),
    };
    pick(language, german, english)
}

/// A reference's name; one that is not known stays as it is.
pub fn reference(language: Language, name: &str) -> String {
    let (german, english) = match name {
        "invoice_number" => ("Rechnungsnummer", "Invoice number"),
        "customer_number" => ("Kundennummer", "Customer number"),
        "file_number" => ("Aktenzeichen", "File number"),
        "contract_number" => ("Vertragsnummer", "Contract number"),
        "order_number" => ("Bestellnummer", "Order number"),
        "account_number" => ("Kontonummer", "Account number"),
        "receipt_number" => ("Belegnummer", "Receipt number"),
        "policy_number" => ("Versicherungsnummer", "Policy number"),
        "quote_number" => ("Angebotsnummer", "Quote number"),
        "credit_note_number" => ("Gutschriftnummer", "Credit note number"),
        "mandate_reference" => ("Mandatsreferenz", "Mandate reference"),
        "payment_reference" => ("Verwendungszweck", "Payment reference"),
        "reference" => ("Zeichen", "Reference"),
        "case_number" => ("Vorgangsnummer", "Case number"),
        _ => return name.replace('_', " "),
    };
    pick(language, german, english).to_owned()
}

/// How far a document has come.
pub fn stage(language: Language, stage: &Stage) -> &'static str {
    stage_name(language, stage.name())
}

/// A stage by its name in the store.
pub fn stage_name(language: Language, name: &str) -> &'static str {
    let (german, english) = match name {
        "received" => ("wird gelesen", "being read"),
        "read" => ("wird verstanden", "being understood"),
        "stuck" => ("festgefahren", "stuck"),
        _ => ("verstanden", "understood"),
    };
    pick(language, german, english)
}

/// `Die 3 Dokumente darin kommen mit in den Papierkorb.`
pub fn with_parts(language: Language, count: usize) -> String {
    match (language, count) {
        (Language::German, 1) => "Das Dokument darin kommt mit in den Papierkorb.".to_owned(),
        (Language::German, _) => {
            format!("Die {count} Dokumente darin kommen mit in den Papierkorb.")
        }
        (Language::English, 1) => "The document in it goes to the trash too.".to_owned(),
        (Language::English, _) => format!("The {count} documents in it go to the trash too."),
    }
}

/// How many of a task's steps are done.
pub fn steps(language: Language, done: usize, all: usize) -> String {
    match language {
        Language::German => format!("{done} von {all} Schritten"),
        Language::English => format!("{done} of {all} steps"),
    }
}

/// A way to people or machines.
pub fn channel(language: Language, channel: ChannelName) -> &'static str {
    match channel {
        ChannelName::Mqtt => "MQTT",
        ChannelName::Mail => pick(language, "E-Mail", "Mail"),
        ChannelName::Ntfy => "ntfy",
        ChannelName::Gotify => "Gotify",
        ChannelName::Apprise => "Apprise",
        ChannelName::Webhook => "Webhook",
        ChannelName::HomeAssistant => pick(
            language,
            "Home Assistant: Telefon",
            "Home Assistant: telephone",
        ),
        ChannelName::HomeNotice => pick(
            language,
            "Home Assistant: Mitteilungen",
            "Home Assistant: notifications",
        ),
        ChannelName::HomeSpeaker => pick(
            language,
            "Home Assistant: Lautsprecher",
            "Home Assistant: loudspeaker",
        ),
    }
}

/// What its address is.
pub fn address_hint(language: Language, channel: ChannelName) -> &'static str {
    match channel {
        ChannelName::Mail => pick(language, "Mail-Adresse", "Mail address"),
        ChannelName::Ntfy => pick(language, "Thema (topic)", "Topic"),
        ChannelName::Gotify => pick(
            language,
            "Token einer eigenen Anwendung (leer: das des Haushalts)",
            "Token of an application of your own (empty: the household's)",
        ),
        ChannelName::HomeAssistant => pick(
            language,
            "Dienst des Telefons, etwa mobile_app_pixel (mehrere mit Komma)",
            "Service of the telephone, such as mobile_app_pixel (several with commas)",
        ),
        ChannelName::Mqtt
        | ChannelName::Apprise
        | ChannelName::Webhook
        | ChannelName::HomeNotice
        | ChannelName::HomeSpeaker => "",
    }
}

/// `3 Dokumente`.
pub fn letters(language: Language, count: u64) -> String {
    match (language, count) {
        (Language::German, 1) => "1 Dokument".to_owned(),
        (Language::German, _) => format!("{count} Dokumente"),
        (Language::English, 1) => "1 document".to_owned(),
        (Language::English, _) => format!("{count} documents"),
    }
}

/// What a person taught: how a sender's name is read.
pub fn also_read_as(language: Language, words: &str) -> String {
    match language {
        Language::German => format!("Auch gelesen als „{words}“"),
        Language::English => format!("Also read as “{words}”"),
    }
}

/// What a person taught: what a sender's letters are.
pub fn kind_taught(language: Language, found: Kind, right: Kind) -> String {
    let (found, right) = (kind(language, found), kind(language, right));
    match language {
        Language::German => format!("Was nach „{found}“ aussieht, ist: {right}"),
        Language::English => format!("What looks like “{found}” is: {right}"),
    }
}

/// What a person showed: where in a sender's letters a value stands.
pub fn example(language: Language, example: &Example) -> String {
    let what = match example.role {
        Role::IssueDate => field(language, Field::IssueDate).to_owned(),
        Role::Payable => field(language, Field::Payable).to_owned(),
        Role::Total => field(language, Field::Total).to_owned(),
        Role::Reference => reference(language, &example.name),
        Role::Due => pick(language, "Fällig am", "Due on").to_owned(),
    };
    let Some(right) = &example.right else {
        return absent(
            language,
            &what,
            example.wrong.as_ref().map_or("", Place::label),
        );
    };
    let place = right.label();
    let wrong = example.wrong.as_ref().map_or("", Place::label);
    match (language, place, wrong) {
        (Language::German, "", _) => format!("{what}: an der gezeigten Stelle"),
        (Language::English, "", _) => format!("{what}: at the place that was shown"),
        (Language::German, _, "") => format!("{what}: bei „{place}“"),
        (Language::English, _, "") => format!("{what}: by “{place}”"),
        (Language::German, ..) => format!("{what}: bei „{place}“, nicht bei „{wrong}“"),
        (Language::English, ..) => format!("{what}: by “{place}”, not by “{wrong}”"),
    }
}

/// What a person showed: that a sender's letters have none of something.
fn absent(language: Language, what: &str, wrong: &str) -> String {
    match (language, wrong) {
        (Language::German, "") => format!("{what}: nichts dergleichen"),
        (Language::English, "") => format!("{what}: none"),
        (Language::German, _) => format!("{what}: nicht bei „{wrong}“, und sonst nirgends"),
        (Language::English, _) => format!("{what}: not by “{wrong}”, nor elsewhere"),
    }
}

/// `Seite 12 von 60`.
pub fn page_of_pages(t: &Texts, done: u32, pages: u32) -> String {
    let text = t.page_of_pages.replace("{done}", &done.to_string());
    text.replace("{pages}", &pages.to_string())
}

/// A language by its ISO 639-1 code; one that is not known stays a code.
pub fn language_name(language: Language, code: &str) -> String {
    let (german, english) = match code {
        "de" => ("Deutsch", "German"),
        "en" => ("Englisch", "English"),
        _ => return code.to_owned(),
    };
    pick(language, german, english).to_owned()
}

/// `82,10 € bis 10. März`.
pub fn until(language: Language, day: &str, money: &str) -> String {
    match language {
        Language::German => format!("{money} bis {day}"),
        Language::English => format!("{money} by {day}"),
    }
}

/// Whether a task still wants something.
pub const fn status(language: Language, status: Status) -> &'static str {
    let (german, english) = match status {
        Status::Open => ("offen", "open"),
        Status::Done => ("erledigt", "done"),
        Status::NotMine => ("nicht unseres", "not ours"),
        Status::Withdrawn => ("hinfällig", "withdrawn"),
    };
    pick(language, german, english)
}

/// How a document came.
pub const fn origin(language: Language, origin: OriginKind) -> &'static str {
    let (german, english) = match origin {
        OriginKind::Upload => ("hochgeladen", "uploaded"),
        OriginKind::Folder => ("über den Ordner", "through the watched folder"),
        OriginKind::Command => ("über die Befehlszeile", "through the command line"),
        OriginKind::MailPart => ("als Anlage einer Mail", "attached to a mail"),
        OriginKind::Stack => ("aus einem Stapel von Scans", "out of a stack of scans"),
    };
    pick(language, german, english)
}

/// What a worker does; one that is not known keeps its name.
pub fn worker(language: Language, name: &'static str) -> &'static str {
    let (german, english) = match name {
        "watch_folder" => ("Ordner ansehen", "Watch the folder"),
        "read_documents" => ("Dokumente lesen", "Read documents"),
        "understand_documents" => ("Dokumente verstehen", "Understand documents"),
        "ask_model" => ("Sprachmodell fragen", "Ask the language model"),
        "derive_tasks" => ("Aufgaben ableiten", "Derive tasks"),
        "remind" => ("Erinnern", "Remind"),
        "deliver" => ("Zustellen", "Deliver"),
        "deliver_mail" => ("Mails zustellen", "Deliver mails"),
        "deliver_ntfy" => ("Über ntfy zustellen", "Deliver by ntfy"),
        "deliver_gotify" => ("Über Gotify zustellen", "Deliver by Gotify"),
        "deliver_apprise" => ("Über Apprise zustellen", "Deliver by Apprise"),
        "deliver_home_assistant" => ("Auf Telefone zustellen", "Deliver to telephones"),
        "deliver_home_notice" => ("In Home Assistant mitteilen", "Notify in Home Assistant"),
        "deliver_home_speaker" => ("Ansagen", "Announce"),
        "sync_home" => (
            "Mit Home Assistant abgleichen",
            "Keep Home Assistant in step",
        ),
        "take_taps" => ("Auf Telefone hören", "Listen to telephones"),
        "deliver_webhook" => ("An den Webhook zustellen", "Deliver to the webhook"),
        "publish_calendar" => ("Kalender nachführen", "Keep the calendar"),
        "take_answers" => ("Antworten annehmen", "Take answers"),
        "publish_state" => ("Stand melden", "Publish the state"),
        "tidy_up" => ("Aufräumen", "Tidy up"),
        "back_up" => ("Sichern", "Back up"),
        other => return other,
    };
    pick(language, german, english)
}

/// How it stands with the language model: `qwen3:4b, 3 documents to ask about`.
pub fn model_state(language: Language, name: &str, waiting: u64) -> String {
    if waiting == 0 {
        return name.to_owned();
    }
    let documents = letters(language, waiting);
    match language {
        Language::German => format!("{name}, noch zu fragen: {documents}"),
        Language::English => format!("{name}, {documents} to ask about"),
    }
}

/// How loud a reminder is.
pub const fn level(language: Language, level: Level) -> &'static str {
    let (german, english) = match level {
        Level::Info => ("Hinweis", "note"),
        Level::Warning => ("bald", "soon"),
        Level::Urgent => ("dringend", "urgent"),
        Level::Overdue => ("überfällig", "overdue"),
    };
    pick(language, german, english)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::domain::value::Currency;

    const BOTH: [Language; 2] = [Language::German, Language::English];

    #[test]
    fn days_are_said_as_each_language_says_them() {
        let said = BOTH.map(|it| day(it, date(2026, 3, 18)));
        assert_eq!(said, ["18. März 2026", "18 March 2026"]);
        let said = BOTH.map(|it| long_day(it, date(2026, 11, 20)));
        assert_eq!(said, ["Freitag, 20. November", "Friday, 20 November"]);
        let said = BOTH.map(|it| short_day(it, date(2027, 1, 2), date(2026, 12, 30)));
        assert_eq!(said, ["2. Januar 2027", "2 January 2027"]);
        assert_eq!(
            BOTH.map(|it| hour(it, time(9, 5, 0, 0))),
            ["09:05 Uhr", "09:05"]
        );
    }

    #[test]
    fn the_distance_of_a_day_is_said_in_words() {
        let today = date(2026, 3, 15);
        let said = |day| relative(Language::German, date(2026, 3, day), today);
        assert_eq!(
            [15, 16, 18, 14, 12].map(said),
            [
                "heute",
                "morgen",
                "in 3 Tagen",
                "seit gestern überfällig",
                "seit 3 Tagen überfällig"
            ]
        );
        assert_eq!(
            relative(Language::English, date(2026, 6, 15), today),
            "in 13 weeks"
        );
    }

    #[test]
    fn money_is_written_as_each_language_writes_it() {
        let euros = Money::new(128_420, Currency::EUR);
        assert_eq!(
            BOTH.map(|it| money(it, euros)),
            ["1.284,20\u{a0}€", "€1,284.20"]
        );
        let francs = Money::new(-5, Currency::CHF);
        assert_eq!(
            BOTH.map(|it| money(it, francs)),
            ["−0,05\u{a0}CHF", "−0.05\u{a0}CHF"]
        );
    }

    #[test]
    fn the_summary_counts_in_whole_sentences() {
        assert_eq!(
            summary(Language::English, 1, 0),
            "One thing in the next 7 days."
        );
        assert_eq!(
            summary(Language::German, 3, 1),
            "3 Dinge in den nächsten 7 Tagen, eine ist überfällig."
        );
    }
}
