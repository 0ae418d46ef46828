//! Bulk work: what a sweep finds goes to the shop in few requests, and nothing is lost or doubled.

use std::collections::HashMap;

use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::faults::{Fault, FaultPlan};
use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::{Module, Side, Skip};

use crate::scene::{Scene, next_second, place};

const MANY: &str = "[worker]\nconcurrency = 100";

fn person(nth: usize) -> Json {
    json!({ "email": format!("p{nth}@crm.example"), "firstname": "Pat", "lastname": format!("No {nth}"), "phone": "1" })
}

/// People whom the CRM knows and the shop doesn't, as the news of them got lost.
fn people(scene: &Scene, count: usize) -> Vec<String> {
    scene.set_deaf(true);
    (0..count)
        .map(|nth| scene.crm.add_record("Contacts", person(nth)))
        .collect()
}

async fn sweep(scene: &Scene, module: Module) {
    let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
    sweeper.sweep(&place(module), Scope::Full).await.unwrap();
    scene.quiet().await;
}

/// How many requests wrote customers or products.
fn writes(scene: &Scene) -> usize {
    let calls = scene.shop.calls();
    calls.iter().filter(|call| call.method != "GET").count()
}

/// Whether each of them is on both sides once, with this phone.
fn assert_in_step(scene: &Scene, count: usize, phone: &str) {
    let phones = |records: Vec<Json>, phone: &str| -> HashMap<String, Json> {
        let told: HashMap<_, _> = records
            .iter()
            .map(|record| {
                let email = record["email"].as_str().unwrap().to_owned();
                (email, record.pointer(phone).unwrap().clone())
            })
            .collect();
        assert_eq!(told.len(), records.len(), "somebody is there twice");
        told
    };
    let expected: HashMap<_, _> = (0..count)
        .map(|nth| (format!("p{nth}@crm.example"), json!(phone)))
        .collect();
    assert_eq!(phones(scene.shop.customers(), "/billing/phone"), expected);
    assert_eq!(phones(scene.crm.records("Contacts"), "/phone"), expected);
    assert_eq!(scene.shop.overlapping_writes(), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_customers_are_made_and_changed_with_few_requests() {
    let scene = Scene::in_utc(MANY).await;
    let contacts = people(&scene, 300);
    scene.forget_calls();

    sweep(&scene, Module::Contacts).await;

    assert_in_step(&scene, 300, "1");
    // Five, if all were there at once.
    assert!(writes(&scene) <= 50, "{:?}", scene.writes());

    next_second().await;
    for contact in &contacts {
        assert!(scene.crm.edit_record(contact, json!({ "phone": "2" })));
    }
    scene.forget_calls();
    sweep(&scene, Module::Contacts).await;

    assert_in_step(&scene, 300, "2");
    assert!(writes(&scene) <= 50, "{:?}", scene.writes());
    scene.stop().await;
}

/// The reason for which a record of the CRM was left alone, apart from which SKU it is.
async fn reason(scene: &Scene, module: Module, id: &str) -> String {
    let entry = scene.last_entry(module, Side::Vtiger, id).await;
    assert_eq!(entry.action, Action::Skipped, "{entry:?}");
    let skip = entry.skip.unwrap();
    assert!(matches!(skip, Skip::Rejected { .. }), "{skip}");
    ["T-1", "T-2"]
        .iter()
        .fold(format!("{skip:?}"), |told, sku| told.replace(sku, "T-0"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_shop_refuses_is_left_alone_for_the_same_reason_as_by_itself() {
    let scene = Scene::in_utc(MANY).await;
    let trashed = ["T-0", "T-1", "T-2"].map(|sku| {
        let product = json!({ "name": sku, "sku": sku, "status": "trash" });
        scene.shop.add_product(product)
    });
    scene.quiet().await;
    let nobody =
        |name: &str| json!({ "email": format!("{name}@crm.example"), "firstname": "Zoë", "lastname": "Z" });
    let taken = |nth: usize| json!({ "productname": "Taken", "productcode": format!("T-{nth}") });
    let alone = [
        scene.crm.add_record("Contacts", nobody("zoë")),
        scene.crm.add_record("Products", taken(0)),
    ];
    scene.quiet().await;

    people(&scene, 60);
    let also = ["zoé", "zoè"].map(|name| scene.crm.add_record("Contacts", nobody(name)));
    for nth in 0..20 {
        let product = json!({ "productname": format!("Good {nth}"), "productcode": format!("G-{nth}") });
        scene.crm.add_record("Products", product);
    }
    let also_taken = [1, 2].map(|nth| scene.crm.add_record("Products", taken(nth)));
    scene.forget_calls();
    sweep(&scene, Module::Contacts).await;
    sweep(&scene, Module::Products).await;

    assert_eq!(scene.shop.customers().len(), 60);
    assert_eq!(scene.shop.products().len(), 20 + trashed.len());
    assert!(writes(&scene) <= 30, "{:?}", scene.writes());
    for (module, alone, together) in [
        (Module::Contacts, &alone[0], also),
        (Module::Products, &alone[1], also_taken),
    ] {
        let expected = reason(&scene, module, alone).await;
        for id in together {
            assert_eq!(reason(&scene, module, &id).await, expected, "{module}");
        }
    }
    scene.stop().await;
}

/// A sweep makes customers, and the answer to their first batch gets lost like this.
async fn an_answer_gets_lost(fault: Fault) {
    let scene = Scene::in_utc(MANY).await;
    people(&scene, 60);
    scene.shop.set_faults(FaultPlan {
        next: [Some(fault)].into(),
        ending: "/batch",
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });

    sweep(&scene, Module::Contacts).await;

    assert_eq!(scene.shop.planned_faults(), 0, "{fault:?} has happened");
    assert_in_step(&scene, 60, "1");
    sweep(&scene, Module::Contacts).await;
    assert_in_step(&scene, 60, "1");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost_or_doubled_when_the_answer_to_a_batch_gets_lost() {
    let faults = [
        Fault::ErrorBefore,
        Fault::ErrorAfter,
        Fault::Reset,
        Fault::Midway,
        Fault::TooManyRequests,
    ];
    join_all(faults.map(an_answer_gets_lost)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_lost_or_doubled_when_any_request_may_fail() {
    let scene = Scene::in_utc(MANY).await;
    people(&scene, 100);
    for system in 0..2 {
        let plan = FaultPlan {
            request_faults: 0.1,
            lost_webhooks: 1.0,
            seed: system,
            ..FaultPlan::default()
        };
        match system {
            0 => scene.shop.set_faults(plan),
            _ => scene.crm.set_faults(plan),
        }
    }

    let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
    // A page that can't be read ends a sweep, as it does in a bad hour.
    while sweeper
        .sweep(&place(Module::Contacts), Scope::Full)
        .await
        .is_err()
    {}
    scene.quiet().await;
    scene.set_deaf(true);
    sweep(&scene, Module::Contacts).await;

    assert_in_step(&scene, 100, "1");
    scene.stop().await;
}
