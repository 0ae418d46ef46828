//! Work that is interrupted at each of its steps, and news that arrives before it goes on: nothing is lost.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::faults::{Fault, FaultPlan};
use woo_vtiger_sync::sync::{Guests, Module, ModuleSettings, Side};

use crate::scene::{Scene, next_second, wait_until};
use crate::wire::{callback, delivery};

/// No callback makes more requests to one of the two systems.
const STEPS: usize = 4;
/// How many requests to the CRM a guest's first order takes at most.
const ORDER_STEPS: usize = 12;
/// How many scenes there are at a time. They mostly wait.
const AT_A_TIME: usize = 8;

/// A plan by which four requests fail, after so many that don't: whatever made them then waits for at least two seconds.
fn failures(after: usize, fault: Fault) -> FaultPlan {
    let mut next = VecDeque::from(vec![None; after]);
    next.extend([Some(fault); 4]);
    FaultPlan {
        next,
        ..FaultPlan::default()
    }
}

fn lamp(scene: &Scene) -> Json {
    scene.crm.records("Products").pop().expect("the lamp")
}

/// The lamp's price is changed in the shop, whose news is late, and its name in the CRM, whose news is acted upon until
/// requests fail. Then the old news arrives.
async fn old_news_while_new_news_is_interrupted(side: Side, step: usize, fault: Fault) {
    let scene = Scene::in_utc("").await;
    let id = scene
        .shop
        .add_product(json!({ "name": "Lamp", "sku": "LAMP", "regular_price": "12.50" }));
    scene.quiet().await;
    next_second().await;
    scene.shop.set_faults(FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });
    scene.shop.edit_product(id, json!({ "regular_price": "12.29" }));
    let old_news = delivery("product.updated", scene.shop.product(id).unwrap().to_string());
    next_second().await;

    let mut plans = [FaultPlan::default(), FaultPlan::default()];
    plans[usize::from(side == Side::Vtiger)] = failures(step, fault);
    let [shop, crm] = plans;
    scene.shop.set_faults(FaultPlan {
        lost_webhooks: 1.0,
        ..shop
    });
    scene.crm.set_faults(crm);
    let product = lamp(&scene)["id"].as_str().unwrap().to_owned();
    assert!(scene.crm.edit_record(&product, json!({ "productname": "Thing" })));
    wait_until("the requests failed, or all are made", || async {
        scene.shop.planned_faults() + scene.crm.planned_faults() == 0 || scene.under_way().await == 0
    })
    .await;
    next_second().await;
    let address = scene.server.address();
    let sent = tokio::task::spawn_blocking(move || old_news.send(address).status);
    assert_eq!(sent.await.unwrap(), 200);
    scene.quiet().await;

    let (shop, crm) = (scene.shop.product(id).unwrap(), lamp(&scene));
    let shown = [&shop["name"], &shop["regular_price"], &crm["productname"]];
    assert_eq!(
        shown,
        ["Thing", "12.29", "Thing"],
        "{fault:?} at step {step} of {side}"
    );
    assert_eq!(
        crm["unit_price"], "12.29000000",
        "{fault:?} at step {step} of {side}"
    );
    scene.stop().await;
}

#[tokio::test]
async fn old_news_undoes_nothing_while_new_news_waits_for_another_attempt() {
    let mut runs = Vec::new();
    for side in Side::BOTH {
        for step in 0..STEPS {
            for fault in [Fault::ErrorBefore, Fault::ErrorAfter] {
                runs.push(old_news_while_new_news_is_interrupted(side, step, fault));
            }
        }
    }
    stream::iter(runs)
        .buffer_unordered(AT_A_TIME)
        .collect::<()>()
        .await;
}

/// A guest buys, and one request of those that bring the order to the CRM does its work while the answer to it and to
/// some more gets lost. Meanwhile the CRM tells of what was made there.
async fn a_guest_buys_and_answers_get_lost(guests: Guests, step: usize) {
    let scene = Scene::in_utc("").await;
    scene
        .set(Module::SalesOrders, |settings| {
            settings.sales_orders.guests = guests.clone();
        })
        .await;
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" });
    let desk = scene.shop.add_product(desk);
    scene.quiet().await;
    let mut plan = failures(step, Fault::ErrorAfter);
    plan.next.extend([Some(Fault::ErrorBefore); 2]);
    scene.crm.set_faults(plan);

    scene.shop.place_order(guests_order(desk));
    scene.quiet().await;

    let told = format!("{guests:?}, an answer lost at step {step}");
    assert_eq!(scene.shop.customers(), [] as [Json; 0], "{told}");
    let contacts = scene.crm.records("Contacts");
    assert_eq!(contacts.len(), 1, "{told}");
    let orders = scene.crm.records("SalesOrder");
    assert_eq!(orders.len(), 1, "{told}");
    assert_eq!(orders[0]["contact_id"], contacts[0]["id"], "{told}");
    scene.stop().await;
}

#[tokio::test]
async fn a_guest_whose_contact_is_told_of_before_it_is_noted_down_gets_no_account() {
    let mut runs = Vec::new();
    for guests in [Guests::ByEmail, Guests::PerOrder] {
        for step in 0..ORDER_STEPS {
            runs.push(a_guest_buys_and_answers_get_lost(guests.clone(), step));
        }
    }
    stream::iter(runs)
        .buffer_unordered(AT_A_TIME)
        .collect::<()>()
        .await;
}

/// Something is made in the CRM after so many requests, and the answer to that gets lost. Then the service is away for
/// minutes, and what it is told first when it is back is the CRM's news.
async fn news_comes_minutes_late(
    scene: Scene,
    make: impl FnOnce(&Scene),
    module: &str,
    step: usize,
) -> Scene {
    let known = scene.crm.records(module).len();
    let mut plan = failures(step, Fault::ErrorAfter);
    plan.next.extend([Some(Fault::ErrorBefore); 20]);
    plan.lost_webhooks = 1.0;
    scene.crm.set_faults(plan);
    make(&scene);
    wait_until("some attempts failed", || async {
        scene.crm.planned_faults() <= 20
    })
    .await;
    assert_eq!(scene.crm.records(module).len(), known + 1, "the record was made");

    let scene = scene.start_later(Duration::from_mins(5)).await;
    wait_until("one more attempt failed", || async {
        scene.crm.planned_faults() < 20
    })
    .await;
    scene.crm.set_faults(FaultPlan::default());
    let record = scene.crm.records(module).pop().unwrap();
    let news = callback(
        json!({
            "module": module, "id": record["id"], "event": "workflow.save", "modifiedtime": record["modifiedtime"],
            "modifiedby": record["modifiedby"], "data": record,
        })
        .to_string(),
    );
    let address = scene.server.address();
    let sent = tokio::task::spawn_blocking(move || news.send(address).status);
    assert_eq!(sent.await.unwrap(), 200);
    scene.quiet().await;
    scene
}

#[tokio::test]
async fn a_product_without_sku_that_was_made_minutes_ago_is_known_again() {
    let scene = Scene::in_utc("").await;
    scene
        .shop
        .add_product(json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" }));
    scene.quiet().await;
    let make = |scene: &Scene| {
        scene
            .shop
            .add_product(json!({ "name": "Lamp", "regular_price": "9" }));
    };

    let scene = news_comes_minutes_late(scene, make, "Products", 0).await;

    assert_eq!(scene.shop.products().len(), 2);
    assert_eq!(scene.crm.records("Products").len(), 2);
    scene.stop().await;
}

#[tokio::test]
async fn a_guest_of_one_order_whose_contact_was_made_minutes_ago_is_known_again() {
    let scene = Scene::in_utc("").await;
    let set = |settings: &mut ModuleSettings| settings.sales_orders.guests = Guests::PerOrder;
    scene.set(Module::SalesOrders, set).await;
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" });
    let desk = scene.shop.add_product(desk);
    scene.quiet().await;
    let make = |scene: &Scene| {
        scene.shop.place_order(guests_order(desk));
    };

    let scene = news_comes_minutes_late(scene, make, "Contacts", 1).await;

    assert_eq!(scene.shop.customers(), [] as [Json; 0]);
    let contacts = scene.crm.records("Contacts");
    assert_eq!(contacts.len(), 1);
    assert_eq!(
        scene.crm.records("SalesOrder")[0]["contact_id"],
        contacts[0]["id"]
    );
    scene.stop().await;
}

fn guests_order(product: u64) -> Json {
    json!({
        "customer_id": 0, "billing": { "first_name": "Eve", "last_name": "Fox", "email": "eve@guest.example" },
        "line_items": [{ "product_id": product, "quantity": 1, "subtotal": "50", "total": "50" }],
    })
}
