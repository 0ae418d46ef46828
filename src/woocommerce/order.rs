//! An order's JSON as a record, and a patch as the JSON to send. Pure.

mod basket;
mod layout;
mod lines;

use serde_json::{Map, Value as Json, json};

pub(super) use self::layout::Layout;
pub(super) use self::lines::{changes, correction, names};
use super::date::gmt;
use super::{schema, stored};
use crate::sync::{Basket, FieldPath, Module, Patch, Record, RecordId};

/// The meta data that keeps the id of an order's counterpart.
pub(super) const COUNTERPART: &str = "_vtiger_salesorder";

/// What changes with the reader.
const NOISE: [&str; 2] = ["_links", "payment_url"];

/// What a buyer's address for the goods consists of.
const PLACE: [&str; 6] = ["address_1", "address_2", "city", "state", "postcode", "country"];

/// Whether the order is in the trash.
pub(super) fn is_trashed(json: &Json) -> bool {
    json.get("status").and_then(Json::as_str) == Some("trash")
}

/// The record of an order's JSON; nothing when it has no id.
pub(super) fn record(json: &Json) -> Option<Record> {
    let id = json.get("id")?.as_u64().filter(|id| *id > 0)?;
    let mut fields = json.as_object()?.clone();
    for name in NOISE {
        fields.remove(name);
    }
    let derived = [
        ("contact", json!(contact(json))),
        ("contact_name", json!(contact_name(json))),
        ("ship_to", ship_to(json)),
        ("line_items", basket::read(json).to_json()),
    ];
    fields.extend(derived.map(|(name, value)| (name.to_owned(), value)));
    if let Some(counterpart) = counterpart(json) {
        fields.insert("counterpart".to_owned(), json!(counterpart));
    }
    Some(Record {
        id: RecordId::new(id.to_string()),
        modified: gmt(json, "date_modified_gmt"),
        modified_by: None,
        fields,
    })
}

/// Whose order it is: a customer's, a guest's, or nobody's who could be told.
fn contact(json: &Json) -> String {
    match json.get("customer_id").and_then(Json::as_u64) {
        Some(customer) if customer > 0 => customer.to_string(),
        _ => match text(json, "/billing/email").trim() {
            "" => String::new(),
            email => RecordId::guest(email).to_string(),
        },
    }
}

fn contact_name(json: &Json) -> String {
    let name = format!(
        "{} {}",
        text(json, "/billing/first_name"),
        text(json, "/billing/last_name")
    );
    name.trim().to_owned()
}

/// Where the goods go.
fn ship_to(json: &Json) -> Json {
    let from = if is_shipping_blank(json) {
        "billing"
    } else {
        "shipping"
    };
    json.get(from).cloned().unwrap_or_default()
}

/// Whether the order tells no address for the goods but the bill's.
pub(super) fn is_shipping_blank(json: &Json) -> bool {
    let is_blank = |part: &str| text(json, &format!("/shipping/{part}")).trim().is_empty();
    PLACE.iter().all(|part| is_blank(part))
}

/// The id of the counterpart that the order keeps.
pub(super) fn counterpart(json: &Json) -> Option<String> {
    let meta = json.get("meta_data")?.as_array()?;
    let entry = meta
        .iter()
        .find(|entry| entry.get("key").and_then(Json::as_str) == Some(COUNTERPART))?;
    let value = entry.get("value")?.as_str()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn text<'a>(json: &'a Json, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

/// Whether a body holds what a mapping reads.
pub(super) fn holds(json: &Json, path: &FieldPath) -> bool {
    let roots: &[&str] = match path.root() {
        "contact" => &["customer_id", "billing"],
        "contact_name" => &["billing"],
        "ship_to" => &["billing", "shipping"],
        "line_items" => &[
            "line_items",
            "tax_lines",
            "shipping_lines",
            "fee_lines",
            "refunds",
            "total",
        ],
        "counterpart" => &["meta_data"],
        root => return json.get(root).is_some(),
    };
    roots.iter().all(|root| json.get(*root).is_some())
}

/// Whether a field can be written; an order keeps the currency that it was created with.
pub(super) fn is_writable(path: &FieldPath, exists: bool) -> bool {
    schema::is_writable(Module::SalesOrders, path) && !(exists && path.root() == "currency")
}

/// The basket that a patch writes.
pub(super) fn basket_of(patch: &Patch) -> Option<Basket> {
    let mut values = patch.0.iter();
    values.find_map(|(path, value)| Basket::of(value).filter(|_| path.root() == "line_items"))
}

/// Whether what a patch writes depends on what the order shows now.
pub(super) fn depends_on_present(patch: &Patch) -> bool {
    let mut roots = patch.0.keys().map(FieldPath::root);
    roots.any(|root| ["line_items", "ship_to"].contains(&root))
}

/// The JSON that writes a patch, without its lines. `now` is what an existing order shows, where that matters.
pub(super) fn to_wire(patch: &Patch, exists: bool, now: Option<&Layout>) -> Map<String, Json> {
    let mut body = Map::new();
    let ships = patch.0.keys().any(|path| path.root() == "ship_to");
    // Goods that went to the bill's address still do, but for what changes.
    if let Some(billing) = now.and_then(|now| now.ships_to_bill.as_ref()).filter(|_| ships) {
        body.insert("shipping".to_owned(), json!(billing));
    }
    for (path, value) in &patch.0 {
        // WooCommerce refuses an empty billing.email, and with it the whole request.
        let is_no_email = path.as_reference() == Some(("billing", "email")) && value.is_blank();
        if path.root() == "line_items" || is_no_email || !is_writable(path, exists) {
            continue;
        }
        let value = stored::stored(Module::SalesOrders, path, value);
        match (path.root(), path.as_reference()) {
            ("contact", _) => {
                let customer: u64 = value.as_text().parse().unwrap_or_default();
                body.insert("customer_id".to_owned(), json!(customer));
            }
            ("counterpart", _) => {
                let value = if value.is_blank() {
                    Json::Null
                } else {
                    value.to_json()
                };
                add_meta(&mut body, &value);
            }
            ("ship_to", Some((_, part))) => {
                let shipping = body.entry("shipping").or_insert_with(|| json!({}));
                shipping[part] = value.to_json();
            }
            _ => path.set(&mut body, value.to_json()),
        }
    }
    body
}

fn add_meta(body: &mut Map<String, Json>, value: &Json) {
    let entry = json!({"key": COUNTERPART, "value": value});
    match body.get_mut("meta_data") {
        Some(Json::Array(entries)) => entries.push(entry),
        _ => drop(body.insert("meta_data".to_owned(), json!([entry]))),
    }
}

#[cfg(test)]
mod tests;
