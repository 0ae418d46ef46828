//! Which records of the two sides are the same person, and which records are kept in step at all.

use std::fmt;

use super::{FieldPath, Module, PathError, Record, Side, Skip};

/// What a record is found by on the other side. Contacts: the e-mail address, case-folded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchKey(String);

impl MatchKey {
    /// Reads a record's match key.
    ///
    /// # Errors
    /// When the record has none, or none that can be right.
    pub fn of(module: Module, record: &Record) -> Result<Self, Skip> {
        match module {
            Module::Contacts => Self::email(&email(record).unwrap_or_default()),
        }
    }

    /// A contact's match key out of an e-mail address.
    ///
    /// # Errors
    /// When it is blank or has not the form of an address.
    pub fn email(address: &str) -> Result<Self, Skip> {
        let address = address.trim().to_lowercase();
        if address.is_empty() {
            return Err(Skip::NoEmail);
        }
        let parts = address.split_once('@').filter(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
        });
        if parts.is_none() || address.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(Skip::InvalidEmail);
        }
        Ok(Self(address))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Leaves the address out, as debug output ends in logs.
impl fmt::Debug for MatchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MatchKey")
    }
}

fn email(record: &Record) -> Result<String, PathError> {
    // Both systems name the field alike.
    Ok(record.get(&FieldPath::parse("email")?).to_string())
}

/// Whether a record is of a kind that is kept in step.
///
/// WooCommerce sends `customer.*` for its staff and for subscribers, too.
pub fn eligible(module: Module, side: Side, record: &Record) -> bool {
    match (module, side) {
        (Module::Contacts, Side::WooCommerce) => {
            let role = record.fields.get("role").and_then(serde_json::Value::as_str);
            matches!(role, Some("customer" | "guest"))
        }
        (Module::Contacts, Side::Vtiger) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_key_whatever_its_case() {
        let key = MatchKey::email(" Ann.Lee@Shop.Example ").unwrap();
        assert_eq!(key.as_str(), "ann.lee@shop.example");
    }

    #[test]
    fn what_is_no_address_is_no_key() {
        assert_eq!(MatchKey::email("  "), Err(Skip::NoEmail));
        for text in [
            "ann",
            "@shop.example",
            "ann@",
            "ann@shop",
            "ann lee@shop.example",
            "ann@.example",
        ] {
            assert_eq!(MatchKey::email(text), Err(Skip::InvalidEmail), "{text}");
        }
    }
}
