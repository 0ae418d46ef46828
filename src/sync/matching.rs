//! Which records of the two sides are the same person, and which records are kept in step at all.

use std::fmt;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{FieldPath, Guests, Module, ModuleSettings, Record, Side, Skip};

/// What a record is found by on the other side: contacts by the e-mail address, products by the SKU, taxes by name
/// and rate, all case-folded; orders by the other side's id, which the record keeps.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchKey(String);

impl MatchKey {
    /// Reads a record's match key; `None` for a product without SKU, which finds no other.
    ///
    /// # Errors
    /// When a record that must have a key has none, or none that can be right.
    pub fn of(module: Module, side: Side, record: &Record) -> Result<Option<Self>, Skip> {
        let text = |woocommerce: &str, vtiger: &str| {
            let name = match side {
                Side::WooCommerce => woocommerce,
                Side::Vtiger => vtiger,
            };
            FieldPath::parse(name).map_or(String::new(), |path| record.get(&path).to_string())
        };
        match module {
            // The person of one guest order is nobody else's.
            Module::Contacts if record.id.as_guest_order().is_some() => Ok(None),
            Module::Contacts => Self::email(&text("email", "email")).map(Some),
            Module::Products => {
                let sku = text("sku", "productcode").trim().to_lowercase();
                Ok((!sku.is_empty()).then_some(Self(sku)))
            }
            Module::Taxes => Ok(Some(Self::tax(
                &text("name", "taxlabel"),
                &text("rate", "percentage"),
            ))),
            // An order's counterpart keeps its id.
            Module::SalesOrders => Ok(Some(Self(record.id.to_string()))),
        }
    }

    /// A tax's match key: its name, in any case, and its rate.
    pub fn tax(name: &str, rate: &str) -> Self {
        let rate = rate.trim().parse::<Decimal>().unwrap_or_default();
        // Vtiger cuts percentages to three decimals.
        Self(format!(
            "{}|{}",
            name.trim().to_lowercase(),
            rate.trunc_with_scale(3).normalize()
        ))
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

/// Whether a record is of a kind that is kept in step.
///
/// WooCommerce sends `customer.*` for its staff and for subscribers, too, and `order.*` for abandoned checkouts.
pub fn eligible(module: Module, settings: &ModuleSettings, side: Side, record: &Record) -> bool {
    let text = |name: &str| record.fields.get(name).and_then(Json::as_str).unwrap_or_default();
    match (module, side) {
        (Module::Contacts, Side::WooCommerce) => match text("role") {
            "customer" => true,
            "guest" => match settings.sales_orders.guests {
                Guests::ByEmail => record.id.guest_email().is_some(),
                Guests::PerOrder => record.id.as_guest_order().is_some(),
                Guests::House(_) | Guests::Skip => false,
            },
            _ => false,
        },
        (Module::Products, Side::WooCommerce) => {
            !matches!(text("status"), "trash" | "auto-draft" | "importing")
                && (text("type") != "variable" || settings.products.variable_parents)
        }
        (Module::SalesOrders, Side::WooCommerce) => {
            !matches!(text("status"), "trash" | "auto-draft" | "checkout-draft")
        }
        // The items that stand for what is no product are this program's own.
        (Module::Products, Side::Vtiger) => record.fields.get("stand_in") != Some(&Json::Bool(true)),
        // The contact that stands for all guests is nobody.
        (Module::Contacts, Side::Vtiger) => {
            !matches!(&settings.sales_orders.guests, Guests::House(id) if id == record.id.as_str())
        }
        (Module::SalesOrders, Side::Vtiger) | (Module::Taxes, _) => true,
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
