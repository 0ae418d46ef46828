//! What a line has from the catalogue: the product or variation that it names.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{id_of, text_of};
use crate::simulator::woocommerce::shop::Shop;
use crate::simulator::woocommerce::{money, product};

/// A product or variation, as a line takes it over.
pub(super) struct Goods {
    product: u64,
    variation: u64,
    name: String,
    tax_class: String,
    /// What a variation is of each attribute, as the line's `meta_data` have it.
    options: Vec<(String, String)>,
    pub(super) price: Decimal,
}

impl Goods {
    /// What a line that is sent names by SKU, variation or product, if the catalogue has it.
    pub(super) fn find(shop: &Shop, sent: &Fields) -> Option<Self> {
        let id = match (text_of(sent, "sku"), id_of(sent, "variation_id")) {
            ("", 0) => id_of(sent, "product_id"),
            ("", variation) => variation,
            (sku, _) => product::owner_of_sku(shop, sku)?,
        };
        let found = shop.products.get(&id)?;
        let parent = id_of(found, "parent_id");
        let tax_class = match (text_of(found, "tax_class"), shop.products.get(&parent)) {
            ("parent", Some(parent)) => text_of(parent, "tax_class"),
            ("parent", None) => "",
            (class, _) => class,
        };
        let attributes = found.get("attributes").and_then(Value::as_array);
        let option = |attribute: &Value| {
            let name = attribute["slug"].as_str()?.to_owned();
            Some((name, attribute["option"].as_str()?.to_owned()))
        };
        Some(Self {
            product: if parent == 0 { id } else { parent },
            variation: if parent == 0 { 0 } else { id },
            name: product::name_of(shop, found),
            tax_class: tax_class.to_owned(),
            options: attributes.into_iter().flatten().filter_map(option).collect(),
            price: money::read(&product::price_of(shop, found).0),
        })
    }

    /// Whether the line is of them already.
    pub(super) fn are_of(&self, line: &Fields) -> bool {
        id_of(line, "product_id") == self.product && id_of(line, "variation_id") == self.variation
    }

    /// Makes the line one of them; what it costs is not touched.
    pub(super) fn put_into(&self, line: &mut Fields, next_meta: &mut u64) {
        line.insert("product_id".into(), json!(self.product));
        line.insert("variation_id".into(), json!(self.variation));
        line.insert("name".into(), json!(self.name));
        line.insert("tax_class".into(), json!(self.tax_class));
        if let Some(Value::Array(meta)) = line.get_mut("meta_data") {
            for (key, value) in &self.options {
                meta.push(json!({"id": next_meta, "key": key, "value": value}));
                *next_meta += 1;
            }
        }
    }
}
