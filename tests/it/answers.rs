//! What the webhook endpoints answer, and what each answer promises.

mod callbacks;
mod secrets;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sqlx::{Connection as _, Row, SqliteConnection};
use woo_vtiger_sync::simulator::faults::FaultPlan;

use crate::scene::{CALLBACK_SECRET, Scene, ann, wait_until};
use crate::wire::{
    Answer, Request, callback, customer, delivery, hmac, recorded_callback, recorded_delivery,
};

/// A refusal is JSON that says what is wrong, for programs and for people.
fn assert_refused(answer: &Answer, status: u16, error: &str) {
    let body = answer.json();
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(body["error"], error, "{body}");
    assert!(
        body["detail"].as_str().is_some_and(|detail| detail.len() > 10),
        "{body}"
    );
}

fn assert_accepted(answer: &Answer, events: u64) {
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "status": "accepted", "events": events }));
}

/// Nothing was told, asked or written.
async fn assert_untouched(scene: &Scene) {
    scene.quiet().await;
    assert_eq!(scene.calls_signed_in(), [] as [&str; 0]);
    assert!(scene.journal().await.is_empty());
}

fn genuine() -> Request {
    delivery("customer.created", customer(900, "ann@shop.example").to_string())
}

fn changed_contact() -> Json {
    json!({ "module": "Contacts", "id": "12x77", "event": "updated" })
}

/// A record of a module that is not kept in step.
fn changed_invoice() -> Json {
    json!({ "module": "Invoice", "id": "7x7", "event": "updated" })
}

fn unsigned_callback(body: impl Into<Vec<u8>>) -> Request {
    callback(body).without("X-Vtiger-Signature")
}

/// A connection to the database, beside the service's own.
async fn database(scene: &Scene) -> SqliteConnection {
    let url = format!("sqlite://{}", scene.database().display());
    SqliteConnection::connect(&url).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_with_200_is_in_the_database() {
    let scene = Scene::start().await;
    let broken = FaultPlan {
        request_faults: 1.0,
        ..FaultPlan::default()
    };
    scene.crm.set_faults(broken);
    let mut database = database(&scene).await;

    for id in 901..=903 {
        let body = customer(id, "ann@shop.example").to_string();
        assert_accepted(
            &delivery("customer.created", body).send(scene.server.address()),
            1,
        );

        let rows = sqlx::query("select event from queue")
            .fetch_all(&mut database)
            .await
            .unwrap();
        let is_there = rows
            .iter()
            .any(|row| row.get::<String, _>("event").contains(&format!("\"{id}\"")));
        assert!(is_there, "{id}");
    }

    scene.crm.set_faults(FaultPlan::default());
    wait_until("the contact is there", || async {
        scene.contact("ann@shop.example").is_some()
    })
    .await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_answered_with_503_and_taken_as_soon_as_it_can() {
    let scene = Scene::start().await;
    let mut database = database(&scene).await;
    sqlx::query("create trigger full before insert on queue begin select raise(fail, 'disk full'); end")
        .execute(&mut database)
        .await
        .unwrap();

    for request in [
        genuine(),
        callback(changed_contact().to_string()),
        recorded_delivery("product.updated"),
        recorded_delivery("order.created-guest-1-order.created"),
    ] {
        let answer = request.send(scene.server.address());
        assert_refused(&answer, 503, "not_durable");
        assert!(answer.header("retry-after").is_some());
    }
    // What asks for nothing needs no database.
    let ignored = delivery("coupon.updated", json!({ "id": 7 }).to_string());
    assert_accepted(&ignored.send(scene.server.address()), 0);

    sqlx::query("drop trigger full")
        .execute(&mut database)
        .await
        .unwrap();
    assert_accepted(&genuine().send(scene.server.address()), 1);
    scene.quiet().await;
    assert!(scene.contact("ann@shop.example").is_some());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_without_the_right_signature_are_refused() {
    let scene = Scene::start().await;
    let name = "X-WC-Webhook-Signature";
    let other_body = STANDARD.encode(hmac("lab-webhook-secret", b"{}"));
    let right = String::from_utf8(genuine().values(name)[0].to_vec()).unwrap();

    let unsigned = genuine().without(name);
    assert_refused(&unsigned.send(scene.server.address()), 401, "unauthenticated");
    for wrong in [
        String::new(),
        "=".to_owned(),
        STANDARD.encode(hmac("another secret", &genuine().body)),
        STANDARD.encode(hmac("", &genuine().body)),
        hex::encode(hmac("lab-webhook-secret", &genuine().body)),
        other_body,
        right.to_lowercase(),
        right[..40].to_owned(),
        format!("{right}AAAA"),
    ] {
        let answer = unsigned.clone().with(name, &wrong).send(scene.server.address());
        assert_refused(&answer, 401, "unauthenticated");
    }
    // Vtiger's credentials are no good here.
    let as_vtiger = unsigned
        .with("X-Webhook-Token", CALLBACK_SECRET)
        .with("Authorization", format!("Bearer {CALLBACK_SECRET}"));
    assert_refused(&as_vtiger.send(scene.server.address()), 401, "unauthenticated");

    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_changed_both_are_valid() {
    let scene = Scene::with(
        "[connections.shop.woocommerce]\nwebhook_secret_previous = \"old\"\n\
         [connections.shop.vtiger]\ncallback_secret_previous = \"older\"",
    )
    .await;
    let ignored = |body: &[u8]| Request::post("/webhooks/woocommerce/shop", body);
    let body = br#"{"id":7}"#;

    for (secret, status) in [
        ("lab-webhook-secret", 200),
        ("old", 200),
        ("older", 401),
        (CALLBACK_SECRET, 401),
    ] {
        let answer = ignored(body)
            .with("X-WC-Webhook-Topic", "coupon.updated")
            .with("X-WC-Webhook-Signature", STANDARD.encode(hmac(secret, body)))
            .send(scene.server.address());
        assert_eq!(answer.status, status, "{secret}");
    }
    let body = changed_invoice().to_string();
    for (secret, status) in [
        (CALLBACK_SECRET, 200),
        ("older", 200),
        ("old", 401),
        ("lab-webhook-secret", 401),
    ] {
        let answer = unsigned_callback(body.as_str())
            .with("X-Vtiger-Signature", hex::encode(hmac(secret, body.as_bytes())))
            .send(scene.server.address());
        assert_eq!(answer.status, status, "{secret}");
    }
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unsigned_ping_is_accepted_and_nothing_that_only_looks_like_it() {
    let scene = Scene::start().await;
    let form = "application/x-www-form-urlencoded";
    let post = |body: &str, content_type: &str| {
        Request::post("/webhooks/woocommerce/shop", body)
            .with("Content-Type", content_type)
            .send(scene.server.address())
    };

    assert_accepted(&recorded_delivery("ping").send(scene.server.address()), 0);
    assert_accepted(&post("webhook_id=12", &format!("{form}; charset=UTF-8")), 0);
    for (body, content_type) in [
        ("webhook_id=12", "application/json"),
        ("webhook_id=", form),
        ("webhook_id=1&id=32", form),
        ("webhook_id=1x", form),
        ("", form),
        (r#"{"id":32}"#, form),
    ] {
        assert_refused(&post(body, content_type), 401, "unauthenticated");
    }
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_known_by_name_whatever_its_case() {
    let scene = Scene::start().await;
    let at = |target: &str, mut request: Request| {
        request.target = target.to_owned();
        request.send(scene.server.address())
    };
    let callback = recorded_callback("products_aftersave");
    let delivery = recorded_delivery("product.updated");

    for name in ["shop", "SHOP", "Shop", "%73hop"] {
        assert_accepted(&at(&format!("/webhooks/woocommerce/{name}"), delivery.clone()), 1);
        assert_accepted(&at(&format!("/webhooks/vtiger/{name}"), callback.clone()), 1);
    }
    for name in ["other", "shop2", "sho", "shop%20"] {
        let delivery = at(&format!("/webhooks/woocommerce/{name}"), delivery.clone());
        assert_refused(&delivery, 404, "unknown_connection");
        let callback = at(&format!("/webhooks/vtiger/{name}"), callback.clone());
        assert_refused(&callback, 404, "unknown_connection");
    }
    scene.quiet().await;
    // By whatever name it came, it is the same product of the same connection.
    let products = scene.crm.records("Products");
    assert_eq!(products.len(), 1, "{products:?}");
    assert_eq!(products[0]["productcode"], "HOOK-1");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_posts_are_taken() {
    let scene = Scene::start().await;
    for mut request in [genuine(), recorded_callback("workflow_save")] {
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            request.method = method.to_owned();
            let answer = request.send(scene.server.address());
            assert_refused(&answer, 405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
    }
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_up_to_the_limit_are_taken_and_larger_ones_refused() {
    const LIMIT: usize = 20_000;
    let scene = Scene::with(&format!("[http]\nbody_limit = {LIMIT}")).await;
    let of = |length: usize| {
        let frame = json!({ "id": 7, "text": "" }).to_string().len();
        let text = "x".repeat(length - frame);
        json!({ "id": 7, "text": text }).to_string()
    };

    let fits = delivery("coupon.updated", of(LIMIT));
    assert_accepted(&fits.send(scene.server.address()), 0);
    assert_accepted(&fits.chunked().send(scene.server.address()), 0);
    for length in [LIMIT + 1, 3 * LIMIT] {
        let large = delivery("coupon.updated", of(length));
        assert_refused(&large.send(scene.server.address()), 413, "too_large");
        assert_refused(&large.chunked().send(scene.server.address()), 413, "too_large");
        let large = callback(of(length));
        assert_refused(&large.send(scene.server.address()), 413, "too_large");
    }
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn genuine_deliveries_of_other_topics_are_accepted_and_nothing_follows() {
    let scene = Scene::start().await;
    for topic in [
        "coupon.created",
        "coupon.updated",
        "coupon.deleted",
        "coupon.restored",
        "action.woocommerce_cart_updated",
        "subscription.created",
    ] {
        let answer = delivery(topic, json!({ "id": 7 }).to_string()).send(scene.server.address());
        assert_accepted(&answer, 0);
    }
    let answer = callback(changed_invoice().to_string()).send(scene.server.address());
    assert_accepted(&answer, 0);
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_delivery_that_cannot_be_read_is_accepted_and_a_sweep_finds_what_it_meant() {
    let deep = format!("{}1{}", r#"{"id":"#.repeat(300), "}".repeat(300));
    let unreadable = [
        delivery("customer.updated", "no JSON"),
        delivery("customer.updated", ""),
        delivery("customer.updated", "[]"),
        delivery("customer.updated", b"{\"id\":7,\"email\":\"\xff\xfe\"}".to_vec()),
        delivery("customer.updated", r#"{"id":"seven"}"#),
        delivery("customer.updated", r#"{"id":1e300}"#),
        delivery("customer.updated", deep),
        delivery("customer.moved", r#"{"id":7}"#),
        delivery("", r#"{"id":7}"#),
        delivery("customer.updated", r#"{"id":7}"#).without("X-WC-Webhook-Topic"),
    ];
    let lost = FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    };

    // Only where WooCommerce says itself that it can't read the record, the topic tells what it may be.
    let untold = delivery("customer.updated", r#"{"code":"woocommerce_rest_cannot_view"}"#);
    let unreadable = unreadable.into_iter().map(|request| (request, 3));

    for (request, events) in unreadable.chain([(untold, 1)]) {
        let scene = Scene::start().await;
        scene.shop.set_faults(lost.clone());
        scene.shop.register_customer(ann("lost@shop.example"));
        let product = json!({ "name": "Lost", "sku": "LOST", "regular_price": "5" });
        let product = scene.shop.add_product(product);
        scene.shop.place_order(json!({
            "customer_id": 0,
            "billing": { "first_name": "Lost", "last_name": "Guest", "email": "lost@guest.example" },
            "line_items": [{ "product_id": product, "quantity": 1, "subtotal": "5.00", "total": "5.00" }],
        }));
        scene.quiet().await;
        assert_eq!(scene.contact("lost@shop.example"), None);

        assert_accepted(&request.send(scene.server.address()), events);
        let count = |module: &str| scene.crm.records(module).len();
        wait_until("the lost customer and guest are found", || async {
            count("Contacts") == 2
        })
        .await;
        wait_until(
            "the lost product and order are found where they are looked for",
            || async { events == 1 || count("Products") == 1 && count("SalesOrder") == 1 },
        )
        .await;
        scene.quiet().await;
        assert_eq!(
            scene.contact("lost@shop.example").expect("a contact")["lastname"],
            "Lee"
        );
        let others = usize::from(events == 3);
        assert_eq!((count("Products"), count("SalesOrder")), (others, others));
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_nested_as_deep_as_can_be_read_is_dealt_with() {
    let scene = Scene::start().await;
    // The queue keeps the record within a few layers of its own.
    for depth in [100, 115, 120, 122, 124, 125] {
        let email = format!("deep{depth}@shop.example");
        let id = scene.shop.register_customer(ann(&email));
        let mut body = customer(id, &email);
        body["meta_data"] = (0..depth).fold(json!(1), |inner, _| json!([inner]));

        let request = delivery("customer.updated", body.to_string());
        assert_accepted(&request.send(scene.server.address()), 1);
        scene.quiet().await;
        assert!(scene.contact(&email).is_some(), "{depth}");

        let data = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        let body =
            json!({ "module": "Contacts", "id": "12x77", "event": "updated", "data": { "deep": data } });
        assert_accepted(&callback(body.to_string()).send(scene.server.address()), 1);
        scene.quiet().await;
    }

    let failed = sqlx::query("select id from failed")
        .fetch_all(&mut database(&scene).await)
        .await
        .unwrap();
    assert!(
        failed.is_empty(),
        "{} events were set aside as unreadable",
        failed.len()
    );
    scene.stop().await;
}
