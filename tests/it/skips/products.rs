//! Why products are left alone, and that they come into step once that is mended.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{Module, Side, Skip};

use super::{assert_told, skipped};
use crate::scene::Scene;

fn desk(sku: &str) -> Json {
    json!({ "name": "Desk", "sku": sku, "regular_price": "50" })
}

fn crm_desk(sku: &str) -> Json {
    json!({ "productname": "Old desk", "productcode": sku, "unit_price": "40", "discontinued": "1" })
}

/// Products of the CRM with this SKU.
fn with_sku(scene: &Scene, sku: &str) -> Vec<Json> {
    let mut products = scene.crm.records("Products");
    products.retain(|product| product["productcode"] == sku);
    products
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_two_match_is_linked_when_one_gets_another_sku() {
    let scene = Scene::start().await;
    scene.set_deaf(true);
    let twins = [0, 1].map(|_| scene.crm.add_record("Products", crm_desk("DESK")));
    scene.quiet().await;
    scene.set_deaf(false);
    let product = scene.shop.add_product(desk("DESK"));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Products, Side::WooCommerce, &product.to_string()).await;
    let reason = "several records in Vtiger CRM have its SKU";
    assert_told(&skip, reason, &format!("{} and {}", twins[0], twins[1]));
    assert_told(&skip, reason, "give each a SKU of its own");

    // By the event of the mended product, which wakes the one that waits.
    assert!(
        scene
            .crm
            .edit_record(&twins[0], json!({ "productcode": "DESK-2" }))
    );
    scene.quiet().await;
    let desks = with_sku(&scene, "DESK");
    assert_eq!(desks.len(), 1);
    assert_eq!(desks[0]["id"], twins[1]);
    assert_eq!(desks[0]["productname"], "Desk");
    assert_eq!(scene.shop.products().len(), 2, "the other one is sold, too");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_vtiger_would_cut_is_refused_until_it_is_shorter() {
    let scene = Scene::start().await;
    let product = scene.shop.add_product(desk(&"DESK-".repeat(9)));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Products, Side::WooCommerce, &product.to_string()).await;
    assert!(
        matches!(&skip, Skip::Rejected { field: Some(field), .. } if field == "productcode"),
        "{skip:?}"
    );
    assert_told(
        &skip,
        "longer than the 40 characters that Vtiger keeps",
        "Correct the value",
    );
    assert_eq!(scene.crm.records("Products").len(), 0);

    // By the event of the product.
    assert!(scene.shop.edit_product(product, json!({ "sku": "DESK" })));
    scene.quiet().await;
    assert_eq!(with_sku(&scene, "DESK").len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_another_product_has_is_refused_until_it_is_free() {
    let scene = Scene::start().await;
    let lamp = scene
        .shop
        .add_product(json!({ "name": "Lamp", "sku": "LAMP", "regular_price": "9" }));
    let product = scene.shop.add_product(desk("DESK"));
    scene.quiet().await;
    let id = with_sku(&scene, "DESK")[0]["id"].as_str().unwrap().to_owned();
    assert!(scene.crm.edit_record(&id, json!({ "productcode": "LAMP" })));
    scene.quiet().await;

    let (entry, skip) = skipped(&scene, Module::Products, Side::Vtiger, &id).await;
    assert!(
        matches!(
            &skip,
            Skip::Rejected {
                side: Side::WooCommerce,
                ..
            }
        ),
        "{skip:?}"
    );
    assert_told(
        &skip,
        &format!("product {lamp} has this SKU already"),
        "so that WooCommerce takes it",
    );
    assert_eq!(entry.ids.woocommerce.unwrap().as_str(), product.to_string());

    // By the next sweep: the lamp's event tells nothing of the desk.
    assert!(scene.shop.edit_product(lamp, json!({ "sku": "LAMP-2" })));
    scene.quiet().await;
    scene.sweep_all().await;
    assert_eq!(scene.shop.product(product).unwrap()["sku"], "LAMP");
    assert_eq!(with_sku(&scene, "LAMP").len(), 1);
    assert_eq!(with_sku(&scene, "LAMP-2").len(), 1);
    scene.stop().await;
}
