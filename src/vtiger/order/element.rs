//! What is sent to Vtiger for a basket: lines, and the money fields of the order that belong to them. Pure.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use crate::sync::{Basket, Taxation};
use crate::vtiger::tax::Tax;

/// A line, ready to be written.
#[derive(Clone, Debug)]
pub(super) struct WrittenLine {
    /// The product or service, be it a stand-in item.
    pub(super) product: String,
    /// What Vtiger shows below the product's name.
    pub(super) comment: String,
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    pub(super) discount: Decimal,
    /// The taxes' columns with their percentages.
    pub(super) taxes: Vec<(String, Decimal)>,
}

/// Whether an order is made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    New,
    Existing,
}

/// The lines, and the fields that are sent with them.
pub(super) fn element(
    basket: &Basket,
    lines: &[WrittenLine],
    taxes: &[Tax],
    writing: Writing,
) -> Map<String, Json> {
    let is_individual = basket.taxation == Taxation::Individual;
    let mut element = Map::new();
    let mut put = |name: &str, value: Json| element.insert(name.to_owned(), value);
    put(
        "hdnTaxType",
        json!(if is_individual { "individual" } else { "group" }),
    );
    let money = [
        ("hdnDiscountAmount", basket.discount),
        ("hdnS_H_Amount", basket.shipping),
        ("txtAdjustment", basket.adjustment),
    ];
    for (name, amount) in money {
        // A blank amount is an error of PHP's, and an old one must go.
        if writing == Writing::Existing || !amount.is_zero() {
            put(name, json!(text(amount)));
        }
    }
    match writing {
        Writing::New => {
            let first = lines.first().map(|line| line.product.as_str());
            put("productid", json!(first.unwrap_or_default()));
        }
        Writing::Existing => {
            put("hdnDiscountPercent", json!("0"));
        }
    }
    let lines: Vec<Json> = lines
        .iter()
        .map(|line| self::line(line, taxes, is_individual))
        .collect();
    put("LineItems", json!(lines));
    element
}

fn line(line: &WrittenLine, taxes: &[Tax], is_individual: bool) -> Json {
    let mut sent = json!({
        "productid": line.product,
        "quantity": text(line.quantity),
        "listprice": text(line.price),
        "comment": line.comment,
    });
    if !line.discount.is_zero() {
        sent["discount_amount"] = json!(text(line.discount));
    }
    if is_individual {
        // What isn't sent would be charged as the product says.
        for tax in taxes {
            sent[&tax.column] = json!("0");
        }
    }
    for (column, percentage) in &line.taxes {
        sent[column] = json!(text(*percentage));
    }
    sent
}

fn text(number: Decimal) -> String {
    number.normalize().to_string()
}
