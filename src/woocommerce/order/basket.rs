//! An order's lines, fees, shipping, taxes and refunds as a basket. Pure.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::sync::{Basket, Item, Line, RecordId, Taxation, Value};
use crate::woocommerce::text;

/// The fee that evens out what the shop's arithmetic can't show.
pub(super) const ADJUSTMENT: &str = "Adjustment";

/// The basket of an order's JSON.
pub(super) fn read(order: &Json) -> Basket {
    let rates = rates(order);
    let mut lines: Vec<Line> = list(order, "line_items")
        .map(|line| product_line(line, &rates))
        .collect();
    let is_adjustment = |fee: &&Json| string(fee, "name") == ADJUSTMENT;
    lines.extend(
        list(order, "fee_lines")
            .filter(|fee| !is_adjustment(fee))
            .map(|fee| fee_line(fee, &rates)),
    );
    lines.extend(list(order, "refunds").map(refund_line));
    Basket {
        currency: string(order, "currency").to_owned(),
        lines,
        shipping: amount(order, "shipping_total") + amount(order, "shipping_tax"),
        discount: Decimal::ZERO,
        adjustment: list(order, "fee_lines")
            .filter(is_adjustment)
            .map(|fee| amount(fee, "total") + amount(fee, "total_tax"))
            .sum(),
        taxation: Taxation::Amounts,
        total: amount(order, "total"),
        removed: Vec::new(),
    }
}

fn product_line(line: &Json, rates: &BTreeMap<String, Decimal>) -> Line {
    let id = |name: &str| line.get(name).and_then(Json::as_u64).filter(|id| *id > 0);
    let item = match id("variation_id").or_else(|| id("product_id")) {
        Some(id) => Item::Product(RecordId::new(id.to_string())),
        None => Item::Other,
    };
    let quantity = Some(amount(line, "quantity")).filter(|quantity| !quantity.is_zero());
    let quantity = quantity.unwrap_or(Decimal::ONE);
    let subtotal = amount(line, "subtotal");
    Line {
        id: line_id(line),
        item,
        // A product's name is kept HTML-encoded, and comes into the line as it is.
        name: text::decoded(string(line, "name")),
        quantity,
        price: subtotal / quantity,
        discount: subtotal - amount(line, "total"),
        taxes: taxes(line, rates),
        tax: amount(line, "total_tax"),
        kept: false,
    }
}

fn fee_line(fee: &Json, rates: &BTreeMap<String, Decimal>) -> Line {
    Line {
        id: line_id(fee),
        item: Item::Fee,
        name: string(fee, "name").to_owned(),
        quantity: Decimal::ONE,
        price: amount(fee, "total"),
        discount: Decimal::ZERO,
        taxes: taxes(fee, rates),
        tax: amount(fee, "total_tax"),
        kept: false,
    }
}

/// A refund takes nothing off the order's total, so the line is a note.
fn refund_line(refund: &Json) -> Line {
    let given_back = string(refund, "total").trim_start_matches('-');
    let name = match string(refund, "reason").trim() {
        "" => format!("Refunded {given_back}"),
        reason => format!("Refunded {given_back}: {reason}"),
    };
    Line {
        item: Item::Refund,
        name,
        quantity: Decimal::ONE,
        ..Line::default()
    }
}

/// The percentages of the order's tax rates.
fn rates(order: &Json) -> BTreeMap<String, Decimal> {
    let rates = list(order, "tax_lines").filter_map(|tax| {
        let rate = tax.get("rate_id")?.as_u64()?;
        Some((rate.to_string(), amount(tax, "rate_percent")))
    });
    rates.collect()
}

/// The rates that a line bears. A rate of another line stands there with a blank total.
fn taxes(line: &Json, rates: &BTreeMap<String, Decimal>) -> BTreeMap<String, Decimal> {
    let taxes = list(line, "taxes").filter_map(|tax| {
        let rate = tax.get("id")?.as_u64()?.to_string();
        if tax
            .get("total")
            .is_none_or(|total| Value::from_json(total).is_blank())
        {
            return None;
        }
        let percentage = rates.get(&rate).copied()?;
        Some((rate, percentage))
    });
    taxes.collect()
}

fn line_id(line: &Json) -> Option<String> {
    line.get("id").and_then(Json::as_u64).map(|id| id.to_string())
}

pub(super) fn list<'a>(json: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    json.get(name).and_then(Json::as_array).into_iter().flatten()
}

pub(super) fn string<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// An amount, written as text or as a number; nothing counts as 0.
pub(super) fn amount(json: &Json, name: &str) -> Decimal {
    match json.get(name).map(Value::from_json) {
        Some(Value::Number(number)) => number,
        Some(Value::Text(text)) => text.trim().parse().unwrap_or_default(),
        _ => Decimal::ZERO,
    }
}
