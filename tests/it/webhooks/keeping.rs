//! What the service does about webhooks while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::engine::Keeper;
use woo_vtiger_sync::sync::{Module, Side};
use woo_vtiger_sync::system::SystemError;
use woo_vtiger_sync::webhooks::Registration;
use woo_vtiger_sync::woocommerce::webhooks::{Webhook, WebhookPatch, Webhooks};

use super::{ELSEWHERE, Place};
use crate::scene::{ann, place as scene_place, wait_until};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_the_shop_switched_off_is_switched_on_again_and_the_gap_made_good() {
    let place = Place::new().await;
    let foreign = place.shop.add_webhook("coupon.updated", ELSEWHERE, "theirs");
    let also_foreign = place.shop.add_webhook("customer.updated", ELSEWHERE, "theirs");
    let server = place.serve("3s").await;
    place.registered().await;
    let customer = place.shop.register_customer(ann("ann@shop.example"));
    wait_until("the contact is there", async || {
        place.phone_in_crm("ann@shop.example").is_some()
    })
    .await;
    // The sweeps that follow the registration would find the edits, too.
    for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
        wait_until("the sweeps that were asked for are over", async || {
            let state = server
                .parts()
                .store
                .sweep_state(&scene_place(module), Side::Vtiger)
                .await;
            state.unwrap().swept.is_some()
        })
        .await;
    }
    let webhooks = place.webhooks().await;
    let updated = webhooks
        .iter()
        .find(|webhook| webhook.topic == "customer.updated" && webhook.delivery_url == place.address())
        .unwrap()
        .id;

    place.street.set_closed(true);
    let mut edits = 0;
    while place.shop.webhook_status(updated).unwrap() != "disabled" {
        edits += 1;
        let phone = format!("555 2{edits:03}");
        assert!(
            place
                .shop
                .edit_customer(customer, json!({ "billing": { "phone": phone } }))
        );
        wait_until("the delivery has failed", async || {
            place.shop.pending_deliveries() == 0
        })
        .await;
    }
    assert!(
        place
            .shop
            .edit_customer(customer, json!({ "billing": { "phone": "555 9999" } }))
    );
    place.street.set_closed(false);

    wait_until("the CRM shows the last edit", async || {
        place.phone_in_crm("ann@shop.example").as_deref() == Some("555 9999")
    })
    .await;
    place.registered().await;
    let webhooks = place.webhooks().await;
    for id in [foreign, also_foreign] {
        let theirs = webhooks.iter().find(|webhook| webhook.id == id).unwrap();
        assert_eq!(theirs.delivery_url, ELSEWHERE);
        assert!(theirs.name.starts_with("Webhook created on"), "{}", theirs.name);
    }
    // Nobody reaches the other one's address, so the shop has switched it off as well, and it stays so.
    assert_eq!(
        place.shop.webhook_status(also_foreign).as_deref(),
        Some("disabled")
    );
    server.stop().await;
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_or_leads_elsewhere_is_brought_back_and_doubles_go() {
    let place = Place::new().await;
    let server = place.serve("1s").await;
    place.registered().await;
    let webhooks = place.webhooks().await;
    let of = |topic: &str| webhooks.iter().find(|webhook| webhook.topic == topic).unwrap();
    let (lost, moved, paused) = (of("order.created"), of("order.updated"), of("product.deleted"));

    place.client.delete_webhook(lost.id).await.unwrap();
    let elsewhere = WebhookPatch {
        delivery_url: Some(ELSEWHERE),
        ..WebhookPatch::default()
    };
    place.client.update_webhook(moved.id, &elsewhere).await.unwrap();
    let double = WebhookPatch {
        name: Some(&paused.name),
        topic: Some(&paused.topic),
        delivery_url: Some(ELSEWHERE),
        ..WebhookPatch::default()
    };
    let double = place.client.create_webhook(&double).await.unwrap();

    place.registered().await;
    wait_until("the double is gone", async || {
        place
            .webhooks()
            .await
            .iter()
            .all(|webhook| webhook.id != double.id)
    })
    .await;
    let after = place.webhooks().await;
    assert_eq!(after.len(), 11);
    assert!(after.iter().any(|webhook| webhook.id == moved.id));
    assert!(after.iter().all(|webhook| webhook.id != lost.id));
    server.stop().await;
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_all_is_in_order_a_look_costs_one_call_and_changes_nothing() {
    let place = Place::new().await;
    let server = place.serve("1s").await;
    place.registered().await;
    let client = place.client.webhooks().await.unwrap();
    // The keeper is still at its first round.
    wait_until("the secret is known to be given", async || {
        let given = server.parts().store.webhook_secret_given("shop").await.unwrap();
        given.is_some()
    })
    .await;
    place.shop.forget_calls();

    wait_until("two looks were taken", async || place.shop.calls().len() >= 2).await;

    assert!(
        place.shop.calls().iter().all(|call| call.method == "GET"),
        "{:?}",
        place.shop.calls()
    );
    assert_eq!(place.webhooks().await, client);
    server.stop().await;
    place.stop().await;
}

/// A shop that counts who asks it.
#[derive(Debug)]
struct Counted {
    shop: Arc<dyn Webhooks>,
    looks: Arc<AtomicU64>,
}

#[async_trait]
impl Webhooks for Counted {
    async fn webhooks(&self) -> Result<Vec<Webhook>, SystemError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.shop.webhooks().await
    }

    async fn create_webhook(&self, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError> {
        self.shop.create_webhook(patch).await
    }

    async fn update_webhook(&self, id: u64, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError> {
        self.shop.update_webhook(id, patch).await
    }

    async fn delete_webhook(&self, id: u64) -> Result<(), SystemError> {
        self.shop.delete_webhook(id).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_keepers_that_start_at_once_one_keeps_and_the_other_steps_in() {
    let place = Place::new().await;
    let config = Config::load(None, place.environment().into_iter()).unwrap();
    let parts = Parts::open(&config, SystemClock::shared()).await.unwrap();
    let registration = &parts.roster.get("shop").unwrap().registration.clone().unwrap();
    let tasks = TaskTracker::new();
    let keepers = [0, 1].map(|_| {
        let (looks, stop) = (Arc::<AtomicU64>::default(), CancellationToken::new());
        let keeper = Registration {
            shop: Arc::new(Counted {
                shop: Arc::clone(&registration.shop),
                looks: Arc::clone(&looks),
            }),
            // As if each were a process.
            keeper: Keeper::new(Duration::from_mins(1)),
            ..registration.clone()
        };
        tasks.spawn(keeper.keep(Duration::from_millis(20), stop.clone()));
        (looks, stop)
    });
    let looks = || keepers.each_ref().map(|(looks, _)| looks.load(Ordering::SeqCst));

    wait_until("one has looked several times", async || {
        looks().iter().any(|looks| *looks >= 5)
    })
    .await;

    let (one, other) = if looks()[0] > 0 { (0, 1) } else { (1, 0) };
    assert_eq!(looks()[other], 0, "{:?}", looks());
    assert_eq!(place.webhooks().await.len(), 11);
    // The one that goes leaves the work to the other.
    keepers[one].1.cancel();
    wait_until("the other one looks", async || looks()[other] > 0).await;
    keepers[other].1.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(place.webhooks().await.len(), 11);
    parts.close().await;
    place.stop().await;
}
