//! Letters as households get them, in several wordings, and what they want.

use jiff::civil::date;

use crate::domain::finding::{Extraction, Field};
use crate::domain::obligation::{Action, Basis};

use super::lines::tests::typed;
use super::{Context, understand};

fn context() -> Context {
    Context {
        received_on: date(2026, 11, 20),
        region: "DE-NW".to_owned(),
        language: crate::domain::person::Language::English,
        counsel: crate::domain::counsel::Counsel::None,
    }
}

pub(super) fn of(text: &str) -> Extraction {
    understand(&typed(text), &context())
}

/// Action, day and amount of each obligation.
pub(super) fn wants(text: &str) -> Vec<String> {
    let obligations = of(text).obligations;
    let said = obligations.into_iter().map(|it| {
        let amount = it.amount.map(|it| format!(" {it}")).unwrap_or_default();
        let right = if it.optional { " optional" } else { "" };
        format!("{} {}{amount}{right}", it.action, it.due)
    });
    said.collect()
}

const BILL: &str = "Garten Lenz GmbH
Garten Lenz GmbH · Am Teich 4 · 48143 Münster

Frau
Ute Brandt
Hofweg 3
48155 Münster                              Datum: 05.03.2026

Rechnung Nr. 4711/26

Sehr geehrte Frau Brandt,

wir berechnen Ihnen für unsere Arbeiten:
Heckenschnitt                              200,00 €
Abfuhr                                      38,00 €
zzgl. 19 % MwSt.                            45,22 €
Gesamtbetrag                               283,22 €

TERMS

Garten Lenz GmbH, Sparkasse Münster, IBAN DE89 3704 0044 0532 0130 00";

pub(super) fn bill(terms: &str) -> String {
    BILL.replace("TERMS", terms)
}

#[test]
fn a_bill_is_due_when_its_terms_say() {
    for (terms, day) in [
        (
            "Bitte überweisen Sie den Betrag bis zum 19.03.2026.",
            "2026-03-19",
        ),
        ("Zahlbar innerhalb von 14 Tagen ohne Abzug.", "2026-03-19"),
        (
            "Der Rechnungsbetrag ist binnen zehn Tagen ab Rechnungsdatum zu begleichen.",
            "2026-03-15",
        ),
        ("Zahlungsziel: 30 Tage netto", "2026-04-04"),
        (
            "Wir bitten um Zahlung bis spätestens Freitag, den 20. März 2026 auf unser Konto.",
            "2026-03-20",
        ),
        ("Fällig am 1. April 2026.", "2026-04-01"),
        (
            "Bitte begleichen Sie die Rechnung bis Ende März.",
            "2026-03-31",
        ),
        ("Zahlbar bis: 02.04.2026", "2026-04-02"),
        (
            "Den Betrag bitten wir innerhalb einer Woche nach Erhalt der Rechnung zu überweisen.",
            "2026-03-15",
        ),
        (
            "Zahlungsbedingungen: 14 Tage nach Rechnungsdatum rein netto",
            "2026-03-19",
        ),
        (
            "Bitte zahlen Sie den offenen Betrag bis 25.3.",
            "2026-03-25",
        ),
    ] {
        assert_eq!(
            wants(&bill(terms)),
            [format!("pay {day} 283.22")],
            "{terms}"
        );
    }
}

#[test]
fn a_bill_that_needs_no_act_makes_no_task() {
    for terms in [
        "Der Betrag wird am 19.03.2026 von Ihrem Konto abgebucht.",
        "Wir ziehen den Betrag zum 19.03.2026 per SEPA-Lastschrift ein.",
        "Den Rechnungsbetrag haben Sie bereits bezahlt. Vielen Dank.",
        "Betrag dankend erhalten.",
        "Der Gesamtbetrag wird mittels Lastschrift zum 19.03.2026 eingezogen.",
        "Zahlungsart: PayPal, bereits bezahlt am 04.03.2026",
    ] {
        assert!(
            wants(&bill(terms)).is_empty(),
            "{terms}: {:?}",
            wants(&bill(terms))
        );
        assert!(of(&bill(terms)).money(Field::Payable).is_none(), "{terms}");
    }
}

#[test]
fn a_bill_says_who_when_and_how_much() {
    let found = of(&bill("Zahlbar innerhalb von 14 Tagen."));
    assert_eq!(found.text(Field::Sender), Some("Garten Lenz GmbH"));
    assert_eq!(found.date(Field::IssueDate), Some(date(2026, 3, 5)));
    assert_eq!(
        found
            .money(Field::Total)
            .map(|it| it.amount.to_string())
            .as_deref(),
        Some("283.22")
    );
    assert_eq!(found.text(Field::Reference), Some("4711/26"));
    assert!(found.finding(Field::Iban).is_some());
}

#[test]
fn early_payment_is_an_alternative() {
    let found = of(&bill(
        "Zahlbar innerhalb von 30 Tagen netto, bei Zahlung innerhalb von 10 Tagen 2 % Skonto.",
    ));
    assert_eq!(found.obligations.len(), 1);
    let pay = &found.obligations[0];
    assert_eq!(pay.due, date(2026, 4, 4));
    assert_eq!(pay.alternatives.len(), 1);
    assert_eq!(pay.alternatives[0].due, date(2026, 3, 15));
    assert_eq!(
        pay.alternatives[0]
            .amount
            .map(|it| it.to_string())
            .as_deref(),
        Some("277.56")
    );
}

#[test]
fn an_english_bill_is_due_when_its_terms_say() {
    let bill = |terms: &str| {
        format!(
            "Oakfield Electrical Ltd\n12 Mill Lane, York YO1 7AB\n\nMr P Jones\n4 High Street\nYork\n\nInvoice number: 20931\nInvoice date: 3 February 2026\n\nINVOICE\n\nRewiring kitchen                £400.00\nVAT at 20%                       £80.00\nTotal due                       £480.00\n\n{terms}\n"
        )
    };
    for (terms, day) in [
        (
            "Payment is due within 30 days of the invoice date.",
            "2026-03-05",
        ),
        ("Please pay by 20 February 2026.", "2026-02-20"),
        ("Terms: 14 days net", "2026-02-17"),
        ("Payment due: 01/03/2026", "2026-03-01"),
        (
            "Please settle this invoice no later than Friday 27 February.",
            "2026-02-27",
        ),
        ("Due date: 15 March 2026", "2026-03-15"),
    ] {
        assert_eq!(
            wants(&bill(terms)),
            [format!("pay {day} 480.00")],
            "{terms}"
        );
    }
    for terms in [
        "We will collect this amount by Direct Debit on 20 February 2026.",
        "This amount will be taken from your account on or after 20 February 2026 by Direct Debit.",
        "Paid in full, thank you.",
    ] {
        assert!(
            wants(&bill(terms)).is_empty(),
            "{terms}: {:?}",
            wants(&bill(terms))
        );
    }
}

#[test]
fn rights_and_duties_of_an_authority_are_apart() {
    let text = "Stadt Neuental
Der Bürgermeister · Steueramt
Stadt Neuental · Rathausplatz 1 · 34599 Neuental

Herrn
Jens Kuhl
Bachstr. 9                                  Datum: 12.02.2026
34599 Neuental                              Kassenzeichen: 01.0044.2

Grundsteuerbescheid 2026

Sehr geehrter Herr Kuhl,

die Grundsteuer wird auf 240,00 € festgesetzt. Bitte zahlen Sie den Betrag bis zum 15.03.2026.

Rechtsbehelfsbelehrung
Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden.";
    assert_eq!(
        wants(text),
        ["pay 2026-03-15 240.00", "object 2026-03-16 optional"]
    );
    let object = of(text)
        .obligations
        .into_iter()
        .find(|it| it.action == Action::Object);
    assert_eq!(object.map(|it| it.basis), Some(Basis::Statutory));
}

#[test]
fn appointments_have_their_hour() {
    for (text, day, hour) in [
        (
            "Praxis Dr. Anna Wolf\n\n10.03.2026\n\nTerminbestätigung\n\nSehr geehrter Herr Kurz,\nIhr Termin ist am Donnerstag, 19. März 2026 um 14:30 Uhr.",
            "2026-03-19",
            "14:30:00",
        ),
        (
            "Northside Dental Practice\n\n2 March 2026\n\nDear Ms Lee,\n\nYour appointment with Dr Shah is on Tuesday 17 March 2026 at 9.15am.",
            "2026-03-17",
            "09:15:00",
        ),
        (
            "Grundschule Am Wald\n\nMünster, den 2. März 2026\n\nEinladung zum Elternabend\n\nLiebe Eltern,\nder Elternabend findet am 24.03.2026 um 19 Uhr in der Aula statt.",
            "2026-03-24",
            "19:00:00",
        ),
    ] {
        let found = of(text).obligations;
        let attend: Vec<_> = found
            .iter()
            .map(|it| {
                (
                    it.action,
                    it.due.to_string(),
                    it.due_time.map(|it| it.to_string()),
                )
            })
            .collect();
        assert_eq!(
            attend,
            [(Action::Attend, day.to_owned(), Some(hour.to_owned()))],
            "{text}"
        );
    }
}

#[test]
fn other_duties_are_named_by_their_words() {
    let letter = |body: &str| {
        format!(
            "Hausverwaltung Simon KG\n\nKöln, den 2. März 2026\n\nSehr geehrte Frau Ott,\n\n{body}\n\nMit freundlichen Grüßen"
        )
    };
    for (body, wanted) in [
        (
            "bitte reichen Sie die fehlenden Unterlagen bis zum 20.03.2026 ein.",
            "submit 2026-03-20",
        ),
        (
            "wir bitten um Rückmeldung bis 15. März 2026.",
            "reply 2026-03-15",
        ),
        (
            "Ihr Paket liegt bis zum 12.03.2026 zur Abholung bereit.",
            "pick_up 2026-03-12",
        ),
        (
            "bitte geben Sie die Schlüssel spätestens am 31.03.2026 zurück.",
            "return 2026-03-31",
        ),
        (
            "Sie können den Vertrag bis zum 31.05.2026 kündigen.",
            "cancel 2026-05-31 optional",
        ),
        (
            "bitte senden Sie uns das ausgefüllte Formular innerhalb von zwei Wochen zu.",
            "submit 2026-03-16",
        ),
    ] {
        assert_eq!(wants(&letter(body)), [wanted], "{body}");
    }
}

#[test]
fn days_that_bind_nobody_make_no_task() {
    let letter = |body: &str| {
        format!(
            "Stadtwerke Neuental GmbH\n\nNeuental, den 2. März 2026\n\nSehr geehrte Frau Ott,\n\n{body}\n\nMit freundlichen Grüßen"
        )
    };
    for body in [
        "unser Büro ist vom 01.04.2026 bis zum 10.04.2026 geschlossen.",
        "Ihr neuer Tarif gilt ab dem 01.05.2026.",
        "Ihre Lieferung wird voraussichtlich bis zum 20.03.2026 zugestellt.",
        "die Rechnung können Sie bis zum 31.12.2026 im Portal herunterladen.",
        "der Abschlag wird jeweils zum 15.03.2026 abgebucht.",
        "Nur bis 31.03.2026: 20 % Rabatt auf alle Wärmepumpen!",
        "der Zeitraum vom 01.01.2026 bis 31.12.2026 ist abgerechnet.",
        "Sie sind seit dem 01.01.2020 unser Kunde.",
    ] {
        assert!(
            wants(&letter(body)).is_empty(),
            "{body}: {:?}",
            wants(&letter(body))
        );
    }
}

#[test]
fn a_book_is_understood_by_its_first_pages() {
    let page = |text: &str, number| crate::domain::document::Page {
        number,
        ..typed(text).pages.remove(0)
    };
    let asks = bill("Bitte überweisen Sie den Betrag bis zum 19.03.2026.");
    let with_bill_on = |place: u32| {
        let pages = (1..=90).map(|it| {
            page(
                if it == place {
                    &asks
                } else {
                    "Kapitel\n\nText."
                },
                it,
            )
        });
        let mut book = typed("");
        book.pages = pages.collect();
        understand(&book, &context()).obligations.len()
    };
    assert_eq!(with_bill_on(30), 1);
    assert_eq!(with_bill_on(31), 0);
}

#[test]
fn what_a_till_kept_of_what_it_was_given_is_the_total() {
    // The label that looks surest stands at a misread figure.
    let text = "LINDEN MARKT\n\nRECEIPT\nDate 03/11/2026\n\nBread      3.00\nMilk       5.60\n\
        Total Sales      8.00\nRounded      8.60\nCASH       10.00\nCHANGE      1.40\nThank you";
    let found = of(text);
    let total = found.money(Field::Total).map(|it| it.amount.to_string());
    assert_eq!(total.as_deref(), Some("8.60"));
}

#[test]
fn a_sentence_is_no_sender() {
    let text = "Nir haben Sie nicht angetroffen\n\nSommer, Kastanienweg 12\n\n\
        Ihre Sendung liegt zur Abholung bereit\n\nAbholung bis 07.12.2026";
    let found = of(text);
    assert_ne!(
        found.text(Field::Sender),
        Some("Nir haben Sie nicht angetroffen")
    );
}

#[test]
fn a_day_beside_its_town_is_the_letters_own() {
    let text = "Praxis am Park\n\nFrau\nUte Brandt\nHofweg 3\n\n\
        Überweisung von: Dr. Rehder, 11.12.2025\nOldenhagen:      17.12.2025\n\n\
        Ihr Termin zur Untersuchung";
    assert_eq!(of(text).date(Field::IssueDate), Some(date(2025, 12, 17)));
}

#[test]
fn a_french_bill_writes_its_day_first() {
    let text = "Au vieux four\n\nFacture n° F-17\nDate facture      03/11/2026\n\n\
        Nous vous remercions de votre commande et vous prions de régler le montant de cette facture \
        avec votre banque\n\nTotal TTC      $ 20.00";
    assert_eq!(of(text).date(Field::IssueDate), Some(date(2026, 11, 3)));
}

#[test]
fn evidence_stands_on_the_page() {
    let text = bill("Bitte überweisen Sie den Betrag bis zum 19.03.2026.");
    let page = typed(&text).text();
    let words: Vec<&str> = page.split_whitespace().collect();
    let found = of(&text);
    let evidence = found.findings.iter().filter_map(|it| it.evidence.as_ref());
    for it in evidence.chain(found.obligations.iter().map(|it| &it.evidence)) {
        assert!(
            it.text.split_whitespace().all(|word| words.contains(&word)),
            "{}",
            it.text
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_page_breaks_understanding(text in "([A-Za-zäöü]{1,9}|[0-9]{1,4}|[ .,:€/-]|\\n|Rechnung|bis zum|innerhalb von|Tagen|03\\.2026|DE89|\\PC){0,80}") {
        let found = of(&text);
        let page = typed(&text).text();
        for it in found.obligations {
            proptest::prop_assert!(it.evidence.text.split_whitespace().all(|word| page.contains(word)));
        }
    }
}

#[test]
fn a_box_names_the_seller_and_a_heading_its_day() {
    let found = of(
        "Lesbar gemachte Daten einer Rechnung                       wie sie übermittelt wurden
Schema-Version: 2.1 vom 24.03.2020

Handelsrechnung (380) Nr. 471102 vom 05.03.2026
Leistungsdatum : 29.02.2026

Verkäufer:
Nummer : 549910
Globale Nummer: 4333741000005 (GTIN)
Muster Autovermietung
Hafenstr. 99
DE 99199 Musterhausen

Käufer/Leistungsempfänger:
Nummer : 9314110
Kunden Handel GmbH
Uferweg 88

Rechnungsbetrag     119,00 EUR",
    );
    assert_eq!(found.text(Field::Sender), Some("Muster Autovermietung"));
    assert_eq!(found.date(Field::IssueDate), Some(date(2026, 3, 5)));
    let number = found.findings.iter().find(|it| it.name == "invoice_number");
    let stated = crate::domain::finding::Value::Text("471102".to_owned());
    assert_eq!(number.map(|it| &it.value), Some(&stated));
}

#[test]
fn who_stands_below_the_return_address_is_not_the_sender() {
    let found = of("lenzapp.example | Teichweg 42 | 08155 Neustadt
Beispiel Handel AG
Feldstraße 34
54321 Hithausen

Rechnung RE1001                     05.03.2026
Lieferadresse: Beispiel Handel AG, Feldstraße 39, 54321 Hithausen
Endsumme                             963,12 €");
    assert_eq!(found.text(Field::Sender), Some("lenzapp.example"));
}

#[test]
fn a_day_after_the_twelfth_says_how_the_others_are_written() {
    for (other, day) in [
        ("11/17/2025", date(2025, 11, 3)),
        ("17/11/2025", date(2025, 3, 11)),
    ] {
        let text = format!("Good Mill Ltd\n\nInvoice date 11/03/2025\nPaid by transfer {other}");
        assert_eq!(of(&text).date(Field::IssueDate), Some(day), "{other}");
    }
}

#[test]
fn a_credit_note_credits_what_it_states() {
    for amount in ["-118,76", "118,76"] {
        let found = of(&format!(
            "Garten Lenz GmbH\n\nGutschrift GS-60417\nDatum: 05.03.2026\n\nGutschriftsbetrag     {amount} €"
        ));
        let total = found.money(Field::Total).map(|it| it.amount.hundredths());
        assert_eq!(total, Some(11876), "{amount}");
    }
}
