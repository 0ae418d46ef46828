//! Vtiger installations that differ: an unmodified 8.3.0, servers in other time zones, callbacks without data.

use serde_json::json;
use woo_vtiger_sync::simulator::Zone;
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;
use woo_vtiger_sync::sync::{Module, Side, Skip};

use crate::scene::{Scene, next_second};

async fn scene(crm: VtigerOptions) -> Scene {
    let shop = WooCommerceOptions {
        delivery_delay: std::time::Duration::ZERO,
        ..WooCommerceOptions::default()
    };
    Scene::with_systems("", shop, crm).await
}

/// A contact of the CRM and the customer that was made from it.
async fn contact_first(scene: &Scene) -> (String, u64) {
    let fields = json!({ "email": "carl@crm.example", "lastname": "Crm", "phone": "1" });
    let contact = scene.crm.add_record("Contacts", fields);
    scene.quiet().await;
    let customer = scene.customer("carl@crm.example").expect("a customer");
    (contact, customer["id"].as_u64().unwrap())
}

async fn edit_in_turn(crm: VtigerOptions) {
    let scene = scene(crm).await;
    // Nothing was written to Vtiger yet: nobody knows the zone of its times.
    let (contact, customer) = contact_first(&scene).await;
    let phone = || scene.shop.customer(customer).unwrap()["billing"]["phone"].clone();

    for number in ["2", "3"] {
        next_second().await;
        scene.crm.edit_record(&contact, json!({ "phone": number }));
        scene.quiet().await;
        assert_eq!(phone(), number, "before the zone is known");
    }
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "city": "Oakland" } }));
    scene.quiet().await;
    assert_eq!(scene.crm.record(&contact).unwrap()["mailingcity"], "Oakland");
    for number in ["4", "5"] {
        next_second().await;
        scene.crm.edit_record(&contact, json!({ "phone": number }));
        scene.quiet().await;
        assert_eq!(phone(), number, "once the zone is known");
    }
    assert!(scene.sweep().await.is_clean());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_edit_is_taken_for_late_where_the_server_is_ahead_of_utc() {
    edit_in_turn(VtigerOptions {
        zone: Zone::fixed(120),
        ..VtigerOptions::default()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_edit_is_taken_for_late_where_the_server_is_behind_utc() {
    edit_in_turn(VtigerOptions {
        zone: Zone::fixed(-300),
        ..VtigerOptions::default()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_vtiger_with_its_broken_operations_is_good_enough() {
    edit_in_turn(VtigerOptions {
        kind: VtigerKind::Stock830,
        ..VtigerOptions::default()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extensions_callbacks_tell_of_edits_deletions_restorations_and_moved_stock() {
    let extended = || VtigerOptions {
        kind: VtigerKind::Extended,
        ..VtigerOptions::default()
    };
    edit_in_turn(extended()).await;

    let scene = scene(extended()).await;
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50", "manage_stock": true,
                       "stock_quantity": 10 });
    scene.shop.add_product(desk);
    let (customer, contact) = scene.pair("ann@shop.example").await;
    let stock = || scene.crm.records("Products")[0]["qtyinstock"].clone();
    let product = scene.crm.records("Products")[0]["id"].clone();
    let account = scene.crm.add_record("Accounts", json!({ "accountname": "Lee" }));
    let fields = json!({
        "subject": "By phone", "contact_id": contact, "account_id": account, "bill_street": "1 Main St",
        "ship_street": "1 Main St", "LineItems": [{ "productid": product, "quantity": "2", "listprice": "50" }],
    });
    let order = scene.crm.add_record("SalesOrder", fields);
    scene.quiet().await;
    let left = scene.shop.products()[0]["stock_quantity"].clone();
    assert_eq!(stock(), format!("{left}.000"));

    assert!(scene.crm.delete_record(&contact));
    assert!(scene.crm.delete_record(&order));
    scene.quiet().await;
    let last = scene.last_entry(Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(last.skip, Some(Skip::Deleted { side: Side::Vtiger }));

    next_second().await;
    assert!(scene.crm.restore_record(&contact));
    scene.crm.edit_record(&contact, json!({ "phone": "4" }));
    scene.quiet().await;
    assert_eq!(scene.shop.customer(customer).unwrap()["billing"]["phone"], "4");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_callback_costs_one_read_more_and_its_echo_nothing() {
    let scene = scene(VtigerOptions {
        callback_with_data: false,
        ..VtigerOptions::default()
    })
    .await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "2" } }));
    scene.quiet().await;
    let there = scene.calls();
    next_second().await;
    scene.forget_calls();
    scene.crm.edit_record(&contact, json!({ "phone": "3" }));
    scene.quiet().await;

    assert_eq!(
        there,
        [format!("retrieve {contact}"), format!("revise {contact}")]
    );
    let read = format!("GET /customers/{customer}");
    let write = format!("PUT /customers/{customer}");
    assert_eq!(scene.calls(), [read, write, format!("retrieve {contact}")]);
    assert_eq!(scene.shop.customer(customer).unwrap()["billing"]["phone"], "3");
    scene.stop().await;
}
