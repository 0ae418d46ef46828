//! What is bought in the demonstration: orders in the shop and in the CRM, and what becomes of them.

use rand::RngExt;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::goods;
use crate::simulator::vtiger::VtigerSimulator;
use crate::simulator::woocommerce::WooCommerceSimulator;

/// Somebody buys in the shop; `buyer` has the addresses and perhaps a `customer_id`.
pub(super) fn buy(random: &mut SmallRng, shop: &WooCommerceSimulator, mut buyer: Json) {
    let goods = goods::on_sale(shop);
    let has_coupon = random.random_bool(0.25);
    let (mut lines, mut saved) = (Vec::new(), Decimal::ZERO);
    for _ in 0..random.random_range(1..=4) {
        let Some(product) = goods.choose(random) else {
            continue;
        };
        let quantity = random.random_range(1..=3);
        let price: Decimal = product["price"]
            .as_str()
            .and_then(|price| price.parse().ok())
            .unwrap_or_default();
        let mut line = match product["parent_id"].as_u64() {
            Some(0) | None => json!({ "product_id": product["id"] }),
            Some(parent) => json!({ "product_id": parent, "variation_id": product["id"] }),
        };
        line["quantity"] = json!(quantity);
        if has_coupon {
            let cost = price * Decimal::from(quantity);
            let discount = (cost * Decimal::new(1, 1)).round_dp(2);
            saved += discount;
            line["subtotal"] = json!(cost.to_string());
            line["total"] = json!((cost - discount).to_string());
        }
        lines.push(line);
    }
    buyer["line_items"] = lines.into();
    if has_coupon {
        buyer["coupon_lines"] = json!([{ "code": "welcome10", "discount": saved.to_string() }]);
    }
    if random.random_bool(0.7) {
        buyer["shipping_lines"] = json!([
            { "method_id": "flat_rate", "method_title": "Parcel", "total": "5.90" }
        ]);
    }
    match random.random_range(0..6) {
        0 => buyer["fee_lines"] = json!([{ "name": "Gift wrap", "total": "2.50" }]),
        1 => buyer["fee_lines"] = json!([{ "name": "Own cup", "total": "-0.50" }]),
        _ => {}
    }
    if random.random_bool(0.3) {
        buyer["customer_note"] = json!("Please ring twice.\nThank you!");
    }
    shop.place_order(buyer);
}

/// Somebody in the shop moves an order on, or pays some of it back.
pub(super) fn handle(random: &mut SmallRng, shop: &WooCommerceSimulator) {
    let orders = shop.orders();
    let Some((id, order)) = orders
        .choose(random)
        .and_then(|order| Some((order["id"].as_u64()?, order)))
    else {
        return;
    };
    if ["refunded", "cancelled"]
        .iter()
        .any(|status| order["status"] == *status)
    {
        return;
    }
    let status = ["processing", "on-hold", "completed", "completed", "cancelled"].choose(random);
    match random.random_range(0..6) {
        0 => drop(shop.refund_order(id, "1.00", "Broken cup")),
        1 => drop(shop.edit_order(id, json!({ "customer_note": "Leave it with the neighbours." }))),
        _ => drop(shop.edit_order(id, json!({ "status": status }))),
    }
}

/// Somebody in sales moves an order on, or changes how much is ordered.
pub(super) fn handle_in_crm(random: &mut SmallRng, crm: &VtigerSimulator) {
    let orders = crm.records("SalesOrder");
    let Some((id, order)) = orders
        .choose(random)
        .and_then(|order| Some((order["id"].as_str()?, order)))
    else {
        return;
    };
    let status = ["Created", "Approved", "Delivered", "Delivered", "Cancelled"].choose(random);
    let edit = match random.random_range(0..3) {
        0 if order["LineItems"][0]["productid"].is_string() => {
            let mut lines = order["LineItems"].clone();
            lines[0]["quantity"] = json!(random.random_range(1..=5).to_string());
            json!({ "LineItems": lines })
        }
        1 => json!({ "description": "Called the customer." }),
        _ => json!({ "sostatus": status }),
    };
    crm.edit_record(id, edit);
}

/// Somebody in sales takes an order by phone from a contact that has an organization.
pub(super) fn sell(random: &mut SmallRng, crm: &VtigerSimulator) {
    let mut contacts = crm.records("Contacts");
    contacts.retain(|contact| contact["account_id"].is_string() && contact["email"] != "");
    let mut products = crm.records("Products");
    products.retain(|product| product["discontinued"] == "1" && is_positive(&product["unit_price"]));
    let (Some(contact), Some(product)) = (contacts.choose(random), products.choose(random)) else {
        return;
    };
    let city =
        ["street", "city", "state", "zip", "country"].map(|part| contact[format!("mailing{part}")].clone());
    let [street, city, state, code, country] = city;
    let street = if street == "" { json!("-") } else { street };
    let quantity = random.random_range(1..=4).to_string();
    crm.add_record(
        "SalesOrder",
        json!({
            "subject": "Order by phone", "contact_id": contact["id"], "account_id": contact["account_id"],
            "bill_street": street, "bill_city": city, "bill_state": state, "bill_code": code,
            "bill_country": country, "ship_street": street, "ship_city": city, "ship_state": state,
            "ship_code": code, "ship_country": country,
            "LineItems": [{ "productid": product["id"], "quantity": quantity, "listprice": product["unit_price"] }],
        }),
    );
}

fn is_positive(price: &Json) -> bool {
    let price = price.as_str().and_then(|price| price.parse::<Decimal>().ok());
    price.is_some_and(|price| price > Decimal::ZERO)
}
