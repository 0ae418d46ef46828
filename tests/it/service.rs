//! The program as a whole: what it takes while both systems are away, how it ends, and what it tells people.

mod refusals;
mod sayings;

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use tempfile::TempDir;
use woo_vtiger_sync::clock::{Clock, SystemClock};
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::store::{Database, Leases, SqlStore};

use crate::process::Program;
use crate::scene::{CALLBACK_SECRET, WEBHOOK_SECRET, ann, variables, wait_until};

/// A simulated shop, a simulated CRM, and a folder for the program's database.
struct Place {
    shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        Self::with(WooCommerceOptions::default()).await
    }

    async fn with(shop: WooCommerceOptions) -> Self {
        http::install_tls_provider();
        Self {
            shop: WooCommerceSimulator::start(shop).await.unwrap(),
            crm: VtigerSimulator::start(VtigerOptions::default()).await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn environment(&self) -> Vec<(String, String)> {
        variables(&self.shop.url(), &self.crm.url(), self.folder.path())
    }

    /// With this variable set.
    fn environment_with(&self, name: &str, value: &str) -> Vec<(String, String)> {
        let mut environment = self.environment();
        environment.push((name.to_owned(), value.to_owned()));
        environment
    }

    /// Lets both systems tell the service of changes.
    fn announce_to(&self, url: &str) {
        for topic in ["customer.created", "customer.updated", "order.created"] {
            let address = format!("{url}/webhooks/woocommerce/shop");
            self.shop.add_webhook(topic, &address, WEBHOOK_SECRET);
        }
        let address = format!("{url}/webhooks/vtiger/shop");
        self.crm.set_callback(&address, CALLBACK_SECRET);
    }

    fn contact(&self, email: &str) -> Option<Json> {
        let mut contacts = self.crm.records("Contacts").into_iter();
        contacts.find(|contact| contact["email"] == email)
    }
}

async fn get(url: &str) -> (u16, String) {
    let client = http::client(Duration::from_secs(10)).unwrap();
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Sends a webhook as WooCommerce does. Says the answer's status.
async fn send_webhook(url: &str, topic: &str, body: &Json) -> u16 {
    let body = body.to_string();
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    let signature = STANDARD.encode(mac.chain_update(body.as_bytes()).finalize().into_bytes());
    let client = http::client(Duration::from_secs(10)).unwrap();
    let request = client
        .post(format!("{url}/webhooks/woocommerce/shop"))
        .header("Content-Type", "application/json")
        .header("X-WC-Webhook-Topic", topic)
        .header("X-WC-Webhook-Signature", signature)
        .body(body);
    request.send().await.unwrap().status().as_u16()
}

async fn events_waiting(url: &str) -> Json {
    let (_, ready) = get(&format!("{url}/readyz")).await;
    serde_json::from_str::<Json>(&ready).unwrap()["events_waiting"].clone()
}

/// An address of this computer where nothing listens.
fn vacant_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// Opens `address`, and passes on what comes there to the server at `url`.
fn open(address: &str, url: &str) {
    let listener = TcpListener::bind(address).unwrap();
    let server = url.strip_prefix("http://").unwrap().to_owned();
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            let (Ok(caller), Ok(server)) = (caller, TcpStream::connect(&server)) else {
                return;
            };
            let back = (server.try_clone().unwrap(), caller.try_clone().unwrap());
            for (mut from, mut to) in [(caller, server), back] {
                // It ends when either of the two hangs up.
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            }
        }
    });
}

#[tokio::test]
async fn events_are_taken_while_both_systems_are_away_and_delivered_when_they_are_there() {
    let place = Place::new().await;
    let crm = vacant_address();
    let environment = variables(
        &format!("http://{}", vacant_address()),
        &format!("http://{crm}"),
        place.folder.path(),
    );
    let customer = place.shop.register_customer(ann("ann@shop.example"));
    let customer = place.shop.customer(customer).unwrap();

    let service = Program::start(&["serve"], &environment);
    let url = service.url().await;

    assert_eq!(
        get(&format!("{url}/livez")).await,
        (200, r#"{"status":"alive"}"#.to_owned())
    );
    assert_eq!(get(&format!("{url}/readyz")).await.0, 200);
    assert_eq!(send_webhook(&url, "customer.created", &customer).await, 200);
    wait_until("a first attempt has failed", || async {
        service.log().contains("Connection refused") && events_waiting(&url).await == 1
    })
    .await;
    assert_eq!(get(&format!("{url}/readyz")).await.0, 200);
    let (status, metrics) = get(&format!("{url}/metrics")).await;
    assert_eq!(status, 200);
    assert!(
        metrics.contains(r#"wvs_events_received_total{source="woocommerce",answer="200"} 1"#),
        "{metrics}"
    );

    open(&crm, &place.crm.url());
    wait_until("the contact is there", || async {
        place.contact("ann@shop.example").is_some()
    })
    .await;
    wait_until("no event waits", || async { events_waiting(&url).await == 0 }).await;
    assert_eq!(
        place.contact("ann@shop.example").unwrap()["mailingcity"],
        "Oakland"
    );
    assert_eq!(service.stop().await.code, Some(0));
}

#[tokio::test]
async fn sigterm_finishes_the_event_at_hand() {
    let place = Place::new().await;
    let service = Program::start(&["serve"], &place.environment());
    let url = service.url().await;
    wait_until("the service has signed in", || async {
        place.crm.calls().iter().any(|call| call.operation == "login")
    })
    .await;
    let id = place.shop.register_customer(ann("ann@shop.example"));
    place.crm.set_faults(FaultPlan {
        latency: Duration::from_millis(300),
        ..FaultPlan::default()
    });
    let customer = place.shop.customer(id).unwrap();

    assert_eq!(send_webhook(&url, "customer.created", &customer).await, 200);
    wait_until("the contact is looked for", || async {
        place.crm.calls().iter().any(|call| call.operation == "query")
    })
    .await;
    assert!(
        place.contact("ann@shop.example").is_none(),
        "it is too late to stop"
    );
    let ended = service.stop().await;

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(place.contact("ann@shop.example").is_some());
    assert!(!ended.log.contains("come again"), "{}", ended.log);
    let service = Program::start(&["serve"], &place.environment());
    assert_eq!(events_waiting(&service.url().await).await, 0);
    service.stop().await;
}

#[tokio::test]
async fn events_that_were_accepted_are_dealt_with_by_the_next_process() {
    let place = Place::new().await;
    let nowhere = format!("http://{}", vacant_address());
    let away = variables(&nowhere, &nowhere, place.folder.path());
    let id = place.shop.register_customer(ann("ann@shop.example"));
    let customer = place.shop.customer(id).unwrap();
    let service = Program::start(&["serve"], &away);
    let status = send_webhook(&service.url().await, "customer.created", &customer).await;
    assert_eq!(status, 200);
    assert_eq!(service.stop().await.code, Some(0));

    let service = Program::start(&["serve"], &place.environment());

    wait_until("the contact is there", || async {
        place.contact("ann@shop.example").is_some()
    })
    .await;
    assert_eq!(service.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_sweep_beside_the_service_is_done_by_the_service_once() {
    let place = Place::new().await;
    let service = Program::start(&["serve"], &place.environment());
    service.url().await;
    let database = Database::sqlite(&place.folder.path().join("sync.sqlite"))
        .await
        .unwrap();
    let store = SqlStore::new(database);
    wait_until("the service has the right to sweep", || async {
        store.is_leased("sweep:shop", SystemClock.now()).await.unwrap()
    })
    .await;
    place.shop.register_customer(ann("ann@shop.example"));

    let swept = Program::run(&["sweep", "--full"], &place.environment()).await;

    assert_eq!(swept.code, Some(0), "{swept:?}");
    let read = "shop: read 1 contacts in WooCommerce, 1 of them not in step";
    assert!(swept.out.lines().any(|line| line == read), "{}", swept.out);
    assert!(place.contact("ann@shop.example").is_some());
    let calls = place.shop.calls();
    let lists = calls
        .iter()
        .filter(|call| call.path.starts_with("/customers?role=customer"));
    assert_eq!(lists.count(), 1, "{calls:?}");
    let ended = service.stop().await;
    assert_eq!(ended.log.matches("swept a module").count(), 4, "{}", ended.log);
}

#[tokio::test]
async fn a_sweep_alone_brings_both_sides_into_step_and_counts() {
    let place = Place::new().await;
    place.shop.register_customer(ann("ann@shop.example"));
    place.crm.add_record(
        "Contacts",
        json!({ "email": "bob@crm.example", "lastname": "Bobson" }),
    );

    let first = Program::run(&["sweep"], &place.environment()).await;
    let second = Program::run(&["sweep"], &place.environment()).await;

    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(
        first.out.lines().collect::<Vec<_>>(),
        [
            "shop: read 0 taxes in WooCommerce, 0 of them not in step",
            "shop: read 0 products in WooCommerce, 0 of them not in step",
            "shop: read 0 products in Vtiger CRM, 0 of them not in step",
            "shop: read 1 contacts in WooCommerce, 1 of them not in step",
            "shop: read 1 contacts in Vtiger CRM, 1 of them not in step",
            "shop: read 0 sales_orders in WooCommerce, 0 of them not in step",
            "shop: read 0 sales_orders in Vtiger CRM, 0 of them not in step",
            "shop: contacts in WooCommerce: 1 created, 0 updated, 0 skipped",
            "shop: contacts in Vtiger CRM: 1 created, 0 updated, 0 skipped",
        ]
    );
    assert!(place.contact("ann@shop.example").is_some());
    assert!(
        place
            .shop
            .customers()
            .iter()
            .any(|customer| customer["email"] == "bob@crm.example")
    );
    assert_eq!(
        second.out.lines().collect::<Vec<_>>(),
        [
            "shop: read 0 taxes in WooCommerce, 0 of them not in step",
            "shop: read 0 products in WooCommerce, 0 of them not in step",
            "shop: read 0 products in Vtiger CRM, 0 of them not in step",
            "shop: read 2 contacts in WooCommerce, 0 of them not in step",
            "shop: read 2 contacts in Vtiger CRM, 0 of them not in step",
            "shop: read 0 sales_orders in WooCommerce, 0 of them not in step",
            "shop: read 0 sales_orders in Vtiger CRM, 0 of them not in step",
        ]
    );
}

#[tokio::test]
async fn a_sweep_beside_the_service_leaves_the_work_to_it() {
    let place = Place::new().await;
    let service = Program::start(&["serve"], &place.environment_with("WVS_LOG__FILTER", "debug"));
    let url = service.url().await;
    place.shop.register_customer(ann("ann@shop.example"));

    let sweep = Program::run(&["sweep"], &place.environment_with("WVS_LOG__FILTER", "debug")).await;

    assert_eq!(sweep.code, Some(0), "{sweep:?}");
    assert!(
        sweep.out.contains("contacts in Vtiger CRM: 1 created"),
        "{}",
        sweep.out
    );
    assert!(place.contact("ann@shop.example").is_some());
    let (_, metrics) = get(&format!("{url}/metrics")).await;
    assert!(
        metrics.contains(r#"wvs_records_total{connection="shop",side="vtiger",action="created"} 1"#),
        "{metrics}"
    );
    assert!(
        !sweep.log.contains("vtiger.operation=\"create\""),
        "{}",
        sweep.log
    );
    service.stop().await;
}
