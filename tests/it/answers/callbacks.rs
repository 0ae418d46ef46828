//! What Vtiger's callbacks are answered: how they prove themselves, and what they may look like.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{assert_accepted, assert_refused, assert_untouched, changed_invoice, unsigned_callback};
use crate::scene::{CALLBACK_SECRET, Scene};
use crate::wire::{callback, hmac};

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_prove_themselves_in_each_way_that_vtiger_can() {
    let scene = Scene::start().await;
    let body = changed_invoice().to_string();
    let mac = hmac(CALLBACK_SECRET, body.as_bytes());
    let basic =
        |user: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
    let send = |name: &str, value: &str| {
        unsigned_callback(body.as_str())
            .with(name, value)
            .send(scene.server.address())
    };

    for (name, value) in [
        ("X-Vtiger-Signature", hex::encode(&mac)),
        ("X-Vtiger-Signature", hex::encode(&mac).to_uppercase()),
        ("X-Vtiger-Signature", format!("sha256={}", hex::encode(&mac))),
        ("X-Vtiger-Signature", STANDARD.encode(&mac)),
        ("X-Vtiger-Signature", format!("sha256={}", STANDARD.encode(&mac))),
        ("Authorization", format!("Bearer {CALLBACK_SECRET}")),
        ("Authorization", format!("bearer {CALLBACK_SECRET}")),
        ("Authorization", basic("", CALLBACK_SECRET)),
        ("Authorization", basic("vtiger", CALLBACK_SECRET)),
        ("X-Webhook-Token", CALLBACK_SECRET.to_owned()),
    ] {
        assert_eq!(send(name, &value).status, 200, "{name}: {value}");
    }
    for (name, value) in [
        ("X-Vtiger-Signature", String::new()),
        ("X-Vtiger-Signature", hex::encode(hmac("", body.as_bytes()))),
        (
            "X-Vtiger-Signature",
            hex::encode(hmac(CALLBACK_SECRET, b"another body")),
        ),
        ("X-Vtiger-Signature", CALLBACK_SECRET.to_owned()),
        ("X-Vtiger-Signature", format!("sha1={}", hex::encode(&mac))),
        ("Authorization", CALLBACK_SECRET.to_owned()),
        ("Authorization", "Bearer ".to_owned()),
        ("Authorization", basic(CALLBACK_SECRET, "")),
        ("Authorization", format!("Basic {CALLBACK_SECRET}")),
        ("X-Webhook-Token", String::new()),
        ("X-Webhook-Token", CALLBACK_SECRET.to_uppercase()),
        ("X-WC-Webhook-Signature", STANDARD.encode(&mac)),
    ] {
        let answer = send(name, &value);
        assert_refused(&answer, 401, "unauthenticated");
    }
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_callbacks_are_answered_with_the_field_at_fault() {
    let scene = Scene::start().await;
    let form = |body: &str| {
        unsigned_callback(body)
            .without("Content-Type")
            .with("Content-Type", "application/x-www-form-urlencoded")
            .with("X-Webhook-Token", CALLBACK_SECRET)
    };

    for (request, field) in [
        (callback("no JSON"), "`body`"),
        (callback("[]"), "`body`"),
        (callback(b"{\"module\":\"\xff\"}".to_vec()), "`body`"),
        (callback(r#"{"module":"Contacts","id":1}"#), "`event`"),
        (
            callback(r#"{"module":"Contacts","id":1,"event":"moved"}"#),
            "`event`",
        ),
        (callback(r#"{"id":1,"event":"updated"}"#), "`module`"),
        (callback(r#"{"module":"Contacts","event":"updated"}"#), "`id`"),
        (
            callback(r#"{"module":"Contacts","event":"updated","id":"12x"}"#),
            "`id`",
        ),
        (
            callback(r#"{"module":"Contacts","event":"updated","id":1,"data":[]}"#),
            "`data`",
        ),
        (form("module=Contacts&id=1"), "`event`"),
        (form("module=Contacts&event=updated&id=../1"), "`id`"),
        (form(""), "`event`"),
    ] {
        let answer = request.send(scene.server.address());
        assert_refused(&answer, 400, "malformed");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(field), "{detail}");
    }
    assert_untouched(&scene).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_come_as_json_or_as_form_and_deletes_with_a_bare_number() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    let number = contact.split_once('x').unwrap().1;
    let form = unsigned_callback(format!("module=Contacts&event=updated&id={number}"))
        .without("Content-Type")
        .with("Content-Type", "application/x-www-form-urlencoded")
        .with("X-Webhook-Token", CALLBACK_SECRET);

    assert_accepted(&form.send(scene.server.address()), 1);
    scene.quiet().await;
    assert!(
        scene.calls().contains(&format!("retrieve {contact}")),
        "{:?}",
        scene.calls()
    );

    // Nobody but this callback tells of the deletion.
    scene
        .crm
        .set_callback(&format!("{}/nowhere", scene.url), CALLBACK_SECRET);
    scene.crm.delete_record(&contact);
    let deleted = json!({ "module": "Contacts", "id": number.parse::<u64>().unwrap(), "event": "deleted" });
    assert_accepted(&callback(deleted.to_string()).send(scene.server.address()), 1);
    scene.quiet().await;
    let journal = scene.journal().await;
    let skip = journal[0].entry.skip.as_ref().expect("a reason");
    assert!(skip.to_string().contains("deleted"), "{skip}");
    assert!(scene.shop.customer(customer).is_some());
    scene.stop().await;
}
