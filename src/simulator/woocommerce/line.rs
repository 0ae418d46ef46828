//! An order's lines, and the totals that they make. Taxes are not reckoned.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{ApiError, Fields};
use super::fields::{as_integer, id_of, text_of};

/// The lists of lines that can be written.
pub(super) const KINDS: [&str; 4] = ["line_items", "shipping_lines", "fee_lines", "coupon_lines"];

/// Adds all lines of `given` to the order as new ones.
pub(super) fn add(order: &mut Fields, given: &Fields, next_item: &mut u64) {
    for kind in KINDS {
        let (Some(Value::Array(sent)), Some(Value::Array(lines))) = (given.get(kind), order.get_mut(kind))
        else {
            continue;
        };
        for line in sent.iter().filter_map(Value::as_object) {
            lines.push(new_line(kind, line, *next_item));
            *next_item += 1;
        }
    }
    add_up(order);
}

/// Merges the lines from `given` into the order: with an id a line is changed, without one another is added.
pub(super) fn merge(order: &mut Fields, given: &Fields, next_item: &mut u64) -> Result<(), ApiError> {
    let mut changed = false;
    for kind in KINDS {
        let Some(Value::Array(sent)) = given.get(kind) else {
            continue;
        };
        let Some(Value::Array(stored)) = order.get(kind) else {
            continue;
        };
        let mut lines = stored.clone();
        for line in sent.iter().filter_map(Value::as_object) {
            merge_line(kind, &mut lines, line, next_item)?;
        }
        order.insert(kind.to_owned(), lines.into());
        changed = true;
    }
    if changed {
        add_up(order);
    }
    Ok(())
}

fn merge_line(
    kind: &str,
    lines: &mut Vec<Value>,
    sent: &Fields,
    next_item: &mut u64,
) -> Result<(), ApiError> {
    let id = id_of(sent, "id");
    if id == 0 {
        if kind == "line_items" && id_of(sent, "product_id") == 0 && text_of(sent, "sku").is_empty() {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_required_product_reference",
                "Product ID or SKU is required.",
            ));
        }
        lines.push(new_line(kind, sent, *next_item));
        *next_item += 1;
        return Ok(());
    }
    let Some(at) = lines.iter().position(|line| line["id"].as_u64() == Some(id)) else {
        return Err(ApiError::new(
            400,
            "woocommerce_rest_invalid_item_id",
            "Order item ID provided is not associated with order.",
        ));
    };
    // The key that is null takes the line away, and so does a quantity of nothing.
    let key = match kind {
        "line_items" => "product_id",
        "shipping_lines" => "method_id",
        "fee_lines" => "name",
        _ => "code",
    };
    if sent.get(key) == Some(&Value::Null) || sent.get("quantity").and_then(as_integer) == Some(0) {
        lines.remove(at);
    } else if let Value::Object(line) = &mut lines[at] {
        overwrite(line, sent);
    }
    Ok(())
}

fn new_line(kind: &str, sent: &Fields, id: u64) -> Value {
    let template = match kind {
        "line_items" => json!({
            "name": "", "product_id": 0, "variation_id": 0, "quantity": 1, "tax_class": "",
            "subtotal": null, "subtotal_tax": "0.00", "total": null, "total_tax": "0.00", "taxes": [],
            "meta_data": [], "sku": null, "price": 0, "image": {"id": "", "src": ""}, "parent_name": null,
        }),
        "shipping_lines" => json!({
            "method_title": "", "method_id": "", "instance_id": "", "total": "0.00", "total_tax": "0.00",
            "taxes": [], "tax_status": "taxable", "meta_data": [],
        }),
        "fee_lines" => json!({
            "name": "", "tax_class": "", "tax_status": "taxable", "amount": "", "total": "0.00",
            "total_tax": "0.00", "taxes": [], "meta_data": [],
        }),
        _ => json!({
            "code": "", "discount": "0", "discount_tax": "0", "meta_data": [],
            "discount_type": "fixed_cart", "nominal_amount": 0, "free_shipping": false,
        }),
    };
    let mut line = Fields::new();
    line.insert("id".into(), json!(id));
    if let Value::Object(template) = template {
        line.extend(template);
    }
    overwrite(&mut line, sent);
    if kind == "line_items" {
        if id_of(&line, "variation_id") != 0 {
            line.insert("image".into(), json!({"id": 0, "src": ""}));
        }
        set_line_totals(&mut line);
    }
    line.into()
}

/// A line's total follows from its price and its subtotal from the total, where they were not sent.
fn set_line_totals(line: &mut Fields) {
    let quantity = Decimal::from(line.get("quantity").and_then(as_integer).unwrap_or(1));
    let price = match line.get("price") {
        Some(Value::Number(price)) => price.to_string().parse().unwrap_or_default(),
        _ => Decimal::ZERO,
    };
    if line["total"].is_null() {
        let total = match text_of(line, "subtotal") {
            "" => money(price * quantity),
            subtotal => subtotal.to_owned(),
        };
        line.insert("total".into(), json!(total));
    }
    if line["subtotal"].is_null() {
        let total = line["total"].clone();
        line.insert("subtotal".into(), total);
    }
    if price.is_zero() && !quantity.is_zero() {
        let each: f64 = (amount(line, "total") / quantity).try_into().unwrap_or_default();
        line.insert("price".into(), json!(each));
    }
}

/// Takes over what a line of this kind has, less what can't be written.
fn overwrite(line: &mut Fields, sent: &Fields) {
    for (name, value) in sent {
        let is_writable = !["id", "taxes", "image", "parent_name", "meta_data"].contains(&name.as_str());
        if is_writable && !value.is_null() && line.contains_key(name) {
            line.insert(name.clone(), value.clone());
        }
    }
}

fn add_up(order: &mut Fields) {
    let sum = |kind: &str, name: &str| -> Decimal {
        let lines = order.get(kind).and_then(Value::as_array).into_iter().flatten();
        lines
            .filter_map(Value::as_object)
            .map(|line| amount(line, name))
            .sum()
    };
    let shipping = sum("shipping_lines", "total");
    let shipping_tax = sum("shipping_lines", "total_tax");
    let goods = sum("line_items", "total") + sum("fee_lines", "total");
    let cart_tax = sum("line_items", "total_tax") + sum("fee_lines", "total_tax");
    let discount = sum("line_items", "subtotal") - sum("line_items", "total");
    for (name, amount) in [
        ("discount_total", discount),
        ("shipping_total", shipping),
        ("shipping_tax", shipping_tax),
        ("cart_tax", cart_tax),
        ("total_tax", cart_tax + shipping_tax),
        ("total", goods + shipping + cart_tax + shipping_tax),
    ] {
        order.insert(name.to_owned(), json!(money(amount)));
    }
}

fn amount(line: &Fields, name: &str) -> Decimal {
    text_of(line, name).parse().unwrap_or_default()
}

fn money(amount: Decimal) -> String {
    format!("{amount:.2}")
}
