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

#[test]
fn a_day_that_was_named_is_pointed_at() {
    let hearing = "Landkreis Au\n\n10.02.2026\n\nAnhörung\n\nSehr geehrte Frau Brandt,\n\n\
                   bitte reichen Sie die Pläne bis zum 06.03.2026 nach. Innerhalb derselben Frist können \
                   Sie sich zur Sache äußern.";
    assert_eq!(
        wants(hearing),
        ["submit 2026-03-06", "reply 2026-03-06 optional"]
    );
    let ends = "Kabelwerk Au GmbH\n\n02.02.2026\n\nSehr geehrte Frau Brandt,\n\n\
                Ihr Vertrag endet am 28.02.2026. Bitte schicken Sie uns das Gerät bis dahin zurück.";
    assert_eq!(wants(ends), ["return 2026-02-28"]);
    for nothing in [
        "Ihr Vertrag endet am 28.02.2026. Bis dahin können Sie alles wie gewohnt nutzen.",
        "Ihr Antrag läuft seit dem 28.02.2026. Falls wir bis dahin keine Antwort erhalten, entscheiden wir.",
    ] {
        let letter =
            format!("Kabelwerk Au GmbH\n\n02.02.2026\n\nSehr geehrte Frau Brandt,\n\n{nothing}");
        assert!(wants(&letter).is_empty(), "{nothing}");
    }
}

#[test]
fn so_long_before_an_appointment_is_a_day() {
    let visit = |terms: &str| {
        format!(
            "Praxis Dr. Au\n\n02.02.2026\n\nIhr Termin\n\nLiebe Frau Brandt,\n\n\
             wir sehen Sie am Dienstag, 17.02.2026 um 9:30 Uhr. {terms}"
        )
    };
    for (terms, day) in [
        (
            "Bitte sagen Sie spätestens 48 Stunden vorher ab, falls Sie verhindert sind.",
            "reply 2026-02-15 optional",
        ),
        (
            "Bitte bestätigen Sie den Termin spätestens eine Woche vorher.",
            "reply 2026-02-10",
        ),
        (
            "Bitte melden Sie sich mindestens zwei Werktage vor dem Termin an.",
            "reply 2026-02-13",
        ),
    ] {
        assert_eq!(wants(&visit(terms)), [day, "attend 2026-02-17"], "{terms}");
    }
    for nothing in [
        "Bitte essen Sie 12 Stunden vorher nichts.",
        "Absagen bis 2 Tage vorher kosten 50 %.",
    ] {
        assert_eq!(wants(&visit(nothing)), ["attend 2026-02-17"], "{nothing}");
    }
}

#[test]
fn a_last_day_may_stand_in_a_line_of_its_own() {
    let claim = bill(
        "Wir erwarten den Eingang Ihrer Zahlung bis zum\n\n                  27.03.2026\n\nauf dem genannten Konto.",
    );
    assert_eq!(wants(&claim), ["pay 2026-03-27 283.22"]);
    let sweep = "Kehrbezirk Au\n\n02.02.2026\n\nA N M E L D U N G\n\nDie Überprüfung der Feuerstätten erfolgt am\n\n\
                 \x20     Mittwoch, 18.02.2026, zwischen 8.00 und 11.00 Uhr";
    assert_eq!(wants(sweep), ["attend 2026-02-18"]);
}

#[test]
fn verbs_come_apart_and_stand_last() {
    let letter =
        |asks: &str| format!("Stadt Au\n\n02.02.2026\n\nSehr geehrte Frau Brandt,\n\n{asks}");
    for (asks, expected) in [
        (
            "holen Sie den Ausweis bitte bis einschließlich 20.02.2026 ab.",
            "pick_up 2026-02-20",
        ),
        (
            "teilen Sie uns bitte bis zum 20. Februar mit, wer kommt.",
            "reply 2026-02-20",
        ),
        (
            "schicken Sie den Sitz bitte bis zum 20. Februar 2026 mit dem beiliegenden kostenlosen Schein an uns zurück.",
            "return 2026-02-20",
        ),
        (
            "das Formular muss bis 20. Februar im Sekretariat vorliegen.",
            "submit 2026-02-20",
        ),
        (
            "der Unterricht läuft weiter, sofern nicht bis zum 20. Februar schriftlich gekündigt wird.",
            "cancel 2026-02-20 optional",
        ),
        (
            "Sie können der Änderung bis zum 20. Februar 2026 widersprechen.",
            "object 2026-02-20 optional",
        ),
    ] {
        assert_eq!(wants(&letter(asks)), [expected], "{asks}");
    }
    let halves = "Stadt Au\n\nBescheid über Abfallgebühren 2026\n\n29.01.2026\n\nJahresgebühr      214,20 EUR\n\n\
                  Die Gebühr wird je zur Hälfte am 1. März und am 1. September fällig.";
    assert_eq!(
        wants(halves),
        ["pay 2026-03-01 107.10", "pay 2026-09-01 107.10"]
    );
}

#[test]
fn payments_stand_in_columns_too_and_come_beside_others() {
    let columns = "Gemeinde Au\n\nGrundsteuerbescheid 2026\n\n12.01.2026\n\nDie Steuer ist in Teilbeträgen zu entrichten:\n\n\
                   Fälligkeit      15.02.2026     15.05.2026\nBetrag in EUR       61,50          61,50";
    assert_eq!(
        wants(columns),
        ["pay 2026-02-15 61.50", "pay 2026-05-15 61.50"]
    );
    let power = bill(
        "Bitte überweisen Sie den Betrag bis zum 19.03.2026.\n\nIhr neuer Abschlag beträgt 97,00 EUR und ist \
         jeweils zum 1. eines Monats fällig, erstmals am 01.04.2026.",
    );
    assert_eq!(
        wants(&power),
        ["pay 2026-03-19 283.22", "pay 2026-04-01 97.00"]
    );
}

#[test]
fn a_period_runs_from_the_end_of_the_contract() {
    let ends = "Kabelwerk Au GmbH\n\n02.02.2026\n\nHallo Frau Brandt,\n\nIhr Vertrag endet am 28.02.2026. \
                Bitte senden Sie das Gerät innerhalb von 14 Tagen nach Vertragsende zurück.";
    assert_eq!(wants(ends), ["return 2026-03-14"]);
    let offer = "Dach Lohse\n\nAngebot\n\n02.02.2026\n\nGesamt      2.471,04 €\n\n\
                 An dieses Angebot halten wir uns sechs Wochen ab Angebotsdatum gebunden.";
    assert_eq!(wants(offer), ["reply 2026-03-16 2471.04 optional"]);
}
