//! People at both ends who make and edit customers, contacts, products and orders, and whose webhooks are sent until they
//! are accepted: what is in step at the end is so because an accepted event survives whatever goes wrong.

mod goods;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use crate::scene::{CALLBACK_SECRET, WEBHOOK_SECRET, ann, wait_until};

/// The people at both ends, whose webhooks are sent until they are accepted.
pub(crate) struct Town {
    pub(crate) shop: WooCommerceSimulator,
    pub(crate) crm: VtigerSimulator,
    client: reqwest::Client,
    /// Where the service takes webhooks.
    address: String,
    accepted: AtomicUsize,
    refused: Mutex<Vec<String>>,
    seen: Mutex<HashMap<&'static str, Glance>>,
}

/// When somebody looked at all records of a kind, and what there was.
type Glance = (Instant, Arc<Vec<Json>>);

/// How old what people see may be: to look at all there is each time would be most of what a large test does.
const RECENT: Duration = Duration::from_millis(250);

/// How many people act at once.
const SENDERS: usize = 8;

impl Town {
    /// The two systems, where a call takes `latency`, with their own webhooks, which bring the echoes. Those are lost
    /// while the service is away.
    pub(crate) async fn found(address: &str, latency: Duration) -> Arc<Self> {
        http::install_tls_provider();
        let shop = WooCommerceSimulator::start(WooCommerceOptions {
            delivery_delay: Duration::ZERO,
            ..Default::default()
        });
        let (shop, crm) = (
            shop.await.unwrap(),
            VtigerSimulator::start(VtigerOptions::default()).await.unwrap(),
        );
        // A call takes a while, so that what goes wrong meets calls under way.
        let slow = FaultPlan {
            latency,
            ..FaultPlan::default()
        };
        shop.set_faults(slow.clone());
        crm.set_faults(slow);
        for topic in [
            "customer.created",
            "customer.updated",
            "product.created",
            "product.updated",
            "order.created",
            "order.updated",
        ] {
            let url = format!("{address}/webhooks/woocommerce/shop");
            shop.add_webhook(topic, &url, WEBHOOK_SECRET);
        }
        crm.set_callback(&format!("{address}/webhooks/vtiger/shop"), CALLBACK_SECRET);
        Arc::new(Self {
            shop,
            crm,
            client: http::client(Duration::from_secs(10)).unwrap(),
            address: address.to_owned(),
            accepted: AtomicUsize::new(0),
            refused: Mutex::default(),
            seen: Mutex::default(),
        })
    }

    /// People do so many things, so many of them a second, or else each as soon as the last one is accepted. The tracker
    /// is empty when all is done.
    pub(crate) fn bustle(self: &Arc<Self>, events: usize, seed: u64, pace: Option<u32>) -> TaskTracker {
        let senders = TaskTracker::new();
        for sender in 0..SENDERS {
            let town = Arc::clone(self);
            senders.spawn(async move {
                let mut random = SmallRng::seed_from_u64(seed + 1 + sender as u64);
                let mut ticks = pace.map(|pace| {
                    let all = u32::try_from(SENDERS).unwrap();
                    tokio::time::interval(Duration::from_secs(1) * all / pace)
                });
                for number in (sender..events).step_by(SENDERS) {
                    if let Some(ticks) = &mut ticks {
                        ticks.tick().await;
                    }
                    town.act(&mut random, number).await;
                }
            });
        }
        senders.close();
        senders
    }

    fn customers(&self) -> Arc<Vec<Json>> {
        self.glance("customers", || self.shop.customers())
    }

    /// The CRM's records of a module.
    fn records(&self, module: &'static str) -> Arc<Vec<Json>> {
        self.glance(module, || self.crm.records(module))
    }

    /// What there is of a kind, or was a moment ago.
    fn glance(&self, kind: &'static str, look: impl FnOnce() -> Vec<Json>) -> Arc<Vec<Json>> {
        let mut seen = self.seen.lock().unwrap();
        if let Some((at, records)) = seen.get(kind)
            && at.elapsed() < RECENT
        {
            return Arc::clone(records);
        }
        let records = Arc::new(look());
        seen.insert(kind, (Instant::now(), Arc::clone(&records)));
        records
    }

    /// How many webhooks were accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Each webhook was answered with 200 when it was first sent.
    pub(crate) fn assert_none_was_refused(&self) {
        assert_eq!(*self.refused.lock().unwrap(), [] as [&str; 0]);
    }

    /// Waits until both sides are in step; fails with what is not after `patience` without any progress.
    pub(crate) async fn in_step(&self, patience: Duration) {
        let mut ticks = tokio::time::interval(Duration::from_millis(200));
        let (mut least, mut since) = (usize::MAX, Instant::now());
        loop {
            ticks.tick().await;
            let differences = self.differences();
            if differences.is_empty() {
                return;
            }
            if differences.len() < least {
                (least, since) = (differences.len(), Instant::now());
            }
            assert!(
                since.elapsed() < patience,
                "{} records are not in step: {:?}",
                differences.len(),
                &differences[..differences.len().min(20)]
            );
        }
    }

    /// No record was written to by two workers at once.
    pub(crate) fn assert_no_write_overlapped(&self) {
        assert_eq!(self.shop.overlapping_writes(), [] as [&str; 0]);
        assert_eq!(self.crm.overlapping_writes(), [] as [&str; 0]);
    }

    /// Somebody does something, and it is announced. Who finds nothing to edit makes something.
    pub(crate) async fn act(&self, random: &mut SmallRng, number: usize) {
        let value = format!("{:06}", random.random_range(0..1_000_000));
        let customers = self.customers();
        match random.random_range(0..100) {
            0..8 => self.register(number).await,
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
                let contacts = self.records("Contacts");
                let contacts: Vec<&Json> = contacts.iter().filter(|contact| !is_guest(contact)).collect();
                if contacts.is_empty() {
                    return self.register(number).await;
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

    async fn register(&self, number: usize) {
        let email = format!("customer{number}@shop.example");
        let id = self.shop.register_customer(ann(&email));
        self.tell_of_customer(id, "customer.created").await;
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
            let answer = request.send().await;
            let accepted = answer.as_ref().is_ok_and(|answer| answer.status() == 200);
            if !accepted {
                self.refused.lock().unwrap().push(format!("{answer:?}"));
            }
            accepted
        })
        .await;
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// What is not in step.
    pub(crate) fn differences(&self) -> Vec<String> {
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
