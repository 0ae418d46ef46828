//! An order's taxes and totals, as WooCommerce reckons them after each write of lines or addresses.
//!
//! Taxes are rounded by line and rate; the lines' own amounts are not rounded before.

mod rate;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use self::rate::{Place, Rate, Tax};
use super::answer::Fields;
use super::fields::{id_of, text_of};
use super::money::{self, amount, precise, rounded, shown};
use super::shop::Shop;

/// The key under which an order keeps the number of its amounts' decimals. It is never shown.
pub(super) const DECIMALS: &str = "_decimals";

/// Reckons the order's taxes by the shop's present rates, then its totals.
pub(super) fn calculate(shop: &mut Shop, order: &mut Fields) {
    limit_negative_fees(order);
    set_taxes(shop, order);
    set_tax_lines(shop, order);
    add_up(order);
}

/// The number of decimals that the order's amounts have.
pub(super) fn decimals(order: &Fields) -> u32 {
    let decimals = order.get(DECIMALS).and_then(Value::as_u64);
    decimals
        .and_then(|decimals| u32::try_from(decimals).ok())
        .unwrap_or(2)
}

/// Makes the totals follow from the lines and their taxes.
pub(super) fn add_up(order: &mut Fields) {
    let places = decimals(order);
    let sum = |kind: &str, name: &str| -> Decimal {
        lines(order, kind)
            .map(|line| rounded(amount(line, name), places))
            .sum()
    };
    let taxes = |name: &str| -> Decimal {
        let lines = lines(order, "line_items").filter_map(|line| line["taxes"].as_array());
        lines
            .flatten()
            .filter_map(Value::as_object)
            .map(|tax| amount(tax, name))
            .sum()
    };
    let fees: Decimal = lines(order, "fee_lines").map(|fee| amount(fee, "total")).sum();
    let (shipping, shipping_tax) = (sum("shipping_lines", "total"), sum("shipping_lines", "total_tax"));
    let cart_tax = sum("line_items", "total_tax") + sum("fee_lines", "total_tax");
    let (before, after) = (sum("line_items", "subtotal"), sum("line_items", "total"));
    let totals = [
        ("discount_total", before - after),
        ("discount_tax", taxes("subtotal") - taxes("total")),
        ("shipping_total", shipping),
        ("shipping_tax", shipping_tax),
        ("cart_tax", cart_tax),
        ("total_tax", cart_tax + shipping_tax),
        ("total", after + fees + shipping + cart_tax + shipping_tax),
    ];
    for (name, amount) in totals {
        order.insert(name.to_owned(), json!(shown(amount, places)));
    }
}

/// Fills `tax_lines` from the lines' taxes. A rate that is there already keeps its line.
pub(super) fn set_tax_lines(shop: &mut Shop, order: &mut Fields) {
    let places = decimals(order);
    let mut of_rates: Vec<(u64, Decimal, Decimal)> = Vec::new();
    for (kind, is_shipping) in [
        ("line_items", false),
        ("fee_lines", false),
        ("shipping_lines", true),
    ] {
        for tax in lines(order, kind)
            .filter_map(|line| line["taxes"].as_array())
            .flatten()
        {
            let Some(tax) = tax.as_object() else { continue };
            let (id, tax) = (id_of(tax, "id"), rounded(amount(tax, "total"), places));
            let at = of_rates.iter().position(|(rate, ..)| *rate == id);
            let at = at.unwrap_or_else(|| {
                of_rates.push((id, Decimal::ZERO, Decimal::ZERO));
                of_rates.len() - 1
            });
            let sum = if is_shipping {
                &mut of_rates[at].2
            } else {
                &mut of_rates[at].1
            };
            *sum += tax;
        }
    }
    let before: Vec<Value> = order["tax_lines"].as_array().cloned().unwrap_or_default();
    of_rates.sort_by_key(|(id, ..)| {
        let at = before.iter().position(|line| line["rate_id"] == json!(id));
        at.unwrap_or(usize::MAX)
    });
    let tax_lines: Vec<Value> = of_rates
        .into_iter()
        .map(|(id, tax, shipping_tax)| {
            let known = before.iter().find(|line| line["rate_id"] == json!(id));
            let line = known.map_or_else(|| json!(shop.next_item()), |line| line["id"].clone());
            tax_line(shop, &line, id, &shown(tax, places), &shown(shipping_tax, places))
        })
        .collect();
    order.insert("tax_lines".into(), tax_lines.into());
}

fn tax_line(shop: &Shop, line: &Value, id: u64, tax: &str, shipping_tax: &str) -> Value {
    let nothing = Fields::new();
    let rate = shop.taxes.get(&id).unwrap_or(&nothing);
    let name = match text_of(rate, "name") {
        "" => "Tax",
        name => name,
    };
    let parts = [
        text_of(rate, "country").to_owned(),
        text_of(rate, "state").to_owned(),
        name.to_ascii_uppercase(),
        rate.get("priority").map(Value::to_string).unwrap_or_default(),
    ];
    let code = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    // A whole number is written as one.
    let percent = amount(rate, "rate").normalize();
    let percent: Value = percent.to_string().parse().unwrap_or_default();
    json!({
        "id": line, "rate_code": code.join("-"), "rate_id": id, "label": name,
        "compound": rate.get("compound") == Some(&json!(true)), "tax_total": tax,
        "shipping_tax_total": shipping_tax, "rate_percent": percent, "meta_data": [],
    })
}

fn set_taxes(shop: &Shop, order: &mut Fields) {
    let (places, place) = (decimals(order), Place::of(order));
    let rates = |class: &str, is_shipping: bool| {
        if shop.reckons_taxes {
            rate::of_class(shop, class, &place, is_shipping)
        } else {
            Vec::new()
        }
    };
    let costs = costs_by_class(shop, order);
    let shipping_class = shipping_class(shop, order);
    each_line(order, "line_items", |line| {
        let rates = if is_taxed(shop, line) {
            rates(text_of(line, "tax_class"), false)
        } else {
            Vec::new()
        };
        let before = rate::on(amount(line, "subtotal"), &rates);
        set_line_taxes(
            line,
            &rate::on(amount(line, "total"), &rates),
            Some(&before),
            places,
        );
    });
    each_line(order, "fee_lines", |fee| {
        let total = amount(fee, "total");
        let taxes = if total.is_sign_negative() && !total.is_zero() {
            apportioned(total, &costs, &|class| rates(class, false))
        } else if text_of(fee, "tax_status") == "none" {
            Vec::new()
        } else {
            rate::on(total, &rates(text_of(fee, "tax_class"), false))
        };
        set_line_taxes(fee, &taxes, None, places);
    });
    each_line(order, "shipping_lines", |line| {
        let class = shipping_class
            .as_deref()
            .filter(|_| text_of(line, "tax_status") != "none");
        let rates = class.map_or_else(Vec::new, |class| rates(class, true));
        set_line_taxes(line, &rate::on(amount(line, "total"), &rates), None, places);
    });
}

fn set_line_taxes(line: &mut Fields, taxes: &[Tax], before: Option<&[Tax]>, places: u32) {
    let sum = |taxes: &[Tax]| -> Decimal { taxes.iter().map(|(_, tax)| rounded(*tax, places)).sum() };
    let shown_taxes = taxes.iter().enumerate().map(|(at, (id, tax))| {
        let subtotal = before.and_then(|before| before.get(at));
        let subtotal = subtotal.map(|(_, tax)| precise(*tax)).unwrap_or_default();
        json!({"id": id, "total": precise(*tax), "subtotal": subtotal})
    });
    line.insert("taxes".into(), shown_taxes.collect());
    line.insert("total_tax".into(), json!(shown(sum(taxes), places)));
    if let Some(before) = before {
        line.insert("subtotal_tax".into(), json!(shown(sum(before), places)));
    }
}

/// The taxes of a fee that is negative: those of what it takes from, whatever its own `tax_status` says.
fn apportioned(
    total: Decimal,
    costs: &[(Option<String>, Decimal)],
    rates: &dyn Fn(&str) -> Vec<Rate>,
) -> Vec<Tax> {
    let all: Decimal = costs.iter().map(|(_, cost)| cost).sum();
    let mut taxes: Vec<Tax> = Vec::new();
    for (class, cost) in costs {
        let Some(class) = class else { continue };
        for (id, tax) in rate::on(total * cost / all, &rates(class)) {
            match taxes.iter_mut().find(|(known, _)| *known == id) {
                Some((_, sum)) => *sum += tax,
                None => taxes.push((id, tax)),
            }
        }
    }
    taxes
}

/// What lies in each tax class, and what is not taxed at all (`None`); nothing that is negative.
fn costs_by_class(shop: &Shop, order: &Fields) -> Vec<(Option<String>, Decimal)> {
    let mut costs: Vec<(Option<String>, Decimal)> = Vec::new();
    let mut add = |class: Option<String>, cost: Decimal| {
        if cost <= Decimal::ZERO {
            return;
        }
        match costs.iter_mut().find(|(known, _)| *known == class) {
            Some((_, sum)) => *sum += cost,
            None => costs.push((class, cost)),
        }
    };
    for line in lines(order, "line_items") {
        let class = is_taxed(shop, line).then(|| text_of(line, "tax_class").to_owned());
        add(class, amount(line, "total"));
    }
    for fee in lines(order, "fee_lines") {
        let is_taxed = text_of(fee, "tax_status") != "none";
        add(
            is_taxed.then(|| text_of(fee, "tax_class").to_owned()),
            amount(fee, "total"),
        );
    }
    let shipping = shipping_class(shop, order);
    for line in lines(order, "shipping_lines") {
        add(Some(shipping.clone().unwrap_or_default()), amount(line, "total"));
    }
    costs
}

/// The class that shipping is taxed by: the standard one if any of the goods is in it.
fn shipping_class(shop: &Shop, order: &Fields) -> Option<String> {
    let goods = lines(order, "line_items").filter(|line| is_taxed(shop, line));
    let classes = goods.map(|line| text_of(line, "tax_class").to_owned());
    classes.min_by_key(|class| !class.is_empty())
}

/// Goods are taxed unless their product is not. What is no longer in the catalogue is.
fn is_taxed(shop: &Shop, line: &Fields) -> bool {
    let id = match id_of(line, "variation_id") {
        0 => id_of(line, "product_id"),
        variation => variation,
    };
    let product = shop.products.get(&id);
    product.is_none_or(|product| text_of(product, "tax_status") == "taxable")
}

/// A fee can't take away more than there is.
fn limit_negative_fees(order: &mut Fields) {
    let places = decimals(order);
    let sum = |kind: &str| -> Decimal {
        lines(order, kind)
            .map(|line| rounded(amount(line, "total"), places))
            .sum()
    };
    let mut there = sum("line_items") + sum("shipping_lines");
    each_line(order, "fee_lines", |fee| {
        let most = rounded(there, places);
        if most > Decimal::ZERO && amount(fee, "total") < -most {
            fee.insert("total".into(), json!((-most).to_string()));
        }
        there += amount(fee, "total");
    });
}

fn lines<'a>(order: &'a Fields, kind: &str) -> impl Iterator<Item = &'a Fields> + use<'a> {
    let lines = order.get(kind).and_then(Value::as_array).into_iter().flatten();
    lines.filter_map(Value::as_object)
}

fn each_line(order: &mut Fields, kind: &str, mut change: impl FnMut(&mut Fields)) {
    let lines = order
        .get_mut(kind)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for line in lines.filter_map(Value::as_object_mut) {
        change(line);
    }
}

/// The decimals of an order in this currency, some of whose amounts are given.
pub(super) fn decimals_for(currency: &str, given: &[&str]) -> u32 {
    let given = given.iter().map(|amount| money::read(amount).scale());
    given.fold(money::decimals_of(currency), u32::max)
}
