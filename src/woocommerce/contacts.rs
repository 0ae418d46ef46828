//! Contacts: customers, and the guests of orders.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::listing::Since;
use super::rest::{API, Answer};
use super::{PER_PAGE, WooCommerce, customer, error, guest, number_of, unless_gone};
use crate::sync::{Patch, Record, RecordId};
use crate::system::{Fault, Page, SystemError};

/// What of an order makes a guest.
const GUEST_FIELDS: &str = "id,status,customer_id,date_created_gmt,billing,shipping";

const READ: &str = "read customer";
const READ_GUESTS: &str = "read guest orders";

/// Where [`WooCommerce::page_of_contacts`] goes on: all customers first, then the guests' orders.
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
    pub(super) async fn fetch_contact(&self, id: &RecordId) -> Result<Option<Record>, SystemError> {
        if let Some(email) = id.guest_email() {
            return self.fetch_guest(email).await;
        }
        if let Some(order) = id.as_guest_order() {
            return self.fetch_person_of(order).await;
        }
        unless_gone(async {
            let answer = self.rest.get(READ, customer_path(READ, id)?, &[]).await?;
            record(READ, &answer)
        })
        .await
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

    /// The person of one guest order.
    async fn fetch_person_of(&self, order: &str) -> Result<Option<Record>, SystemError> {
        let found = unless_gone(async {
            let number = number_of(READ_GUESTS, &RecordId::new(order))?;
            let path = format!("{API}/orders/{number}");
            self.rest
                .get(READ_GUESTS, path, &[("_fields", GUEST_FIELDS)])
                .await
        })
        .await?;
        Ok(found.and_then(|answer| guest::of_one_order(&answer.body)))
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
            .get(READ_GUESTS, format!("{API}/orders"), &query)
            .await?;
        let records = answer.list()?.iter().filter_map(guest::from_order).collect();
        Ok((records, answer.pages().unwrap_or_default()))
    }

    async fn customers(&self, page: u64) -> Result<(Vec<Record>, u64), SystemError> {
        // The default is by name, which moves rows between pages when a name is changed.
        let answer = self
            .list("read customers", "customers", page, &[("role", "customer")])
            .await?;
        let records = answer.list()?.iter().filter_map(customer::record).collect();
        Ok((records, answer.pages().unwrap_or_default()))
    }

    /// Those of these customers that are there, of whatever role.
    pub(super) async fn customers_of(&self, ids: &[RecordId]) -> Result<Vec<Record>, SystemError> {
        let listed = self.listed(READ, "customers", ids, &[("role", "all")]).await?;
        Ok(listed.iter().filter_map(customer::record).collect())
    }

    pub(super) async fn find_contact(&self, email: &str) -> Result<Vec<Record>, SystemError> {
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

    pub(super) async fn create_contact(&self, patch: &Patch) -> Result<Record, SystemError> {
        const OPERATION: &str = "create customer";
        let body = Json::Object(customer::to_wire(patch));
        let answer = self
            .write(OPERATION, Method::POST, format!("{API}/customers"), body)
            .await?;
        record(OPERATION, &answer)
    }

    pub(super) async fn update_contact(&self, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        const OPERATION: &str = "update customer";
        let at = customer_path(OPERATION, id)?;
        let body = customer::to_wire(patch);
        // Even a request that changes nothing moves the modified time and fires webhooks.
        if body.is_empty() {
            let found = self.fetch_contact(id).await?;
            return found.ok_or_else(|| error::gone(OPERATION));
        }
        let answer = self.write(OPERATION, Method::PUT, at, json!(body)).await?;
        record(OPERATION, &answer)
    }

    pub(super) async fn delete_contact(&self, id: &RecordId) -> Result<(), SystemError> {
        const OPERATION: &str = "delete customer";
        // Customers have no trash.
        if let Some(path) = unless_gone(async { customer_path(OPERATION, id) }).await? {
            self.remove(OPERATION, path, true).await?;
        }
        Ok(())
    }

    /// A page of customers, which can't be filtered by time, and then of guests.
    pub(super) async fn page_of_contacts(
        &self,
        since: &Since,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        let (records, next) = match Cursor::parse(cursor) {
            Cursor::Customers(page) => {
                let (records, pages) = self.customers(page).await?;
                let next = if page < pages {
                    format!("customers:{}", page + 1)
                } else {
                    "guests:1".to_owned()
                };
                (records, Some(next))
            }
            Cursor::Guests(page) => {
                let (records, pages) = self.guests(&page.to_string(), "asc", &since.filters()).await?;
                let next = (page < pages).then(|| format!("guests:{}", page + 1));
                (last_of_each(records), next)
            }
        };
        Ok(Page {
            records,
            next,
            partial: false,
            deleted: Vec::new(),
        })
    }
}

/// The customer of an answer.
fn record(operation: &'static str, answer: &Answer) -> Result<Record, SystemError> {
    customer::record(&answer.body).ok_or_else(|| error::unavailable(operation, "the answer is no customer"))
}

/// The path of a customer. Other ids than numbers have none: such a customer can't exist.
fn customer_path(operation: &'static str, id: &RecordId) -> Result<String, SystemError> {
    if id.is_guest() {
        return Err(error::system_error(
            operation,
            Fault::Rejected { field: None },
            "a guest has no customer account, only orders, so there is nothing to write to",
        ));
    }
    Ok(format!("{API}/customers/{}", number_of(operation, id)?))
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
