//! A variation's JSON as a record in one shape, however it was read. Pure.
//!
//! WooCommerce shows variations in two shapes: that of `/products` (by id, and in webhooks) and that of a product's
//! `/variations` (lists, and answers to writes), whose name tells the attributes only. A record holds what both know,
//! with the name of the first.

use serde_json::{Map, Value as Json, json};

use super::family::Parent;
use super::product;
use crate::sync::Record;

/// What both shapes show in the same way.
const COMMON: [&str; 43] = [
    "id",
    "parent_id",
    "type",
    "status",
    "date_created",
    "date_created_gmt",
    "date_modified",
    "date_modified_gmt",
    "description",
    "permalink",
    "sku",
    "global_unique_id",
    "price",
    "regular_price",
    "sale_price",
    "date_on_sale_from",
    "date_on_sale_from_gmt",
    "date_on_sale_to",
    "date_on_sale_to_gmt",
    "on_sale",
    "purchasable",
    "virtual",
    "downloadable",
    "downloads",
    "download_limit",
    "download_expiry",
    "tax_status",
    "tax_class",
    "manage_stock",
    "stock_quantity",
    "stock_status",
    "backorders",
    "backorders_allowed",
    "backordered",
    "low_stock_amount",
    "weight",
    "dimensions",
    "shipping_class",
    "shipping_class_id",
    "attributes",
    "menu_order",
    "meta_data",
    "name",
];

/// Whether this is a variation's JSON.
pub(super) fn is_one(json: &Json) -> bool {
    json.get("type").and_then(Json::as_str) == Some("variation")
}

/// The record of a variation in either shape. Its product may be gone.
pub(super) fn record(json: &Json, parent: Option<&Parent>) -> Option<Record> {
    let shown = json.as_object()?;
    // Only the shape of `/products` has it.
    let is_listed = !shown.contains_key("catalog_visibility");
    let mut fields: Map<String, Json> = COMMON
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), shown.get(*name)?.clone())))
        .collect();
    fields.insert("type".to_owned(), json!("variation"));
    fields.insert("short_description".to_owned(), json!(""));
    fields.insert("categories".to_owned(), json!([]));
    let visibility = match parent {
        Some(parent) if is_listed => json!(parent.catalog_visibility),
        _ => shown.get("catalog_visibility").cloned().unwrap_or_default(),
    };
    fields.insert("catalog_visibility".to_owned(), visibility);
    if let Some(parent) = parent {
        if is_listed {
            let name = named(parent, text(shown, "name"));
            fields.insert("name".to_owned(), json!(name));
        }
        // Answers to writes don't look the class up.
        if text(shown, "tax_class") == "parent" {
            fields.insert("tax_class".to_owned(), json!(parent.tax_class));
        }
        // A variation without SKU shows its product's, which is not its own.
        let sku = text(shown, "sku");
        if !sku.is_empty() && sku.eq_ignore_ascii_case(&parent.sku) {
            fields.insert("sku".to_owned(), json!(""));
        }
    }
    product::record(&Json::Object(fields))
}

/// A variation's name, out of its product's and its attributes, as WooCommerce makes it.
fn named(parent: &Parent, attributes: &str) -> String {
    if parent.names_attributes && !attributes.is_empty() {
        format!("{} - {attributes}", parent.name)
    } else {
        parent.name.clone()
    }
}

fn text<'a>(fields: &'a Map<String, Json>, name: &str) -> &'a str {
    fields.get(name).and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent() -> Parent {
        Parent {
            name: "Fish &amp; Chips".to_owned(),
            sku: "VAR-01".to_owned(),
            tax_class: "reduced-rate".to_owned(),
            catalog_visibility: "search".to_owned(),
            names_attributes: true,
        }
    }

    #[test]
    fn a_listed_variation_gets_the_name_and_what_else_it_has_of_its_product() {
        let listed = json!({
            "id": 43, "type": "variation", "parent_id": 42, "name": "S, Red", "sku": "VAR-01", "tax_class": "parent",
            "manage_stock": "parent", "stock_quantity": 50, "image": null,
        });

        let record = record(&listed, Some(&parent())).unwrap();

        assert_eq!(record.fields["name"], "Fish & Chips - S, Red");
        assert_eq!(record.fields["sku"], "");
        assert_eq!(record.fields["tax_class"], "reduced-rate");
        assert_eq!(record.fields["catalog_visibility"], "search");
        assert_eq!(record.fields["stock_quantity"], Json::Null);
        assert_eq!(record.fields["category"], "");
    }

    #[test]
    fn a_variation_whose_name_tells_no_attributes_has_its_products_name() {
        let parent = Parent {
            names_attributes: false,
            ..parent()
        };

        let record = record(
            &json!({"id": 43, "name": "S, Red, Slim", "parent_id": 42}),
            Some(&parent),
        )
        .unwrap();

        assert_eq!(record.fields["name"], "Fish & Chips");
    }

    #[test]
    fn a_variation_keeps_a_sku_of_its_own_and_the_name_that_it_shows() {
        let shown = json!({
            "id": 43, "type": "variation", "parent_id": 42, "name": "Shirt - S", "sku": "VAR-01-S",
            "catalog_visibility": "visible", "slug": "shirt-s",
        });

        let record = record(&shown, Some(&parent())).unwrap();

        assert_eq!(record.fields["name"], "Shirt - S");
        assert_eq!(record.fields["sku"], "VAR-01-S");
        assert_eq!(record.fields["catalog_visibility"], "visible");
        assert!(!record.fields.contains_key("slug"));
    }
}
