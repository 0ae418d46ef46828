//! Orders: refunds, the trash and the stock, and what is told of them.

use serde_json::{Value as Json, json};

use super::webhooks::{SECRET, assert_delivered_as_recorded, listener, received, topics};
use super::{call, open_shop, replay};
use crate::recording;

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_made_listed_and_deleted_as_recorded() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    let id = shop.place_order(json!({"total": "10.00", "customer_id": customer}));
    shop.add_webhook("order.updated", &listener.uri(), SECRET);
    let path = format!("/orders/{id}/refunds");

    let mut reply = recording::json("woo/rest/refund_create_201.json");
    reply["request"] = Json::Null;
    let body = json!({"amount": "2.00", "reason": "r", "api_refund": false});
    let made = call(&shop, "POST", &path, &body).await;
    super::assert_as_recorded("refund_create_201", &made, &reply, &shop);
    replay(&shop, "order_refunds_list", &path).await;
    let requests = received(&shop, &listener).await;
    assert_eq!(topics(&requests), ["order.updated"]);
    assert_delivered_as_recorded("order.updated-refund", &requests[0]);
    let order = || shop.order(id).unwrap();
    let shown = json!([{"id": made.id(), "reason": "r", "total": "-2.00"}]);
    assert_eq!(
        [&order()["refunds"], &order()["status"]],
        [&shown, &json!("processing")]
    );

    let too_much = call(&shop, "POST", &path, &json!({"amount": "8.01"})).await;
    assert_eq!(
        too_much.body["code"],
        "woocommerce_rest_cannot_create_order_refund"
    );
    let rest = shop.refund_order(id, "8.00", "all of it").unwrap();
    assert_eq!(order()["status"], "refunded");
    assert_eq!(
        order()["refunds"][0]["id"],
        json!(rest),
        "the last one comes first"
    );
    assert_eq!(order()["total"], "10.00");

    received(&shop, &listener).await;
    let one = format!("{path}/{rest}");
    assert_eq!(call(&shop, "DELETE", &one, &Json::Null).await.status, 501);
    call(&shop, "DELETE", &format!("{one}?force=true"), &Json::Null).await;
    assert_eq!(order()["refunds"], shown);
    assert!(shop.delete_refund(made.id()));
    assert_eq!(order()["refunds"], json!([]));
    assert_eq!(received(&shop, &listener).await.len(), 2, "no deletion is told");
    assert_eq!(
        call(&shop, "GET", "/orders/999/refunds", &Json::Null)
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_keeps_an_orders_status_and_a_restoration_is_told_as_recorded() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    let id = shop.place_order(json!({"status": "completed", "total": "10.00", "customer_id": customer}));
    for topic in ["order.updated", "order.deleted", "order.restored"] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }

    assert!(shop.trash_order(id));
    assert!(!shop.trash_order(id));
    received(&shop, &listener).await;
    let trashed = shop.order(id).unwrap();
    assert!(shop.restore_order(id));
    assert!(!shop.restore_order(id));

    assert_eq!(trashed["status"], "trash");
    assert_eq!(trashed["meta_data"][0]["value"], "wc-completed");
    let restored = shop.order(id).unwrap();
    assert_eq!(
        [&restored["status"], &restored["meta_data"]],
        [&json!("completed"), &json!([])]
    );
    let requests = received(&shop, &listener).await;
    assert_eq!(
        topics(&requests),
        ["order.deleted", "order.restored", "order.updated"]
    );
    assert_delivered_as_recorded("order.restored-1-order.restored", &requests[1]);
    assert!(shop.delete_order(id));
    assert_eq!(received(&shop, &listener).await.len(), 3);
    assert_eq!(shop.order(id), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_line_takes_more_of_the_stock_and_a_cancelled_order_gives_all_back() {
    let shop = open_shop().await;
    let desk = shop.add_product(json!({
        "name": "Desk", "regular_price": "5.00", "manage_stock": true, "stock_quantity": 10,
    }));
    let id = shop.place_order(json!({"line_items": [{"product_id": desk, "quantity": 2}]}));
    let stock = || shop.product(desk).unwrap()["stock_quantity"].clone();
    let line = shop.order(id).unwrap()["line_items"][0].clone();
    let noted = json!([{"key": "_reduced_stock", "value": "2"}]);
    assert_eq!(line["meta_data"][0]["value"], noted[0]["value"]);
    assert_eq!(stock(), 8);

    shop.edit_order(id, json!({"line_items": [{"id": line["id"], "quantity": 5}]}));
    assert_eq!(stock(), 5);
    shop.edit_order(id, json!({"line_items": [{"product_id": desk, "quantity": 1}]}));
    assert_eq!(stock(), 5, "what is added to an order under way is not counted");
    shop.edit_order(id, json!({"status": "completed"}));
    shop.trash_order(id);
    shop.restore_order(id);
    assert_eq!(stock(), 5);
    shop.edit_order(id, json!({"status": "cancelled"}));
    assert_eq!(stock(), 10);
    assert_eq!(shop.order(id).unwrap()["line_items"][0]["meta_data"], json!([]));
}
