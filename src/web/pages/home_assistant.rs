//! How workmate comes into Home Assistant, step by step: what is done, what is missing, and what to
//! copy where.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use crate::config::Mqtt;
use crate::domain::policy::Detail;
use crate::store::{Error, ReadTx, overview};
use crate::web::WebState;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Locale, Shell, page};

/// What is copied whole: where to, and the file.
const FILES: [(&str, &str); 4] = [
    (
        "workmate/dashboard.yaml",
        include_str!("../../../config/home-assistant/dashboard.yaml"),
    ),
    (
        "automations.yaml",
        include_str!("../../../config/home-assistant/automations.yaml"),
    ),
    (
        "blueprints/automation/workmate/actionable_reminder.yaml",
        include_str!(
            "../../../config/home-assistant/blueprints/automation/workmate/actionable_reminder.yaml"
        ),
    ),
    (
        "blueprints/automation/workmate/scan_folder.yaml",
        include_str!(
            "../../../config/home-assistant/blueprints/automation/workmate/scan_folder.yaml"
        ),
    ),
];

/// What `configuration.yaml` needs for the dashboard.
const DASHBOARD: &str = "\
lovelace:
  dashboards:
    workmate-paperwork:
      mode: yaml
      title: Paperwork
      icon: mdi:file-document-check-outline
      filename: workmate/dashboard.yaml
";

/// One step.
pub struct Step {
    title: &'static str,
    /// `good`, `bad`, or `quiet` for what one may leave as it is.
    class: &'static str,
    state: String,
    hint: &'static str,
    /// To which file the snippet goes, and the snippet.
    snippet: Option<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "home_assistant.html")]
struct HomeAssistantPage<'a> {
    shell: &'a Shell,
    steps: Vec<Step>,
    files: &'static [(&'static str, &'static str)],
}

/// What is known of it.
struct Known {
    seen_at: Option<Timestamp>,
    /// Entities were described to it.
    is_described: bool,
}

/// `GET /system/home-assistant`
pub async fn show(State(state): State<WebState>, frame: Frame) -> Result<Response, Failure> {
    let look = |tx: &ReadTx<'_>| {
        Ok::<_, Error>(Known {
            seen_at: overview::home_assistant_seen(tx)?,
            is_described: !overview::entities(tx)?.is_empty(),
        })
    };
    let known = state.store.read(frame.me.viewer(), look).await?;
    let template = HomeAssistantPage {
        shell: &frame.shell,
        steps: steps(&frame.locale, &state, &known),
        files: &FILES,
    };
    page(&frame.shell, &template)
}

fn steps(locale: &Locale, state: &WebState, known: &Known) -> Vec<Step> {
    let (t, mqtt) = (locale.texts(), &state.about.mqtt);
    let is_connected = state.about.broker.is_connected();
    let (class, told) = match is_connected {
        None => ("bad", t.not_configured),
        Some(true) => ("good", t.connected),
        Some(false) => ("bad", t.not_connected),
    };
    let url = "[mqtt]\nurl = \"mqtt://USER:PASSWORD@BROKER:1883\"\n".to_owned();
    let broker = Step {
        title: t.broker,
        class,
        state: told.to_owned(),
        hint: t.ha_broker_hint,
        snippet: (is_connected != Some(true)).then_some(("workmate.toml", url)),
    };
    let integration = Step {
        title: t.ha_integration,
        class: if known.seen_at.is_some() {
            "good"
        } else {
            "bad"
        },
        state: match known.seen_at {
            Some(at) => format!("{} {}", t.ha_seen, locale.moment(at)),
            None => t.ha_not_seen.to_owned(),
        },
        hint: t.ha_integration_hint,
        snippet: None,
    };
    let dashboard = Step {
        title: t.ha_dashboard,
        class: "quiet",
        state: String::new(),
        hint: t.ha_dashboard_hint,
        snippet: Some(("configuration.yaml", DASHBOARD.to_owned())),
    };
    vec![
        broker,
        integration,
        device(
            locale,
            mqtt,
            known.is_described && is_connected == Some(true),
        ),
        switches(locale, mqtt),
        dashboard,
    ]
}

/// Whether the device is described to it.
fn device(locale: &Locale, mqtt: &Mqtt, is_described: bool) -> Step {
    let t = locale.texts();
    let is_off = mqtt.discovery_prefix.is_empty();
    let (class, state) = if is_off {
        ("bad", t.ha_discovery_off.to_owned())
    } else if is_described {
        ("good", t.ha_described.to_owned())
    } else {
        ("bad", t.ha_not_described.to_owned())
    };
    let on = "[mqtt]\ndiscovery_prefix = \"homeassistant\"\n".to_owned();
    Step {
        title: t.ha_device,
        class,
        state,
        hint: t.ha_device_hint,
        snippet: is_off.then_some(("workmate.toml", on)),
    }
}

/// What it may ask for beside answers, and what it is told.
fn switches(locale: &Locale, mqtt: &Mqtt) -> Step {
    let t = locale.texts();
    let all = [
        ("accept_tasks = true", t.ha_tasks, mqtt.accept_tasks),
        (
            "accept_documents = true",
            t.ha_documents,
            mqtt.accept_documents,
        ),
        ("accept_lists = true", t.ha_lists, mqtt.accept_lists),
        ("accept_control = true", t.ha_control, mqtt.accept_control),
        ("page_image = true", t.ha_page, mqtt.page_image),
        (
            "detail = \"full\"",
            t.ha_detail,
            mqtt.detail == Detail::Full,
        ),
    ];
    let on: Vec<&str> = all.iter().filter(|it| it.2).map(|it| it.1).collect();
    let off: Vec<&str> = all.iter().filter(|it| !it.2).map(|it| it.0).collect();
    Step {
        title: t.ha_switches,
        class: if on.is_empty() { "quiet" } else { "good" },
        state: if on.is_empty() {
            t.ha_answers_alone.to_owned()
        } else {
            on.join(", ")
        },
        hint: t.ha_switches_hint,
        snippet: (!off.is_empty())
            .then(|| ("workmate.toml", format!("[mqtt]\n{}\n", off.join("\n")))),
    }
}
