//! Holds the simulated WooCommerce shop to the recorded traffic of a real one.
//!
//! The recorded requests are sent again to a shop in a comparable state. Status, error, headers, and the keys and
//! JSON types of the answer have to be those of the recording.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod authentication;
mod customers;
mod deliveries;
mod orders;
mod orders_life;
mod orders_totals;
mod product_webhooks;
mod products;
mod rest;
mod stock;
mod taxes;
mod variations;
mod webhooks;

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use crate::recording;

/// A client as the program has it.
fn client() -> reqwest::Client {
    http::install_tls_provider();
    http::client(Duration::from_secs(10)).unwrap()
}

/// A shop that takes basic authentication, and delivers at once.
async fn open_shop() -> WooCommerceSimulator {
    WooCommerceSimulator::start(WooCommerceOptions {
        trust_plain_http: true,
        delivery_delay: Duration::ZERO,
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap()
}

/// What came back of a call.
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Json,
}

impl Reply {
    async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Json::Null),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn id(&self) -> u64 {
        self.body["id"].as_u64().unwrap()
    }
}

/// Calls the shop with its key; `path` is below `/wp-json/wc/v3`.
async fn call(shop: &WooCommerceSimulator, method: &str, path: &str, body: &Json) -> Reply {
    let mut request = client()
        .request(
            method.parse().unwrap(),
            format!("{}/wp-json/wc/v3{path}", shop.url()),
        )
        .basic_auth("ck_simulator", Some("cs_simulator"));
    if !body.is_null() {
        // A recorded body that is text was sent to the letter.
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        request = request.header("Content-Type", "application/json").body(text);
    }
    Reply::read(request.send().await.unwrap()).await
}

/// Sends a recorded request to `path` and holds the answer to the recording.
async fn replay(shop: &WooCommerceSimulator, name: &str, path: &str) -> Reply {
    let recorded = recording::json(&format!("woo/rest/{name}.json"));
    let method = recorded["request"]["method"].as_str().unwrap();

    let reply = call(shop, method, path, &recorded["request"]["body"]).await;

    assert_as_recorded(name, &reply, &recorded, shop);
    reply
}

/// Holds an answer to a recording.
fn assert_as_recorded(name: &str, reply: &Reply, recorded: &Json, shop: &WooCommerceSimulator) {
    assert_eq!(json!(reply.status), recorded["status"], "{name}: {}", reply.body);
    if reply.status >= 400 {
        assert_eq!(reply.body["code"], recorded["body"]["code"], "{name}");
        assert_eq!(reply.body["message"], recorded["body"]["message"], "{name}");
    }
    assert_same_shape(name, &recorded["body"], &reply.body);
    for header in ["Allow", "Content-Type", "X-WP-Total", "X-WP-TotalPages", "Link"] {
        let expected = recorded_header(recorded, header).map(|value| here(&value, shop));
        assert_eq!(reply.header(header), expected.as_deref(), "{name}: {header}");
    }
    let has_location = recorded_header(recorded, "Location").is_some();
    assert_eq!(
        reply.header("Location").is_some(),
        has_location,
        "{name}: Location"
    );
}

fn recorded_header(recorded: &Json, name: &str) -> Option<String> {
    let headers = recorded["headers"].as_array().unwrap();
    let found = headers
        .iter()
        .find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
    found.map(|pair| pair[1].as_str().unwrap().to_owned())
}

/// A recorded text, with the simulated shop's URL in place of the recorded ones'.
fn here(text: &str, shop: &WooCommerceSimulator) -> String {
    text.replace("https://127.0.0.1:8443", &shop.url())
        .replace("http://127.0.0.1:8081", &shop.url())
}

/// The same keys all the way down, and the same types where neither side is null.
fn assert_same_shape(at: &str, recorded: &Json, simulated: &Json) {
    match (recorded, simulated) {
        (Json::Null, _) | (_, Json::Null) => {}
        (Json::Object(recorded), Json::Object(simulated)) => {
            let keys = |object: &serde_json::Map<String, Json>| {
                let mut keys: Vec<_> = object.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(recorded), keys(simulated), "{at}");
            for (key, value) in recorded {
                assert_same_shape(&format!("{at}.{key}"), value, &simulated[key]);
            }
        }
        (Json::Array(recorded), Json::Array(simulated)) => {
            for (recorded, simulated) in recorded.iter().zip(simulated) {
                assert_same_shape(&format!("{at}[]"), recorded, simulated);
            }
        }
        (recorded, simulated) => {
            assert_eq!(
                std::mem::discriminant(recorded),
                std::mem::discriminant(simulated),
                "{at}: {recorded} or {simulated}"
            );
        }
    }
}

/// Base64 of HMAC-SHA256.
fn signature(key: &str, message: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message);
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}
