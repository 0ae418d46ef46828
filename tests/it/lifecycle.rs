//! What becomes of contacts over time: guests, deletions, restores, twins, what can't be synced and then can.

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sync::Skip;

use crate::scene::{Scene, ann, next_second};

fn guest_order(email: &str, phone: &str) -> serde_json::Value {
    let mut billing = ann(email)["billing"].clone();
    billing["email"] = json!(email);
    billing["first_name"] = json!("Gus");
    billing["last_name"] = json!("Guest");
    billing["phone"] = json!(phone);
    json!({ "customer_id": 0, "billing": billing })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_becomes_a_contact_and_later_orders_update_it() {
    let scene = Scene::start().await;

    scene.shop.place_order(guest_order("gus@guest.example", "555 1"));
    scene.quiet().await;
    let first = scene.contact("gus@guest.example").expect("a contact");
    next_second().await;
    scene.shop.place_order(guest_order("Gus@guest.example", "555 2"));
    scene.quiet().await;

    let second = scene.contact("gus@guest.example").expect("still one contact");
    assert_eq!(
        (&first["phone"], &first["lastname"]),
        (&json!("555 1"), &json!("Guest"))
    );
    assert_eq!((&second["phone"], &second["id"]), (&json!("555 2"), &first["id"]));
    assert!(scene.shop.customers().is_empty(), "a guest gets no account");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_contact_edited_in_the_crm_keeps_that_edit_through_further_orders() {
    let scene = Scene::start().await;
    scene.shop.place_order(guest_order("gus@guest.example", "555 1"));
    scene.quiet().await;
    let contact = scene.contact("gus@guest.example").expect("a contact")["id"]
        .as_str()
        .unwrap()
        .to_owned();

    scene
        .crm
        .edit_record(&contact, json!({ "mailingcity": "Berkeley" }));
    scene.quiet().await;
    next_second().await;
    scene.shop.place_order(guest_order("gus@guest.example", "555 2"));
    scene.quiet().await;

    let contact = scene.crm.record(&contact).unwrap();
    assert_eq!(
        (&contact["mailingcity"], &contact["phone"]),
        (&json!("Berkeley"), &json!("555 2"))
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_registers_is_joined_to_the_same_contact() {
    let scene = Scene::start().await;
    scene.shop.place_order(guest_order("ann@shop.example", "555 1"));
    scene.quiet().await;
    let before = scene.contact("ann@shop.example").expect("a contact");

    let customer = scene.shop.register_customer(ann("ann@shop.example"));
    scene.quiet().await;
    next_second().await;
    scene
        .crm
        .edit_record(before["id"].as_str().unwrap(), json!({ "phone": "555 3" }));
    scene.quiet().await;

    assert_eq!(
        scene.contact("ann@shop.example").expect("one contact")["id"],
        before["id"]
    );
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "555 3"
    );
    assert!(
        scene.sweep().await.is_clean(),
        "the guest's order no longer counts"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_checkout_and_an_account_of_the_staff_are_left_alone() {
    let scene = Scene::start().await;

    let mut order = guest_order("gus@guest.example", "555 1");
    order["status"] = json!("checkout-draft");
    scene.shop.place_order(order);
    let mut colleague = ann("editor@shop.example");
    colleague["role"] = json!("editor");
    scene.shop.register_customer(colleague);
    scene.quiet().await;

    assert!(scene.crm.records("Contacts").is_empty());
    assert!(scene.journal().await.is_empty());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_customers_contact_stays_and_the_log_tells() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene.shop.delete_customer(customer);
    scene.quiet().await;
    scene.crm.edit_record(&contact, json!({ "phone": "555 9" }));
    scene.quiet().await;
    scene.sweep().await;

    assert!(scene.crm.record(&contact).is_some());
    assert!(
        scene.shop.customers().is_empty(),
        "nobody creates the customer again"
    );
    let journal = scene.journal().await;
    assert!(
        matches!(journal[0].entry.skip, Some(Skip::Deleted { .. })),
        "{:?}",
        journal[0]
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_comes_back_finds_the_old_contact() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    scene.shop.delete_customer(customer);
    scene.quiet().await;

    let mut again = ann("ann@shop.example");
    again["billing"]["phone"] = json!("555 7");
    scene.shop.register_customer(again);
    scene.quiet().await;

    assert_eq!(
        scene.contact("ann@shop.example").expect("one contact")["id"],
        contact.as_str()
    );
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 7");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_contacts_customer_stays_and_is_told_of() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene.crm.delete_record(&contact);
    scene.quiet().await;
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 9" } }));
    scene.quiet().await;

    assert!(
        scene.crm.records("Contacts").is_empty(),
        "nobody creates the contact again"
    );
    assert!(scene.shop.customer(customer).is_some());
    let journal = scene.journal().await;
    assert!(
        matches!(journal[0].entry.skip, Some(Skip::Deleted { .. })),
        "{:?}",
        journal[0]
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_with_a_twin_is_skipped_with_a_reason_until_the_twin_is_gone() {
    let scene = Scene::start().await;
    let twin = json!({ "email": "ann@shop.example", "lastname": "Lee" });
    scene.crm.set_faults(FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });
    scene.crm.add_record("Contacts", twin.clone());
    let second = scene.crm.add_record("Contacts", twin);
    scene.crm.set_faults(FaultPlan::default());

    let customer = scene.shop.register_customer(ann("ann@shop.example"));
    scene.quiet().await;
    let skipped = scene.journal().await;
    scene.crm.delete_record(&second);
    scene.quiet().await;
    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 5" } }));
    scene.quiet().await;

    // Two webhooks told of the customer, and the log tells once.
    let reasons: Vec<_> = skipped
        .iter()
        .filter_map(|stored| stored.entry.skip.as_ref())
        .collect();
    assert!(
        matches!(reasons.as_slice(), [Skip::Ambiguous { .. }]),
        "{reasons:?}"
    );
    assert_eq!(
        scene.contact("ann@shop.example").expect("one contact")["phone"],
        "555 5"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_a_last_name_is_skipped_and_synced_once_it_has_one() {
    let scene = Scene::start().await;
    let mut nameless = ann("ann@shop.example");
    nameless["last_name"] = json!("");

    let customer = scene.shop.register_customer(nameless);
    scene.quiet().await;
    let skipped = scene.journal().await;
    scene.shop.edit_customer(customer, json!({ "last_name": "Lee" }));
    scene.quiet().await;

    let [entry] = skipped.as_slice() else {
        panic!("{skipped:?}")
    };
    assert!(matches!(&entry.entry.skip, Some(Skip::Mandatory { field }) if field.contains("lastname")));
    assert_eq!(
        scene.contact("ann@shop.example").expect("a contact")["lastname"],
        "Lee"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_name_that_is_blanked_stays_in_the_crm_and_the_log_tells() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene.shop.edit_customer(
        customer,
        json!({ "last_name": "", "billing": { "phone": "555 4" } }),
    );
    scene.quiet().await;

    let contact = scene.crm.record(&contact).unwrap();
    assert_eq!(
        (&contact["lastname"], &contact["phone"]),
        (&json!("Lee"), &json!("555 4"))
    );
    assert!(scene.sweep().await.is_clean());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_know_each_other_by_address_only_fill_each_others_blanks() {
    let scene = Scene::start().await;
    scene.crm.set_faults(FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });
    let known =
        json!({ "email": "ANN@shop.example", "lastname": "Lee", "mobile": "0171", "othercity": "Bonn" });
    scene.crm.add_record("Contacts", known);
    scene.crm.set_faults(FaultPlan::default());

    scene.shop.register_customer(ann("ann@shop.example"));
    scene.quiet().await;

    let contact = scene.contact("ann@shop.example").expect("one contact");
    let customer = scene.customer("ann@shop.example").expect("one customer");
    assert_eq!(
        (&contact["phone"], &contact["mobile"]),
        (&json!("555 1000"), &json!("0171"))
    );
    assert_eq!(
        (&customer["shipping"]["city"], &customer["billing"]["city"]),
        (&json!("Bonn"), &json!("Oakland"))
    );
    let journal = scene.journal().await;
    assert!(
        journal
            .iter()
            .all(|stored| stored.entry.action == Action::Updated),
        "{journal:?}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vtiger_cannot_hold_does_not_come_back() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    let long = "x".repeat(60);

    scene.shop.edit_customer(
        customer,
        json!({ "first_name": long, "billing": { "city": "Oakland 😀" } }),
    );
    scene.quiet().await;
    next_second().await;
    scene.crm.edit_record(&contact, json!({ "phone": "555 8" }));
    scene.quiet().await;

    let contact = scene.crm.record(&contact).unwrap();
    let customer = scene.shop.customer(customer).unwrap();
    assert_eq!(
        (&contact["firstname"], &contact["mailingcity"]),
        (&json!("x".repeat(40)), &json!("Oakland ????"))
    );
    assert_eq!(
        (&customer["first_name"], &customer["billing"]["city"]),
        (&json!(long), &json!("Oakland 😀"))
    );
    assert_eq!(customer["billing"]["phone"], "555 8");
    assert!(scene.sweep().await.is_clean());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_entities_and_quotes_arrive_as_people_wrote_them() {
    let scene = Scene::start().await;

    let contact =
        json!({ "email": "o@crm.example", "firstname": "Tom & Jerry", "lastname": "O'Neil \"Sr\" <x>" });
    scene.crm.add_record("Contacts", contact);
    let mut customer = ann("m@shop.example");
    customer["last_name"] = json!("Müller & Söhne");
    customer["billing"]["company"] = json!("Fish & Chips' \"Ltd\"");
    scene.shop.register_customer(customer);
    scene.quiet().await;

    let shown = scene.customer("o@crm.example").expect("a customer");
    assert_eq!(
        shown["first_name"], "Tom &amp; Jerry",
        "WooCommerce shows names as HTML"
    );
    let shown = scene.contact("m@shop.example").expect("a contact");
    assert_eq!(shown["lastname"], "Müller & Söhne");
    let organization = scene.crm.record(shown["account_id"].as_str().unwrap()).unwrap();
    assert_eq!(organization["accountname"], "Fish & Chips' \"Ltd\"");
    assert!(scene.sweep().await.is_clean());
    scene.stop().await;
}
