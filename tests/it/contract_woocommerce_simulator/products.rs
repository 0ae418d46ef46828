//! Products: what is read, listed, written and refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::orders::SetClock;
use super::{call, here, open_shop, replay};
use crate::recording;

/// What a recording answered.
pub(super) fn recorded(name: &str) -> Json {
    recording::json(&format!("woo/rest/{name}.json"))["body"].clone()
}

/// Asserts that these keys have the recorded values, but for the shop's address.
pub(super) fn assert_values(shop: &WooCommerceSimulator, shown: &Json, recorded: &Json, keys: &[&str]) {
    let expected: Json = serde_json::from_str(&here(&recorded.to_string(), shop)).unwrap();
    for key in keys {
        assert_eq!(shown[key], expected[key], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_read_as_recorded() {
    let shop = open_shop().await;
    call(
        &shop,
        "POST",
        "/products/categories",
        &json!({"name": "Furniture"}),
    )
    .await;
    let known = recorded("product_get_simple");
    let id = shop.add_product(known.clone());
    shop.add_product(json!({"name": "Another", "sku": "OTHER"}));

    let shown = replay(&shop, "product_get_simple", &format!("/products/{id}")).await;
    let by_sku = replay(&shop, "products_by_sku", "/products?sku=SKU-001").await;
    replay(&shop, "product_get_404", "/products/999999").await;
    let edited = call(&shop, "GET", &format!("/products/{id}?context=edit"), &Json::Null).await;

    assert_values(
        &shop,
        &shown.body,
        &known,
        &[
            "name",
            "slug",
            "permalink",
            "description",
            "short_description",
            "sku",
            "price",
            "regular_price",
            "sale_price",
            "date_on_sale_from",
            "date_on_sale_from_gmt",
            "date_on_sale_to",
            "on_sale",
            "purchasable",
            "manage_stock",
            "stock_quantity",
            "stock_status",
            "backorders",
            "backorders_allowed",
            "backordered",
            "weight",
            "dimensions",
            "categories",
            "average_rating",
        ],
    );
    assert_eq!(shown.body.as_object().unwrap().len(), 71);
    assert_eq!(by_sku.body[0]["id"], json!(id));
    assert_eq!(edited.body["short_description"], "<p>Desk No. 1</p>");
    assert_eq!(edited.body["average_rating"], "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_created_and_refused_as_recorded() {
    let shop = open_shop().await;
    let owner = shop.add_product(json!({"name": "Desk", "sku": "SKU-001"}));

    let nameless = replay(&shop, "product_create_no_name", "/products").await;
    let priceless = replay(&shop, "product_create_bad_price", "/products").await;
    let duplicate = replay(&shop, "product_create_400_duplicate_sku", "/products").await;
    for refused in [
        "product_create_400_bad_status",
        "product_create_400_bad_type",
        "product_create_400_price_number",
        "product_create_stock_fraction",
    ] {
        let reply = replay(&shop, refused, "/products").await;
        assert_eq!(reply.body, recorded(refused));
    }
    let trashed = shop.trash_product(nameless.id());
    let taken = call(&shop, "POST", "/products", &json!({"sku": "noname"})).await;

    let texts = [
        "name",
        "slug",
        "sku",
        "price",
        "purchasable",
        "stock_status",
        "categories",
    ];
    assert_values(&shop, &nameless.body, &recorded("product_create_no_name"), &texts);
    assert_values(
        &shop,
        &priceless.body,
        &recorded("product_create_bad_price"),
        &texts,
    );
    assert_eq!(duplicate.body["data"]["resource_id"], json!(owner));
    assert_eq!(duplicate.body["data"]["unique_sku"], "SKU-001-1");
    assert!(trashed);
    assert_eq!(taken.status, 400);
    assert_eq!(taken.body["code"], "woocommerce_rest_product_not_created");
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_changed_and_deleted_as_recorded() {
    let shop = open_shop().await;
    let id = shop.add_product(recorded("product_before_unchanged_put"));
    let path = format!("/products/{id}");

    replay(&shop, "product_before_unchanged_put", &path).await;
    let unchanged = replay(&shop, "product_update_200_unchanged", &path).await;
    let with_meta = replay(&shop, "product_update_200_meta", &path).await;
    replay(&shop, "product_update_400_invalid_id", "/products/999999").await;
    replay(&shop, "product_delete_404", "/products/999999?force=true").await;

    let texts = [
        "name",
        "description",
        "regular_price",
        "sale_price",
        "generated_slug",
    ];
    let mut expected = recorded("product_update_200_unchanged");
    // What was sent here is what GET had shown, paragraphs included.
    expected["short_description"] = json!("<p>Chair No. 2</p>");
    assert_values(&shop, &unchanged.body, &expected, &texts);
    assert_eq!(with_meta.body["meta_data"][0]["value"], "42");

    let id = shop.add_product(recorded("product_delete_trash"));
    let path = format!("/products/{id}");
    let was = replay(&shop, "product_delete_trash", &path).await;
    let trashed = replay(&shop, "product_get_trashed", &path).await;
    replay(&shop, "product_delete_already_trashed", &path).await;

    assert_eq!(was.body["status"], "publish");
    let seen = ["status", "slug", "sku", "stock_quantity"];
    assert_values(&shop, &trashed.body, &recorded("product_get_trashed"), &seen);
    assert_eq!(trashed.body["meta_data"].as_array().unwrap().len(), 4);
    assert!(shop.restore_product(id));
    assert_eq!(shop.product(id).unwrap()["slug"], "hook-product");
    replay(&shop, "product_delete_force", &format!("{path}?force=true")).await;
    assert_eq!(shop.product(id), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_changed_in_batches_as_recorded() {
    let shop = open_shop().await;
    let id = shop.add_product(recorded("product_get_simple"));
    // As in the recording, the SKU was written past all checks.
    shop.edit_product(id, json!({"meta_data": [{"key": "_sku", "value": "HACK"}]}));
    let mut batch = recording::json("woo/rest/products_batch_mixed.json");
    batch["request"]["body"]["update"][0]["id"] = json!(id);

    let reply = call(&shop, "POST", "/products/batch", &batch["request"]["body"]).await;
    replay(&shop, "products_batch_413_over_100", "/products/batch").await;

    super::assert_as_recorded("products_batch_mixed", &reply, &batch, &shop);
    assert_eq!(reply.body["update"][0]["sku"], "HACK");
    assert_eq!(reply.body["update"][0]["stock_quantity"], 41);
    assert_eq!(reply.body["update"][1], batch["body"]["update"][1]);
    let refused = &reply.body["create"][2];
    assert_eq!(refused["error"]["code"], "product_invalid_sku");
    assert_eq!(
        refused["error"]["data"]["resource_id"],
        reply.body["create"][0]["id"]
    );
    let gone = call(&shop, "POST", "/products/batch", &json!({"delete": [id]})).await;
    assert_eq!(gone.body["delete"][0]["id"], json!(id));
    assert_eq!(shop.product(id), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn products_are_found_by_what_changed() {
    // 2026-11-23T11:43:00 UTC.
    let clock = Arc::new(SetClock(AtomicI64::new(1_795_434_180)));
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        trust_plain_http: true,
        clock: clock.clone(),
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap();
    let mut ids: Vec<_> = (0..43)
        .map(|number| shop.add_product(json!({"name": format!("No. {number}"), "regular_price": "7.00"})))
        .collect();
    let listed = replay(&shop, "products_list", "/products?per_page=3").await;
    ids.reverse();
    for (shown, id) in listed.body.as_array().unwrap().iter().zip(&ids) {
        assert_eq!(shown["id"], json!(id));
    }
    clock.0.fetch_add(2, Ordering::Relaxed);
    shop.edit_product(ids[9], json!({}));
    let changed = replay(
        &shop,
        "products_list_modified_after_gmt",
        "/products?modified_after=2026-11-23T11%3A43%3A01&per_page=100&dates_are_gmt=true",
    )
    .await;
    assert_eq!(changed.body[0]["id"], json!(ids[9]));
    shop.trash_product(ids[0]);
    shop.edit_product(ids[1], json!({"status": "draft"}));
    let total = async |query: &str| {
        let reply = call(&shop, "GET", &format!("/products?{query}"), &Json::Null).await;
        reply.header("X-WP-Total").unwrap().parse::<usize>().unwrap()
    };

    for (query, expected) in [
        ("modified_after=2026-11-23T11:43:02Z", 0),
        ("modified_after=2026-11-23T11:43:01Z", 2),
        ("modified_after=2026-11-23T11:43:01", 0),
        ("modified_after=2026-11-23T11:43:01Z&status=trash", 1),
        ("status=any", 42),
        ("status=publish", 41),
        ("status=draft", 1),
        ("sku=NONE", 0),
        ("type=variable", 0),
        ("category=15", 42),
    ] {
        assert_eq!(total(query).await, expected, "{query}");
    }
    let query = format!(
        "/products?include={},{}&orderby=include&_fields=id",
        ids[7], ids[30]
    );
    let picked = call(&shop, "GET", &query, &Json::Null).await;
    assert_eq!(picked.body, json!([{"id": ids[7]}, {"id": ids[30]}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_prices_and_stock_are_kept_as_measured() {
    let shop = open_shop().await;
    let sent = r#"A & B &amp; C < D > "E""#;
    let given = json!({
        "name": sent, "description": sent, "sku": "ENT & <1>", "regular_price": "19.999", "sale_price": "20",
        "stock_quantity": 5,
    });

    let id = call(&shop, "POST", "/products", &given).await.id();
    let path = format!("/products/{id}");
    let raw = call(&shop, "GET", &format!("{path}?context=edit"), &Json::Null)
        .await
        .body;
    let shown = call(&shop, "GET", &path, &Json::Null).await.body;
    let stock = async |given: Json| {
        let reply = call(&shop, "PUT", &path, &given).await;
        let keys = ["stock_quantity", "stock_status"];
        keys.map(|key| reply.body[key].clone())
    };

    let kept = r#"A &amp; B &amp; C  "E""#;
    assert_eq!((&raw["name"], &raw["description"]), (&json!(kept), &json!(kept)));
    assert_eq!(shown["name"], kept);
    assert_eq!(
        shown["description"],
        "<p>A &amp; B &amp; C  &#8220;E&#8221;</p>\n"
    );
    assert_eq!(raw["sku"], "ENT &");
    assert_eq!(raw["regular_price"], "19.999");
    assert_eq!(raw["sale_price"], "", "no sale dearer than without");
    assert_eq!(raw["stock_quantity"], Json::Null, "it is not managed");
    for (given, expected) in [
        (
            json!({"manage_stock": true, "stock_quantity": 3}),
            json!([3, "instock"]),
        ),
        (json!({"stock_quantity": -5}), json!([-5, "outofstock"])),
        (json!({"backorders": "notify"}), json!([-5, "onbackorder"])),
        (json!({"stock_quantity": null}), json!([0, "onbackorder"])),
        (json!({"manage_stock": false}), json!([null, "onbackorder"])),
        (
            json!({"stock_status": "instock", "stock_quantity": 9}),
            json!([null, "instock"]),
        ),
    ] {
        assert_eq!(json!(stock(given.clone()).await), expected, "{given}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_are_listed_and_deleted_as_recorded() {
    let shop = open_shop().await;
    for name in ["Furniture", "Chairs", "Lighting", "Clothing", "Books"] {
        let parent = if name == "Chairs" { 16 } else { 0 };
        call(
            &shop,
            "POST",
            "/products/categories",
            &json!({"name": name, "parent": parent}),
        )
        .await;
    }

    let listed = replay(&shop, "categories_list", "/products/categories").await;
    replay(
        &shop,
        "products_categories_delete_no_force",
        "/products/categories/20",
    )
    .await;
    replay(
        &shop,
        "products_categories_delete_force",
        "/products/categories/20?force=true",
    )
    .await;

    let recorded = recorded("categories_list");
    for (shown, recorded) in listed
        .body
        .as_array()
        .unwrap()
        .iter()
        .zip(recorded.as_array().unwrap())
    {
        assert_values(
            &shop,
            shown,
            recorded,
            &["id", "name", "slug", "parent", "_links"],
        );
    }
}
