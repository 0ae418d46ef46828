//! The two simulators, the servers, and people who edit customers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lapin::options::{QueueDeclareOptions, QueuePurgeOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties};
use serde_json::json;
use sqlx::{PgPool, query_scalar};
use tokio::task::JoinSet;
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use crate::load::signed;
use crate::process::Process;

pub(crate) const CONNECTION: &str = "shop";
pub(crate) const WEBHOOK_SECRET: &str = "webhook-secret";
const CALLBACK_SECRET: &str = "callback-secret";

pub(crate) struct Scene {
    shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    environment: Vec<(String, String)>,
    journal: PgPool,
    broker: Connection,
    prefix: String,
    client: reqwest::Client,
}

/// A customer and its contact.
#[derive(Clone)]
pub(crate) struct Pair {
    customer: u64,
    contact: String,
}

impl Scene {
    pub(crate) async fn open(database: &str, broker: &str, prefix: &str) -> Self {
        let shop = WooCommerceSimulator::start(WooCommerceOptions::default())
            .await
            .unwrap();
        let crm = VtigerSimulator::start(VtigerOptions::default()).await.unwrap();
        let (shop_options, crm_options) = (WooCommerceOptions::default(), VtigerOptions::default());
        let environment = [
            ("DATABASE__URL", database),
            ("QUEUE__URL", broker),
            ("QUEUE__PREFIX", prefix),
            ("LOG__FILTER", "warn"),
            ("CONNECTIONS__SHOP__WOOCOMMERCE__URL", &shop.url()),
            (
                "CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY",
                &shop_options.consumer_key,
            ),
            (
                "CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET",
                &shop_options.consumer_secret,
            ),
            ("CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET", WEBHOOK_SECRET),
            ("CONNECTIONS__SHOP__VTIGER__URL", &crm.url()),
            ("CONNECTIONS__SHOP__VTIGER__USERNAME", &crm_options.username),
            ("CONNECTIONS__SHOP__VTIGER__ACCESS_KEY", &crm_options.access_key),
            ("CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET", CALLBACK_SECRET),
            ("CONNECTIONS__SHOP__VTIGER__TIME_ZONE_OFFSET", "+00:00"),
        ];
        let connection = Connection::connect(broker, ConnectionProperties::default())
            .await
            .unwrap();
        Self {
            environment: environment.map(variable).to_vec(),
            journal: PgPool::connect(database).await.unwrap(),
            broker: connection,
            prefix: prefix.to_owned(),
            client: http::client(Duration::from_secs(10)).unwrap(),
            shop,
            crm,
        }
    }

    /// The program in these roles, with these settings besides.
    pub(crate) async fn start(&self, roles: &str, settings: &[(&str, &str)]) -> Process {
        let mut environment = self.environment.clone();
        environment.extend(settings.iter().copied().map(variable));
        Process::serve(roles, &environment).await
    }

    /// The CRM tells this process of what changes in it.
    pub(crate) fn post_to(&self, ingress: &Process) {
        let url = format!("{}/webhooks/vtiger/{CONNECTION}", ingress.url());
        self.crm.set_callback(&url, CALLBACK_SECRET);
    }

    /// A queue like those of the program.
    pub(crate) async fn create_queue(&self, queue: &str) {
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions::durable();
        let channel = self.broker.create_channel().await.unwrap();
        channel
            .queue_declare(queue.into(), options, arguments)
            .await
            .unwrap();
    }

    /// The queue that the program's ingress publishes to.
    pub(crate) fn live_queue(&self) -> String {
        format!("{}.live", self.prefix)
    }

    pub(crate) async fn purge(&self, queue: &str) {
        let channel = self.broker.create_channel().await.unwrap();
        let purged = channel
            .queue_purge(queue.into(), QueuePurgeOptions::default())
            .await
            .unwrap();
        assert_ne!(purged, 0, "nothing was published to {queue}");
    }
}

/// Customers and their edits.
impl Scene {
    /// New customers, each once it is in step with its contact.
    pub(crate) async fn register(&self, ingress: &Process, number: usize) -> Vec<Pair> {
        let known = self.times("created").await.len();
        let mut customers = HashMap::new();
        for nth in 0..number {
            let email = format!("{}@shop.example", known + nth);
            let fields = json!({
                "email": email, "first_name": "Ann", "last_name": "Lee",
                "billing": { "phone": "555 1000", "address_1": "1 Main St", "city": "Oakland", "state": "CA",
                             "postcode": "94601", "country": "US" },
            });
            let customer = self.shop.register_customer(fields);
            customers.insert(email, customer);
            self.tell_of(ingress, customer, "customer.created").await;
        }
        self.until("created", known + number).await;
        let contacts = self.crm.records("Contacts").into_iter();
        contacts
            .filter_map(|contact| {
                let customer = customers.remove(contact["email"].as_str()?)?;
                let contact = contact["id"].as_str()?.to_owned();
                Some(Pair { customer, contact })
            })
            .collect()
    }

    /// Edits at this pace, and how long each took from its webhook until the contact showed it.
    pub(crate) async fn edit_at(
        self: &Arc<Self>,
        ingress: &Process,
        pairs: &[Pair],
        pace: u32,
        number: u32,
    ) -> Vec<Duration> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / pace);
        let url = webhooks(ingress);
        let mut edits = JoinSet::new();
        for (nth, pair) in (0..number).zip(pairs.iter().cycle()) {
            ticks.tick().await;
            let (scene, url, pair) = (Arc::clone(self), url.clone(), pair.clone());
            edits.spawn(async move {
                let phone = format!("555 {nth} {pace}");
                scene
                    .shop
                    .edit_customer(pair.customer, json!({ "billing": { "phone": phone } }));
                let begun = Instant::now();
                scene.send(&url, pair.customer, "customer.updated").await;
                while scene.crm.record(&pair.contact).unwrap()["phone"] != phone {
                    tokio::time::sleep(Duration::from_micros(500)).await;
                }
                begun.elapsed()
            });
        }
        edits.join_all().await
    }

    /// How many edits a second so many workers deal with, all of which wait for them, while each call takes `latency`.
    pub(crate) async fn backlog(
        &self,
        ingress: &Process,
        pairs: &[Pair],
        workers: usize,
        latency: Duration,
    ) -> f64 {
        let plan = |latency| FaultPlan {
            latency,
            ..FaultPlan::default()
        };
        self.shop.set_faults(plan(latency));
        self.crm.set_faults(plan(latency));
        let mut processes = Vec::new();
        for _ in 0..workers {
            processes.push(self.start("worker", &[("WORKER__CONCURRENCY", "4")]).await);
        }
        let known = self.times("updated").await.len();
        // What a worker asks once is not to be counted.
        let few = &pairs[..20 * workers];
        self.edit(ingress, few).await;
        self.until("updated", known + few.len()).await;
        // Times have whole seconds: what is edited in the second of its last edit must be read again.
        tokio::time::sleep(Duration::from_secs(2)).await;

        // All begin at the same moment, with everything there is to do.
        let tell_all = |signal: &str| processes.iter().for_each(|process| process.signal(signal));
        tell_all("STOP");
        self.edit(ingress, pairs).await;
        tell_all("CONT");
        let times = self.until("updated", known + few.len() + pairs.len()).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        for process in processes {
            process.stop().await;
        }
        let times = &times[known + few.len()..];
        let (first, last) = (times.len() / 10, times.len() * 9 / 10);
        let events = i32::try_from(last - first).unwrap();
        let took_ms = i32::try_from(times[last] - times[first]).unwrap();
        f64::from(events) * 1000.0 / f64::from(took_ms)
    }

    /// Edits each of these customers, and returns once the queue has all events.
    async fn edit(&self, ingress: &Process, pairs: &[Pair]) {
        let url = webhooks(ingress);
        for pair in pairs {
            let phone = format!("555 {}", uuid::Uuid::now_v7());
            self.shop
                .edit_customer(pair.customer, json!({ "billing": { "phone": phone } }));
            self.send(&url, pair.customer, "customer.updated").await;
        }
    }

    async fn tell_of(&self, ingress: &Process, customer: u64, topic: &str) {
        self.send(&webhooks(ingress), customer, topic).await;
    }

    async fn send(&self, url: &str, customer: u64, topic: &str) {
        let body = self.shop.customer(customer).unwrap().to_string();
        let request = self
            .client
            .post(url)
            .header("Content-Type", "application/json")
            .header("X-WC-Webhook-Topic", topic)
            .header("X-WC-Webhook-Signature", signed(WEBHOOK_SECRET, &body))
            .body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// When contacts were so changed, in milliseconds and in order, once that was so often.
    async fn until(&self, action: &str, number: usize) -> Vec<i64> {
        loop {
            let times = self.times(action).await;
            if times.len() >= number {
                return times;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn times(&self, action: &str) -> Vec<i64> {
        let statement = "select at from journal where side = 'vtiger' and action = $1 order by at";
        query_scalar(statement)
            .bind(action)
            .fetch_all(&self.journal)
            .await
            .unwrap()
    }
}

fn webhooks(ingress: &Process) -> String {
    format!("{}/webhooks/woocommerce/{CONNECTION}", ingress.url())
}

fn variable((name, value): (&str, &str)) -> (String, String) {
    (format!("WVS_{name}"), value.to_owned())
}
