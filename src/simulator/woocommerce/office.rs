//! What buyers and the shop's people do with orders, outside of REST.

use serde_json::Value;

use super::shop::Resource;
use super::{WooCommerceSimulator, money, object, order, refund};

impl WooCommerceSimulator {
    /// All orders as GET shows them, by id, trashed ones too.
    pub fn orders(&self) -> Vec<Value> {
        let shop = self.shared.shop();
        shop.orders
            .iter()
            .map(|(&id, order)| order::view(&shop, id, order))
            .collect()
    }

    /// An order as GET shows it, a trashed one too.
    pub fn order(&self, id: u64) -> Option<Value> {
        order::Orders.get(&self.shared.shop(), id).ok()
    }

    /// Someone buys; a guest if `customer_id` is 0 or missing. Says the order's id.
    pub fn place_order(&self, fields: Value) -> u64 {
        order::place(&mut self.shared.shop(), &object(fields))
    }

    /// Someone edits an order, by the fields that REST has; taxes are reckoned anew, as with "Recalculate".
    /// Says whether there is such an order, and what was given fits it.
    pub fn edit_order(&self, id: u64, fields: Value) -> bool {
        let fields = object(fields);
        order::Orders.update(&mut self.shared.shop(), id, &fields).is_ok()
    }

    /// Someone moves an order to the trash. Says whether there was such a one outside of it.
    pub fn trash_order(&self, id: u64) -> bool {
        order::trash(&mut self.shared.shop(), id)
    }

    /// Someone takes an order out of the trash. Says whether there was such a one in it.
    pub fn restore_order(&self, id: u64) -> bool {
        order::restore(&mut self.shared.shop(), id)
    }

    /// Someone deletes an order for good, which no webhook tells. Says whether there was such a one.
    pub fn delete_order(&self, id: u64) -> bool {
        order::remove(&mut self.shared.shop(), id)
    }

    /// Someone pays back some of an order, such as `1.50`. Says the refund's id, if that much was left of it.
    pub fn refund_order(&self, id: u64, amount: &str, reason: &str) -> Option<u64> {
        refund::make(&mut self.shared.shop(), id, money::read(amount), reason)
    }

    /// Someone deletes a refund, which nothing tells. Says whether there was such a one.
    pub fn delete_refund(&self, id: u64) -> bool {
        refund::remove(&mut self.shared.shop(), id)
    }
}
