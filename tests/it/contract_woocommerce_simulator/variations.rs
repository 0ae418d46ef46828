//! Variations: a product's own collection, and what their changes set off.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceSimulator;

use super::products::{assert_values, recorded};
use super::webhooks::{SECRET, assert_delivered_as_recorded, body, listener, received, topics};
use super::{call, open_shop, replay};
use crate::recording;

/// Adds the recorded shirt with its six variations; says the product's id, and the variations' by their age.
fn add_shirt(shop: &WooCommerceSimulator) -> (u64, Vec<u64>) {
    let shirt = shop.add_product(recorded("product_get_variable"));
    let variations = recorded("variations_list");
    let oldest_first = variations.as_array().unwrap().iter().rev();
    let ids = oldest_first.map(|variation| {
        let mut variation = variation.clone();
        variation["parent_id"] = json!(shirt);
        // GET shows the parent's class instead.
        variation["tax_class"] = json!("parent");
        shop.add_product(variation)
    });
    (shirt, ids.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn variations_are_read_as_recorded() {
    let shop = open_shop().await;
    let (shirt, ids) = add_shirt(&shop);
    let path = format!("/products/{shirt}/variations");

    let parent = replay(&shop, "product_get_variable", &format!("/products/{shirt}")).await;
    let listed = replay(&shop, "variations_list", &path).await;
    replay(&shop, "variation_get", &format!("{path}/{}", ids[0])).await;
    replay(&shop, "variation_get_404", &format!("{path}/999999")).await;
    replay(&shop, "all_variations_list", "/variations?per_page=2").await;
    let full = replay(
        &shop,
        "product_get_of_variation_id",
        &format!("/products/{}", ids[0]),
    )
    .await;
    let products = call(&shop, "GET", "/products", &Json::Null).await;
    let by_sku = call(&shop, "GET", "/products?sku=VAR-01-S-R", &Json::Null).await;
    let elsewhere = call(&shop, "PUT", &format!("/products/{}", ids[0]), &json!({})).await;

    let keys = [
        "name",
        "sku",
        "price",
        "on_sale",
        "type",
        "attributes",
        "has_options",
        "stock_quantity",
    ];
    assert_values(&shop, &parent.body, &recorded("product_get_variable"), &keys);
    assert_eq!(parent.body["variations"], json!(ids));
    let expected = recorded("variations_list");
    let keys = [
        "sku",
        "name",
        "permalink",
        "price",
        "regular_price",
        "sale_price",
        "on_sale",
        "manage_stock",
        "stock_quantity",
        "attributes",
        "weight",
    ];
    for (shown, expected) in listed
        .body
        .as_array()
        .unwrap()
        .iter()
        .zip(expected.as_array().unwrap())
    {
        assert_values(&shop, shown, expected, &keys);
    }
    let keys = [
        "name",
        "slug",
        "permalink",
        "type",
        "total_sales",
        "manage_stock",
        "attributes",
    ];
    assert_values(&shop, &full.body, &recorded("product_get_of_variation_id"), &keys);
    assert_eq!(products.header("X-WP-Total"), Some("1"));
    assert_eq!(by_sku.body[0]["id"], json!(ids[0]));
    assert_eq!(
        (elsewhere.status, &elsewhere.body["code"]),
        (404, &json!("woocommerce_rest_invalid_product_id"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn variations_are_written_and_deleted_as_recorded() {
    let shop = open_shop().await;
    let (shirt, ids) = add_shirt(&shop);
    let path = format!("/products/{shirt}/variations");
    let mut batch = recording::json("woo/rest/variations_batch_mixed.json");
    batch["request"]["body"]["update"][0]["id"] = json!(ids[0]);

    let reply = call(&shop, "POST", &format!("{path}/batch"), &batch["request"]["body"]).await;
    let created = call(&shop, "POST", &path, &json!({"sku": "NEW", "regular_price": "3"})).await;
    let taken = call(&shop, "POST", &path, &json!({"sku": "VAR-01"})).await;
    replay(&shop, "variation_delete_no_force", &format!("{path}/{}", ids[1])).await;
    replay(
        &shop,
        "variation_delete_force",
        &format!("{path}/{}?force=true", ids[2]),
    )
    .await;

    super::assert_as_recorded("variations_batch_mixed", &reply, &batch, &shop);
    assert_eq!(
        reply.body["update"][0]["stock_quantity"], 50,
        "it is the parent's"
    );
    assert_eq!(reply.body["update"][0]["tax_class"], "parent");
    assert_eq!(reply.body["update"][1], batch["body"]["update"][1]);
    assert_eq!(created.status, 201);
    assert!(
        created
            .header("Location")
            .unwrap()
            .ends_with(&format!("{path}/{}", created.id()))
    );
    assert_eq!(taken.body["data"]["resource_id"], json!(shirt));
    let parent = shop.product(shirt).unwrap();
    assert_eq!(
        parent["variations"],
        json!([ids[0], ids[3], ids[4], ids[5], created.id()])
    );
    assert_eq!(parent["price"], "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variation_is_announced_as_a_product_and_its_parent_is_not() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    let parent = shop.add_product(json!({"name": "Hook var", "type": "variable"}));
    for topic in ["product.created", "product.updated", "product.deleted"] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }
    let path = format!("/products/{parent}/variations");
    let given = json!({"regular_price": "9.00", "attributes": [{"name": "Color", "option": "Red"}]});

    let id = call(&shop, "POST", &path, &given).await.id();
    received(&shop, &listener).await;
    let path = format!("{path}/{id}");
    call(&shop, "PUT", &path, &json!({"regular_price": "9.50"})).await;
    received(&shop, &listener).await;
    call(&shop, "DELETE", &format!("{path}?force=true"), &Json::Null).await;

    let requests = received(&shop, &listener).await;
    assert_eq!(topics(&requests), ["product.created", "product.updated"]);
    for (request, name) in requests
        .iter()
        .zip(["product.created-variation", "product.updated-variation"])
    {
        assert_delivered_as_recorded(name, request);
        let told = body(request);
        assert_eq!(
            (&told["type"], &told["parent_id"]),
            (&json!("variation"), &json!(parent))
        );
        assert_eq!(told["name"], "Hook var - Red");
    }
}
