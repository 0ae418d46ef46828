//! How many API calls a change costs.

use serde_json::json;

use crate::scene::{Scene, ann, contacts};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_customer_costs_one_lookup_and_one_create_and_its_echo_nothing() {
    let scene = Scene::start().await;
    // Signs in, which is no matter of this customer.
    scene.pair("first@shop.example").await;

    scene.shop.register_customer(ann("ann@shop.example"));
    scene.quiet().await;

    let calls = scene.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls[0].starts_with("query "), "{calls:?}");
    assert!(calls[1].starts_with("create Contacts"), "{calls:?}");
    let contact = scene.contact("ann@shop.example").expect("a contact");
    assert_eq!(contact["lastname"], "Lee");
    assert_eq!(contact["mailingstreet"], "1 Main St");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_contact_costs_one_lookup_and_one_create_and_its_echo_nothing() {
    let scene = Scene::start().await;
    scene.pair("first@shop.example").await;

    let fields =
        json!({ "email": "carl@crm.example", "firstname": "Carl", "lastname": "Crm", "phone": "555" });
    scene.crm.add_record("Contacts", fields);
    scene.quiet().await;

    let calls = scene.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls[0].starts_with("GET /customers?"), "{calls:?}");
    assert_eq!(calls[1], "POST /customers");
    assert_eq!(
        scene.customer("carl@crm.example").expect("a customer")["billing"]["phone"],
        "555"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_edit_costs_one_read_and_one_write_and_its_echo_nothing() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }));
    scene.quiet().await;

    assert_eq!(
        scene.calls(),
        [format!("retrieve {contact}"), format!("revise {contact}")]
    );
    assert_eq!(scene.crm.record(&contact).unwrap()["phone"], "555 2000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contacts_edit_costs_one_read_and_one_write_and_its_echo_nothing() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene.crm.edit_record(&contact, json!({ "phone": "555 3000" }));
    scene.quiet().await;

    assert_eq!(
        scene.calls(),
        [
            format!("GET /customers/{customer}"),
            format!("PUT /customers/{customer}")
        ]
    );
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "555 3000"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_values_travel_one_way_a_change_costs_one_write() {
    let scene = Scene::with("[connections.shop.modules.contacts]\ndirection = \"to_vtiger\"").await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene
        .shop
        .edit_customer(customer, json!({ "billing": { "phone": "555 2000" } }));
    scene
        .crm
        .edit_record(&contact, json!({ "mailingcity": "Elsewhere" }));
    scene.quiet().await;

    assert_eq!(scene.calls(), [format!("revise {contact}")]);
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["city"],
        "Oakland"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_that_changes_nothing_costs_nothing() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;

    scene.shop.edit_customer(customer, json!({ "first_name": "Ann" }));
    scene.crm.edit_record(&contact, json!({ "firstname": "Ann" }));
    scene.quiet().await;

    assert_eq!(scene.calls(), [] as [&str; 0]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_without_differences_only_reads_pages() {
    let scene = Scene::start().await;
    scene.pair("ann@shop.example").await;

    let report = scene.sweep().await;

    assert!(report.is_clean(), "{report:?}");
    assert_eq!(scene.writes(), [] as [&str; 0]);
    let reads_one = |call: &String| call.starts_with("retrieve ") || call.starts_with("GET /customers/");
    assert!(!scene.calls().iter().any(reads_one), "{:?}", scene.calls());
    assert_eq!(contacts().connection, "shop");
    scene.stop().await;
}
