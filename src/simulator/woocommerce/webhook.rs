//! Webhooks: `/webhooks`, their topics and when they get disabled.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::answer::{Answer, ApiError, Fields};
use super::fields::{self, ALLOW_ALL, text_of};
use super::query::Query;
use super::shop::{Resource, Shop};
use super::text;
use crate::clock::Timestamp;

const STATUSES: &[&str] = &["active", "paused", "disabled"];
const EVENTS: [&str; 4] = ["created", "updated", "deleted", "restored"];
/// With this many failures behind it, one more disables a webhook.
const MAX_FAILURES: u32 = 6;

/// One webhook.
pub(super) struct Webhook {
    name: String,
    pub(super) status: String,
    pub(super) topic: String,
    pub(super) delivery_url: String,
    secret: String,
    failures: u32,
    /// Whether a ping is still to be answered with 200.
    pub(super) pending: bool,
    created: Timestamp,
    modified: Option<Timestamp>,
}

impl Webhook {
    /// An active webhook that needs no ping.
    pub(super) fn new(topic: &str, delivery_url: &str, secret: &str, now: Timestamp) -> Self {
        Self {
            name: format!("Webhook created on {}", text::in_words(now)),
            status: "active".to_owned(),
            topic: topic.to_owned(),
            delivery_url: delivery_url.to_owned(),
            secret: secret.to_owned(),
            failures: 0,
            pending: false,
            created: now,
            modified: None,
        }
    }

    /// Whether it is active and of this topic.
    pub(super) fn hears(&self, topic: &str) -> bool {
        self.status == "active" && self.topic == topic
    }

    /// Resource and event of the topic.
    pub(super) fn resource_and_event(&self) -> (&str, &str) {
        self.topic.split_once('.').unwrap_or((&self.topic, ""))
    }

    /// Counts how a delivery ended.
    pub(super) fn count(&mut self, success: bool, now: Timestamp) {
        if success {
            self.failures = 0;
        } else if self.failures < MAX_FAILURES {
            self.failures += 1;
        } else {
            "disabled".clone_into(&mut self.status);
        }
        self.modified = Some(now);
    }

    /// The signature of a body.
    pub(super) fn sign(&self, body: &[u8]) -> String {
        // WooCommerce takes the secret for HTML.
        let secret = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#039;", "'"),
            ("&amp;", "&"),
        ]
        .iter()
        .fold(self.secret.clone(), |secret, (entity, letter)| {
            secret.replace(entity, letter)
        });
        sign(&secret, body)
    }
}

/// Base64 of HMAC-SHA256.
pub(super) fn sign(key: &str, message: &[u8]) -> String {
    // HMAC takes keys of any length, so that there is always one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(message);
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// The collection of webhooks.
pub(super) struct Webhooks;

impl Resource for Webhooks {
    const PATH: &'static str = "webhooks";
    const REQUIRED: &'static [&'static str] = &["topic", "delivery_url"];

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        let names = ["name", "status", "topic", "secret", "delivery_url"];
        let mut wrong = fields::wrong_types(given, &names.map(|name| (name, "string")));
        wrong.extend(fields::not_one_of(given, "status", STATUSES));
        ApiError::of_invalid(&wrong)
    }

    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let status = query.one_of("status", &["all", "active", "paused", "disabled"])?;
        let orderby = query.one_of("orderby", &["date", "id", "title"])?;
        let ascends = query.one_of("order", &["desc", "asc"])? == "asc";
        let matches = |webhook: &Webhook| status == "all" || webhook.status == status;
        let mut found: Vec<_> = shop
            .webhooks
            .iter()
            .filter(|(_, webhook)| matches(webhook))
            .collect();
        match orderby {
            "date" => found.sort_by_key(|(_, webhook)| webhook.created.as_seconds()),
            "title" => found.sort_by_key(|(_, webhook)| &webhook.name),
            _ => {}
        }
        if !ascends {
            found.reverse();
        }
        query.page(
            &format!("{}/webhooks", shop.rest()),
            found,
            &[],
            |(&id, webhook)| view(shop, id, webhook),
        )
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let webhook = shop.webhooks.get(&id).ok_or_else(|| invalid_id(404))?;
        Ok(view(shop, id, webhook))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        let (topic, url) = (text_of(given, "topic"), text_of(given, "delivery_url"));
        check_topic(topic)?;
        check_url(url)?;
        let secret = match text_of(given, "secret") {
            // WooCommerce makes one up that it never shows.
            "" => hex::encode(rand::random::<[u8; 25]>()),
            secret => secret.to_owned(),
        };
        let mut webhook = Webhook::new(topic, url, &secret, shop.now());
        webhook.pending = true;
        merge(&mut webhook, given);
        let id = add(shop, webhook);
        shop.pings.push(id);
        self.get(shop, id)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        let now = shop.now();
        let webhook = shop.webhooks.get_mut(&id).ok_or_else(|| invalid_id(400))?;
        if let Some(Value::String(topic)) = given.get("topic") {
            check_topic(topic)?;
            topic.clone_into(&mut webhook.topic);
        }
        if let Some(Value::String(url)) = given.get("delivery_url") {
            check_url(url)?;
            if *url != webhook.delivery_url {
                url.clone_into(&mut webhook.delivery_url);
                webhook.pending = true;
                shop.pings.push(id);
            }
        }
        if let Some(Value::String(secret)) = given.get("secret") {
            secret.clone_into(&mut webhook.secret);
        }
        merge(webhook, given);
        webhook.modified = Some(now);
        self.get(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        let was = self.get(shop, id)?;
        if !force {
            return Err(ApiError::new(
                501,
                "woocommerce_rest_trash_not_supported",
                "Webhooks do not support trashing.",
            ));
        }
        shop.webhooks.remove(&id);
        shop.deliveries.retain(|delivery| delivery.webhook != id);
        Ok(was)
    }
}

/// Adds a webhook and says its id.
pub(super) fn add(shop: &mut Shop, webhook: Webhook) -> u64 {
    let id = shop.next_webhook;
    shop.next_webhook += 1;
    shop.webhooks.insert(id, webhook);
    id
}

fn merge(webhook: &mut Webhook, given: &Fields) {
    for (name, value) in [("name", &mut webhook.name), ("status", &mut webhook.status)] {
        if let Some(Value::String(text)) = given.get(name) {
            text.clone_into(value);
        }
    }
}

fn view(shop: &Shop, id: u64, webhook: &Webhook) -> Value {
    let (resource, event) = webhook.resource_and_event();
    let mut shown = Fields::new();
    let plain = [
        ("id", json!(id)),
        ("name", json!(webhook.name)),
        ("status", json!(webhook.status)),
        ("topic", json!(webhook.topic)),
        ("resource", json!(resource)),
        ("event", json!(event)),
        ("hooks", json!(hooks(&webhook.topic))),
        ("delivery_url", json!(webhook.delivery_url)),
        ("_links", fields::links(&shop.rest(), "webhooks", id, ALLOW_ALL)),
    ];
    shown.extend(plain.map(|(name, value)| (name.to_owned(), value)));
    fields::set_date(&mut shown, "date_created", Some(webhook.created));
    fields::set_date(&mut shown, "date_modified", webhook.modified);
    shown.into()
}

/// The hooks of WordPress that set a topic off; some topics that are accepted have none.
fn hooks(topic: &str) -> &'static [&'static str] {
    match topic {
        "customer.created" => &[
            "user_register",
            "woocommerce_created_customer",
            "woocommerce_new_customer",
        ],
        "customer.updated" => &["profile_update", "woocommerce_update_customer"],
        "customer.deleted" => &["delete_user"],
        "order.created" => &["woocommerce_new_order"],
        "order.updated" => &["woocommerce_update_order", "woocommerce_order_refunded"],
        "order.deleted" => &["wp_trash_post", "woocommerce_trash_order"],
        "order.restored" => &["untrashed_post", "woocommerce_untrash_order"],
        _ => &[],
    }
}

fn check_topic(topic: &str) -> Result<(), ApiError> {
    let (resource, event) = topic.split_once('.').unwrap_or_default();
    let is_valid = match resource {
        "customer" | "order" | "product" | "coupon" => EVENTS.contains(&event),
        "action" => !event.is_empty(),
        _ => false,
    };
    if is_valid {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "woocommerce_rest_shop_webhook_invalid_topic",
        "Webhook topic is required and must be valid.",
    ))
}

fn check_url(url: &str) -> Result<(), ApiError> {
    let scheme = url::Url::parse(url)
        .map(|url| url.scheme().to_owned())
        .unwrap_or_default();
    if ["http", "https"].contains(&scheme.as_str()) {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "woocommerce_rest_shop_webhook_invalid_delivery_url",
        "Webhook delivery URL must be a valid URL starting with http:// or https://.",
    ))
}

fn invalid_id(status: u16) -> ApiError {
    ApiError::new(status, "woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.")
}
