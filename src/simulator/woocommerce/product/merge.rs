//! Takes over what a write says of a product, in the form in which the shop keeps it.
//!
//! It is as lenient as WooCommerce itself, which a batch reaches without WordPress' checks: what can't be
//! used becomes nothing.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{html, is_variation};
use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::category;
use crate::simulator::woocommerce::fields::{self, as_integer, text_of};
use crate::simulator::woocommerce::shop::Shop;
use crate::simulator::woocommerce::text;

pub(super) const STATUSES: &[&str] = &[
    "draft",
    "pending",
    "private",
    "publish",
    "future",
    "auto-draft",
    "trash",
];
pub(super) const TYPES: &[&str] = &["simple", "grouped", "external", "variable"];

const TEXTS: [&str; 10] = [
    "catalog_visibility",
    "external_url",
    "button_text",
    "tax_status",
    "shipping_class",
    "post_password",
    "global_unique_id",
    "stock_status",
    "backorders",
    "purchase_note",
];
const FLAGS: [&str; 6] = [
    "featured",
    "virtual",
    "downloadable",
    "manage_stock",
    "sold_individually",
    "reviews_allowed",
];
const NUMBERS: [&str; 4] = [
    "download_limit",
    "download_expiry",
    "menu_order",
    "low_stock_amount",
];
const LISTS: [&str; 5] = [
    "downloads",
    "upsell_ids",
    "cross_sell_ids",
    "grouped_products",
    "default_attributes",
];

/// Merges `given` into the product, which is not stored here.
pub(super) fn merge(shop: &mut Shop, product: &mut Fields, given: &Fields) {
    merge_text(product, given);
    for name in FLAGS {
        if let Some(Value::Bool(flag)) = given.get(name) {
            product.insert(name.into(), json!(flag));
        }
    }
    for name in NUMBERS {
        if let Some(number) = given.get(name) {
            product.insert(name.into(), json!(as_integer(number)));
        }
    }
    for name in LISTS {
        if let Some(Value::Array(list)) = given.get(name) {
            product.insert(name.into(), json!(list));
        }
    }
    if let Some(Value::Object(dimensions)) = given.get("dimensions") {
        for side in ["length", "width", "height"] {
            if let Some(length) = dimensions.get(side) {
                product["dimensions"][side] = json!(decimal(length));
            }
        }
    }
    merge_attributes(product, given);
    merge_prices(product, given);
    merge_stock(product, given);
    merge_meta(product, given, &mut shop.next_meta);
    if !is_variation(product) {
        merge_of_product(shop, product, given);
    }
}

fn merge_text(product: &mut Fields, given: &Fields) {
    for name in TEXTS {
        if let Some(Value::String(text)) = given.get(name) {
            product.insert(name.into(), json!(text));
        }
    }
    for name in ["description", "short_description"] {
        if let Some(Value::String(text)) = given.get(name) {
            product.insert(name.into(), json!(html::as_stored(text)));
        }
    }
    if let Some(Value::String(class)) = given.get("tax_class") {
        let class = if class == "standard" { "" } else { class };
        product.insert("tax_class".into(), json!(class));
    }
    if let Some(Value::String(sku)) = given.get("sku") {
        product.insert("sku".into(), json!(text::cleaned(sku)));
    }
    if let Some(Value::String(status)) = given.get("status") {
        let is_known = STATUSES.contains(&status.as_str());
        product.insert("status".into(), json!(if is_known { status } else { "draft" }));
    }
}

/// What a variation has from its parent.
fn merge_of_product(shop: &Shop, product: &mut Fields, given: &Fields) {
    if let Some(Value::String(name)) = given.get("name") {
        product.insert("name".into(), json!(html::as_stored(name)));
    } else if text_of(product, "name").is_empty() {
        product.insert("name".into(), json!("Product"));
    }
    if let Some(Value::String(kind)) = given.get("type") {
        let is_known = TYPES.contains(&kind.as_str());
        product.insert("type".into(), json!(if is_known { kind } else { "simple" }));
    }
    if let Some(categories) = given.get("categories").and_then(Value::as_array) {
        let ids = categories.iter().filter_map(|category| category["id"].as_u64());
        product.insert("categories".into(), category::named(shop, ids));
    }
    if product["categories"].as_array().is_none_or(Vec::is_empty) {
        product.insert("categories".into(), category::named(shop, [category::FIRST]));
    }
    if let Some(Value::String(slug)) = given.get("slug") {
        product.insert("slug".into(), json!(html::slug(slug)));
    }
    let is_public = !["draft", "pending", "auto-draft"].contains(&text_of(product, "status"));
    if is_public && text_of(product, "slug").is_empty() {
        let wanted = html::slug(text_of(product, "name"));
        let is_free = |slug: &String| {
            shop.products
                .values()
                .all(|other| text_of(other, "slug") != *slug)
        };
        let mut numbered = (2..).map(|number: u32| format!("{wanted}-{number}"));
        let slug = Some(wanted.clone())
            .filter(is_free)
            .or_else(|| numbered.find(is_free));
        product.insert("slug".into(), json!(slug));
    }
}

fn merge_attributes(product: &mut Fields, given: &Fields) {
    let Some(Value::Array(given)) = given.get("attributes") else {
        return;
    };
    let kept = given.iter().filter_map(Value::as_object).map(|attribute| {
        let (id, name) = (fields::id_of(attribute, "id"), text_of(attribute, "name"));
        let is_variation = is_variation(product);
        // Those that all products share have ids, and names of their own kind.
        let slug = match id {
            0 if is_variation => html::slug(name),
            0 => name.to_owned(),
            _ => format!("pa_{}", html::slug(name)),
        };
        if is_variation {
            json!({"id": id, "name": name, "slug": slug, "option": text_of(attribute, "option")})
        } else {
            let field = |name: &str, default: Value| attribute.get(name).cloned().unwrap_or(default);
            json!({
                "id": id, "name": name, "slug": slug, "position": field("position", json!(0)),
                "visible": field("visible", json!(false)), "variation": field("variation", json!(false)),
                "options": field("options", json!([])),
            })
        }
    });
    let kept: Vec<_> = kept.collect();
    product.insert("attributes".into(), kept.into());
}

fn merge_prices(product: &mut Fields, given: &Fields) {
    for name in ["regular_price", "sale_price", "weight"] {
        if let Some(number) = given.get(name) {
            product.insert(name.into(), json!(decimal(number)));
        }
    }
    let amount = |name: &str| text_of(product, name).parse::<Decimal>().ok();
    if let (Some(sale), regular) = (amount("sale_price"), amount("regular_price"))
        && regular.is_none_or(|regular| sale >= regular)
    {
        product.insert("sale_price".into(), json!(""));
    }
    for name in ["date_on_sale_from", "date_on_sale_to"] {
        let gmt = format!("{name}_gmt");
        let sent = given.get(&gmt).map(|date| (date, true));
        if let Some((date, is_gmt)) = sent.or_else(|| given.get(name).map(|date| (date, false))) {
            let at = date
                .as_str()
                .and_then(|date| text::query_date_as_gmt(date, is_gmt))
                .and_then(|date| text::read_gmt(&date));
            fields::set_date(product, name, at);
        }
    }
}

/// What is not managed has no quantity; what is managed has its status by it.
fn merge_stock(product: &mut Fields, given: &Fields) {
    if product["manage_stock"] != json!(true) {
        product.insert("stock_quantity".into(), Value::Null);
        product.insert("low_stock_amount".into(), Value::Null);
        product.insert("backorders".into(), json!("no"));
        return;
    }
    if let Some(sent) = given.get("stock_quantity") {
        let whole = text_or_number(sent)
            .split('.')
            .next()
            .and_then(|whole| whole.parse::<i64>().ok());
        product.insert("stock_quantity".into(), json!(whole.unwrap_or(0)));
    }
    set_stock_status(product);
}

/// Makes the status of a managed stock follow from its quantity.
pub(super) fn set_stock_status(product: &mut Fields) {
    let status = if product["stock_quantity"].as_i64().unwrap_or(0) > 0 {
        "instock"
    } else if text_of(product, "backorders") == "no" {
        "outofstock"
    } else {
        "onbackorder"
    };
    product.insert("stock_status".into(), json!(status));
}

/// `_sku` is where the SKU itself is kept, and nothing checks what is written there.
fn merge_meta(product: &mut Fields, given: &Fields, next_id: &mut u64) {
    let Some(Value::Array(meta)) = given.get("meta_data") else {
        return;
    };
    let (skus, others): (Vec<_>, Vec<_>) = meta.iter().cloned().partition(|entry| entry["key"] == "_sku");
    for sku in skus {
        product.insert("sku".into(), json!(text_or_number(&sku["value"])));
    }
    let mut kept = Fields::new();
    kept.insert("meta_data".into(), others.into());
    fields::merge_meta(product, &kept, next_id);
}

/// A number as it was typed, or nothing if it is none.
fn decimal(value: &Value) -> String {
    let is_part = |letter: &char| letter.is_ascii_digit() || ".-".contains(*letter);
    let digits: String = text_or_number(value).chars().filter(is_part).collect();
    match digits.parse::<Decimal>() {
        Ok(_) => digits,
        Err(_) => String::new(),
    }
}

fn text_or_number(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}
