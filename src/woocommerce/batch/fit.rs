//! Which writes may go in a batch. Pure.
//!
//! In a batch WooCommerce leaves out what WordPress does for the ordinary endpoints: it checks neither types nor listed
//! values (an unknown status would be stored), cleans no names, and doesn't ask whose e-mail address it changes. So only
//! what is plainly right goes in a batch; the rest goes by itself, and is refused as ever.

use reqwest::Method;
use serde_json::{Map, Value as Json};

use super::Write;
use crate::sync::{FieldPath, Module};
use crate::system::FieldType;
use crate::woocommerce::rest::API;
use crate::woocommerce::schema;

/// Where a write goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) module: Module,
    /// Such as `customers` or `products/42/variations`.
    pub(super) collection: String,
    /// The record that is updated; none where one is created.
    pub(super) id: Option<u64>,
}

impl Target {
    /// Where this write goes; none where it can't go in a batch.
    pub(super) fn of(write: &Write) -> Option<Self> {
        let path = write.path.strip_prefix(API)?.strip_prefix('/')?;
        let (collection, id) = match path.rsplit_once('/') {
            Some((collection, id)) if write.method == Method::PUT => (collection, Some(id.parse().ok()?)),
            _ if write.method == Method::POST => (path, None),
            _ => return None,
        };
        let parts: Vec<&str> = collection.split('/').collect();
        let module = match parts.as_slice() {
            ["customers"] => Module::Contacts,
            ["orders"] => Module::SalesOrders,
            ["products"] => Module::Products,
            ["products", parent, "variations"] if parent.parse::<u64>().is_ok() => Module::Products,
            _ => return None,
        };
        let body = write.body.as_object()?;
        is_plain(module, id.is_none(), body).then(|| Self {
            module,
            collection: collection.to_owned(),
            id,
        })
    }
}

/// Whether the ordinary endpoint would take this without a question, and without a change.
fn is_plain(module: Module, is_new: bool, body: &Map<String, Json>) -> bool {
    // Who has no address is refused, and whose may be changed is checked.
    let has_email = body.contains_key("email");
    (module != Module::Contacts || has_email == is_new)
        && body
            .iter()
            .all(|(name, value)| is_plain_value(module, name, value))
}

fn is_plain_value(module: Module, name: &str, value: &Json) -> bool {
    match (name, value) {
        ("billing" | "shipping" | "dimensions", Json::Object(parts)) => parts
            .iter()
            .all(|(part, value)| is_plain_value(module, &format!("{name}.{part}"), value)),
        ("meta_data" | "categories" | "line_items" | "fee_lines" | "shipping_lines", value) => {
            value.is_array()
        }
        ("email" | "billing.email", value) => value.as_str().is_some_and(is_plain_email),
        ("currency", value) => value.as_str().is_some_and(is_plain_currency),
        ("customer_id", value) => value.is_u64(),
        // WordPress cleans customers' names, and addresses of sites.
        ("first_name" | "last_name", Json::String(text)) => is_clean(text),
        ("external_url", _) => false,
        _ => is_of_kind(module, name, value),
    }
}

/// Whether a value is of the kind that the field has. What the schema doesn't know, a plugin has added.
fn is_of_kind(module: Module, name: &str, value: &Json) -> bool {
    let Ok(path) = FieldPath::parse(name) else {
        return false;
    };
    match schema::kind(module, &path) {
        Some(FieldType::Number) if module == Module::Products && schema::is_integer(&path) => value.is_i64(),
        Some(FieldType::Text | FieldType::Number) => value.is_string(),
        Some(FieldType::Boolean) => value.is_boolean(),
        Some(FieldType::Picklist(values)) => value
            .as_str()
            .is_some_and(|text| values.iter().any(|value| value == text)),
        _ => false,
    }
}

/// Whether it is beyond doubt that WordPress takes this for an e-mail address.
fn is_plain_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let in_local = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let is_label = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(in_name)
    };
    text.len() >= 6
        && !local.is_empty()
        && local.chars().all(in_local)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

fn is_plain_currency(text: &str) -> bool {
    text.len() == 3 && text.chars().all(|letter| letter.is_ascii_uppercase())
}

/// Whether WordPress leaves this text of one line as it is.
fn is_clean(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_control() || "<%".contains(letter);
    !text.contains(is_odd) && text.trim() == text && !text.contains("  ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(method: Method, path: &str, body: Json) -> Option<Target> {
        Target::of(&Write {
            operation: "write",
            method,
            path: format!("wc/v3/{path}"),
            body,
        })
    }

    #[test]
    fn customers_products_variations_and_orders_have_batches() {
        for (path, body, module, collection, id) in [
            (
                "customers",
                json!({"email": "a@shop.example"}),
                Module::Contacts,
                "customers",
                None,
            ),
            (
                "customers/7",
                json!({"first_name": "A"}),
                Module::Contacts,
                "customers",
                Some(7),
            ),
            ("products/8", json!({}), Module::Products, "products", Some(8)),
            ("products", json!({}), Module::Products, "products", None),
            (
                "products/8/variations/9",
                json!({}),
                Module::Products,
                "products/8/variations",
                Some(9),
            ),
            ("orders", json!({}), Module::SalesOrders, "orders", None),
            (
                "orders/5",
                json!({"status": "completed"}),
                Module::SalesOrders,
                "orders",
                Some(5),
            ),
        ] {
            let method = if id.is_some() { Method::PUT } else { Method::POST };
            let expected = Target {
                module,
                collection: collection.to_owned(),
                id,
            };
            assert_eq!(target(method, path, body), Some(expected), "{path}");
        }
        for path in [
            "webhooks",
            "webhooks/1",
            "products/categories",
            "products/categories/3",
            "taxes/1",
            "orders/5/refunds",
        ] {
            assert_eq!(target(Method::POST, path, json!({})), None, "{path}");
            assert_eq!(target(Method::PUT, path, json!({})), None, "{path}");
        }
        assert_eq!(target(Method::DELETE, "orders/5", json!({})), None);
    }

    #[test]
    fn what_a_batch_would_not_check_goes_by_itself() {
        let plain = |path: &str, body: Json| target(Method::PUT, path, body).is_some();
        for (path, good, bad) in [
            (
                "customers/7",
                json!({"last_name": "O'Hara &amp; Söhne"}),
                json!({"last_name": "50%25"}),
            ),
            (
                "customers/7",
                json!({"billing": {"city": "Bonn"}}),
                json!({"billing": {"city": null}}),
            ),
            (
                "customers/7",
                json!({"billing": {"email": "a.b+c@shop.example"}}),
                json!({"billing": {"email": "a b@shop.example"}}),
            ),
            (
                "customers/7",
                json!({"meta_data": [{"key": "k", "value": "v"}]}),
                json!({"plugin": "x"}),
            ),
            (
                "customers/7",
                json!({"shipping": {"phone": ""}}),
                json!({"email": "new@shop.example"}),
            ),
            (
                "products/8",
                json!({"regular_price": "1.50", "stock_quantity": 3, "manage_stock": true}),
                json!({"regular_price": 1.5}),
            ),
            (
                "products/8",
                json!({"status": "draft", "categories": [{"id": 3}]}),
                json!({"status": "sold"}),
            ),
            (
                "products/8",
                json!({"dimensions": {"length": "1"}}),
                json!({"stock_quantity": 1.5}),
            ),
            (
                "products/8",
                json!({"description": "<p>A</p>"}),
                json!({"external_url": "x"}),
            ),
            (
                "products/8",
                json!({"featured": false}),
                json!({"date_on_sale_from": "2026-01-01"}),
            ),
            (
                "orders/5",
                json!({"status": "on-hold", "customer_id": 3}),
                json!({"status": "shipped"}),
            ),
            (
                "orders/5",
                json!({"currency": "EUR", "line_items": []}),
                json!({"currency": "euro"}),
            ),
        ] {
            assert!(plain(path, good.clone()), "{good}");
            assert!(!plain(path, bad.clone()), "{bad}");
        }
        assert_eq!(
            target(Method::POST, "customers", json!({"first_name": "A"})),
            None
        );
    }

    #[test]
    fn addresses_of_which_there_is_doubt_are_told() {
        for email in ["a@shop.example", "Ann.Lee+1@mail.shop-1.example"] {
            assert!(is_plain_email(email), "{email}");
        }
        for email in [
            "",
            "ann",
            "@shop.example",
            "ann@shop",
            "ann@shop..example",
            "ann@-shop.example",
            "änn@shop.example",
            "ann lee@shop.example",
            "ann@lee@shop.example",
            "a@b.c",
        ] {
            assert!(!is_plain_email(email), "{email}");
        }
    }
}
