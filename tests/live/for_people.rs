//! What `config/home-assistant` holds for people, in a real Home Assistant: the dashboard, the
//! automations and the blueprints.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};
use workmate::domain::clock::Clock;

use crate::chromium::Browser;
use crate::home_assistant::HomeAssistant;
use crate::house::House;
use crate::mosquitto::{Listener, Mosquitto};
use crate::paper;
use crate::process::eventually;

/// Its pages are large, and the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(2);

/// All that a household can switch on.
const SWITCHES: &str = "\
    accept_tasks = true\n\
    accept_documents = true\n\
    accept_lists = true\n\
    accept_control = true\n\
    page_image = true\n";

/// Everything on a page, also what its elements hide in their shadows: what is shown, and what
/// complains that it cannot be shown.
const LOOK: &str = r"
    const all = [];
    const walk = (node) => {
      for (const it of node.querySelectorAll('*')) {
        all.push(it);
        if (it.shadowRoot) walk(it.shadowRoot);
      }
    };
    walk(document);
    const said = (it) => `${it.textContent} ${it.shadowRoot?.textContent ?? ''}`.trim();
    const isBroken = (it) => /^HUI-(ERROR-CARD|ERROR-HEADING-BADGE|WARNING|WARNING-ELEMENT)$/.test(it.tagName);
    return {
      broken: all.filter(isBroken).map(said),
      cards: all.filter((it) => it.tagName === 'HUI-CARD' && !it.hidden).length,
      text: all.map((it) => it.shadowRoot?.textContent ?? '').join(' '),
    };
";

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/home-assistant")
}

/// Puts the shipped files where the configuration that is returned looks for them.
fn furnish(folder: &Path, house: &House, token: &str) -> String {
    let files = [
        ("dashboard.yaml", "workmate/dashboard.yaml"),
        ("automations.yaml", "automations.yaml"),
        (
            "blueprints/automation/workmate/actionable_reminder.yaml",
            "blueprints/automation/workmate/actionable_reminder.yaml",
        ),
        (
            "blueprints/automation/workmate/scan_folder.yaml",
            "blueprints/automation/workmate/scan_folder.yaml",
        ),
    ];
    for (from, to) in files {
        let to = folder.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(shipped().join(from), to).unwrap();
    }
    let documents = house.at("/api/v1/documents");
    let scans = folder.join("scans");
    std::fs::create_dir_all(&scans).unwrap();
    format!(
        r#"
frontend:
light:
zone:
automation: !include automations.yaml
automation from_blueprints:
  - id: phone
    alias: phone
    use_blueprint:
      path: workmate/actionable_reminder.yaml
      input:
        notify_action: script.phone
  - id: scans
    alias: scans
    use_blueprint:
      path: workmate/scan_folder.yaml
      input:
        folder: {scans}
script:
  phone:
    mode: parallel
    sequence:
      - action: mqtt.publish
        data:
          topic: phone/told
          payload: "{{{{ {{'title': title | default(''), 'message': message, 'data': data}} | to_json }}}}"
shell_command:
  workmate_scan: 'curl --fail --silent --show-error -H "Authorization: Bearer {token}" -F "file=@{{{{ path }}}}" {documents}'
lovelace:
  dashboards:
    workmate-paperwork:
      mode: yaml
      title: Paperwork
      icon: mdi:file-document-check-outline
      filename: workmate/dashboard.yaml
"#,
        scans = scans.display(),
    )
}

/// A household with all that can be shown.
struct Together {
    broker: Mosquitto,
    house: House,
    home: HomeAssistant,
    token: String,
}

impl Together {
    async fn start() -> Self {
        let broker = Mosquitto::start();
        let house = House::start_with(&broker, SWITCHES);
        for name in ["Anna", "Ben"] {
            let secret = format!("{name} keeps a secret");
            house.command_with(&["person", "add", name], &secret);
        }
        let token = house.token();
        let home = HomeAssistant::start_with(&broker, |it| furnish(it, &house, &token)).await;
        Self {
            broker,
            house,
            home,
            token,
        }
    }
}

fn today() -> Date {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    Clock::System.now().to_zoned(zone).date()
}

fn letter() -> paper::Sheet {
    let samples = paper::samples(today()).unwrap();
    let is_it = |it: &paper::Sheet| it.name.starts_with("waterworks-invoice");
    samples.into_iter().find(is_it).unwrap()
}

/// The entities that a shipped file names.
fn named(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(shipped().join(file)).unwrap();
    let is_no_part = |it: char| !(it.is_ascii_alphanumeric() || matches!(it, '_' | '.'));
    let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
    let words = lines.flat_map(|it| it.split(is_no_part));
    let mut named: Vec<String> = words
        .filter(|it| {
            it.contains(".workmate_") && it.starts_with(|it: char| it.is_ascii_lowercase())
        })
        .map(str::to_owned)
        .collect();
    named.sort();
    named.dedup();
    named
}

#[tokio::test]
async fn automations_and_blueprints_load_and_do_what_they_say() {
    let Together {
        broker,
        house,
        home,
        token,
    } = Together::start().await;
    assert_eq!(home.checked().await["result"], "valid");
    home.shows("sensor.workmate_open", "0").await;
    for automation in [
        "workmate_what_the_day_asks_for",
        "workmate_red_light_while_something_is_overdue",
        "workmate_what_to_take_along",
        "phone",
        "scans",
    ] {
        home.shows(&format!("automation.{automation}"), "on").await;
    }
    let entities = home.entities().await;
    for entity in named("automations.yaml") {
        assert!(entities.contains(&entity), "{entity} is not there");
    }

    // A reminder reaches the telephone, and its button answers it.
    let mut phone = broker.listen("phone/told").await;
    let bill = json!({
        "title": "Pay the plumber", "due": today().saturating_add(9.days()), "money": { "amount": "84.20", "currency": "EUR" },
        "remind_at": ["2020-01-01T00:00:00Z"],
    });
    house.add_task(&token, &bill).await;
    let told = told(&mut phone).await;
    assert_eq!(told["title"], "Pay the plumber");
    assert!(
        told["message"].as_str().unwrap().contains("84.20 EUR"),
        "{told}"
    );
    let actions = &told["data"]["actions"];
    assert_eq!(actions[0]["title"], "Done");
    let tapped = json!({ "action": actions[0]["action"] });
    home.fire("mobile_app_notification_action", tapped).await;
    home.shows("sensor.workmate_open", "0").await;
    let cleared = self::told(&mut phone).await;
    assert_eq!(cleared["message"], "clear_notification");
    assert_eq!(cleared["data"]["tag"], told["data"]["tag"]);

    // What is due today is said in the morning, and to who leaves.
    let books = json!({ "title": "Return the books", "due": today() });
    house.add_task(&token, &books).await;
    home.shows("sensor.workmate_due_today", "1").await;
    let morning = json!({ "entity_id": "automation.workmate_what_the_day_asks_for" });
    home.call("automation", "trigger", morning).await;

    // A scan becomes a document.
    let scan = home.folder().join("scans/a letter.pdf");
    std::fs::write(&scan, letter().bytes).unwrap();
    let closed = json!({ "event_type": "closed", "path": scan, "file": "a letter.pdf" });
    home.fire("folder_watcher", closed).await;
    home.shows("sensor.workmate_documents_today", "1").await;
    assert_eq!(
        home.complaints(&["mqtt", "workmate", "automation", "blueprint", "script"]),
        Vec::<String>::new()
    );
}

async fn told(phone: &mut Listener) -> Value {
    loop {
        let message = phone
            .next_within(PATIENCE)
            .await
            .expect("the telephone is told");
        if message.topic == "phone/told" {
            return serde_json::from_str(&message.payload).unwrap();
        }
    }
}

/// Tasks and a letter, as a household has them.
async fn fill(house: &House, token: &str) {
    let day = |days: i64| today().saturating_add(days.days());
    for task in [
        json!({ "title": "Renew the passport", "due": day(-2) }),
        json!({ "title": "Return the library books", "due": day(0) }),
        json!({ "title": "Pay the plumber", "due": day(3), "money": { "amount": "84.20", "currency": "EUR" } }),
        json!({ "title": "Sign the school trip form", "due": day(5) }),
        json!({ "title": "Cancel the old telephone contract", "due": day(20) }),
    ] {
        house.add_task(token, &task).await;
    }
    let letter = letter();
    let file = house.file(&letter.name, &letter.bytes);
    house.command(&["add", &file.display().to_string()]);
}

/// A browser that is logged in at Home Assistant.
async fn browser(home: &HomeAssistant) -> Browser {
    home.finish_first_steps().await;
    let browser = Browser::start().await;
    browser.resize(1280, 900, 1).await;
    browser.prefer("light").await;
    browser
        .open(&format!("{}/manifest.json", home.address))
        .await;
    let mut tokens = home.tokens.clone();
    tokens["hassUrl"] = json!(home.address);
    tokens["clientId"] = json!(format!("{}/", home.address));
    let keep = format!(
        "const tokens = {tokens}; tokens.expires = Date.now() + 1000 * tokens.expires_in; \
         localStorage.setItem('hassTokens', JSON.stringify(tokens));"
    );
    browser.run(&keep).await;
    browser
}

#[tokio::test]
async fn the_dashboard_shows_every_card() {
    let Together {
        broker: _broker,
        house,
        home,
        token,
    } = Together::start().await;
    fill(&house, &token).await;
    home.shows("sensor.workmate_due_today", "1").await;
    let entities = home.entities().await;
    let named = named("dashboard.yaml");
    assert!(named.len() > 15, "{named:?}");
    for entity in named {
        assert!(entities.contains(&entity), "{entity} is not there");
    }
    home.shows("sensor.workmate_documents_today", "1").await;
    eventually("the first page is shown", PATIENCE, || async {
        let page = home.state("image.workmate_page").await?;
        (page["state"] != "unknown").then_some(())
    })
    .await;

    let browser = browser(&home).await;
    browser
        .open(&format!("{}/workmate-paperwork/paperwork", home.address))
        .await;
    let page = eventually("the dashboard is there", PATIENCE, || async {
        let page = browser.run(LOOK).await;
        let text = page["text"].as_str()?;
        let is_there = text.contains("Return the library books") && text.contains("How it stands");
        is_there.then_some(page)
    })
    .await;
    assert_eq!(page["broken"], json!([]));
    assert!(page["cards"].as_u64() >= Some(18), "{}", page["cards"]);
    // Home Assistant itself finds nothing wrong with what it was given.
    let script = "document.querySelector('home-assistant').hass\
        .callWS({ type: 'blueprint/list', domain: 'automation' }).then(done, done);";
    let blueprints = browser.run_until_done(script).await;
    for name in ["actionable_reminder", "scan_folder"] {
        let blueprint = &blueprints[format!("workmate/{name}.yaml")];
        assert!(blueprint["metadata"]["name"].is_string(), "{blueprints}");
    }
    // Pictures fade in.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let picture = browser.picture().await;
    assert!(picture.len() > 10_000, "it is nearly empty");
    if let Some(folder) = std::env::var_os("WORKMATE_SCREENSHOTS").map(PathBuf::from) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("home-assistant.png"), picture).unwrap();
    }
    let words = ["mqtt", "workmate", "lovelace", "automation", "blueprint"];
    assert_eq!(home.complaints(&words), Vec::<String>::new());
}
