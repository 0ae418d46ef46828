//! Reads single values out of the webservice's rows, where numbers come as texts or as numbers and nothing as null.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use crate::sync::{Value, rounded};

/// The most decimals that Vtiger keeps of an amount.
pub(crate) const DECIMALS: u32 = 8;

/// A field's text; empty where there is none.
pub(crate) fn text<'a>(row: &'a Map<String, Json>, field: &str) -> &'a str {
    row.get(field).and_then(Json::as_str).unwrap_or_default()
}

/// A field's number; 0 where there is none.
pub(crate) fn decimal(row: &Map<String, Json>, field: &str) -> Decimal {
    row.get(field).map_or(Decimal::ZERO, decimal_of)
}

/// A value as a number; 0 for what is none.
pub(crate) fn decimal_of(value: &Json) -> Decimal {
    let number = match Value::from_json(value) {
        Value::Number(number) => number,
        Value::Text(text) => text.trim().parse().unwrap_or_default(),
        Value::Null | Value::Bool(_) => Decimal::ZERO,
    };
    rounded(number, DECIMALS).normalize()
}

/// An id in a reference field; `None` where it points to nothing.
pub(crate) fn reference<'a>(row: &'a Map<String, Json>, field: &str) -> Option<&'a str> {
    let id = text(row, field);
    (!id.is_empty() && id != "0" && !id.ends_with("x0")).then_some(id)
}
