//! Vtiger CRM: the client of its webservice, and what its callbacks say.
//!
//! [`Vtiger`] fulfils the contract of [`crate::system`]. What is Vtiger's own way of things ends here: ids with the
//! module's number before them, times in the server's zone, references by id, losses in its database,
//! `ACCESS_DENIED` for records that are gone. Nothing here knows of the other system, of mappings or of the store.

mod answer;
pub mod callback;
mod check;
mod currency;
mod extension;
mod fault;
mod listing;
mod operation;
mod order;
mod patch;
mod product;
mod pulse;
mod record;
mod reference;
mod remembered;
mod row;
mod schema;
mod session;
mod stored;
mod system;
mod tax;
pub mod webservice;
mod zone;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value as Json, json};
use time::UtcOffset;
use url::Url;

use crate::clock::Clock;
use crate::sync::{Module, Record, RecordId};
use crate::system::{Fault, Gate, Recorder, SystemError};

pub use answer::CallError;
pub use session::Session;

use extension::Extension;
use fault::{failed, system_error};
use operation::Doing;
use order::Orders;
use reference::Names;
use remembered::Remembered;
use schema::Schemas;
use webservice::{Webservice, literal};
use zone::Zone;

/// Where a Vtiger is and how to work with it.
#[derive(Clone, Debug)]
pub struct VtigerSettings {
    /// The CRM's address, such as `https://crm.example.com/`.
    pub url: Url,
    /// The integration user's name: a user of its own, so that its changes are told from people's.
    pub username: String,
    /// That user's access key, from "My Preferences".
    pub access_key: SecretString,
    /// The time zone of the server's times; `None`: UTC until Vtiger tells another.
    pub utc_offset: Option<UtcOffset>,
    /// The user or group that created records are assigned to; `None`: the integration user.
    pub assigned_user_id: Option<String>,
    /// What the records that we create bear to tell which shop they are of: the connection's name.
    pub mark: String,
    /// The field of a sales order that keeps its WooCommerce order's id, such as `vtiger_purchaseorder`.
    pub order_reference_field: String,
    /// The `productcode` of the product that stands for lines without one; made where it is missing.
    pub stand_in_item: String,
    /// The `productcode` of the product that stands for fees and notes of refunds; made where it is missing.
    pub fee_item: String,
    /// How long to wait for an answer.
    pub timeout: Duration,
}

/// One Vtiger CRM, as one user.
pub struct Vtiger {
    webservice: Webservice,
    names: Names,
    schemas: Schemas,
    orders: Orders,
    extension: Extension,
    zone: Arc<Zone>,
    assigned_user_id: Option<String>,
    /// The number before each module's ids.
    prefixes: Mutex<BTreeMap<Module, String>>,
}

impl fmt::Debug for Vtiger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vtiger")
            .field("webservice", &self.webservice)
            .finish_non_exhaustive()
    }
}

/// A module's name in Vtiger.
const fn element_type(module: Module) -> &'static str {
    match module {
        Module::Taxes => "Tax",
        Module::Products => "Products",
        Module::Contacts => "Contacts",
        Module::SalesOrders => "SalesOrder",
    }
}

/// The module that Vtiger calls so, if it is kept in step.
pub fn module_named(name: &str) -> Option<Module> {
    Module::ALL
        .into_iter()
        .find(|module| element_type(*module) == name)
}

/// The field with a module's match key.
const fn match_field(module: Module) -> &'static str {
    match module {
        Module::Taxes => "taxlabel",
        Module::Products => "productcode",
        Module::Contacts => "email",
        Module::SalesOrders => "vtiger_purchaseorder",
    }
}

/// The number before a module's ids on an ordinary installation.
const fn usual_prefix(module: Module) -> &'static str {
    match module {
        Module::Taxes => "34",
        Module::Products => "14",
        Module::Contacts => "12",
        Module::SalesOrders => "6",
    }
}

impl Vtiger {
    /// A client that signs in with its first call.
    ///
    /// # Errors
    /// When the TLS backend can't be set up.
    pub fn new(settings: VtigerSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let zone = Arc::new(Zone::new(settings.utc_offset));
        Ok(Self {
            orders: Orders::new(&settings, &clock),
            extension: Extension::new(Remembered::new(Arc::clone(&clock)), Arc::clone(&zone)),
            schemas: Schemas::new(Arc::clone(&clock)),
            webservice: Webservice::new(
                &settings.url,
                settings.username,
                settings.access_key,
                settings.timeout,
                Arc::clone(&clock),
            )?,
            names: Names::new(clock),
            zone,
            assigned_user_id: settings.assigned_user_id.filter(|id| !id.trim().is_empty()),
            prefixes: Mutex::default(),
        })
    }

    /// The same client, whose requests pass this gate.
    #[must_use]
    pub fn behind(self, gate: Arc<dyn Gate>) -> Self {
        Self {
            webservice: self.webservice.behind(gate),
            ..self
        }
    }

    /// The same client, whose requests and answers this recorder is given.
    #[must_use]
    pub fn recorded_by(self, recorder: Arc<dyn Recorder>) -> Self {
        Self {
            webservice: self.webservice.recorded_by(recorder),
            ..self
        }
    }

    /// The webservice beneath.
    pub fn webservice(&self) -> &Webservice {
        &self.webservice
    }

    /// The number before a module's ids.
    async fn prefix(&self, module: Module) -> Result<String, SystemError> {
        if let Some(prefix) = self.prefixes().get(&module) {
            return Ok(prefix.clone());
        }
        let prefix = match self.schemas.of(&self.webservice, module).await {
            Ok(description) => description.prefix.clone(),
            // Not worth failing for: what follows fails by itself if the guess is wrong.
            Err(CallError::Refused { .. }) => return Ok(usual_prefix(module).to_owned()),
            Err(error) => return Err(system_error(Doing::Describe.to(module), &error)),
        };
        let prefix = prefix.unwrap_or_else(|| usual_prefix(module).to_owned());
        self.prefixes().insert(module, prefix.clone());
        Ok(prefix)
    }

    fn prefixes(&self) -> std::sync::MutexGuard<'_, BTreeMap<Module, String>> {
        self.prefixes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows as records, with references resolved.
    async fn records(
        &self,
        operation: &'static str,
        module: Module,
        mut rows: Vec<Map<String, Json>>,
    ) -> Result<Vec<Record>, SystemError> {
        self.names
            .resolve(&self.webservice, module, &mut rows)
            .await
            .map_err(|error| system_error(operation, &error))?;
        match module {
            Module::SalesOrders => {
                for row in &mut rows {
                    *row = self.order_fields(operation, std::mem::take(row)).await?;
                }
            }
            Module::Products => {
                for row in &mut rows {
                    self.mark_stand_in(row);
                }
            }
            Module::Contacts | Module::Taxes => {}
        }
        self.plain_records(operation, module, rows)
    }

    /// The rows of a page as records, which may be partial.
    async fn page_records(
        &self,
        operation: &'static str,
        module: Module,
        rows: Vec<Map<String, Json>>,
    ) -> Result<Vec<Record>, SystemError> {
        match module {
            Module::SalesOrders => self.plain_records(operation, module, rows),
            _ => self.records(operation, module, rows).await,
        }
    }

    /// Rows as records, as they are.
    fn plain_records(
        &self,
        operation: &'static str,
        module: Module,
        rows: Vec<Map<String, Json>>,
    ) -> Result<Vec<Record>, SystemError> {
        let now = self.webservice.server_now();
        let records: Option<Vec<_>> = rows
            .into_iter()
            .map(|row| record::record(row, &self.zone, now))
            .collect();
        let records =
            records.ok_or_else(|| system_error(operation, &CallError::unreadable("a row without id")))?;
        if let Some((prefix, _)) = records
            .first()
            .and_then(|record| record.id.as_str().split_once('x'))
        {
            self.prefixes().entry(module).or_insert_with(|| prefix.to_owned());
        }
        Ok(records)
    }

    /// Shows which products are the stand-in items, and takes note of the taxes that a product is linked to.
    fn mark_stand_in(&self, product: &mut Map<String, Json>) {
        // Queries don't tell of prices and taxes.
        if product.contains_key("currency1") {
            self.orders.links.learn(product);
        }
        if self.orders.stand_ins.is_code(row::text(product, "productcode")) {
            product.insert("stand_in".to_owned(), json!(true));
        }
    }

    async fn one(
        &self,
        operation: &'static str,
        module: Module,
        row: Map<String, Json>,
    ) -> Result<Record, SystemError> {
        let mut records = self.records(operation, module, vec![row]).await?;
        records
            .pop()
            .ok_or_else(|| system_error(operation, &CallError::unreadable(operation)))
    }

    /// A row that was written just now.
    async fn written(
        &self,
        operation: &'static str,
        module: Module,
        row: Map<String, Json>,
    ) -> Result<Record, SystemError> {
        if let Some(modifiedtime) = row.get("modifiedtime").and_then(Json::as_str) {
            self.zone.learn(modifiedtime, self.webservice.server_now());
        }
        self.one(operation, module, row).await
    }

    /// Whether a record is there, for those operations that say `ACCESS_DENIED` either way.
    async fn exists(
        &self,
        operation: &'static str,
        module: Module,
        id: &RecordId,
    ) -> Result<bool, SystemError> {
        let query = format!(
            "SELECT id FROM {} WHERE id = {};",
            element_type(module),
            literal(id.as_str())
        );
        let rows = self.webservice.query(&query).await;
        Ok(!rows.map_err(|error| system_error(operation, &error))?.is_empty())
    }

    /// What a failed call to an existing record means.
    async fn judge(
        &self,
        operation: &'static str,
        module: Module,
        id: &RecordId,
        error: CallError,
    ) -> SystemError {
        if !error.is_refused_with("ACCESS_DENIED") {
            return system_error(operation, &error);
        }
        match self.exists(operation, module, id).await {
            Ok(true) => system_error(operation, &error),
            Ok(false) => failed(operation, Fault::Gone, "the record isn't in Vtiger (any more)"),
            Err(error) => error,
        }
    }
}
