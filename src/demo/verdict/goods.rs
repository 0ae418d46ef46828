//! Products, variations and tax rates.

use serde_json::Value as Json;

use super::{Stage, Verdict, number, text};

/// Compares what can be bought, and the tax rates.
pub(super) fn compare(stage: &Stage, verdict: &mut Verdict) {
    compare_products(stage, verdict);
    for rate in stage.shop.taxes() {
        verdict.taxes += 1;
        let (name, percentage) = (text(&rate, "name"), number(&rate["rate"]));
        let is_it = |tax: &&Json| {
            tax["deleted"] != "1" && text(tax, "taxlabel") == name && number(&tax["percentage"]) == percentage
        };
        let taxes = stage.crm.records("Tax");
        let times = taxes.iter().filter(is_it).count();
        if times != 1 {
            let problem = format!("the tax rate {name}, {percentage}%: {times} time(s) in Vtiger CRM");
            verdict.problems.push(problem);
        }
    }
}

fn compare_products(stage: &Stage, verdict: &mut Verdict) {
    let mut in_shop = stage.shop.products();
    in_shop.retain(|product| product["status"] != "trash");
    let mut in_crm = stage.crm.records("Products");
    in_crm.retain(|product| !stage.signs.stand_ins.contains(&text(product, "productcode")));
    for product in &in_shop {
        verdict.products += 1;
        let (sku, name) = (text(product, "sku"), as_read(&text(product, "name")));
        let is_it = |other: &&Json| {
            is_same(
                &sku,
                &name,
                &text(other, "productcode"),
                &text(other, "productname"),
            )
        };
        let is_twin =
            |other: &&Json| is_same(&sku, &name, &text(other, "sku"), &as_read(&text(other, "name")));
        let found: Vec<&Json> = in_crm.iter().filter(is_it).collect();
        let twins = in_shop.iter().filter(is_twin).count();
        match found.as_slice() {
            [other] if twins == 1 => hold(verdict, product, other),
            _ => verdict.problems.push(format!(
                "the product {name} ({sku}): {twins} time(s) in WooCommerce, {} time(s) in Vtiger CRM",
                found.len()
            )),
        }
    }
    for other in &in_crm {
        let (sku, name) = (text(other, "productcode"), text(other, "productname"));
        let is_it = |product: &Json| {
            is_same(
                &sku,
                &name,
                &text(product, "sku"),
                &as_read(&text(product, "name")),
            )
        };
        if !in_shop.iter().any(is_it) {
            verdict.products += 1;
            verdict
                .problems
                .push(format!("the product {name} ({sku}) is only in Vtiger CRM"));
        }
    }
}

/// Products are known by their SKU, without one by their name.
fn is_same(sku: &str, name: &str, other_sku: &str, other_name: &str) -> bool {
    if sku.is_empty() {
        other_sku.is_empty() && name == other_name
    } else {
        sku.eq_ignore_ascii_case(other_sku)
    }
}

fn hold(verdict: &mut Verdict, product: &Json, other: &Json) {
    let name = as_read(&text(product, "name"));
    let is_public = product["status"] == "publish";
    let mut fields = vec![
        ("name", name.clone(), text(other, "productname")),
        ("SKU", text(product, "sku"), text(other, "productcode")),
        (
            "price",
            cents(&product["regular_price"]),
            cents(&other["unit_price"]),
        ),
        (
            "description",
            as_read(&text(product, "description")),
            as_read(&text(other, "description")),
        ),
        (
            "on sale",
            u8::from(is_public).to_string(),
            text(other, "discontinued"),
        ),
    ];
    if product["manage_stock"] == true {
        let (stock, other) = (number(&product["stock_quantity"]), number(&other["qtyinstock"]));
        fields.push(("stock", stock, other));
    }
    verdict.hold(&format!("the product {name}"), &fields);
}

/// A price as the CRM can keep it.
fn cents(price: &Json) -> String {
    let price: rust_decimal::Decimal = number(price).parse().unwrap_or_default();
    let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
    price.round_dp_with_strategy(2, strategy).normalize().to_string()
}

/// The words of a text, without tags, entities and the typography that WordPress shows.
fn as_read(html: &str) -> String {
    let mut words = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before);
        words.push(' ');
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    let text = html_escape::decode_html_entities(&words)
        .replace(['“', '”'], "\"")
        .replace(['‘', '’'], "'");
    // A tag within a sentence leaves no gap that a person would see.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    [" .", " ,"]
        .iter()
        .fold(text, |text, gap| text.replace(gap, gap.trim()))
}
