//! The webhooks that a shop has: listed, created, changed, deleted.
//!
//! A webhook's secret can be written, but never read.

use std::fmt;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::rest::API;
use super::{WooCommerce, error};
use crate::system::SystemError;

const COLLECTION: &str = "webhooks";
const LIST: &str = "list webhooks";
const CREATE: &str = "create webhook";
const UPDATE: &str = "update webhook";

/// A webhook, as the shop shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: u64,
    /// Its name, for people.
    pub name: String,
    /// Whether it sends: `active`, `paused` or `disabled`.
    pub status: String,
    /// What it tells of, such as `order.updated`.
    pub topic: String,
    /// Where it sends to.
    pub delivery_url: String,
}

impl Webhook {
    /// Whether it sends.
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// What is to be written of a webhook; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookPatch<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// What it tells of.
    pub topic: Option<&'a str>,
    /// Where it sends to. The shop tests another address, before it answers.
    pub delivery_url: Option<&'a str>,
    /// What it signs with.
    pub secret: Option<&'a SecretString>,
    /// That it sends.
    pub activate: bool,
}

impl WebhookPatch<'_> {
    fn to_json(&self) -> Json {
        let mut fields = Map::new();
        let texts = [
            ("name", self.name),
            ("topic", self.topic),
            ("delivery_url", self.delivery_url),
            ("secret", self.secret.map(ExposeSecret::expose_secret)),
            ("status", self.activate.then_some("active")),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                fields.insert(name.to_owned(), json!(text));
            }
        }
        Json::Object(fields)
    }
}

/// A shop's webhooks.
#[async_trait]
pub trait Webhooks: Send + Sync + fmt::Debug {
    /// All of them, those of others, too, by id.
    async fn webhooks(&self) -> Result<Vec<Webhook>, SystemError>;

    /// Creates one. The shop tests its address before it answers, and creates it whatever comes of that.
    async fn create_webhook(&self, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError>;

    /// Changes one.
    async fn update_webhook(&self, id: u64, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError>;

    /// Deletes one; that it is gone already is no error.
    async fn delete_webhook(&self, id: u64) -> Result<(), SystemError>;
}

#[async_trait]
impl Webhooks for WooCommerce {
    async fn webhooks(&self) -> Result<Vec<Webhook>, SystemError> {
        let mut found = Vec::new();
        let mut page = 1;
        loop {
            let answer = self.list(LIST, COLLECTION, page, &[("status", "all")]).await?;
            for webhook in answer.list()? {
                found.push(read(LIST, webhook)?);
            }
            if page >= answer.pages().unwrap_or_default() {
                return Ok(found);
            }
            page += 1;
        }
    }

    async fn create_webhook(&self, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError> {
        let collection = format!("{API}/{COLLECTION}");
        let created = self.write(CREATE, Method::POST, collection, patch.to_json());
        let answer = created.await?;
        read(CREATE, &answer.body)
    }

    async fn update_webhook(&self, id: u64, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError> {
        let webhook = format!("{API}/{COLLECTION}/{id}");
        let updated = self.write(UPDATE, Method::PUT, webhook, patch.to_json());
        let answer = updated.await?;
        read(UPDATE, &answer.body)
    }

    async fn delete_webhook(&self, id: u64) -> Result<(), SystemError> {
        // There is no trash for webhooks.
        let path = format!("{API}/{COLLECTION}/{id}");
        self.remove("delete webhook", path, true).await.map(drop)
    }
}

fn read(operation: &'static str, webhook: &Json) -> Result<Webhook, SystemError> {
    Webhook::deserialize(webhook)
        .map_err(|_| error::unavailable(operation, "the answer is not a webhook as WooCommerce shows it"))
}
