//! The service is killed again and again while people edit: nothing is lost, and nothing is there twice.
//!
//! Every edit's webhook is sent until it is answered with 200, and sweeps are off: what is in step at the end is so
//! because an accepted event survives a kill, whatever was being done with it.

mod goods;

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use tokio_util::task::TaskTracker;
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use crate::scene::{CALLBACK_SECRET, WEBHOOK_SECRET, ann, variables, wait_until};

const EVENTS: usize = 2000;
const KILLS: usize = 20;
const SENDERS: usize = 8;

/// The people at both ends, whose webhooks are sent until they are accepted.
struct Town {
    shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    client: reqwest::Client,
    address: String,
    accepted: AtomicUsize,
}

impl Town {
    /// Somebody does something, and it is announced.
    async fn act(&self, random: &mut SmallRng, number: usize) {
        let value = format!("{:06}", random.random_range(0..1_000_000));
        let customers = self.shop.customers();
        match random.random_range(0..100) {
            0..8 => {
                let id = self
                    .shop
                    .register_customer(ann(&format!("customer{number}@shop.example")));
                self.tell_of_customer(id, "customer.created").await;
            }
            8..14 => {
                let fields = json!({ "email": format!("contact{number}@crm.example"), "lastname": "Lee", "phone": value });
                let id = self.crm.add_record("Contacts", fields);
                self.tell_of("Contacts", &id).await;
            }
            14..42 => self.trade(random, number).await,
            42..70 if !customers.is_empty() => {
                let id = customers[random.random_range(0..customers.len())]["id"]
                    .as_u64()
                    .unwrap();
                self.shop
                    .edit_customer(id, json!({ "billing": { "phone": value } }));
                self.tell_of_customer(id, "customer.updated").await;
            }
            _ => {
                let contacts = self.crm.records("Contacts");
                let contacts: Vec<&Json> = contacts.iter().filter(|contact| !is_guest(contact)).collect();
                if contacts.is_empty() {
                    return;
                }
                let id = contacts[random.random_range(0..contacts.len())]["id"]
                    .as_str()
                    .unwrap();
                self.crm
                    .edit_record(id, json!({ "mailingcity": format!("City {value}") }));
                self.tell_of("Contacts", id).await;
            }
        }
    }

    async fn tell_of_customer(&self, id: u64, topic: &str) {
        let customer = self.shop.customer(id).unwrap();
        self.send_webhook(topic, &customer).await;
    }

    async fn send_webhook(&self, topic: &str, body: &Json) {
        let body = body.to_string();
        let signature = STANDARD.encode(signed(WEBHOOK_SECRET, &body));
        let headers = [
            ("X-WC-Webhook-Topic", topic),
            ("X-WC-Webhook-Signature", &signature),
        ];
        self.send("woocommerce", &body, &headers).await;
    }

    async fn tell_of(&self, module: &str, id: &str) {
        let record = self.crm.record(id).unwrap();
        let body = json!({
            "module": module, "id": id, "event": "workflow.save", "modifiedtime": record["modifiedtime"],
            "modifiedby": record["modifiedby"], "data": record,
        })
        .to_string();
        let signature = format!("sha256={}", hex::encode(signed(CALLBACK_SECRET, &body)));
        self.send("vtiger", &body, &[("X-Vtiger-Signature", &signature)])
            .await;
    }

    /// Sends until the answer is 200.
    async fn send(&self, from: &str, body: &str, headers: &[(&str, &str)]) {
        let url = format!("{}/webhooks/{from}/shop", self.address);
        wait_until("the webhook is accepted", || async {
            let mut request = self
                .client
                .post(&url)
                .body(body.to_owned())
                .header("Content-Type", "application/json");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.send().await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// What the service says of itself.
    async fn ready(&self) -> String {
        let answer = self.client.get(format!("{}/readyz", self.address)).send().await;
        answer.unwrap().text().await.unwrap()
    }

    /// What is not in step.
    fn differences(&self) -> Vec<String> {
        let mut contacts: HashMap<String, Vec<Json>> = HashMap::new();
        for contact in self.crm.records("Contacts") {
            contacts
                .entry(contact["email"].as_str().unwrap().to_owned())
                .or_default()
                .push(contact);
        }
        let orders = self.shop.orders().into_iter();
        let guests = orders
            .filter(|order| order["customer_id"] == 0)
            .map(|order| (false, order["billing"].clone(), order));
        let customers = self
            .shop
            .customers()
            .into_iter()
            .map(|customer| (true, customer["billing"].clone(), customer));
        let mut differences = Vec::new();
        for (is_customer, billing, person) in customers.chain(guests) {
            let email = if is_customer {
                &person["email"]
            } else {
                &billing["email"]
            };
            let found = contacts.remove(email.as_str().unwrap()).unwrap_or_default();
            match found.as_slice() {
                [contact]
                    if contact["phone"] == billing["phone"] && contact["mailingcity"] == billing["city"] => {}
                [contact] => differences.push(format!(
                    "{email} differs: {} and {}, {} and {}",
                    contact["phone"], billing["phone"], contact["mailingcity"], billing["city"]
                )),
                several => differences.push(format!("{email} is {} times in the CRM", several.len())),
            }
        }
        differences.extend(
            contacts
                .into_keys()
                .map(|email| format!("{email} is not in the shop")),
        );
        differences.extend(self.differing_products());
        differences.extend(self.differing_orders());
        differences
    }
}

/// Whether a contact came from the order of a guest, whose data nobody edits in the CRM.
fn is_guest(contact: &Json) -> bool {
    contact["email"].as_str().unwrap().contains("guest")
}

fn signed(secret: &str, body: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.chain_update(body.as_bytes()).finalize().into_bytes().to_vec()
}

/// The service as a process of its own; killed when dropped.
struct Service(Child);

impl Service {
    fn start(environment: &[(String, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_woo-vtiger-sync"));
        command
            .arg("serve")
            .envs(environment.iter().cloned())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SIGKILL: nothing in the process can prepare for it.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_during_two_thousand_events_lose_nothing_and_double_nothing() {
    http::install_tls_provider();
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        delivery_delay: Duration::ZERO,
        ..Default::default()
    });
    let (shop, crm) = (
        shop.await.unwrap(),
        VtigerSimulator::start(VtigerOptions::default()).await.unwrap(),
    );
    // A call takes a while, so that kills meet calls under way.
    let slow = FaultPlan {
        latency: Duration::from_millis(5),
        ..FaultPlan::default()
    };
    shop.set_faults(slow.clone());
    crm.set_faults(slow);
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("http://127.0.0.1:{port}");
    let mut environment = variables(&shop.url(), &crm.url(), folder.path());
    environment.push(("WVS_HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    // The systems' own webhooks bring the echoes. They are lost while the service is down.
    for topic in [
        "customer.created",
        "customer.updated",
        "product.created",
        "product.updated",
        "order.created",
        "order.updated",
    ] {
        shop.add_webhook(
            topic,
            &format!("{address}/webhooks/woocommerce/shop"),
            WEBHOOK_SECRET,
        );
    }
    crm.set_callback(&format!("{address}/webhooks/vtiger/shop"), CALLBACK_SECRET);
    let client = http::client(Duration::from_secs(10)).unwrap();
    let town = Arc::new(Town {
        shop,
        crm,
        client,
        address,
        accepted: AtomicUsize::new(0),
    });
    let seed = 20_261_124;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut moments: Vec<usize> = (0..KILLS).map(|_| random.random_range(20..EVENTS - 20)).collect();
    moments.sort_unstable();

    let senders = TaskTracker::new();
    for sender in 0..SENDERS {
        let town = Arc::clone(&town);
        senders.spawn(async move {
            let mut random = SmallRng::seed_from_u64(seed + 1 + sender as u64);
            for nth in 0..EVENTS / SENDERS {
                town.act(&mut random, nth * SENDERS + sender).await;
            }
        });
    }
    senders.close();
    let mut service = Service::start(&environment);
    for moment in moments {
        wait_until("the moment of the next kill has come", || async {
            town.accepted.load(Ordering::Relaxed) >= moment || senders.is_empty()
        })
        .await;
        drop(service);
        service = Service::start(&environment);
    }
    senders.wait().await;
    let in_step = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(50));
        while !town.differences().is_empty() {
            ticks.tick().await;
        }
    };
    if tokio::time::timeout(Duration::from_mins(2), in_step)
        .await
        .is_err()
    {
        panic!("not in step: {:?}; {}", town.differences(), town.ready().await);
    }

    // What is still under way changes nothing any more.
    wait_until("no event waits", || async {
        let ready: Json = serde_json::from_str(&town.ready().await).unwrap();
        ready["events_waiting"] == 0
    })
    .await;
    assert_eq!(town.differences(), [] as [&str; 0]);
    assert!(town.accepted.load(Ordering::Relaxed) > EVENTS * 9 / 10);
    let count = |module: &str| town.crm.records(module).len();
    assert!(count("Products") > 20, "{} products", count("Products"));
    assert!(count("SalesOrder") > 100, "{} orders", count("SalesOrder"));
    drop(service);
}
