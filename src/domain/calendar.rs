//! Tasks as a calendar shows them: iCalendar (RFC 5545), written and never read here.
//!
//! A due day is an event of that day, a due hour one of half an hour, each with an alarm; a task without
//! a day is a to-do. The id of an entry is its task's, so a calendar that looks again moves what moved.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::task::Task;
use super::value::Money;

/// Bytes of a line before it is folded (RFC 5545, 3.1).
const LINE_BYTES: usize = 75;
/// Minutes that an event with an hour takes.
const MINUTES: i64 = 30;

/// How a calendar is written.
#[derive(Clone, Debug)]
pub struct Manner {
    /// What the calendar is called.
    pub name: String,
    /// Where the hours of tasks are meant.
    pub zone: TimeZone,
    /// Minutes after midnight at which the alarm of a day rings.
    pub morning_minutes: i32,
    /// Where tasks stand in the browser: `https://house`, without a slash at its end.
    pub base_url: String,
}

/// A whole calendar of these tasks.
pub fn calendar(tasks: &[Task], manner: &Manner, now: Timestamp) -> String {
    let mut text = Lines::default();
    text.add("BEGIN", "VCALENDAR");
    text.add("VERSION", "2.0");
    text.add("PRODID", "-//workmate//workmate//EN");
    text.add("CALSCALE", "GREGORIAN");
    text.add("METHOD", "PUBLISH");
    text.text("X-WR-CALNAME", &manner.name);
    text.add("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    text.add("X-PUBLISHED-TTL", "PT1H");
    for task in tasks {
        entry(&mut text, task, manner, now);
    }
    text.add("END", "VCALENDAR");
    text.0
}

/// A calendar that holds this task alone, as a server keeps it (RFC 4791, 4.1).
pub fn object(task: &Task, manner: &Manner, now: Timestamp) -> String {
    let mut text = Lines::default();
    text.add("BEGIN", "VCALENDAR");
    text.add("VERSION", "2.0");
    text.add("PRODID", "-//workmate//workmate//EN");
    entry(&mut text, task, manner, now);
    text.add("END", "VCALENDAR");
    text.0
}

/// The id of a task's entry.
pub fn uid(task: &Task) -> String {
    format!("{}@workmate", task.id)
}

fn entry(text: &mut Lines, task: &Task, manner: &Manner, now: Timestamp) {
    let kind = if task.due.is_some() {
        "VEVENT"
    } else {
        "VTODO"
    };
    text.add("BEGIN", kind);
    text.add("UID", &uid(task));
    text.add("DTSTAMP", &utc(now));
    text.add("SEQUENCE", &task.version.to_string());
    text.text("SUMMARY", &task.title);
    let description = description(task);
    if !description.is_empty() {
        text.text("DESCRIPTION", &description);
    }
    if !manner.base_url.is_empty() {
        text.add("URL", &format!("{}/tasks/{}", manner.base_url, task.id));
    }
    if let Some(due) = task.due {
        when(text, task, due, manner);
    }
    text.add("END", kind);
}

fn description(task: &Task) -> String {
    let money = task.money.as_ref().map(Money::to_string);
    let lines = [
        task.notes.clone(),
        money.unwrap_or_default(),
        task.contact.clone(),
    ];
    let lines: Vec<String> = lines.into_iter().filter(|it| !it.is_empty()).collect();
    lines.join("\n")
}

fn when(text: &mut Lines, task: &Task, due: Date, manner: &Manner) {
    let hour = task
        .due_time
        .and_then(|it| due.to_datetime(it).to_zoned(manner.zone.clone()).ok())
        .map(|it| it.timestamp());
    let trigger = if let Some(at) = hour {
        text.add("DTSTART", &utc(at));
        text.add("DTEND", &utc(at + MINUTES.minutes()));
        "-PT1H".to_owned()
    } else {
        text.add("DTSTART;VALUE=DATE", &plain(due));
        text.add("DTEND;VALUE=DATE", &plain(due.saturating_add(1.day())));
        // A day of the calendar takes nobody's time.
        text.add("TRANSP", "TRANSPARENT");
        format!("PT{}M", manner.morning_minutes)
    };
    text.add("BEGIN", "VALARM");
    text.add("ACTION", "DISPLAY");
    text.text("DESCRIPTION", &task.title);
    text.add("TRIGGER", &trigger);
    text.add("END", "VALARM");
}

fn plain(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    /// A property whose value holds nothing to escape; folded so that no letter is torn.
    fn add(&mut self, name: &str, value: &str) {
        let mut bytes = 0;
        for letter in name.chars().chain([':']).chain(value.chars()) {
            if bytes + letter.len_utf8() > LINE_BYTES {
                self.0.push_str("\r\n ");
                bytes = 1;
            }
            bytes += letter.len_utf8();
            self.0.push(letter);
        }
        self.0.push_str("\r\n");
    }

    /// A property that is text (RFC 5545, 3.3.11).
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for letter in value.chars() {
            match letter {
                '\\' | ';' | ',' => {
                    escaped.push('\\');
                    escaped.push(letter);
                }
                '\n' => escaped.push_str("\\n"),
                letter if letter.is_control() => {}
                letter => escaped.push(letter),
            }
        }
        self.add(name, &escaped);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::domain::id::TaskId;

    fn manner() -> Manner {
        Manner {
            name: "Anna, workmate".to_owned(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            morning_minutes: 480,
            base_url: "http://nas.lan:8420".to_owned(),
        }
    }

    fn task(title: &str) -> Task {
        let at = Timestamp::UNIX_EPOCH;
        Task::new(TaskId::new(at, 1), title.to_owned(), at)
    }

    #[test]
    fn a_due_day_is_an_event_of_that_day_and_an_hour_one_of_half_an_hour() {
        let now = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut bill = task("Waterworks; pay 84,20 €");
        bill.due = Some(date(2026, 3, 18));
        let day = calendar(&[bill.clone()], &manner(), now);
        assert!(
            day.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
            "{day}"
        );
        assert!(day.contains("\r\nX-WR-CALNAME:Anna\\, workmate\r\n"));
        assert!(day.contains("\r\nSUMMARY:Waterworks\\; pay 84\\,20 €\r\n"));
        assert!(day.contains("DTSTART;VALUE=DATE:20260318\r\nDTEND;VALUE=DATE:20260319\r\n"));
        assert!(day.contains("TRIGGER:PT480M\r\n"));
        bill.due_time = Some(time(15, 30, 0, 0));
        let hour = object(&bill, &manner(), now);
        assert!(
            hour.contains("DTSTART:20260318T143000Z\r\nDTEND:20260318T150000Z\r\n"),
            "{hour}"
        );
        assert!(
            !hour.contains("METHOD"),
            "a server keeps objects without one"
        );
        let someday = object(&task("Sort photos"), &manner(), now);
        assert!(someday.contains("BEGIN:VTODO") && !someday.contains("DTSTART"));
    }

    #[test]
    fn long_lines_are_folded_and_nothing_ends_a_line_of_its_own() {
        let mut long = task(&"Müllgebühren ".repeat(20));
        long.notes = "one\r\nBEGIN:VEVENT\nUID:evil".to_owned();
        let text = object(&long, &manner(), Timestamp::UNIX_EPOCH);
        assert!(
            text.split("\r\n").all(|it| it.len() <= LINE_BYTES),
            "{text}"
        );
        assert!(
            text.split("\r\n").all(|it| !it.contains(['\r', '\n'])),
            "{text}"
        );
        assert_eq!(text.matches("\r\nUID:").count(), 1);
        let unfolded = text.replace("\r\n ", "");
        assert!(
            unfolded.contains("DESCRIPTION:one\\nBEGIN:VEVENT\\nUID:evil\r\n"),
            "{unfolded}"
        );
        assert!(unfolded.contains(&"Müllgebühren ".repeat(20)));
    }
}
