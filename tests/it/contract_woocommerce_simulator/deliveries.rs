//! Deliveries: what becomes of changes that wait, of failures and of losses.

use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};
use woo_vtiger_sync::simulator::faults::FaultPlan;

use super::webhooks::{SECRET, assert_delivered_as_recorded, body, listener, received, slow_shop};
use super::{call, open_shop};

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_wait_are_delivered_as_one_with_the_last_state() {
    let (shop, listener) = (slow_shop().await, listener(200).await);
    let id = shop.register_customer(json!({"email": "ada@shop.example"}));
    shop.add_webhook("customer.updated", &listener.uri(), SECRET);

    for number in 1..=3 {
        shop.edit_customer(id, json!({"billing": {"phone": number.to_string()}}));
    }

    assert_eq!(shop.pending_deliveries(), 1);
    let requests = received(&shop, &listener).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(body(&requests[0])["billing"]["phone"], "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_nothing_is_announced() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    let id = shop.register_customer(json!({"email": "ada@shop.example"}));
    shop.add_webhook("customer.updated", &listener.uri(), SECRET);

    call(&shop, "PUT", &format!("/customers/{id}"), &json!({})).await;

    let requests = received(&shop, &listener).await;
    assert_eq!(requests.len(), 1);
    assert_delivered_as_recorded("customer.updated-nochange", &requests[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seventh_failure_in_a_row_disables_a_webhook() {
    let (shop, listener) = (open_shop().await, listener(500).await);
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    let webhook = shop.add_webhook("customer.updated", &listener.uri(), SECRET);
    let path = format!("/webhooks/{webhook}");
    let fail_once = async || {
        shop.edit_customer(customer, json!({}));
        received(&shop, &listener).await.len()
    };

    for failure in 1..=6 {
        assert_eq!(fail_once().await, failure);
        assert_eq!(
            shop.webhook_status(webhook).as_deref(),
            Some("active"),
            "{failure}"
        );
    }
    assert_eq!(fail_once().await, 7);
    assert_eq!(shop.webhook_status(webhook).as_deref(), Some("disabled"));
    super::replay(&shop, "webhook_get_disabled_by_failures", &path).await;
    assert_eq!(fail_once().await, 7, "nothing is sent while disabled");
    call(&shop, "PUT", &path, &json!({"status": "active"})).await;
    assert_eq!(
        received(&shop, &listener).await.len(),
        7,
        "nothing is made up for"
    );
    assert_eq!(fail_once().await, 8);
    assert_eq!(
        shop.webhook_status(webhook).as_deref(),
        Some("disabled"),
        "the count had stayed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_counts_as_success_and_is_not_followed() {
    let shop = open_shop().await;
    let elsewhere = listener(200).await;
    let redirecting = MockServer::start().await;
    let redirect = ResponseTemplate::new(302).insert_header("Location", elsewhere.uri());
    Mock::given(any())
        .respond_with(redirect)
        .mount(&redirecting)
        .await;
    let webhook = shop.add_webhook("customer.created", &redirecting.uri(), SECRET);

    for number in 0..8 {
        shop.register_customer(json!({"email": format!("{number}@shop.example")}));
    }

    assert_eq!(received(&shop, &redirecting).await.len(), 8);
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
    assert_eq!(shop.webhook_status(webhook).as_deref(), Some("active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_webhook_is_lost_without_a_trace() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    shop.add_webhook("customer.created", &listener.uri(), SECRET);
    shop.set_faults(FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });

    shop.register_customer(json!({"email": "ada@shop.example"}));

    assert!(received(&shop, &listener).await.is_empty());
}
