//! Orders: `/orders`, as far as people's data, status and stored lines go.
//!
//! A line's name and price are what its sender says; of the catalogue, only the stock follows.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, ApiError, Fields};
use super::fields::{self, ALLOW_ALL, id_of, text_of};
use super::query::Query;
use super::shop::{Resource, Shop};
use super::{customer, line, product};

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
        query.page(
            &format!("{}/orders", shop.rest()),
            found,
            &[("status[0]", "any"), ("dp", "2"), ("context", "view")],
            |(&id, order)| view(shop, id, order),
        )
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        let order = shop.orders.get(&id).ok_or_else(|| invalid_id(404))?;
        Ok(view(shop, id, order))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        check_customer(shop, given)?;
        let mut order = empty(shop, "rest-api");
        line::merge(&mut order, given, &mut shop.next_item)?;
        let id = id_of(&order, "id");
        merge(shop, &mut order, given);
        if given.get("set_paid") == Some(&json!(true)) {
            set_status(shop, &mut order, "processing");
        }
        store(shop, id, order);
        shop.fire("order.created", id);
        shop.fire("order.updated", id);
        product::follow_order(shop, id);
        self.get(shop, id)
    }

    fn update(&self, shop: &mut Shop, id: u64, given: &Fields) -> Result<Value, ApiError> {
        let mut order = shop.orders.get(&id).cloned().ok_or_else(|| invalid_id(400))?;
        check_customer(shop, given)?;
        line::merge(&mut order, given, &mut shop.next_item)?;
        let was_trashed = text_of(&order, "status") == "trash";
        merge(shop, &mut order, given);
        if given.get("set_paid") == Some(&json!(true)) && order["date_paid"].is_null() {
            set_status(shop, &mut order, "processing");
        }
        store(shop, id, order);
        // An order that comes out of the trash this way is not announced.
        if !was_trashed {
            shop.fire("order.updated", id);
        }
        product::follow_order(shop, id);
        self.get(shop, id)
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        let was = self.get(shop, id)?;
        if force {
            // No webhook tells of it.
            shop.orders.remove(&id);
            return Ok(was);
        }
        if was["status"] == "trash" {
            return Err(ApiError::new(
                410,
                "woocommerce_rest_already_trashed",
                "The order has already been deleted.",
            ));
        }
        if let Some(mut order) = shop.orders.get(&id).cloned() {
            order.insert("status".into(), json!("trash"));
            store(shop, id, order);
        }
        shop.fire("order.deleted", id);
        Ok(was)
    }
}

/// An order that a buyer places. Totals that are given are taken as they are, others follow from the lines.
pub(super) fn place(shop: &mut Shop, given: &Fields) -> u64 {
    let mut order = empty(shop, "store-api");
    let id = id_of(&order, "id");
    let mut given = given.clone();
    given.entry("status").or_insert_with(|| json!("processing"));
    line::add(&mut order, &given, &mut shop.next_item);
    merge(shop, &mut order, &given);
    for name in TOTALS {
        if let Some(total) = given.get(name) {
            order.insert(name.to_owned(), total.clone());
        }
    }
    let is_draft = text_of(&order, "status") == "checkout-draft";
    store(shop, id, order);
    // The checkout's draft was announced as a change, before the order itself.
    shop.fire("order.updated", id);
    if !is_draft {
        shop.fire("order.created", id);
    }
    product::follow_order(shop, id);
    id
}

/// An order as GET shows it.
pub(super) fn view(shop: &Shop, id: u64, order: &Fields) -> Value {
    let rest = shop.rest();
    let mut shown = order.clone();
    let mut links = fields::links(&rest, "orders", id, ALLOW_ALL);
    links["email_templates"] =
        json!([{"embeddable": true, "href": format!("{rest}/orders/{id}/actions/email_templates")}]);
    let customer = id_of(order, "customer_id");
    if customer != 0 {
        links["customer"] = json!([{"href": format!("{rest}/customers/{customer}")}]);
    }
    let status = text_of(order, "status");
    let total: Decimal = text_of(order, "total").parse().unwrap_or_default();
    let has_lines = order["line_items"]
        .as_array()
        .is_some_and(|lines| !lines.is_empty());
    let is_payable = ["pending", "failed"].contains(&status) && !total.is_zero();
    shown.insert(
        "is_editable".into(),
        json!(["pending", "on-hold", "auto-draft"].contains(&status)),
    );
    shown.insert("needs_payment".into(), json!(is_payable));
    shown.insert("needs_processing".into(), json!(has_lines));
    shown.insert("_links".into(), links);
    shown.into()
}

fn empty(shop: &mut Shop, created_via: &str) -> Fields {
    let id = shop.next_post;
    shop.next_post += 1;
    let key = format!("wc_order_{id:013}");
    let now = shop.now();
    let payment_url = format!(
        "{}/checkout/order-pay/{id}/?pay_for_order=true&key={key}",
        shop.url
    );
    let mut order = Fields::new();
    for name in TEXTS {
        order.insert(name.into(), json!(""));
    }
    for name in TOTALS {
        order.insert(name.into(), json!("0.00"));
    }
    for name in line::KINDS
        .into_iter()
        .chain(["tax_lines", "refunds", "meta_data"])
    {
        order.insert(name.into(), json!([]));
    }
    for name in ["customer_ip_address", "customer_user_agent", "cart_hash"] {
        order.insert(name.into(), json!(""));
    }
    let rest = [
        ("id", json!(id)),
        ("number", json!(id.to_string())),
        ("parent_id", json!(0)),
        ("status", json!("pending")),
        ("currency", json!("USD")),
        ("currency_symbol", json!("$")),
        ("version", json!("9.9.5")),
        ("prices_include_tax", json!(false)),
        ("customer_id", json!(0)),
        ("order_key", json!(key)),
        ("billing", fields::empty_address("billing")),
        ("shipping", fields::empty_address("shipping")),
        ("created_via", json!(created_via)),
        ("payment_url", json!(payment_url)),
    ];
    order.extend(rest.map(|(name, value)| (name.to_owned(), value)));
    fields::set_date(&mut order, "date_created", Some(now));
    fields::set_date(&mut order, "date_modified", Some(now));
    fields::set_date(&mut order, "date_completed", None);
    fields::set_date(&mut order, "date_paid", None);
    order
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
    if let Some(Value::String(status)) = given.get("status") {
        set_status(shop, order, status);
    }
}

fn set_status(shop: &mut Shop, order: &mut Fields, status: &str) {
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

fn store(shop: &mut Shop, id: u64, mut order: Fields) {
    let now = shop.now();
    fields::set_date(&mut order, "date_modified", Some(now));
    shop.orders.insert(id, order);
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
