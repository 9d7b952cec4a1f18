//! One connection to Home Assistant, from its welcome to its end: calls are numbered and wait for their
//! answers, subscriptions tell what changed, and a connection that has gone silent is given up.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::notices::{BUTTON, REPLY};
use super::socket::{Ask, Connection, Entities, Entity, Incoming, Line, Settings};
use super::websocket::{Broken, Heard, Reader, Writer};
use crate::connect::SendError;

/// Calls that wait for their answers at the most.
const UNDER_WAY_MAX: usize = 64;
/// How often the connection is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// A connection on which nothing was heard for so long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(40);
/// Letters of a button's name at the most: what is longer is none of ours.
const BUTTON_LETTERS_MAX: usize = 400;
/// Letters of what is written below a notification at the most.
const REPLY_LETTERS_MAX: usize = 1000;

/// One connection.
pub(super) struct Session<'a, R, W> {
    reader: Reader<R>,
    writer: Writer<W>,
    line: &'a Line,
    settings: &'a Settings,
    last: u64,
    under_way: HashMap<u64, oneshot::Sender<Result<Value, SendError>>>,
    taps: u64,
    states: u64,
    /// The subscription of the list, once it is there.
    items: Option<u64>,
    heard_at: Instant,
}

impl<'a, R, W> Session<'a, R, W>
where
    R: tokio::io::AsyncRead + Unpin,
    W: tokio::io::AsyncWrite + Unpin,
{
    /// A connection that was let in.
    pub fn new(
        reader: Reader<R>,
        writer: Writer<W>,
        line: &'a Line,
        settings: &'a Settings,
    ) -> Self {
        Self {
            reader,
            writer,
            line,
            settings,
            last: 0,
            under_way: HashMap::new(),
            taps: 0,
            states: 0,
            items: None,
            heard_at: Instant::now(),
        }
    }

    /// Asks to be told what changes.
    pub async fn listen(&mut self) -> Result<(), Broken> {
        let taps = json!({
            "type": "subscribe_events", "event_type": "mobile_app_notification_action",
        });
        self.taps = self.say(taps).await?;
        let mut entities = self.settings.entities.clone();
        entities.extend(self.settings.list.clone());
        if !entities.is_empty() {
            let states = json!({"type": "subscribe_entities", "entity_ids": entities});
            self.states = self.say(states).await?;
        }
        Ok(())
    }

    /// Carries calls and what is heard until the connection ends.
    pub async fn run(&mut self, outbound: &mut mpsc::Receiver<Ask>) -> Broken {
        match self.carry(outbound).await {
            Ok(()) => Broken("workmate is stopping"),
            Err(broken) => broken,
        }
    }

    async fn carry(&mut self, outbound: &mut mpsc::Receiver<Ask>) -> Result<(), Broken> {
        self.line.tell(Incoming::Connected).await;
        let mut look = interval(LOOK_AFTER);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let has_room = self.under_way.len() < UNDER_WAY_MAX;
            tokio::select! {
                heard = self.reader.next() => {
                    self.heard_at = Instant::now();
                    self.take(heard?).await?;
                }
                ask = outbound.recv(), if has_room => {
                    let Some(ask) = ask else { return Ok(()) };
                    let number = self.say(ask.command).await?;
                    self.under_way.insert(number, ask.answer);
                }
                _ = look.tick() => {
                    self.under_way.retain(|_, it| !it.is_closed());
                    if self.heard_at.elapsed() >= SILENCE_MAX {
                        return Err(Broken("it has gone silent"));
                    }
                    self.say(json!({"type": "ping"})).await?;
                }
            }
        }
    }

    /// Sends a command under the next number.
    async fn say(&mut self, mut command: Value) -> Result<u64, Broken> {
        self.last += 1;
        if let Some(command) = command.as_object_mut() {
            command.insert("id".to_owned(), json!(self.last));
        }
        self.writer.text(&command.to_string()).await?;
        Ok(self.last)
    }

    async fn take(&mut self, heard: Heard) -> Result<(), Broken> {
        let text = match heard {
            Heard::Text(text) => text,
            Heard::Ping(bytes) => return self.writer.pong(&bytes).await,
            Heard::Pong => return Ok(()),
            Heard::Closed => return Err(Broken("it closed the connection")),
        };
        let Ok(message) = serde_json::from_str::<Value>(&text) else {
            return Err(Broken("it says what is no JSON"));
        };
        let number = message.get("id").and_then(Value::as_u64).unwrap_or(0);
        match message.get("type").and_then(Value::as_str) {
            Some("result") => self.answered(number, &message),
            Some("event") => {
                let event = message.get("event").unwrap_or(&Value::Null);
                self.happened(number, event).await?;
            }
            _ => {}
        }
        Ok(())
    }

    fn answered(&mut self, number: u64, message: &Value) {
        let is_well = message.get("success").and_then(Value::as_bool) == Some(true);
        if number == self.taps && !is_well {
            log::warn!(
                "Home Assistant does not tell of taps on notifications: the token must be an administrator's"
            );
            self.line.connection.send_modify(|it| {
                if let Connection::Up { hears_taps, .. } = it {
                    *hears_taps = false;
                }
            });
        }
        if self.items == Some(number) && !is_well {
            self.items = None;
        }
        let Some(asker) = self.under_way.remove(&number) else {
            return;
        };
        let answer = if is_well {
            Ok(message.get("result").cloned().unwrap_or_default())
        } else {
            let code = message.pointer("/error/code").and_then(Value::as_str);
            Err(refused(code.unwrap_or("unknown_error")))
        };
        // Whoever asked may have given up.
        drop(asker.send(answer));
    }

    async fn happened(&mut self, number: u64, event: &Value) -> Result<(), Broken> {
        if number == self.taps {
            let button = event.pointer("/data/action").and_then(Value::as_str);
            let button = button.filter(|it| it.len() <= BUTTON_LETTERS_MAX);
            let words = event.pointer("/data/reply_text").and_then(Value::as_str);
            match (button.map(str::to_owned), words) {
                (Some(button), _) if button.starts_with(BUTTON) => {
                    self.line.tell(Incoming::Tapped(button)).await;
                }
                (Some(button), Some(words)) if button.starts_with(REPLY) => {
                    let words = words.chars().take(REPLY_LETTERS_MAX).collect();
                    self.line.tell(Incoming::Replied { button, words }).await;
                }
                _ => {}
            }
        } else if number == self.states {
            self.line.entities.send_modify(|it| apply(it, event));
            self.follow_list().await?;
            self.line.tell(Incoming::Changed).await;
        } else if Some(number) == self.items {
            self.line.tell(Incoming::Changed).await;
        }
        Ok(())
    }

    /// A list that is loaded tells of its items; one that goes forgets who listened.
    async fn follow_list(&mut self) -> Result<(), Broken> {
        let Some(list) = &self.settings.list else {
            return Ok(());
        };
        let entity = self.line.entities.borrow().get(list).cloned();
        let is_there = entity.is_some_and(|it| it.is_available());
        match (is_there, self.items) {
            (false, _) => self.items = None,
            (true, Some(_)) => {}
            (true, None) => {
                let items = json!({"type": "todo/item/subscribe", "entity_id": list});
                self.items = Some(self.say(items).await?);
            }
        }
        Ok(())
    }
}

/// What an error of a call means for what was to be said. Its text may hold content, so the code alone
/// is told.
fn refused(code: &str) -> SendError {
    let reason = format!("Home Assistant answered {code}");
    match code {
        "invalid_format" | "not_supported" | "service_validation_error" => {
            SendError::permanent(reason)
        }
        // What is not found may not be loaded yet.
        _ => SendError::transient(reason),
    }
}

/// Puts a message of `subscribe_entities` into what is known: added, changed, removed.
fn apply(entities: &mut Entities, event: &Value) {
    let each = |kind: &str| {
        event
            .get(kind)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    };
    for (id, added) in each("a") {
        let entity = entities.entry(id.clone()).or_default();
        *entity = Entity::default();
        put(entity, added);
    }
    for (id, changed) in each("c") {
        if let (Some(entity), Some(now)) = (entities.get_mut(id), changed.get("+")) {
            put(entity, now);
        }
    }
    let removed = event.get("r").and_then(Value::as_array);
    for id in removed.into_iter().flatten().filter_map(Value::as_str) {
        entities.remove(id);
    }
}

fn put(entity: &mut Entity, said: &Value) {
    if let Some(state) = said.get("s").and_then(Value::as_str) {
        state.clone_into(&mut entity.state);
    }
    if let Some(features) = said
        .pointer("/a/supported_features")
        .and_then(Value::as_u64)
    {
        entity.features = features;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_what_is_added_changed_and_removed() {
        let mut entities = Entities::new();
        let added = json!({"a": {
            "todo.family": {"s": "2", "a": {"supported_features": 127}, "c": "x", "lc": 1.0},
            "person.anna": {"s": "home", "a": {}},
        }});
        apply(&mut entities, &added);
        assert_eq!(entities["todo.family"].features, 127);
        let changed = json!({"c": {"todo.family": {"+": {"s": "unavailable"}, "-": {"a": ["x"]}}}});
        apply(&mut entities, &changed);
        assert!(!entities["todo.family"].is_available());
        assert!(entities["person.anna"].is_available());
        apply(&mut entities, &json!({"r": ["person.anna"]}));
        assert_eq!(entities.len(), 1);
        apply(&mut entities, &json!("nonsense"));
    }

    #[test]
    fn an_error_says_whether_to_try_again_and_none_of_its_text() {
        assert!(matches!(refused("not_found"), SendError::Transient { .. }));
        let never = refused("service_validation_error");
        assert!(matches!(never, SendError::Permanent { .. }));
    }
}
