//! One correction, the next letters, and what is no lesson.

use proptest::prelude::*;

use super::*;
use crate::domain::value::{Currency, Money};

fn at(x: f32, y: f32) -> Rect {
    Rect {
        x,
        y,
        w: 100.0,
        h: 14.0,
    }
}

fn euros(hundredths: i64) -> Value {
    Value::Money(Money::new(hundredths, Currency::EUR))
}

fn candidate(value: Value, left: &str, above: &str, place: (f32, f32)) -> Candidate {
    Candidate {
        evidence: Evidence {
            page: 1,
            text: value.to_string(),
            at: at(place.0, place.1),
        },
        value,
        left: left.to_owned(),
        above: above.to_owned(),
    }
}

fn sketch(shift: f32) -> Sketch {
    let words = [
        "Wasserwerk",
        "Lindental",
        "Rechnung",
        "Abschlag",
        "Guthaben",
        "Freundliche",
    ];
    let spots = words.iter().zip([20.0, 60.0, 300.0, 420.0, 470.0, 700.0]);
    Sketch::of(spots.map(|(word, y)| (*word, at(80.0 + shift, y + shift))))
}

/// A letter that takes the sum behind `Abschlag`, where the one behind `Konto neu` is meant.
fn letter(wrong: i64, right: i64, shift: f32) -> Extraction {
    let candidates = vec![
        candidate(euros(wrong), "Abschlag", "", (500.0, 420.0 + shift)),
        candidate(euros(right), "Konto neu", "", (500.0, 470.0 + shift)),
        candidate(euros(999), "Summe", "", (500.0, 520.0 + shift)),
    ];
    let finding = Finding {
        field: Field::Payable,
        name: String::new(),
        value: euros(wrong),
        confidence: Confidence::new(0.9),
        evidence: Some(candidates[0].evidence.clone()),
        by: ClaimedBy::Rule,
        why: None,
    };
    Extraction {
        findings: vec![finding],
        trace: Trace {
            sketch: sketch(shift),
            candidates,
            marks: BTreeSet::new(),
        },
        ..Extraction::default()
    }
}

fn example(from: &Extraction, right: &Value, second: i64) -> Example {
    let own = from.findings.first();
    let own = own.map(|it| (&it.value, it.evidence.as_ref()));
    let (right, wrong) = shown(&from.trace, Role::Payable, right, own).unwrap();
    Example {
        id: ExampleId::new(Timestamp::UNIX_EPOCH, 1),
        party: None,
        sketch: from.trace.sketch.clone(),
        role: Role::Payable,
        name: String::new(),
        right: Some(right),
        wrong,
        by: Some("Anna".to_owned()),
        at: Timestamp::from_second(second).unwrap(),
    }
}

#[test]
fn what_was_shown_once_is_taken_in_the_next_letter() {
    let first = letter(100, 200, 0.0);
    let examples = [example(&first, &euros(200), 5)];
    assert_eq!(examples[0].right.as_ref().unwrap().label(), "Konto neu");
    assert_eq!(examples[0].wrong.as_ref().unwrap().label(), "Abschlag");
    let learned = pick(&examples, &letter(300, 400, 30.0), ALIKE);
    let [one] = learned.as_slice() else {
        panic!("{learned:?}");
    };
    let (value, evidence) = one.stands.as_ref().unwrap();
    assert_eq!((one.role, value), (Role::Payable, &euros(400)));
    assert_eq!(evidence.text, "4.00 EUR");
    let finding = one.finding().unwrap();
    assert_eq!(finding.field, Field::Payable);
}

#[test]
fn a_label_that_is_misread_is_the_same_and_another_one_is_not() {
    let first = letter(100, 200, 0.0);
    let examples = [example(&first, &euros(200), 5)];
    let mut misread = letter(300, 400, 0.0);
    "K0nto neu".clone_into(&mut misread.trace.candidates[1].left);
    assert_eq!(pick(&examples, &misread, ALIKE).len(), 1);
    let mut other = letter(300, 400, 0.0);
    "Rabatt".clone_into(&mut other.trace.candidates[1].left);
    assert!(pick(&examples, &other, ALIKE).is_empty());
    doubt(&examples, &mut other, ALIKE);
    assert!(other.findings[0].confidence.value() < 0.5);
    let mut sure = letter(300, 400, 0.0);
    doubt(&examples, &mut sure, ALIKE);
    assert!(sure.findings[0].confidence.value() > 0.5);
}

#[test]
fn data_is_never_put_right_and_what_is_right_is_not_learned() {
    let first = letter(100, 200, 0.0);
    let examples = [example(&first, &euros(200), 5)];
    let mut data = letter(300, 400, 0.0);
    data.findings[0].by = ClaimedBy::Data;
    assert!(pick(&examples, &data, ALIKE).is_empty());
    let mut right = letter(300, 400, 0.0);
    right.findings[0].value = euros(400);
    assert!(pick(&examples, &right, ALIKE).is_empty());
    let own = Some((&first.findings[0].value, None));
    assert!(shown(&first.trace, Role::Payable, &euros(100), own).is_none());
    assert!(shown(&first.trace, Role::Payable, &euros(12_345), own).is_none());
    let day = Value::Date(jiff::civil::date(2026, 3, 1));
    assert!(shown(&first.trace, Role::IssueDate, &day, None).is_none());
}

#[test]
fn of_two_examples_the_later_holds() {
    let first = letter(100, 200, 0.0);
    let early = example(&first, &euros(200), 5);
    let late = example(&first, &euros(999), 9);
    for examples in [[early.clone(), late.clone()], [late, early]] {
        let learned = pick(&examples, &letter(300, 400, 0.0), ALIKE);
        assert_eq!(learned[0].stands.as_ref().unwrap().0, euros(999));
    }
}

#[test]
fn another_layout_learns_nothing() {
    let first = letter(100, 200, 0.0);
    let examples = [example(&first, &euros(200), 5)];
    let mut other = letter(300, 400, 0.0);
    let words = ["Zahnarzt", "Honorar", "Behandlung", "Summe"];
    other.trace.sketch = Sketch::of(words.iter().map(|it| (*it, at(80.0, 300.0))));
    assert!(pick(&examples, &other, ALIKE).is_empty());
}

#[test]
fn a_due_day_is_shown_where_the_machine_found_none_too() {
    let day = |day| Value::Date(jiff::civil::date(2026, 3, day));
    let mut first = letter(100, 200, 0.0);
    let spots = [(10, "Versand"), (20, "Valuta")];
    let spots = spots.map(|(it, left)| candidate(day(it), left, "", (300.0, 600.0)));
    first.trace.candidates.extend(spots);
    let (right, wrong) = shown(&first.trace, Role::Due, &day(20), None).unwrap();
    let example = Example {
        role: Role::Due,
        name: "pay".to_owned(),
        right: Some(right),
        wrong,
        ..example(&first, &euros(200), 5)
    };
    let learned = pick(&[example], &first, ALIKE);
    assert_eq!(learned[0].stands.as_ref().unwrap().0, day(20));
}

#[test]
fn what_was_said_to_be_nothing_is_silent_where_it_is_found_again() {
    let first = letter(100, 200, 0.0);
    let own = first.findings.first().unwrap();
    let wrong = place_of(&first.trace, &own.value, own.evidence.as_ref());
    assert_eq!(wrong.as_ref().unwrap().label(), "Abschlag");
    let examples = [Example {
        right: None,
        wrong,
        ..example(&first, &euros(200), 5)
    }];
    let learned = pick(&examples, &letter(300, 400, 30.0), ALIKE);
    assert!(learned[0].is_absence_of(Role::Payable));
    assert!(learned[0].finding().is_none());
    // Elsewhere it is another claim, and what data says is no mistake.
    let mut elsewhere = letter(300, 400, 0.0);
    elsewhere.findings[0].evidence = Some(elsewhere.trace.candidates[1].evidence.clone());
    assert!(pick(&examples, &elsewhere, ALIKE).is_empty());
    let mut data = letter(300, 400, 0.0);
    data.findings[0].by = ClaimedBy::Data;
    assert!(pick(&examples, &data, ALIKE).is_empty());
}

proptest! {
    #[test]
    fn likeness_is_a_share_and_whole_of_itself(
        one in prop::collection::vec(("[a-e]{3,4}", 0.0_f32..1000.0, 0.0_f32..1400.0), 0..40),
        other in prop::collection::vec(("[a-e]{3,4}", 0.0_f32..1000.0, 0.0_f32..1400.0), 0..40),
    ) {
        let of = |words: &[(String, f32, f32)]| {
            Sketch::of(words.iter().map(|(word, x, y)| (word.as_str(), at(*x, *y))))
        };
        let (one, other) = (of(&one), of(&other));
        prop_assert!((0.0..=1.0).contains(&one.likeness(&other)));
        let itself = if one.is_empty() { 0.0 } else { 1.0 };
        prop_assert!((one.likeness(&one) - itself).abs() < 0.001);
    }

    #[test]
    fn a_letter_moved_a_little_is_laid_out_the_same(x in -40.0_f32..40.0, y in -40.0_f32..40.0) {
        let words = ["Wasserwerk", "Lindental", "Rechnung", "Abschlag", "Guthaben"];
        let of = |dx: f32, dy: f32| {
            let spots = words.iter().zip([100.0, 200.0, 300.0, 400.0, 900.0]);
            Sketch::of(spots.map(|(word, y)| (*word, at(80.0 + dx, y + dy))))
        };
        prop_assert!(of(0.0, 0.0).likeness(&of(x, y)) > 0.99);
    }

    #[test]
    fn any_labels_compare(a in "\\PC{0,30}", b in "\\PC{0,30}") {
        let likeness = label_likeness(&a, &b);
        prop_assert!((0.0..=1.0).contains(&likeness));
        prop_assert!((likeness - label_likeness(&b, &a)).abs() < 0.001);
    }
}
