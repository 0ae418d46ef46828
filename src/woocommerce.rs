//! The WooCommerce side: a client of the shop's REST API v3, and what its webhooks say.
//!
//! Hands records over in WooCommerce's own shape with text as a person reads it. Knows neither Vtiger nor the engine,
//! and decides nothing about what is to be synced: customers of all roles are handed over with their role, orders of
//! all statuses but the trash with their status.
//!
//! Of each module there is a part that turns JSON into records and patches into JSON, and one that calls the API
//! (`product` and `products`).

mod batch;
mod check;
mod contacts;
mod customer;
mod date;
mod error;
mod family;
pub mod guest;
mod listing;
mod oauth;
mod order;
mod orders;
mod product;
mod products;
mod pulse;
mod rest;
mod schema;
mod settings;
mod stored;
mod system;
mod taxes;
mod text;
mod variation;
pub mod webhook;
pub mod webhooks;

use std::sync::Arc;

use reqwest::Method;
use serde_json::Value as Json;

use self::batch::{Batches, Write};
use self::family::Family;
use self::orders::KnownOrders;
use self::rest::{API, Answer, Request, Rest};
pub use self::settings::{Authentication, WooCommerceSettings};
use crate::clock::Clock;
use crate::sync::RecordId;
use crate::system::{Fault, Gate, Recorder, SystemError};

/// The most that WooCommerce gives in one page.
const PER_PAGE: u64 = 100;

/// A WooCommerce shop.
#[derive(Debug)]
pub struct WooCommerce {
    rest: Arc<Rest>,
    batches: Batches,
    family: Family,
    orders: KnownOrders,
}

impl WooCommerce {
    /// A client of this shop. [`crate::http::install_tls_provider`] must have been called.
    ///
    /// # Errors
    /// When the TLS backend can't be set up.
    pub fn new(settings: WooCommerceSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let rest = Rest::new(settings, clock)?;
        Ok(Self {
            rest: Arc::new(rest),
            batches: Batches::default(),
            family: Family::default(),
            orders: KnownOrders::default(),
        })
    }

    /// The same client, whose requests pass this gate.
    #[must_use]
    pub fn behind(self, gate: Arc<dyn Gate>) -> Self {
        Self {
            rest: Arc::new(self.rest.behind(gate)),
            ..self
        }
    }

    /// The same client, whose requests and answers this recorder is given.
    #[must_use]
    pub fn recorded_by(self, recorder: Arc<dyn Recorder>) -> Self {
        Self {
            rest: Arc::new(self.rest.recorded_by(recorder)),
            ..self
        }
    }

    /// A page of a collection, by id.
    async fn list(
        &self,
        operation: &'static str,
        collection: &str,
        page: u64,
        filters: &[(&str, &str)],
    ) -> Result<Answer, SystemError> {
        let (page, per_page) = (page.to_string(), PER_PAGE.to_string());
        let mut query = filters.to_vec();
        query.extend([
            ("orderby", "id"),
            ("order", "asc"),
            ("per_page", per_page.as_str()),
            ("page", page.as_str()),
        ]);
        self.rest
            .get(operation, format!("{API}/{collection}"), &query)
            .await
    }

    /// What a collection has of these ids.
    async fn listed(
        &self,
        operation: &'static str,
        collection: &str,
        ids: &[RecordId],
        filters: &[(&str, &str)],
    ) -> Result<Vec<Json>, SystemError> {
        let numbers: Vec<&str> = ids
            .iter()
            .map(RecordId::as_str)
            .filter(|id| id.parse::<u64>().is_ok())
            .collect();
        // An empty filter is none.
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let include = numbers.join(",");
        let mut filters = filters.to_vec();
        filters.push(("include", &include));
        let answer = self.list(operation, collection, 1, &filters).await?;
        Ok(answer.list()?.to_vec())
    }

    /// Writes one record: together with others, where that is bulk work.
    async fn write(
        &self,
        operation: &'static str,
        method: Method,
        path: String,
        body: Json,
    ) -> Result<Answer, SystemError> {
        let write = Write {
            operation,
            method,
            path,
            body,
        };
        self.batches.write(&self.rest, write).await
    }

    /// Deletes what is at this path. Says whether it was there: what is gone, or in the trash, already is no error.
    async fn remove(
        &self,
        operation: &'static str,
        path: String,
        for_good: bool,
    ) -> Result<bool, SystemError> {
        let request = Request {
            operation,
            method: Method::DELETE,
            path,
            query: if for_good { &[("force", "true")] } else { &[] },
            body: None,
        };
        let answer = unless_gone(self.rest.call(&request)).await?;
        Ok(answer.is_some())
    }
}

/// The number that an id is. Others than numbers are nobody's.
fn number_of(operation: &'static str, id: &RecordId) -> Result<u64, SystemError> {
    let number = id.as_str().parse().ok();
    number.ok_or_else(|| error::gone(operation))
}

/// What a call gives; `None` where the record is gone.
async fn unless_gone<T>(
    call: impl Future<Output = Result<T, SystemError>>,
) -> Result<Option<T>, SystemError> {
    match call.await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.fault == Fault::Gone => Ok(None),
        Err(error) => Err(error),
    }
}

/// The page that a cursor of a simple list tells; the first where it can't be read, as to see a record twice does no
/// harm.
fn page_number(cursor: Option<&str>, list: &str) -> u64 {
    let page = cursor.and_then(|cursor| cursor.strip_prefix(list)?.strip_prefix(':')?.parse().ok());
    page.unwrap_or(1)
}

/// Where a simple list goes on after this page.
fn next_page(list: &str, page: u64, answer: &Answer) -> Option<String> {
    let pages = answer.pages().unwrap_or_default();
    (page < pages).then(|| format!("{list}:{}", page + 1))
}
