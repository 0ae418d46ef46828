//! The WooCommerce side: a client of the shop's REST API v3, and what its webhooks say.
//!
//! Hands records over in WooCommerce's own shape with text as a person reads it. Knows neither Vtiger nor the engine,
//! and decides nothing about what is to be synced: customers of all roles are handed over with their role.

mod check;
mod customer;
mod error;
pub mod guest;
mod oauth;
mod rest;
mod settings;
mod text;
pub mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::Value as Json;

use self::rest::{API, Answer, Request, Rest};
pub use self::settings::{Authentication, WooCommerceSettings};
use crate::clock::{Clock, Timestamp};
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Side, Value};
use crate::system::{Fault, FieldInfo, Finding, Glance, Page, System, SystemError};

/// The most that WooCommerce gives in one page.
const PER_PAGE: u64 = 100;

/// What of an order makes a guest.
const GUEST_FIELDS: &str = "id,status,customer_id,date_created_gmt,billing,shipping";

/// A WooCommerce shop.
#[derive(Debug)]
pub struct WooCommerce {
    rest: Rest,
}

/// Where [`System::page`] goes on: all customers first, then the guests' orders.
#[derive(Clone, Copy)]
enum Cursor {
    Customers(u64),
    Guests(u64),
}

impl Cursor {
    /// Starts anew where a cursor can't be read: to see a record twice does no harm.
    fn parse(text: Option<&str>) -> Self {
        let parts = text.and_then(|text| text.split_once(':'));
        match parts.and_then(|(list, page)| Some((list, page.parse().ok()?))) {
            Some(("customers", page)) => Self::Customers(page),
            Some(("guests", page)) => Self::Guests(page),
            _ => Self::Customers(1),
        }
    }
}

impl WooCommerce {
    /// A client of this shop. [`crate::http::install_tls_provider`] must have been called.
    ///
    /// # Errors
    /// When the TLS backend can't be set up.
    pub fn new(settings: WooCommerceSettings, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let rest = Rest::new(settings, clock)?;
        Ok(Self { rest })
    }

    async fn write(
        &self,
        operation: &'static str,
        method: Method,
        at: String,
        patch: &Patch,
    ) -> Result<Record, SystemError> {
        let request = Request {
            operation,
            method,
            path: at,
            query: &[],
            body: Some(Json::Object(customer::to_wire(patch))),
        };
        let answer = self.rest.call(&request).await?;
        record(operation, &answer)
    }

    /// The newest order of a guest.
    async fn fetch_guest(&self, email: &str) -> Result<Option<Record>, SystemError> {
        let id = RecordId::guest(email);
        for page in 1.. {
            let (records, pages) = self
                .guests(&page.to_string(), "desc", &[("search", email)])
                .await?;
            let found = records.into_iter().find(|record| record.id == id);
            if found.is_some() || page >= pages {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// A page of guests' orders as contacts, and how many pages there are.
    async fn guests(
        &self,
        page: &str,
        order: &str,
        search: &[(&str, &str)],
    ) -> Result<(Vec<Record>, u64), SystemError> {
        let per_page = PER_PAGE.to_string();
        let mut query = vec![
            ("customer", "0"),
            ("orderby", "id"),
            ("order", order),
            ("per_page", &per_page),
            ("page", page),
            ("_fields", GUEST_FIELDS),
        ];
        query.extend(search);
        let answer = self
            .rest
            .get("read guest orders", format!("{API}/orders"), &query)
            .await?;
        let records = answer.list()?.iter().filter_map(guest::from_order).collect();
        Ok((records, answer.pages().unwrap_or_default()))
    }

    async fn customers(&self, page: u64) -> Result<(Vec<Record>, u64), SystemError> {
        let (page, per_page) = (page.to_string(), PER_PAGE.to_string());
        let query = [
            ("role", "customer"),
            // The default is by name, which moves rows between pages when a name is changed.
            ("orderby", "id"),
            ("order", "asc"),
            ("per_page", &per_page),
            ("page", &page),
        ];
        let answer = self
            .rest
            .get("read customers", format!("{API}/customers"), &query)
            .await?;
        let records = answer.list()?.iter().filter_map(customer::record).collect();
        Ok((records, answer.pages().unwrap_or_default()))
    }
}

/// The customer of an answer.
fn record(operation: &'static str, answer: &Answer) -> Result<Record, SystemError> {
    customer::record(&answer.body).ok_or_else(|| error::unavailable(operation, "the answer is no customer"))
}

/// The path of a customer. Other ids than numbers have none: such a customer can't exist.
fn customer_path(operation: &'static str, id: &RecordId) -> Result<String, SystemError> {
    match id.as_str().parse::<u64>() {
        Ok(number) => Ok(format!("{API}/customers/{number}")),
        Err(_) if id.guest_email().is_some() => Err(error::system_error(
            operation,
            Fault::Rejected { field: None },
            "a guest has no customer account, only orders, so there is nothing to write to",
        )),
        Err(_) => Err(error::system_error(
            operation,
            Fault::Gone,
            "this is no customer's id",
        )),
    }
}

/// Of several orders of one guest the last one counts.
fn last_of_each(records: Vec<Record>) -> Vec<Record> {
    let mut last: Vec<Record> = Vec::with_capacity(records.len());
    for record in records {
        match last.iter_mut().find(|other| other.id == record.id) {
            Some(other) => *other = record,
            None => last.push(record),
        }
    }
    last
}

fn only_contacts(module: Module) -> Result<(), SystemError> {
    if module == Module::Contacts {
        return Ok(());
    }
    Err(error::system_error(
        "read records",
        Fault::Rejected { field: None },
        "this module is not supported yet",
    ))
}

#[async_trait]
impl System for WooCommerce {
    fn side(&self) -> Side {
        Side::WooCommerce
    }

    async fn full_id(&self, _module: Module, id: &RecordId) -> Result<RecordId, SystemError> {
        Ok(id.clone())
    }

    async fn fetch(&self, module: Module, id: &RecordId) -> Result<Option<Record>, SystemError> {
        const OPERATION: &str = "read customer";
        only_contacts(module)?;
        if let Some(email) = id.guest_email() {
            return self.fetch_guest(email).await;
        }
        let read = async {
            let answer = self
                .rest
                .get(OPERATION, customer_path(OPERATION, id)?, &[])
                .await?;
            record(OPERATION, &answer).map(Some)
        };
        match read.await {
            Err(error) if error.fault == Fault::Gone => Ok(None),
            outcome => outcome,
        }
    }

    async fn find(
        &self,
        module: Module,
        key: &str,
        _since: Option<Timestamp>,
    ) -> Result<Vec<Record>, SystemError> {
        only_contacts(module)?;
        let email = key.trim();
        // WooCommerce takes an empty filter for none.
        if email.is_empty() {
            return Ok(Vec::new());
        }
        let query = [("email", email), ("role", "all"), ("per_page", "2")];
        let answer = self
            .rest
            .get("find customer", format!("{API}/customers"), &query)
            .await?;
        let has_key = |record: &Record| {
            let found = record.fields.get("email").and_then(Json::as_str);
            found.is_some_and(|found| found.to_lowercase() == email.to_lowercase())
        };
        Ok(answer
            .list()?
            .iter()
            .filter_map(customer::record)
            .filter(has_key)
            .collect())
    }

    async fn create(&self, module: Module, patch: &Patch) -> Result<Record, SystemError> {
        only_contacts(module)?;
        self.write("create customer", Method::POST, format!("{API}/customers"), patch)
            .await
    }

    async fn update(&self, module: Module, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        const OPERATION: &str = "update customer";
        only_contacts(module)?;
        let at = customer_path(OPERATION, id)?;
        // Even a request that changes nothing moves the modified time and fires webhooks.
        if customer::to_wire(patch).is_empty() {
            let found = self.fetch(module, id).await?;
            return found.ok_or_else(|| error::system_error(OPERATION, Fault::Gone, "the customer is gone"));
        }
        self.write(OPERATION, Method::PUT, at, patch).await
    }

    async fn delete(&self, module: Module, id: &RecordId) -> Result<(), SystemError> {
        const OPERATION: &str = "delete customer";
        only_contacts(module)?;
        let delete = async {
            let request = Request {
                operation: OPERATION,
                method: Method::DELETE,
                path: customer_path(OPERATION, id)?,
                // Customers have no trash.
                query: &[("force", "true")],
                body: None,
            };
            self.rest.call(&request).await.map(drop)
        };
        match delete.await {
            Err(error) if error.fault == Fault::Gone => Ok(()),
            outcome => outcome,
        }
    }

    async fn fields(&self, _module: Module) -> Result<Vec<FieldInfo>, SystemError> {
        Ok(Vec::new())
    }

    async fn page(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        only_contacts(module)?;
        Ok(match Cursor::parse(cursor) {
            Cursor::Customers(page) => {
                let (records, pages) = self.customers(page).await?;
                let next = if page < pages {
                    format!("customers:{}", page + 1)
                } else {
                    "guests:1".to_owned()
                };
                Page {
                    records,
                    next: Some(next),
                    partial: false,
                }
            }
            Cursor::Guests(page) => {
                let (records, pages) = self.guests(&page.to_string(), "asc", &[]).await?;
                let next = (page < pages).then(|| format!("guests:{}", page + 1));
                Page {
                    records: last_of_each(records),
                    next,
                    partial: false,
                }
            }
        })
    }

    async fn read(
        &self,
        module: Module,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        only_contacts(module)?;
        // Orders come here, too: as the source of guests.
        let record = guest::from_order(body).or_else(|| customer::record(body));
        Ok(record.filter(|record| {
            let holds = |root: &str| record.fields.get(root).is_some_and(|value| !value.is_null());
            // Without its role nobody can tell whether the customer is to be synced.
            holds("role") && needed.iter().all(|path| holds(path.root()))
        }))
    }

    fn stored(&self, module: Module, path: &FieldPath, value: &Value) -> Value {
        let _ = module;
        text::stored(path, value)
    }

    /// WooCommerce doesn't tell who changed a customer.
    fn glance(&self, body: &Json) -> Glance {
        let record = guest::from_order(body).or_else(|| customer::record(body));
        Glance {
            modified: record.and_then(|record| record.modified),
            own: None,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(&self.rest).await
    }
}
