//! The WooCommerce client against recorded answers: what it asks for, and what it makes of them.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value as Json, json};
use url::Url;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::sync::{FieldPath, Module, Patch, Record, RecordId, Value};
use woo_vtiger_sync::system::{Fault, System, Verdict};
use woo_vtiger_sync::woocommerce::{Authentication, WooCommerce, WooCommerceSettings};

use crate::recording;

const CONTACTS: Module = Module::Contacts;

/// 23 November 2026, 11:36:33.
const NOW: i64 = 1_795_433_793;

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(NOW)
    }
}

fn client(url: &str, authentication: Option<Authentication>, timeout: Duration) -> WooCommerce {
    woo_vtiger_sync::http::install_tls_provider();
    let settings = WooCommerceSettings {
        url: Url::parse(url).unwrap(),
        consumer_key: SecretString::from("ck_the_key"),
        consumer_secret: SecretString::from("cs_the_secret"),
        authentication,
        timeout,
    };
    WooCommerce::new(settings, Arc::new(FixedClock)).unwrap()
}

fn basic(url: &str) -> WooCommerce {
    client(url, Some(Authentication::Basic), Duration::from_secs(10))
}

/// A recorded answer.
fn recorded(name: &str) -> ResponseTemplate {
    let exchange = recording::json(&format!("woo/rest/{name}.json"));
    let status = u16::try_from(exchange["status"].as_u64().unwrap()).unwrap();
    let headers = exchange["headers"].as_array().unwrap().iter();
    let headers = headers.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
    ResponseTemplate::new(status)
        .append_headers(headers)
        .set_body_raw(exchange["body"].to_string(), "application/json; charset=UTF-8")
}

/// A shop that answers everything in the same way.
async fn answering(answer: ResponseTemplate) -> (MockServer, WooCommerce) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let shop = basic(&server.uri());
    (server, shop)
}

/// A shop that answers these methods and paths.
async fn with(routes: &[(&str, &str, ResponseTemplate)]) -> MockServer {
    let server = MockServer::start().await;
    for (verb, at, answer) in routes {
        let mock = Mock::given(method(*verb)).and(path(*at));
        mock.respond_with(answer.clone()).mount(&server).await;
    }
    server
}

/// What was asked for, with bodies.
async fn requests(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| {
            let query = request
                .url
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            let body = String::from_utf8_lossy(&request.body);
            format!("{} {}{query} {body}", request.method, request.url.path())
                .trim_end()
                .to_owned()
        })
        .collect()
}

fn patch(fields: &[(&str, Value)]) -> Patch {
    let fields = fields.iter();
    Patch(
        fields
            .map(|(path, value)| (FieldPath::parse(path).unwrap(), value.clone()))
            .collect(),
    )
}

fn get(record: &Record, path: &str) -> String {
    record
        .get(&FieldPath::parse(path).unwrap())
        .as_text()
        .into_owned()
}

#[tokio::test]
async fn a_customer_is_read_by_its_id() {
    let (server, shop) = answering(recorded("customer_get")).await;

    let record = shop.fetch(CONTACTS, &RecordId::new("2")).await.unwrap().unwrap();

    assert_eq!(requests(&server).await, ["GET /wp-json/wc/v3/customers/2"]);
    let header = &server.received_requests().await.unwrap()[0].headers["authorization"];
    assert_eq!(header, "Basic Y2tfdGhlX2tleTpjc190aGVfc2VjcmV0");
    assert_eq!(record.id.as_str(), "2");
    assert_eq!(record.modified, Some(Timestamp::from_seconds(NOW)));
    assert_eq!(get(&record, "billing.company"), "Lovelace & Co.");
    assert_eq!(get(&record, "role"), "customer");
    assert!(!record.fields.contains_key("_links") && !record.fields.contains_key("avatar_url"));
}

#[tokio::test]
async fn a_site_in_a_folder_is_found() {
    let (server, _) = answering(recorded("customer_get_admin")).await;
    let shop = basic(&format!("{}/shop/?lang=en", server.uri()));

    let record = shop.fetch(CONTACTS, &RecordId::new("1")).await.unwrap().unwrap();

    assert_eq!(requests(&server).await, ["GET /shop/wp-json/wc/v3/customers/1"]);
    assert_eq!(
        (record.modified, get(&record, "role").as_str()),
        (None, "administrator")
    );
}

#[tokio::test]
async fn a_customer_that_is_not_there_is_none_and_a_shop_that_is_not_there_is_a_fault() {
    let (_server, shop) = answering(recorded("customer_get_404")).await;
    assert_eq!(shop.fetch(CONTACTS, &RecordId::new("999999")).await, Ok(None));
    assert_eq!(shop.fetch(CONTACTS, &RecordId::new("12x3")).await, Ok(None));

    for switched_off in [
        recorded("no_route_404"),
        ResponseTemplate::new(404).set_body_string("<html>"),
    ] {
        let (_server, shop) = answering(switched_off).await;
        let error = shop.fetch(CONTACTS, &RecordId::new("2")).await.unwrap_err();
        assert_eq!(error.fault, Fault::Unavailable { retry_after: None });
    }
}

#[tokio::test]
async fn customers_are_found_by_their_whole_address_in_any_case() {
    let (server, shop) = answering(recorded("customers_by_email")).await;

    let found = shop
        .find(CONTACTS, " Customer05@SHOP.example ", None)
        .await
        .unwrap();
    let other = shop.find(CONTACTS, "omer05+x@shop.example", None).await.unwrap();
    let blank = shop.find(CONTACTS, "  ", None).await.unwrap();

    assert_eq!(
        found.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(),
        ["6"]
    );
    assert_eq!((other.len(), blank.len()), (0, 0));
    let expected = [
        "GET /wp-json/wc/v3/customers?email=Customer05%40SHOP.example&role=all&per_page=2",
        "GET /wp-json/wc/v3/customers?email=omer05%2Bx%40shop.example&role=all&per_page=2",
    ];
    assert_eq!(requests(&server).await, expected);
}

#[tokio::test]
async fn a_customer_is_created_from_a_patch() {
    let (server, shop) = answering(recorded("customer_create_201")).await;
    let patch = patch(&[
        ("email", Value::text("new1@shop.example")),
        ("first_name", Value::text("A & <B>")),
        ("billing.phone", Value::Null),
        ("billing.email", Value::Null),
    ]);

    let record = shop.create(CONTACTS, &patch).await.unwrap();

    let body = r#"{"billing":{"phone":""},"email":"new1@shop.example","first_name":"A &amp; &lt;B&gt;"}"#;
    let request = requests(&server).await.remove(0);
    let (line, sent) = request.split_at("POST /wp-json/wc/v3/customers ".len());
    assert_eq!(line, "POST /wp-json/wc/v3/customers ");
    let sent: Json = serde_json::from_str(sent).unwrap();
    assert_eq!(sent, serde_json::from_str::<Json>(body).unwrap());
    assert_eq!(record.id.as_str(), "35");
}

#[tokio::test]
async fn a_customer_is_updated_by_a_patch() {
    let (server, shop) = answering(recorded("customer_update_200_meta")).await;
    let patch = patch(&[("meta_data[lab_sync_id]", Value::text("42"))]);

    let record = shop.update(CONTACTS, &RecordId::new("3"), &patch).await.unwrap();

    let body = r#"{"meta_data":[{"key":"lab_sync_id","value":"42"}]}"#;
    assert_eq!(
        requests(&server).await,
        [format!("PUT /wp-json/wc/v3/customers/3 {body}")]
    );
    assert_eq!(get(&record, "meta_data[lab_sync_id]"), "42");
}

#[tokio::test]
async fn a_patch_with_nothing_to_write_only_reads() {
    let (server, shop) = answering(recorded("customer_get")).await;
    let patch = patch(&[("billing.email", Value::Null)]);

    let record = shop.update(CONTACTS, &RecordId::new("2"), &patch).await.unwrap();

    assert_eq!(requests(&server).await, ["GET /wp-json/wc/v3/customers/2"]);
    assert_eq!(record.id.as_str(), "2");
}

#[tokio::test]
async fn a_customer_is_deleted_for_good_and_one_that_is_gone_is_no_error() {
    for answer in ["customer_delete_force", "customer_delete_404"] {
        let (server, shop) = answering(recorded(answer)).await;

        assert_eq!(shop.delete(CONTACTS, &RecordId::new("32")).await, Ok(()));

        assert_eq!(
            requests(&server).await,
            ["DELETE /wp-json/wc/v3/customers/32?force=true"]
        );
    }
}

#[tokio::test]
async fn over_http_requests_are_signed_and_nothing_shows_the_secret() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(recorded("customers_by_email"))
        .mount(&server)
        .await;
    let shop = client(&server.uri(), None, Duration::from_secs(10));

    shop.find(CONTACTS, "customer05@shop.example", None)
        .await
        .unwrap();
    shop.find(CONTACTS, "customer05@shop.example", None)
        .await
        .unwrap();

    let received = server.received_requests().await.unwrap();
    let parameter = |nth: usize, name: &str| {
        let mut pairs = received[nth].url.query_pairs();
        let (_, value) = pairs
            .find(|(key, _)| key == name)
            .unwrap_or_else(|| panic!("no {name}"));
        value.into_owned()
    };
    assert_eq!(parameter(0, "email"), "customer05@shop.example");
    assert_eq!(parameter(0, "oauth_consumer_key"), "ck_the_key");
    assert_eq!(parameter(0, "oauth_signature_method"), "HMAC-SHA256");
    assert_eq!(parameter(0, "oauth_timestamp"), NOW.to_string());
    assert_eq!(parameter(0, "oauth_signature").len(), 44);
    assert_ne!(parameter(0, "oauth_nonce"), parameter(1, "oauth_nonce"));
    assert!(!received[0].headers.contains_key("authorization"));
    assert!(!format!("{:?}", received[0].url).contains("cs_the_secret"));
    let debug = format!("{shop:?}");
    assert!(
        !debug.contains("the_key") && !debug.contains("the_secret"),
        "{debug}"
    );
}

#[tokio::test]
async fn key_and_secret_go_into_the_query_where_that_is_set() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(recorded("customer_get"))
        .mount(&server)
        .await;
    let shop = client(
        &server.uri(),
        Some(Authentication::Query),
        Duration::from_secs(10),
    );

    shop.fetch(CONTACTS, &RecordId::new("2")).await.unwrap();

    let expected = "GET /wp-json/wc/v3/customers/2?consumer_key=ck_the_key&consumer_secret=cs_the_secret";
    assert_eq!(requests(&server).await, [expected]);
    assert_eq!(
        serde_json::from_value::<Authentication>(json!("oauth")).unwrap(),
        Authentication::OAuth
    );
}

mod batches;
mod failures;
mod guests;
mod orders;
mod pages_and_checks;
mod products;
mod shop;
mod taxes;
