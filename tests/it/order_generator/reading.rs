//! Reads an order into a basket, as the contract says that the shop's client does; written apart from the client.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value as Json;
use woo_vtiger_sync::sync::{Basket, Item, Line, RecordId, Taxation};

/// What was ordered, as the shop shows it.
pub(crate) fn basket(order: &Json) -> Basket {
    let percents: BTreeMap<String, Decimal> = list(order, "tax_lines")
        .map(|tax| {
            (
                tax["rate_id"].to_string(),
                tax["rate_percent"].to_string().parse().unwrap(),
            )
        })
        .collect();
    let mut lines: Vec<Line> = list(order, "line_items")
        .map(|line| line_item(line, &percents))
        .collect();
    let is_adjustment = |fee: &&Json| fee["name"] == "Adjustment";
    lines.extend(
        list(order, "fee_lines")
            .filter(|fee| !is_adjustment(fee))
            .map(|fee| Line {
                item: Item::Fee,
                quantity: Decimal::ONE,
                price: amount(fee, "total"),
                ..common(fee, &percents)
            }),
    );
    lines.extend(list(order, "refunds").map(|refund| Line {
        id: Some(refund["id"].to_string()),
        item: Item::Refund,
        name: format!(
            "Refunded {}: {}",
            -amount(refund, "total"),
            refund["reason"].as_str().unwrap()
        ),
        quantity: Decimal::ONE,
        ..Line::default()
    }));
    Basket {
        currency: order["currency"].as_str().unwrap().to_owned(),
        lines,
        shipping: amount(order, "shipping_total") + amount(order, "shipping_tax"),
        discount: Decimal::ZERO,
        adjustment: list(order, "fee_lines")
            .filter(is_adjustment)
            .map(|fee| amount(fee, "total"))
            .sum(),
        taxation: Taxation::Amounts,
        total: amount(order, "total"),
        removed: Vec::new(),
    }
}

fn line_item(line: &Json, percents: &BTreeMap<String, Decimal>) -> Line {
    let ids = ["variation_id", "product_id"].map(|name| line[name].to_string());
    let quantity: Decimal = line["quantity"].to_string().parse().unwrap();
    let subtotal = amount(line, "subtotal");
    Line {
        item: match ids.into_iter().find(|id| id != "0") {
            Some(id) => Item::Product(RecordId::new(id)),
            None => Item::Other,
        },
        quantity,
        price: subtotal / quantity,
        discount: subtotal - amount(line, "total"),
        ..common(line, percents)
    }
}

fn common(item: &Json, percents: &BTreeMap<String, Decimal>) -> Line {
    let taxes = list(item, "taxes")
        .filter(|tax| tax["total"] != "")
        .map(|tax| tax["id"].to_string());
    Line {
        id: Some(item["id"].to_string()),
        name: item["name"].as_str().unwrap().to_owned(),
        taxes: taxes
            .filter_map(|id| Some((id.clone(), *percents.get(&id)?)))
            .collect(),
        tax: amount(item, "total_tax"),
        ..Line::default()
    }
}

fn list<'a>(json: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    json[name].as_array().unwrap().iter()
}

fn amount(json: &Json, name: &str) -> Decimal {
    json[name].as_str().unwrap().parse().unwrap()
}
