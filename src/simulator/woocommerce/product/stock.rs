//! The stock, and what orders take out of it and put back.

use serde_json::{Value, json};

use super::{merge, store};
use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{as_integer, id_of, text_of};
use crate::simulator::woocommerce::line;
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
    let takes = is_under_way && shop.stocked_out.insert(order);
    let gives_back = is_off && shop.stocked_out.remove(&order);
    if !(takes || gives_back) {
        return;
    }
    each_line(shop, order, |shop, line| {
        let quantity = line.get("quantity").and_then(as_integer).unwrap_or(0);
        let (sold, wanted) = if takes {
            (quantity, quantity)
        } else {
            (-quantity, 0)
        };
        count_sale(shop, id_of(line, "product_id"), sold);
        give(shop, line, wanted);
    });
}

/// Follows a change of an order's lines by id, whatever the order's status; what is new or gone is not counted.
pub(in crate::simulator::woocommerce) fn follow_lines(shop: &mut Shop, order: u64, given: &Fields) {
    let sent = given
        .get("line_items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let changed: Vec<u64> = sent
        .filter_map(Value::as_object)
        .map(|line| id_of(line, "id"))
        .collect();
    each_line(shop, order, |shop, line| {
        let quantity = line.get("quantity").and_then(as_integer).unwrap_or(0);
        if changed.contains(&id_of(line, "id")) && give(shop, line, quantity) {
            shop.stocked_out.insert(order);
        }
    });
}

/// Lets `change` at each of an order's goods. The order's date does not move.
fn each_line(shop: &mut Shop, order: u64, mut change: impl FnMut(&mut Shop, &mut Fields)) {
    let stored = shop.orders.get_mut(&order);
    let Some(lines) = stored.and_then(|order| order.get_mut("line_items")) else {
        return;
    };
    let mut changed = lines.take();
    let lines = changed.as_array_mut().into_iter().flatten();
    for line in lines.filter_map(Value::as_object_mut) {
        change(shop, line);
    }
    if let Some(order) = shop.orders.get_mut(&order) {
        order.insert("line_items".into(), changed);
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

/// Gives a line as much of the stock as it is to have in all. Says whether that changed the stock.
fn give(shop: &mut Shop, line: &mut Fields, wanted: i64) -> bool {
    let sold = match id_of(line, "variation_id") {
        0 => id_of(line, "product_id"),
        variation => variation,
    };
    let more = wanted - line::reduced_stock(line);
    let holder = holder(shop, sold).filter(|_| more != 0);
    let Some((holder, mut product)) = holder.and_then(|id| Some((id, shop.products.get(&id)?.clone())))
    else {
        return false;
    };
    let quantity = product["stock_quantity"].as_i64().unwrap_or(0);
    product.insert("stock_quantity".into(), json!(quantity - more));
    merge::set_stock_status(&mut product);
    store(shop, holder, product);
    shop.fire("product.updated", holder);
    line::set_reduced_stock(line, wanted, &mut shop.next_meta);
    true
}

/// The number of sales is written past everything: no date moves, no webhook tells.
fn count_sale(shop: &mut Shop, id: u64, by: i64) {
    if let Some(product) = shop.products.get_mut(&id) {
        let sales = product["total_sales"].as_i64().unwrap_or(0);
        product.insert("total_sales".into(), json!(sales + by));
    }
}
