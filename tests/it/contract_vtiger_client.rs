//! The Vtiger client against exchanges recorded from Vtiger 8.3.0: what it sends, and what it makes of the answers.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod checking;
mod failures;
mod orders;
mod reading;
mod signing_in;
mod simulated;
mod writing;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use md5::{Digest, Md5};
use serde_json::{Map, Value as Json, json};
use wiremock::{Match, Mock, MockServer, Request, ResponseTemplate};
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::sync::{FieldPath, Module, Patch, Record, RecordId, Value};
use woo_vtiger_sync::system::{Fault, Glance, System, SystemError, Verdict};
use woo_vtiger_sync::vtiger::{Vtiger, VtigerSettings};

use crate::recording;

const KEY: &str = "access-key-of-the-lab";

/// The recorded challenge's moment, 2026-11-23 11:30:05 UTC.
const CHALLENGE_AT: i64 = 1_795_433_405;

/// The moment of the recorded create, 2026-11-23 11:31:13 UTC.
const CREATE_AT: i64 = CHALLENGE_AT + 68;

#[derive(Debug)]
struct HandSetClock(AtomicI64);

impl Clock for HandSetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

/// One parameter list, of the URL or the form.
fn params(request: &Request) -> Map<String, Json> {
    let encoded = match request.method.as_str() {
        "GET" => request.url.query().unwrap_or_default().as_bytes(),
        _ => request.body.as_slice(),
    };
    form_urlencoded::parse(encoded)
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect()
}

/// A call of this verb with at least these parameters.
struct Call {
    method: String,
    params: Map<String, Json>,
}

impl Match for Call {
    fn matches(&self, request: &Request) -> bool {
        let sent = params(request);
        request.url.path() == "/webservice.php"
            && request.method.as_str() == self.method
            && self
                .params
                .iter()
                .all(|(name, value)| sent.get(name) == Some(value))
    }
}

/// A stand-in that answers with recordings.
struct Crm {
    server: MockServer,
    clock: Arc<HandSetClock>,
}

impl Crm {
    /// One that nobody can sign in to yet.
    async fn closed() -> Self {
        woo_vtiger_sync::http::install_tls_provider();
        let crm = Self {
            server: MockServer::start().await,
            clock: Arc::new(HandSetClock(AtomicI64::new(CHALLENGE_AT))),
        };
        crm.knows_no_extension().await;
        crm
    }

    /// PHP gives up at an operation that Vtiger doesn't know.
    async fn knows_no_extension(&self) {
        let params = json!({ "operation": "woovtigersync_capabilities" });
        Mock::given(Call {
            method: "GET".to_owned(),
            params: params.as_object().unwrap().clone(),
        })
        .respond_with(ResponseTemplate::new(500).set_body_raw("", "text/html; charset=UTF-8"))
        .mount(&self.server)
        .await;
    }

    async fn open() -> Self {
        let crm = Self::closed().await;
        crm.plays("getchallenge", json!({})).await;
        crm.plays("login_ok", json!({})).await;
        crm
    }

    fn client(&self) -> Vtiger {
        self.client_with(|_| {})
    }

    fn client_with(&self, change: impl FnOnce(&mut VtigerSettings)) -> Vtiger {
        let mut settings = VtigerSettings {
            mark: "shop".to_owned(),
            order_reference_field: "vtiger_purchaseorder".to_owned(),
            stand_in_item: "WC-ITEM".to_owned(),
            fee_item: "WC-FEE".to_owned(),
            url: self.server.uri().parse().unwrap(),
            username: "admin".to_owned(),
            access_key: KEY.into(),
            utc_offset: None,
            assigned_user_id: None,
            timeout: Duration::from_secs(5),
        };
        change(&mut settings);
        Vtiger::new(settings, self.clock.clone()).unwrap()
    }

    /// Plays a recording to calls of its operation with these parameters.
    async fn plays(&self, name: &str, with: Json) {
        self.plays_times(name, with, u64::MAX).await;
    }

    async fn plays_times(&self, name: &str, with: Json, times: u64) {
        let recording = recording::json(&format!("vtiger/{name}.json"));
        self.mount(&recording, with, recording["body"].clone(), times)
            .await;
    }

    /// Answers calls like the recorded one with another result.
    async fn answers(&self, name: &str, with: Json, result: Json) {
        let recording = recording::json(&format!("vtiger/{name}.json"));
        let body = json!({ "success": true, "result": result });
        self.mount(&recording, with, body, u64::MAX).await;
    }

    async fn mount(&self, recording: &Json, with: Json, body: Json, times: u64) {
        let mut params = with.as_object().unwrap().clone();
        params.insert("operation".to_owned(), recording["params"]["operation"].clone());
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
        let answer =
            ResponseTemplate::new(status).set_body_raw(text, recording["content_type"].as_str().unwrap());
        Mock::given(Call {
            method: recording["method"].as_str().unwrap().to_owned(),
            params,
        })
        .respond_with(answer)
        .up_to_n_times(times)
        .mount(&self.server)
        .await;
    }

    async fn calls(&self) -> Vec<Map<String, Json>> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(params).collect()
    }

    /// The calls without those of the first sign-in, and without those that ask for a module's fields.
    async fn calls_of_records(&self) -> Vec<Map<String, Json>> {
        let calls = self.calls().await.into_iter().skip(2);
        calls.filter(|call| call["operation"] != "describe").collect()
    }

    /// Their operations, in order.
    async fn operations(&self) -> Vec<String> {
        let calls = self.calls_of_records().await;
        let operations = calls
            .iter()
            .map(|call| call["operation"].as_str().unwrap().to_owned());
        operations.collect()
    }
}

fn path(text: &str) -> FieldPath {
    text.parse().unwrap()
}

fn patch(fields: &[(&str, &str)]) -> Patch {
    let fields = fields
        .iter()
        .map(|(field, value)| (path(field), Value::text(*value)));
    Patch(fields.collect())
}

fn id(text: &str) -> RecordId {
    RecordId::new(text)
}

fn get(record: &Record, field: &str) -> String {
    record.get(&path(field)).to_string()
}

/// Contacts as a query answers them.
fn rows(numbers: impl Iterator<Item = u32>) -> Vec<Json> {
    let recorded = recording::json("vtiger/query_contacts.json");
    numbers
        .map(|number| {
            let mut row = recorded["body"]["result"][number as usize % 3].clone();
            row["id"] = json!(format!("12x{number}"));
            row
        })
        .collect()
}

async fn fetch(vtiger: &Vtiger, contact: &str) -> Result<Option<Record>, SystemError> {
    vtiger.fetch(Module::Contacts, &id(contact)).await
}

fn unavailable() -> Fault {
    Fault::Unavailable { retry_after: None }
}
