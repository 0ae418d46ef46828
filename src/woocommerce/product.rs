//! A product's JSON as a record, and a patch as the JSON to send. Pure.

use serde_json::{Map, Value as Json, json};

use super::date::gmt;
use super::{schema, stored, text};
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Value};
use crate::system::FieldType;

/// What changes with the reader, the verb or each reading.
const NOISE: [&str; 7] = [
    "_links",
    "price_html",
    "related_ids",
    "total_sales",
    "average_rating",
    "permalink_template",
    "generated_slug",
];

/// What a variation has of its product, and can't be given.
const OF_PARENT: [&str; 4] = ["name", "category", "short_description", "catalog_visibility"];

/// Whether the product is in the trash.
pub(super) fn is_trashed(json: &Json) -> bool {
    json.get("status").and_then(Json::as_str) == Some("trash")
}

/// The record of a product's JSON; nothing when it has no id.
pub(super) fn record(json: &Json) -> Option<Record> {
    let id = json.get("id")?.as_u64().filter(|id| *id > 0)?;
    let mut fields = json.as_object()?.clone();
    for name in NOISE {
        fields.remove(name);
    }
    for name in ["name", "sku"] {
        if let Some(Json::String(text)) = fields.get_mut(name) {
            *text = text::decoded(text);
        }
    }
    for name in ["description", "short_description"] {
        if let Some(Json::String(html)) = fields.get_mut(name) {
            *html = text::untypeset(html);
        }
    }
    if fields.get("manage_stock") != Some(&Json::Bool(true)) {
        fields.insert("stock_quantity".to_owned(), Json::Null);
    }
    let category = json.pointer("/categories/0/name").and_then(Json::as_str);
    let category = category.map(text::decoded).unwrap_or_default();
    fields.insert("category".to_owned(), Json::String(category));
    Some(Record {
        id: RecordId::new(id.to_string()),
        modified: gmt(json, "date_modified_gmt"),
        modified_by: None,
        fields,
    })
}

/// Whether a body holds what a mapping reads.
pub(super) fn holds(json: &Json, path: &FieldPath) -> bool {
    let root = match path.root() {
        "category" => "categories",
        root => root,
    };
    json.get(root).is_some()
}

/// Whether a field can be written; `variation` tells whether it is one of a variation.
pub(super) fn is_writable(path: &FieldPath, variation: bool) -> bool {
    schema::is_writable(Module::Products, path) && !(variation && OF_PARENT.contains(&path.root()))
}

/// The JSON that writes a patch. The category is not part of it: only the shop knows its id.
pub(super) fn to_wire(patch: &Patch, variation: bool) -> Map<String, Json> {
    let mut body = Map::new();
    for (path, value) in &patch.0 {
        if path.root() == "category" || !is_writable(path, variation) {
            continue;
        }
        let kept = stored::stored(Module::Products, path, value);
        let kind = schema::kind(Module::Products, path);
        let sent = match (path.root(), kept) {
            ("name", Value::Text(name)) => Json::String(html_escape::encode_text(&name).into_owned()),
            // Without its own stock, a product's quantity is ignored.
            ("stock_quantity", Value::Null) => {
                body.insert("manage_stock".to_owned(), json!(false));
                continue;
            }
            ("stock_quantity", quantity) => {
                body.insert("manage_stock".to_owned(), json!(true));
                text::integer(&quantity)
            }
            ("meta_data", value) => value.to_json(),
            (_, value) => match kind {
                Some(FieldType::Number) if schema::is_integer(path) => text::integer(&value),
                Some(FieldType::Boolean) => json!(value == Value::Bool(true)),
                _ => Json::String(value.as_text().into_owned()),
            },
        };
        path.set(&mut body, sent);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(fields: &[(&str, Value)]) -> Patch {
        let fields = fields.iter();
        Patch(
            fields
                .map(|(path, value)| (FieldPath::parse(path).unwrap(), value.clone()))
                .collect(),
        )
    }

    #[test]
    fn a_product_becomes_a_record_in_plain_text_without_noise() {
        let json = json!({
            "id": 10, "name": "Fish &amp; Chips", "sku": "A&amp;B", "date_modified_gmt": "2026-11-23T11:36:33",
            "description": "<p>&#8220;It&#8217;s&#8221; &amp; more</p>\n", "manage_stock": true, "stock_quantity": 4,
            "categories": [{"id": 16, "name": "Toys &amp; Games"}, {"id": 17, "name": "Chairs"}],
            "related_ids": [1], "price_html": "<b>", "_links": {},
        });

        let record = record(&json).unwrap();

        assert_eq!(record.id.as_str(), "10");
        assert!(record.modified.is_some());
        assert_eq!(record.fields["name"], "Fish & Chips");
        assert_eq!(record.fields["sku"], "A&B");
        assert_eq!(record.fields["description"], "<p>\"It's\" &amp; more</p>\n");
        assert_eq!(record.fields["category"], "Toys & Games");
        assert_eq!(record.fields["stock_quantity"], 4);
        assert!(NOISE.iter().all(|name| !record.fields.contains_key(*name)));
    }

    #[test]
    fn a_stock_that_is_not_managed_has_no_quantity() {
        for managed in [json!(false), json!("parent")] {
            let json = json!({"id": 10, "manage_stock": managed, "stock_quantity": 50, "categories": []});

            let record = record(&json).unwrap();

            assert_eq!(record.fields["stock_quantity"], Json::Null);
            assert_eq!(record.fields["category"], "");
        }
    }

    #[test]
    fn a_patch_becomes_json_of_the_types_that_woocommerce_takes() {
        let patch = patch(&[
            ("name", Value::text("A & <b>")),
            ("sku", Value::text("ENT & <1>")),
            ("regular_price", Value::Number("12.50".parse().unwrap())),
            ("sale_price", Value::Null),
            ("weight", Value::text("abc")),
            ("description", Value::text("<p>A &amp; B</p>")),
            ("stock_quantity", Value::text("3.700")),
            ("featured", Value::text("1")),
            ("menu_order", Value::text("7")),
            ("dimensions.length", Value::text("10.5")),
            ("meta_data[color]", Value::text("red")),
            ("category", Value::text("Toys")),
            ("price", Value::text("1")),
            ("permalink", Value::text("x")),
        ]);

        let body = Json::Object(to_wire(&patch, false));

        let expected = json!({
            "name": "A &amp; &lt;b&gt;", "sku": "ENT &", "regular_price": "12.50", "sale_price": "", "weight": "",
            "description": "<p>A &amp; B</p>", "stock_quantity": 3, "manage_stock": true, "featured": true,
            "menu_order": 7, "dimensions": {"length": "10.5"}, "meta_data": [{"key": "color", "value": "red"}],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_variation_gets_nothing_that_is_its_products() {
        let patch = patch(&[
            ("name", Value::text("A")),
            ("short_description", Value::text("A")),
            ("catalog_visibility", Value::text("hidden")),
            ("regular_price", Value::text("1.00")),
        ]);

        assert_eq!(
            Json::Object(to_wire(&patch, true)),
            json!({"regular_price": "1.00"})
        );
    }

    #[test]
    fn a_blank_stock_is_managed_no_more() {
        let body = to_wire(&patch(&[("stock_quantity", Value::Null)]), false);

        assert_eq!(Json::Object(body), json!({"manage_stock": false}));
    }
}
