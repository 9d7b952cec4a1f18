//! The way into Home Assistant, as the page shows it.

use reqwest::header::ACCEPT_LANGUAGE;
use workmate::domain::person::Language;
use workmate::store::{Caller, WriteTx, overview};

use super::harness::{Browser, Web};

async fn page(web: &Web, browser: &Browser, language: Language) -> String {
    let request = browser.ask(web.get("/system/home-assistant"));
    let request = request.header(ACCEPT_LANGUAGE, language.as_str());
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn each_step_says_what_is_missing_and_what_to_copy() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let before = page(&web, &anna, Language::English).await;
    for words in [
        "not configured",
        "mqtt://USER:PASSWORD@BROKER:1883",
        "not heard yet",
        "not described yet",
        "titles, amounts, senders",
        "accept_control = true",
        "filename: workmate/dashboard.yaml",
        "blueprints/automation/workmate/scan_folder.yaml",
        "entity: sensor.workmate_next_deadline",
    ] {
        assert!(before.contains(words), "{words}: {before}");
    }
    assert!(!before.contains(" style="), "nothing inline");
    let german = page(&web, &anna, Language::German).await;
    assert!(german.contains("Schritt für Schritt"), "{german}");

    let hear = |tx: &WriteTx<'_>| {
        overview::remember_entities(tx, &["sensor.open".to_owned()])?;
        overview::see_home_assistant(tx)
    };
    web.store
        .write(Caller::worker("take_answers"), hear)
        .await
        .unwrap();
    let after = page(&web, &anna, Language::English).await;
    assert!(after.contains("heard: today, 10:00"), "{after}");
    // Without a broker nothing is described, whatever was once.
    assert!(after.contains("not described yet"), "{after}");
}
