//! Webhooks: how they are set up, what is sent when, and how it looks.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::{assert_as_recorded, assert_same_shape, call, open_shop, signature};
use crate::recording;
use crate::scene::wait_until;

pub(super) const SECRET: &str = "lab-webhook-secret";

/// A listener that answers with this status.
pub(super) async fn listener(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    server
}

/// What a listener got, once the shop has nothing left to send.
pub(super) async fn received(shop: &WooCommerceSimulator, listener: &MockServer) -> Vec<Request> {
    wait_until("all deliveries", async || shop.pending_deliveries() == 0).await;
    listener.received_requests().await.unwrap()
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).unwrap().to_str().unwrap()
}

pub(super) fn body(request: &Request) -> Json {
    serde_json::from_slice(&request.body).unwrap()
}

pub(super) fn topics(requests: &[Request]) -> Vec<&str> {
    requests
        .iter()
        .map(|request| header(request, "X-WC-Webhook-Topic"))
        .collect()
}

/// Holds a delivery to a recorded one: headers' names and fixed values, signature, keys of the body.
pub(super) fn assert_delivered_as_recorded(name: &str, request: &Request) {
    let recorded = recording::json(&format!("woo/webhooks/{name}.json"));
    let pairs = recorded["headers"].as_array().unwrap();
    let expected: BTreeSet<_> = pairs
        .iter()
        .map(|pair| pair[0].as_str().unwrap().to_lowercase())
        .collect();
    let got: BTreeSet<_> = request
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .collect();
    assert_eq!(got, expected, "{name}");
    for pair in pairs {
        let (key, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        let varies = [
            "Host",
            "Content-Length",
            "X-WC-Webhook-Source",
            "X-WC-Webhook-Signature",
            "X-WC-Webhook-ID",
        ];
        if key == "X-WC-Webhook-Delivery-ID" {
            assert_eq!(header(request, key).len(), value.len());
        } else if !varies.contains(&key) {
            assert_eq!(header(request, key), value, "{name}: {key}");
        }
    }
    assert_eq!(request.method.as_str(), recorded["method"], "{name}");
    let text = recorded["body_text"].as_str().unwrap();
    if let Ok(json) = serde_json::from_str::<Json>(text) {
        assert_same_shape(name, &json, &body(request));
        assert_eq!(
            header(request, "X-WC-Webhook-Signature"),
            signature(SECRET, &request.body),
            "{name}"
        );
        assert_eq!(json["code"], body(request)["code"], "{name}");
    }
}

/// A shop that keeps deliveries back for a moment.
pub(super) async fn slow_shop() -> WooCommerceSimulator {
    WooCommerceSimulator::start(WooCommerceOptions {
        trust_plain_http: true,
        delivery_delay: Duration::from_secs(1),
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_life_is_announced_as_recorded() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    for topic in ["customer.created", "customer.updated", "customer.deleted"] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }

    let recorded = recording::json("woo/webhooks/customer.created.json");
    let sent = serde_json::from_str(recorded["body_text"].as_str().unwrap()).unwrap();
    let id = shop.register_customer(sent);
    received(&shop, &listener).await;
    call(
        &shop,
        "PUT",
        &format!("/customers/{id}"),
        &json!({"last_name": "Two"}),
    )
    .await;
    received(&shop, &listener).await;
    call(
        &shop,
        "DELETE",
        &format!("/customers/{id}?force=true"),
        &Json::Null,
    )
    .await;

    let requests = received(&shop, &listener).await;
    assert_eq!(
        topics(&requests),
        [
            "customer.created",
            "customer.updated",
            "customer.updated",
            "customer.deleted"
        ]
    );
    for (request, name) in requests.iter().zip([
        "customer.created",
        "customer.created-2-customer.updated",
        "customer.updated",
        "customer.deleted",
    ]) {
        assert_delivered_as_recorded(name, request);
        assert_eq!(header(request, "X-WC-Webhook-Source"), format!("{}/", shop.url()));
    }
    assert_eq!(body(&requests[3]), json!({"id": id}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_gone_is_announced_as_a_signed_error() {
    let (shop, listener) = (slow_shop().await, listener(200).await);
    for topic in [
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "order.created",
    ] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }

    let id = shop.register_customer(json!({"email": "short@shop.example"}));
    shop.delete_customer(id);
    let order = shop.place_order(json!({}));
    call(
        &shop,
        "DELETE",
        &format!("/orders/{order}?force=true"),
        &Json::Null,
    )
    .await;

    let requests = received(&shop, &listener).await;
    assert_eq!(requests.len(), 4);
    for (request, name) in requests.iter().zip([
        "customer.created-gone-1-customer.created",
        "customer.created-gone-2-customer.updated",
        "customer.created-gone-3-customer.deleted",
        "order.created-gone-1-order.created",
    ]) {
        assert_delivered_as_recorded(name, request);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_announced_as_recorded() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    for topic in [
        "order.created",
        "order.updated",
        "order.deleted",
        "customer.updated",
    ] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }
    let id = call(
        &shop,
        "POST",
        "/orders",
        &json!({"billing": {"email": "guest@guest.example"}}),
    )
    .await
    .id();
    received(&shop, &listener).await;
    call(&shop, "DELETE", &format!("/orders/{id}"), &Json::Null).await;
    received(&shop, &listener).await;
    shop.place_order(json!({"status": "checkout-draft"}));
    received(&shop, &listener).await;
    shop.place_order(json!({}));

    let requests = received(&shop, &listener).await;
    assert_eq!(
        topics(&requests),
        [
            "order.created",
            "order.updated",
            "order.deleted",
            "order.updated",
            "order.updated",
            "order.created"
        ]
    );
    for (request, name) in requests.iter().zip([
        "order.created-guest-1-order.created",
        "order.created-guest-2-order.updated",
        "order.deleted",
    ]) {
        assert_delivered_as_recorded(name, request);
    }
    assert_eq!(body(&requests[3])["status"], "checkout-draft");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_made_listed_and_deleted_as_recorded() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    let recorded = recording::json("woo/rest/webhook_create_201.json");
    let mut sent = recorded["request"]["body"].clone();
    sent["delivery_url"] = listener.uri().into();

    let created = call(&shop, "POST", "/webhooks", &sent).await;
    for name in [
        "webhook_create_bad_topic2",
        "webhook_create_bad_url",
        "webhook_create_no_url",
    ] {
        super::replay(&shop, name, "/webhooks").await;
    }
    let path = format!("/webhooks/{}", created.id());
    super::replay(&shop, "webhook_delete_without_force", &path).await;
    let moved = json!({"delivery_url": format!("{}/other", listener.uri())});
    call(&shop, "PUT", &path, &moved).await;
    call(&shop, "PUT", &path, &moved).await;
    for number in 0..10 {
        shop.add_webhook("order.created", &format!("{}/{number}", listener.uri()), SECRET);
    }
    super::replay(&shop, "webhooks_list", "/webhooks").await;
    let deleted = call(&shop, "DELETE", &format!("{path}?force=true"), &Json::Null).await;

    assert_as_recorded("webhook_create_201", &created, &recorded, &shop);
    for key in ["name", "status", "topic", "resource", "event", "hooks"] {
        assert_eq!(created.body[key], recorded["body"][key], "{key}");
    }
    assert_eq!(deleted.status, 200);
    assert_eq!(shop.webhook_status(created.id()), None);
    let pings = received(&shop, &listener).await;
    assert_eq!(
        pings.len(),
        2,
        "one at the start, one for the new URL, none for the same again"
    );
    assert_delivered_as_recorded("ping-on-creation", &pings[0]);
    assert_delivered_as_recorded("ping-on-url-change", &pings[1]);
    assert_eq!(pings[0].body, format!("webhook_id={}", created.id()).as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_that_is_not_answered_with_200_follows_each_delivery() {
    let (shop, listener) = (open_shop().await, listener(204).await);
    let sent = json!({"topic": "customer.created", "delivery_url": listener.uri(), "secret": SECRET});

    let created = call(&shop, "POST", "/webhooks", &sent).await;
    shop.register_customer(json!({"email": "ada@shop.example"}));

    assert_eq!(created.status, 201);
    wait_until("ping, delivery, ping", async || {
        let requests = listener.received_requests().await.unwrap();
        let pings: Vec<_> = requests
            .iter()
            .map(|request| request.body.starts_with(b"webhook_id="))
            .collect();
        pings == [true, false, true]
    })
    .await;
}
