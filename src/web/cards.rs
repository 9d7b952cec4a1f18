//! Tasks and documents in the shape that pages show them.

use std::collections::HashMap;

use jiff::civil::Date;

use super::frame::Locale;
use super::words;
use crate::domain::document::{Document, Stage};
use crate::domain::finding::{Evidence, Extraction};
use crate::domain::id::{DocumentId, PersonId};
use crate::domain::task::{Status, Task, keys};
use crate::store::documents::Listed;
use crate::store::{Error, ReadTx, blobs, documents, findings, parts, people, tasks};
use crate::work::Readings;

/// The leaf of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// `2026-03-18`.
    pub iso: String,
    /// `18`.
    pub day: String,
    /// `Mär`.
    pub month: &'static str,
}

/// The document a task comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// Its title, or that it is one.
    pub label: String,
}

/// A task on a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question that a template asks"
)]
pub struct TaskCard {
    /// Its id.
    pub id: String,
    /// What `If-Match` would name.
    pub version: u64,
    /// The line.
    pub title: String,
    /// The due day.
    pub leaf: Option<Leaf>,
    /// `in 3 Tagen`.
    pub relative: String,
    /// `overdue`, `today`, `soon`, `calm`, `none`.
    pub tone: &'static str,
    /// `Mittwoch, 18. März, 15:30 Uhr`.
    pub when: String,
    /// `84,20 €`.
    pub money: Option<String>,
    /// A right, not a duty.
    pub optional: bool,
    /// Where it comes from.
    pub source: Option<Source>,
    /// The words that ask for it.
    pub quote: Option<String>,
    /// The place of those words.
    pub quote_link: String,
    /// Wants something.
    pub open: bool,
    /// An answer can be taken back.
    pub can_reopen: bool,
    /// What became of it.
    pub status: &'static str,
    /// Until when nobody speaks of it.
    pub put_off: Option<String>,
    /// Who it is for, where it is not for all.
    pub assignees: Option<String>,
    /// Another open task must be done before it.
    pub waits: bool,
    /// `2 / 5` of its steps are done.
    pub steps: Option<String>,
    /// Its words.
    pub labels: Vec<String>,
    /// It can be chosen among others, to be answered with them.
    pub can_choose: bool,
}

/// How loud a day is, seen from `today`.
pub fn tone(due: Option<Date>, today: Date) -> &'static str {
    let Some(due) = due else {
        return "none";
    };
    match words::days_until(due, today) {
        ..0 => "overdue",
        0 => "today",
        1..=7 => "soon",
        _ => "calm",
    }
}

/// Makes cards of tasks, looking each document and person up once.
pub struct Dealer<'a> {
    tx: &'a ReadTx<'a>,
    locale: &'a Locale,
    people: HashMap<PersonId, String>,
    titles: HashMap<DocumentId, Option<String>>,
}

impl<'a> Dealer<'a> {
    /// Reads from `tx`, speaks as `locale` says.
    pub fn new(tx: &'a ReadTx<'a>, locale: &'a Locale) -> Result<Self, Error> {
        let people = people::list(tx)?
            .into_iter()
            .map(|it| (it.id, it.name))
            .collect();
        Ok(Self {
            tx,
            locale,
            people,
            titles: HashMap::new(),
        })
    }

    /// The card of a task.
    pub fn card(&mut self, task: &Task) -> Result<TaskCard, Error> {
        let (language, today) = (self.locale.language, self.locale.today());
        let mut card = card_of_day(self.locale, task.due, task.due_time);
        card.id = task.id.to_string();
        card.version = task.version;
        card.title.clone_from(&task.title);
        card.money = task.money.map(|it| words::money(language, it));
        card.optional = task.optional;
        card.open = task.status == Status::Open;
        card.can_reopen = matches!(task.status, Status::Done | Status::NotMine);
        card.status = words::status(language, task.status);
        if task.optional && task.due.is_some_and(|it| it < today) {
            card.tone = "none";
        }
        let put_off = task
            .later_until
            .filter(|it| *it > self.locale.now && card.open);
        card.put_off = put_off.map(|it| self.locale.moment(it));
        let names: Vec<&str> = task
            .assignees
            .iter()
            .filter_map(|it| self.people.get(it).map(String::as_str))
            .collect();
        card.assignees = (!names.is_empty()).then(|| names.join(", "));
        card.waits = card.open && self.waits(task)?;
        let done = task.steps.iter().filter(|it| it.done_at.is_some()).count();
        let steps = || words::steps(language, done, task.steps.len());
        card.steps = (!task.steps.is_empty()).then(steps);
        card.labels.clone_from(&task.labels);
        card.source = self.source(task)?;
        Ok(card)
    }

    fn waits(&self, task: &Task) -> Result<bool, Error> {
        for id in &task.blocked_by {
            match tasks::by_id(self.tx, *id) {
                Ok(before) if before.status == Status::Open => return Ok(true),
                Ok(_) | Err(Error::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// The card of a task with the words that ask for it.
    pub fn card_with_quote(&mut self, task: &Task) -> Result<TaskCard, Error> {
        let mut card = self.card(task)?;
        let Some(source) = task.source.as_ref().filter(|_| card.source.is_some()) else {
            return Ok(card);
        };
        let extraction = findings::corrected(self.tx, source.document)?;
        if let Some((position, evidence)) = evidence_of(&extraction, &source.key) {
            card.quote = quote(evidence);
            card.quote_link = format!("/documents/{}#e-w{position}", source.document);
        }
        Ok(card)
    }

    fn source(&mut self, task: &Task) -> Result<Option<Source>, Error> {
        let Some(source) = &task.source else {
            return Ok(None);
        };
        let id = source.document;
        if !self.titles.contains_key(&id) {
            let title = match documents::by_id(self.tx, id) {
                Ok(document) => Some(document.title),
                Err(Error::Missing { .. }) => None,
                Err(error) => return Err(error),
            };
            self.titles.insert(id, title);
        }
        let title = self.titles.get(&id).cloned().flatten();
        Ok(title.map(|title| Source {
            id: id.to_string(),
            // A title that begins with the sender need not be followed by the sender.
            label: if task.title.starts_with(&title) {
                self.locale.texts().view_document.to_owned()
            } else {
                title
            },
        }))
    }
}

/// A card with nothing but its day.
pub fn card_of_day(
    locale: &Locale,
    due: Option<Date>,
    due_time: Option<jiff::civil::Time>,
) -> TaskCard {
    let (language, today) = (locale.language, locale.today());
    let Some(due) = due else {
        return TaskCard {
            relative: locale.texts().without_day.to_owned(),
            tone: "none",
            ..TaskCard::default()
        };
    };
    let day = if due.year() == today.year() {
        words::long_day(language, due)
    } else {
        words::day(language, due)
    };
    let when = due_time.map_or_else(
        || day.clone(),
        |time| format!("{day}, {}", words::hour(language, time)),
    );
    TaskCard {
        leaf: Some(Leaf {
            iso: due.to_string(),
            day: due.day().to_string(),
            month: words::short_month(language, due),
        }),
        relative: words::relative(language, due, today),
        tone: tone(Some(due), today),
        when,
        ..TaskCard::default()
    }
}

/// The evidence of the obligation with that key, and its place among the obligations.
pub fn evidence_of<'a>(extraction: &'a Extraction, key: &str) -> Option<(usize, &'a Evidence)> {
    let position = keys(&extraction.obligations)
        .iter()
        .position(|it| it == key)?;
    let obligation = extraction.obligations.get(position)?;
    Some((position, &obligation.evidence))
}

/// The words of evidence in one line, not too long.
pub fn quote(evidence: &Evidence) -> Option<String> {
    const LETTERS_MAX: usize = 120;
    let words: Vec<&str> = evidence.text.split_whitespace().collect();
    let line = words.join(" ");
    let line = line.trim_matches(|it: char| it.is_whitespace() || "·•|-–—,;:".contains(it));
    let mut short: String = line.chars().take(LETTERS_MAX).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

/// A hit of the search among the words around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Words before it.
    pub before: String,
    /// The word that was found.
    pub hit: String,
    /// Words after it.
    pub after: String,
}

/// A document in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What sort.
    pub kind: Option<&'static str>,
    /// Its day, else the day it arrived.
    pub day: String,
    /// When it arrived.
    pub received: String,
    /// How far it has come.
    pub stage: &'static str,
    /// A worker has it.
    pub in_work: bool,
    /// How far its reading has come, while it waits for it or is being read.
    pub bar: Option<Bar>,
    /// It needs a person.
    pub stuck: bool,
    /// There is a picture of it.
    pub has_thumbnail: bool,
    /// Where the search found something.
    pub snippet: Option<Snippet>,
}

/// How far the reading of a document has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The document.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Pages read.
    pub done: u32,
    /// Pages there are; 0 while that is not known.
    pub pages: u32,
    /// `Seite 12 von 60`; while that is not known, that it is being read.
    pub label: String,
}

/// The bar of a document that waits to be read or is being read.
pub fn bar(locale: &Locale, readings: &Readings, document: &Document) -> Option<Bar> {
    if document.stage != Stage::Received || document.deleted_at.is_some() {
        return None;
    }
    let progress = readings.of(document.id).unwrap_or_default();
    let label = match progress.pages {
        0 => words::stage(locale.language, &document.stage).to_owned(),
        pages => words::page_of_pages(locale.texts(), progress.pages_done, pages),
    };
    Some(Bar {
        id: document.id.to_string(),
        title: document.title.clone(),
        done: progress.pages_done,
        pages: progress.pages,
        label,
    })
}

/// Whether a worker has it.
pub const fn is_in_work(document: &Document) -> bool {
    matches!(document.stage, Stage::Received | Stage::Read { .. })
}

/// A document as lists show it.
pub fn sheet(locale: &Locale, files: &blobs::Blobs, readings: &Readings, listed: &Listed) -> Sheet {
    let document = &listed.document;
    let arrived = document.received_at.to_zoned(locale.zone.clone()).date();
    let day = listed.issue_date.unwrap_or(arrived);
    let picture = parts::picture(files, document, blobs::Picture::Thumbnail);
    Sheet {
        id: document.id.to_string(),
        title: document.title.clone(),
        kind: listed.kind.map(|it| words::kind(locale.language, it)),
        day: words::day(locale.language, day),
        received: locale.moment(document.received_at),
        stage: words::stage(locale.language, &document.stage),
        in_work: is_in_work(document),
        bar: bar(locale, readings, document),
        stuck: matches!(document.stage, Stage::Stuck { .. }),
        has_thumbnail: files.contains(&picture),
        snippet: None,
    }
}
