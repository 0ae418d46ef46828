//! Customers, and what happens to them in the shop. Nothing is checked here; `collection` does that for REST.

mod collection;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) use self::collection::{Customers, by_email};
use super::answer::Fields;
use super::fields::{self, ALLOW_ALL, id_of, text_of};
use super::shop::Shop;
use super::text;

/// Adds a customer without any check.
pub(super) fn register(shop: &mut Shop, given: &Fields) -> u64 {
    let id = shop.next_user;
    shop.next_user += 1;
    let now = shop.now();
    let mut customer = Fields::new();
    let role = match text_of(given, "role") {
        "" => "customer",
        role => role,
    };
    let username = match text_of(given, "username") {
        "" => free_username(shop, text_of(given, "email")),
        username => username.to_owned(),
    };
    let is_customer = role == "customer";
    customer.insert("id".into(), json!(id));
    fields::set_date(&mut customer, "date_created", Some(now));
    // WooCommerce has never saved those who came by WordPress' own user page.
    fields::set_date(&mut customer, "date_modified", is_customer.then_some(now));
    for name in ["email", "first_name", "last_name"] {
        customer.insert(name.into(), json!(""));
    }
    customer.insert("role".into(), json!(role));
    customer.insert("username".into(), json!(username));
    customer.insert("billing".into(), fields::empty_address("billing"));
    customer.insert("shipping".into(), fields::empty_address("shipping"));
    customer.insert("is_paying_customer".into(), json!(false));
    customer.insert("avatar_url".into(), json!(""));
    customer.insert("meta_data".into(), json!([]));
    merge(&mut customer, given, &mut shop.next_meta);
    shop.customers.insert(id, customer);
    shop.fire("customer.created", id);
    if is_customer {
        shop.fire("customer.updated", id);
    }
    id
}

/// Changes a customer without any check. Even a change of nothing moves `date_modified` and is announced.
pub(super) fn edit(shop: &mut Shop, id: u64, given: &Fields) -> bool {
    let now = shop.now();
    let Some(customer) = shop.customers.get_mut(&id) else {
        return false;
    };
    merge(customer, given, &mut shop.next_meta);
    fields::set_date(customer, "date_modified", Some(now));
    shop.fire("customer.updated", id);
    true
}

/// Notes that a customer has paid for something. Only the first time is announced.
pub(super) fn set_paying(shop: &mut Shop, id: u64) {
    let now = shop.now();
    let Some(customer) = shop.customers.get_mut(&id) else {
        return;
    };
    if customer.get("is_paying_customer") != Some(&json!(true)) {
        customer.insert("is_paying_customer".into(), json!(true));
        fields::set_date(customer, "date_modified", Some(now));
        shop.fire("customer.updated", id);
    }
}

/// Deletes a user for good. Their orders become guests' orders, which no webhook tells.
pub(super) fn remove(shop: &mut Shop, id: u64) -> bool {
    let Some(customer) = shop.customers.remove(&id) else {
        return false;
    };
    for order in shop.orders.values_mut() {
        if id_of(order, "customer_id") == id {
            order.insert("customer_id".into(), json!(0));
        }
    }
    if text_of(&customer, "role") == "customer" {
        shop.fire("customer.deleted", id);
    }
    true
}

/// A customer as GET shows them.
pub(super) fn view(shop: &Shop, id: u64, customer: &Fields) -> Value {
    let is_administrator = text_of(customer, "role") == "administrator";
    let allow = if is_administrator {
        &ALLOW_ALL[..4]
    } else {
        ALLOW_ALL
    };
    let mut shown = customer.clone();
    shown.insert(
        "_links".into(),
        fields::links(&shop.rest(), "customers", id, allow),
    );
    shown.into()
}

fn merge(customer: &mut Fields, given: &Fields, next_meta: &mut u64) {
    if let Some(Value::String(email)) = given.get("email") {
        let hash = hex::encode(Sha256::digest(email.trim().to_lowercase().as_bytes()));
        customer.insert("email".into(), json!(email));
        customer.insert(
            "avatar_url".into(),
            json!(format!("https://secure.gravatar.com/avatar/{hash}?s=96&d=mm&r=g")),
        );
    }
    for name in ["first_name", "last_name"] {
        if let Some(Value::String(text)) = given.get(name) {
            customer.insert(name.into(), text::name_as_stored(text).into());
        }
    }
    for name in ["billing", "shipping"] {
        fields::merge_address(customer, name, given, text::without_backslashes);
    }
    fields::merge_meta(customer, given, next_meta);
}

fn has_username(shop: &Shop, username: &str) -> bool {
    let mut customers = shop.customers.values();
    customers.any(|customer| text_of(customer, "username").eq_ignore_ascii_case(username))
}

fn free_username(shop: &Shop, email: &str) -> String {
    let wanted = email.split('@').next().unwrap_or_default().to_lowercase();
    if has_username(shop, &wanted) {
        format!("{wanted}-{:04}", shop.next_user)
    } else {
        wanted
    }
}

fn display_name(customer: &Fields) -> String {
    let name = format!(
        "{} {}",
        text_of(customer, "first_name"),
        text_of(customer, "last_name")
    );
    match name.trim() {
        "" => text_of(customer, "username").to_owned(),
        name => name.to_owned(),
    }
}
