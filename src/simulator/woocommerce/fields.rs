//! What records have in common: addresses, `meta_data`, checks of types, links.

use serde_json::{Value, json};

use super::answer::{Fields, Invalid};
use super::text;

/// The keys of a billing address; a shipping address has all but `email`.
pub(super) const ADDRESS: [&str; 11] = [
    "first_name",
    "last_name",
    "company",
    "address_1",
    "address_2",
    "city",
    "postcode",
    "country",
    "state",
    "email",
    "phone",
];

/// What may be done to a record.
pub(super) const ALLOW_ALL: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The keys of the address under this name.
fn address_keys(name: &str) -> impl Iterator<Item = &'static str> {
    let with_email = name == "billing";
    ADDRESS
        .into_iter()
        .filter(move |key| with_email || *key != "email")
}

/// An empty address.
pub(super) fn empty_address(name: &str) -> Value {
    let address: Fields = address_keys(name)
        .map(|key| (key.to_owned(), json!("")))
        .collect();
    address.into()
}

/// Merges the address of this name from `fields` into the record, key by key; unknown keys are ignored.
pub(super) fn merge_address(record: &mut Fields, name: &str, fields: &Fields, keep: fn(&str) -> String) {
    let (Some(Value::Object(given)), Some(Value::Object(address))) = (fields.get(name), record.get_mut(name))
    else {
        return;
    };
    for key in address_keys(name) {
        if let Some(Value::String(text)) = given.get(key) {
            address.insert(key.to_owned(), keep(text).into());
        }
    }
}

/// Merges `meta_data` from `fields` into the record: by id or by key; a null value deletes.
pub(super) fn merge_meta(record: &mut Fields, fields: &Fields, next_id: &mut u64) {
    let Some(Value::Array(given)) = fields.get("meta_data") else {
        return;
    };
    let Some(Value::Array(meta)) = record.get_mut("meta_data") else {
        return;
    };
    for entry in given {
        let key = entry.get("key").and_then(Value::as_str);
        let id = entry.get("id").and_then(Value::as_u64);
        let found = meta.iter().position(|known| match id {
            Some(id) => known["id"].as_u64() == Some(id),
            None => key.is_some() && known["key"].as_str() == key,
        });
        let value = entry.get("value").unwrap_or(&Value::Null);
        match (found, value) {
            (Some(at), Value::Null) => drop(meta.remove(at)),
            (Some(at), value) => meta[at]["value"] = as_meta(value),
            (None, Value::Null) => {}
            (None, value) => {
                if let Some(key) = key {
                    meta.push(json!({"id": next_id, "key": key, "value": as_meta(value)}));
                    *next_id += 1;
                }
            }
        }
    }
}

/// Meta values come back from the database as text, unless they were lists or objects.
fn as_meta(value: &Value) -> Value {
    match value {
        Value::Bool(true) => json!("1"),
        Value::Bool(false) => json!(""),
        Value::Number(number) => json!(number.to_string()),
        other => other.clone(),
    }
}

/// What is wrong with a text that has to be one of these, if something is.
pub(super) fn not_one_of(fields: &Fields, name: &str, allowed: &[&str]) -> Option<(String, Invalid)> {
    let text = fields.get(name)?.as_str()?;
    (!allowed.contains(&text)).then(|| (name.to_owned(), Invalid::not_one_of(name, allowed)))
}

/// What is wrong with the types of these fields. A null at the top counts as not given, as in WordPress.
pub(super) fn wrong_types(fields: &Fields, schema: &[(&str, &str)]) -> Vec<(String, Invalid)> {
    let mut wrong = Vec::new();
    for (name, kind) in schema {
        let value = fields.get(*name).unwrap_or(&Value::Null);
        let invalid = match (*kind, value) {
            (_, Value::Null)
            | ("string", Value::String(_))
            | ("array", Value::Array(_))
            | ("object", Value::Object(_))
            | ("boolean", Value::Bool(_)) => None,
            ("integer", value) if as_integer(value).is_some() => None,
            ("email", Value::String(text)) => (!is_email(text)).then(Invalid::email),
            ("email", _) => Some(Invalid::kind(name, "string")),
            ("address", Value::Object(address)) => wrong_address(name, address),
            ("address", _) => Some(Invalid::kind(name, "object")),
            (kind, _) => Some(Invalid::kind(name, kind)),
        };
        wrong.extend(invalid.map(|invalid| ((*name).to_owned(), invalid)));
    }
    wrong
}

fn wrong_address(name: &str, address: &Fields) -> Option<Invalid> {
    address_keys(name).find_map(|key| match address.get(key)? {
        Value::String(text) if key == "email" && !is_email(text) => Some(Invalid::email()),
        Value::String(_) => None,
        _ => Some(Invalid::kind(&format!("{name}[{key}]"), "string")),
    })
}

/// An integer, also as text.
pub(super) fn as_integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Whether WordPress takes this for an e-mail address.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let in_local = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(letter);
    let in_label = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    !local.is_empty()
        && local.chars().all(in_local)
        && domain.contains('.')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(in_label))
}

/// The `_links` that each record has.
pub(super) fn links(rest: &str, resource: &str, id: u64, allow: &[&str]) -> Value {
    json!({
        "self": [{"href": format!("{rest}/{resource}/{id}"), "targetHints": {"allow": allow}}],
        "collection": [{"href": format!("{rest}/{resource}")}],
    })
}

/// Sets a date under its two names, `name` and `name_gmt`.
pub(super) fn set_date(record: &mut Fields, name: &str, at: Option<crate::clock::Timestamp>) {
    record.insert(name.to_owned(), at.map(text::local).into());
    record.insert(format!("{name}_gmt"), at.map(text::gmt).into());
}

/// A field's text, empty when it is missing.
pub(super) fn text_of<'a>(record: &'a Fields, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field's id, 0 when it is missing.
pub(super) fn id_of(record: &Fields, name: &str) -> u64 {
    let id = record.get(name).and_then(as_integer);
    id.and_then(|id| u64::try_from(id).ok()).unwrap_or(0)
}
