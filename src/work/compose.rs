//! What a delivery says to a person, in their language: one task with its day, money and sender and the
//! links to answer it, or several tasks in a list.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::connect::message::{AnswerLink, Message};
use crate::domain::finding::Field;
use crate::domain::id::{DeliveryId, PersonId};
use crate::domain::ladder::Reach;
use crate::domain::person::Language;
use crate::domain::policy::Detail;
use crate::domain::reminder::Level;
use crate::domain::task::{AnswerKind, Status, Task};
use crate::domain::wording;
use crate::store::deliveries::{Spoken, Subject, Waiting};
use crate::store::links::Claim;
use crate::store::{Error, ReadTx, findings, people};

/// Tasks that a list names; the rest are counted.
const NAMED_MAX: usize = 20;

/// How the house speaks to people.
#[derive(Clone)]
pub struct Voice {
    /// Of the household, where a person has chosen none.
    pub language: Language,
    /// In which days begin.
    pub zone: TimeZone,
    /// Where the house answers in the browser, without a slash at its end.
    pub base_url: String,
    /// How much the channel tells.
    pub detail: Detail,
    /// Signs the links with answers.
    pub key: [u8; 32],
}

/// A key never shows.
impl std::fmt::Debug for Voice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Voice")
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

/// The language of whoever is told, or of the household.
pub fn language(tx: &ReadTx<'_>, waiting: &Waiting, voice: &Voice) -> Result<Language, Error> {
    let own = match waiting.delivery.person {
        Some(id) => people::by_id(tx, id)?.language,
        None => None,
    };
    Ok(own.unwrap_or(voice.language))
}

/// The message of a delivery; `None` if there is nothing left to say.
pub fn message(
    tx: &ReadTx<'_>,
    waiting: &Waiting,
    voice: &Voice,
) -> Result<Option<Message>, Error> {
    let speaker = Speaker {
        tx,
        voice,
        language: language(tx, waiting, voice)?,
        today: tx.now().to_zoned(voice.zone.clone()).date(),
        delivery: waiting.delivery.id,
        person: waiting.delivery.person,
    };
    match &waiting.subject {
        Subject::Test => Ok(Some(speaker.test())),
        Subject::Digest { tasks } => Ok(speaker.late(tasks)),
        Subject::Tasks(spoken) => match spoken.as_slice() {
            [] => Ok(None),
            [one] => speaker.one(one).map(Some),
            several => Ok(Some(speaker.several(several))),
        },
    }
}

struct Speaker<'a> {
    tx: &'a ReadTx<'a>,
    voice: &'a Voice,
    language: Language,
    today: Date,
    delivery: DeliveryId,
    person: Option<PersonId>,
}

impl Speaker<'_> {
    fn pick(&self, german: &str, english: &str) -> String {
        match self.language {
            Language::German => german.to_owned(),
            Language::English => english.to_owned(),
        }
    }

    fn title(&self, task: &Task) -> String {
        match self.voice.detail {
            Detail::Full | Detail::Title => task.title.clone(),
            Detail::None => self.pick("Etwas ist zu tun", "Something is to be done"),
        }
    }

    fn due(&self, task: &Task) -> Option<String> {
        let due = task.due?;
        let day = wording::day(due, self.language);
        let hour = task.due_time.map(|it| it.strftime("%H:%M").to_string());
        let at = match (&hour, self.language) {
            (None, _) => day,
            (Some(hour), Language::German) => format!("{day}, {hour} Uhr"),
            (Some(hour), Language::English) => format!("{day}, {hour}"),
        };
        let left = wording::days_left(due, self.today, self.language);
        Some(match self.language {
            Language::German => format!("Fällig: {at} ({left})"),
            Language::English => format!("Due: {at} ({left})"),
        })
    }

    fn one(&self, spoken: &Spoken) -> Result<Message, Error> {
        let task = &spoken.task;
        let mut lines: Vec<String> = self.why(spoken).into_iter().collect();
        lines.extend(self.due(task));
        if self.voice.detail == Detail::Full {
            lines.extend(task.money.map(|it| wording::money(it, self.language)));
            if let Some(source) = &task.source {
                let found = findings::corrected(self.tx, source.document)?;
                let sender = found.text(Field::Sender);
                lines.extend(sender.map(|it| format!("{}: {it}", self.pick("Von", "From"))));
            }
            lines.extend((!task.notes.is_empty()).then(|| task.notes.clone()));
        }
        Ok(Message {
            delivery: self.delivery,
            title: self.title(task),
            lines,
            level: spoken.level,
            url: Some(format!("{}/tasks/{}", self.voice.base_url, task.id)),
            answers: self.answers(task),
        })
    }

    /// Why it is this person who is told.
    fn why(&self, spoken: &Spoken) -> Option<String> {
        let instead_of = spoken
            .instead_of
            .and_then(|it| people::by_id(self.tx, it).ok());
        if let Some(person) = instead_of {
            let name = person.name;
            return Some(match self.language {
                Language::German => format!("In Vertretung von {name}."),
                Language::English => format!("Standing in for {name}."),
            });
        }
        match spoken.reach {
            Reach::Assignees => None,
            Reach::Louder | Reach::Second | Reach::Everyone => Some(self.pick(
                "Bisher hat niemand geantwortet.",
                "Nobody has answered so far.",
            )),
        }
    }

    fn answers(&self, task: &Task) -> Vec<AnswerLink> {
        let link = |(answer, german, english): (AnswerKind, &str, &str)| {
            let ids = (self.delivery, task.id);
            let claim = Claim::new(ids, self.person, answer, self.tx.now());
            let signed = claim.signed(&self.voice.key);
            AnswerLink {
                label: self.pick(german, english),
                url: format!("{}/answer/{signed}", self.voice.base_url),
            }
        };
        [
            (AnswerKind::Done, "Erledigt", "Done"),
            (AnswerKind::Later, "Morgen wieder", "Tomorrow"),
            (AnswerKind::NotMine, "Nicht meins", "Not mine"),
        ]
        .map(link)
        .into()
    }

    fn several(&self, spoken: &[Spoken]) -> Message {
        let level = spoken.iter().map(|it| it.level).max();
        let tasks: Vec<&Task> = spoken.iter().map(|it| &it.task).collect();
        let count = tasks.len();
        let title = match self.language {
            Language::German => format!("{count} Aufgaben"),
            Language::English => format!("{count} tasks"),
        };
        self.list(title, &tasks, level.unwrap_or(Level::Info))
    }

    /// Asks about days that had passed before they arrived, where nobody has answered meanwhile.
    fn late(&self, tasks: &[Task]) -> Option<Message> {
        let tasks: Vec<&Task> = tasks
            .iter()
            .filter(|it| it.status == Status::Open)
            .collect();
        let count = tasks.len();
        let title = match self.language {
            Language::German => format!("{count} Fristen lagen schon vor dem Eingang"),
            Language::English => format!("{count} days had passed before they arrived"),
        };
        if count == 0 {
            return None;
        }
        let mut message = self.list(title, &tasks, Level::Info);
        message.lines.push(self.pick(
            "Was davon ist noch zu tun? Auf der Seite lässt sich alles auf einmal beantworten.",
            "Which of these are still to be done? All can be answered at once on the page.",
        ));
        message.url = Some(format!("{}/tasks", self.voice.base_url));
        Some(message)
    }

    fn list(&self, title: String, tasks: &[&Task], level: Level) -> Message {
        let line = |task: &&Task| match self.due(task) {
            Some(due) => format!("• {} – {due}", self.title(task)),
            None => format!("• {}", self.title(task)),
        };
        let mut lines: Vec<String> = tasks.iter().take(NAMED_MAX).map(line).collect();
        if tasks.len() > NAMED_MAX {
            let more = tasks.len() - NAMED_MAX;
            lines.push(match self.language {
                Language::German => format!("… und {more} weitere"),
                Language::English => format!("… and {more} more"),
            });
        }
        Message {
            delivery: self.delivery,
            title,
            lines,
            level,
            url: Some(format!("{}/", self.voice.base_url)),
            answers: Vec::new(),
        }
    }

    fn test(&self) -> Message {
        Message {
            delivery: self.delivery,
            title: self.pick("workmate: Probe", "workmate: test"),
            lines: vec![self.pick(
                "Auf diesem Weg erreichen Sie Erinnerungen.",
                "Reminders reach you this way.",
            )],
            level: Level::Info,
            url: Some(format!("{}/me", self.voice.base_url)),
            answers: Vec::new(),
        }
    }
}
