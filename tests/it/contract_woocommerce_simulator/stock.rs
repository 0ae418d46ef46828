//! The stock: what orders take out of it, and what they tell of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::orders::SetClock;
use super::webhooks::{SECRET, assert_delivered_as_recorded, listener, received, topics};
use super::{call, open_shop};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_takes_its_goods_out_of_the_stock_once_and_puts_them_back() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    let stocked = shop.add_product(json!({"name": "Stocked", "manage_stock": true, "stock_quantity": 2}));
    let other = shop.add_product(json!({"name": "Unstocked"}));
    let lines = json!([
        {"product_id": stocked, "quantity": 2},
        {"product_id": other, "quantity": 1},
        {"product_id": 999_999, "quantity": 1},
    ]);
    let order = call(&shop, "POST", "/orders", &json!({"line_items": lines}))
        .await
        .id();
    for topic in ["order.updated", "product.updated"] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }
    let becomes = async |status: &str| {
        call(
            &shop,
            "PUT",
            &format!("/orders/{order}"),
            &json!({"status": status}),
        )
        .await;
        received(&shop, &listener).await;
        let product = shop.product(stocked).unwrap();
        json!([
            product["stock_quantity"],
            product["stock_status"],
            product["total_sales"]
        ])
    };

    assert_eq!(becomes("processing").await, json!([0, "outofstock", 2]));
    assert_eq!(becomes("completed").await, json!([0, "outofstock", 2]));
    assert_eq!(becomes("cancelled").await, json!([2, "instock", 0]));

    let requests = received(&shop, &listener).await;
    assert_eq!(
        topics(&requests),
        [
            "order.updated",
            "product.updated",
            "order.updated",
            "order.updated",
            "product.updated"
        ]
    );
    assert_delivered_as_recorded("order.updated-processing-2-product.updated", &requests[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variation_without_stock_of_its_own_takes_its_parents() {
    let clock = Arc::new(SetClock(AtomicI64::new(1_795_434_180)));
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        clock: clock.clone(),
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap();
    let parent = shop.add_product(
        json!({"name": "Shirt", "type": "variable", "manage_stock": true, "stock_quantity": 50}),
    );
    let add = |fields: serde_json::Value| {
        let mut fields = fields;
        fields["type"] = json!("variation");
        fields["parent_id"] = json!(parent);
        shop.add_product(fields)
    };
    let (red, blue) = (
        add(json!({})),
        add(json!({"manage_stock": true, "stock_quantity": 12})),
    );
    clock.0.fetch_add(60, Ordering::Relaxed);
    let quantity = |id: u64| shop.product(id).unwrap()["stock_quantity"].clone();

    let buy = |variation: u64| {
        shop.place_order(json!({
            "line_items": [{"product_id": parent, "variation_id": variation, "quantity": 3}],
        }))
    };
    buy(blue);

    assert_eq!([quantity(parent), quantity(red), quantity(blue)], [50, 50, 9]);
    let dates = shop.product(parent).unwrap();
    assert_eq!(
        dates["date_modified_gmt"], "2026-11-23T11:44:00",
        "a variation's change dates its parent"
    );
    buy(red);
    assert_eq!([quantity(parent), quantity(red), quantity(blue)], [47, 47, 9]);
}
