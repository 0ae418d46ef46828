//! The settings of one connection: a shop, a CRM, and what is kept in step between them.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use time::UtcOffset;
use url::Url;

use crate::limit::Rate;
use crate::sync::{Module, ModuleSettings};

/// A shop and a CRM that are kept in step.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The shop.
    pub woocommerce: WooCommerceConnection,
    /// The CRM.
    pub vtiger: VtigerConnection,
    /// What is kept in step, until the settings in the database say otherwise.
    pub modules: BTreeMap<Module, ModuleSettings>,
}

/// How to reach a shop, and how to know its webhooks.
#[derive(Clone, Debug)]
pub struct WooCommerceConnection {
    /// The shop's address, without `/wp-json`.
    pub url: Url,
    /// The REST API key.
    pub consumer_key: SecretString,
    /// Its secret.
    pub consumer_secret: SecretString,
    /// What webhooks are signed with, where that is set; else a secret is made up.
    pub webhook_secret: Option<SecretString>,
    /// What they may be signed with, too: the secret before that one.
    pub webhook_secret_previous: Option<SecretString>,
    /// Whether the webhooks are registered and kept active by themselves.
    pub register_webhooks: bool,
    /// How to present the key, where that is set.
    pub authentication: Option<Authentication>,
    /// How long to wait for an answer.
    pub timeout: Duration,
    /// How requests are limited.
    pub limits: Limits,
}

impl WooCommerceConnection {
    /// The configured secrets that webhooks may be signed with: the present one, then the previous one.
    pub fn webhook_secrets(&self) -> Vec<SecretString> {
        let both = [&self.webhook_secret, &self.webhook_secret_previous];
        both.into_iter().flatten().cloned().collect()
    }
}

/// How requests to a system are limited, by all processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many there may be in a time, where that is set.
    pub rate: Option<Rate>,
    /// How many may be under way at once, where that is set.
    pub concurrency: Option<u32>,
}

/// How a REST API key is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// In the `Authorization` header; with https only.
    Basic,
    /// As an OAuth 1.0a signature.
    OAuth,
    /// In the query; with https only, for hosts that drop the header.
    Query,
}

/// How to reach a CRM, and how to know its callbacks.
#[derive(Clone, Debug)]
pub struct VtigerConnection {
    /// The CRM's address, without `/webservice.php`.
    pub url: Url,
    /// The user to work as.
    pub username: String,
    /// The user's access key.
    pub access_key: SecretString,
    /// What callbacks may bring: the present secret, then the previous one if there is one.
    pub callback_secrets: Vec<SecretString>,
    /// The zone of the API's times, where that is set.
    pub time_zone_offset: Option<UtcOffset>,
    /// The owner of new records, where that is set.
    pub assigned_user_id: Option<String>,
    /// The field of a sales order that keeps its WooCommerce order's id.
    pub order_reference_field: String,
    /// The `productcode` of the product that stands for lines without one.
    pub stand_in_item: String,
    /// The `productcode` of the product that stands for fees.
    pub fee_item: String,
    /// How long to wait for an answer.
    pub timeout: Duration,
    /// How requests are limited.
    pub limits: Limits,
}
