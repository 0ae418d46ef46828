//! What happens to a value on its way from one side to the other.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::{Side, Value, html};

/// One step on a value's way. Towards Vtiger a mapping's steps are taken in order, towards WooCommerce in reverse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Removes white space around the text.
    Trim,
    /// Changes the letters' case.
    Case(Case),
    /// Looks the value up: WooCommerce's value to Vtiger's, and back. Values not in the table travel as they are.
    Map(BTreeMap<String, String>),
    /// Looks the value up in a table of its own for each way, where several values of one side are one of the other.
    /// Values not in it travel as they are.
    Table(Table),
    /// Puts this before a text that is not blank towards Vtiger, and takes it away towards WooCommerce.
    Prefix(String),
    /// Takes a number of 0 for no value; towards WooCommerce only. Vtiger can't leave a number blank.
    ZeroIsBlank,
    /// Removes HTML tags and decodes entities; towards Vtiger only.
    StripHtml,
    /// Rounds a number to so many decimals (half away from zero).
    Number(u32),
    /// Takes the place of a blank value; towards Vtiger only.
    Default(String),
    /// Writes this whatever the other side has; for mappings of one direction.
    Fixed(String),
}

/// What stands for what, each way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// WooCommerce's values, and Vtiger's for each.
    pub to_vtiger: BTreeMap<String, String>,
    /// Vtiger's values, and WooCommerce's for each.
    pub to_woocommerce: BTreeMap<String, String>,
}

/// A letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// ALL CAPITALS.
    Upper,
    /// all small.
    Lower,
}

impl Transform {
    /// The value after this step, on its way to `to`.
    #[must_use]
    pub fn apply(&self, to: Side, value: Value) -> Value {
        match (self, to) {
            (Self::Trim, _) => on_text(value, |text| text.trim().to_owned()),
            (Self::Case(Case::Upper), _) => on_text(value, str::to_uppercase),
            (Self::Case(Case::Lower), _) => on_text(value, str::to_lowercase),
            (Self::Map(table), Side::Vtiger) => {
                on_text(value, |text| table.get(text).cloned().unwrap_or(text.to_owned()))
            }
            (Self::Map(table), Side::WooCommerce) => on_text(value, |text| {
                let back = table.iter().find(|(_, there)| there.as_str() == text);
                back.map_or(text, |(here, _)| here).to_owned()
            }),
            (Self::Table(table), to) => {
                let values = match to {
                    Side::Vtiger => &table.to_vtiger,
                    Side::WooCommerce => &table.to_woocommerce,
                };
                // Yes and no are in the table as Vtiger writes them.
                match values.get(&*value.as_text()) {
                    Some(other) => Value::text(other),
                    None => value,
                }
            }
            (Self::Prefix(_), Side::Vtiger) if value.is_blank() => value,
            (Self::Prefix(prefix), Side::Vtiger) => Value::Text(format!("{prefix}{}", value.as_text())),
            (Self::Prefix(prefix), Side::WooCommerce) => on_text(value, |text| {
                text.strip_prefix(prefix.as_str()).unwrap_or(text).to_owned()
            }),
            (Self::ZeroIsBlank, Side::WooCommerce) => match Decimal::from_str(value.as_text().trim()) {
                Ok(number) if number.is_zero() => Value::Null,
                _ => value,
            },
            (Self::StripHtml, Side::Vtiger) => on_text(value, html::to_text),
            (Self::Number(decimals), _) => match Decimal::from_str(value.as_text().trim()) {
                Ok(number) => Value::Number(
                    number.round_dp_with_strategy(*decimals, RoundingStrategy::MidpointAwayFromZero),
                ),
                Err(_) => value,
            },
            (Self::Default(text), Side::Vtiger) if value.is_blank() => Value::text(text),
            (Self::Fixed(text), _) => Value::text(text),
            (Self::StripHtml | Self::Default(_) | Self::ZeroIsBlank, _) => value,
        }
    }

    /// Whether a value comes back as it was after travelling there and back.
    pub fn is_reversible(&self) -> bool {
        match self {
            Self::Trim | Self::Prefix(_) => true,
            Self::Table(table) => {
                let is_back = |(here, there): (&String, &String)| {
                    table.to_woocommerce.get(there) == Some(here) && !table.to_vtiger.contains_key(there)
                };
                table.to_vtiger.iter().all(is_back) && table.to_woocommerce.len() == table.to_vtiger.len()
            }
            Self::Map(table) => {
                let mut there: Vec<_> = table.values().collect();
                there.sort_unstable();
                there.dedup();
                there.len() == table.len() && table.values().all(|value| !table.contains_key(value))
            }
            Self::Case(_)
            | Self::StripHtml
            | Self::ZeroIsBlank
            | Self::Number(_)
            | Self::Default(_)
            | Self::Fixed(_) => false,
        }
    }
}

fn on_text(value: Value, change: impl FnOnce(&str) -> String) -> Value {
    match value {
        Value::Text(text) => Value::Text(change(&text)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_translates_there_and_back() {
        let table = Transform::Map(BTreeMap::from([("completed".into(), "Delivered".into())]));

        let there = table.apply(Side::Vtiger, Value::text("completed"));

        assert_eq!(there, Value::text("Delivered"));
        assert_eq!(table.apply(Side::WooCommerce, there), Value::text("completed"));
        assert_eq!(
            table.apply(Side::Vtiger, Value::text("other")),
            Value::text("other")
        );
    }

    #[test]
    fn html_is_stripped_towards_vtiger_only() {
        let html = Value::text("<p>Fish &amp; chips, 1 < 2</p>\n");

        assert_eq!(
            Transform::StripHtml.apply(Side::Vtiger, html.clone()),
            Value::text("Fish & chips, 1 < 2")
        );
        assert_eq!(Transform::StripHtml.apply(Side::WooCommerce, html.clone()), html);
    }

    #[test]
    fn numbers_are_rounded_half_away_from_zero() {
        let rounded = Transform::Number(2).apply(Side::Vtiger, Value::text("2.345"));
        assert_eq!(rounded.to_string(), "2.35");
    }
}
