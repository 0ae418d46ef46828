//! Sales orders: the calls.
//!
//! An order's totals are the shop's work: after a write of lines they are compared with those that are wanted, and the
//! difference is made up for by a fee.

mod index;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::Method;
use serde_json::{Value as Json, json};

use self::index::{Index, created};
use super::date::{a_minute_before, to_gmt};
use super::listing::Since;
use super::order::{self, Layout};
use super::rest::API;
use super::{PER_PAGE, WooCommerce, error, next_page, number_of, page_number, unless_gone};
use crate::clock::Timestamp;
use crate::sync::{Basket, FieldPath, Patch, Record, RecordId};
use crate::system::{Page, SystemError};

const READ: &str = "read order";
const FIND: &str = "find order";
const CREATE: &str = "create order";
const UPDATE: &str = "update order";
const DELETE: &str = "delete order";

/// What tells an order's counterpart.
const INDEX_FIELDS: &str = "id,meta_data,date_created_gmt";

/// Orders whose layout is kept; one is written soon after it was read.
const LAYOUTS: usize = 500;

/// More writes than one that even out an order's total; the second is needed only where the shop rounds unexpectedly.
const CORRECTIONS: usize = 6;

/// What was seen of orders.
#[derive(Debug, Default)]
pub(super) struct KnownOrders {
    index: Mutex<Index>,
    layouts: Mutex<VecDeque<(u64, Layout)>>,
    /// Held while orders are listed, so that it is done once.
    listing: tokio::sync::Mutex<()>,
}

impl KnownOrders {
    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn layouts(&self) -> MutexGuard<'_, VecDeque<(u64, Layout)>> {
        self.layouts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes notice of a whole order.
    fn see(&self, order: &Json) {
        self.index().see(order);
        let Some(id) = order.get("id").and_then(Json::as_u64) else {
            return;
        };
        let mut layouts = self.layouts();
        layouts.retain(|(known, _)| *known != id);
        layouts.truncate(LAYOUTS - 1);
        layouts.push_front((id, Layout::of(order)));
    }

    fn layout(&self, id: u64) -> Option<Layout> {
        let layouts = self.layouts();
        let found = layouts.iter().find(|(known, _)| *known == id);
        found.map(|(_, layout)| layout.clone())
    }
}

impl WooCommerce {
    pub(super) async fn fetch_order(&self, id: &RecordId) -> Result<Option<Record>, SystemError> {
        match unless_gone(async { self.order_json(number_of(READ, id)?).await }).await? {
            Some(json) if !order::is_trashed(&json) => self.order_record(READ, &json).map(Some),
            _ => Ok(None),
        }
    }

    async fn order_json(&self, id: u64) -> Result<Json, SystemError> {
        let answer = self.rest.get(READ, format!("{API}/orders/{id}"), &[]).await?;
        self.orders.see(&answer.body);
        Ok(answer.body)
    }

    /// The record of an order's JSON, of which notice is taken.
    fn order_record(&self, operation: &'static str, json: &Json) -> Result<Record, SystemError> {
        self.orders.see(json);
        order::record(json).ok_or_else(|| error::unavailable(operation, "the answer is no order"))
    }

    /// Orders that keep this counterpart's id; at most two.
    pub(super) async fn find_order(
        &self,
        counterpart: &str,
        since: Option<Timestamp>,
    ) -> Result<Vec<Record>, SystemError> {
        let known = self.known_orders(counterpart).await?;
        if !known.is_empty() {
            return Ok(known);
        }
        self.list_orders(since).await?;
        self.known_orders(counterpart).await
    }

    /// Those of the orders that were seen with this counterpart that still have it.
    async fn known_orders(&self, counterpart: &str) -> Result<Vec<Record>, SystemError> {
        let mut found = Vec::new();
        let known = self.orders.index().of(counterpart);
        for id in known {
            let record = self.fetch_order(&RecordId::new(id.to_string())).await?;
            let has_it = |record: &Record| {
                record.fields.get("counterpart").and_then(Json::as_str) == Some(counterpart)
            };
            match record.filter(has_it) {
                Some(record) => found.push(record),
                None => self.orders.index().forget(counterpart, id),
            }
            if found.len() == 2 {
                break;
            }
        }
        Ok(found)
    }

    /// Takes notice of all orders that were created since then.
    async fn list_orders(&self, since: Option<Timestamp>) -> Result<(), SystemError> {
        let _listing = self.orders.listing.lock().await;
        let after = self.orders.index().to_list(since);
        let bound = after.map(|after| to_gmt(a_minute_before(after)));
        let mut newest = None;
        for page in 1.. {
            let mut filters = vec![("_fields", INDEX_FIELDS)];
            if let Some(bound) = &bound {
                filters.extend([("after", bound.as_str()), ("dates_are_gmt", "true")]);
            }
            let answer = self.list(FIND, "orders", page, &filters).await?;
            for order in answer.list()? {
                self.orders.index().see(order);
                newest = newest.max(created(order));
            }
            if page >= answer.pages().unwrap_or_default() {
                break;
            }
        }
        self.orders.index().listed(after, newest);
        Ok(())
    }

    pub(super) async fn create_order(&self, patch: &Patch) -> Result<Record, SystemError> {
        let basket = order::basket_of(patch);
        let mut body = order::to_wire(patch, false, None);
        if let Some(basket) = &basket {
            body.extend(order::changes(basket, None, |id| self.family.parent_of(id)));
        }
        let answer = self
            .write(CREATE, Method::POST, format!("{API}/orders"), json!(body))
            .await?;
        let settled = self.settle(CREATE, basket.as_ref(), answer.body).await;
        // The order is there, so whatever is wrong with its total must not look like a refusal of the order.
        settled.map_err(|error| error::unavailable(CREATE, error.message))
    }

    pub(super) async fn update_order(&self, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        let number = number_of(UPDATE, id)?;
        let now = match self.orders.layout(number) {
            _ if !order::depends_on_present(patch) => None,
            Some(layout) => Some(layout),
            None => Some(Layout::of(&self.order_json(number).await?)),
        };
        let mut body = order::to_wire(patch, true, now.as_ref());
        let basket = order::basket_of(patch);
        if let (Some(basket), Some(now)) = (&basket, &now) {
            let lines = order::changes(basket, Some(now), |id| self.family.parent_of(id));
            let are_as_wanted = !lines.keys().any(|kind| kind != "shipping_lines");
            body.extend(if are_as_wanted {
                order::correction(basket, now, 0)
            } else {
                lines
            });
        }
        // Even a request that changes nothing moves the modified time and fires webhooks.
        if body.is_empty() {
            return self.fetch_order(id).await?.ok_or_else(|| error::gone(UPDATE));
        }
        let at = format!("{API}/orders/{number}");
        let answer = self.write(UPDATE, Method::PUT, at, json!(body)).await?;
        self.settle(UPDATE, basket.as_ref(), answer.body).await
    }

    /// Makes an order's total that of the basket, names lines that the shop added without, and returns the order as it is then.
    async fn settle(
        &self,
        operation: &'static str,
        basket: Option<&Basket>,
        mut json: Json,
    ) -> Result<Record, SystemError> {
        let id = json.get("id").and_then(Json::as_u64);
        for nth in 0..CORRECTIONS {
            let (Some(basket), Some(id)) = (basket, id) else {
                break;
            };
            let mut body = order::correction(basket, &Layout::of(&json), nth);
            body.extend(order::names(basket, &json));
            if body.is_empty() {
                break;
            }
            self.orders.see(&json);
            let path = format!("{API}/orders/{id}");
            json = self.write(operation, Method::PUT, path, json!(body)).await?.body;
        }
        self.order_record(operation, &json)
    }

    pub(super) async fn delete_order(&self, id: &RecordId) -> Result<(), SystemError> {
        if let Ok(number) = number_of(DELETE, id) {
            self.remove(DELETE, format!("{API}/orders/{number}"), false)
                .await?;
        }
        Ok(())
    }

    /// An order out of a webhook's body.
    pub(super) fn read_order(
        &self,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        let is_whole = ["id", "status", "customer_id", "line_items"]
            .iter()
            .all(|name| body.get(*name).is_some())
            && needed.iter().all(|path| order::holds(body, path));
        if !is_whole || order::is_trashed(body) {
            return Ok(None);
        }
        self.order_record(READ, body).map(Some)
    }

    /// Those of these orders that are there.
    pub(super) async fn orders_of(&self, ids: &[RecordId]) -> Result<Vec<Record>, SystemError> {
        let listed = self.listed(READ, "orders", ids, &[]).await?;
        Ok(listed.iter().filter_map(order::record).collect())
    }

    pub(super) async fn page_of_orders(
        &self,
        since: &Since,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        let page = page_number(cursor, "orders");
        let answer = self.list("read orders", "orders", page, &since.filters()).await?;
        let mut records = Vec::with_capacity(usize::try_from(PER_PAGE).unwrap_or_default());
        for json in answer.list()? {
            self.orders.index().see(json);
            records.extend(order::record(json));
        }
        Ok(Page {
            records,
            next: next_page("orders", page, &answer),
            partial: false,
            deleted: Vec::new(),
        })
    }
}
