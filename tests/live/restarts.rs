//! Home Assistant, the broker and workmate all go down and come back in every order: the same states
//! are shown again soon.

use std::time::{Duration, Instant};

use jiff::ToSpan;
use serde_json::json;
use workmate::domain::clock::Clock;

use crate::home_assistant::HomeAssistant;
use crate::house::House;
use crate::mosquitto::Mosquitto;
use crate::process::eventually;
use crate::soak;

/// Seconds from when the last of them is up until everything is shown: the promise, which the whole
/// count measures alone on its machine, and the patience of the gate, where others run beside it.
const SETTLED_SECONDS: (u64, u64) = (15, 60);

#[derive(Clone, Copy, Debug)]
enum Part {
    Broker,
    House,
    Home,
}

const ORDERS: [[Part; 3]; 6] = {
    use Part::{Broker, Home, House};
    [
        [Broker, House, Home],
        [Broker, Home, House],
        [House, Broker, Home],
        [House, Home, Broker],
        [Home, Broker, House],
        [Home, House, Broker],
    ]
};

/// What is shown while one task waits, of each kind of topic: retained, not retained, a person's.
const SHOWN: [(&str, &str); 6] = [
    ("sensor.workmate_open", "1"),
    ("sensor.workmate_next_title", "Water the plants"),
    ("sensor.workmate_overdue", "0"),
    ("sensor.workmate_anna_open", "0"),
    ("binary_sensor.workmate_service_level_breached", "off"),
    ("update.workmate_version", "off"),
];

/// Waits until everything is shown; what is not when patience ends.
async fn settle(home: &HomeAssistant, patience: Duration, when: &str) {
    let what = format!("the same states, after {when}");
    eventually(&what, patience, || async {
        for (entity, state) in SHOWN {
            home.state(entity).await.filter(|it| it["state"] == state)?;
        }
        Some(())
    })
    .await;
}

#[tokio::test]
async fn in_whatever_order_all_three_come_back_the_same_states_are_shown() {
    let mut broker = Mosquitto::start();
    let mut house = House::start(&broker);
    let mut home = HomeAssistant::start(&broker).await;
    house.command_with(&["person", "add", "Anna"], "Anna keeps a secret");
    let due = Clock::System.now() + (5 * 24).hours();
    let due = due.to_string().chars().take(10).collect::<String>();
    let task = json!({ "title": "Water the plants", "due": due });
    house.add_task(&house.token(), &task).await;
    settle(&home, Duration::from_mins(1), "the first start").await;
    let (promised, patience) = SETTLED_SECONDS;
    let is_alone = soak::count("SOAK_RESTARTS", 0) > 0;
    let patience = Duration::from_secs(if is_alone { promised } else { patience });
    let mut slowest = (Duration::ZERO, String::new());
    for order in ORDERS {
        home.stop().await;
        house.stop().await;
        broker.kill();
        for part in order {
            match part {
                Part::Broker => broker.start_again(),
                Part::House => house.start_again(),
                Part::Home => home.start_again().await,
            }
        }
        let up = Instant::now();
        settle(&home, patience, &format!("{order:?}")).await;
        slowest = slowest.max((up.elapsed(), format!("{order:?}")));
        assert_eq!(home.complaints(&["workmate"]), Vec::<String>::new());
    }
    let (took, order) = slowest;
    soak::note(
        "Home Assistant, the broker and workmate restarted in all orders: until the same is shown",
        &format!("at most {:.1} s, in the order {order}", took.as_secs_f64()),
    );
}
