//! What is known of variable products and their variations, so that a variation can be read and written without asking
//! for its product each time.
//!
//! What WooCommerce shows of a variation is partly its product's: its name, and its SKU where it has none of its own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

/// What variations have of their product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parent {
    /// Its name as WooCommerce keeps it: HTML-encoded.
    pub(super) name: String,
    pub(super) sku: String,
    pub(super) tax_class: String,
    pub(super) catalog_visibility: String,
    /// Whether a variation's name tells its attributes.
    pub(super) names_attributes: bool,
}

impl Parent {
    /// What variations have of the product with this JSON.
    pub(super) fn of(product: &Json) -> Self {
        let text = |name: &str| {
            let text = product.get(name).and_then(Json::as_str);
            text.unwrap_or_default().to_owned()
        };
        let attributes = product.get("attributes").and_then(Json::as_array);
        let names: Vec<&str> = attributes
            .into_iter()
            .flatten()
            .filter(|attribute| attribute.get("variation") == Some(&Json::Bool(true)))
            .filter_map(|attribute| attribute.get("name")?.as_str())
            .collect();
        // As WooCommerce decides: not where there are three, nor where there are two and a name has two words.
        let is_of_words = names.iter().any(|name| name.trim().contains([' ', '-']));
        Self {
            name: text("name"),
            sku: text("sku"),
            tax_class: text("tax_class"),
            catalog_visibility: text("catalog_visibility"),
            names_attributes: names.len() < 3 && (names.len() < 2 || !is_of_words),
        }
    }
}

#[derive(Debug, Default)]
struct Known {
    parent_of: HashMap<u64, u64>,
    parents: HashMap<u64, Parent>,
}

/// What was seen of variable products and their variations.
#[derive(Debug, Default)]
pub(super) struct Family(Mutex<Known>);

impl Family {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The product that a variation belongs to; nothing for what isn't known to be a variation.
    pub(super) fn parent_of(&self, variation: u64) -> Option<u64> {
        self.known().parent_of.get(&variation).copied()
    }

    /// What variations have of this product, where it was seen.
    pub(super) fn parent(&self, product: u64) -> Option<Parent> {
        self.known().parents.get(&product).cloned()
    }

    /// Keeps what variations have of this product.
    pub(super) fn keep(&self, product: u64, parent: Parent) {
        self.known().parents.insert(product, parent);
    }

    /// Takes notice of a product or variation.
    pub(super) fn see(&self, json: &Json) {
        let number = |name: &str| json.get(name).and_then(Json::as_u64).filter(|id| *id > 0);
        let Some(id) = number("id") else {
            return;
        };
        match (json.get("type").and_then(Json::as_str), number("parent_id")) {
            (Some("variation"), Some(parent)) => {
                self.known().parent_of.insert(id, parent);
            }
            (Some("variable"), _) => self.keep(id, Parent::of(json)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variable(attributes: &[&str]) -> Json {
        let attributes: Vec<_> = attributes
            .iter()
            .map(|name| json!({"name": name, "variation": true}))
            .collect();
        json!({"id": 42, "type": "variable", "name": "Shirt", "sku": "S", "attributes": attributes})
    }

    #[test]
    fn variations_and_their_products_are_remembered() {
        let family = Family::default();

        family.see(&variable(&["Size"]));
        family.see(&json!({"id": 43, "type": "variation", "parent_id": 42}));
        family.see(&json!({"id": 44, "type": "simple", "parent_id": 0}));

        assert_eq!(family.parent_of(43), Some(42));
        assert_eq!((family.parent_of(44), family.parent_of(42)), (None, None));
        assert_eq!(
            family.parent(42).map(|parent| (parent.name, parent.sku)),
            Some(("Shirt".to_owned(), "S".to_owned()))
        );
    }

    #[test]
    fn names_tell_attributes_as_woocommerce_decides() {
        for (attributes, told) in [
            (&["Size"][..], true),
            (&["Shirt size"], true),
            (&["Size", "Color"], true),
            (&["Shirt size", "Color"], false),
            (&["Size", "Color", "Cut"], false),
        ] {
            assert_eq!(
                Parent::of(&variable(attributes)).names_attributes,
                told,
                "{attributes:?}"
            );
        }
    }
}
