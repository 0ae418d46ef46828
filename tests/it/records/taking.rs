//! The value that lost a conflict is taken.

use serde_json::json;
use woo_vtiger_sync::store::{Action, DisputeFilter};
use woo_vtiger_sync::sync::{Decision, Module, Side};

use super::browser::{Browser, value_of};
use super::{ANN, conflict, page_of};
use crate::scene::{Scene, next_second};

async fn conflicts(scene: &Scene) -> u64 {
    let store = &scene.server.parts().store;
    store.dispute_count(&DisputeFilter::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_losing_value_of_a_conflict_is_taken_by_one_click_and_the_other_fields_stay() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    conflict(&scene, customer, &contact).await;
    let before = scene.crm.record(&contact).unwrap();
    let browser = Browser::new(&scene).await;
    let path = page_of(customer);

    let page = browser.page(&path).await;
    assert!(page.contains("<q>crm&#39;s</q>"), "{page}");
    let id = value_of(&page, "conflict");
    let told = browser
        .act(&path, &format!("{path}/take"), &[("conflict", &id)])
        .await;
    scene.quiet().await;

    assert!(told.contains("written to both systems"), "{told}");
    let after = scene.crm.record(&contact).unwrap();
    assert_eq!(after["phone"], "crm's");
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "crm's"
    );
    for field in ["firstname", "lastname", "email", "mailingcity", "mailingzip"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(conflicts(&scene).await, 0);
    let journal = scene.journal().await;
    let taken = Decision::Taken { side: Side::Vtiger };
    let is_taken = |stored: &&woo_vtiger_sync::store::Stored| {
        stored.entry.fields.iter().any(|field| field.decision == taken)
    };
    let entry = &journal.iter().find(is_taken).expect("it is in the log").entry;
    assert_eq!((entry.side, entry.action), (Side::Vtiger, Action::Updated));
    let page = browser.page(&path).await;
    assert!(
        page.contains("the value of Vtiger CRM was taken by hand"),
        "{page}"
    );
    assert!(scene.sweep().await.is_clean());
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "crm's"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_taken_from_the_history_and_the_one_that_won_can_be_taken_back() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    conflict(&scene, customer, &contact).await;
    let browser = Browser::new(&scene).await;
    let path = page_of(customer);
    let page = browser.page(&path).await;
    let form = [
        ("entry", value_of(&page, "entry")),
        ("field", value_of(&page, "field")),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();

    // Twice, as by an impatient person.
    for _ in 0..2 {
        browser.try_to(&path, &format!("{path}/take"), &form).await;
    }
    scene.quiet().await;

    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "crm's");
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "crm's"
    );
    let (status, refused) = browser.try_to(&path, &format!("{path}/take"), &form).await;
    assert_eq!(status, 409);
    assert!(
        refused.contains("both records show this value already"),
        "{refused}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_where_the_field_was_changed_meanwhile() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    conflict(&scene, customer, &contact).await;
    let browser = Browser::new(&scene).await;
    let path = page_of(customer);
    let id = value_of(&browser.page(&path).await, "conflict");
    scene.set_deaf(true);
    next_second().await;
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "billing": { "phone": "newer" } }))
    );
    scene.quiet().await;

    let take = format!("{path}/take");
    let (status, refused) = browser.try_to(&path, &take, &[("conflict", &id)]).await;
    scene.quiet().await;

    assert_eq!(status, 409);
    assert!(refused.contains("it was changed again meanwhile"), "{refused}");
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "newer"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_between_click_and_work_is_not_written_over_and_told() {
    use woo_vtiger_sync::queue::{Cause, Change, Event, Lane, Subject, Taking};
    use woo_vtiger_sync::sync::{RecordId, Value};

    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    conflict(&scene, customer, &contact).await;
    scene.set_deaf(true);
    next_second().await;
    assert!(scene.crm.edit_record(&contact, json!({ "phone": "newest" })));
    scene.quiet().await;
    let parts = scene.server.parts();
    let taking = Taking {
        field: "billing.phone = phone".to_owned(),
        value: Value::text("crm's"),
        instead_of: Value::text("shop's"),
    };
    let subject = Subject::Record {
        module: Module::Contacts,
        side: Side::Vtiger,
        id: RecordId::new(&contact),
        change: Change::Take(taking),
    };

    let event = Event::new("shop", subject, Cause::Retry, parts.clock.now());
    parts.queue.publish(Lane::Live, &[event]).await.unwrap();
    scene.quiet().await;

    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "newest");
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "newest"
    );
    let page = Browser::new(&scene).await.page("/attention").await;
    assert!(page.contains("Changed before a value could be taken"), "{page}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_of_another_record_is_not_taken_by_this_one() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let (other, _) = scene.pair("bob@shop.example").await;
    conflict(&scene, customer, &contact).await;
    let browser = Browser::new(&scene).await;
    let page = browser.page(&page_of(customer)).await;
    let (id, entry) = (value_of(&page, "conflict"), value_of(&page, "entry"));
    let take = format!("{}/take", page_of(other));

    let by_id = browser.try_to(&page_of(other), &take, &[("conflict", &id)]).await;
    let field = value_of(&page, "field");
    let by_entry = [("entry", entry.as_str()), ("field", field.as_str())];
    let by_entry = browser.try_to(&page_of(other), &take, &by_entry).await;

    assert_eq!((by_id.0, by_entry.0), (404, 404));
    assert_eq!(conflicts(&scene).await, 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_left_as_the_rule_decided_it() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    conflict(&scene, customer, &contact).await;
    let browser = Browser::new(&scene).await;
    let path = page_of(customer);
    let overview = browser.page("/attention").await;
    assert!(
        overview.contains("Conflicts") && overview.contains(&path),
        "{overview}"
    );
    let id = value_of(&overview, "conflict");

    browser
        .act(&path, &format!("{path}/leave"), &[("conflict", &id)])
        .await;
    scene.quiet().await;

    assert_eq!(conflicts(&scene).await, 0);
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "shop's");
    assert!(browser.page("/attention").await.contains("Nothing needs you"));
    scene.stop().await;
}
