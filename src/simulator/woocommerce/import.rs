//! Records that an import writes to the database, past WooCommerce: nothing is checked, and nothing announced.

use serde_json::{Value, json};

use super::records::Records;
use super::{WooCommerceSimulator, fields, object};
use crate::clock::Timestamp;

impl WooCommerceSimulator {
    /// Copies a customer, with other values of these fields. Says the copy's id; `None` where there is no such customer.
    pub fn copy_customer(&self, id: u64, changes: Value) -> Option<u64> {
        let mut shop = self.shared.shop();
        let (new, now) = (shop.next_user, shop.now());
        copy(&mut shop.customers, id, new, changes, now)?;
        shop.next_user += 1;
        Some(new)
    }

    /// Copies a product, with other values of these fields. Says the copy's id; `None` where there is no such product.
    pub fn copy_product(&self, id: u64, changes: Value) -> Option<u64> {
        let mut shop = self.shared.shop();
        let (new, now) = (shop.next_post, shop.now());
        copy(&mut shop.products, id, new, changes, now)?;
        shop.next_post += 1;
        Some(new)
    }

    /// Copies an order, with other values of these fields. Says the copy's id; `None` where there is no such order.
    pub fn copy_order(&self, id: u64, changes: Value) -> Option<u64> {
        let mut shop = self.shared.shop();
        let (new, now) = (shop.next_post, shop.now());
        copy(&mut shop.orders, id, new, changes, now)?;
        shop.next_post += 1;
        Some(new)
    }
}

/// Makes the copy a record of its own, of now.
fn copy(records: &mut Records, id: u64, new: u64, changes: Value, now: Timestamp) -> Option<()> {
    let mut record = records.get(&id)?.clone();
    record.insert("id".to_owned(), json!(new));
    if let Some(number) = record.get_mut("number") {
        *number = json!(new.to_string());
    }
    fields::set_date(&mut record, "date_created", Some(now));
    fields::set_date(&mut record, "date_modified", Some(now));
    record.extend(object(changes));
    records.insert(new, record);
    Some(())
}
