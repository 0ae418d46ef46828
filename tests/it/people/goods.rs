//! Products, variations and tax rates.

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value as Json, json};
use woo_vtiger_sync::sync::{Module, Side};

use super::{People, id_of, text};

const TAX_NAMES: [&str; 6] = ["VAT", "MwSt", "TVA", "GST", "City & county", "Søm"];

impl People<'_> {
    pub(super) fn about_goods(&mut self) -> Option<String> {
        let side = *Side::BOTH.choose(&mut self.random)?;
        let may_edit = self.may(Module::Products, side);
        match (self.random.random_range(0..20), side) {
            (0..3, Side::WooCommerce) if may_edit => Some(self.stock_product()),
            (0..3, Side::Vtiger) if may_edit => Some(self.add_crm_product()),
            (3, Side::WooCommerce) if may_edit => Some(self.stock_variable_product()),
            (4..6, Side::WooCommerce) => {
                let id = id_of(&self.product()?);
                self.shop.edit_product(id, json!({}));
                Some(format!("product {id} is saved as it is"))
            }
            (4..6, Side::Vtiger) => {
                let product = self.crm_product()?;
                let id = text(&product, "id");
                self.crm.edit_record(id, json!({}));
                Some(format!("the CRM's product {id} is saved as it is"))
            }
            (6, Side::WooCommerce) if may_edit && self.licence.deletes => self.trash_product(),
            (6, Side::Vtiger) if may_edit && self.licence.deletes => {
                let product = self.crm_product()?;
                self.drop_or_restore(text(&product, "id"))
            }
            (8.., Side::WooCommerce) if may_edit => self.edit_product(),
            (8.., Side::Vtiger) if may_edit => self.edit_crm_product(),
            _ => None,
        }
    }

    pub(super) fn about_taxes(&mut self) -> Option<String> {
        let name = *TAX_NAMES.choose(&mut self.random)?;
        let rate = format!(
            "{}.{:02}",
            self.random.random_range(1..25),
            self.random.random_range(0..100)
        );
        let taxes = self.shop.taxes();
        if taxes.len() < 3 || self.chance(0.4) {
            let id = self
                .shop
                .add_tax(json!({ "name": name, "rate": rate, "country": "DE" }));
            return Some(format!("tax rate {id} is added: {name} {rate}%"));
        }
        let id = id_of(taxes.choose(&mut self.random)?);
        if self.chance(0.3) {
            self.shop.delete_tax(id);
            return Some(format!("tax rate {id} is deleted"));
        }
        self.shop.edit_tax(id, json!({ "name": name, "rate": rate }));
        Some(format!("tax rate {id} becomes {name} {rate}%"))
    }

    pub(super) fn price(&mut self) -> String {
        let cents = self.random.random_range(0..100);
        format!("{}.{cents:02}", self.random.random_range(1..200))
    }

    fn sku(&mut self) -> String {
        let nth = self.number();
        format!("P{nth}-{}", self.mark)
    }

    fn product(&mut self) -> Option<Json> {
        let mut products = self.shop.products();
        products.retain(|product| product["status"] != "trash");
        self.one_of(products)
    }

    /// One of the sales team's products that is no stand-in.
    pub(super) fn crm_product(&mut self) -> Option<Json> {
        let mut products = self.crm.records("Products");
        products.retain(|product| !text(product, "productcode").starts_with("WC-"));
        self.one_of(products)
    }

    fn description(&mut self) -> String {
        let words = self.words_or_none();
        let safe = html_escape::encode_text(&words);
        match self.random.random_range(0..5) {
            0 => format!("<p>{safe}</p>\n<ul>\n<li>One &amp; only</li>\n<li><b>Two</b></li>\n</ul>"),
            1 => format!("<h2>{safe}</h2><p>Made <em>by hand</em>.</p>"),
            2 => format!("{safe}\n\nDishwasher safe."),
            3 => String::new(),
            _ => safe.into_owned(),
        }
    }

    fn stock_product(&mut self) -> String {
        let sku = if self.chance(0.1) {
            String::new()
        } else {
            self.sku()
        };
        let managed = self.chance(0.6);
        let (name, price, description) = (self.words(), self.price(), self.description());
        let (stock, weight) = (self.random.random_range(0..50), self.random.random_range(1..90));
        let status = if self.chance(0.2) { "draft" } else { "publish" };
        let mut fields = json!({
            "name": name, "sku": sku, "regular_price": price, "description": description, "status": status,
            "manage_stock": managed, "weight": format!("0.{weight}"),
        });
        if managed {
            fields["stock_quantity"] = json!(stock);
        }
        if self.chance(0.4) {
            let category = format!("Category {}", self.random.random_range(0..1_000_000));
            fields["categories"] = json!([{ "id": self.shop.add_category(&category) }]);
        }
        let id = self.shop.add_product(fields.clone());
        format!("product {id} is added: {fields}")
    }

    fn stock_variable_product(&mut self) -> String {
        let (name, sku) = (self.words(), self.sku());
        let parent = self.shop.add_product(json!({
            "name": name, "sku": sku, "type": "variable",
            "attributes": [{ "name": "Size", "variation": true, "options": ["S", "L"] }],
        }));
        let mut variations = Vec::new();
        for size in ["S", "L"] {
            let price = self.price();
            variations.push(self.shop.add_variation(
                parent,
                json!({
                    "sku": format!("{sku}-{size}"), "regular_price": price, "manage_stock": true, "stock_quantity": 9,
                    "attributes": [{ "name": "Size", "option": size }],
                }),
            ));
        }
        format!("product {parent} is added with variations {variations:?}")
    }

    fn add_crm_product(&mut self) -> String {
        let (name, sku, price, description) = (self.words(), self.sku(), self.price(), self.words_or_none());
        let fields = json!({
            "productname": name, "productcode": sku, "unit_price": price, "description": description,
            "discontinued": "1",
        });
        let id = self.crm.add_record("Products", fields.clone());
        format!("the CRM's product {id} is added: {fields}")
    }

    fn trash_product(&mut self) -> Option<String> {
        let product = self.product()?;
        let id = id_of(&product);
        if self.chance(0.2) {
            self.shop.delete_product(id);
            return Some(format!("product {id} is deleted for good"));
        }
        self.shop.trash_product(id);
        let comes_back = self.chance(0.5);
        if comes_back {
            self.shop.restore_product(id);
        }
        let back = if comes_back { " and restored" } else { "" };
        Some(format!("product {id} is trashed{back}"))
    }

    fn edit_product(&mut self) -> Option<String> {
        let product = self.product()?;
        let id = id_of(&product);
        let is_variable = product["type"] == "variable";
        let edit = match self.random.random_range(0..8) {
            0 => json!({ "name": self.words() }),
            1 | 2 if !is_variable => json!({ "regular_price": self.price() }),
            3 if product["manage_stock"] == true => {
                json!({ "stock_quantity": self.random.random_range(0..80) })
            }
            4 => json!({ "description": self.description() }),
            5 => {
                let status = ["publish", "draft", "private"];
                json!({ "status": status.choose(&mut self.random)? })
            }
            6 => json!({ "weight": format!("{}.5", self.random.random_range(0..40)) }),
            7 if product["type"] == "simple" => {
                let category = format!("Category {}", self.random.random_range(0..1_000_000));
                json!({ "categories": [{ "id": self.shop.add_category(&category) }] })
            }
            _ => return None,
        };
        self.shop.edit_product(id, edit.clone());
        Some(format!("product {id} is edited: {edit}"))
    }

    fn edit_crm_product(&mut self) -> Option<String> {
        let product = self.crm_product()?;
        let id = text(&product, "id");
        let mut edit = Map::new();
        for _ in 0..self.random.random_range(1..3) {
            let (field, value) = match self.random.random_range(0..6) {
                0 => ("productname", self.words()),
                1 | 2 => ("unit_price", self.price()),
                3 => ("description", self.words_or_none()),
                4 => ("discontinued", u8::from(self.chance(0.5)).to_string()),
                _ => ("weight", format!("{}.25", self.random.random_range(0..40))),
            };
            edit.insert(field.to_owned(), json!(value));
        }
        let told = format!("the CRM's product {id} is edited: {}", Json::from(edit.clone()));
        self.crm.edit_record(id, edit.into());
        Some(told)
    }
}
