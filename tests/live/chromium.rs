//! A real Chromium, driven like a person would: look, type, click.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::process::{Process, eventually, free_port, http, installed, installed_as};

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs until it is dropped.
pub struct Browser {
    client: Client,
    driver: String,
    pid: Option<Pid>,
    // Dropped in this order: the driver ends before its folder goes.
    _process: Process,
    _folder: TempDir,
}

impl Browser {
    /// A window of 1280 × 800 points that prefers light colours and English.
    pub async fn start() -> Self {
        let chromium = installed_as(
            &["chromium", "chromium-browser", "google-chrome"],
            "chromium",
        );
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new(installed("chromedriver", "chromium-driver"));
        command
            .arg(format!("--port={port}"))
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path());
        let mut process = Process::start(&mut command, &folder.path().join("output"));
        process.wait_for_port(port, PATIENCE);
        let driver = format!("http://127.0.0.1:{port}");
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&chromium, folder.path()))
            .connect(&driver)
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}\n{}", process.log()));
        let pid = client
            .capabilities()
            .and_then(|it| it.get("goog:processID")?.as_i64());
        Self {
            client,
            driver,
            pid: pid
                .and_then(|it| i32::try_from(it).ok())
                .and_then(Pid::from_raw),
            _process: process,
            _folder: folder,
        }
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Waits for an element.
    pub async fn find(&self, css: &str) -> Element {
        let wait = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        match wait {
            Ok(element) => element,
            Err(error) => panic!("no `{css}` ({error}) on:\n{}", self.text().await),
        }
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Types into a field, or gives a file's path to a file field.
    pub async fn fill(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// What can be read on the page.
    pub async fn text(&self) -> String {
        let script = "return document.body.innerText";
        let text = self.client.execute(script, Vec::new()).await.unwrap();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What a script on the page returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// What a script on the page hands to `done` in the end.
    pub async fn run_until_done(&self, script: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {script}");
        self.client
            .execute_async(&script, Vec::new())
            .await
            .unwrap()
    }

    /// Waits until `part` can be read on the page, which may change by itself.
    pub async fn reads(&self, part: &str) {
        let what = format!("the page reads `{part}`");
        eventually(&what, PATIENCE, || async {
            self.text().await.contains(part).then_some(())
        })
        .await;
    }

    /// How many elements there are.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// Pretends to be a window of another size; a narrow one is a phone.
    pub async fn resize(&self, width: u32, height: u32, scale: u32) {
        let is_phone = width < 600;
        self.command(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone }),
        )
        .await;
    }

    /// Pretends that the system prefers `light` or `dark`.
    pub async fn prefer(&self, colours: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": colours }]);
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// A picture of what is seen, as PNG.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// What the browser's console complains about: broken scripts, blocked resources.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.ask("se/log", json!({ "type": "browser" })).await;
        let entries = entries["value"].as_array().cloned().unwrap_or_default();
        let message = |it: &Value| it["message"].as_str().map(str::to_owned);
        entries.iter().filter_map(message).collect()
    }

    /// A command of the Chrome `DevTools` protocol, for which `WebDriver` has none.
    async fn command(&self, command: &str, parameters: Value) {
        self.ask(
            "goog/cdp/execute",
            json!({ "cmd": command, "params": parameters }),
        )
        .await;
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        let session = self.client.session_id().await.unwrap().expect("a session");
        let url = format!("{}/session/{session}/{path}", self.driver);
        let answer = http().post(url).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has a process group of its own, so it would outlive its driver. It may be gone already.
        if let Some(pid) = self.pid
            && let Err(error) = kill_process(pid, Signal::KILL)
        {
            log::debug!("Chromium was gone already: {error}");
        }
    }
}

fn capabilities(chromium: &Path, folder: &Path) -> Map<String, Value> {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        "--window-size=1280,800",
        "--lang=en",
        "--accept-lang=en",
        &profile,
    ];
    let capabilities = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": { "binary": chromium, "args": arguments },
    });
    capabilities.as_object().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_browser_can_be_driven() {
    const PAGE: &str = "data:text/html,<meta name=viewport content=width=device-width>\
        <input id=a><button onclick='document.body.append(a.value + innerWidth)'>go</button>";
    let browser = Browser::start().await;
    browser.resize(390, 844, 2).await;
    browser.prefer("dark").await;
    browser.open(PAGE).await;
    browser.fill("#a", "wide: ").await;
    browser.click("button").await;
    browser.reads("wide: 390").await;
    assert!(browser.picture().await.starts_with(b"\x89PNG"));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
