//! Why linked records and orders are left alone for longer: what was deleted, what a Vtiger can't do, what fails again
//! and again.

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;
use woo_vtiger_sync::sync::{Module, Side, Skip};

use super::{ANN, assert_in_step, assert_told, skipped};
use crate::sales_orders::{amount, sales_order};
use crate::scene::{Scene, ann, next_second};

fn phone(phone: &str) -> serde_json::Value {
    json!({ "billing": { "phone": phone } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_contact_was_deleted_is_told_of_once_and_follows_when_it_is_restored() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    assert!(scene.crm.delete_record(&contact));
    scene.quiet().await;

    let (entry, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(skip, Skip::Deleted { side: Side::Vtiger });
    assert_told(
        &skip,
        "its counterpart in Vtiger CRM was deleted",
        "or restore the other one in Vtiger CRM",
    );
    assert_eq!(entry.ids.woocommerce.unwrap().as_str(), customer.to_string());
    let told = scene.journal().await.len();
    assert!(scene.shop.edit_customer(customer, phone("555 2000")));
    scene.quiet().await;
    scene.sweep().await;
    assert_eq!(scene.journal().await.len(), told, "once is enough");
    assert!(scene.contact(ANN).is_none(), "nothing is created again");

    // By the event of the restored contact.
    next_second().await;
    assert!(scene.crm.restore_record(&contact));
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 2000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_was_edited_when_the_contact_was_deleted_stays_and_follows_when_it_is_restored() {
    let scene = Scene::with("[connections.shop.modules.contacts]\ndeletes = \"propagate\"").await;
    let (customer, contact) = scene.pair(ANN).await;
    scene.set_deaf(true);
    assert!(scene.shop.edit_customer(customer, phone("555 2000")));
    scene.quiet().await;
    scene.set_deaf(false);
    assert!(scene.crm.delete_record(&contact));
    scene.quiet().await;

    let (entry, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(skip, Skip::DeletedAndEdited { side: Side::Vtiger });
    assert_told(
        &skip,
        "edited after its counterpart in Vtiger CRM was deleted",
        "Restore it in Vtiger CRM",
    );
    assert_eq!(entry.ids.woocommerce.unwrap().as_str(), customer.to_string());
    assert!(scene.customer(ANN).is_some());

    // By the event of the restored contact.
    next_second().await;
    assert!(scene.crm.restore_record(&contact));
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 2000");
    scene.stop().await;
}

/// Contacts and products travel both ways, and orders from the CRM to the shop.
async fn all_else_goes_on(scene: &Scene) {
    let contact = scene.contact(ANN).expect("a contact of the customer");
    let fields = json!({ "email": "carl@crm.example", "lastname": "Crm" });
    scene.crm.add_record("Contacts", fields);
    let fields =
        json!({ "productname": "Cup", "productcode": "CUP", "unit_price": "7.00", "discontinued": "1" });
    let cup = scene.crm.add_record("Products", fields);
    let products = scene.crm.records("Products");
    assert!(products.iter().any(|product| product["productcode"] == "DESK"));
    let account = scene
        .crm
        .add_record("Accounts", json!({ "accountname": "Lee Ltd" }));
    let order = scene.crm.add_record(
        "SalesOrder",
        json!({
            "subject": "By phone", "contact_id": contact["id"], "account_id": account, "bill_street": "1 Main St",
            "ship_street": "1 Main St", "LineItems": [{ "productid": cup, "quantity": "2", "listprice": "7.00" }],
        }),
    );
    scene.quiet().await;
    assert!(scene.customer("carl@crm.example").is_some());
    let products = scene.shop.products();
    assert!(products.iter().any(|product| product["sku"] == "CUP"));
    let orders = scene.shop.orders();
    let made = orders.iter().find(|made| {
        let mut meta = made["meta_data"].as_array().into_iter().flatten();
        meta.any(|entry| entry["key"] == "_vtiger_salesorder" && entry["value"] == order.as_str())
    });
    assert_eq!(amount(&made.expect("the CRM's order")["total"]), 14.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vtiger_that_can_take_no_orders_is_told_of_with_the_remedy_and_gets_them_once_the_extension_is_there()
 {
    let shop = WooCommerceOptions {
        delivery_delay: std::time::Duration::ZERO,
        ..WooCommerceOptions::default()
    };
    let crm = VtigerOptions {
        kind: VtigerKind::Stock830,
        ..VtigerOptions::default()
    };
    let scene = Scene::with_systems("", shop, crm).await;
    let customer = scene.shop.register_customer(ann(ANN));
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" });
    let desk = scene.shop.add_product(desk);
    let order = scene.shop.place_order(json!({
        "customer_id": customer, "billing": { "first_name": "Ann", "last_name": "Lee", "email": ANN },
        "line_items": [{ "product_id": desk, "name": "Desk", "quantity": 1, "subtotal": "50", "total": "50" }],
    }));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::SalesOrders, Side::WooCommerce, &order.to_string()).await;
    let Skip::Unsupported {
        side: Side::Vtiger,
        remedy,
        ..
    } = &skip
    else {
        panic!("{skip:?}");
    };
    assert_told(&skip, "Vtiger CRM: ", remedy);
    assert!(
        remedy.starts_with("this Vtiger 8.3.0 can't create sales orders through its webservice"),
        "{remedy}"
    );
    assert!(remedy.contains("woo-vtiger-sync vtiger-extension"), "{remedy}");
    all_else_goes_on(&scene).await;

    // By the next sweep.
    scene.crm.install_extension();
    scene.sweep_all().await;
    assert_eq!(sales_order(&scene, order)["sostatus"], "Approved");
    assert_eq!(amount(&sales_order(&scene, order)["hdnGrandTotal"]), 50.into());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_too_often_is_told_of_and_tried_again_by_the_next_sweep() {
    // A second attempt might find the system down, and then nothing is given up.
    let scene = Scene::with("[worker]\nretry_limit = 0").await;
    let broken = FaultPlan {
        request_faults: 1.0,
        ..FaultPlan::default()
    };
    scene.crm.set_faults(broken);
    let customer = scene.shop.register_customer(ann(ANN));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::WooCommerce, &customer.to_string()).await;
    assert!(matches!(skip, Skip::Failed { .. }), "{skip:?}");
    assert_told(
        &skip,
        "trying failed again and again: ",
        "the next sweep tries again",
    );
    assert!(
        !skip.to_string().contains(ANN),
        "addresses stay out of the log: {skip}"
    );

    // By the next sweep.
    scene.crm.set_faults(FaultPlan::default());
    scene.sweep().await;
    assert_in_step(&scene, ANN, "555 1000");
    scene.stop().await;
}
