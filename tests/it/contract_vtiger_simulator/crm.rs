//! A simulator with the records of the recorded installation, and a plain HTTP client of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use md5::{Digest, Md5};
use serde_json::{Value as Json, json};
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions, VtigerSimulator};

use crate::recording;

/// When the records of the recorded installation were made: 2026-11-23 11:24:55.
pub(super) const SEEDED: i64 = 1_795_433_095;

#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

/// An HTTP answer.
#[derive(Debug, PartialEq)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) body: Json,
}

impl Answered {
    pub(super) fn result(&self) -> &Json {
        assert_eq!(self.body["success"], true, "{}", self.body);
        &self.body["result"]
    }

    pub(super) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }
}

/// The simulator and who talks to it.
pub(super) struct Crm {
    pub(super) simulator: VtigerSimulator,
    client: reqwest::Client,
    clock: Arc<SetClock>,
    pub(super) session: String,
}

impl Crm {
    /// Repaired, without records, logged in.
    pub(super) async fn start() -> Self {
        Self::start_with(VtigerOptions::default()).await
    }

    pub(super) async fn start_with(options: VtigerOptions) -> Self {
        woo_vtiger_sync::http::install_tls_provider();
        let clock = Arc::new(SetClock(AtomicI64::new(SEEDED)));
        let options = VtigerOptions {
            username: "admin".to_owned(),
            clock: Arc::<SetClock>::clone(&clock),
            ..options
        };
        let mut crm = Self {
            simulator: VtigerSimulator::start(options).await.unwrap(),
            client: woo_vtiger_sync::http::client(Duration::from_secs(10)).unwrap(),
            clock,
            session: String::new(),
        };
        crm.login().await;
        crm
    }

    /// With the recorded installation's organizations (11x2 to 11x6) and contacts (12x7 to 12x36).
    pub(super) async fn recorded(kind: VtigerKind) -> Self {
        let crm = Self::start_with(VtigerOptions {
            kind,
            ..VtigerOptions::default()
        })
        .await;
        let records = recording::json("vtiger/records.json");
        for module in ["Accounts", "Contacts"] {
            for record in records[module].as_array().unwrap() {
                crm.create(module, record.clone()).await;
            }
        }
        crm
    }

    /// With its products (14x37 to 14x76), a service (26x77) and taxes (34x4, 34x5) too. The next order is 6x111.
    pub(super) async fn selling() -> Self {
        let crm = Self::recorded(VtigerKind::Repaired).await;
        for (label, percentage) in [("DE19", "19"), ("DE7", "7")] {
            crm.create("Tax", json!({"taxlabel": label, "percentage": percentage}))
                .await;
        }
        crm.set_time(SEEDED + 2);
        let records = recording::json("vtiger/records.json");
        for module in ["Products", "Services"] {
            for record in records[module].as_array().unwrap() {
                crm.create(module, record.clone()).await;
            }
        }
        // As there, some that failed and yet left a header take the ids in between.
        for number in 78..111 {
            if number < 82 {
                crm.create("Services", json!({"servicename": "Service"})).await;
            } else {
                crm.replay("create_salesorder_missing_product", &[], &[]).await;
                crm.simulator.delete_record(&format!("6x{number}"));
            }
        }
        crm.set_time(1_795_433_344);
        crm
    }

    pub(super) fn set_time(&self, seconds: i64) {
        self.clock.0.store(seconds, Ordering::SeqCst);
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// What proves that the access key is known, for the latest challenge.
    pub(super) async fn proof(&self) -> String {
        let challenge = self
            .send("GET", &json!({"operation": "getchallenge", "username": "admin"}))
            .await;
        let token = challenge.result()["token"].as_str().unwrap().to_owned();
        hex::encode(Md5::digest(format!("{token}vtiger-access-key")))
    }

    pub(super) async fn login(&mut self) {
        let proof = self.proof().await;
        let login = json!({"operation": "login", "username": "admin", "accessKey": proof});
        let answer = self.send("POST", &login).await;
        answer.result()["sessionName"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.session);
    }

    /// Sends parameters as they are.
    pub(super) async fn send(&self, method: &str, parameters: &Json) -> Answered {
        self.try_send(method, parameters).await.unwrap()
    }

    pub(super) async fn try_send(&self, method: &str, parameters: &Json) -> reqwest::Result<Answered> {
        let url = format!("{}/webservice.php", self.simulator.url());
        let pairs: Vec<(&String, &str)> = parameters
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name, value.as_str().unwrap()))
            .collect();
        let request = match method {
            "GET" => self.client.get(url).query(&pairs),
            _ => self.client.post(url).form(&pairs),
        };
        let response = request.send().await?;
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type");
        let content_type = content_type
            .map_or("", |value| value.to_str().unwrap())
            .to_owned();
        let text = response.text().await?;
        let body = if content_type == "application/json" {
            serde_json::from_str(&text).unwrap()
        } else {
            json!(text)
        };
        Ok(Answered {
            status,
            content_type,
            body,
        })
    }

    /// Runs an operation in the session.
    pub(super) async fn call(&self, method: &str, operation: &str, mut parameters: Json) -> Answered {
        parameters["operation"] = json!(operation);
        parameters["sessionName"] = json!(self.session);
        self.send(method, &parameters).await
    }

    /// Creates a record and returns it.
    pub(super) async fn create(&self, module: &str, mut element: Json) -> Json {
        if element.get("assigned_user_id").is_none() {
            element["assigned_user_id"] = json!("19x1");
        }
        let parameters = json!({"elementType": module, "element": element.to_string()});
        self.call("POST", "create", parameters).await.result().clone()
    }

    pub(super) async fn revise(&self, element: Json) -> Answered {
        self.call("POST", "revise", json!({"element": element.to_string()}))
            .await
    }

    /// The ids that a query finds.
    pub(super) async fn ids(&self, query: &str) -> Vec<String> {
        let answer = self.call("GET", "query", json!({"query": query})).await;
        let rows = answer.result().as_array().unwrap();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Sends a recorded request, in this session if it had one, and holds the answer to the recorded one.
    ///
    /// Each of `replaced` stands for another text in the recording; what is `volatile` only has to have the same type.
    pub(super) async fn replay(&self, name: &str, replaced: &[(&str, &str)], volatile: &[&str]) {
        let recorded = recording::json(&format!("vtiger/{name}.json")).to_string();
        let recorded = replaced
            .iter()
            .fold(recorded, |text, (from, to)| text.replace(from, to));
        let mut recorded: Json = serde_json::from_str(&recorded).unwrap();
        if recorded["params"].get("sessionName").is_some() && !name.starts_with("error_") {
            recorded["params"]["sessionName"] = json!(self.session);
        }

        let mut answer = self
            .send(recorded["method"].as_str().unwrap(), &recorded["params"])
            .await;

        let recorded_body = recorded["body"].take();
        if matches!(name, "query_contacts" | "query_products") {
            // The recording is trimmed to the first rows.
            let kept = recorded_body["result"].as_array().unwrap().len();
            answer.body["result"].as_array_mut().unwrap().truncate(kept);
        }
        assert_eq!(recorded["status"], answer.status, "{name}");
        assert_eq!(recorded["content_type"], answer.content_type, "{name}");
        assert_eq!(
            masked(&recorded_body, volatile),
            masked(&answer.body, volatile),
            "{name}"
        );
    }
}

/// The same with values of these keys replaced by their types.
fn masked(json: &Json, volatile: &[&str]) -> Json {
    match json {
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let value = match value {
                    Json::String(_) if volatile.contains(&name.as_str()) => json!("(a text)"),
                    Json::Number(_) if volatile.contains(&name.as_str()) => json!("(a number)"),
                    other => masked(other, volatile),
                };
                (name.clone(), value)
            })
            .collect(),
        Json::Array(items) => items.iter().map(|item| masked(item, volatile)).collect(),
        other => other.clone(),
    }
}
