//! A stand-in of a WooCommerce 9.9.5 shop: its REST API for customers, orders, products, taxes and webhooks, and their delivery.
//!
//! It behaves as the recorded traffic of a real shop does, quirks included. All state is in memory.
//! What people do in the shop itself, outside of REST, are methods of [`WooCommerceSimulator`], and its page at `/`.

mod answer;
mod auth;
mod catalogue;
mod category;
mod consent;
mod customer;
mod delivery;
mod desk;
mod fields;
mod import;
mod line;
mod money;
mod office;
mod order;
mod product;
mod query;
mod records;
mod refund;
mod route;
mod server;
mod shop;
mod tax;
mod text;
mod total;
mod webhook;

use std::collections::HashSet;
use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{Data, PayloadConfig};
use actix_web::{App, HttpServer, web};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::answer::Fields;
use self::auth::Gate;
use self::delivery::Sender;
use self::server::Shared;
use self::shop::{Resource, Shop};
use self::webhook::Webhook;
use super::faults::{FaultPlan, Faults};
use super::page::{self, Desk};
use super::writes::Writes;
use crate::clock::{Clock, SystemClock};

/// The largest body that is taken, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// How a simulated shop is set up. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct WooCommerceOptions {
    /// The API key.
    pub consumer_key: String,
    /// The API key's secret.
    pub consumer_secret: String,
    /// Whether the API key may only read.
    pub read_only: bool,
    /// Whether basic and query authentication work over plain http, as behind a proxy that speaks TLS.
    pub trust_plain_http: bool,
    /// Whether orders are taxed, by the tax rates that there are for where they go.
    pub taxes: bool,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// How long a webhook waits before it is delivered.
    pub delivery_delay: Duration,
    /// What goes wrong.
    pub faults: FaultPlan,
}

impl Default for WooCommerceOptions {
    fn default() -> Self {
        Self {
            consumer_key: "ck_simulator".to_owned(),
            consumer_secret: "cs_simulator".to_owned(),
            read_only: false,
            trust_plain_http: false,
            taxes: true,
            clock: SystemClock::shared(),
            delivery_delay: Duration::from_millis(100),
            faults: FaultPlan::default(),
        }
    }
}

impl fmt::Debug for WooCommerceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WooCommerceOptions")
            .field("read_only", &self.read_only)
            .field("trust_plain_http", &self.trust_plain_http)
            .field("taxes", &self.taxes)
            .field("delivery_delay", &self.delivery_delay)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// An authenticated REST call that the shop has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// Path and query below `/wp-json/wc/v3`, without what authenticates.
    pub path: String,
    /// The answer's status.
    pub status: u16,
}

/// A simulated shop. It serves until it is stopped or dropped.
pub struct WooCommerceSimulator {
    url: String,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl WooCommerceSimulator {
    /// Opens a shop on a free port of this computer.
    ///
    /// # Errors
    /// When there is no port, or no HTTP client for the webhooks.
    #[expect(clippy::unused_async, reason = "it needs a runtime to run on")]
    pub async fn start(options: WooCommerceOptions) -> std::io::Result<Self> {
        crate::http::install_tls_provider();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let queued = Arc::new(Notify::new());
        let mut shop = Shop::new(
            url.clone(),
            options.clock,
            options.delivery_delay,
            Arc::clone(&queued),
        );
        shop.reckons_taxes = options.taxes;
        let shared = Arc::new(Shared {
            gate: Gate {
                key: options.consumer_key,
                secret: options.consumer_secret,
                read_only: options.read_only,
                trust_plain_http: options.trust_plain_http,
                granted: Mutex::default(),
            },
            faults: Faults::new(options.faults),
            writes: Writes::default(),
            sender: Sender::new(queued).map_err(std::io::Error::other)?,
            shop: Mutex::new(shop),
            calls: Mutex::default(),
            nonces: Mutex::new(HashSet::new()),
        });
        let data = Data::new(Arc::clone(&shared));
        let desk: Arc<dyn Desk> = shared.clone();
        let app = move || {
            App::new()
                .configure(page::configure(Arc::clone(&desk)))
                .app_data(data.clone())
                .app_data(PayloadConfig::new(MAX_BODY))
                .default_service(web::to(server::handle))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .listen(listener)?
            .run();
        let handle = server.handle();
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(server);
        let cancelled = stopping.clone().cancelled_owned();
        tasks.spawn(async move {
            cancelled.await;
            handle.stop(false).await;
        });
        let (sending, until) = (Arc::clone(&shared), stopping.clone());
        tasks.spawn(async move { sending.sender.run(&sending, &until).await });
        Ok(Self {
            url,
            shared,
            tasks,
            stopping,
        })
    }

    /// The shop's URL, where its page is; the REST API is below `/wp-json/wc/v3`.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The authenticated REST calls so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls().clone()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.shared.calls().clear();
    }

    /// The records that were written to twice at the same time.
    pub fn overlapping_writes(&self) -> Vec<String> {
        self.shared.writes.overlapping()
    }

    /// Sets `DISABLE_WP_CRON`, which the shop tells from now on. What it delivers it delivers all the same, as where a cron
    /// job calls wp-cron.php.
    pub fn disable_wp_cron(&self) {
        self.shared.shop().wp_cron = false;
    }

    /// Changes what goes wrong.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.shared.faults.replace(plan);
    }

    /// How many of the requests whose faults are planned are yet to come.
    pub fn planned_faults(&self) -> usize {
        self.shared.faults.planned()
    }

    /// Adds an active webhook, without a ping, and says its id.
    pub fn add_webhook(&self, topic: &str, delivery_url: &str, secret: &str) -> u64 {
        let mut shop = self.shared.shop();
        let webhook = Webhook::new(topic, delivery_url, secret, shop.now());
        webhook::add(&mut shop, webhook)
    }

    /// A webhook's status: `active`, `paused` or `disabled`.
    pub fn webhook_status(&self, id: u64) -> Option<String> {
        self.shared
            .shop()
            .webhooks
            .get(&id)
            .map(|webhook| webhook.status.clone())
    }

    /// Webhooks that are queued or on their way.
    pub fn pending_deliveries(&self) -> usize {
        let shop = self.shared.shop();
        shop.deliveries.len() + usize::from(shop.delivering)
    }

    /// All users as GET shows them, by id.
    pub fn customers(&self) -> Vec<Value> {
        let shop = self.shared.shop();
        shop.customers
            .iter()
            .map(|(&id, customer)| customer::view(&shop, id, customer))
            .collect()
    }

    /// A user as GET shows them.
    pub fn customer(&self, id: u64) -> Option<Value> {
        customer::Customers.get(&self.shared.shop(), id).ok()
    }

    /// Someone registers, or is added by the shop's people; `role` is `customer` unless given. Says the id.
    pub fn register_customer(&self, fields: Value) -> u64 {
        customer::register(&mut self.shared.shop(), &object(fields))
    }

    /// Someone edits a customer in the shop, who may get another `role`, too. Says whether there is such a customer.
    pub fn edit_customer(&self, id: u64, fields: Value) -> bool {
        let fields = object(fields);
        let mut shop = self.shared.shop();
        if let (Some(customer), Some(role)) = (shop.customers.get_mut(&id), fields.get("role")) {
            customer.insert("role".to_owned(), role.clone());
        }
        customer::edit(&mut shop, id, &fields)
    }

    /// Someone deletes a customer in the shop. Says whether there was such a customer.
    pub fn delete_customer(&self, id: u64) -> bool {
        customer::remove(&mut self.shared.shop(), id)
    }

    /// Closes the shop and waits until nothing of it runs any more. What waits for delivery is lost.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl fmt::Debug for WooCommerceSimulator {
    /// Shows no record and no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WooCommerceSimulator")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Drop for WooCommerceSimulator {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

fn object(fields: Value) -> Fields {
    match fields {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}
