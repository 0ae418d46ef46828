//! Edits made while a sweep is under way are neither lost nor overwritten, whenever they come.

use std::time::Duration;

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::sweep::Scope;

use super::sweep;
use crate::scene::Scene;

/// Calls after which an edit comes: more than a sweep of the contacts and what it finds take.
const POINTS: usize = 9;

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
