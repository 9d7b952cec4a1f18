//! A real Home Assistant, connected to a broker.
//!
//! Installed by `home_assistant/install.sh` into a folder of its own, pinned by hashes; started with
//! the few integrations that the tests need, and set up over the same API as by its web page.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::form_urlencoded;

use crate::daemon::Daemon;
use crate::mosquitto::Mosquitto;
use crate::process::{self, Process, eventually, free_port};

/// From start to answering; it writes its database and loads hundreds of modules.
const START_PATIENCE: Duration = Duration::from_mins(3);

const CONFIGURATION: &str = "\
homeassistant:
  name: Test
  latitude: 52.52
  longitude: 13.40
  elevation: 30
  unit_system: metric
  time_zone: Europe/Berlin
  currency: EUR
  country: DE
http:
  server_host: 127.0.0.1
  server_port: PORT
api:
config:
mobile_app:
logger:
  default: warning
";

/// Runs until it is dropped.
pub struct HomeAssistant {
    process: Process,
    environment: PathBuf,
    pub address: String,
    port: u16,
    http: Client,
    /// What the login gave: `access_token`, `refresh_token` and what belongs to them.
    pub tokens: Value,
    folder: TempDir,
}

/// Whether an older one than usual was asked for, which takes ids in another field.
pub fn is_older() -> bool {
    std::env::var_os("HOME_ASSISTANT_SERIES").is_some_and(|it| it == "2025.4")
}

impl HomeAssistant {
    /// Starts it, makes its first user, and connects it to `broker`.
    pub async fn start(broker: &Mosquitto) -> Self {
        Self::start_with(broker, |_| String::new()).await
    }

    /// The same; `furnish` puts files into its folder and says what else its configuration holds.
    pub async fn start_with(broker: &Mosquitto, furnish: impl FnOnce(&Path) -> String) -> Self {
        let environment = installation();
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let usual = CONFIGURATION.replace("PORT", &port.to_string());
        let configuration = usual + &furnish(folder.path());
        std::fs::write(folder.path().join("configuration.yaml"), configuration).unwrap();
        let process = launch(&environment, folder.path());
        let mut home = Self {
            process,
            environment,
            address: format!("http://127.0.0.1:{port}"),
            port,
            http: process::http(),
            tokens: Value::Null,
            folder,
        };
        home.process.wait_for_port(port, START_PATIENCE);
        home.onboard().await;
        home.connect_to(broker).await;
        home
    }

    /// A workmate that speaks English and to this Home Assistant, with more of its environment.
    pub fn workmate(&self, more: &[(&str, &str)]) -> Daemon {
        let token = self.token_file().display().to_string();
        let own = [
            ("WORKMATE_HOUSEHOLD__LANGUAGE", "en"),
            ("WORKMATE_HOME_ASSISTANT__URL", self.address.as_str()),
            ("WORKMATE_HOME_ASSISTANT__TOKEN_FILE", token.as_str()),
        ];
        Daemon::prepare(&[own.as_slice(), more].concat())
    }

    /// An access token of its administrator, in a file.
    pub fn token_file(&self) -> PathBuf {
        let file = self.folder.path().join("token");
        std::fs::write(&file, format!("{}\n", self.token())).unwrap();
        file
    }

    /// Lets it end by itself, as its own restart does.
    pub async fn stop(&mut self) {
        self.process.signal(Signal::TERM);
        eventually("Home Assistant ends", Duration::from_mins(1), || {
            let has_ended = !self.process.is_running();
            async move { has_ended.then_some(()) }
        })
        .await;
    }

    /// Ends it softly and starts it anew with what it has kept.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Adds an integration by the `steps` of its dialogue.
    pub async fn integrate(&self, handler: &str, steps: &[Value]) {
        let flows = "/api/config/config_entries/flow";
        let mut said = self.post(flows, json!({"handler": handler})).await;
        for step in steps {
            let flow = said["flow_id"].as_str().unwrap().to_owned();
            said = self.post(&format!("{flows}/{flow}"), step.clone()).await;
        }
        assert_eq!(said["type"], "create_entry", "{said}");
    }

    /// The items of a to-do list.
    pub async fn items(&self, list: &str) -> Vec<Value> {
        let path = "/api/services/todo/get_items?return_response";
        let asked = json!({"entity_id": list, "status": ["needs_action", "completed"]});
        let said = self.ask(Method::POST, path, Some(asked)).await;
        let said = said.unwrap_or_default();
        let items = said["service_response"][list]["items"].as_array();
        items.cloned().unwrap_or_default()
    }

    /// The events of a calendar from one day to another, in their order.
    pub async fn events(&self, calendar: &str, from: &str, until: &str) -> Vec<Value> {
        let range = format!("start={from}T00:00:00Z&end={until}T00:00:00Z");
        let path = format!("/api/calendars/{calendar}?{range}");
        let said = self.ask(Method::GET, &path, None).await.unwrap_or_default();
        said.as_array().cloned().unwrap_or_default()
    }

    /// Sets what a tracker would.
    pub async fn set_state(&self, entity: &str, state: &str) {
        let body = json!({"state": state});
        self.post(&format!("/api/states/{entity}"), body).await;
    }

    /// Adds a telephone that is told at `push_url`; what it says itself goes to the webhook returned.
    pub async fn add_telephone(&self, name: &str, push_url: &str) -> String {
        let telephone = json!({
            "device_id": name, "app_id": "org.example.test", "app_name": "Test", "app_version": "1",
            "device_name": name, "manufacturer": "Test", "model": "Test", "os_name": "Android",
            "os_version": "1", "supports_encryption": false,
            "app_data": {"push_token": "token", "push_url": push_url},
        });
        let made = self.post("/api/mobile_app/registrations", telephone).await;
        format!("/api/webhook/{}", made["webhook_id"].as_str().unwrap())
    }

    /// Somebody taps a button of a notification on the telephone with this webhook.
    pub async fn tap(&self, webhook: &str, action: &str) {
        let event = json!({
            "event_type": "mobile_app_notification_action", "event_data": {"action": action},
        });
        let fired = json!({"type": "fire_event", "data": event});
        self.post(webhook, fired).await;
    }

    /// Somebody writes something below a notification on the telephone with this webhook.
    pub async fn reply(&self, webhook: &str, action: &str, words: &str) {
        let said = json!({"action": action, "reply_text": words});
        let event = json!({"event_type": "mobile_app_notification_action", "event_data": said});
        self.post(webhook, json!({"type": "fire_event", "data": event}))
            .await;
    }

    /// Does what an automation would do, where it may fail.
    pub async fn try_call(&self, domain: &str, service: &str, data: Value) -> bool {
        let path = format!("/api/services/{domain}/{service}");
        self.ask(Method::POST, &path, Some(data)).await.is_ok()
    }

    /// Starts it again with what it has kept, and waits until it says that it has started.
    pub async fn start_again(&mut self) {
        self.process = launch(&self.environment, self.folder.path());
        self.process.wait_for_port(self.port, START_PATIENCE);
        eventually("Home Assistant has started", START_PATIENCE, || async {
            let config = self.ask(Method::GET, "/api/config", None).await.ok()?;
            (config["state"] == "RUNNING").then_some(())
        })
        .await;
    }

    /// Whether it takes its own configuration; what it says otherwise.
    pub async fn checked(&self) -> Value {
        self.post("/api/config/core/check_config", json!({})).await
    }

    /// Fires an event, such as those of a telephone.
    pub async fn fire(&self, event: &str, data: Value) {
        self.post(&format!("/api/events/{event}"), data).await;
    }

    /// Where its configuration lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All entities there are.
    pub async fn entities(&self) -> Vec<String> {
        let states = self.ask(Method::GET, "/api/states", None).await.unwrap();
        let states = states.as_array().cloned().unwrap_or_default();
        let name = |it: &Value| it["entity_id"].as_str().map(str::to_owned);
        states.iter().filter_map(name).collect()
    }

    /// Ends the first steps, so that its pages are shown.
    pub async fn finish_first_steps(&self) {
        self.post("/api/onboarding/core_config", json!({})).await;
    }

    /// An entity's state and attributes; `None` where it does not exist.
    pub async fn state(&self, entity: &str) -> Option<Value> {
        self.ask(Method::GET, &format!("/api/states/{entity}"), None)
            .await
            .ok()
    }

    /// Waits until `entity` has `state`.
    pub async fn shows(&self, entity: &str, state: &str) -> Value {
        let what = format!("{entity} shows {state}");
        eventually(&what, Duration::from_mins(1), || async {
            self.state(entity).await.filter(|it| it["state"] == state)
        })
        .await
    }

    /// Does what an automation would do.
    pub async fn call(&self, domain: &str, service: &str, data: Value) {
        self.post(&format!("/api/services/{domain}/{service}"), data)
            .await;
    }

    /// What a template says, such as `{{ states('sensor.x') }}`.
    pub async fn render(&self, template: &str) -> String {
        let url = format!("{}/api/template", self.address);
        let body = json!({ "template": template });
        let answer = self
            .http
            .post(url)
            .bearer_auth(self.token())
            .json(&body)
            .send()
            .await
            .unwrap();
        answer.text().await.unwrap()
    }

    /// Every warning and error that it has logged about MQTT, or about what is called like us.
    pub fn complaints_about_mqtt(&self) -> Vec<String> {
        self.complaints(&["mqtt", "workmate"])
    }

    /// Every warning and error that it has logged with one of these words.
    pub fn complaints(&self, words: &[&str]) -> Vec<String> {
        let log = self.process.log();
        let is_complaint = |line: &&str| {
            // Paths of its own installation hold our name.
            let said = line.replace("workmate-test-servers", "");
            (said.contains("WARNING") || said.contains("ERROR"))
                && words.iter().any(|it| said.contains(it))
        };
        log.lines()
            .filter(is_complaint)
            .map(str::to_owned)
            .collect()
    }

    /// The steps of its first page in the browser.
    async fn onboard(&mut self) {
        let client_id = format!("{}/", self.address);
        let owner = json!({
            "client_id": client_id, "name": "Test", "username": "test", "password": "test-password",
            "language": "en",
        });
        let patience = Duration::from_mins(1);
        let made = eventually("Home Assistant takes its first user", patience, || async {
            self.ask(Method::POST, "/api/onboarding/users", Some(owner.clone()))
                .await
                .ok()
        })
        .await;
        let code = made["auth_code"].as_str().unwrap();
        self.tokens = self.exchange(code, &client_id).await;
        self.post("/api/onboarding/analytics", json!({})).await;
        let redirect = format!("{client_id}?auth_callback=1");
        let finish = json!({ "client_id": client_id, "redirect_uri": redirect });
        self.post("/api/onboarding/integration", finish).await;
    }

    /// An access token for half an hour, longer than any test.
    async fn exchange(&self, code: &str, client_id: &str) -> Value {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("client_id", client_id)
            .finish();
        let request = self
            .http
            .post(format!("{}/auth/token", self.address))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    fn token(&self) -> &str {
        self.tokens["access_token"].as_str().unwrap()
    }

    async fn connect_to(&self, broker: &Mosquitto) {
        let flows = "/api/config/config_entries/flow";
        let begun = self.post(flows, json!({ "handler": "mqtt" })).await;
        let flow = begun["flow_id"].as_str().unwrap();
        let login = json!({
            "broker": "127.0.0.1", "port": broker.port,
            "username": "home_assistant", "password": "secret",
        });
        let done = self.post(&format!("{flows}/{flow}"), login).await;
        assert_eq!(done["type"], "create_entry", "{done}");
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask(Method::POST, path, Some(body)).await;
        answer.unwrap_or_else(|(status, text)| panic!("{path}: {status} {text}"))
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, (StatusCode, String)> {
        let mut request = self.http.request(method, format!("{}{path}", self.address));
        if self.tokens.is_object() {
            request = request.bearer_auth(self.token());
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err((StatusCode::BAD_GATEWAY, error.to_string())),
        };
        let status = answer.status();
        let text = answer.text().await.unwrap();
        if !status.is_success() {
            return Err((status, text));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// The folder of the pinned installation.
fn installation() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/home_assistant/install.sh");
    let found = Command::new(&script).arg("--where").output().unwrap();
    assert!(
        found.status.success(),
        "Home Assistant is not installed for the tests: run `make test`, which installs it, or {}",
        script.display()
    );
    PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
}

fn launch(environment: &Path, folder: &Path) -> Process {
    let binaries = environment.join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(std::iter::once(binaries.clone()).chain(std::env::split_paths(&path)));
    let mut command = Command::new(binaries.join("hass"));
    command
        .arg("--skip-pip")
        .arg("-c")
        .arg(folder)
        .env("PATH", path.unwrap())
        .env("UV_OFFLINE", "1")
        .env("PYTHONUNBUFFERED", "1");
    Process::start(&mut command, &folder.join("output"))
}
