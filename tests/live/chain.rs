//! The whole chain: a letter goes in by the browser, its task appears, Home Assistant counts it and
//! hears the reminder, and an answer from either side reaches the other.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{ToSpan, civil::Date};
use serde_json::json;
use workmate::domain::clock::Clock;

use crate::chromium::Browser;
use crate::home_assistant::HomeAssistant;
use crate::house::House;
use crate::mosquitto::Mosquitto;
use crate::paper;
use crate::process::eventually;

const NAME: &str = "Anna";
const PASSWORD: &str = "correct horse battery";

/// Scans and photos are recognised letter by letter, in a build that is not optimised.
const PATIENCE: Duration = Duration::from_mins(5);

/// What stands over the task that comes first.
const NEXT: &str = "Next thing to do";

fn today() -> Date {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    Clock::System.now().to_zoned(zone).date()
}

/// A sample by its name, as if it had been written so many days ago.
fn sample(name: &str, days_ago: i32) -> paper::Sheet {
    let written = today().saturating_sub(days_ago.days());
    let samples = paper::samples(written).unwrap();
    samples
        .into_iter()
        .find(|it| it.name.starts_with(name))
        .unwrap()
}

async fn logged_in(house: &House) -> Browser {
    let browser = Browser::start().await;
    browser.open(&house.first_login().await).await;
    browser.fill("input[name=name]", NAME).await;
    browser.fill("input[name=password]", PASSWORD).await;
    browser.click("main form button").await;
    browser.find("nav a[href='/tasks']").await;
    browser
}

/// Gives the files to the page and waits until the daemon has kept every one.
async fn upload(browser: &Browser, house: &House, sheets: &[paper::Sheet]) {
    browser.open(&house.at("/documents")).await;
    let paths = sheets
        .iter()
        .map(|it| house.file(&it.name, &it.bytes).display().to_string());
    let paths: Vec<String> = paths.collect();
    browser
        .fill("form[data-upload] input[type=file]", &paths.join("\n"))
        .await;
    eventually("every file is kept", PATIENCE, || async {
        let is_done = browser.count(".uploads li").await == sheets.len()
            && browser.count(".uploads progress").await == 0;
        is_done.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_letter_becomes_a_reminder_in_home_assistant_and_an_answer_takes_it_away() {
    let broker = Mosquitto::start();
    let house = House::start(&broker);
    let home = HomeAssistant::start(&broker).await;
    home.shows("sensor.workmate_open", "0").await;
    home.shows("sensor.workmate_next_title", "unknown").await;

    // Due in three days: the first rung has passed, so it is spoken of at once.
    let browser = logged_in(&house).await;
    upload(&browser, &house, &[sample("waterworks-invoice", 4)]).await;
    home.shows("sensor.workmate_open", "1").await;
    let event = eventually("Home Assistant hears the reminder", PATIENCE, || async {
        let state = home.state("event.workmate_reminder").await?;
        Some(state).filter(|it| it["state"] != "unknown")
    })
    .await;
    let due = today().saturating_add(3.days());
    assert_eq!(event["attributes"]["due"], json!(due));
    assert_eq!(event["attributes"]["days_left"], 3);
    let title = event["attributes"]["title"].as_str().unwrap().to_owned();
    home.shows("sensor.workmate_next_title", &title).await;

    browser.open(&house.at("/")).await;
    browser.reads(&title).await;
    browser.click("button[name=answer][value=done]").await;
    home.shows("sensor.workmate_open", "0").await;
    home.shows("sensor.workmate_next_deadline", "unknown").await;

    // The other way round: the next letter is answered by an automation of Home Assistant, and the
    // open page notices by itself.
    upload(&browser, &house, &[sample("boiler-service-invoice", 0)]).await;
    home.shows("sensor.workmate_open", "1").await;
    let next = eventually("the next task has a name", PATIENCE, || async {
        let state = home.state("sensor.workmate_next_title").await?;
        Some(state).filter(|it| it["attributes"]["task"].is_string())
    })
    .await;
    browser.open(&house.at("/")).await;
    browser.reads(next["state"].as_str().unwrap()).await;
    browser.reads(NEXT).await;
    let task = next["attributes"]["task"].as_str().unwrap();
    let command = json!({ "topic": format!("workmate/task/{task}/set"), "payload": "done" });
    home.call("mqtt", "publish", command).await;
    home.shows("sensor.workmate_open", "0").await;
    eventually("the page notices the answer", PATIENCE, || async {
        (!browser.text().await.contains("Next up")).then_some(())
    })
    .await;

    assert_eq!(home.complaints_about_mqtt(), Vec::<String>::new());
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    assert!(!house.log().contains("ERROR"), "{}", house.log());
}

/// The pictures of the README, with the samples of the demo. They are compared by nobody: what is
/// promised is that every page can be shown.
#[tokio::test]
async fn every_page_can_be_shown_on_a_desk_and_on_a_phone() {
    let broker = Mosquitto::start();
    let house = House::start(&broker);
    let browser = logged_in(&house).await;
    let sheets = paper::samples(today()).unwrap();
    upload(&browser, &house, &sheets).await;
    eventually("every sample is understood", PATIENCE, || async {
        browser.open(&house.at("/documents")).await;
        let is_done = browser.count(".sheet").await == sheets.len()
            && browser.count(".sheet .spin").await == 0;
        is_done.then_some(())
    })
    .await;

    let pictures = std::env::var_os("WORKMATE_SCREENSHOTS").map(PathBuf::from);
    let keep = async |name: &str| {
        let picture = browser.picture().await;
        assert!(picture.len() > 10_000, "{name} is nearly empty");
        if let Some(folder) = &pictures {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(name), picture).unwrap();
        }
    };
    browser.prefer("light").await;
    browser.resize(1280, 860, 1).await;
    browser.open(&house.at("/")).await;
    keep("today.png").await;
    browser.open(&house.at("/documents?q=Wasserwerke")).await;
    browser.click("a.sheet-link").await;
    browser.find("main h1").await;
    keep("document.png").await;
    browser.resize(390, 844, 2).await;
    browser.open(&house.at("/")).await;
    keep("phone.png").await;
    // What is to be copied is wider than a telephone, and scrolls by itself.
    browser.open(&house.at("/system/home-assistant")).await;
    browser.reads("workmate/dashboard.yaml").await;
    let width = "return document.documentElement.scrollWidth - innerWidth";
    assert_eq!(browser.run(width).await, json!(0));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
