//! What people do with products and taxes in the shop itself, outside of REST.

use serde_json::{Value, json};

use super::{WooCommerceSimulator, category, object, product, tax};

impl WooCommerceSimulator {
    /// All products as GET `/products` shows them, by id: variations and trashed ones too.
    pub fn products(&self) -> Vec<Value> {
        let shop = self.shared.shop();
        shop.products
            .iter()
            .map(|(&id, product)| product::view(&shop, id, product, false))
            .collect()
    }

    /// A product or variation as GET `/products` shows it.
    pub fn product(&self, id: u64) -> Option<Value> {
        let shop = self.shared.shop();
        let product = shop.products.get(&id)?;
        Some(product::view(&shop, id, product, false))
    }

    /// Someone adds a product; a variation, if its `type` says so and `parent_id` names its product. Says the id.
    pub fn add_product(&self, fields: Value) -> u64 {
        product::add(&mut self.shared.shop(), &object(fields))
    }

    /// Someone adds a variation to a variable product. Says its id.
    pub fn add_variation(&self, product: u64, fields: Value) -> u64 {
        let mut fields = object(fields);
        fields.insert("type".into(), json!("variation"));
        fields.insert("parent_id".into(), json!(product));
        product::add(&mut self.shared.shop(), &fields)
    }

    /// Someone edits a product or variation. Says whether there is such a one.
    pub fn edit_product(&self, id: u64, fields: Value) -> bool {
        product::edit(&mut self.shared.shop(), id, &object(fields))
    }

    /// Someone moves a product to the trash. Says whether there was such a one outside of it.
    pub fn trash_product(&self, id: u64) -> bool {
        product::trash(&mut self.shared.shop(), id)
    }

    /// Someone takes a product out of the trash. Says whether there was such a one in it.
    pub fn restore_product(&self, id: u64) -> bool {
        product::restore(&mut self.shared.shop(), id)
    }

    /// Someone deletes a product or variation for good, which no webhook tells. Says whether there was such a one.
    pub fn delete_product(&self, id: u64) -> bool {
        product::remove(&mut self.shared.shop(), id)
    }

    /// Someone adds a category. Says its id.
    pub fn add_category(&self, name: &str) -> u64 {
        let fields = object(json!({"name": name}));
        category::add(&mut self.shared.shop(), &fields)
    }

    /// All tax rates as GET shows them, by id.
    pub fn taxes(&self) -> Vec<Value> {
        let shop = self.shared.shop();
        shop.taxes
            .iter()
            .map(|(&id, rate)| tax::view(&shop, id, rate))
            .collect()
    }

    /// Someone adds a tax rate. Says its id.
    pub fn add_tax(&self, fields: Value) -> u64 {
        tax::add(&mut self.shared.shop(), &object(fields))
    }

    /// Someone edits a tax rate. Says whether there is such a one.
    pub fn edit_tax(&self, id: u64, fields: Value) -> bool {
        tax::edit(&mut self.shared.shop(), id, &object(fields))
    }

    /// Someone deletes a tax rate. Says whether there was such a one.
    pub fn delete_tax(&self, id: u64) -> bool {
        self.shared.shop().taxes.remove(&id).is_some()
    }
}
