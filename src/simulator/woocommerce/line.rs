//! An order's lines, and how a write changes them.
//!
//! What they cost is kept as it was sent; taxes and totals are reckoned by [`total`](super::total).

mod goods;
mod view;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use self::goods::Goods;
pub(super) use self::view::view;
use super::answer::{ApiError, Fields};
use super::fields::{self, as_integer, id_of, text_of};
use super::money;
use super::shop::Shop;

/// The lists of lines that can be written.
pub(super) const KINDS: [&str; 4] = ["line_items", "shipping_lines", "fee_lines", "coupon_lines"];

/// The keys of which one that is null takes a line away.
const NAMES: [&str; 5] = ["product_id", "method_id", "method_title", "name", "code"];

/// Adds all lines of `given` to the order as new ones, as they are; an order's own lines of taxes, too.
pub(super) fn add(shop: &mut Shop, order: &mut Fields, given: &Fields) {
    for kind in KINDS.into_iter().chain(["tax_lines"]) {
        let sent = given.get(kind).and_then(Value::as_array).into_iter().flatten();
        for line in sent.filter_map(Value::as_object) {
            let mut new = new_line(shop, kind, line);
            if kind == "line_items" {
                set_cost(&mut new, line);
            }
            for (name, value) in line {
                if !["id", "meta_data"].contains(&name.as_str()) && !value.is_null() {
                    new.insert(name.clone(), value.clone());
                }
            }
            push(order, kind, new);
        }
    }
}

/// Merges the lines from `given` into the order: with an id a line is changed, without one another is added.
pub(super) fn merge(shop: &mut Shop, order: &mut Fields, given: &Fields) -> Result<(), ApiError> {
    for kind in KINDS {
        let sent = given.get(kind).and_then(Value::as_array).into_iter().flatten();
        for line in sent.filter_map(Value::as_object) {
            let is_null = NAMES.iter().any(|name| line.get(*name) == Some(&Value::Null));
            if kind == "coupon_lines" {
                check_coupon(order, line)?;
            } else if is_null || line.get("quantity").and_then(as_integer) == Some(0) {
                remove(order, kind, id_of(line, "id"));
            } else if id_of(line, "id") == 0 {
                check_new(kind, line)?;
                let mut new = new_line(shop, kind, line);
                overwrite(&mut new, kind, line);
                push(order, kind, new);
            } else {
                edit(shop, order, kind, line)?;
            }
        }
    }
    Ok(())
}

/// What a buyer's line says of its cost: before or after its discount, or for each.
fn set_cost(line: &mut Fields, sent: &Fields) {
    let quantity = sent.get("quantity").and_then(as_integer).unwrap_or(1);
    let of_all = money::amount(sent, "price") * Decimal::from(quantity);
    let cost = match (
        sent.get("total").or_else(|| sent.get("subtotal")),
        sent.get("price"),
    ) {
        (Some(cost), _) => cost.clone(),
        (None, Some(_)) => json!(of_all.to_string()),
        (None, None) => return,
    };
    for name in ["subtotal", "total"] {
        line.insert(name.into(), cost.clone());
    }
}

fn edit(shop: &mut Shop, order: &mut Fields, kind: &str, sent: &Fields) -> Result<(), ApiError> {
    let lines = order.get_mut(kind).and_then(Value::as_array_mut);
    let mut lines = lines.into_iter().flatten().filter_map(Value::as_object_mut);
    let Some(line) = lines.find(|line| id_of(line, "id") == id_of(sent, "id")) else {
        return Err(ApiError::new(
            400,
            "woocommerce_rest_invalid_item_id",
            "Order item ID provided is not associated with order.",
        ));
    };
    if kind == "line_items"
        && let Some(goods) = Goods::find(shop, sent)
        && !goods.are_of(line)
    {
        // What it costs stays as it was.
        goods.put_into(line, &mut shop.next_meta);
    }
    overwrite(line, kind, sent);
    merge_meta(shop, line, sent);
    Ok(())
}

fn remove(order: &mut Fields, kind: &str, id: u64) {
    if let Some(Value::Array(lines)) = order.get_mut(kind) {
        lines.retain(|line| line["id"] != json!(id));
    }
}

fn push(order: &mut Fields, kind: &str, line: Fields) {
    if let Some(Value::Array(lines)) = order.get_mut(kind) {
        lines.push(line.into());
    }
}

fn new_line(shop: &mut Shop, kind: &str, sent: &Fields) -> Fields {
    let template = match kind {
        "line_items" => json!({
            "name": "", "product_id": 0, "variation_id": 0, "quantity": 1, "tax_class": "",
            "subtotal": "0", "subtotal_tax": "0", "total": "0", "total_tax": "0", "taxes": [],
        }),
        "shipping_lines" => json!({
            "method_title": "", "method_id": "", "instance_id": "", "total": "0", "total_tax": "0",
            "taxes": [], "tax_status": "taxable",
        }),
        "fee_lines" => json!({
            "name": "", "tax_class": "", "tax_status": "taxable", "amount": "", "total": "0",
            "total_tax": "0", "taxes": [],
        }),
        "tax_lines" => json!({
            "rate_code": "", "rate_id": 0, "label": "", "compound": false, "tax_total": "0.00",
            "shipping_tax_total": "0.00", "rate_percent": 0,
        }),
        _ => json!({
            "code": "", "discount": "0", "discount_tax": "0", "discount_type": "fixed_cart",
            "nominal_amount": 0, "free_shipping": false,
        }),
    };
    let mut line = Fields::new();
    line.insert("id".into(), json!(shop.next_item()));
    if let Value::Object(template) = template {
        line.extend(template);
    }
    line.insert("meta_data".into(), json!([]));
    if kind == "line_items"
        && let Some(goods) = Goods::find(shop, sent)
    {
        goods.put_into(&mut line, &mut shop.next_meta);
        let quantity = sent.get("quantity").and_then(as_integer).unwrap_or(1);
        let cost = goods.price * Decimal::from(quantity);
        for name in ["subtotal", "total"] {
            line.insert(name.into(), json!(cost.to_string()));
        }
    }
    merge_meta(shop, &mut line, sent);
    line
}

/// Takes over what can be written of a line.
fn overwrite(line: &mut Fields, kind: &str, sent: &Fields) {
    let (texts, amounts): (&[&str], &[&str]) = match kind {
        "line_items" => (&["name", "tax_class"], &["subtotal", "total"]),
        "shipping_lines" => (&["method_title", "method_id", "instance_id"], &["total"]),
        _ => (&["name", "tax_class", "tax_status"], &["total"]),
    };
    for name in texts {
        if let Some(Value::String(text)) = sent.get(*name) {
            line.insert((*name).into(), json!(text));
        }
    }
    for name in amounts {
        if sent.get(*name).is_some_and(|sent| !sent.is_null()) {
            line.insert((*name).into(), json!(money::amount(sent, name).to_string()));
        }
    }
    if let Some(quantity) = sent.get("quantity").and_then(as_integer) {
        line.insert("quantity".into(), json!(quantity));
    }
}

/// The stock's own notes are nobody's to write.
fn merge_meta(shop: &mut Shop, line: &mut Fields, sent: &Fields) {
    let Some(Value::Array(meta)) = sent.get("meta_data") else {
        return;
    };
    let is_free = |entry: &&Value| entry["key"] != REDUCED_STOCK;
    let kept: Vec<Value> = meta.iter().filter(is_free).cloned().collect();
    let mut given = Fields::new();
    given.insert("meta_data".into(), kept.into());
    fields::merge_meta(line, &given, &mut shop.next_meta);
}

/// Where a line notes how much of it the stock has given.
const REDUCED_STOCK: &str = "_reduced_stock";

/// How much of a line the stock has given.
pub(super) fn reduced_stock(line: &Fields) -> i64 {
    let meta = line.get("meta_data").and_then(Value::as_array);
    let noted = meta
        .into_iter()
        .flatten()
        .find(|entry| entry["key"] == REDUCED_STOCK);
    noted.and_then(|entry| as_integer(&entry["value"])).unwrap_or(0)
}

/// Notes how much of a line the stock has given.
pub(super) fn set_reduced_stock(line: &mut Fields, quantity: i64, next_meta: &mut u64) {
    let value = if quantity == 0 {
        Value::Null
    } else {
        json!(quantity.to_string())
    };
    let mut note = Fields::new();
    note.insert(
        "meta_data".into(),
        json!([{"key": REDUCED_STOCK, "value": value}]),
    );
    fields::merge_meta(line, &note, next_meta);
}

fn check_new(kind: &str, line: &Fields) -> Result<(), ApiError> {
    let refuse = |code, message: &str| Err(ApiError::new(400, code, message));
    match kind {
        "line_items"
            if id_of(line, "product_id") == 0
                && id_of(line, "variation_id") == 0
                && text_of(line, "sku").is_empty() =>
        {
            refuse(
                "woocommerce_rest_required_product_reference",
                "Product ID or SKU is required.",
            )
        }
        "shipping_lines" if text_of(line, "method_id").is_empty() => refuse(
            "woocommerce_rest_invalid_shipping_item",
            "Shipping method ID is required.",
        ),
        "fee_lines" if text_of(line, "name").is_empty() => {
            refuse("woocommerce_rest_invalid_fee_item", "Fee name is required.")
        }
        _ => Ok(()),
    }
}

/// The shop has no coupons, so that only those which an order has already are known.
fn check_coupon(order: &Fields, line: &Fields) -> Result<(), ApiError> {
    if id_of(line, "id") != 0 {
        return Err(ApiError::new(
            400,
            "woocommerce_rest_coupon_item_id_readonly",
            "Coupon item ID is readonly.",
        ));
    }
    let code = text_of(line, "code").to_lowercase();
    let known = order.get("coupon_lines").and_then(Value::as_array);
    let mut known = known
        .into_iter()
        .flatten()
        .filter_map(|coupon| coupon["code"].as_str());
    if known.any(|known| known.to_lowercase() == code) {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "woocommerce_rest_invalid_coupon",
        format!("Coupon &quot;{code}&quot; does not exist!"),
    ))
}
