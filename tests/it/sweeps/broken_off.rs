//! Sweeps that are broken off, by a crash or otherwise, and go on.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::Module;

use super::sweep;
use crate::scene::{PROPAGATE, Scene, ann, next_second, place};

/// How often each page of a list was read.
fn pages(scene: &Scene, list: &str) -> BTreeMap<String, usize> {
    let mut pages = BTreeMap::new();
    for call in scene.shop.calls() {
        let is_whole = call.path.contains("order=asc") && !call.path.contains("_fields");
        if call.path.starts_with(list) && is_whole && call.status == 200 {
            *pages.entry(call.path).or_default() += 1;
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_is_broken_off_goes_on_and_reads_no_finished_page_again() {
    let scene = Scene::start().await;
    scene.set_deaf(true);
    for nth in 0..550 {
        let sku = format!("SKU-{nth}");
        scene
            .shop
            .add_product(json!({ "name": format!("Product {nth}"), "sku": sku, "regular_price": "1" }));
    }
    scene.shop.set_faults(FaultPlan {
        latency: Duration::from_millis(20),
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });

    // Each is broken off while it reads one page more.
    let mut broken_off = 0;
    for seen in 1..=5 {
        let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
        let at = place(Module::Products);
        let swept = sweeper.sweep(&at, Scope::Full);
        tokio::select! {
            swept = swept => drop(swept.unwrap()),
            () = async {
                while pages(&scene, "/products?").len() < seen {
                    tokio::task::yield_now().await;
                }
            } => broken_off += 1,
        }
    }
    sweep(&scene, Scope::Full).await;

    assert!(broken_off > 1, "{broken_off} sweeps were broken off");
    assert_eq!(scene.crm.records("Products").len(), 550);
    let pages = pages(&scene, "/products?");
    assert_eq!(pages.len(), 6, "{pages:?}");
    let read: usize = pages.values().sum();
    assert!(read <= 6 + broken_off, "{pages:?}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_found_by_a_sweep_that_was_broken_off() {
    let scene = Scene::with("[connections.shop.modules.contacts]\ndeletes = \"propagate\"").await;
    for nth in 0..150 {
        scene.shop.register_customer(ann(&format!("c{nth}@shop.example")));
    }
    scene.quiet().await;
    scene.set_deaf(true);
    scene.forget_calls();
    let customers = scene.shop.customers();
    scene.shop.delete_customer(customers[0]["id"].as_u64().unwrap());
    let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
    let at = place(Module::Contacts);
    tokio::select! {
        swept = sweeper.sweep(&at, Scope::Full) => panic!("it ended: {swept:?}"),
        () = async {
            while !scene.shop.calls().iter().any(|call| call.path.contains("page=2")) {
                tokio::task::yield_now().await;
            }
        } => {}
    }

    sweep(&scene, Scope::Full).await;

    assert_eq!(scene.crm.records("Contacts").len(), 149);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_told_on_a_page_before_the_break_is_not_forgotten() {
    let crm = VtigerOptions {
        kind: VtigerKind::Extended,
        ..VtigerOptions::default()
    };
    let shop = WooCommerceOptions {
        delivery_delay: Duration::ZERO,
        ..WooCommerceOptions::default()
    };
    let scene = Scene::with_systems(PROPAGATE, shop, crm).await;
    for nth in 0..250 {
        scene.shop.register_customer(ann(&format!("c{nth}@shop.example")));
    }
    scene.quiet().await;
    sweep(&scene, Scope::Full).await;
    scene.set_deaf(true);
    let contacts = scene.crm.records("Contacts");
    for (nth, contact) in contacts.iter().enumerate() {
        let id = contact["id"].as_str().unwrap();
        if nth == 0 {
            scene.crm.delete_record(id);
        } else {
            scene.crm.edit_record(id, json!({ "phone": "555 2000" }));
        }
    }
    // The second that runs is told of later.
    next_second().await;
    scene.forget_calls();
    let pages = || {
        let calls = scene.crm.calls().into_iter();
        calls
            .filter(|call| call.operation == "woovtigersync_changes")
            .count()
    };
    let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
    let at = place(Module::Contacts);
    tokio::select! {
        swept = sweeper.sweep(&at, Scope::Changes) => panic!("it ended: {swept:?}"),
        () = async {
            while pages() < 2 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    let before = pages();

    sweep(&scene, Scope::Changes).await;

    assert!(pages() > before, "it went on");
    assert_eq!(scene.shop.customers().len(), 249);
    scene.stop().await;
}
