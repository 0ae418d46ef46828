//! What WooCommerce shows after storing a value, by module, so that what it changes is foreseen. Pure.

use rust_decimal::Decimal;

use super::{schema, text};
use crate::sync::{FieldPath, Module, Value};
use crate::system::FieldType;

/// What the shop would show of `value` in that field.
pub(super) fn stored(module: Module, path: &FieldPath, value: &Value) -> Value {
    match module {
        Module::Contacts => text::stored(path, value),
        Module::Products => of_product(path, value),
        Module::SalesOrders => of_order(path, value),
        Module::Taxes => value.clone(),
    }
}

fn of_product(path: &FieldPath, value: &Value) -> Value {
    match path.root() {
        "meta_data" => of_meta_data(value),
        "name" | "category" => Value::text(text::without_backslashes(value).trim()),
        "sku" => Value::Text(sku(&text::without_backslashes(value))),
        "description" | "short_description" => Value::Text(text::without_backslashes(value)),
        "regular_price" | "sale_price" | "weight" | "dimensions" => Value::Text(decimal(value)),
        _ => match schema::kind(Module::Products, path) {
            Some(FieldType::Boolean) => Value::Bool(is_yes(value)),
            Some(FieldType::Number) if schema::is_integer(path) => whole(value),
            _ => Value::text(text::without_backslashes(value).trim()),
        },
    }
}

fn of_order(path: &FieldPath, value: &Value) -> Value {
    match path.root() {
        "line_items" | "contact" | "counterpart" => value.clone(),
        "meta_data" => of_meta_data(value),
        _ => Value::Text(value.as_text().into_owned()),
    }
}

/// A value of null removes the entry; others are kept to the letter.
fn of_meta_data(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        value => Value::Text(value.as_text().into_owned()),
    }
}

/// A decimal number as it was entered; nothing where it is none.
fn decimal(value: &Value) -> String {
    let text = match value {
        Value::Number(number) => number.to_string(),
        value => value.as_text().into_owned(),
    };
    let is_part = |c: &char| c.is_ascii_digit() || ".-".contains(*c);
    let digits: String = text.chars().filter(is_part).collect();
    match digits.parse::<Decimal>() {
        Ok(_) => digits,
        Err(_) => String::new(),
    }
}

fn whole(value: &Value) -> Value {
    match text::integer(value) {
        serde_json::Value::Null => Value::Null,
        number => Value::from_json(&number),
    }
}

fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        value => ["1", "true", "yes"].contains(&value.as_text().trim().to_ascii_lowercase().as_str()),
    }
}

/// A SKU is not encoded when it is kept, but is decoded when it is read, as some shops' SKUs hold entities.
fn sku(text: &str) -> String {
    let mut sku = text.to_owned();
    loop {
        let decoded = text::decoded(&sku);
        if decoded == sku {
            return cleaned(&sku);
        }
        sku = decoded;
    }
}

/// Text without tags, its white space folded.
fn cleaned(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        kept.push_str(before);
        match tag.split_once('>') {
            Some((name, after)) if !name.starts_with(char::is_whitespace) => rest = after,
            _ => {
                kept.push('<');
                rest = tag;
            }
        }
    }
    kept.push_str(rest);
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(module: Module, field: &str, value: &Value) -> Value {
        stored(module, &FieldPath::parse(field).unwrap(), value)
    }

    #[test]
    fn what_a_product_keeps_is_foreseen() {
        let number = |digits: &str| Value::Number(digits.parse().unwrap());
        for (field, value, kept) in [
            ("regular_price", Value::text("12.50"), Value::text("12.50")),
            ("regular_price", number("19.990"), Value::text("19.990")),
            ("regular_price", Value::text("abc"), Value::text("")),
            ("sale_price", Value::Null, Value::text("")),
            ("sku", Value::text(r" ENT & <1> \ "), Value::text("ENT &")),
            ("sku", Value::text("1 < 2"), Value::text("1 < 2")),
            ("sku", Value::text("A&amp;amp;B"), Value::text("A&B")),
            ("name", Value::text(r" A & <b> \ "), Value::text("A & <b>")),
            (
                "description",
                Value::text("<p>x</p>\n"),
                Value::text("<p>x</p>\n"),
            ),
            ("stock_quantity", Value::text("12.900"), number("12")),
            ("stock_quantity", Value::Null, Value::Null),
            ("featured", Value::text("1"), Value::Bool(true)),
            ("featured", Value::text("0"), Value::Bool(false)),
            ("menu_order", Value::text("3"), number("3")),
            ("meta_data[x]", Value::text(r" \ "), Value::text(r" \ ")),
            ("meta_data[x]", Value::Null, Value::Null),
            ("status", Value::text("draft"), Value::text("draft")),
        ] {
            assert_eq!(shown(Module::Products, field, &value), kept, "{field} {value:?}");
        }
    }

    #[test]
    fn an_order_keeps_text_to_the_letter() {
        let measured = Value::text(r#"A & B &amp; C < D > "E" 'F' é 😀 \ x"#);
        for field in [
            "billing.company",
            "customer_note",
            "ship_to.city",
            "line_items",
            "contact",
            "counterpart",
        ] {
            assert_eq!(shown(Module::SalesOrders, field, &measured), measured, "{field}");
        }
        assert_eq!(
            shown(Module::SalesOrders, "billing.city", &Value::Null),
            Value::text("")
        );
        assert_eq!(
            shown(Module::SalesOrders, "counterpart", &Value::Null),
            Value::Null
        );
    }
}
