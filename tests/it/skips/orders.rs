//! Why orders are left alone, and that they come into step once that is mended.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{Guests, Module, Side, Skip};

use super::{ANN, assert_told, bob, skipped};
use crate::sales_orders::sales_order;
use crate::scene::{Scene, ann};

fn desk(scene: &Scene) -> u64 {
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" });
    scene.shop.add_product(desk)
}

fn order(customer: u64, product: u64) -> Json {
    json!({
        "customer_id": customer, "billing": { "first_name": "Ann", "last_name": "Lee", "email": ANN },
        "line_items": [{ "product_id": product, "name": "Desk", "quantity": 1, "subtotal": "50", "total": "50" }],
    })
}

fn count(scene: &Scene) -> usize {
    scene.crm.records("SalesOrder").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_follows_when_its_customer_comes_into_step() {
    let scene = Scene::start().await;
    let mut nameless = ann(ANN);
    nameless["last_name"] = json!("");
    let customer = scene.shop.register_customer(nameless);
    let order = scene.shop.place_order(order(customer, desk(&scene)));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::SalesOrders, Side::WooCommerce, &order.to_string()).await;
    let reason = format!("it refers to contact {customer} of WooCommerce, which is not in step");
    let remedy = format!("Look in the sync log why contact {customer} of WooCommerce is not in step");
    assert_told(&skip, &reason, &remedy);
    assert_eq!(count(&scene), 0);

    // By the event of the customer, which wakes the waiting order.
    assert!(scene.shop.edit_customer(customer, json!({ "last_name": "Lee" })));
    scene.quiet().await;
    let contact = scene.contact(ANN).expect("a contact");
    assert_eq!(sales_order(&scene, order)["contact_id"], contact["id"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_follows_when_its_product_comes_into_step() {
    let scene = Scene::start().await;
    scene.set_deaf(true);
    let fields =
        json!({ "productname": "Desk", "productcode": "DESK", "unit_price": "40", "discontinued": "1" });
    let twins = [0, 1].map(|_| scene.crm.add_record("Products", fields.clone()));
    scene.quiet().await;
    scene.set_deaf(false);
    let product = desk(&scene);
    let customer = scene.shop.register_customer(ann(ANN));
    let order = scene.shop.place_order(order(customer, product));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::SalesOrders, Side::WooCommerce, &order.to_string()).await;
    let reason = format!("it refers to product {product} of WooCommerce, which is not in step");
    assert_told(&skip, &reason, "this one follows by itself");
    assert_eq!(count(&scene), 0);

    // By the event of one of the twins, which wakes the product, which wakes the order.
    assert!(scene.crm.delete_record(&twins[0]));
    scene.quiet().await;
    let order = sales_order(&scene, order);
    assert_eq!(order["LineItems"][0]["productid"], twins[1]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_salespersons_order_follows_when_its_contact_comes_into_step() {
    let scene = Scene::start().await;
    desk(&scene);
    scene.quiet().await;
    let product = scene.crm.records("Products").remove(0)["id"].clone();
    let account = scene.crm.add_record("Accounts", json!({ "accountname": "Ray" }));
    let contact = scene.crm.add_record("Contacts", bob(""));
    let order = scene.crm.add_record(
        "SalesOrder",
        json!({
            "subject": "By phone", "account_id": account, "contact_id": contact, "bill_street": "1 Main St",
            "ship_street": "1 Main St", "productid": product,
            "LineItems": [{ "productid": product, "quantity": "1", "listprice": "50" }],
        }),
    );
    assert_ne!(order, "");
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::SalesOrders, Side::Vtiger, &order).await;
    let reason = format!("it refers to contact {contact} of Vtiger CRM, which is not in step");
    assert_told(&skip, &reason, "Look in the sync log");
    assert_eq!(scene.shop.orders().len(), 0);

    // By the event of the contact, which wakes the waiting order.
    assert!(scene.crm.edit_record(&contact, json!({ "email": ANN })));
    scene.quiet().await;
    let orders = scene.shop.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0]["customer_id"], scene.customer(ANN).unwrap()["id"]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_order_that_is_left_out_follows_when_it_is_a_customers() {
    let scene = Scene::with("[connections.shop.modules.sales_orders]\nguests = \"skip\"").await;
    let placed = scene.shop.place_order(order(0, desk(&scene)));
    scene.quiet().await;

    let (_, skip) = skipped(
        &scene,
        Module::SalesOrders,
        Side::WooCommerce,
        &placed.to_string(),
    )
    .await;
    assert_eq!(skip, Skip::Guest);
    assert_told(
        &skip,
        "a guest's order, which the settings leave out",
        "set `guests`",
    );
    assert_eq!(count(&scene), 0);

    // By the event of the order.
    let customer = scene.shop.register_customer(ann(ANN));
    assert!(scene.shop.edit_order(placed, json!({ "customer_id": customer })));
    scene.quiet().await;
    assert_eq!(
        sales_order(&scene, placed)["contact_id"],
        scene.contact(ANN).unwrap()["id"]
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_orders_that_were_left_out_follow_when_the_settings_take_them_in() {
    let scene = Scene::with("[connections.shop.modules.sales_orders]\nguests = \"skip\"").await;
    let placed = scene.shop.place_order(order(0, desk(&scene)));
    scene.quiet().await;
    assert_eq!(count(&scene), 0);

    // By the next sweep.
    scene
        .set(Module::SalesOrders, |settings| {
            settings.sales_orders.guests = Guests::ByEmail;
        })
        .await;
    scene.sweep_all().await;
    assert_eq!(
        sales_order(&scene, placed)["contact_id"],
        scene.contact(ANN).unwrap()["id"]
    );
    scene.stop().await;
}
