//! Products: what is announced of them.

use serde_json::{Value as Json, json};

use super::webhooks::{SECRET, assert_delivered_as_recorded, body, listener, received, slow_shop, topics};
use super::{call, open_shop};

#[tokio::test(flavor = "multi_thread")]
async fn a_products_life_is_announced_as_recorded() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    for topic in [
        "product.created",
        "product.updated",
        "product.deleted",
        "product.restored",
    ] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }
    let given =
        json!({"name": "Hook product", "regular_price": "12.00", "manage_stock": true, "stock_quantity": 10});
    let id = call(&shop, "POST", "/products", &given).await.id();
    let path = format!("/products/{id}");
    received(&shop, &listener).await;
    for change in [json!({"regular_price": "13.00"}), json!({})] {
        call(&shop, "PUT", &path, &change).await;
        received(&shop, &listener).await;
    }
    call(&shop, "DELETE", &path, &Json::Null).await;
    received(&shop, &listener).await;
    shop.restore_product(id);
    received(&shop, &listener).await;
    shop.trash_product(id);
    received(&shop, &listener).await;
    call(&shop, "PUT", &path, &json!({"status": "publish"})).await;
    call(&shop, "DELETE", &format!("{path}?force=true"), &Json::Null).await;

    let requests = received(&shop, &listener).await;

    let expected = [
        ("product.created", "product.created"),
        ("product.updated", "product.updated"),
        ("product.updated", "product.updated-nochange"),
        ("product.deleted", "product.deleted"),
        ("product.updated", "product.restored-1-product.updated"),
        ("product.restored", "product.restored-2-product.restored"),
        ("product.deleted", "product.deleted"),
    ];
    assert_eq!(topics(&requests[..7]), expected.map(|(topic, _)| topic));
    for (request, (_, name)) in requests.iter().zip(expected) {
        assert_delivered_as_recorded(name, request);
    }
    assert_eq!(topics(&requests[7..]), ["product.updated"], "force tells nobody");
    assert_eq!(body(&requests[3]), json!({"id": id}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_gone_is_announced_as_a_signed_error() {
    let (shop, listener) = (slow_shop().await, listener(200).await);
    shop.add_webhook("product.created", &listener.uri(), SECRET);

    let id = shop.add_product(json!({"name": "Short"}));
    call(&shop, "POST", "/products/batch", &json!({"delete": [id]})).await;

    let requests = received(&shop, &listener).await;
    assert_eq!(requests.len(), 1);
    assert_delivered_as_recorded("product.created-gone", &requests[0]);
}
