//! Wordings that letters use besides the usual ones, and what they want.

use super::letters_tests::{bill, of, wants};
use crate::domain::document::Kind;
use crate::domain::finding::Field;

fn payable(text: &str) -> Option<i64> {
    of(text)
        .money(Field::Payable)
        .map(|it| it.amount.hundredths())
}

#[test]
fn terms_are_short_too() {
    for (terms, day) in [
        ("30 Tage netto Kasse.", "2026-04-04"),
        (
            "Bei Zahlung binnen 8 Tagen 2 % Skonto, sonst 30 Tage netto.",
            "2026-04-04",
        ),
        (
            "Zahlbar auf IBAN DE89 3704 0044 0532 0130 00. Bitte zahlen Sie bis zum 20.03.2026. Ab Mai kostet der Schnitt 60,00 €.",
            "2026-03-20",
        ),
    ] {
        assert_eq!(
            wants(&bill(terms)),
            [format!("pay {day} 283.22")],
            "{terms}"
        );
    }
    let english = "Oak & Sons Ltd\n\nInvoice 2291\nInvoice date: 6 May 2026\n\nTotal   £90.00\n\n\
                   Terms: strictly 30 days from date of invoice.";
    assert_eq!(wants(english), ["pay 2026-06-05 90.00"]);
}

#[test]
fn what_is_paid_or_may_be_sent_back_is_no_duty() {
    for terms in [
        "Der Betrag wurde bereits per PayPal beglichen.",
        "Wurde per Kreditkarte beglichen. Rückgabe innerhalb von 30 Tagen möglich.",
    ] {
        assert!(wants(&bill(terms)).is_empty(), "{terms}");
    }
    let open =
        "Die Rechnung kann per PayPal beglichen werden. Bitte zahlen Sie bis zum 20.03.2026.";
    assert_eq!(wants(&bill(open)), ["pay 2026-03-20 283.22"]);
}

#[test]
fn instalments_are_one_duty_each() {
    let trip = "Grundschule Au\n\n11.09.2025\n\nLiebe Eltern,\n\nbitte überweisen Sie in zwei Raten:\n\
                1. Rate: 140,00 Euro bis 15.10.2025\n2. Rate: 200,00 Euro bis 15.02.2026";
    assert_eq!(
        wants(trip),
        ["pay 2025-10-15 140.00", "pay 2026-02-15 200.00"]
    );
    let span = "Northfield Council\n\nCouncil Tax Bill\n\nDate: 9 March 2026\n\n\
                Amount payable for 1 April 2026 to 31 March 2027:    £1,900.00\n\n\
                First instalment of £190.00 due 1 April 2026";
    assert_eq!(wants(span), ["pay 2026-04-01 190.00"]);
}

#[test]
fn a_fine_is_paid_with_its_costs() {
    let fine = |costs: &str| {
        format!(
            "Stadt Au\n\n21.04.2026\n\nBußgeldbescheid\n\nGeldbuße      60,00 EUR\n{costs}\n\n\
             Bitte zahlen Sie den Betrag bis zum 12.05.2026."
        )
    };
    assert_eq!(payable(&fine("")), Some(6_000));
    let costs = "Gebühr        25,00 EUR\nAuslagen       3,50 EUR\nGesamtbetrag  88,50 EUR";
    assert_eq!(payable(&fine(costs)), Some(8_850));
}

#[test]
fn a_remedy_runs_from_notice_wherever_the_letter_says_so() {
    let notice = "Finanzamt Au\n\n10.02.2026\n\nBescheid für 2024 über Einkommensteuer\n\n\
                  Die Frist für die Einlegung des Einspruchs beträgt einen Monat. Sie beginnt mit Ablauf \
                  des Tages, an dem Ihnen dieser Bescheid bekannt gegeben worden ist.";
    assert_eq!(wants(notice), ["object 2026-03-16 optional"]);
}

#[test]
fn the_end_of_a_term_is_no_day_for_notice() {
    let contract = "Stromvogel GmbH\n\nVertragsbestätigung\n\n22.10.2025\n\n\
                    Lieferbeginn: 01.12.2025\nVertragslaufzeit: bis 30.11.2026\n\
                    Kündigungsfrist: ein Monat zum Ende der Vertragslaufzeit\n\n\
                    Sie können diesen Vertrag innerhalb von 14 Tagen ohne Angabe von Gründen widerrufen.";
    assert_eq!(
        wants(contract),
        ["cancel 2025-11-05 optional", "cancel 2026-10-31 optional"]
    );
}

#[test]
fn courts_and_carriers_say_when() {
    let summons = "Amtsgericht Au\n\n02.12.2025\n\nLadung\n\nSie werden zur Beweisaufnahme geladen auf \
                   Donnerstag, 22. Januar 2026, 10:30 Uhr, Sitzungssaal 117.";
    assert_eq!(wants(summons), ["attend 2026-01-22"]);
    let jury = "Summoning Office\n\n2 March 2026\n\nDear Ms Hill,\n\n\
                You must attend court at 9.30am on Monday 27 April 2026.";
    assert_eq!(wants(jury), ["attend 2026-04-27"]);
    let clinic = "Westmoor Hospital\n\nLetter date: 14 April 2026\n\nYour appointment\n\nDear Mr Hill,\n\n\
                  Date:  Tuesday 12 May 2026\nTime:  2.15pm\nPlace: Clinic B";
    assert_eq!(wants(clinic), ["attend 2026-05-12"]);
    let card = "Paketbote\n\nBenachrichtigung über Ihre Sendung\n\nDatum: 05.06.2026\n\n\
                Nach dem 13.06.2026 geht die Sendung an den Absender zurück.";
    assert_eq!(wants(card), ["pick_up 2026-06-13"]);
}

#[test]
fn what_is_lent_is_brought_back_and_not_paid() {
    let mail = "Town Library\n\n30 January 2026\n\nReminder: book overdue on your library card\n\n\
                Dear Ms Hill,\n\nplease bring the book back by 13 February 2026. One more, \
                \"Emma\" (due 20 February 2026), can be renewed.\n\n\
                Mon-Sat 10.00-17.00, Thurs to 20.00";
    let found = of(mail);
    assert_eq!(found.kind(), Some(Kind::Letter));
    assert_eq!(payable(mail), None);
    assert_eq!(wants(mail), ["return 2026-02-13"]);
}

#[test]
fn a_consent_is_an_answer() {
    let bank = "Sparkasse Au\n\n02.04.2026\n\nSehr geehrter Herr Brandt,\n\n\
                wir benötigen Ihre Zustimmung. Bitte erteilen Sie diese bis zum 31. Mai 2026.";
    assert_eq!(wants(bank), ["reply 2026-05-31"]);
    let tax = "Revenue Office\n\n12 October 2025\n\nDear Owner,\n\n\
               You must confirm your payment method by 7 November 2025.";
    assert_eq!(wants(tax), ["reply 2025-11-07"]);
    let renewal =
        "Licensing\n\n2 February 2026\n\nDear Ms Hill,\n\nPlease renew by 28 February 2026.";
    assert_eq!(wants(renewal), ["renew 2026-02-28"]);
}

#[test]
fn numbers_stand_behind_remarks_too() {
    let letter =
        "Inkasso Au GmbH\n\nAktenzeichen (bitte stets angeben): 26/1188204-KL\n\n17.02.2026";
    let found = of(letter);
    let numbers = found.findings.iter().filter(|it| it.name == "file_number");
    assert_eq!(numbers.count(), 1, "{found:#?}");
}
