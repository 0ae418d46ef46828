//! Who gets in, and what the others are told.

use std::sync::atomic::{AtomicU64, Ordering};

use form_urlencoded::byte_serialize;
use serde_json::Value as Json;
use woo_vtiger_sync::clock::{Clock, SystemClock};
use woo_vtiger_sync::simulator::woocommerce::{Call, WooCommerceOptions, WooCommerceSimulator};

use super::{Reply, assert_as_recorded, call, client, open_shop, signature};
use crate::recording;

/// A shop as it is by default: keys only work signed.
async fn strict_shop() -> WooCommerceSimulator {
    WooCommerceSimulator::start(WooCommerceOptions::default())
        .await
        .unwrap()
}

/// The URL of a signed GET, as RFC 5849 says.
fn signed(
    shop: &WooCommerceSimulator,
    parameters: &[(&str, &str)],
    key: &str,
    secret: &str,
    age: i64,
) -> String {
    static NONCE: AtomicU64 = AtomicU64::new(1);
    let url = format!("{}/wp-json/wc/v3/orders", shop.url());
    let timestamp = (SystemClock.now().as_seconds() - age).to_string();
    let nonce = NONCE.fetch_add(1, Ordering::Relaxed).to_string();
    let mut pairs = parameters.to_vec();
    pairs.extend([
        ("oauth_consumer_key", key),
        ("oauth_nonce", &nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", &timestamp),
    ]);
    pairs.sort_unstable();
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let joined: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let joined = joined.join("&");
    let base = format!("GET&{}&{}", encode(&url), encode(&joined));
    let signature = signature(&format!("{secret}&"), base.as_bytes());
    format!("{url}?{joined}&oauth_signature={}", encode(&signature))
}

async fn get(url: &str) -> Reply {
    Reply::read(client().get(url).send().await.unwrap()).await
}

fn assert_recorded(name: &str, reply: &Reply, shop: &WooCommerceSimulator) {
    assert_as_recorded(
        name,
        reply,
        &recording::json(&format!("woo/rest/{name}.json")),
        shop,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_request_gets_in_once() {
    let shop = strict_shop().await;
    let url = signed(
        &shop,
        &[("per_page", "1"), ("status", "on-hold")],
        "ck_simulator",
        "cs_simulator",
        0,
    );

    let first = get(&url).await;
    let again = get(&url).await;

    assert_eq!(first.status, 200);
    assert_eq!(again.status, 401);
    assert_eq!(
        again.body["message"],
        "Invalid nonce - nonce has already been used."
    );
    assert_eq!(
        shop.calls(),
        [Call {
            method: "GET".into(),
            path: "/orders?per_page=1&status=on-hold".into(),
            status: 200
        }]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_signatures_keys_and_times_are_refused() {
    let shop = strict_shop().await;

    let bad_signature = get(&signed(&shop, &[], "ck_simulator", "cs_wrong", 0)).await;
    let bad_key = get(&signed(&shop, &[], "ck_wrong", "cs_simulator", 0)).await;
    let too_old = get(&signed(&shop, &[], "ck_simulator", "cs_simulator", 16 * 60)).await;

    assert_recorded("auth_oauth_badsig", &bad_signature, &shop);
    assert_eq!(bad_key.body["message"], "Consumer key is invalid.");
    assert_eq!(too_old.body["message"], "Invalid timestamp.");
    assert_eq!(shop.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_keys_do_not_work_over_plain_http() {
    let shop = strict_shop().await;
    let url = format!("{}/wp-json/wc/v3/orders", shop.url());

    let basic = call(&shop, "GET", "/orders?per_page=1", &Json::Null).await;
    let query = get(&format!(
        "{url}?consumer_key=ck_simulator&consumer_secret=cs_simulator"
    ))
    .await;
    let nobody = get(&url).await;

    assert_recorded("auth_http_basic", &basic, &shop);
    assert_recorded("auth_http_query", &query, &shop);
    assert_recorded("auth_noauth", &nobody, &shop);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_plain_keys_are_told_apart_where_http_is_trusted() {
    let shop = open_shop().await;
    let url = format!("{}/wp-json/wc/v3/orders", shop.url());
    let basic = async |key: &str, secret: &str| {
        Reply::read(
            client()
                .get(&url)
                .basic_auth(key, Some(secret))
                .send()
                .await
                .unwrap(),
        )
        .await
    };

    let bad_key = basic("ck_wrong", "cs_simulator").await;
    let bad_secret = basic("ck_simulator", "cs_wrong").await;
    let query = get(&format!(
        "{url}?consumer_key=ck_simulator&consumer_secret=cs_simulator"
    ))
    .await;

    assert_recorded("auth_badkey", &bad_key, &shop);
    assert_recorded("auth_badsecret", &bad_secret, &shop);
    assert_eq!(query.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_reading_does_not_write() {
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        read_only: true,
        trust_plain_http: true,
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap();

    super::replay(&shop, "auth_readonly_key_post", "/customers").await;
    let read = call(&shop, "GET", "/customers", &Json::Null).await;

    assert_eq!(read.status, 200);
    assert!(shop.customers().is_empty());
}
