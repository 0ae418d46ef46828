//! The settings of one connection: a shop, a CRM, and what is kept in step between them.
//!
//! Field mappings stay as they are written; the conversion into the sync core's types is not made here.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use time::{Date, UtcOffset};
use url::Url;

use crate::sync::Module;

/// A shop and a CRM that are kept in step.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The shop.
    pub woocommerce: WooCommerceConnection,
    /// The CRM.
    pub vtiger: VtigerConnection,
    /// What is kept in step.
    pub modules: BTreeMap<Module, ModuleConfig>,
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
    /// What webhooks may be signed with: the present secret, then the previous one if there is one.
    pub webhook_secrets: Vec<SecretString>,
    /// How to present the key, where that is set.
    pub authentication: Option<Authentication>,
    /// How long to wait for an answer.
    pub timeout: Duration,
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
    /// How long to wait for an answer.
    pub timeout: Duration,
}

/// The settings of one module.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleConfig {
    /// Whether it is kept in step.
    pub enabled: bool,
    /// Which way changes move.
    pub direction: Direction,
    /// Who wins when both sides changed a field.
    pub conflict: Conflict,
    /// Only records changed on or after this day.
    pub sync_from: Option<Date>,
    /// The field mappings; without them, the built-in ones.
    pub mappings: Option<Vec<MappingConfig>>,
}

/// One field mapping, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingConfig {
    /// The field's path in WooCommerce.
    pub woocommerce: String,
    /// The field's path in Vtiger.
    pub vtiger: String,
    /// Which way changes move.
    pub direction: Direction,
    /// What is done to the value on its way.
    pub transforms: Vec<serde_json::Value>,
    /// Whether the record is skipped while the field is empty.
    pub mandatory: bool,
    /// How values are compared, where that is set.
    pub kind: Option<String>,
    /// Who wins, where that differs from the module's rule.
    pub conflict: Option<Conflict>,
    /// Whether the mapping is used.
    pub enabled: bool,
}

/// Which way changes move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    Both,
    /// From WooCommerce to Vtiger only.
    ToVtiger,
    /// From Vtiger to WooCommerce only.
    ToWooCommerce,
}

/// Who wins when both sides changed a field to different values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The side that changed last.
    LastUpdated,
    /// Vtiger CRM.
    Vtiger,
    /// WooCommerce.
    WooCommerce,
}
