//! The stock, and what orders take out of it and put back.

use serde_json::{Value, json};

use super::{merge, store};
use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{as_integer, id_of, text_of};
use crate::simulator::woocommerce::shop::Shop;

/// Takes an order's goods out of the stock once it is under way, and puts them back when it no longer is.
///
/// Goods that are not in the catalogue, or whose stock is not managed, are not counted.
pub(in crate::simulator::woocommerce) fn follow_order(shop: &mut Shop, order: u64) {
    let Some(stored) = shop.orders.get(&order) else {
        return;
    };
    let status = text_of(stored, "status");
    let is_under_way = ["processing", "on-hold", "completed"].contains(&status);
    let is_off = ["pending", "cancelled"].contains(&status);
    let lines = stored.get("line_items").and_then(Value::as_array).cloned();
    let sign = if is_under_way && shop.stocked_out.insert(order) {
        -1
    } else if is_off && shop.stocked_out.remove(&order) {
        1
    } else {
        return;
    };
    let lines = lines.unwrap_or_default();
    for line in lines.iter().filter_map(Value::as_object) {
        let quantity = line.get("quantity").and_then(as_integer).unwrap_or(0);
        count_sale(shop, id_of(line, "product_id"), -sign * quantity);
        change(shop, line, sign * quantity);
    }
}

/// The product that holds a product's managed stock: itself, or a variation's parent.
pub(super) fn holder(shop: &Shop, id: u64) -> Option<u64> {
    let product = shop.products.get(&id)?;
    if product["manage_stock"] == json!(true) {
        return Some(id);
    }
    let parent = if super::is_variation(product) {
        id_of(product, "parent_id")
    } else {
        0
    };
    let manages = shop.products.get(&parent)?["manage_stock"] == json!(true);
    manages.then_some(parent)
}

fn change(shop: &mut Shop, line: &Fields, by: i64) {
    let sold = match id_of(line, "variation_id") {
        0 => id_of(line, "product_id"),
        variation => variation,
    };
    let Some(holder) = holder(shop, sold) else {
        return;
    };
    if let Some(mut product) = shop.products.get(&holder).cloned() {
        let quantity = product["stock_quantity"].as_i64().unwrap_or(0);
        product.insert("stock_quantity".into(), json!(quantity + by));
        merge::set_stock_status(&mut product);
        store(shop, holder, product);
        shop.fire("product.updated", holder);
    }
}

/// The number of sales is written past everything: no date moves, no webhook tells.
fn count_sale(shop: &mut Shop, id: u64, by: i64) {
    if let Some(product) = shop.products.get_mut(&id) {
        let sales = product["total_sales"].as_i64().unwrap_or(0);
        product.insert("total_sales".into(), json!(sales + by));
    }
}
