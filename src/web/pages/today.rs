//! Today: the next thing to do on top, then everything else by its day, and what wants a decision.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::ToSpan;

use crate::domain::task::{Status, Task};
use crate::store::tasks::Days;
use crate::store::{Error, ReadTx, Store, blobs::Blobs, documents, findings, overview, tasks};
use crate::web::cards::{Dealer, Sheet, TaskCard, sheet};
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Locale, Shell, page};
use crate::web::texts::Texts;
use crate::web::words;
use crate::work::Readings;

/// Open tasks of the next days shown at the most; the page of tasks has all of them.
const TASKS_MAX: u32 = 200;
/// Days ahead that are looked at closely.
const CLOSE_DAYS: i32 = 7;
/// Open tasks shown that are due later, and that are due on no day.
const LATER_MAX: u32 = 20;
/// Questions shown.
const QUESTIONS_MAX: u32 = 8;
/// Stuck documents shown.
const STUCK_MAX: u32 = 8;
/// New documents shown.
const ARRIVALS_MAX: u32 = 6;

/// Tasks of one stretch of time.
pub struct Section {
    title: &'static str,
    hint: Option<&'static str>,
    cards: Vec<TaskCard>,
}

/// Something that wants a decision.
pub struct Item {
    text: String,
    title: String,
    link: String,
    icon: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage<'a> {
    shell: &'a Shell,
    day: String,
    summary: String,
    /// Until when nobody is told anything in person, if that is so.
    quiet: Option<String>,
    next: Option<TaskCard>,
    sections: Vec<Section>,
    /// There are open tasks that are not shown.
    has_more: bool,
    inbox: Vec<Item>,
    arrivals: Vec<Sheet>,
    has_documents: bool,
}

struct Found {
    summary: String,
    quiet: Option<String>,
    next: Option<TaskCard>,
    sections: Vec<Section>,
    has_more: bool,
    inbox: Vec<Item>,
    arrivals: Vec<Sheet>,
}

/// `GET /`
pub async fn show(
    State(store): State<Store>,
    State(readings): State<Readings>,
    frame: Frame,
) -> Result<Response, Failure> {
    let (locale, files) = (frame.locale.clone(), store.clone());
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, files.blobs(), &readings);
    let found = store.read(frame.me.viewer(), look).await?;
    let template = TodayPage {
        shell: &frame.shell,
        day: words::long_day(frame.locale.language, frame.locale.today()),
        summary: found.summary,
        quiet: found.quiet,
        next: found.next,
        sections: found.sections,
        has_more: found.has_more,
        inbox: found.inbox,
        has_documents: !found.arrivals.is_empty(),
        arrivals: found.arrivals,
    };
    page(&frame.shell, &template)
}

fn look(
    tx: &ReadTx<'_>,
    locale: &Locale,
    files: &Blobs,
    readings: &Readings,
) -> Result<Found, Error> {
    let (mut open, has_more) = open_tasks(tx, locale)?;
    let mut dealer = Dealer::new(tx, locale)?;
    let stretch = |task: &Task| Stretch::of(task, locale);
    let week = open
        .iter()
        .filter(|it| stretch(it).is_within_a_week())
        .count();
    let overdue = open
        .iter()
        .filter(|it| stretch(it) == Stretch::Overdue)
        .count();
    let next = open
        .iter()
        .enumerate()
        .filter(|(_, it)| stretch(it).can_be_next())
        .min_by_key(|(_, it)| (stretch(it), it.due, it.due_time.is_none(), it.due_time))
        .map(|(position, _)| position);
    let next = next.map(|position| open.remove(position));
    let next = next.map(|it| dealer.card_with_quote(&it)).transpose()?;
    let mut sections = Vec::new();
    for one in Stretch::ALL {
        let mut cards = Vec::new();
        for task in open.iter().filter(|it| stretch(it) == one) {
            cards.push(dealer.card(task)?);
        }
        if !cards.is_empty() {
            let (title, hint) = one.words(locale.texts());
            sections.push(Section { title, hint, cards });
        }
    }
    let recent = documents::list(tx, &documents::Filter::default(), ARRIVALS_MAX)?;
    Ok(Found {
        summary: words::summary(locale.language, week, overdue),
        quiet: overview::quiet_until(tx)?.map(|it| locale.moment(it)),
        next,
        sections,
        has_more,
        inbox: inbox(tx)?,
        arrivals: recent
            .iter()
            .map(|it| sheet(locale, files, readings, it))
            .collect(),
    })
}

/// The open tasks that the page shows, and whether there are more of them.
fn open_tasks(tx: &ReadTx<'_>, locale: &Locale) -> Result<(Vec<Task>, bool), Error> {
    let close = locale.today().saturating_add(CLOSE_DAYS.days());
    let mut open = Vec::new();
    let mut has_more = false;
    for (days, most) in [
        (Days::Until(close), TASKS_MAX),
        (Days::After(close), LATER_MAX),
        (Days::None, LATER_MAX),
    ] {
        let filter = tasks::Filter {
            status: Some(Status::Open),
            days: Some(days),
            ..tasks::Filter::default()
        };
        let found = tasks::list(tx, &filter, most + 1)?;
        let shown = usize::try_from(most).unwrap_or(usize::MAX);
        has_more |= found.len() > shown;
        open.extend(found.into_iter().take(shown));
    }
    Ok((open, has_more))
}

fn inbox(tx: &ReadTx<'_>) -> Result<Vec<Item>, Error> {
    let stage = Some("stuck".to_owned());
    let filter = documents::Filter {
        stage,
        ..documents::Filter::default()
    };
    let mut items = Vec::new();
    for listed in documents::list(tx, &filter, STUCK_MAX)? {
        let document = listed.document;
        if let crate::domain::document::Stage::Stuck { reason, .. } = document.stage {
            items.push(Item {
                text: reason,
                title: document.title,
                link: format!("/documents/{}", document.id),
                icon: "i-stuck",
                class: "bad",
            });
        }
    }
    for asked in findings::questions(tx, QUESTIONS_MAX)? {
        items.push(Item {
            text: asked.question.text,
            title: asked.title,
            link: format!("/documents/{}", asked.document),
            icon: "i-question",
            class: "",
        });
    }
    Ok(items)
}

/// Where a task stands in time, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stretch {
    Overdue,
    Today,
    Week,
    Later,
    WithoutDay,
    PutOff,
    ArrivedLate,
    RightsEnded,
}

impl Stretch {
    const ALL: [Self; 8] = [
        Self::Overdue,
        Self::Today,
        Self::Week,
        Self::Later,
        Self::WithoutDay,
        Self::PutOff,
        Self::ArrivedLate,
        Self::RightsEnded,
    ];

    fn of(task: &Task, locale: &Locale) -> Self {
        if task.later_until.is_some_and(|it| it > locale.now) {
            return Self::PutOff;
        }
        let Some(due) = task.due else {
            return Self::WithoutDay;
        };
        match words::days_until(due, locale.today()) {
            ..0 if task.arrived_late => Self::ArrivedLate,
            ..0 if task.optional => Self::RightsEnded,
            ..0 => Self::Overdue,
            0 => Self::Today,
            1..=CLOSE_DAYS => Self::Week,
            _ => Self::Later,
        }
    }

    fn is_within_a_week(self) -> bool {
        matches!(self, Self::Overdue | Self::Today | Self::Week)
    }

    fn can_be_next(self) -> bool {
        self <= Self::WithoutDay
    }

    const fn words(self, t: &'static Texts) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Overdue => (t.overdue, None),
            Self::Today => (t.due_today, None),
            Self::Week => (t.this_week, None),
            Self::Later => (t.later_on, None),
            Self::WithoutDay => (t.without_day, None),
            Self::PutOff => (t.put_off, None),
            Self::ArrivedLate => (t.arrived_late_title, Some(t.arrived_late_hint)),
            Self::RightsEnded => (t.rights_ended, None),
        }
    }
}
