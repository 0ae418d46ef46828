//! Orders: `/orders`, and what people do with orders in the shop itself.

mod place;
mod record;

use serde_json::{Value, json};

pub(super) use self::place::place;
use self::record::empty;
pub(super) use self::record::view;
use super::answer::{Answer, ApiError, Fields};
use super::fields::{self, id_of, text_of};
use super::query::Query;
use super::shop::{Resource, Shop};
use super::{customer, line, product, total};

const STATUSES: &[&str] = &[
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
];
const ORDERS_BY: &[&str] = &["date", "id", "include", "title", "slug", "modified"];
const TEXTS: [&str; 6] = [
    "currency",
    "created_via",
    "customer_note",
    "payment_method",
    "payment_method_title",
    "transaction_id",
];

const TOTALS: [&str; 7] = [
    "discount_total",
    "discount_tax",
    "shipping_total",
    "shipping_tax",
    "cart_tax",
    "total",
    "total_tax",
];

/// What the trash notes in `meta_data`.
const TRASH_META: [&str; 2] = ["_wp_trash_meta_status", "_wp_trash_meta_time"];

/// The parts of an order that make WooCommerce reckon its taxes and totals anew when they are sent.
const RECKONED: [&str; 6] = [
    "billing",
    "shipping",
    "line_items",
    "shipping_lines",
    "fee_lines",
    "coupon_lines",
];

/// The collection of orders.
pub(super) struct Orders;

impl Resource for Orders {
    const PATH: &'static str = "orders";
    const REQUIRED: &'static [&'static str] = &[];

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        let mut schema = vec![
            ("status", "string"),
            ("customer_id", "integer"),
            ("billing", "address"),
            ("shipping", "address"),
            ("meta_data", "array"),
            ("set_paid", "boolean"),
        ];
        schema.extend(TEXTS.map(|name| (name, "string")));
        schema.extend(line::KINDS.map(|name| (name, "array")));
        let mut wrong = fields::wrong_types(given, &schema);
        wrong.extend(fields::not_one_of(given, "status", STATUSES));
        ApiError::of_invalid(&wrong)
    }

    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        let orderby = query.one_of("orderby", ORDERS_BY)?;
        let ascends = query.one_of("order", &["desc", "asc"])? == "asc";
        let bounds = query.dates()?;
        let customer = query.get("customer").and_then(|id| id.parse::<u64>().ok());
        let (include, exclude) = (query.ids("include"), query.ids("exclude"));
        let statuses = query.list("status");
        let matches = |id: &u64, order: &Fields| {
            let status = text_of(order, "status");
            let has_status = if statuses.is_empty() || statuses.contains(&"any") {
                status != "trash"
            } else {
                statuses.contains(&status)
            };
            has_status
                && bounds.hold(order)
                && customer.is_none_or(|customer| id_of(order, "customer_id") == customer)
                && (include.is_empty() || include.contains(id))
                && !exclude.contains(id)
        };
        let ids = shop.orders.listed(query, || {
            let mut found: Vec<_> = shop
                .orders
                .iter()
                .filter(|(id, order)| matches(id, order))
                .collect();
            match orderby {
                "date" => found.sort_by_cached_key(|(_, order)| text_of(order, "date_created_gmt")),
                "modified" => found.sort_by_cached_key(|(_, order)| text_of(order, "date_modified_gmt")),
                "include" => found.sort_by_key(|(id, _)| include.iter().position(|wanted| wanted == *id)),
                _ => {}
            }
            if !ascends && orderby != "include" {
                found.reverse();
            }
            Ok(found.into_iter().map(|(&id, _)| id).collect())
        })?;
        query.page(
            &format!("{}/orders", shop.rest()),
            ids.iter(),
            &[("status[0]", "any"), ("dp", "2"), ("context", "view")],
            |&id| view(shop, id, &shop.orders[&id]),
        )
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let order = shop.orders.get(&id).ok_or_else(|| invalid_id(404))?;
        Ok(view(shop, id, order))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        check_customer(shop, given)?;
        let mut order = empty(shop, "rest-api");
        let currency = text_of(given, "currency");
        order.insert(total::DECIMALS.into(), json!(total::decimals_for(currency, &[])));
        line::merge(shop, &mut order, given)?;
        let id = id_of(&order, "id");
        merge(shop, &mut order, given);
        total::calculate(shop, &mut order);
        set_status_of(shop, &mut order, given);
        store(shop, id, order);
        shop.fire("order.created", id);
        shop.fire("order.updated", id);
        product::follow_order(shop, id);
        self.get(shop, id)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        let mut order = shop.orders.get(&id).cloned().ok_or_else(|| invalid_id(400))?;
        check_customer(shop, given)?;
        line::merge(shop, &mut order, given)?;
        let was = text_of(&order, "status").to_owned();
        merge(shop, &mut order, given);
        if RECKONED
            .iter()
            .any(|name| given.get(*name).is_some_and(|part| !part.is_null()))
        {
            total::calculate(shop, &mut order);
        }
        set_status_of(shop, &mut order, given);
        let has_new_status = text_of(&order, "status") != was;
        store(shop, id, order);
        // An order that comes out of the trash this way is not announced.
        if was != "trash" {
            shop.fire("order.updated", id);
        }
        product::follow_lines(shop, id, given);
        if has_new_status {
            product::follow_order(shop, id);
        }
        self.get(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        let was = self.get(shop, id)?;
        if force {
            remove(shop, id);
        } else if !trash(shop, id) {
            return Err(ApiError::new(
                410,
                "woocommerce_rest_already_trashed",
                "The order has already been deleted.",
            ));
        }
        Ok(was)
    }
}

/// Moves an order to the trash. Says whether there was one outside of it.
pub(super) fn trash(shop: &mut Shop, id: u64) -> bool {
    let Some(mut order) = shop.orders.get(&id).filter(|order| !is_trashed(order)).cloned() else {
        return false;
    };
    let noted = [
        format!("wc-{}", text_of(&order, "status")),
        shop.now().as_seconds().to_string(),
    ];
    let meta = TRASH_META.iter().zip(noted);
    let meta: Value = meta
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect();
    let note = Fields::from_iter([("meta_data".to_owned(), meta)]);
    fields::merge_meta(&mut order, &note, &mut shop.next_meta);
    order.insert("status".into(), json!("trash"));
    store(shop, id, order);
    shop.fire("order.deleted", id);
    true
}

/// Takes an order out of the trash as the shop's people do. Says whether there was one in it.
pub(super) fn restore(shop: &mut Shop, id: u64) -> bool {
    let Some(mut order) = shop.orders.get(&id).filter(|order| is_trashed(order)).cloned() else {
        return false;
    };
    let mut status = "pending".to_owned();
    if let Some(Value::Array(meta)) = order.get_mut("meta_data") {
        if let Some(noted) = meta.iter().find(|entry| entry["key"] == TRASH_META[0]) {
            let noted = noted["value"].as_str().unwrap_or_default();
            noted.trim_start_matches("wc-").clone_into(&mut status);
        }
        meta.retain(|entry| !TRASH_META.iter().any(|key| entry["key"] == *key));
    }
    order.insert("status".into(), json!(status));
    store(shop, id, order);
    shop.fire("order.restored", id);
    shop.fire("order.updated", id);
    true
}

/// Deletes an order for good. No webhook tells of it.
pub(super) fn remove(shop: &mut Shop, id: u64) -> bool {
    shop.refunds.retain(|_, refund| id_of(refund, "order_id") != id);
    shop.orders.remove(&id).is_some()
}

fn merge(shop: &mut Shop, order: &mut Fields, given: &Fields) {
    for name in TEXTS {
        if let Some(Value::String(text)) = given.get(name) {
            order.insert(name.into(), json!(text));
        }
    }
    if given.contains_key("customer_id") {
        order.insert("customer_id".into(), json!(id_of(given, "customer_id")));
    }
    for name in ["billing", "shipping"] {
        fields::merge_address(order, name, given, str::to_owned);
    }
    fields::merge_meta(order, given, &mut shop.next_meta);
}

/// The status that is sent, and that of a payment.
fn set_status_of(shop: &mut Shop, order: &mut Fields, given: &Fields) {
    if let Some(Value::String(status)) = given.get("status") {
        set_status(shop, order, status);
    }
    if given.get("set_paid") == Some(&json!(true)) && order["date_paid"].is_null() {
        set_status(shop, order, "processing");
    }
}

/// Gives an order, which is not stored here, a status and the dates that come with it.
pub(super) fn set_status(shop: &mut Shop, order: &mut Fields, status: &str) {
    let now = shop.now();
    order.insert("status".into(), json!(status));
    if ["processing", "completed"].contains(&status) && order["date_paid"].is_null() {
        fields::set_date(order, "date_paid", Some(now));
    }
    if status == "completed" {
        fields::set_date(order, "date_completed", Some(now));
        customer::set_paying(shop, id_of(order, "customer_id"));
    }
}

/// Keeps a changed order.
pub(super) fn store(shop: &mut Shop, id: u64, mut order: Fields) {
    let now = shop.now();
    fields::set_date(&mut order, "date_modified", Some(now));
    shop.orders.insert(id, order);
}

fn is_trashed(order: &Fields) -> bool {
    text_of(order, "status") == "trash"
}

fn check_customer(shop: &Shop, given: &Fields) -> Result<(), ApiError> {
    let customer = id_of(given, "customer_id");
    if customer == 0 || shop.customers.contains_key(&customer) {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "woocommerce_rest_invalid_customer_id",
        "Customer ID is invalid.",
    ))
}

fn invalid_id(status: u16) -> ApiError {
    ApiError::new(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
}
