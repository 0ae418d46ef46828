//! When two values are the same fact, however each system writes it.
//!
//! Without this the two systems would correct each other's spelling for ever.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Basket, Value, html};

/// What a field holds, and so how its values are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Text: white space around it and the kind of line break don't count; no value is empty text.
    #[default]
    Text,
    /// An e-mail address: like text, and letter case doesn't count.
    Email,
    /// A decimal number: `19.9` is `19.90`.
    Number,
    /// Yes or no: `1`, `true`, `yes`, `on` are yes, all else is no.
    Boolean,
    /// WooCommerce's HTML against Vtiger's plain text: what a person reads counts, tags and white space don't.
    Html,
    /// A contact: the sides' ids of the same person.
    Contact,
    /// What was ordered: lines, shipping, discounts, taxes and total.
    Basket,
}

impl FieldKind {
    /// Whether two values are the same fact.
    pub fn same(self, left: &Value, right: &Value) -> bool {
        left == right || self.normal(left) == self.normal(right)
    }

    fn normal(self, value: &Value) -> Value {
        let text = value.as_text();
        match self {
            Self::Text | Self::Contact => Value::Text(normal_text(&text)),
            Self::Html => Value::Text(html::folded(&text)),
            Self::Basket => match Basket::of(value) {
                Some(basket) => basket.normal().to_value(),
                None => Value::Text(normal_text(&text)),
            },
            Self::Email => Value::Text(normal_text(&text).to_lowercase()),
            Self::Number => match Decimal::from_str(text.trim()) {
                Ok(number) => Value::Number(number.normalize()),
                Err(_) => Value::Text(normal_text(&text)),
            },
            Self::Boolean => Value::Bool(matches!(
                text.trim().to_lowercase().as_str(),
                "1" | "true" | "yes" | "on"
            )),
        }
    }
}

fn normal_text(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers_and_post_codes_as_text() {
        let (short, long) = (Value::text("19.9"), Value::text("19.900"));
        assert!(FieldKind::Number.same(&short, &long));
        assert!(!FieldKind::Text.same(&short, &long));
        assert!(!FieldKind::Text.same(&Value::text("01234"), &Value::text("1234")));
    }

    #[test]
    fn no_value_is_empty_text_and_line_breaks_are_alike() {
        assert!(FieldKind::Text.same(&Value::Null, &Value::text(" ")));
        assert!(FieldKind::Text.same(&Value::text("a\r\nb"), &Value::text("a\nb ")));
        assert!(FieldKind::Email.same(&Value::text("Ann@Shop.example"), &Value::text("ann@shop.example")));
    }
}
