//! Every delivery and callback that a real WooCommerce and a real Vtiger sent, sent to the service once more.

mod outcomes;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::recording;
use crate::scene::{Scene, wait_until};
use crate::wire::{names_in, recorded_body, recorded_callback, recorded_delivery};
use outcomes::Outcome::{Contact, Nothing, Sweep};
use outcomes::{DELIVERIES, LAST_STATES};

/// WooCommerce's fields and Vtiger's, as they are mapped unless the user says otherwise.
const FIELDS: [(&str, &str); 13] = [
    ("/first_name", "firstname"),
    ("/last_name", "lastname"),
    ("/email", "email"),
    ("/billing/phone", "phone"),
    ("/billing/company", "account_id"),
    ("/billing/city", "mailingcity"),
    ("/billing/state", "mailingstate"),
    ("/billing/postcode", "mailingzip"),
    ("/billing/country", "mailingcountry"),
    ("/shipping/city", "othercity"),
    ("/shipping/state", "otherstate"),
    ("/shipping/postcode", "otherzip"),
    ("/shipping/country", "othercountry"),
];

fn contact_of(file: &str) -> BTreeMap<&'static str, String> {
    let mut person = recorded_body(file);
    if person.get("customer_id").is_some() {
        // A guest is known by the billing address.
        for name in ["first_name", "last_name", "email"] {
            person[name] = person["billing"][name].clone();
        }
    }
    let text = |pointer: &str| {
        person
            .pointer(pointer)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        text("/billing/company"),
        "",
        "{file}: nobody recorded is of an organization"
    );
    let mut contact: BTreeMap<&str, String> = FIELDS
        .iter()
        .map(|(pointer, field)| (*field, text(pointer)))
        .collect();
    for (address, field) in [("billing", "mailingstreet"), ("shipping", "otherstreet")] {
        let lines = ["address_1", "address_2"].map(|line| text(&format!("/{address}/{line}")));
        contact.insert(field, lines.join("\n").trim().to_owned());
    }
    contact
}

/// The contact with this address shows what the delivery tells.
fn assert_contact(scene: &Scene, email: &str, file: &str) {
    let contact = scene
        .contact(email)
        .unwrap_or_else(|| panic!("{file}: no contact {email}"));
    for (field, expected) in contact_of(file) {
        let shown = contact[field].as_str().unwrap_or_default();
        assert_eq!(shown, expected, "{file}: {field}");
    }
}

/// Sends a recorded delivery, which is answered with 200 whatever it is.
fn deliver(scene: &Scene, file: &str) {
    let answer = recorded_delivery(file).send(scene.server.address());
    assert_eq!(answer.status, 200, "{file}");
    assert_eq!(answer.json()["status"], "accepted", "{file}");
}

/// The recorded files, the first received first.
fn in_recorded_order() -> Vec<&'static str> {
    let mut files: Vec<&str> = DELIVERIES.iter().map(|(file, _)| *file).collect();
    let received = |file: &str| {
        recording::json(&format!("woo/webhooks/{file}.json"))["received_unix"]
            .as_f64()
            .unwrap()
    };
    files.sort_by(|one, other| received(one).total_cmp(&received(other)));
    files
}

/// Waits until what a genuine delivery without a readable record asks for was done: both systems were read.
async fn swept(scene: &Scene) {
    wait_until("a sweep has read both systems", || async {
        let calls = scene.calls();
        let any = |part: &str| calls.iter().any(|call| call.starts_with(part));
        any("GET /customers") && any("GET /orders") && any("query SELECT * FROM Contacts")
    })
    .await;
    scene.quiet().await;
}

fn assert_nothing_written(scene: &Scene, what: &str) {
    assert_eq!(scene.crm.records("Contacts"), [] as [Json; 0], "{what}");
    assert_eq!(scene.shop.customers(), [] as [Json; 0], "{what}");
}

#[test]
fn the_table_holds_every_recorded_delivery() {
    assert_eq!(
        DELIVERIES.map(|(file, _)| file.to_owned()).to_vec(),
        names_in("woo/webhooks")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_delivery_of_a_person_alone_creates_the_contact_and_its_repetition_costs_nothing() {
    for (file, outcome) in DELIVERIES {
        let Contact(email) = outcome else { continue };
        let scene = Scene::start().await;

        deliver(&scene, file);
        scene.quiet().await;

        assert_contact(&scene, email, file);
        let calls = scene.calls();
        let writes = |call: &&String| call.starts_with("create ") || call.starts_with("revise ");
        assert_eq!(calls.iter().filter(writes).count(), 1, "{file}: {calls:?}");
        assert!(
            scene.shop.calls().is_empty(),
            "{file}: the payload is enough: {calls:?}"
        );

        scene.forget_calls();
        deliver(&scene, file);
        scene.quiet().await;

        assert_eq!(scene.calls(), [] as [&str; 0], "{file}");
        assert_eq!(scene.crm.records("Contacts").len(), 1, "{file}");
        assert_eq!(scene.shop.customers(), [] as [Json; 0], "{file}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_no_concern_are_accepted_and_cost_nothing() {
    let scene = Scene::start().await;

    for (file, _) in DELIVERIES.iter().filter(|(_, outcome)| *outcome == Nothing) {
        deliver(&scene, file);
        scene.quiet().await;

        assert_eq!(scene.calls_signed_in(), [] as [&str; 0], "{file}");
        assert_nothing_written(&scene, file);
    }

    assert!(scene.journal().await.is_empty());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_whose_record_is_gone_makes_a_sweep_look_and_changes_nothing() {
    for (file, _) in DELIVERIES.iter().filter(|(_, outcome)| *outcome == Sweep) {
        let scene = Scene::start().await;

        deliver(&scene, file);
        swept(&scene).await;

        assert_nothing_written(&scene, file);
        assert!(scene.journal().await.is_empty(), "{file}");
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_deliveries_one_after_the_other_cost_no_more_than_their_changes() {
    let scene = Scene::start().await;
    deliver(&scene, "customer.created");
    scene.quiet().await;
    let contact = scene.contact("hook1@shop.example").expect("a contact")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let change = [format!("retrieve {contact}"), format!("revise {contact}")];

    for (file, expected) in [
        ("customer.created-1-customer.created", &[][..]),
        ("customer.created-2-customer.updated", &[]),
        ("customer.updated", &change),
        ("customer.updated-billing", &change),
        ("customer.updated-nochange", &[]),
        // Late ones.
        ("customer.updated", &[]),
        ("customer.created", &[]),
    ] {
        scene.forget_calls();
        deliver(&scene, file);
        scene.quiet().await;

        assert_eq!(scene.calls(), expected, "{file}");
    }

    assert_contact(&scene, "hook1@shop.example", "customer.updated-nochange");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contact_of_a_deleted_customer_stays_and_the_journal_tells() {
    let scene = Scene::start().await;
    deliver(&scene, "customer.updated-nochange");
    scene.quiet().await;
    scene.forget_calls();

    deliver(&scene, "customer.deleted");
    scene.quiet().await;

    // The event is a hint: the shop is asked, and has no such customer.
    assert_eq!(scene.calls(), ["GET /customers/32"]);
    assert_contact(&scene, "hook1@shop.example", "customer.updated-nochange");
    let journal = scene.journal().await;
    let skip = journal[0].entry.skip.as_ref().expect("a reason");
    assert!(skip.to_string().contains("deleted"), "{skip}");

    scene.forget_calls();
    deliver(&scene, "customer.deleted");
    scene.quiet().await;
    assert_eq!(scene.journal().await.len(), journal.len());
    scene.stop().await;
}

async fn all_at_once(files: impl Iterator<Item = &'static str>) {
    let scene = Scene::start().await;

    for file in files {
        deliver(&scene, file);
    }
    scene.quiet().await;
    swept(&scene).await;

    assert_eq!(scene.crm.records("Contacts").len(), LAST_STATES.len());
    for (email, file) in LAST_STATES {
        assert_contact(&scene, email, file);
    }
    assert_eq!(scene.crm.records("Accounts"), [] as [Json; 0]);
    assert_eq!(
        scene.shop.customers(),
        [] as [Json; 0],
        "nothing is written to the shop"
    );
    assert!(scene.shop.calls().iter().all(|call| call.method == "GET"));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_deliveries_in_recorded_order_make_each_person_one_contact_with_the_last_state() {
    all_at_once(in_recorded_order().into_iter()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_deliveries_in_reverse_order_make_each_person_one_contact_with_the_last_state() {
    all_at_once(in_recorded_order().into_iter().rev()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_deliveries_twice_and_mixed_make_each_person_one_contact_with_the_last_state() {
    let files = in_recorded_order();
    all_at_once(files.clone().into_iter().rev().chain(files)).await;
}

/// The contact that each recorded callback makes the service read.
const CALLBACKS: [(&str, Option<&str>); 13] = [
    ("afterdelete", None),
    ("afterrestore", Some("12x378")),
    ("aftersave", Some("12x382")),
    ("aftersave_final", Some("12x382")),
    ("beforedelete", None),
    ("products_afterdelete", None),
    ("products_aftersave", None),
    ("products_workflow_save", None),
    ("salesorder_afterdelete", None),
    ("salesorder_aftersave_final", None),
    ("salesorder_beforedelete", None),
    ("salesorder_workflow_save", None),
    ("workflow_save", Some("12x382")),
];

#[tokio::test(flavor = "multi_thread")]
async fn recorded_callbacks_are_accepted_and_ask_for_the_contact_that_they_tell_of() {
    assert_eq!(
        CALLBACKS.map(|(file, _)| file.to_owned()).to_vec(),
        names_in("vtiger/callbacks")
    );
    let scene = Scene::start().await;
    // Signs in and learns the number of Contacts, which is no matter of these callbacks.
    let known = json!({ "email": "known@crm.example", "lastname": "Known" });
    scene.crm.add_record("Contacts", known);
    scene.quiet().await;
    recorded_callback("aftersave").send(scene.server.address());
    scene.quiet().await;

    for (file, expected) in CALLBACKS {
        scene.forget_calls();
        let answer = recorded_callback(file).send(scene.server.address());
        scene.quiet().await;

        assert_eq!(answer.status, 200, "{file}");
        // The CRM at hand doesn't have these contacts, so it is asked whether they are gone or hidden.
        let expected = expected.map_or_else(Vec::new, |id| {
            let query = format!("query SELECT id FROM Contacts WHERE id = '{id}';");
            vec![format!("retrieve {id}"), query]
        });
        assert_eq!(scene.calls(), expected, "{file}");
    }

    assert_eq!(scene.crm.records("Contacts").len(), 1);
    assert_eq!(scene.shop.customers().len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_is_told_of_after_the_deletion_still_reaches_the_contact() {
    let scene = Scene::start().await;
    deliver(&scene, "customer.created");
    scene.quiet().await;
    deliver(&scene, "customer.deleted");
    scene.quiet().await;

    deliver(&scene, "customer.updated-nochange");
    scene.quiet().await;

    assert_contact(&scene, "hook1@shop.example", "customer.updated-nochange");
    assert!(scene.shop.calls().iter().all(|call| call.method == "GET"));
    scene.stop().await;
}
