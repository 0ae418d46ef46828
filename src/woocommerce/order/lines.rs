//! A basket as the JSON that writes an order's lines: only what must change, so that no line is doubled. Pure.
//!
//! In WooCommerce a line that is sent with its id is edited, and one that is sent without is added. Lines that are not
//! sent stay as they are.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value as Json, json};

use super::basket::{self, ADJUSTMENT};
use super::layout::{Charge, Layout};
use crate::sync::{Basket, Item, Line, rounded};

/// The method of a shipping line that is added; WooCommerce demands one.
const METHOD: &str = "flat_rate";

/// After as many corrections, what the shipping and one fee can't meet, as taxes are rounded, is left to further fees.
const EASY_CORRECTIONS: usize = 2;

/// Digits that are sent of an amount.
const DECIMALS: u32 = 6;

/// What makes the order's lines and shipping those of the basket; empty where they are. `now` is what an existing
/// order shows, `parent_of` tells which product a variation belongs to.
pub(in crate::woocommerce) fn changes(
    basket: &Basket,
    now: Option<&Layout>,
    parent_of: impl Fn(u64) -> Option<u64>,
) -> Map<String, Json> {
    let (mut products, mut fees) = (Vec::new(), Vec::new());
    for line in basket.lines.iter().filter(|line| !line.kept) {
        match (&line.item, &line.id) {
            (Item::Refund, _) => {}
            (Item::Fee, Some(id)) => fees.extend(edited_fee(id, line)),
            (Item::Product(_) | Item::Other, Some(id)) => products.extend(edited_product(id, line)),
            (Item::Product(id), None) => products.extend(added_product(id.as_str(), line, &parent_of)),
            // WooCommerce adds no line without a product.
            (Item::Fee | Item::Other, None) => {
                fees.push(json!({"name": line.name, "total": money(line.net())}));
            }
        }
    }
    for line in &basket.removed {
        let Some(id) = line.id.as_deref().and_then(number) else {
            continue;
        };
        match line.item {
            Item::Refund => {}
            Item::Fee => fees.push(json!({"id": id, "name": null})),
            Item::Product(_) | Item::Other => products.push(json!({"id": id, "quantity": 0})),
        }
    }
    let mut body = Map::new();
    if !products.is_empty() {
        body.insert("line_items".to_owned(), Json::Array(products));
    }
    if !fees.is_empty() {
        body.insert("fee_lines".to_owned(), Json::Array(fees));
    }
    let decimals = decimals(basket, now);
    if let Some((line, _)) = shipping_change(basket, now, decimals) {
        body.insert("shipping_lines".to_owned(), json!([line]));
    }
    body
}

/// What makes the order's shipping and total those of the basket, where its lines are; empty where they are.
///
/// Taxes are the shop's: what they leave of a difference becomes the fee `Adjustment`, which goes where nothing is
/// left. `nth` of them, counted from 0, came before: after the first few the shipping is left as it is.
pub(in crate::woocommerce) fn correction(basket: &Basket, now: &Layout, nth: usize) -> Map<String, Json> {
    let decimals = decimals(basket, Some(now));
    let mut body = Map::new();
    let mut total = now.total;
    let is_late = nth >= EASY_CORRECTIONS;
    if !is_late && let Some((line, shipping)) = shipping_change(basket, Some(now), decimals) {
        body.insert("shipping_lines".to_owned(), json!([line]));
        total += shipping - now.shipping;
    }
    let difference = rounded(basket.total, decimals) - total;
    if !difference.is_zero() {
        let coin = Decimal::new(1, decimals);
        // The tax of another fee below zero depends on what the adjustment is, so that a coin more may cost two.
        let fees = match &now.adjustment {
            Some(fee) if is_late && fee.tax.is_zero() && now.rest.is_none() && difference == -coin => {
                vec![new_adjustment(difference)]
            }
            _ => adjustment(difference, now, decimals),
        };
        body.insert("fee_lines".to_owned(), Json::Array(fees));
    }
    body
}

/// What gives lines their names whose product is gone from the shop: WooCommerce adds them, but without a name. `order`
/// is what it answered.
pub(in crate::woocommerce) fn names(basket: &Basket, order: &Json) -> Map<String, Json> {
    let shown = basket::read(order).lines;
    let is_gone = |line: &&Line| {
        let is_added = line.id.is_none() && matches!(line.item, Item::Product(_));
        is_added && !shown.iter().any(|shown| shown.item == line.item)
    };
    let nameless = |line: &&Line| line.item == Item::Other && line.name.is_empty();
    // Those that were added come last.
    let gone: Vec<&Line> = basket.lines.iter().filter(is_gone).collect();
    let named = shown.iter().filter(nameless).rev().zip(gone.into_iter().rev());
    let lines: Vec<Json> = named
        .filter(|(_, line)| !line.name.is_empty())
        .filter_map(|(shown, line)| Some(json!({"id": number(shown.id.as_deref()?)?, "name": line.name})))
        .collect();
    let mut body = Map::new();
    if !lines.is_empty() {
        body.insert("line_items".to_owned(), Json::Array(lines));
    }
    body
}

fn new_adjustment(total: Decimal) -> Json {
    json!({"name": ADJUSTMENT, "total": money(total), "tax_status": "none"})
}

/// The fees that make up a difference. One will do, but for a fee below zero: WooCommerce lessens the taxes by it,
/// rounded, so that some totals can't be met by it alone. Then it goes a little too far, and a second one that bears no
/// tax makes up the rest.
fn adjustment(difference: Decimal, now: &Layout, decimals: u32) -> Vec<Json> {
    let set = |fee: &Charge, total: Decimal| {
        if total.is_zero() {
            json!({"id": fee.id, "name": null})
        } else {
            json!({"id": fee.id, "total": money(total), "tax_status": "none"})
        }
    };
    let Some(fee) = &now.adjustment else {
        return vec![new_adjustment(difference)];
    };
    let gross = fee.total + fee.tax;
    let rest = now
        .rest
        .as_ref()
        .map_or(Decimal::ZERO, |rest| rest.total + rest.tax);
    let wanted = gross + rest + difference;
    let no_rest = now.rest.iter().map(|rest| set(rest, Decimal::ZERO));
    if !now.is_adjustment_taxed || !wanted.is_sign_negative() || wanted.is_zero() || gross.is_zero() {
        // Somebody else's fee of this name may bear a tax, which goes.
        return [set(fee, wanted)].into_iter().chain(no_rest).collect();
    }
    let coin = Decimal::new(1, decimals);
    if difference.abs() > coin * Decimal::TEN {
        let in_proportion = rounded(wanted * fee.total / gross, decimals);
        return [set(fee, in_proportion)].into_iter().chain(no_rest).collect();
    }
    let left = rest + difference;
    match &now.rest {
        Some(rest) if !left.is_sign_negative() => vec![set(rest, left)],
        None if left.is_sign_positive() => vec![new_adjustment(left)],
        _ => [set(fee, fee.total + left - coin)]
            .into_iter()
            .chain(no_rest)
            .collect(),
    }
}

/// The shipping line that is to change, and what shipping will cost then, taxes included.
fn shipping_change(basket: &Basket, now: Option<&Layout>, decimals: u32) -> Option<(Json, Decimal)> {
    let shown = now.map(|now| now.shipping).unwrap_or_default();
    let wanted = rounded(basket.shipping, decimals);
    if wanted == shown {
        return None;
    }
    let Some(line) = now.and_then(|now| now.shipping_line.as_ref()) else {
        let line = json!({"method_id": METHOD, "method_title": "Shipping", "total": money(wanted - shown)});
        return Some((line, wanted));
    };
    let others = shown - line.total - line.tax;
    let of_line = wanted - others;
    // Its taxes stay in proportion.
    let untaxed = match line.total + line.tax {
        gross if gross.is_zero() || line.tax.is_zero() => of_line,
        gross => rounded(of_line * line.total / gross, decimals),
    };
    let tax = match line.total {
        total if total.is_zero() => Decimal::ZERO,
        total => rounded(untaxed * line.tax / total, decimals),
    };
    let met = others + untaxed + tax;
    // Taxes are rounded, so that some prices can't be met.
    let is_closer = (met - wanted).abs() < (shown - wanted).abs();
    is_closer.then(|| (json!({"id": line.id, "total": money(untaxed)}), met))
}

fn edited_product(id: &str, line: &Line) -> Option<Json> {
    let (quantity, gross) = (whole(line.quantity), line.quantity * line.price);
    Some(json!({
        "id": number(id)?,
        "quantity": quantity,
        "subtotal": money(gross),
        "total": money(line.net()),
    }))
}

fn edited_fee(id: &str, line: &Line) -> Option<Json> {
    Some(json!({"id": number(id)?, "total": money(line.net())}))
}

fn added_product(id: &str, line: &Line, parent_of: impl Fn(u64) -> Option<u64>) -> Option<Json> {
    let id = number(id)?;
    let mut sent = json!({
        "product_id": id,
        "quantity": whole(line.quantity),
        "subtotal": money(line.quantity * line.price),
        "total": money(line.net()),
    });
    if let Some(parent) = parent_of(id) {
        sent["product_id"] = json!(parent);
        sent["variation_id"] = json!(id);
    }
    Some(sent)
}

/// How many decimals the order's amounts have: those that the shop shows.
fn decimals(basket: &Basket, now: Option<&Layout>) -> u32 {
    now.map_or_else(
        || crate::sync::currency_decimals(&basket.currency),
        |now| now.total.scale(),
    )
}

/// WooCommerce sells whole pieces; a line of a fraction is one piece of its whole price.
fn whole(quantity: Decimal) -> i64 {
    let is_whole = quantity.fract().is_zero() && !quantity.is_zero();
    quantity.to_i64().filter(|_| is_whole).unwrap_or(1)
}

fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}

fn money(amount: Decimal) -> String {
    let mut amount = rounded(amount, DECIMALS).normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

#[cfg(test)]
mod tests;
