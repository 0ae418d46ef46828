//! A field's value, free of either system's way to write it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::json;

/// The value of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// No value: JSON `null`, or a field that isn't there.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, exact.
    Number(Decimal),
    /// Text as a person would read it (entities decoded).
    Text(String),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Reads a JSON scalar. Arrays and objects become their JSON text, as no mapped field holds one.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(*flag),
            serde_json::Value::Number(number) => {
                let digits = number.to_string();
                Decimal::from_str(&digits)
                    .or_else(|_| Decimal::from_scientific(&digits))
                    .map_or_else(|_| Self::Text(digits), Self::Number)
            }
            serde_json::Value::String(text) => Self::Text(text.clone()),
            other => Self::Text(other.to_string()),
        }
    }

    /// As JSON for an API: numbers as decimal strings, which both APIs take and WooCommerce demands.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(flag) => json!(flag),
            Self::Number(number) => json!(number.to_string()),
            Self::Text(text) => json!(text),
        }
    }

    /// As plain text; nothing for [`Value::Null`], `1` and `0` for yes and no (as Vtiger writes them).
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(flag) => Cow::Borrowed(if *flag { "1" } else { "0" }),
            Self::Number(number) => Cow::Owned(number.normalize().to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// Whether there is nothing a person would see: no value, or white space only.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Bool(_) | Self::Number(_) => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_text())
    }
}

/// Kept as JSON scalars, but a number as `{"number": "19.90"}`, so that its digits survive.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => json!({ "number": number.to_string() }).serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = serde_json::Value::deserialize(deserializer)?;
        match json.get("number").and_then(serde_json::Value::as_str) {
            Some(digits) => Decimal::from_str(digits)
                .map(Self::Number)
                .map_err(de::Error::custom),
            None => Ok(Self::from_json(&json)),
        }
    }
}
