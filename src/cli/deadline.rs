//! `workmate deadline`: by when something in a letter is to be done, and why.

use std::io::{self, Read};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde::Serialize;

use crate::domain::deadline::Region;
use crate::domain::deadline::explanation::{Caution, Rule};
use crate::domain::deadline::wording;
use crate::domain::document::{Kind, MediaType, Reading};
use crate::domain::obligation::{Action, Basis};
use crate::domain::person::Language;
use crate::reading::{Limits, text};
use crate::understanding::deadlines::phrase::{Asked, Found, deadlines};

use super::say;

/// Longest text that is taken, in bytes: a letter's instructions, not a book.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// What stands behind `--help`.
const MORE: &str = "\
TEXT is the sentence from the letter that sets the deadline. The answer is the last day,
the day to be safe by where that is earlier, and how it was counted: the rule with its
paragraph, the days, each move off a weekend or holiday.

Where a period runs from when the letter arrived and you know that day (of something served
formally it stands on the envelope), say it with --arrived. Without it the safe day is
counted from the letter's own day, which is what reminders do.

Examples:
  workmate deadline \"Zahlbar innerhalb von 14 Tagen nach Rechnungsdatum\" --issued 2026-03-02
  workmate deadline \"innerhalb eines Monats nach Bekanntgabe Einspruch\" --kind tax \\
      --region DE-BY --issued 2026-01-28
  workmate deadline Bußgeldbescheid --issued 2026-03-02 --arrived 2026-03-04
  workmate deadline \"Kündigung mit einer Frist von drei Monaten zum Quartalsende\" \\
      --issued 2026-03-02 --posting-days 5

Exits with 1 if the text sets no deadline. It is not legal advice.";

/// Says by when, and explains itself.
#[derive(Args, Debug)]
#[command(after_long_help = MORE)]
pub struct Arguments {
    /// The sentence of the letter, or `-` for standard input.
    #[arg(value_name = "TEXT")]
    text: String,
    /// The day the letter carries.
    #[arg(long, value_name = "DATE")]
    issued: Date,
    /// The day it arrived: the day on the envelope of something served formally.
    #[arg(long, value_name = "DATE")]
    arrived: Option<Date>,
    /// What sort of letter it is: `tax`, `fine`, `official_notice`, `contract` …
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    kind: Option<Kind>,
    /// Whose holidays move a day: DE-BY, AT, CH-ZH, GB-SCT, US; communes with days of their own as
    /// DE-BY-AUGSBURG, DE-BY-KATHOLISCH, DE-SN-KATHOLISCH, DE-TH-KATHOLISCH.
    #[arg(long, value_name = "REGION", default_value = "DE", value_parser = region)]
    region: Region,
    /// Days left for the post where a contract's notice must arrive.
    #[arg(long, value_name = "DAYS", default_value_t = crate::domain::deadline::notice::POSTING_MARGIN_DAYS, value_parser = clap::value_parser!(u16).range(0..=60))]
    posting_days: u16,
    /// The language of the explanation; German for DE, AT and CH if not stated.
    #[arg(long, value_enum)]
    language: Option<Spoken>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// The languages it explains itself in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Spoken {
    /// German.
    De,
    /// English.
    En,
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    let names = Kind::ALL.iter().map(|it| it.as_str());
    PossibleValuesParser::new(names).try_map(|it| it.parse::<Kind>())
}

fn region(text: &str) -> Result<Region, String> {
    let region = Region::new(text);
    match region.country() {
        "DE" | "AT" | "CH" | "GB" | "IE" | "US" => Ok(region),
        _ => Err("holidays are known of DE, AT, CH, GB, IE and US".to_owned()),
    }
}

/// The answer for programs. Fields are added, never renamed.
#[derive(Debug, Serialize)]
struct Answer {
    deadlines: Vec<DeadlineAnswer>,
}

#[derive(Debug, Serialize)]
struct DeadlineAnswer {
    action: Option<Action>,
    optional: bool,
    basis: Basis,
    due: Date,
    /// The day reminders count to, where it is earlier than `due`.
    safe_due: Option<Date>,
    rule: Rule,
    /// The paragraph that sets the period; empty if none does.
    law: &'static str,
    start: Date,
    is_from_arrival: bool,
    steps: Vec<crate::domain::deadline::explanation::Step>,
    cautions: Vec<Caution>,
    explanation: Explained,
}

#[derive(Debug, Serialize)]
struct Explained {
    de: Vec<String>,
    en: Vec<String>,
}

impl From<Found> for DeadlineAnswer {
    fn from(found: Found) -> Self {
        let why = found.why;
        Self {
            action: found.action,
            optional: found.optional,
            basis: found.basis,
            due: found.due,
            safe_due: found.safe_due,
            rule: why.rule,
            law: why.rule.law(),
            start: why.start,
            is_from_arrival: why.is_from_arrival,
            explanation: Explained {
                de: wording::lines(&why, Language::German),
                en: wording::lines(&why, Language::English),
            },
            steps: why.steps,
            cautions: why.cautions,
        }
    }
}

/// Prints the deadlines of the text; fails if there are none.
pub fn run(arguments: &Arguments) -> ExitCode {
    let text = match text_of(arguments) {
        Ok(text) => text,
        Err(error) => return say::error(&error),
    };
    let reading = match text::pages(&text, &Limits::default()) {
        Ok(pages) => Reading::of_pages(MediaType::Text, pages),
        Err(error) => return say::error(&error),
    };
    let found = deadlines(&Asked {
        reading: &reading,
        issued: arguments.issued,
        arrived: arguments.arrived,
        kind: arguments.kind,
        region: arguments.region.clone(),
        margin_days: arguments.posting_days,
    });
    if found.is_empty() {
        return say::trouble(
            "the text sets no deadline: it names neither a day after the letter’s own, nor a period, \
             nor a remedy whose period is known",
        );
    }
    if arguments.json {
        let answer = Answer {
            deadlines: found.into_iter().map(DeadlineAnswer::from).collect(),
        };
        return match serde_json::to_string(&answer) {
            Ok(json) => say::out(&json),
            Err(error) => say::error(&error),
        };
    }
    say::out(&for_people(&found, language(arguments)))
}

fn text_of(arguments: &Arguments) -> io::Result<String> {
    let text = if arguments.text == "-" {
        let mut text = String::new();
        let limit = u64::try_from(TEXT_BYTES_MAX).unwrap_or(u64::MAX);
        io::stdin().lock().take(limit).read_to_string(&mut text)?;
        text
    } else {
        arguments.text.clone()
    };
    if text.len() >= TEXT_BYTES_MAX {
        return Err(io::Error::other("the text is longer than 64 KiB"));
    }
    Ok(text)
}

fn language(arguments: &Arguments) -> Language {
    match (arguments.language, arguments.region.country()) {
        (Some(Spoken::De), _) | (None, "DE" | "AT" | "CH") => Language::German,
        (Some(Spoken::En) | None, _) => Language::English,
    }
}

fn for_people(found: &[Found], language: Language) -> String {
    let mut said: Vec<String> = Vec::new();
    for one in found {
        if !said.is_empty() {
            said.push(String::new());
        }
        let action = one.action.map_or_else(String::new, |it| format!(" {it}"));
        let right = match (one.optional, language) {
            (true, Language::German) => " (ein Recht, keine Pflicht)",
            (true, Language::English) => " (a right, no duty)",
            (false, _) => "",
        };
        said.push(format!("{}{action}{right}", one.due));
        said.extend(one.safe_due.map(|safe| match language {
            Language::German => format!("  sicher bis {safe}"),
            Language::English => format!("  safe by {safe}"),
        }));
        let why = wording::lines(&one.why, language);
        said.extend(why.into_iter().map(|it| format!("  {it}")));
    }
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn of(text: &str, region: &str, arrived: Option<Date>) -> Vec<Found> {
        let reading = Reading::of_pages(
            MediaType::Text,
            text::pages(text, &Limits::default()).unwrap(),
        );
        deadlines(&Asked {
            reading: &reading,
            issued: date(2026, 3, 2),
            arrived,
            kind: None,
            region: Region::new(region),
            margin_days: 4,
        })
    }

    #[test]
    fn a_sentence_says_by_when() {
        for (text, region, due, rule) in [
            // Mon 2 Mar + 14 days = Mon 16 Mar.
            (
                "Zahlbar innerhalb von 14 Tagen nach Rechnungsdatum.",
                "DE",
                date(2026, 3, 16),
                Rule::Period,
            ),
            // Mon 2 Mar + 30 days = Wed 1 Apr.
            ("30 days net", "GB", date(2026, 4, 1), Rule::Period),
            (
                "zahlbar bis Monatsende",
                "DE",
                date(2026, 3, 31),
                Rule::Calendar,
            ),
            // Mon 2 Mar + 4 = Fri 6 Mar, + 1 month = Mon 6 Apr, Easter Monday: Tue 7 Apr.
            (
                "Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Einspruch beim \
                 Finanzamt eingelegt werden.",
                "DE",
                date(2026, 4, 7),
                Rule::TaxObjection,
            ),
            // Mon 2 Mar + 4 supposed = Fri 6 Mar, + 2 weeks = Fri 20 Mar.
            (
                "Bußgeldbescheid",
                "DE",
                date(2026, 3, 20),
                Rule::FineObjection,
            ),
            // + 3 days supposed = Thu 5 Mar, + 2 weeks = Thu 19 Mar.
            (
                "Bitte antworten Sie binnen zwei Wochen ab Zugang dieses Schreibens.",
                "DE",
                date(2026, 3, 19),
                Rule::Period,
            ),
            // The third working day of April 2026: Wed 1, Thu 2, Good Friday, Easter Monday, Tue 7.
            (
                "Die Miete ist spätestens am dritten Werktag des folgenden Monats zu zahlen.",
                "DE",
                date(2026, 4, 7),
                Rule::Calendar,
            ),
        ] {
            let found = of(text, region, None);
            let first = found.first().map(|it| (it.due, it.why.rule));
            assert_eq!(first, Some((due, rule)), "{text}: {found:?}");
        }
    }

    #[test]
    fn the_day_on_the_envelope_counts() {
        let found = of("Bußgeldbescheid", "DE", Some(date(2026, 3, 4)));
        let first = found.first().map(|it| (it.due, it.safe_due));
        assert_eq!(first, Some((date(2026, 3, 18), None)));
    }

    #[test]
    fn notice_says_when_to_post_it() {
        let text = "Der Vertrag endet am 30.09.2026. Er kann mit einer Frist von einem Monat zum Ende \
                    der Laufzeit gekündigt werden.";
        let found = of(text, "DE", None);
        let first = found.first().map(|it| (it.due, it.safe_due, it.why.rule));
        let expected = (
            date(2026, 8, 31),
            Some(date(2026, 8, 27)),
            Rule::ContractNotice,
        );
        assert_eq!(first, Some(expected));
        assert!(
            for_people(&found, Language::English).contains("send it by Thursday 27 August 2026")
        );
    }

    #[test]
    fn a_contract_without_a_term_ends_at_the_next_end() {
        // Mon 2 Mar: three months before Tue 30 Jun is Tue 31 Mar, still ahead.
        let text =
            "Der Vertrag kann mit einer Frist von drei Monaten zum Quartalsende gekündigt werden.";
        let found = of(text, "DE", None);
        assert_eq!(found.first().map(|it| it.due), Some(date(2026, 3, 31)));
        // A tenant's third working day of March 2026: Mon 2, Tue 3, Wed 4.
        let text = "Die Kündigung ist spätestens am dritten Werktag eines Kalendermonats zum Ablauf des \
                    übernächsten Monats zulässig.";
        let found = of(text, "DE", None);
        let first = found.first().map(|it| (it.due, it.why.rule.law()));
        assert_eq!(first, Some((date(2026, 3, 4), "§ 573c Abs. 1 BGB")));
    }

    #[test]
    fn a_text_without_a_deadline_has_none() {
        for text in [
            "Vielen Dank für Ihren Besuch.",
            "Thank you very much!",
            "",
            "1.234,56 €",
        ] {
            assert!(of(text, "DE", None).is_empty(), "{text}");
        }
    }
}
