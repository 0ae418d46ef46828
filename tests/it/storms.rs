//! A plugin in the shop and a workflow in the CRM that rewrite each other's work: noticed after a few rounds and left
//! alone, while all else goes on. Busy people are none of that.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use woo_vtiger_sync::app;
use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sync::{Module, RecordId, Side, Skip};

use crate::scene::{Scene, ann, contacts, next_second, wait_until};

const ANN: &str = "ann@shop.example";

/// Looks again and again until it is stopped, and rewrites what it doesn't like.
#[expect(clippy::disallowed_methods, reason = "end() waits for the task")]
fn rewriter(stop: &CancellationToken, mut look: impl FnMut() + Send + 'static) -> JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(2));
        while !stop.is_cancelled() {
            ticks.tick().await;
            look();
        }
    })
}

/// A plugin of the shop that writes each phone with the country's number before it.
fn plugin(scene: &Arc<Scene>, customer: u64, stop: &CancellationToken) -> JoinHandle<()> {
    let scene = Arc::clone(scene);
    rewriter(stop, move || {
        let customer_now = scene.shop.customer(customer).unwrap();
        let phone = customer_now["billing"]["phone"].as_str().unwrap();
        if !phone.starts_with('+') {
            let rewritten = format!("+1 {phone}");
            scene.shop.edit_customer(customer, phone_of_customer(&rewritten));
        }
    })
}

/// A workflow of the CRM that takes the country's number away.
fn workflow(scene: &Arc<Scene>, contact: &str, stop: &CancellationToken) -> JoinHandle<()> {
    let (scene, contact) = (Arc::clone(scene), contact.to_owned());
    rewriter(stop, move || {
        let contact_now = scene.crm.record(&contact).unwrap();
        if let Some(rest) = contact_now["phone"].as_str().unwrap().strip_prefix("+1 ") {
            scene.crm.edit_record(&contact, json!({ "phone": rest }));
        }
    })
}

fn phone_of_customer(phone: &str) -> Json {
    json!({ "billing": { "phone": phone } })
}

async fn storms(scene: &Scene) -> Vec<Skip> {
    let skips = scene
        .journal()
        .await
        .into_iter()
        .filter_map(|line| line.entry.skip);
    skips.filter(|skip| matches!(skip, Skip::Storm { .. })).collect()
}

/// Ends the rewriters, and the scene that only they knew besides.
async fn end(scene: Arc<Scene>, stop: CancellationToken, rewriters: Vec<JoinHandle<()>>) {
    stop.cancel();
    for rewriter in rewriters {
        rewriter.await.unwrap();
    }
    Arc::into_inner(scene).expect("nobody else has it").stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_rewrite_each_others_work_are_noticed_and_left_alone_while_all_else_goes_on() {
    let scene = Arc::new(Scene::start().await);
    let (customer, contact) = scene.pair(ANN).await;
    let stop = CancellationToken::new();
    let mut rewriters = vec![plugin(&scene, customer, &stop), workflow(&scene, &contact, &stop)];

    wait_until("the storm is noticed", || async {
        !storms(&scene).await.is_empty()
    })
    .await;
    scene.quiet().await;

    let entry = scene
        .last_entry(Module::Contacts, Side::WooCommerce, &customer.to_string())
        .await;
    assert_eq!(entry.action, Action::Skipped);
    let skip = entry.skip.unwrap();
    let field = "billing.phone = phone".to_owned();
    assert_eq!(skip, Skip::Storm { field });
    assert!(
        skip.to_string().contains("changes back and forth without end"),
        "{skip}"
    );
    assert!(
        skip.remedy().contains("`woo-vtiger-sync retry`"),
        "{}",
        skip.remedy()
    );
    assert_eq!(entry.ids.vtiger.unwrap().as_str(), contact);
    let journal = scene.journal().await;
    let rounds = journal
        .iter()
        .filter(|line| line.entry.action == Action::Updated)
        .count();
    assert!(rounds < 30, "after a few rounds: {rounds}");

    // The record is left alone, whatever happens to it.
    scene.forget_calls();
    assert!(scene.crm.edit_record(&contact, json!({ "phone": "+1 555 3000" })));
    scene.quiet().await;
    scene.sweep().await;
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert_eq!(storms(&scene).await.len(), 1, "once is enough");
    let other = scene.shop.register_customer(ann("other@shop.example"));
    scene.quiet().await;
    assert!(scene.contact("other@shop.example").is_some(), "all else goes on");
    assert!(scene.shop.edit_customer(other, phone_of_customer("+1 555 4000")));
    scene.quiet().await;
    assert_eq!(
        scene.contact("other@shop.example").unwrap()["phone"],
        "+1 555 4000"
    );

    // Once the cause is mended, a person releases the record.
    stop.cancel();
    for rewriter in rewriters.drain(..) {
        rewriter.await.unwrap();
    }
    next_second().await;
    assert!(scene.crm.edit_record(&contact, json!({ "phone": "555 5000" })));
    scene.quiet().await;
    let id = RecordId::new(customer.to_string());
    app::retry(scene.server.parts(), &contacts(), Side::WooCommerce, &id)
        .await
        .unwrap();
    scene.quiet().await;
    let phone = &scene.shop.customer(customer).unwrap()["billing"]["phone"];
    assert_eq!(*phone, scene.crm.record(&contact).unwrap()["phone"]);
    assert!(scene.sweep().await.is_clean());
    assert!(scene.shop.edit_customer(customer, phone_of_customer("555 6000")));
    scene.quiet().await;
    assert_eq!(
        scene.crm.record(&contact).unwrap()["phone"],
        "555 6000",
        "it is in step again"
    );
    end(scene, stop, rewriters).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_on_one_side_alone_is_followed() {
    let scene = Arc::new(Scene::start().await);
    let (customer, contact) = scene.pair(ANN).await;
    let stop = CancellationToken::new();
    let rewriters = vec![plugin(&scene, customer, &stop)];
    wait_until("the plugin has seen to the customer", || async {
        scene.crm.record(&contact).unwrap()["phone"] == "+1 555 1000"
    })
    .await;
    for nth in 0..5 {
        let phone = format!("555 {nth}000");
        assert!(scene.crm.edit_record(&contact, json!({ "phone": phone })));
        let rewritten = format!("+1 {phone}");
        wait_until("the contact shows what the plugin wrote", || async {
            scene.crm.record(&contact).unwrap()["phone"] == rewritten
        })
        .await;
    }
    scene.quiet().await;

    assert_eq!(storms(&scene).await, Vec::<Skip>::new());
    end(scene, stop, rewriters).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_edits_one_record_200_times_is_no_storm() {
    for side in Side::BOTH {
        let scene = Scene::start().await;
        let (customer, contact) = scene.pair(ANN).await;

        for nth in 0..200 {
            // As often back as forth.
            let phone = format!("555 {}", if nth % 2 == 0 { 2000 } else { 3000 + nth });
            match side {
                Side::WooCommerce => assert!(scene.shop.edit_customer(customer, phone_of_customer(&phone))),
                Side::Vtiger => assert!(scene.crm.edit_record(&contact, json!({ "phone": phone }))),
            }
            if nth % 20 == 0 {
                scene.quiet().await;
            }
        }
        scene.quiet().await;

        assert_eq!(storms(&scene).await, Vec::<Skip>::new(), "{side}");
        assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 3199");
        assert_eq!(
            scene.shop.customer(customer).unwrap()["billing"]["phone"],
            "555 3199"
        );
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_edit_one_record_in_turn_are_no_storm() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;

    for nth in 0..10 {
        let phone = format!("555 {nth}");
        if nth % 2 == 0 {
            assert!(scene.shop.edit_customer(customer, phone_of_customer(&phone)));
        } else {
            assert!(scene.crm.edit_record(&contact, json!({ "phone": phone })));
        }
        scene.quiet().await;
        assert_eq!(scene.crm.record(&contact).unwrap()["phone"], phone);
        assert_eq!(scene.shop.customer(customer).unwrap()["billing"]["phone"], phone);
    }

    assert_eq!(storms(&scene).await, Vec::<Skip>::new());
    scene.stop().await;
}
