//! Sweeps of what changed since the last one.

use std::time::Duration;

use serde_json::json;
use woo_vtiger_sync::simulator::Zone;
use woo_vtiger_sync::simulator::vtiger::VtigerKind::{self, Extended, Repaired, Stock830};
use woo_vtiger_sync::simulator::vtiger::VtigerOptions;
use woo_vtiger_sync::sweep::Scope;

use super::clock::{Watches, crm};
use super::{found, sweep};
use crate::scene::{PROPAGATE, Scene, ann};

/// Long enough for nothing to be read once more because it changed not long ago.
const LONG: Duration = Duration::from_hours(3);

fn cup(nth: u32) -> serde_json::Value {
    json!({ "name": format!("Cup {nth}"), "sku": format!("CUP-{nth}"), "regular_price": "3" })
}

/// A shop with records of each kind that were in step long ago, and were swept.
async fn long_ago(watches: &Watches, kind: VtigerKind) -> Scene {
    let scene = watches.scene(PROPAGATE, crm(kind)).await;
    let customer = scene.shop.register_customer(ann("ann@shop.example"));
    scene.shop.register_customer(ann("bob@shop.example"));
    let product = scene.shop.add_product(cup(1));
    scene.shop.add_product(cup(2));
    scene.quiet().await;
    for nth in 0..2 {
        scene.shop.place_order(json!({
            "customer_id": customer,
            "billing": { "first_name": "Ann", "last_name": format!("Buyer {nth}") },
            "line_items": [{ "product_id": product, "quantity": 1 }],
        }));
    }
    scene.quiet().await;
    sweep(&scene, Scope::Full).await;
    watches.pass(LONG);
    // The first one after the last change sees that change once more.
    sweep(&scene, Scope::Changes).await;
    watches.pass(LONG);
    scene.set_deaf(true);
    scene.forget_calls();
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_changed_only_customers_and_taxes_are_read() {
    for kind in [Repaired, Extended] {
        let watches = Watches::default();
        let scene = long_ago(&watches, kind).await;

        let reports = sweep(&scene, Scope::Changes).await;

        assert_eq!(found(&reports), 0);
        let read: u64 = reports.iter().map(|report| report.read.woocommerce).sum();
        assert_eq!(read, 2, "two customers");
        let read: u64 = reports.iter().map(|report| report.read.vtiger).sum();
        assert_eq!(read, 0);
        let calls = scene.calls_signed_in();
        assert!(calls.len() <= 14, "{} calls: {calls:#?}", calls.len());
        assert_eq!(scene.writes(), [] as [&str; 0]);
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_on_either_side_is_found() {
    for kind in [Stock830, Repaired, Extended] {
        let watches = Watches::default();
        let scene = long_ago(&watches, kind).await;
        let product = scene.shop.products()[0]["id"].as_u64().unwrap();
        let contact = scene.contact("bob@shop.example").unwrap()["id"].clone();

        scene.shop.edit_product(product, json!({ "regular_price": "4" }));
        scene.shop.add_product(cup(3));
        scene
            .crm
            .edit_record(contact.as_str().unwrap(), json!({ "phone": "555 7" }));
        scene.crm.add_record(
            "Contacts",
            json!({ "lastname": "Cole", "firstname": "Cy", "email": "cy@crm.example" }),
        );
        watches.pass(Duration::from_secs(2));
        sweep(&scene, Scope::Changes).await;

        let in_crm = |sku: &str| {
            let products = scene.crm.records("Products");
            products.into_iter().find(|product| product["productcode"] == sku)
        };
        assert_eq!(in_crm("CUP-1").unwrap()["unit_price"], "4.00000000");
        assert!(in_crm("CUP-3").is_some(), "{kind:?}");
        let customers = scene.shop.customers();
        let customer = |email: &str| customers.iter().find(|customer| customer["email"] == email);
        assert_eq!(customer("bob@shop.example").unwrap()["billing"]["phone"], "555 7");
        assert!(customer("cy@crm.example").is_some(), "{kind:?}");
        assert_eq!(found(&sweep(&scene, Scope::Changes).await), 0, "{kind:?}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_the_second_of_the_last_sweep_is_found() {
    let watches = Watches::default();
    let scene = long_ago(&watches, Repaired).await;
    let [first, second] = [0, 1].map(|nth| scene.shop.products()[nth]["id"].as_u64().unwrap());
    let [ann, bob] = ["ann@shop.example", "bob@shop.example"]
        .map(|email| scene.contact(email).unwrap()["id"].as_str().unwrap().to_owned());
    watches.shop.stop();
    watches.crm.stop();

    scene.shop.edit_product(first, json!({ "regular_price": "4" }));
    scene.crm.edit_record(&ann, json!({ "phone": "555 1" }));
    sweep(&scene, Scope::Changes).await;
    scene.shop.edit_product(second, json!({ "regular_price": "5" }));
    scene.crm.edit_record(&bob, json!({ "phone": "555 2" }));
    sweep(&scene, Scope::Changes).await;

    let price = |sku: &str| {
        let products = scene.crm.records("Products");
        let found = products.iter().find(|product| product["productcode"] == sku);
        found.unwrap()["unit_price"].clone()
    };
    assert_eq!([price("CUP-1"), price("CUP-2")], ["4.00000000", "5.00000000"]);
    let phone = |email: &str| {
        let customers = scene.shop.customers();
        let found = customers.iter().find(|customer| customer["email"] == email);
        found.unwrap()["billing"]["phone"].clone()
    };
    assert_eq!(
        [phone("ann@shop.example"), phone("bob@shop.example")],
        ["555 1", "555 2"]
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_wrong_or_put_right_hide_no_change() {
    const TEN_MINUTES: Duration = Duration::from_mins(10);
    let watches = Watches::default();
    watches.shop.set_ahead(TEN_MINUTES);
    watches.crm.set_ahead(TEN_MINUTES);
    let scene = long_ago(&watches, Repaired).await;
    let product = scene.shop.products()[0]["id"].as_u64().unwrap();
    let contact = scene.contact("ann@shop.example").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let price = || {
        let products = scene.crm.records("Products");
        let found = products.iter().find(|product| product["productcode"] == "CUP-1");
        found.unwrap()["unit_price"].clone()
    };

    scene.shop.edit_product(product, json!({ "regular_price": "4" }));
    sweep(&scene, Scope::Changes).await;
    assert_eq!(price(), "4.00000000");

    // Somebody puts both right: what changes now seems to have changed before the last sweep.
    watches.shop.set_back(TEN_MINUTES);
    watches.crm.set_back(TEN_MINUTES);
    scene.shop.edit_product(product, json!({ "regular_price": "5" }));
    scene.crm.edit_record(&contact, json!({ "phone": "555 3" }));
    sweep(&scene, Scope::Changes).await;

    assert_eq!(price(), "5.00000000");
    let customers = scene.shop.customers();
    let ann = customers
        .iter()
        .find(|customer| customer["email"] == "ann@shop.example");
    assert_eq!(ann.unwrap()["billing"]["phone"], "555 3");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vtigers_times_are_told_in_its_own_zone() {
    for minutes in [-300, 330] {
        let watches = Watches::default();
        let options = VtigerOptions {
            zone: Zone::fixed(minutes),
            ..VtigerOptions::default()
        };
        let scene = watches.scene("", options).await;
        let (_, contact) = scene.pair("ann@shop.example").await;
        sweep(&scene, Scope::Full).await;
        watches.pass(LONG);
        sweep(&scene, Scope::Changes).await;
        watches.pass(LONG);
        scene.set_deaf(true);

        assert_eq!(found(&sweep(&scene, Scope::Changes).await), 0);
        scene.crm.edit_record(&contact, json!({ "phone": "555 4" }));
        sweep(&scene, Scope::Changes).await;

        assert_eq!(scene.shop.customers()[0]["billing"]["phone"], "555 4");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_for_good_is_missed_when_it_is_counted() {
    let watches = Watches::default();
    let scene = long_ago(&watches, Repaired).await;
    let product = scene.shop.products()[1]["id"].as_u64().unwrap();
    let order = scene.shop.orders()[0]["id"].as_u64().unwrap();

    // One comes, one goes.
    scene.shop.add_product(cup(3));
    scene.shop.delete_product(product);
    scene.shop.delete_order(order);
    sweep(&scene, Scope::Changes).await;

    let products = scene.crm.records("Products");
    let has = |sku: &str| products.iter().any(|product| product["productcode"] == sku);
    assert!(has("CUP-1") && has("CUP-3") && !has("CUP-2"));
    assert_eq!(scene.crm.records("SalesOrder").len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_in_the_crm_are_told_by_the_extension_or_found_by_ids() {
    for kind in [Extended, Repaired] {
        let watches = Watches::default();
        let scene = long_ago(&watches, kind).await;
        let contact = scene.contact("bob@shop.example").unwrap()["id"].clone();
        let is_there = || {
            let customers = scene.shop.customers();
            customers
                .iter()
                .any(|customer| customer["email"] == "bob@shop.example")
        };

        scene.crm.delete_record(contact.as_str().unwrap());
        // The extension doesn't tell of the second that runs.
        watches.pass(Duration::from_secs(2));
        sweep(&scene, Scope::Changes).await;
        assert_eq!(is_there(), kind == Repaired);

        sweep(&scene, Scope::ChangesAndGone).await;
        assert!(!is_there(), "{kind:?}");
        scene.stop().await;
    }
}
