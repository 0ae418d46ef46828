//! What a person does by hand: see what would be done, link, unlink, try anew.

use serde_json::json;
use woo_vtiger_sync::app;
use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sync::{Module, RecordId, Side, Sides};

use super::{ANN, ambiguous, assert_in_step, bob};
use crate::scene::{Scene, ann, contacts, next_second, place};

fn ids(customer: u64, contact: &str) -> Sides<RecordId> {
    Sides {
        woocommerce: RecordId::new(customer.to_string()),
        vtiger: RecordId::new(contact),
    }
}

/// What a plan for a contact tells, after looking that it wrote nothing.
async fn plan(scene: &Scene, side: Side, id: &str) -> String {
    let told = scene.journal().await.len();
    scene.forget_calls();
    let parts = scene.server.parts();
    let text = app::plan(parts, &contacts(), side, &RecordId::new(id))
        .await
        .unwrap();
    scene.quiet().await;
    assert_eq!(scene.writes(), Vec::<String>::new(), "a plan writes nothing");
    assert_eq!(scene.journal().await.len(), told, "nor to the log");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_would_be_created_and_writes_nothing() {
    let scene = Scene::start().await;
    scene.set_deaf(true);
    let customer = scene.shop.register_customer(ann(ANN));
    scene.quiet().await;

    let text = plan(&scene, Side::WooCommerce, &customer.to_string()).await;

    let head = format!("Contacts: {customer} in WooCommerce, (none) in Vtiger CRM, not linked yet\n");
    assert!(text.starts_with(&head), "{text}");
    assert!(
        text.contains("Would be created in Vtiger CRM:\n  first_name = firstname: \"\" → \"Ann\""),
        "{text}"
    );
    assert!(
        text.contains("Nothing would be written to WooCommerce."),
        "{text}"
    );
    assert!(scene.contact(ANN).is_none());
    let (store, at) = (&scene.server.parts().store, contacts());
    let id = RecordId::new(customer.to_string());
    assert!(
        store
            .link_of(&at, Side::WooCommerce, &id)
            .await
            .unwrap()
            .is_none()
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_would_be_changed_and_why_and_writes_nothing() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    scene.set_deaf(true);
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }))
    );
    assert!(
        scene
            .crm
            .edit_record(&contact, json!({ "mailingcity": "Berkeley" }))
    );
    scene.quiet().await;

    // An id without its module's number is Vtiger's, too.
    let text = plan(&scene, Side::Vtiger, contact.split_once('x').unwrap().1).await;

    assert!(
        text.starts_with(&format!(
            "Contacts: {customer} in WooCommerce, {contact} in Vtiger CRM\n"
        )),
        "{text}"
    );
    assert!(
        text.contains("billing.phone = phone: \"555 1000\" → \"555 2000\""),
        "{text}"
    );
    assert!(
        text.contains("billing.city = mailingcity: \"Oakland\" → \"Berkeley\""),
        "{text}"
    );
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 1000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_for_an_order_tells_of_what_it_would_pull_in_and_writes_nothing() {
    let scene = Scene::start().await;
    scene.set_deaf(true);
    let customer = scene.shop.register_customer(ann(ANN));
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" });
    let desk = scene.shop.add_product(desk);
    let order = scene.shop.place_order(json!({
        "customer_id": customer, "billing": { "first_name": "Ann", "last_name": "Lee", "email": ANN },
        "line_items": [{ "product_id": desk, "name": "Desk", "quantity": 1, "subtotal": "50", "total": "50" }],
    }));
    scene.quiet().await;
    scene.forget_calls();

    let (parts, id) = (scene.server.parts(), RecordId::new(order.to_string()));
    let text = app::plan(parts, &place(Module::SalesOrders), Side::WooCommerce, &id)
        .await
        .unwrap();

    assert!(
        text.contains("contact = contact_id: \"\" → \"(to be created)\""),
        "{text}"
    );
    assert!(text.contains("Would be created in Vtiger CRM:"), "{text}");
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert!(scene.journal().await.is_empty());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_why_nothing_would_be_done() {
    let scene = Scene::start().await;
    let (customer, twins) = ambiguous(&scene).await;
    let nobody = scene.crm.add_record("Contacts", bob(""));
    scene.quiet().await;

    let ambiguous = plan(&scene, Side::WooCommerce, &customer.to_string()).await;
    let without_address = plan(&scene, Side::Vtiger, &nobody).await;
    let missing = plan(&scene, Side::WooCommerce, "999").await;

    assert!(
        ambiguous.contains("It would be skipped: several records in Vtiger CRM have its e-mail"),
        "{ambiguous}"
    );
    assert!(ambiguous.contains(&twins[1]), "{ambiguous}");
    assert!(
        without_address.contains("It would be skipped: it has no e-mail address"),
        "{without_address}"
    );
    assert!(
        missing.contains("Nothing would be done: the record is not there."),
        "{missing}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_tell_apart_is_linked_by_hand() {
    let scene = Scene::start().await;
    let (customer, twins) = ambiguous(&scene).await;

    let text = app::link(scene.server.parts(), &contacts(), ids(customer, &twins[1]))
        .await
        .unwrap();
    scene.quiet().await;

    assert!(
        text.starts_with(&format!(
            "Linked contact {customer} in WooCommerce with {}",
            twins[1]
        )),
        "{text}"
    );
    assert_eq!(scene.crm.record(&twins[1]).unwrap()["phone"], "555 1000");
    assert_eq!(
        scene.crm.record(&twins[0]).unwrap()["phone"],
        "",
        "the other one is left alone"
    );
    next_second().await;
    assert!(scene.crm.edit_record(&twins[1], json!({ "phone": "1" })));
    scene.quiet().await;
    assert_eq!(scene.shop.customer(customer).unwrap()["billing"]["phone"], "1");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_by_hand_takes_the_place_of_the_one_that_was_there() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let other = scene.crm.add_record("Contacts", bob(""));
    scene.quiet().await;

    app::link(scene.server.parts(), &contacts(), ids(customer, &other))
        .await
        .unwrap();
    scene.quiet().await;

    assert_eq!(scene.crm.record(&other).unwrap()["email"], ANN);
    next_second().await;
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }))
    );
    scene.quiet().await;
    assert_eq!(scene.crm.record(&other).unwrap()["phone"], "555 2000");
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 1000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_not_there_is_not_linked() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;

    let no_contact = app::link(scene.server.parts(), &contacts(), ids(customer, "12x999"))
        .await
        .unwrap();
    let no_customer = app::link(scene.server.parts(), &contacts(), ids(999, &contact))
        .await
        .unwrap();

    assert_eq!(
        no_contact,
        "There is no contact 12x999 in Vtiger CRM; nothing was changed.\n"
    );
    assert_eq!(
        no_customer,
        "There is no contact 999 in WooCommerce; nothing was changed.\n"
    );
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }))
    );
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 2000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unlinked_stays_as_it_is_until_one_of_the_two_changes() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let id = RecordId::new(customer.to_string());

    let text = app::unlink(scene.server.parts(), &contacts(), Side::WooCommerce, &id)
        .await
        .unwrap();
    scene.quiet().await;

    let told = format!("{customer} in WooCommerce and {contact} in Vtiger CRM are linked no more.");
    assert!(text.starts_with(&told), "{text}");
    assert_eq!(scene.writes(), Vec::<String>::new());
    let again = app::unlink(scene.server.parts(), &contacts(), Side::WooCommerce, &id)
        .await
        .unwrap();
    assert_eq!(
        again,
        format!("contact {customer} of WooCommerce is not linked.\n")
    );
    // With another address it is another person.
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "email": "new@shop.example" }))
    );
    scene.quiet().await;
    assert_eq!(scene.crm.record(&contact).unwrap()["email"], ANN);
    assert!(scene.contact("new@shop.example").is_some());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_looks_at_a_record_again_that_no_event_told_of() {
    let scene = Scene::start().await;
    let contact = scene.crm.add_record("Contacts", bob(""));
    scene.quiet().await;
    scene.set_deaf(true);
    assert!(
        scene
            .crm
            .edit_record(&contact, json!({ "email": ANN, "phone": "1" }))
    );
    scene.quiet().await;
    assert!(scene.customer(ANN).is_none());

    let text = app::retry(
        scene.server.parts(),
        &contacts(),
        Side::Vtiger,
        &RecordId::new(&contact),
    )
    .await
    .unwrap();
    scene.quiet().await;

    assert_eq!(
        text,
        format!(
            "The service looks at contact {contact} of Vtiger CRM again; the sync log tells how that went.\n"
        )
    );
    assert_in_step(&scene, ANN, "1");
    let last = scene.last_entry(Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(last.action, Action::Created);
    scene.stop().await;
}
