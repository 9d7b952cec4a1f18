//! An explanation as people read it, a line for each step, in German and English. Names of rules and
//! paragraphs stay as the law has them.

use jiff::civil::Date;

use super::explanation::{Caution, Explanation, Reason, Rule, Step};
use super::holidays::Off;
use super::{Period, Unit};
use crate::domain::person::Language;
use crate::domain::wording::{day, weekday_name};

/// The lines that explain a day: the rule, the start, each step, the result, what else to know.
pub fn lines(explanation: &Explanation, language: Language) -> Vec<String> {
    let mut said = vec![rule(explanation.rule, language)];
    if explanation.rule != Rule::Printed {
        said.push(start(explanation, language));
    }
    let mut from = explanation.start;
    for step in &explanation.steps {
        said.push(one_step(from, step, language));
        from = step.to;
    }
    said.push(match language {
        Language::German => format!(
            "Letzter Tag: {}.",
            weekday_and_day(explanation.result, language)
        ),
        Language::English => format!(
            "Last day: {}.",
            weekday_and_day(explanation.result, language)
        ),
    });
    let cautions = explanation.cautions.iter();
    said.extend(cautions.map(|it| caution(*it, language).to_owned()));
    said
}

/// Asks for the day on the envelope of something that was served formally.
pub fn ask_for_envelope(due: Date, language: Language) -> String {
    let due = day(due, language);
    match language {
        Language::German => format!(
            "Welcher Tag steht auf dem gelben Umschlag? Die Frist läuft ab diesem Tag; bis dahin ist \
             der {due} nur vermutet."
        ),
        Language::English => format!(
            "Which day is written on the envelope? The period runs from that day; until then {due} is \
             only supposed."
        ),
    }
}

/// `Montag, 2. März 2026`, `Monday 2 March 2026`.
fn weekday_and_day(it: Date, language: Language) -> String {
    let name = weekday_name(it.weekday(), language);
    let written = day(it, language);
    match language {
        Language::German => format!("{name}, {written}"),
        Language::English => format!("{name} {written}"),
    }
}

/// A period as people say it: `1 Monat`, `14 days`.
pub fn period(it: Period, language: Language) -> String {
    let (one, more) = match (language, it.unit) {
        (Language::German, Unit::Day) => ("Tag", "Tage"),
        (Language::German, Unit::WorkingDay) => ("Werktag", "Werktage"),
        (Language::German, Unit::Week) => ("Woche", "Wochen"),
        (Language::German, Unit::Month) => ("Monat", "Monate"),
        (Language::German, Unit::Year) => ("Jahr", "Jahre"),
        (Language::English, Unit::Day) => ("day", "days"),
        (Language::English, Unit::WorkingDay) => ("working day", "working days"),
        (Language::English, Unit::Week) => ("week", "weeks"),
        (Language::English, Unit::Month) => ("month", "months"),
        (Language::English, Unit::Year) => ("year", "years"),
    };
    format!("{} {}", it.count, if it.count == 1 { one } else { more })
}

fn with_law(said: &str, law: &str) -> String {
    if law.is_empty() {
        return format!("{said}.");
    }
    format!("{said} ({law}).")
}

fn rule(it: Rule, language: Language) -> String {
    let name = match language {
        Language::German => rule_german(it),
        Language::English => rule_english(it),
    };
    with_law(name, it.law())
}

const fn rule_german(it: Rule) -> &'static str {
    match it {
        Rule::Printed => "Der Tag steht im Brief",
        Rule::Period => "Eine Frist, die der Brief setzt",
        Rule::Calendar => "Ein Tag des Kalenders, den der Brief nennt",
        Rule::ContractNotice => "Kündigung zum Ende der Laufzeit",
        Rule::RentNotice => "Kündigung eines Mieters bis zum dritten Werktag",
        Rule::TaxObjection => "Einspruch gegen einen Steuerbescheid: ein Monat",
        Rule::TaxLawsuit => "Klage beim Finanzgericht: ein Monat",
        Rule::AdministrativeObjection => "Widerspruch gegen einen Bescheid: ein Monat",
        Rule::AdministrativeLawsuit => "Klage beim Verwaltungsgericht: ein Monat",
        Rule::SocialObjection => "Widerspruch gegen einen Sozialbescheid: ein Monat",
        Rule::SocialLawsuit => "Klage beim Sozialgericht: ein Monat",
        Rule::FineObjection => "Einspruch gegen einen Bußgeldbescheid: zwei Wochen",
        Rule::FinePayment => "Zahlung einer Geldbuße nach Rechtskraft",
        Rule::PaymentOrderObjection => "Widerspruch gegen einen Mahnbescheid: zwei Wochen",
        Rule::EnforcementOrderObjection => {
            "Einspruch gegen einen Vollstreckungsbescheid: zwei Wochen"
        }
        Rule::Withdrawal => "Widerruf eines Vertrags: 14 Tage",
        Rule::DismissalLawsuit => "Klage gegen eine Kündigung: drei Wochen",
        Rule::AustrianTaxAppeal => "Beschwerde gegen einen Abgabenbescheid: ein Monat",
        Rule::AustrianAdministrativeAppeal => "Beschwerde gegen einen Bescheid: vier Wochen",
        Rule::AustrianPenaltyObjection => "Einspruch gegen eine Strafverfügung: zwei Wochen",
        Rule::AustrianPaymentOrderObjection => "Einspruch gegen einen Zahlungsbefehl: vier Wochen",
        Rule::SwissTaxObjection => "Einsprache gegen eine Veranlagung: 30 Tage",
        Rule::SwissDebtObjection => "Rechtsvorschlag gegen einen Zahlungsbefehl: 10 Tage",
    }
}

const fn rule_english(it: Rule) -> &'static str {
    match it {
        Rule::Printed => "The letter prints the day",
        Rule::Period => "A period that the letter sets",
        Rule::Calendar => "A day of the calendar that the letter names",
        Rule::ContractNotice => "Notice to the end of the term",
        Rule::RentNotice => "A tenant’s notice by the third working day",
        Rule::TaxObjection => "Einspruch against a tax assessment: one month",
        Rule::TaxLawsuit => "Klage at the tax court: one month",
        Rule::AdministrativeObjection => "Widerspruch against an authority’s act: one month",
        Rule::AdministrativeLawsuit => "Klage at the administrative court: one month",
        Rule::SocialObjection => "Widerspruch against a social authority’s act: one month",
        Rule::SocialLawsuit => "Klage at the social court: one month",
        Rule::FineObjection => "Einspruch against a Bußgeldbescheid: two weeks",
        Rule::FinePayment => "Paying a fine after it has become final",
        Rule::PaymentOrderObjection => "Widerspruch against a Mahnbescheid: two weeks",
        Rule::EnforcementOrderObjection => "Einspruch against a Vollstreckungsbescheid: two weeks",
        Rule::Withdrawal => "Withdrawal from a contract: 14 days",
        Rule::DismissalLawsuit => "Klage against a dismissal: three weeks",
        Rule::AustrianTaxAppeal => "Beschwerde against an Austrian tax assessment: one month",
        Rule::AustrianAdministrativeAppeal => {
            "Beschwerde against an Austrian authority’s act: four weeks"
        }
        Rule::AustrianPenaltyObjection => "Einspruch against a Strafverfügung: two weeks",
        Rule::AustrianPaymentOrderObjection => {
            "Einspruch against an Austrian Zahlungsbefehl: four weeks"
        }
        Rule::SwissTaxObjection => "Einsprache against a Swiss tax assessment: 30 days",
        Rule::SwissDebtObjection => "Rechtsvorschlag against a Swiss Zahlungsbefehl: 10 days",
    }
}

fn start(explanation: &Explanation, language: Language) -> String {
    let day = weekday_and_day(explanation.start, language);
    let is_term = matches!(explanation.rule, Rule::ContractNotice | Rule::RentNotice);
    match (language, is_term, explanation.is_from_arrival) {
        (Language::German, true, _) => format!("Ende der Laufzeit: {day}."),
        (Language::German, false, true) => format!("Gezählt ab der Ankunft: {day}."),
        (Language::German, false, false) => format!("Gezählt ab dem Tag des Briefs: {day}."),
        (Language::English, true, _) => format!("The term ends on {day}."),
        (Language::English, false, true) => format!("Counted from its arrival: {day}."),
        (Language::English, false, false) => format!("Counted from the letter’s day: {day}."),
    }
}

fn one_step(from: Date, step: &Step, language: Language) -> String {
    let to = weekday_and_day(step.to, language);
    let said = match language {
        Language::German => step_german(from, &step.reason, &to),
        Language::English => step_english(from, &step.reason, &to),
    };
    with_law(&said, &step.law)
}

fn step_german(from: Date, reason: &Reason, to: &str) -> String {
    let language = Language::German;
    match reason {
        Reason::MadeKnown(days) => {
            format!("Gilt am {days}. Tag nach der Aufgabe zur Post als bekannt gegeben: {to}")
        }
        Reason::MadeKnownOnWorkingDay(days) => {
            format!("Gilt am {days}. Werktag nach der Übergabe an die Post als zugestellt: {to}")
        }
        Reason::ServiceSupposed(days) => {
            format!(
                "Förmlich zugestellt; vermutet nach {days} Tagen, bis der Umschlag es sagt: {to}"
            )
        }
        Reason::PostSupposed(days) => format!("Vermutlich nach {days} Tagen angekommen: {to}"),
        Reason::Counted(it) => format!(
            "{} danach, der Tag selbst nicht mitgezählt: {to}",
            period(*it, language)
        ),
        Reason::CountedFromItself(it) => {
            format!("{}, der Tag selbst mitgezählt: {to}", period(*it, language))
        }
        Reason::CountedBack(it) => format!("{} davor: {to}", period(*it, language)),
        Reason::MovedOn(off) => format!(
            "Der {} ist {}; es zählt der nächste Werktag: {to}",
            day(from, language),
            offs(off, language)
        ),
        Reason::MovedBack(off) => format!(
            "Der {} ist {}; da kommt nichts an, also der Werktag davor: {to}",
            day(from, language),
            offs(off, language)
        ),
        Reason::PostingMargin(days) => {
            format!(
                "{} für die Post: abschicken bis {to}",
                period(Period::days(*days), language)
            )
        }
        Reason::EndOfMonth => format!("Ende des Monats: {to}"),
        Reason::WorkingDayOfMonth(nth) => format!("{nth}. Werktag des Monats: {to}"),
        Reason::DayBefore => format!("Davor heißt bis zum Tag vorher: {to}"),
    }
}

fn step_english(from: Date, reason: &Reason, to: &str) -> String {
    let language = Language::English;
    match reason {
        Reason::MadeKnown(days) => {
            format!("Counts as made known on day {days} after posting: {to}")
        }
        Reason::MadeKnownOnWorkingDay(days) => {
            format!("Counts as served on working day {days} after posting: {to}")
        }
        Reason::ServiceSupposed(days) => {
            format!("Served formally; supposed after {days} days until the envelope says: {to}")
        }
        Reason::PostSupposed(days) => format!("Supposed to arrive after {days} days: {to}"),
        Reason::Counted(it) => format!(
            "{} later, the day itself not counted: {to}",
            period(*it, language)
        ),
        Reason::CountedFromItself(it) => {
            format!("{}, the day itself counted: {to}", period(*it, language))
        }
        Reason::CountedBack(it) => format!("{} before: {to}", period(*it, language)),
        Reason::MovedOn(off) => format!(
            "{} is {}; the next working day counts: {to}",
            day(from, language),
            offs(off, language)
        ),
        Reason::MovedBack(off) => format!(
            "{} is {}; nothing arrives then, so the working day before: {to}",
            day(from, language),
            offs(off, language)
        ),
        Reason::PostingMargin(days) => {
            format!(
                "{} for the post: send it by {to}",
                period(Period::days(*days), language)
            )
        }
        Reason::EndOfMonth => format!("End of the month: {to}"),
        Reason::WorkingDayOfMonth(nth) => format!("Working day {nth} of the month: {to}"),
        Reason::DayBefore => format!("Before means until the day before: {to}"),
    }
}

fn offs(off: &[Off], language: Language) -> String {
    let named: Vec<&str> = off
        .iter()
        .map(|it| match (it, language) {
            (Off::Saturday, Language::German) => "ein Samstag",
            (Off::Sunday, Language::German) => "ein Sonntag",
            (Off::Saturday, Language::English) => "a Saturday",
            (Off::Sunday, Language::English) => "a Sunday",
            (Off::Holiday(name), _) => name,
        })
        .collect();
    let Some((first, rest)) = named.split_first() else {
        return String::new();
    };
    if rest.is_empty() {
        return (*first).to_owned();
    }
    match language {
        Language::German => format!("{first}, danach {}", rest.join(", ")),
        Language::English => format!("{first}, then {}", rest.join(", ")),
    }
}

const fn caution(it: Caution, language: Language) -> &'static str {
    match (it, language) {
        (Caution::ArrivalUnknown, Language::German) => {
            "Wann der Brief ankam, ist nicht bekannt: sicher ist, wer früher handelt."
        }
        (Caution::ArrivalUnknown, Language::English) => {
            "When it arrived is not known: acting earlier is safe."
        }
        (Caution::Envelope, Language::German) => {
            "Der Tag der Zustellung steht auf dem Umschlag; bitte nachsehen."
        }
        (Caution::Envelope, Language::English) => {
            "The day of service stands on the envelope; please look."
        }
        (Caution::SendingSuffices, Language::German) => "Es genügt, am letzten Tag abzuschicken.",
        (Caution::SendingSuffices, Language::English) => "It is enough to send it on the last day.",
        (Caution::MustArrive, Language::German) => "Es muss am letzten Tag angekommen sein.",
        (Caution::MustArrive, Language::English) => "It must have arrived on the last day.",
        (Caution::Unsettled, Language::German) => {
            "Die Rechtslage ist hier nicht geklärt; es zählt der frühere Tag."
        }
        (Caution::Unsettled, Language::English) => {
            "The law is unsettled here; the earlier day was taken."
        }
        (Caution::StateHoliday, Language::German) => {
            "Der Feiertag gilt nicht überall: wo er keiner ist, endet die Frist vorher."
        }
        (Caution::StateHoliday, Language::English) => {
            "The holiday is not kept everywhere: where it is none, the period ends before it."
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::Region;
    use super::super::statutory::{Remedy, Way};
    use super::*;

    #[test]
    fn an_explanation_reads_in_both_languages() {
        let way = Way {
            issued: date(2026, 1, 28),
            arrived: None,
        };
        let found = Remedy::by(Rule::TaxObjection)
            .and_then(|it| it.until(None, way, &Region::new("DE")))
            .unwrap();
        assert_eq!(
            lines(&found.why, Language::German),
            [
                "Einspruch gegen einen Steuerbescheid: ein Monat (§ 355 Abs. 1 AO).",
                "Gezählt ab dem Tag des Briefs: Mittwoch, 28. Januar 2026.",
                "Gilt am 4. Tag nach der Aufgabe zur Post als bekannt gegeben: Sonntag, 1. Februar \
                 2026 (§ 122 Abs. 2 Nr. 1 AO).",
                "Der 1. Februar 2026 ist ein Sonntag; es zählt der nächste Werktag: Montag, 2. \
                 Februar 2026 (§ 108 Abs. 3 AO).",
                "1 Monat danach, der Tag selbst nicht mitgezählt: Montag, 2. März 2026 (§§ 187 Abs. \
                 1, 188 BGB).",
                "Letzter Tag: Montag, 2. März 2026.",
                "Es muss am letzten Tag angekommen sein.",
            ]
        );
        let english = lines(&found.why, Language::English);
        assert_eq!(
            english.first().map(String::as_str),
            Some("Einspruch against a tax assessment: one month (§ 355 Abs. 1 AO).")
        );
    }
}
