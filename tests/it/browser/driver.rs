//! Chromium without a window, driven by the `WebDriver` protocol.

use std::io::{BufRead, BufReader, Lines};
use std::panic::AssertUnwindSafe;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::http;

use crate::scene::Scene;
use crate::visitor::Visitor;

const MISSING: &str = "the browser test needs Chromium and chromedriver; on Debian install the packages chromium and \
                       chromium-driver, or run scripts/test, which does so";

/// How often chromedriver is started until it finds a free port.
const STARTS: usize = 5;

/// A browser with one page.
pub(crate) struct Browser {
    driver: Child,
    client: reqwest::Client,
    session: String,
}

/// Starts chromedriver, and reads its port. One that another program took meanwhile ends it.
fn start() -> Option<(Child, String, Lines<BufReader<ChildStdout>>)> {
    let driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut driver = driver.unwrap_or_else(|error| panic!("{MISSING} ({error})"));
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    if port.is_none() {
        driver.wait().unwrap();
    }
    Some((driver, port?, lines))
}

impl Browser {
    async fn open() -> Self {
        http::install_tls_provider();
        let (driver, port, lines) = (0..STARTS)
            .find_map(|_| start())
            .expect("chromedriver says its port");
        // It goes on talking, and must not be stopped by a pipe that nobody empties.
        std::thread::spawn(move || lines.count());
        let mut browser = Self {
            driver,
            client: http::client(Duration::from_mins(1)).unwrap(),
            session: format!("http://127.0.0.1:{port}/session"),
        };
        let started = browser
            .post(
                "",
                &json!({ "capabilities": { "alwaysMatch": {
                    "browserName": "chrome",
                    "goog:chromeOptions": { "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"] },
                    "goog:loggingPrefs": { "browser": "ALL" },
                } } }),
            )
            .await;
        let id = started["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("{MISSING} ({started})"));
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    /// Does something with a browser. Whatever fails, it does not stay behind.
    pub(crate) async fn with(steps: impl AsyncFnOnce(&Self)) {
        let browser = Self::open().await;
        let outcome = AssertUnwindSafe(steps(&browser)).catch_unwind().await;
        browser.close().await;
        if let Err(failure) = outcome {
            std::panic::resume_unwind(failure);
        }
    }

    /// Opens the first page as an admin who is signed in.
    pub(crate) async fn sign_in(&self, scene: &Scene) {
        let visitor = Visitor::admin(&scene.server).await;
        // A cookie can only be set for the site that is shown.
        self.go_to(&format!("{}/livez", scene.url)).await;
        let cookie = json!({ "cookie": { "name": "wvs_session", "value": visitor.session(), "path": "/" } });
        self.post("/cookie", &cookie).await;
        self.go_to(&format!("{}/", scene.url)).await;
    }

    pub(crate) async fn go_to(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    /// Runs a script in the page. Says what it returns.
    pub(crate) async fn run(&self, script: &str) -> Json {
        self.run_with(script, &[]).await
    }

    /// The same with arguments, which the script finds in `arguments`.
    pub(crate) async fn run_with(&self, script: &str, arguments: &[&str]) -> Json {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
            .await
    }

    /// Runs a script that calls the last of its arguments with what it found out.
    pub(crate) async fn run_until_done(&self, script: &str) -> Json {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
            .await
    }

    /// Gives an order in the browser's own protocol.
    pub(crate) async fn order(&self, name: &str, parameters: &Json) -> Json {
        self.post("/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
            .await
    }

    /// What the browser complained of so far.
    pub(crate) async fn console(&self) -> Vec<Json> {
        let entries = self.post("/se/log", &json!({ "type": "browser" })).await;
        entries.as_array().unwrap().clone()
    }

    async fn close(self) {
        let closed = self.client.delete(&self.session).send().await;
        assert_eq!(closed.unwrap().status(), 200, "the browser did not close");
    }

    pub(crate) async fn post(&self, path: &str, body: &Json) -> Json {
        let answer = self.try_post(path, body).await;
        assert!(answer["error"].is_null(), "{path}: {answer}");
        answer
    }

    /// Says what was answered, be it an error.
    pub(crate) async fn try_post(&self, path: &str, body: &Json) -> Json {
        let request = self
            .client
            .post(format!("{}{path}", self.session))
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.unwrap().text().await.unwrap();
        let answer: Json = serde_json::from_str(&answer).unwrap();
        answer["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}
