//! `webhooks register`, `status`, `remove` and `rotate`, and what `check` says.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{ELSEWHERE, Place};
use crate::process::Program;
use crate::scene::{ann, wait_until};
use crate::wire::delivery;

/// A day: the keeper looks once at the start.
const ONCE: &str = "24h";

const UNREGISTERED: (&str, &str) = ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__REGISTER_WEBHOOKS", "false");

#[tokio::test(flavor = "multi_thread")]
async fn register_creates_and_adopts_and_remove_takes_only_ours() {
    let place = Place::new().await;
    let foreign = place.shop.add_webhook("order.updated", ELSEWHERE, "theirs");
    let by_hand = place
        .shop
        .add_webhook("customer.created", &format!("{}/", place.address()), "forgotten");
    let environment = place.environment();

    let told = Program::run(&["webhooks", "register"], &environment).await;

    assert_eq!(told.code, Some(0), "{told:?}");
    assert_eq!(told.out.matches(" created\n").count(), 10, "{}", told.out);
    assert!(
        told.out.contains(&format!("id {by_hand:<6} adopted")),
        "{}",
        told.out
    );
    assert!(told.out.contains("the service is not running"), "{}", told.out);
    assert!(!told.out.contains("customer.restored"));
    let first = place.webhooks().await;
    assert_eq!(first.len(), 12);

    // The secret that was made up verifies, that of the adopted one included.
    let server = place.serve(ONCE).await;
    place.shop.register_customer(ann("ann@shop.example"));
    wait_until("the contact is there", async || {
        place.phone_in_crm("ann@shop.example").is_some()
    })
    .await;
    wait_until("the deliveries are over", async || {
        place.shop.pending_deliveries() == 0
    })
    .await;
    assert_eq!(place.street.refused(), 0);

    let again = Program::run(&["webhooks", "register", "--connection", "Shop"], &environment).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(again.out.matches(" active\n").count(), 11, "{}", again.out);
    assert_eq!(place.webhooks().await, first);

    let status = Program::run(&["webhooks", "status"], &environment).await;
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(
        status
            .out
            .contains(&format!("id {foreign:<6} active    not ours  {ELSEWHERE}")),
        "{}",
        status.out
    );
    assert_eq!(
        status.out.matches(" active    ours      ").count(),
        11,
        "{}",
        status.out
    );
    wait_until("the last delivery is known", async || {
        let status = Program::run(&["webhooks", "status"], &environment).await;
        status.out.contains("the last delivery came at")
    })
    .await;
    let check = Program::run(&["check"], &environment).await;
    assert!(check.out.contains("ok    present and active"), "{}", check.out);

    let removed = Program::run(&["webhooks", "remove"], &environment).await;
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert!(
        removed.out.contains("register_webhooks is set"),
        "{}",
        removed.out
    );
    let left = place.webhooks().await;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].id, left[0].is_active()), (foreign, true));
    let check = Program::run(&["check"], &environment).await;
    assert!(
        check.out.contains("note  order.updated: it is missing"),
        "{}",
        check.out
    );
    assert!(check.out.contains("webhooks register"), "{}", check.out);
    let status = Program::run(&["webhooks", "status"], &environment).await;
    assert_eq!(status.code, Some(1), "{status:?}");
    server.stop().await;
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_changed_without_refusing_a_delivery() {
    let place = Place::new().await;
    let server = place.serve(ONCE).await;
    place.registered().await;
    let customer = place.shop.register_customer(ann("ann@shop.example"));
    let product = place
        .shop
        .add_product(json!({ "name": "Lamp", "sku": "L1", "regular_price": "5" }));
    let before = server
        .parts()
        .store
        .webhook_secret("shop")
        .await
        .unwrap()
        .unwrap();
    let is_over = AtomicBool::new(false);

    let rotate = async {
        let environment = place.environment();
        for _ in 0..2 {
            let told = Program::run(&["webhooks", "rotate"], &environment).await;
            assert_eq!(told.code, Some(0), "{told:?}");
            assert!(
                told.out.contains("the webhooks have a new secret"),
                "{}",
                told.out
            );
            assert_eq!(told.out.matches(" kept\n").count(), 11, "{}", told.out);
        }
        is_over.store(true, Ordering::SeqCst);
    };
    let edit = async {
        let mut edits = 0;
        // The webhooks get the new secret one after the other.
        let edit = |number: u32| {
            let price = json!({ "regular_price": number.to_string() });
            assert!(place.shop.edit_product(product, price));
            let phone = format!("555 {number:04}");
            assert!(
                place
                    .shop
                    .edit_customer(customer, json!({ "billing": { "phone": phone } }))
            );
        };
        while !is_over.load(Ordering::SeqCst) {
            edits += 1;
            edit(edits);
            // Whatever others send must not keep the service from looking for a new secret in time.
            let forged = delivery("customer.updated", "{}").send(server.address());
            assert_eq!(forged.status, 401);
            wait_until("the edit is delivered", async || {
                place.shop.pending_deliveries() == 0
            })
            .await;
        }
        edit(9999);
        edits
    };
    let ((), edits) = tokio::join!(rotate, edit);

    wait_until("the CRM shows the last edit", async || {
        place.phone_in_crm("ann@shop.example").as_deref() == Some("555 9999")
    })
    .await;
    assert!(edits > 10, "{edits}");
    assert_eq!(place.street.refused(), 0);
    let after = server
        .parts()
        .store
        .webhook_secret("shop")
        .await
        .unwrap()
        .unwrap();
    assert!(after.changed > before.changed);
    server.stop().await;
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_secret_is_registered_and_not_changed_by_a_command() {
    let place = Place::new().await;
    let secret = "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET";
    let environment = place.environment_with(secret, "0123456789abcdef");

    let registered = Program::run(&["webhooks", "register"], &environment).await;
    let rotated = Program::run(&["webhooks", "rotate"], &environment).await;

    assert_eq!(registered.code, Some(0), "{registered:?}");
    assert_eq!(rotated.code, Some(1), "{rotated:?}");
    assert!(rotated.log.contains("webhook_secret_previous"), "{}", rotated.log);
    for text in [&registered.out, &registered.log, &rotated.out, &rotated.log] {
        assert!(!text.contains("0123456789abcdef"), "{text}");
    }
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_shop_does_not_reach_is_told() {
    let place = Place::new().await;
    let mut environment = place.environment_with(UNREGISTERED.0, UNREGISTERED.1);
    environment.push((
        "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET".to_owned(),
        "abc".to_owned(),
    ));
    let service = Program::start(&["serve"], &environment);
    let url = service.url().await;
    place
        .street
        .lead_to(url.strip_prefix("http://").unwrap().parse().unwrap());
    place.street.set_closed(true);
    let told = async || Program::run(&["webhooks", "register"], &environment).await;
    // The service says every few seconds that it is there.
    let mut closed = told().await;
    while closed.out.contains("the service is not running") {
        Program::run(&["webhooks", "remove"], &environment).await;
        closed = told().await;
    }
    assert_eq!(closed.code, Some(1), "{closed:?}");
    assert!(
        closed
            .out
            .contains("the shop does not seem to reach this address"),
        "{}",
        closed.out
    );

    Program::run(&["webhooks", "remove"], &environment).await;
    place.street.set_closed(false);
    let open = told().await;
    assert_eq!(open.code, Some(0), "{open:?}");
    assert!(open.out.contains("the shop reaches this address"), "{}", open.out);
    let again = told().await;
    assert!(!again.out.contains("reach"), "{}", again.out);
    service.stop().await;
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_address_the_commands_say_what_to_set() {
    let place = Place::new().await;
    let mut environment = place.environment_with(UNREGISTERED.0, UNREGISTERED.1);
    environment.push((
        "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET".to_owned(),
        "abc".to_owned(),
    ));
    environment.retain(|(name, _)| name != "WVS_HTTP__PUBLIC_URL");

    let told = Program::run(&["webhooks", "status"], &environment).await;

    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.log.contains("http.public_url is not set"), "{}", told.log);
    place.stop().await;
}
