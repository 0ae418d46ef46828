//! Reads what was ordered out of an order's row. Pure.
//!
//! `retrieve` and the answers to writes differ in small things, which are evened out first, so that the same order
//! always looks the same.

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use super::NO_ITEMS;
use crate::sync::{Basket, Item, Line, RecordId, Taxation, rounded};
use crate::vtiger::product::{StandIn, StandInIds};
use crate::vtiger::tax::{self, Tax};
use crate::vtiger::{row, schema};

/// How a note of a refund begins.
const REFUNDED: &str = "Refunded ";

/// The shipping charge, and how the fields of its taxes begin.
const SHIPPING: &str = "shipping_&_handling";
const SHIPPING_TAX: &str = "shipping_&_handling_shtax";

/// What must be known besides the row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) taxes: &'a [Tax],
    pub(super) stand_ins: &'a StandInIds,
    pub(super) currency: &'a str,
}

/// An order's lines as the row has them, in their order.
pub(super) fn lines(row: &Map<String, Json>) -> Vec<&Map<String, Json>> {
    let lines = row.get("LineItems").and_then(Json::as_array);
    let mut lines: Vec<_> = lines.into_iter().flatten().filter_map(Json::as_object).collect();
    lines.sort_by_key(|line| row::decimal(line, "sequence_no"));
    lines
}

/// Makes the answer to a write look as `retrieve` does.
pub(super) fn even_out(row: &mut Map<String, Json>) {
    let product = lines(row)
        .first()
        .and_then(|line| row::reference(line, "productid"));
    let product = product.unwrap_or_default().to_owned();
    row.retain(|name, _| !schema::is_of_lines(name) && name != "new" && name != "LineItems_FinalDetails");
    row.insert("productid".to_owned(), json!(product));
    for name in ["hdnGrandTotal", "hdnSubTotal", "pre_tax_total"] {
        if row.contains_key(name) {
            let total = row::decimal(row, name);
            row.insert(name.to_owned(), json!(format!("{total:.8}")));
        }
    }
    for name in ["hdnDiscountPercent", "hdnDiscountAmount"] {
        if row.contains_key(name) && row::decimal(row, name).is_zero() {
            row.insert(name.to_owned(), json!(""));
        }
    }
    // Kept for recurring orders only.
    if row::text(row, "enable_recurring") != "1" {
        row.insert("invoicestatus".to_owned(), json!(""));
    }
}

/// Whether the row doesn't tell of the shipping charge's taxes, and the total says that there are some.
pub(super) fn hides_shipping_taxes(row: &Map<String, Json>) -> bool {
    let shipping = row::decimal(row, "hdnS_H_Amount");
    let is_told = row.keys().any(|name| name.starts_with(SHIPPING));
    if shipping.is_zero() || is_told {
        return false;
    }
    let sub = row::decimal(row, "hdnSubTotal");
    let discounted = sub - order_discount(row);
    let goods = if taxation(row) == Taxation::Group {
        let first = lines(row).first().copied();
        let percentage = first.map(|line| tax::percentages(line).map(|(_, percentage)| percentage).sum());
        discounted + share(discounted, percentage.unwrap_or_default())
    } else {
        discounted
    };
    let charged = row::decimal(row, "hdnGrandTotal") - goods - row::decimal(row, "txtAdjustment");
    rounded(charged - shipping, 6) != Decimal::ZERO
}

/// Takes away what not every answer tells of: the basket has it.
pub(super) fn without_charges(row: &mut Map<String, Json>) {
    row.retain(|name, _| !name.starts_with(SHIPPING));
}

/// What was ordered.
pub(super) fn basket(row: &Map<String, Json>, known: Known<'_>) -> Basket {
    let mut read: Vec<Line> = lines(row)
        .into_iter()
        .map(|line| self::line(line, known))
        .collect();
    if let [only] = read.as_slice()
        && only.item == Item::Other
        && only.name == NO_ITEMS
        && only.price.is_zero()
    {
        read.clear();
    }
    let shipping = row::decimal(row, "hdnS_H_Amount");
    let taxes = row.iter().filter(|(name, _)| name.starts_with(SHIPPING_TAX));
    let shipping_tax: Decimal = taxes.map(|(_, percentage)| row::decimal_of(percentage)).sum();
    Basket {
        currency: known.currency.to_owned(),
        lines: read,
        shipping: even(shipping + share(shipping, shipping_tax)),
        discount: even(order_discount(row)),
        adjustment: row::decimal(row, "txtAdjustment"),
        taxation: taxation(row),
        total: row::decimal(row, "hdnGrandTotal"),
        removed: Vec::new(),
    }
}

fn taxation(row: &Map<String, Json>) -> Taxation {
    if row::text(row, "hdnTaxType") == "individual" {
        Taxation::Individual
    } else {
        Taxation::Group
    }
}

fn order_discount(row: &Map<String, Json>) -> Decimal {
    let amount = row::decimal(row, "hdnDiscountAmount");
    if amount.is_zero() {
        share(
            row::decimal(row, "hdnSubTotal"),
            row::decimal(row, "hdnDiscountPercent"),
        )
    } else {
        amount
    }
}

fn line(line: &Map<String, Json>, known: Known<'_>) -> Line {
    let quantity = row::decimal(line, "quantity");
    let price = row::decimal(line, "listprice");
    let amount = row::decimal(line, "discount_amount");
    let discount = if amount.is_zero() {
        share(quantity * price, row::decimal(line, "discount_percent"))
    } else {
        amount
    };
    let (item, name) = item(line, price, known.stand_ins);
    let taxes = tax::percentages(line).filter_map(|(column, percentage)| {
        let tax = known.taxes.iter().find(|tax| tax.column == column)?;
        Some((tax.id.clone(), percentage))
    });
    Line {
        item,
        name: name.to_owned(),
        quantity,
        price,
        discount: even(discount),
        taxes: taxes.collect(),
        ..Line::default()
    }
}

fn item<'a>(line: &'a Map<String, Json>, price: Decimal, stand_ins: &StandInIds) -> (Item, &'a str) {
    let comment = row::text(line, "comment");
    let product_name = row::text(line, "product_name");
    let product = row::reference(line, "productid");
    let which = match product {
        Some(product) => stand_ins.which(product),
        // A stand-in item that was deleted.
        None if comment.is_empty() => None,
        None => [StandIn::Item, StandIn::Fee]
            .into_iter()
            .find(|which| which.name() == product_name),
    };
    match (which, product) {
        (Some(StandIn::Item), _) => (Item::Other, comment),
        (Some(StandIn::Fee), _) if price.is_zero() && comment.starts_with(REFUNDED) => {
            (Item::Refund, comment)
        }
        (Some(StandIn::Fee), _) => (Item::Fee, comment),
        (None, Some(product)) => (Item::Product(RecordId::new(product)), product_name),
        (None, None) => (Item::Other, product_name),
    }
}

fn share(sum: Decimal, percent: Decimal) -> Decimal {
    sum * percent / Decimal::ONE_HUNDRED
}

fn even(amount: Decimal) -> Decimal {
    rounded(amount, row::DECIMALS).normalize()
}
