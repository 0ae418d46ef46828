//! Orders: what is read, written and found.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value as Json, json};
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::{call, open_shop, replay};
use crate::recording;

#[tokio::test(flavor = "multi_thread")]
async fn guest_orders_are_read_as_recorded() {
    let shop = open_shop().await;
    let mut recorded = recording::json("woo/rest/order_get_guest.json")["body"].clone();
    for line in recorded["line_items"].as_array_mut().unwrap() {
        line["product_id"] = json!(shop.add_product(json!({"name": line["name"], "sku": line["sku"]})));
    }
    let id = shop.place_order(recorded.clone());

    let reply = replay(&shop, "order_get_guest", &format!("/orders/{id}")).await;
    replay(&shop, "order_get_404", "/orders/999999").await;

    for key in [
        "billing",
        "shipping",
        "customer_id",
        "status",
        "total",
        "total_tax",
        "payment_method",
    ] {
        assert_eq!(reply.body[key], recorded[key], "{key}");
    }
    assert_eq!(reply.body["line_items"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_written_as_recorded() {
    let shop = open_shop().await;

    let created = replay(&shop, "order_create_empty", "/orders").await;
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    for refused in [
        "order_create_400_bad_status",
        "order_create_400_bad_coupon",
        "order_create_400_no_product",
        "order_create_400_unknown_customer",
    ] {
        replay(&shop, refused, "/orders").await;
    }
    let path = format!("/orders/{}", created.id());
    call(&shop, "PUT", &path, &json!({"customer_id": customer})).await;
    replay(&shop, "order_update_200_unchanged", &path).await;
    replay(&shop, "order_update_200_meta", &path).await;
    replay(&shop, "order_update_400_bad_line_id", &path).await;
    replay(&shop, "order_update_400_invalid_id", "/orders/999999").await;
    replay(&shop, "order_delete_404", "/orders/999999").await;
    let was = replay(&shop, "order_delete_trash", &path).await;
    let trashed = replay(&shop, "order_get_trashed", &path).await;

    assert_eq!(was.body["status"], "pending");
    assert_eq!(trashed.body["status"], "trash");
    assert_eq!(call(&shop, "DELETE", &path, &Json::Null).await.status, 410);
}

/// A clock that stands at these seconds after 1970.
#[derive(Debug)]
pub(super) struct SetClock(pub(super) AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_by_what_changed() {
    // 2026-11-23T11:51:54 UTC.
    let clock = Arc::new(SetClock(AtomicI64::new(1_795_434_714)));
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        trust_plain_http: true,
        clock: clock.clone(),
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap();
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    for _ in 0..30 {
        shop.place_order(json!({"customer_id": customer}));
    }
    replay(&shop, "orders_list", "/orders?per_page=2").await;
    clock.0.fetch_add(60, Ordering::Relaxed);
    let draft = shop.place_order(json!({"status": "checkout-draft"}));
    let total = async |query: &str| {
        let reply = call(&shop, "GET", &format!("/orders?{query}"), &Json::Null).await;
        reply.header("X-WP-Total").unwrap().parse::<usize>().unwrap()
    };

    let newest = call(
        &shop,
        "GET",
        "/orders?per_page=1&_fields=id%2Cdate_modified_gmt",
        &Json::Null,
    )
    .await;

    assert_eq!(
        newest.body,
        json!([{"id": draft, "date_modified_gmt": "2026-11-23T11:52:54"}])
    );
    for (query, expected) in [
        ("modified_after=2026-11-23T11:51:53&dates_are_gmt=true", 31),
        ("modified_after=2026-11-23T11:51:54&dates_are_gmt=true", 1),
        ("modified_after=2026-11-23T11:51:54Z", 1),
        ("modified_after=2026-11-23T11:51:54", 0),
        ("modified_after=2026-11-23T03:51:54", 1),
        ("after=2026-11-23T11:52:53Z", 1),
        ("before=2026-11-23T11:52:54Z", 30),
        ("customer=0", 1),
        ("status=processing,completed", 30),
    ] {
        assert_eq!(total(query).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_changed_in_batches_as_recorded() {
    let shop = open_shop().await;
    let lamp = shop.add_product(json!({"name": "Lamp", "sku": "LAMP", "regular_price": "5"}));
    let id = shop.place_order(json!({"line_items": [{"product_id": lamp, "quantity": 1}]}));
    let mut batch = recording::json("woo/rest/orders_batch_mixed.json");
    batch["request"]["body"]["delete"][0] = json!(id);

    let reply = call(&shop, "POST", "/orders/batch", &batch["request"]["body"]).await;

    super::assert_as_recorded("orders_batch_mixed", &reply, &batch, &shop);
    assert_eq!(reply.body["create"][1], batch["body"]["create"][1]);
    assert_eq!(reply.body["delete"][0]["id"], json!(id));
    assert_eq!(shop.orders().len(), 1, "a batch deletes for good");
}
