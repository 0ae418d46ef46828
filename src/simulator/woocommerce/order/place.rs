//! Orders that buyers place at the shop's checkout.

use serde_json::{Value, json};

use super::record::empty;
use super::{TOTALS, merge, set_status, store};
use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{id_of, text_of};
use crate::simulator::woocommerce::shop::Shop;
use crate::simulator::woocommerce::{line, product, refund, total};

/// An order that a buyer places. Totals, taxes and refunds that are given are taken as they are; others follow.
pub(in crate::simulator::woocommerce) fn place(shop: &mut Shop, given: &Fields) -> u64 {
    let mut order = empty(shop, "store-api");
    let id = id_of(&order, "id");
    let currency = text_of(given, "currency");
    let decimals = total::decimals_for(currency, &amounts(given));
    order.insert(total::DECIMALS.into(), json!(decimals));
    line::add(shop, &mut order, given);
    merge(shop, &mut order, given);
    if is_reckoned(given) {
        if given.get("tax_lines").is_none() {
            total::set_tax_lines(shop, &mut order);
        }
        total::add_up(&mut order);
    } else {
        total::calculate(shop, &mut order);
    }
    for name in TOTALS.into_iter().chain(["prices_include_tax"]) {
        if let Some(total) = given.get(name) {
            order.insert(name.to_owned(), total.clone());
        }
    }
    let status = given
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or("processing");
    set_status(shop, &mut order, status);
    refund::place(shop, &mut order, given);
    store(shop, id, order);
    // The checkout's draft was announced as a change, before the order itself.
    shop.fire("order.updated", id);
    if status != "checkout-draft" {
        shop.fire("order.created", id);
    }
    product::follow_order(shop, id);
    id
}

/// Whether what is given says what the taxes or totals are.
fn is_reckoned(given: &Fields) -> bool {
    let has = |fields: &Fields, names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
    let mut lines = all_lines(given);
    has(given, &TOTALS) || has(given, &["tax_lines"]) || lines.any(|line| has(line, &["taxes", "total_tax"]))
}

/// The amounts that are given, whose decimals the order keeps.
fn amounts(given: &Fields) -> Vec<&str> {
    let totals = TOTALS.iter().map(|name| text_of(given, name));
    let of_line = |line| ["subtotal", "total", "total_tax"].map(|name| text_of(line, name));
    totals.chain(all_lines(given).flat_map(of_line)).collect()
}

fn all_lines(given: &Fields) -> impl Iterator<Item = &Fields> {
    let lines = line::KINDS
        .into_iter()
        .filter_map(|kind| given.get(kind)?.as_array());
    lines.flatten().filter_map(Value::as_object)
}
