//! Edits of one contact on both sides at once.

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::sync::{Decision, Side};

use crate::scene::{Scene, next_second};

/// Edits both sides while nothing is announced, so that the edits meet.
async fn edit_both(
    scene: &Scene,
    customer: u64,
    contact: &str,
    first: Side,
    shop: &serde_json::Value,
    crm: &serde_json::Value,
) {
    let deaf = FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    };
    scene.shop.set_faults(deaf.clone());
    scene.crm.set_faults(deaf);
    for side in [first, first.opposite()] {
        match side {
            Side::WooCommerce => drop(scene.shop.edit_customer(customer, shop.clone())),
            Side::Vtiger => drop(scene.crm.edit_record(contact, crm.clone())),
        }
        // Both systems tell times in whole seconds: the second edit is to be the later one.
        if side == first {
            next_second().await;
        }
    }
    scene.quiet().await;
    scene.shop.set_faults(FaultPlan::default());
    scene.crm.set_faults(FaultPlan::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_of_different_fields_both_survive() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    let (shop, crm) = (
        json!({ "billing": { "phone": "555 2000" } }),
        json!({ "mailingcity": "Berkeley" }),
    );
    edit_both(&scene, customer, &contact, Side::Vtiger, &shop, &crm).await;
    scene.sweep().await;

    let customer = scene.shop.customer(customer).unwrap();
    let contact = scene.crm.record(&contact).unwrap();
    assert_eq!(
        (&customer["billing"]["phone"], &contact["phone"]),
        (&json!("555 2000"), &json!("555 2000"))
    );
    assert_eq!(
        (&customer["billing"]["city"], &contact["mailingcity"]),
        (&json!("Berkeley"), &json!("Berkeley"))
    );
    scene.stop().await;
}

/// Edits the phone on both sides, and tells which side's value stayed.
async fn winner(rule: &str, first: Side) -> Side {
    let scene = Scene::with(&format!(
        "[connections.shop.modules.contacts]\nconflict = \"{rule}\""
    ))
    .await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    let (shop, crm) = (
        json!({ "billing": { "phone": "shop's" } }),
        json!({ "phone": "crm's" }),
    );
    edit_both(&scene, customer, &contact, first, &shop, &crm).await;
    scene.sweep().await;

    let shown = scene.shop.customer(customer).unwrap()["billing"]["phone"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        scene.crm.record(&contact).unwrap()["phone"],
        shown,
        "both sides show the winner"
    );
    let winner = if shown == "shop's" {
        Side::WooCommerce
    } else {
        Side::Vtiger
    };
    let journal = scene.journal().await;
    let conflict = journal
        .iter()
        .flat_map(|stored| &stored.entry.fields)
        .find(|field| matches!(field.decision, Decision::Conflict { .. }))
        .expect("the conflict is in the journal");
    let loser = if winner == Side::WooCommerce {
        "crm's"
    } else {
        "shop's"
    };
    assert_eq!(
        conflict.before.of(winner.opposite()).to_string(),
        loser,
        "the loser is in the journal"
    );
    assert_eq!(conflict.decision.source(), Some(winner));
    assert!(scene.sweep().await.is_clean(), "the conflict is settled for good");
    scene.stop().await;
    winner
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_rule_last_updated_wins_the_later_edit_stays() {
    let (shop_last, crm_last) = tokio::join!(
        winner("last_updated", Side::Vtiger),
        winner("last_updated", Side::WooCommerce)
    );

    assert_eq!((shop_last, crm_last), (Side::WooCommerce, Side::Vtiger));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_rule_vtiger_wins_its_edit_stays_whenever_it_was_made() {
    let (shop_last, crm_last) = tokio::join!(
        winner("vtiger", Side::Vtiger),
        winner("vtiger", Side::WooCommerce)
    );

    assert_eq!((shop_last, crm_last), (Side::Vtiger, Side::Vtiger));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_rule_woocommerce_wins_its_edit_stays_whenever_it_was_made() {
    let (shop_last, crm_last) = tokio::join!(
        winner("woocommerce", Side::Vtiger),
        winner("woocommerce", Side::WooCommerce)
    );

    assert_eq!((shop_last, crm_last), (Side::WooCommerce, Side::WooCommerce));
}
