//! A to-do list of a real Home Assistant and the household's tasks, kept the same from both sides.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::home_assistant::HomeAssistant;
use crate::mosquitto::Mosquitto;
use crate::process::eventually;
use crate::soak;

const PATIENCE: Duration = Duration::from_secs(45);
const LIST: &str = "todo.family";
/// Edits in the gate; `make soak` makes 500.
const EDITS: u64 = 40;

struct Scene {
    home: HomeAssistant,
    daemon: Daemon,
    _broker: Mosquitto,
}

async fn scene() -> Scene {
    let broker = Mosquitto::start();
    let home = HomeAssistant::start(&broker).await;
    home.integrate("local_todo", &[json!({"todo_list_name": "Family"})])
        .await;
    let mut daemon = home.workmate(&[("WORKMATE_HOME_ASSISTANT__TODO", LIST)]);
    daemon.start().await;
    Scene {
        home,
        daemon,
        _broker: broker,
    }
}

impl Scene {
    async fn act(&self, service: &str, mut data: Value) {
        data["entity_id"] = json!(LIST);
        self.home.call("todo", service, data).await;
    }

    /// The tasks of this status.
    async fn tasks(&self, status: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("tasks?status={status}&limit=200{cursor}");
            let Some(page) = self.daemon.get(&path).await else {
                return all;
            };
            all.extend(page["tasks"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    async fn task(&self, title: &str, status: &str) -> Value {
        let what = format!("there is a task {title} that is {status}");
        eventually(&what, PATIENCE, || async {
            let tasks = self.tasks(status).await;
            tasks.into_iter().find(|it| it["title"] == title)
        })
        .await
    }

    async fn item(&self, title: &str, status: &str) -> Value {
        let what = format!("there is an item {title} that is {status}");
        eventually(&what, PATIENCE, || async {
            let items = self.home.items(LIST).await;
            let mut items = items.into_iter();
            items.find(|it| it["summary"] == title && it["status"] == status)
        })
        .await
    }

    async fn here(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for status in ["open", "done"] {
            for task in self.tasks(status).await {
                let due = task["due"].as_str().unwrap_or_default();
                lines.push(format!("{} {due} {}", task["title"], status == "done"));
            }
        }
        lines.sort();
        lines
    }

    async fn there(&self) -> Vec<String> {
        let line = |it: &Value| {
            let due = it["due"].as_str().unwrap_or_default();
            format!("{} {due} {}", it["summary"], it["status"] == "completed")
        };
        let mut lines: Vec<String> = self.home.items(LIST).await.iter().map(line).collect();
        lines.sort();
        lines
    }
}

#[tokio::test]
async fn what_is_added_ticked_or_moved_on_one_side_is_on_the_other() {
    let mut scene = scene().await;
    scene
        .act(
            "add_item",
            json!({"item": "Milk", "due_date": "2099-03-01"}),
        )
        .await;
    let milk = scene.task("Milk", "open").await;
    assert_eq!(milk["due"], "2099-03-01");
    let bins = json!({"title": "Put out the bins", "due": "2099-03-02"});
    let bins = scene.daemon.send("tasks", &bins).await;
    let bins = format!("tasks/{}", bins["id"].as_str().unwrap());
    let item = scene.item("Put out the bins", "needs_action").await;
    assert_eq!(item["due"], "2099-03-02");

    // Renamed and moved there, ticked there.
    let change = json!({"item": item["uid"], "rename": "All the bins", "due_date": "2099-03-05"});
    scene.act("update_item", change).await;
    assert_eq!(
        scene.task("All the bins", "open").await["due"],
        "2099-03-05"
    );
    let tick = json!({"item": "Milk", "status": "completed"});
    scene.act("update_item", tick).await;
    scene.task("Milk", "done").await;
    // Moved and done here.
    let moved = json!({"due": "2099-03-07", "due_time": "06:30"});
    scene.daemon.patch(&bins, &moved).await;
    eventually("it has moved there", PATIENCE, || async {
        let items = scene.home.items(LIST).await;
        let bins = items.iter().find(|it| it["uid"] == item["uid"])?;
        bins["due"]
            .as_str()?
            .starts_with("2099-03-07")
            .then_some(())
    })
    .await;
    scene
        .daemon
        .send(&format!("{bins}/answer"), &json!({"answer": "done"}))
        .await;
    scene.item("All the bins", "completed").await;

    taken_away(&scene).await;
    started_again(&mut scene).await;
    let log = scene.daemon.log();
    assert!(!log.contains("ERROR"), "{log}");
}

/// What was in the list first goes with its item; what was here first stays, out of the list.
async fn taken_away(scene: &Scene) {
    scene.act("add_item", json!({"item": "Eggs"})).await;
    scene.task("Eggs", "open").await;
    let rent = scene
        .daemon
        .send("tasks", &json!({"title": "Pay the rent"}))
        .await;
    scene.item("Pay the rent", "needs_action").await;
    scene
        .act("remove_item", json!({"item": ["Eggs", "Pay the rent"]}))
        .await;
    scene.task("Eggs", "withdrawn").await;
    let history = format!("tasks/{}/history", rent["id"].as_str().unwrap());
    eventually("its story says so", PATIENCE, || async {
        let history = scene.daemon.get(&history).await?.to_string();
        history.contains("Taken from the list").then_some(())
    })
    .await;
    scene.task("Pay the rent", "open").await;
}

/// Whoever starts again, the same stands there as before.
async fn started_again(scene: &mut Scene) {
    let (here, there) = (scene.here().await, scene.there().await);
    scene.daemon.kill();
    scene.daemon.start().await;
    scene.home.restart().await;
    let soap = scene.daemon.send("tasks", &json!({"title": "Soap"})).await;
    scene.item("Soap", "needs_action").await;
    let soap = format!("tasks/{}", soap["id"].as_str().unwrap());
    assert_eq!(scene.daemon.delete(&soap).await, 200);
    eventually("the same stands there", PATIENCE, || async {
        (scene.here().await == here && scene.there().await == there).then_some(())
    })
    .await;
}

/// Chance that is the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

/// One edit, by whoever the dice choose; titles begin with a number of their own.
async fn edit(scene: &Scene, dice: &mut Dice, number: u64, removed: &mut Vec<u64>) {
    let day = format!("2099-04-{:02}", dice.below(28) + 1);
    let tasks = scene.tasks("open").await;
    let items = scene.home.items(LIST).await;
    let (task, item) = (dice.below(tasks.len()), dice.below(items.len()));
    let (task, item) = (tasks.get(task), items.get(item));
    let task = task.map(|it| format!("tasks/{}", it["id"].as_str().unwrap()));
    let begin = |it: &Value| -> u64 {
        let title = it["summary"].as_str().unwrap();
        title.split(' ').next().unwrap().parse().unwrap()
    };
    match (dice.below(10), task, item) {
        (0 | 1, _, _) => {
            let new = json!({"title": format!("{number} here"), "due": day});
            scene.daemon.send("tasks", &new).await;
        }
        (2, Some(task), _) => scene.daemon.patch(&task, &json!({"due": day})).await,
        (3, Some(task), _) => {
            let done = json!({"answer": "done"});
            scene.daemon.send(&format!("{task}/answer"), &done).await;
        }
        (4, _, Some(item)) => {
            let title = format!("{} renamed {number}", begin(item));
            let change = json!({"entity_id": LIST, "item": item["uid"], "rename": title});
            scene.home.try_call("todo", "update_item", change).await;
        }
        (5, _, Some(item)) => {
            let change = json!({"entity_id": LIST, "item": item["uid"], "due_date": day});
            scene.home.try_call("todo", "update_item", change).await;
        }
        (6, _, Some(item)) => {
            let is_done = item["status"] == "completed";
            let status = if is_done { "needs_action" } else { "completed" };
            let change = json!({"entity_id": LIST, "item": item["uid"], "status": status});
            scene.home.try_call("todo", "update_item", change).await;
        }
        (7, _, Some(item)) => {
            removed.push(begin(item));
            let gone = json!({"entity_id": LIST, "item": [item["uid"]]});
            scene.home.try_call("todo", "remove_item", gone).await;
        }
        _ => {
            let new = json!({"item": format!("{number} there"), "due_date": day});
            scene.act("add_item", new).await;
        }
    }
}

#[tokio::test]
async fn random_edits_on_both_sides_end_with_the_same_and_nothing_twice_or_lost() {
    let mut scene = scene().await;
    let edits = soak::count("SOAK_LIST_EDITS", EDITS);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut removed, mut made) = (Vec::new(), Vec::new());
    for number in 0..edits {
        edit(&scene, &mut dice, number, &mut removed).await;
        tokio::time::sleep(Duration::from_millis(
            u64::try_from(dice.below(400)).unwrap(),
        ))
        .await;
        // Whoever is killed in the middle goes on where it was.
        if number % 20 == 13 {
            scene.daemon.kill();
            scene.daemon.start().await;
        }
        let there = scene.home.items(LIST).await;
        made.extend(there.iter().filter_map(|it| number_of(&it["summary"])));
    }
    eventually(
        "both sides say the same",
        Duration::from_mins(2),
        || async {
            let (mut here, there) = (scene.here().await, scene.there().await);
            // What was done before it came into the list, and what was taken from it, stand here alone.
            let is_alone = |line: &String| {
                let number = number_of(&json!(line.trim_matches('"')));
                line.ends_with("true") || number.is_some_and(|it| removed.contains(&it))
            };
            here.retain(|it| there.contains(it) || !is_alone(it));
            (here == there).then_some(())
        },
    )
    .await;
    // Nothing twice: a number is that of one task and of one item at the most.
    let mut count: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
    for status in ["open", "done", "withdrawn", "not_mine"] {
        for task in scene.tasks(status).await {
            count
                .entry(number_of(&task["title"]).unwrap())
                .or_default()
                .0 += 1;
        }
    }
    for item in scene.home.items(LIST).await {
        count
            .entry(number_of(&item["summary"]).unwrap())
            .or_default()
            .1 += 1;
    }
    for (number, (tasks, items)) in &count {
        assert!(
            *tasks <= 1 && *items <= 1,
            "{number}: {tasks} tasks, {items} items"
        );
    }
    // Nothing lost: what was once in the list is in both, but for what was taken from it.
    for number in made.iter().filter(|it| !removed.contains(it)) {
        assert_eq!(count.get(number), Some(&(1, 1)), "{number}");
    }
    let log = scene.daemon.log();
    assert!(!log.contains("ERROR"), "{log}");
    soak::note(
        "Random edits of a list here and in Home Assistant, a `kill -9` each twenty of them",
        &format!("{edits} edits: both sides the same, nothing twice, nothing lost"),
    );
}

/// The number that a title begins with.
fn number_of(title: &Value) -> Option<u64> {
    title.as_str()?.split(' ').next()?.parse().ok()
}
