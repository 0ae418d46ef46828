//! What needs a person: listed by reason, mended and retried.

use serde_json::json;
use woo_vtiger_sync::store::{FailedEvent, FailedFilter, ProblemFilter};
use woo_vtiger_sync::sync::Module;

use super::ANN;
use super::browser::{Browser, value_of};
use crate::scene::{Scene, ann, place};

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_record_is_mended_and_retried_by_one_click() {
    let scene = Scene::start().await;
    let bob = json!({ "firstname": "Bob", "lastname": "Ray", "email": "" });
    let contact = scene.crm.add_record("Contacts", bob);
    scene.quiet().await;
    let browser = Browser::new(&scene).await;
    let page = browser.page("/attention").await;
    assert!(
        page.contains("No e-mail address") && page.contains("Bob Ray"),
        "{page}"
    );
    scene.set_deaf(true);
    let mended = json!({ "email": "bob@crm.example" });
    assert!(scene.crm.edit_record(&contact, mended));
    scene.quiet().await;

    let id = value_of(&page, "ids");
    let told = browser
        .act("/attention", "/attention/retry", &[("ids", &id)])
        .await;
    scene.quiet().await;

    assert!(told.contains("1 record is looked at now"), "{told}");
    assert!(scene.customer("bob@crm.example").is_some());
    let page = browser.page("/attention").await;
    assert!(page.contains("Nothing needs you"), "{page}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_records_of_a_reason_are_retried_and_those_of_others_are_not() {
    let scene = Scene::start().await;
    for name in ["Bob", "Cid"] {
        let contact = json!({ "firstname": name, "lastname": "Ray", "email": "" });
        scene.crm.add_record("Contacts", contact);
    }
    let mut nameless = ann(ANN);
    nameless["last_name"] = json!("");
    scene.shop.register_customer(nameless);
    scene.quiet().await;
    let browser = Browser::new(&scene).await;
    let page = browser.page("/attention/no_email?module=contacts").await;
    assert!(
        page.contains("Bob Ray") && page.contains("Cid Ray") && !page.contains("Ann"),
        "{page}"
    );
    let elsewhere = browser.page("/attention/no_email?module=products").await;
    assert!(!elsewhere.contains("Bob Ray"), "{elsewhere}");

    let form = [("all", "no_email"), ("connection", ""), ("module", "contacts")];
    let told = browser.act("/attention", "/attention/retry", &form).await;
    scene.quiet().await;

    assert!(told.contains("2 records are looked at now"), "{told}");
    let (store, all) = (&scene.server.parts().store, ProblemFilter::default());
    let left = store.problem_counts(&all).await.unwrap();
    let left: Vec<_> = left.into_iter().map(|count| (count.kind, count.number)).collect();
    assert_eq!(left, [("mandatory".to_owned(), 1), ("no_email".to_owned(), 2)]);
    assert_eq!(browser.get("/attention/nonsense").await.0, 404);
    let (status, _) = browser
        .try_to("/attention", "/attention/retry", &[("all", "nonsense")])
        .await;
    assert_eq!(status, 404);
    let (status, told) = browser.try_to("/attention", "/attention/retry", &[]).await;
    assert_eq!(status, 409);
    assert!(told.contains("No record is chosen"), "{told}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_put_back_needs_nobody_any_more() {
    let scene = Scene::start().await;
    let (customer, _) = scene.pair(ANN).await;
    assert!(scene.shop.edit_customer(customer, json!({ "last_name": "" })));
    scene.quiet().await;
    let browser = Browser::new(&scene).await;
    assert!(
        browser
            .page("/attention")
            .await
            .contains("Mandatory field is blank")
    );

    assert!(scene.shop.edit_customer(customer, json!({ "last_name": "Lee" })));
    scene.quiet().await;

    let page = browser.page("/attention").await;
    assert!(page.contains("Nothing needs you"), "{page}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_that_are_held_back_are_allowed_by_one_click() {
    let scene = Scene::start().await;
    let parts = scene.server.parts();
    let at = place(Module::Contacts);
    let side = woo_vtiger_sync::sync::Side::WooCommerce;
    let state = woo_vtiger_sync::store::SweepState {
        held: 30,
        ..Default::default()
    };
    parts
        .store
        .put_sweep_state(&at, side, &state, parts.clock.now())
        .await
        .unwrap();
    let browser = Browser::new(&scene).await;
    let page = browser.page("/attention").await;
    assert!(page.contains("30 records are gone or blank"), "{page}");

    let form = [("connection", "shop"), ("module", "contacts")];
    let told = browser
        .act("/attention", "/attention/allow-deletions", &form)
        .await;

    assert!(told.contains("The next sweep passes the deletions on"), "{told}");
    let elsewhere = [("connection", "other"), ("module", "contacts")];
    let refused = browser
        .try_to("/attention", "/attention/allow-deletions", &elsewhere)
        .await;
    assert_eq!(refused.0, 404);
    scene.stop().await;
}

/// Sets an event about a customer aside, as after a day of attempts.
async fn fail(scene: &Scene, customer: u64) -> String {
    use woo_vtiger_sync::queue::{Cause, Change, Event, Failure, Seen, Subject};
    use woo_vtiger_sync::sync::{RecordId, Side};

    let parts = scene.server.parts();
    let body = json!({ "id": customer, "email": ANN, "first_name": "Ann" });
    let subject = Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id: RecordId::new(customer.to_string()),
        change: Change::Changed(Seen::of(body)),
    };
    let now = parts.clock.now();
    let event = Event::new("shop", subject, Cause::Webhook, now);
    let failed = FailedEvent {
        id: event.id.clone(),
        at: now,
        event: Ok(event),
        reason: "the CRM was <b>away</b>".to_owned(),
        attempts: 201,
        history: vec![Failure {
            at: now,
            error: "no answer".to_owned(),
        }],
    };
    parts.store.set_aside(&failed).await.unwrap();
    failed.id
}

async fn failed(scene: &Scene) -> u64 {
    let store = &scene.server.parts().store;
    store.failed_count(&FailedFilter::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_looked_at_without_what_people_wrote_and_replayed() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    scene.set_deaf(true);
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }))
    );
    scene.quiet().await;
    let id = fail(&scene, customer).await;
    let browser = Browser::new(&scene).await;

    let list = browser.page("/failed").await;
    let one = browser.page(&format!("/failed/{id}")).await;
    let of_record = browser.page(&super::page_of(customer)).await;

    assert!(
        list.contains(&format!("contact {customer} of WooCommerce")),
        "{list}"
    );
    for page in [&list, &one, &of_record] {
        assert!(page.contains("the CRM was &#60;b&#62;away"), "{page}");
    }
    assert!(one.contains("no answer") && one.contains("first_name"), "{one}");
    let (_, payload) = one.split_once("payload\"").unwrap();
    assert!(!payload.contains(ANN), "{payload}");
    assert!(
        browser
            .page("/failed?connection=shop&module=products")
            .await
            .contains("No event failed")
    );
    assert_eq!(browser.get("/failed/nobody").await.0, 404);

    let told = browser.act("/failed", "/failed/replay", &[("ids", &id)]).await;
    scene.quiet().await;

    assert!(told.contains("1 event is tried again now"), "{told}");
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 2000");
    assert_eq!(failed(&scene).await, 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_events_are_discarded_some_or_all() {
    let scene = Scene::start().await;
    let mut ids = Vec::new();
    for customer in 1..=4 {
        ids.push(fail(&scene, customer).await);
    }
    let browser = Browser::new(&scene).await;

    let some = [("ids", ids[0].as_str()), ("ids", ids[1].as_str())];
    let told = browser.act("/failed", "/failed/discard", &some).await;
    assert!(told.contains("2 events are forgotten"), "{told}");
    assert_eq!(failed(&scene).await, 2);
    let other = [("all", "yes"), ("module", "products")];
    browser.act("/failed", "/failed/discard", &other).await;
    assert_eq!(failed(&scene).await, 2, "others are left");
    let (status, _) = browser.try_to("/failed", "/failed/discard", &[]).await;
    assert_eq!(status, 409);
    browser.act("/failed", "/failed/discard", &[("all", "yes")]).await;

    assert_eq!(failed(&scene).await, 0);
    scene.stop().await;
}
