//! Edits made while a sweep is under way are neither lost nor overwritten, whenever they come.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::store::{Run, RunKind};
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::Side;

use super::sweep;
use crate::scene::{Scene, ann, next_second, wait_until};
use crate::stack::Stack;

/// Calls after which an edit comes: more than a sweep of the contacts and what it finds take.
const POINTS: usize = 9;

/// Calls after which an edit comes during a first sync, which reads the other modules, too.
const FIRST_POINTS: usize = 24;

/// Whether the edit is announced.
async fn edited_at(point: usize, is_announced: bool) {
    let scene = Scene::in_utc("").await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    scene.set_deaf(true);
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "city": "Oakland" } }));
    scene.crm.edit_record(&contact, json!({ "phone": "555 1" }));
    let plan = FaultPlan {
        latency: Duration::from_millis(3),
        lost_webhooks: if is_announced { 0.0 } else { 1.0 },
        ..FaultPlan::default()
    };
    scene.shop.set_faults(plan.clone());
    scene.crm.set_faults(plan);
    scene.forget_calls();

    let edit = async {
        while scene.calls().len() < point {
            if scene.calls().len() >= 5 && scene.under_way().await == 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        scene
            .shop
            .edit_customer(customer, json!({ "first_name": "Anna" }));
        scene.crm.edit_record(&contact, json!({ "mailingzip": "94607" }));
    };
    tokio::join!(sweep(&scene, Scope::Changes), edit);
    scene.quiet().await;
    // What was not announced is found by the next one.
    if !is_announced {
        sweep(&scene, Scope::Changes).await;
    }

    let shop = scene.shop.customer(customer).unwrap();
    let crm = scene.crm.record(&contact).unwrap();
    let billing = &shop["billing"];
    assert_eq!(
        [
            &shop["first_name"],
            &billing["city"],
            &billing["phone"],
            &billing["postcode"]
        ],
        ["Anna", "Oakland", "555 1", "94607"],
        "in the shop, after {point} calls"
    );
    assert_eq!(
        [
            &crm["firstname"],
            &crm["mailingcity"],
            &crm["phone"],
            &crm["mailingzip"]
        ],
        ["Anna", "Oakland", "555 1", "94607"],
        "in the CRM, after {point} calls"
    );
    scene.stop().await;
}

/// One of two records that are not in step yet is edited during the first sync.
async fn edited_during_the_first_sync(point: usize, side: Side, is_announced: bool) {
    let scene = Scene::in_utc("").await;
    scene.set_deaf(true);
    let customer = scene.shop.register_customer(ann("ann@shop.example"));
    let contact =
        json!({ "email": "ann@shop.example", "firstname": "Ann", "lastname": "Lee", "phone": "555 1000" });
    let contact = scene.crm.add_record("Contacts", contact);
    // What is edited is newer than what the other shows.
    next_second().await;
    let plan = FaultPlan {
        latency: Duration::from_millis(3),
        lost_webhooks: if is_announced { 0.0 } else { 1.0 },
        ..FaultPlan::default()
    };
    scene.shop.set_faults(plan.clone());
    scene.crm.set_faults(plan);
    scene.forget_calls();

    let parts = scene.server.parts();
    let run = Run::new("shop", RunKind::Backfill, parts.clock.now());
    let has_ended = async || parts.store.run(&run.id).await.unwrap().unwrap().ended.is_some();
    parts.store.begin_run(&run).await.unwrap();
    while scene.calls().len() < point && !has_ended().await {
        tokio::task::yield_now().await;
    }
    if side == Side::WooCommerce {
        scene
            .shop
            .edit_customer(customer, json!({ "first_name": "Anna" }));
    } else {
        scene.crm.edit_record(&contact, json!({ "firstname": "Anna" }));
    }
    wait_until("the first sync is done", has_ended).await;
    scene.quiet().await;
    if !is_announced {
        sweep(&scene, Scope::Changes).await;
    }

    let (shop, crm) = (
        scene.shop.customer(customer).unwrap(),
        scene.crm.record(&contact).unwrap(),
    );
    assert_eq!(
        [&shop["first_name"], &crm["firstname"], &crm["mailingcity"]],
        ["Anna", "Anna", "Oakland"],
        "edited in {side} after {point} calls"
    );
    scene.stop().await;
}

async fn at_each_point(is_announced: bool) {
    // Servers make no difference to what is read when.
    let step = if Stack::is_of_servers() { 4 } else { 1 };
    let points = (0..FIRST_POINTS)
        .step_by(step)
        .flat_map(|point| Side::BOTH.map(|side| (point, side)));
    // They mostly wait.
    let edits =
        stream::iter(points).map(|(point, side)| edited_during_the_first_sync(point, side, is_announced));
    edits.buffer_unordered(12).collect::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_during_the_first_sync_stay() {
    at_each_point(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_during_the_first_sync_that_nobody_announces_are_found_by_the_next_sweep() {
    at_each_point(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_that_are_announced_meanwhile_stay() {
    for point in 0..POINTS {
        edited_at(point, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_that_nobody_announces_meanwhile_are_found_by_the_next_sweep() {
    for point in 0..POINTS {
        edited_at(point, false).await;
    }
}
