//! Stories of a household, told by what it was told.

use insta::assert_snapshot;
use jiff::ToSpan;
use jiff::civil::{date, time};

use super::timeline::{self, Happening};
use super::world::{Kept, MORNING, World, at_night, away, member, name, person, way};
use crate::domain::deadline::Region;
use crate::domain::ladder::{Ladder, Rung};
use crate::domain::person::Language;
use crate::domain::priority::Priority;
use crate::domain::recurrence::{Avoid, Avoided, Last, Recurrence, Shift};
use crate::domain::reminder::{Level, Snooze};
use crate::domain::task::{AnswerKind, Status};

#[test]
fn an_unanswered_bill_reaches_the_second_person() {
    let mut anna = member(0);
    anna.ways.push(way("mqtt"));
    let mut world = World::on("2026-03-02T10:00:00Z", vec![anna, member(1)]);
    let bill = world.add("Waterworks: pay €84.20", date(2026, 3, 18), &[0]);
    world.run("2026-03-18T17:30:00Z");
    world.kept[bill].task.status = Status::Done;
    world.run("2026-03-25T12:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-11 08:00 anna on mqtt: Waterworks: pay €84.20 (info)
    2026-03-11 08:00 anna on ntfy: Waterworks: pay €84.20 (info)
    2026-03-16 08:00 anna on mqtt: Waterworks: pay €84.20 (warning)
    2026-03-16 08:00 anna on ntfy: Waterworks: pay €84.20 (warning)
    2026-03-17 08:00 anna on mqtt: Waterworks: pay €84.20 (urgent)
    2026-03-17 08:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    2026-03-17 10:00 anna on phone: Waterworks: pay €84.20 (urgent, nobody answers)
    2026-03-17 18:00 ben on ntfy: Waterworks: pay €84.20 (urgent, nobody answers)
    2026-03-17 20:00 anna on phone: Waterworks: pay €84.20 (urgent, nobody answers)
    2026-03-17 20:00 ben on phone: Waterworks: pay €84.20 (urgent, nobody answers)
    2026-03-18 08:00 anna on mqtt: Waterworks: pay €84.20 (urgent)
    2026-03-18 08:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    2026-03-18 08:00 ben on ntfy: Waterworks: pay €84.20 (urgent)
    2026-03-18 10:00 anna on phone: Waterworks: pay €84.20 (urgent, nobody answers)
    2026-03-18 10:00 ben on phone: Waterworks: pay €84.20 (urgent, nobody answers)
    ");

    let told = world.kept[bill].said.iter().cloned().map(Happening::Told);
    let answered = Happening::Answered {
        by: Some(person(1)),
        answer: AnswerKind::Done,
        at: "2026-03-18T17:30:00Z".parse().unwrap(),
    };
    let happened: Vec<_> = told.chain([answered]).skip(4).collect();
    let zone = world.household.zone.clone();
    let lines = timeline::lines(&happened, name, &zone, Language::English);
    assert_snapshot!(lines.join("\n"), @r"
    17 March 2026, 08:00: told anna on mqtt
    17 March 2026, 08:00: told anna on ntfy
    17 March 2026, 10:00: told anna on phone, louder as nobody answers
    17 March 2026, 18:00: told ben on ntfy as nobody answers
    17 March 2026, 20:00: told anna on phone as nobody answers
    17 March 2026, 20:00: told ben on phone as nobody answers
    18 March 2026, 08:00: told anna on mqtt
    18 March 2026, 08:00: told anna on ntfy
    18 March 2026, 08:00: told ben on ntfy
    18 March 2026, 10:00: told anna on phone, louder as nobody answers
    18 March 2026, 10:00: told ben on phone, louder as nobody answers
    18 March 2026, 18:30: ben: done
    ");
    let lines = timeline::lines(&happened, name, &zone, Language::German);
    assert_snapshot!(lines[..4].join("\n"), @r"
    17. März 2026, 08:00: anna über mqtt erinnert
    17. März 2026, 08:00: anna über ntfy erinnert
    17. März 2026, 10:00: anna über phone erinnert, lauter, da niemand antwortet
    17. März 2026, 18:00: ben über ntfy erinnert, da niemand antwortet
    ");
}

#[test]
fn who_says_that_they_know_is_not_asked_louder() {
    let mut world = World::on("2026-03-16T12:00:00Z", vec![member(0), member(1)]);
    let bill = world.add("Waterworks: pay €84.20", date(2026, 3, 18), &[0]);
    world.run("2026-03-17T08:00:00Z");
    world.kept[bill].acknowledged_at = Some(world.now);
    world.run("2026-03-18T06:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-16 13:01 anna on ntfy: Waterworks: pay €84.20 (warning)
    2026-03-17 08:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    ");
}

#[test]
fn the_quiet_night() {
    let mut anna = member(0);
    anna.quiet = Some(at_night());
    anna.ways.push(way("mqtt"));
    let mut world = World::on("2026-03-10T22:30:00Z", vec![anna]);
    world.add("Parcel: pick up", date(2026, 3, 12), &[0]);
    world.add("Gym: reply", date(2026, 3, 11), &[0]);
    world.run("2026-03-11T01:00:00Z");
    let court = world.add("Court: object if you want to", date(2026, 3, 11), &[0]);
    world.kept[court].priority = Priority::Critical;
    world.run("2026-03-11T06:30:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-10 23:30 anna on mqtt: Parcel: pick up (warning)
    2026-03-10 23:30 anna on mqtt: Gym: reply (urgent)
    2026-03-11 02:00 anna on mqtt: Court: object if you want to (urgent)
    2026-03-11 02:01 anna on ntfy: Court: object if you want to (urgent)
    2026-03-11 04:01 anna on phone: Court: object if you want to (urgent, nobody answers)
    2026-03-11 07:00 anna on ntfy: Gym: reply (urgent); Parcel: pick up (warning)
    ");
}

#[test]
fn five_letters_in_one_minute_are_one_message_and_five_events() {
    let mut anna = member(0);
    anna.ways.push(way("mqtt"));
    let mut world = World::on("2026-03-16T12:00:00Z", vec![anna]);
    for number in 1..=5 {
        world.add(&format!("Letter {number}"), date(2026, 3, 18), &[0]);
        world.run_to(world.now + 10.seconds());
    }
    world.run("2026-03-16T13:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-16 13:00 anna on mqtt: Letter 1 (warning)
    2026-03-16 13:00 anna on mqtt: Letter 2 (warning)
    2026-03-16 13:00 anna on mqtt: Letter 3 (warning)
    2026-03-16 13:00 anna on mqtt: Letter 4 (warning)
    2026-03-16 13:00 anna on mqtt: Letter 5 (warning)
    2026-03-16 13:01 anna on ntfy: Letter 1 (warning); Letter 2 (warning); Letter 3 (warning); Letter 4 (warning); Letter 5 (warning)
    ");
}

#[test]
fn what_is_not_urgent_is_told_once_in_the_morning() {
    let mut anna = member(0);
    anna.digest = Some(time(7, 30, 0, 0));
    let mut world = World::on("2026-03-02T12:00:00Z", vec![anna]);
    world.add("Dentist: appointment", date(2026, 3, 18), &[0]);
    world.add("Library: send back", date(2026, 3, 18), &[0]);
    let fine = world.add("Fine: pay €30.00", date(2026, 3, 18), &[0]);
    world.kept[fine].priority = Priority::High;
    world.run("2026-03-16T12:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-11 08:00 anna on ntfy: Fine: pay €30.00 (info)
    2026-03-12 07:30 anna on ntfy: Dentist: appointment (info); Library: send back (info)
    2026-03-16 08:00 anna on ntfy: Dentist: appointment (warning); Library: send back (warning); Fine: pay €30.00 (warning)
    ");
}

#[test]
fn the_vacation() {
    let mut anna = member(0);
    anna.away = vec![away(
        "2026-03-10T00:00:00Z",
        "2026-03-17T00:00:00Z",
        Some(1),
    )];
    let mut ben = member(1);
    ben.away = vec![away(
        "2026-03-15T00:00:00Z",
        "2026-03-18T00:00:00Z",
        Some(0),
    )];
    let mut world = World::on("2026-03-02T12:00:00Z", vec![anna, ben, member(2)]);
    world.add("Waterworks: pay €84.20", date(2026, 3, 18), &[0]);
    world.run("2026-03-17T07:30:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-11 08:00 ben on ntfy: Waterworks: pay €84.20 (info, for anna)
    2026-03-16 08:00 carla on ntfy: Waterworks: pay €84.20 (warning, for anna)
    2026-03-17 08:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    ");
}

#[test]
fn the_recurring_bin_with_a_holiday() {
    let mut bin = Recurrence::of("FREQ=WEEKLY;BYDAY=FR".parse().unwrap());
    bin.avoid = Some(Avoid {
        days: Avoided::Holidays,
        shift: Shift::After,
    });
    let mut world = World::on("2026-03-26T12:00:00Z", vec![member(0)]);
    let region = Region::new("DE-BY");
    let mut last = Last {
        start: date(2026, 3, 27).at(19, 0, 0, 0),
        planned: date(2026, 3, 27),
        number: 1,
    };
    let mut day = last.planned;
    for _ in 0..3 {
        let task = world.add("Take the bin out", day, &[0]);
        let evening = Rung {
            days_before: 1,
            level: Level::Warning,
            hour: Some(time(19, 0, 0, 0)),
        };
        world.kept[task].ladder = Ladder::new("evening before", vec![evening], MORNING).unwrap();
        let done = day.at(6, 0, 0, 0).to_zoned(world.household.zone.clone());
        world.run_to(done.unwrap().timestamp());
        world.kept[task].task.status = Status::Done;
        let next = bin.next(last, day, &region).unwrap();
        last.planned = next.planned;
        last.number += 1;
        day = next.day;
    }
    // Good Friday is 3 April, so that bin is emptied on Saturday.
    assert_snapshot!(world.told(), @r"
    2026-03-26 19:00 anna on ntfy: Take the bin out (warning)
    2026-04-03 19:00 anna on ntfy: Take the bin out (warning)
    2026-04-09 19:00 anna on ntfy: Take the bin out (warning)
    ");
}

#[test]
fn the_clock_without_battery() {
    let mut world = World::on("1970-01-01T00:03:00Z", vec![member(0)]);
    let bill = world.add("Waterworks: pay €84.20", date(2026, 3, 18), &[0]);
    world.run("1970-01-09T00:00:00Z");
    assert_snapshot!(world.told(), @"");
    // The clock is set: of what was missed only the latest is said.
    world.set_clock("2026-03-17T12:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-17 13:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    ");
    world.kept[bill].acknowledged_at = Some(world.now);
    // It jumps forty days ahead: said once.
    world.set_clock("2026-04-26T12:00:00Z");
    world.kept[bill].acknowledged_at = Some(world.now);
    assert_snapshot!(world.told(), @r"
    2026-04-26 14:00 anna on ntfy: Waterworks: pay €84.20 (overdue)
    ");
    // It jumps back: nothing is said again, and what was not said yet is said in its time.
    world.set_clock("2026-03-17T13:00:00Z");
    world.run("2026-03-18T08:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-18 08:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    ");
}

#[test]
fn snoozed_and_muted() {
    let mut world = World::on("2026-03-16T12:00:00Z", vec![member(0)]);
    let bill = world.add("Waterworks: pay €84.20", date(2026, 3, 18), &[0]);
    world.run("2026-03-16T12:30:00Z");
    let later = Snooze::LaterToday.until(world.now, MORNING, &world.household.zone);
    world.kept[bill].task.later_until = Some(later);
    world.run("2026-03-16T20:00:00Z");
    world.kept[bill].muted_until = "2026-03-18T12:00:00Z".parse().ok();
    world.run("2026-03-18T12:30:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-16 13:01 anna on ntfy: Waterworks: pay €84.20 (warning)
    2026-03-16 16:30 anna on ntfy: Waterworks: pay €84.20 (urgent)
    2026-03-16 18:30 anna on phone: Waterworks: pay €84.20 (urgent, nobody answers)
    2026-03-18 13:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    ");
}

#[test]
fn a_moved_day_is_not_said_twice_unless_it_is_more_urgent() {
    let mut world = World::on("2026-03-02T12:00:00Z", vec![member(0)]);
    let bill = world.add("Waterworks: pay €84.20", date(2026, 3, 25), &[0]);
    world.run("2026-03-18T08:00:00Z");
    let due = |kept: &mut Kept, day| kept.task.due = Some(date(2026, 3, day));
    // Told at info; two days later would have been told at info too.
    due(&mut world.kept[bill], 24);
    world.run("2026-03-18T09:00:00Z");
    // The document was corrected: it is tomorrow.
    due(&mut world.kept[bill], 19);
    world.run("2026-03-18T09:30:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-18 08:00 anna on ntfy: Waterworks: pay €84.20 (info)
    2026-03-18 10:00 anna on ntfy: Waterworks: pay €84.20 (urgent)
    ");
}

#[test]
fn the_night_on_which_the_clocks_change() {
    let mut anna = member(0);
    anna.quiet = Some(at_night());
    for (evening, morning) in [
        ("2026-03-28T21:30:00Z", "2026-03-29T07:00:00Z"),
        ("2026-10-24T20:30:00Z", "2026-10-25T08:00:00Z"),
    ] {
        let mut world = World::on(evening, vec![anna.clone()]);
        let due = world.household.zone.to_datetime(world.now).date() + 1.day();
        let task = world.add("Parcel: pick up", due, &[0]);
        let half_past_two = due.at(2, 30, 0, 0).to_zoned(world.household.zone.clone());
        world.kept[task].task.remind_at = vec![half_past_two.unwrap().timestamp()];
        world.run(morning);
        let told = world.told();
        let (first, second) = told.split_once('\n').unwrap();
        assert!(first.contains(" 07:00 anna on ntfy"), "{told}");
        assert!(
            second.contains(" 08:00 anna on ntfy") && !second.contains('\n'),
            "{told}"
        );
    }
}

#[test]
fn a_household_without_members_still_hears_its_events() {
    let mut world = World::on("2026-03-16T12:00:00Z", Vec::new());
    world.add("Waterworks: pay €84.20", date(2026, 3, 18), &[]);
    world.run("2026-03-16T13:00:00Z");
    assert_snapshot!(world.told(), @r"
    2026-03-16 13:00 everybody on mqtt: Waterworks: pay €84.20 (warning)
    ");
}
