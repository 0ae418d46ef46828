//! Work that is interrupted at each of its steps, and news that arrives before it goes on: nothing is lost.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::faults::{Fault, FaultPlan};
use woo_vtiger_sync::sync::Side;

use crate::scene::{Scene, next_second, wait_until};
use crate::wire::delivery;

/// No callback makes more requests to one of the two systems.
const STEPS: usize = 4;

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
    futures_util::future::join_all(runs).await;
}
