//! The journal as people read it: what was done, when and by whom.

use std::collections::HashMap;

use crate::domain::journal::{Actor, Entity, Entry};
use crate::domain::person::Language;
use crate::store::{Error, ReadTx, journal, people};
use crate::web::frame::Locale;
use crate::web::words::pick;

/// One line of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the journal.
    pub sequence: u64,
    /// What was done.
    pub text: String,
    /// When.
    pub at: String,
    /// By whom.
    pub who: String,
    /// The thing's page.
    pub link: Option<String>,
    /// What was said, where somebody said something.
    pub said: Option<String>,
}

/// Whether somebody said something in one of `lines`.
pub fn have_comment(lines: &[Line]) -> bool {
    lines.iter().any(|it| it.said.is_some())
}

/// Entries as lines.
pub fn lines(tx: &ReadTx<'_>, locale: &Locale, entries: &[Entry]) -> Result<Vec<Line>, Error> {
    let mut names: HashMap<String, String> = HashMap::new();
    names.extend(
        people::list(tx)?
            .into_iter()
            .map(|it| (it.id.to_string(), it.name)),
    );
    names.extend(
        people::tokens(tx)?
            .into_iter()
            .map(|it| (it.id.to_string(), it.name)),
    );
    let line = |entry: &Entry| -> Result<Line, Error> {
        Ok(Line {
            said: journal::comment(tx, entry)?,
            sequence: entry.sequence,
            text: text(locale.language, entry),
            at: locale.moment(entry.at),
            who: who(locale.language, &entry.actor, &names),
            link: match entry.entity {
                Entity::Document => Some(format!("/documents/{}", entry.entity_id)),
                Entity::Task => Some(format!("/tasks/{}", entry.entity_id)),
                Entity::Party => Some("/senders".to_owned()),
                Entity::Delivery | Entity::Person | Entity::Token | Entity::Setting => None,
            },
        })
    };
    entries.iter().map(line).collect()
}

fn who(language: Language, actor: &Actor, names: &HashMap<String, String>) -> String {
    if let Some(name) = names.get(&actor.name) {
        return match actor.channel.as_str() {
            "web" => name.clone(),
            channel => format!("{name} ({channel})"),
        };
    }
    match actor.channel.as_str() {
        "worker" => pick(language, "workmate", "workmate").to_owned(),
        "folder" => pick(language, "überwachter Ordner", "watched folder").to_owned(),
        "mqtt" => "MQTT".to_owned(),
        "command" => pick(language, "Befehlszeile", "command line").to_owned(),
        channel => channel.to_owned(),
    }
}

fn text(language: Language, entry: &Entry) -> String {
    let noun = match entry.entity {
        Entity::Document => pick(language, "Dokument", "Document"),
        Entity::Task => pick(language, "Aufgabe", "Task"),
        Entity::Delivery => pick(language, "Nachricht", "Message"),
        Entity::Person => pick(language, "Person", "Person"),
        Entity::Token => pick(language, "Zugang", "Token"),
        Entity::Setting => pick(language, "Einstellung", "Setting"),
        Entity::Party => pick(language, "Absender", "Sender"),
    };
    format!("{noun} {}", deed(language, &entry.change))
}

fn deed(language: Language, change: &str) -> String {
    let (german, english) = match change {
        "accepted" => ("angenommen", "accepted"),
        "read" => ("gelesen", "read"),
        "understood" => ("verstanden", "understood"),
        "stuck" => ("festgefahren", "stuck"),
        "cancelled" => ("abgebrochen", "cancelled"),
        "retried" => ("noch einmal begonnen", "started again"),
        "corrected" => ("berichtigt", "corrected"),
        "asked" => ("einem Sprachmodell gezeigt", "shown to a language model"),
        "met" => ("kennengelernt", "met"),
        "taught" => ("berichtigt", "taught"),
        "account learned" => ("hat ein Konto genannt", "named an account"),
        "mark learned" => ("am Briefkopf kennengelernt", "known by its letterhead"),
        "lesson forgotten" => ("hat Gelerntes vergessen", "lost a lesson"),
        "forgotten" => ("vergessen", "forgotten"),
        "deleted" => ("in den Papierkorb gelegt", "moved to the trash"),
        "handed over" => (
            "gehört jetzt zu etwas anderem",
            "goes with something else now",
        ),
        "restored" => ("wiederhergestellt", "restored"),
        "erased" => ("endgültig gelöscht", "erased"),
        "created" => ("angelegt", "created"),
        "derived" => ("aus dem Dokument abgeleitet", "derived from its document"),
        "followed its document" => ("dem Dokument angepasst", "followed its document"),
        "withdrawn" => ("hinfällig geworden", "withdrawn"),
        "edited" => ("geändert", "edited"),
        "done" => ("erledigt", "done"),
        "later" => ("zurückgestellt", "put off"),
        "not_mine" => ("abgegeben", "handed back"),
        "manner changed" => ("will anders erinnert werden", "is told differently"),
        "calendar opened" => ("hat eine Kalenderadresse", "has a calendar address"),
        "calendar closed" => (
            "hat keine Kalenderadresse mehr",
            "has no calendar address any more",
        ),
        "acknowledged" => ("zur Kenntnis genommen", "acknowledged"),
        "looked at" => ("angesehen", "looked at"),
        "muted" => ("stumm geschaltet", "muted"),
        "continued" => ("geht mit der nächsten weiter", "goes on with the next one"),
        "came again" => ("kommt wieder", "came again"),
        "commented" => ("kommentiert", "commented on"),
        "step done" => ("einen Schritt weiter", "one step further"),
        "step reopened" => ("einen Schritt zurück", "one step back"),
        "reopened" => ("wieder geöffnet", "opened again"),
        "removed" => ("gelöscht", "removed"),
        "account linked" => (
            "hat ein Konto in Home Assistant",
            "has an account in Home Assistant",
        ),
        "renamed" => ("heißt jetzt anders", "is called differently"),
        "added" => ("hinzugefügt", "added"),
        "delivered" => ("zugestellt", "delivered"),
        "failed" => ("nicht zugestellt", "not delivered"),
        "revoked" => ("entzogen", "revoked"),
        "set" => ("gesetzt", "set"),
        "language changed" => ("spricht jetzt anders", "changed language"),
        "password changed" => ("hat ein neues Passwort", "has a new password"),
        other => return other.to_owned(),
    };
    pick(language, german, english).to_owned()
}
