//! Records that are gone without a word.

use serde_json::json;
use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::{Module, Side, Sides};

use crate::scene::{PROPAGATE, Scene, ann, contacts, place};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_for_good_in_the_shop_is_gone_in_the_crm_after_a_sweep() {
    let scene = Scene::with(PROPAGATE).await;
    let (customer, _) = scene.pair("ann@shop.example").await;
    let (other, _) = scene.pair("bob@shop.example").await;
    let product = scene
        .shop
        .add_product(json!({ "name": "Cup", "sku": "CUP", "regular_price": "3" }));
    let order = scene.shop.place_order(json!({
        "customer_id": other,
        "billing": { "first_name": "Bob", "last_name": "Buyer", "email": "bob@shop.example" },
        "line_items": [{ "product_id": product, "quantity": 2 }],
    }));
    scene.quiet().await;
    assert_eq!(scene.crm.records("SalesOrder").len(), 1);
    scene.set_deaf(true);

    scene.shop.delete_order(order);
    assert!(!scene.sweep_all().await);
    scene.shop.delete_product(product);
    scene.shop.delete_customer(customer);
    assert!(!scene.sweep_all().await);

    assert!(scene.crm.records("SalesOrder").is_empty());
    let cup = |product: &serde_json::Value| product["productcode"] == "CUP";
    assert!(!scene.crm.records("Products").iter().any(cup));
    assert!(scene.contact("ann@shop.example").is_none());
    assert!(scene.contact("bob@shop.example").is_some());
    assert!(scene.sweep_all().await, "nothing is left to find");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_in_the_crm_is_in_the_shops_trash_after_a_sweep() {
    let scene = Scene::with(PROPAGATE).await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    let product = scene.crm.add_record(
        "Products",
        json!({ "productname": "Cup", "productcode": "CUP", "unit_price": "3", "discontinued": "1" }),
    );
    scene.quiet().await;
    let in_shop = scene.shop.products()[0]["id"].as_u64().unwrap();
    scene.set_deaf(true);

    scene.crm.delete_record(&product);
    scene.crm.delete_record(&contact);
    assert!(!scene.sweep_all().await);

    assert_eq!(scene.shop.product(in_shop).unwrap()["status"], "trash");
    assert!(scene.shop.customer(customer).is_none());
    assert!(scene.sweep_all().await, "nothing is left to find");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variation_that_is_gone_is_found_and_those_that_are_there_are_not_asked_for_again() {
    let scene = Scene::with(PROPAGATE).await;
    let shirt = scene
        .shop
        .add_product(json!({ "name": "Shirt", "type": "variable", "sku": "SHIRT",
                             "attributes": [{ "name": "Size", "variation": true, "options": ["S", "L"] }] }));
    let [small, large] = ["S", "L"].map(|size| {
        let sku = format!("SHIRT-{size}");
        scene.shop.add_variation(
            shirt,
            json!({ "sku": sku, "regular_price": "9", "attributes": [{ "name": "Size", "option": size }] }),
        )
    });
    scene.quiet().await;
    scene.set_deaf(true);
    // The shop announced the product alone.
    scene.sweep_all().await;
    scene.forget_calls();
    assert!(scene.sweep_all().await);
    let path = format!("GET /products/{large}");
    assert!(!scene.calls().iter().any(|call| call.starts_with(&path)));

    scene.shop.delete_product(small);
    scene.sweep_all().await;

    let mut left: Vec<_> = scene.crm.records("Products");
    left.retain(|product| product["productcode"].as_str().unwrap().starts_with("SHIRT-"));
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["productcode"], "SHIRT-L");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_deletions_are_not_passed_on_the_log_tells_of_them_once() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    scene.set_deaf(true);

    scene.shop.delete_customer(customer);
    scene.sweep().await;

    assert!(scene.crm.record(&contact).is_some());
    let journal = scene.journal().await;
    assert_eq!(journal[0].entry.action, Action::Skipped);
    assert!(scene.sweep().await.is_clean());
    assert_eq!(scene.journal().await.len(), journal.len());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_another_role_is_not_gone() {
    let scene = Scene::with(PROPAGATE).await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    scene.set_deaf(true);

    // No list of customers holds it any more.
    scene
        .shop
        .edit_customer(customer, json!({ "role": "shop_manager" }));
    let report = scene.sweep().await;

    assert!(report.is_clean(), "{report:?}");
    assert!(scene.crm.record(&contact).is_some());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_deletion_waits_for_a_person() {
    let scene = Scene::with(PROPAGATE).await;
    for nth in 0..30 {
        scene.shop.register_customer(ann(&format!("c{nth}@shop.example")));
    }
    scene.quiet().await;
    scene.set_deaf(true);
    for customer in scene.shop.customers().iter().take(21) {
        scene.shop.delete_customer(customer["id"].as_u64().unwrap());
    }

    let report = scene.sweep().await;

    // 20 are never too many; these are more, and more than a fifth.
    assert_eq!(
        report.held,
        Sides {
            woocommerce: 21,
            vtiger: 0
        }
    );
    assert!(!report.is_clean());
    assert_eq!(scene.crm.records("Contacts").len(), 30);

    let sweeper = scene
        .server
        .parts()
        .roster
        .get("shop")
        .unwrap()
        .sweeper
        .clone()
        .without_brake();
    let report = sweeper.sweep(&contacts(), Scope::Full).await.unwrap();
    scene.quiet().await;
    assert_eq!(*report.found.of(Side::WooCommerce), 21);
    assert_eq!(report.held, Sides::default());
    assert_eq!(scene.crm.records("Contacts").len(), 9);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_gone_in_the_crm_leaves_the_shops_stock_in_the_crm() {
    let scene = Scene::with(PROPAGATE).await;
    let (customer, _) = scene.pair("ann@shop.example").await;
    let product = scene.shop.add_product(json!({
        "name": "Cup", "sku": "CUP", "regular_price": "3", "manage_stock": true, "stock_quantity": 10,
    }));
    scene.quiet().await;
    scene.shop.place_order(json!({
        "customer_id": customer,
        "billing": { "first_name": "Ann", "last_name": "Buyer", "email": "ann@shop.example" },
        "line_items": [{ "product_id": product, "quantity": 2 }],
    }));
    scene.quiet().await;
    let stock = || scene.crm.records("Products")[0]["qtyinstock"].clone();
    assert_eq!(stock(), "8.000");
    scene.set_deaf(true);

    // Vtiger gives its goods back, and tells nobody.
    let order = scene.crm.records("SalesOrder")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    scene.crm.delete_record(&order);
    assert_eq!(stock(), "10.000");
    let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
    sweeper
        .sweep(&place(Module::SalesOrders), Scope::Full)
        .await
        .unwrap();
    scene.quiet().await;

    let in_shop = scene.shop.product(product).unwrap()["stock_quantity"]
        .as_i64()
        .unwrap();
    assert_eq!(stock(), format!("{in_shop}.000"));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_blanked_by_the_dozen_wait_for_a_person() {
    let scene = Scene::start().await;
    for nth in 0..30 {
        scene.shop.register_customer(ann(&format!("c{nth}@shop.example")));
    }
    scene.quiet().await;
    scene.set_deaf(true);
    let blank = |number: usize| {
        for customer in scene.shop.customers().iter().take(number) {
            let id = customer["id"].as_u64().unwrap();
            scene
                .shop
                .edit_customer(id, json!({ "billing": { "phone": "" } }));
        }
    };
    let without_phone = || {
        let contacts = scene.crm.records("Contacts");
        contacts.iter().filter(|contact| contact["phone"] == "").count()
    };

    blank(20);
    assert!(!scene.sweep().await.is_clean());
    assert_eq!(without_phone(), 20, "20 are never too many");

    for customer in scene.shop.customers() {
        let id = customer["id"].as_u64().unwrap();
        scene
            .shop
            .edit_customer(id, json!({ "billing": { "phone": "555 2000" } }));
    }
    scene.sweep().await;
    assert_eq!(without_phone(), 0);

    blank(21);
    let report = scene.sweep().await;
    assert_eq!(report.held.woocommerce, 21, "{report:?}");
    assert_eq!(without_phone(), 0);

    // Who has looked may allow it.
    let sweeper = scene
        .server
        .parts()
        .roster
        .get("shop")
        .unwrap()
        .sweeper
        .clone()
        .without_brake();
    sweeper.sweep(&contacts(), Scope::Full).await.unwrap();
    scene.quiet().await;
    assert_eq!(without_phone(), 21);
    assert!(scene.sweep().await.is_clean());
    scene.stop().await;
}
