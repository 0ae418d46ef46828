//! The shop's state, and which webhooks a change sets off.
//!
//! Knows nothing of HTTP. Nothing is sent from here: changes only queue deliveries.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::answer::{Answer, ApiError, Fields};
use super::category;
use super::customer::Customers;
use super::fields::ALLOW_ALL;
use super::order::Orders;
use super::product::Products;
use super::query::Query;
use super::records::Records;
use super::webhook::Webhook;
use crate::clock::{Clock, Timestamp};

/// A collection below `/wp-json/wc/v3`.
pub(super) trait Resource {
    /// Its name in URLs.
    const PATH: &'static str;
    /// What a POST has to have.
    const REQUIRED: &'static [&'static str];

    /// What may be done to this record.
    fn allows(&self, _shop: &Shop, _id: u64) -> &'static [&'static str] {
        ALLOW_ALL
    }
    /// Refuses fields of the wrong kind.
    fn check(fields: &Fields, creates: bool) -> Result<(), ApiError>;
    /// The page that the query asks for.
    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError>;
    /// One record as GET shows it.
    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError>;
    /// Makes a record; answers with it.
    fn create(&self, shop: &mut Shop, fields: &Fields) -> Result<Value, ApiError>;
    /// Changes a record; answers with it.
    fn update(&self, shop: &mut Shop, id: u64, fields: &Fields) -> Result<Value, ApiError>;
    /// Deletes a record, or moves it to the trash; answers with what it was.
    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError>;
}

/// A delivery that waits for its turn.
pub(super) struct Delivery {
    pub(super) webhook: u64,
    pub(super) record: u64,
    pub(super) due: Instant,
}

/// All that the shop knows.
pub(super) struct Shop {
    /// Where the shop is, such as `http://127.0.0.1:8080`.
    pub(super) url: String,
    pub(super) customers: Records,
    pub(super) orders: Records,
    pub(super) refunds: BTreeMap<u64, Fields>,
    /// The orders whose goods have been taken out of the stock.
    pub(super) stocked_out: BTreeSet<u64>,
    /// Products, and their variations among them.
    pub(super) products: Records,
    pub(super) categories: BTreeMap<u64, Fields>,
    pub(super) taxes: BTreeMap<u64, Fields>,
    /// Whether orders are taxed.
    pub(super) reckons_taxes: bool,
    pub(super) wp_cron: bool,
    pub(super) webhooks: BTreeMap<u64, Webhook>,
    /// Webhooks that get a ping at the end of the current request.
    pub(super) pings: Vec<u64>,
    /// The deliveries to come, in order of their due time.
    pub(super) deliveries: VecDeque<Delivery>,
    /// Whether a delivery is on its way.
    pub(super) delivering: bool,
    pub(super) next_user: u64,
    pub(super) next_post: u64,
    pub(super) next_webhook: u64,
    pub(super) next_category: u64,
    pub(super) next_tax: u64,
    next_item: u64,
    pub(super) next_meta: u64,
    clock: Arc<dyn Clock>,
    delivery_delay: Duration,
    queued: Arc<Notify>,
}

impl Shop {
    /// An empty shop. `queued` hears of each delivery that gets queued.
    pub(super) fn new(
        url: String,
        clock: Arc<dyn Clock>,
        delivery_delay: Duration,
        queued: Arc<Notify>,
    ) -> Self {
        Self {
            url,
            customers: Records::default(),
            orders: Records::default(),
            refunds: BTreeMap::new(),
            stocked_out: BTreeSet::new(),
            products: Records::default(),
            categories: category::first(),
            taxes: BTreeMap::new(),
            reckons_taxes: true,
            wp_cron: true,
            webhooks: BTreeMap::new(),
            pings: Vec::new(),
            deliveries: VecDeque::new(),
            delivering: false,
            // User 1 is the one who set up the shop.
            next_user: 2,
            next_post: 101,
            next_webhook: 1,
            next_category: category::FIRST + 1,
            next_tax: 1,
            next_item: 1001,
            next_meta: 5001,
            clock,
            delivery_delay,
            queued,
        }
    }

    /// The present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The id of a new line of an order.
    pub(super) fn next_item(&mut self) -> u64 {
        self.next_item += 1;
        self.next_item - 1
    }

    /// The root of the REST API.
    pub(super) fn rest(&self) -> String {
        format!("{}/wp-json/wc/v3", self.url)
    }

    /// Queues a delivery to each active webhook of this topic, unless the same one waits already.
    pub(super) fn fire(&mut self, topic: &str, record: u64) {
        let due = Instant::now() + self.delivery_delay;
        let active = self.webhooks.iter().filter(|(_, webhook)| webhook.hears(topic));
        for (&webhook, _) in active {
            let waits = |delivery: &Delivery| delivery.webhook == webhook && delivery.record == record;
            if !self.deliveries.iter().any(waits) {
                self.deliveries.push_back(Delivery { webhook, record, due });
            }
        }
        self.queued.notify_one();
    }

    /// Takes the next delivery if it is due. The caller reports its end by [`Shop::delivered`].
    pub(super) fn take_due(&mut self) -> Option<Delivery> {
        let due = self
            .deliveries
            .pop_front_if(|delivery| delivery.due <= Instant::now())?;
        self.delivering = true;
        Some(due)
    }

    /// Counts a delivery. The seventh failure in a row disables the webhook.
    pub(super) fn delivered(&mut self, webhook: u64, success: bool) {
        self.delivering = false;
        let now = self.now();
        if let Some(webhook) = self.webhooks.get_mut(&webhook) {
            webhook.count(success, now);
        }
    }

    /// The body that a delivery has at this moment.
    pub(super) fn payload(&self, resource: &str, event: &str, record: u64) -> Value {
        if event == "deleted" {
            return serde_json::json!({"id": record});
        }
        let shown = match resource {
            "customer" => Customers.get(self, record),
            "product" => Products { edits: false }.get(self, record),
            _ => Orders.get(self, record),
        };
        shown.unwrap_or_else(|gone| gone.body())
    }
}
