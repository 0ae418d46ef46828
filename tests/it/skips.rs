//! Each reason for which a record is left alone: the log tells it with its remedy, and once the cause is mended the
//! record comes into step without help. Here: contacts.

mod by_hand;
mod lasting;
mod orders;
mod products;

use serde_json::{Value as Json, json};
use woo_vtiger_sync::store::{Action, Entry};
use woo_vtiger_sync::sync::{Module, Side, Skip};

use crate::scene::{Scene, ann};

const ANN: &str = "ann@shop.example";

/// What the log says last of a record, which must be why it was left alone.
async fn skipped(scene: &Scene, module: Module, side: Side, id: &str) -> (Entry, Skip) {
    let entry = scene.last_entry(module, side, id).await;
    let skip = entry.skip.clone().expect("a reason");
    let action = match skip {
        Skip::Failed { .. } => Action::Failed,
        _ => Action::Skipped,
    };
    assert_eq!(entry.action, action, "{entry:?}");
    (entry, skip)
}

fn assert_told(skip: &Skip, reason: &str, remedy: &str) {
    assert!(skip.to_string().contains(reason), "`{skip}` tells `{reason}`");
    let told = skip.remedy();
    assert!(told.contains(remedy), "`{told}` tells `{remedy}`");
}

/// A contact of the CRM.
fn bob(email: &str) -> Json {
    json!({ "firstname": "Bob", "lastname": "Ray", "email": email })
}

/// Whether exactly one customer and one contact have this address, and the same phone.
fn assert_in_step(scene: &Scene, email: &str, phone: &str) {
    let customer = scene.customer(email).expect("a customer");
    let contact = scene.contact(email).expect("a contact");
    assert_eq!(customer["billing"]["phone"], phone);
    assert_eq!(contact["phone"], phone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_without_address_comes_into_step_when_it_gets_one() {
    let scene = Scene::start().await;
    let contact = scene.crm.add_record("Contacts", bob(""));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(skip, Skip::NoEmail);
    assert_told(&skip, "it has no e-mail address", "Enter an e-mail address");

    // By the event of the contact itself.
    let mended = json!({ "email": "bob@crm.example", "phone": "1" });
    assert!(scene.crm.edit_record(&contact, mended));
    scene.quiet().await;
    assert_in_step(&scene, "bob@crm.example", "1");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_with_a_bad_address_comes_into_step_when_that_is_corrected() {
    let scene = Scene::start().await;
    let contact = scene.crm.add_record("Contacts", bob("bob at crm"));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(skip, Skip::InvalidEmail);
    assert_told(
        &skip,
        "its e-mail address is not valid",
        "Correct the e-mail address",
    );

    // By the event of the contact itself.
    let mended = json!({ "email": "bob@crm.example", "phone": "1" });
    assert!(scene.crm.edit_record(&contact, mended));
    scene.quiet().await;
    assert_in_step(&scene, "bob@crm.example", "1");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_last_name_comes_into_step_when_it_is_filled_in() {
    let scene = Scene::start().await;
    let mut nameless = ann(ANN);
    nameless["last_name"] = json!("");
    let customer = scene.shop.register_customer(nameless);
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::WooCommerce, &customer.to_string()).await;
    let field = "last_name = lastname".to_owned();
    assert_eq!(skip, Skip::Mandatory { field });
    assert_told(&skip, "`last_name = lastname` is blank", "Fill the field in");
    assert!(scene.contact(ANN).is_none());

    // By the event of the customer.
    assert!(scene.shop.edit_customer(customer, json!({ "last_name": "Lee" })));
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 1000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_emptied_stays_on_the_other_side_and_follows_again_once_there_is_one() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    assert!(scene.shop.edit_customer(customer, json!({ "last_name": "" })));
    scene.quiet().await;

    let (entry, skip) = skipped(&scene, Module::Contacts, Side::WooCommerce, &customer.to_string()).await;
    assert!(matches!(skip, Skip::Mandatory { .. }), "{skip}");
    assert_eq!(entry.ids.vtiger.unwrap().as_str(), contact);
    assert_eq!(scene.crm.record(&contact).unwrap()["lastname"], "Lee");

    // By the event of the customer.
    assert!(scene.shop.edit_customer(customer, json!({ "last_name": "Lea" })));
    scene.quiet().await;
    assert_eq!(scene.crm.record(&contact).unwrap()["lastname"], "Lea");
    scene.stop().await;
}

/// Two contacts with Ann's address that the shop doesn't know, and a customer with it, too.
async fn ambiguous(scene: &Scene) -> (u64, [String; 2]) {
    scene.set_deaf(true);
    let twins = [0, 1].map(|_| scene.crm.add_record("Contacts", bob(ANN)));
    scene.quiet().await;
    scene.set_deaf(false);
    let customer = scene.shop.register_customer(ann(ANN));
    scene.quiet().await;
    (customer, twins)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whom_two_contacts_match_is_linked_when_one_gets_another_address() {
    let scene = Scene::start().await;
    let (customer, twins) = ambiguous(&scene).await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::WooCommerce, &customer.to_string()).await;
    let reason = "several records in Vtiger CRM have its e-mail address";
    assert_told(&skip, reason, &format!("{} and {}", twins[0], twins[1]));
    assert_told(&skip, reason, "woo-vtiger-sync link");

    // By the event of the mended contact, which wakes the waiting customer.
    assert!(
        scene
            .crm
            .edit_record(&twins[1], json!({ "email": "other@crm.example" }))
    );
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 1000");
    assert_eq!(scene.contact(ANN).unwrap()["id"], twins[0]);
    assert!(scene.customer("other@crm.example").is_some());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whom_two_contacts_match_is_linked_when_one_of_them_is_deleted() {
    let scene = Scene::start().await;
    let (_, twins) = ambiguous(&scene).await;

    // By the event of the deleted contact, which wakes the waiting customer.
    assert!(scene.crm.delete_record(&twins[0]));
    scene.quiet().await;

    assert_in_step(&scene, ANN, "555 1000");
    assert_eq!(scene.contact(ANN).unwrap()["id"], twins[1]);
    assert_eq!(scene.shop.customers().len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_contact_of_a_linked_customer_comes_into_step_with_an_address_of_its_own() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let second = scene.crm.add_record("Contacts", bob(ANN));
    scene.quiet().await;

    let (entry, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &second).await;
    let reason = "the record in WooCommerce with its e-mail address is in step with another one";
    assert_told(&skip, reason, &format!("look at {customer}"));
    assert_eq!(entry.ids.vtiger.unwrap().as_str(), second);

    // By the event of the customer, which wakes the waiting contact: Ann has moved, and her old address is Bob's.
    assert!(
        scene
            .shop
            .edit_customer(customer, json!({ "email": "ann@new.example" }))
    );
    scene.quiet().await;
    assert_eq!(scene.crm.record(&contact).unwrap()["email"], "ann@new.example");
    assert_eq!(scene.customer(ANN).expect("Bob's account")["first_name"], "Bob");
    assert_eq!(scene.shop.customers().len(), 2);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleagues_contact_comes_into_step_when_the_account_is_a_customers() {
    let scene = Scene::start().await;
    let mut staff = ann(ANN);
    staff["role"] = json!("shop_manager");
    let account = scene.shop.register_customer(staff);
    let contact = scene.crm.add_record("Contacts", bob(ANN));
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &contact).await;
    assert_eq!(skip, Skip::Staff);
    assert_told(
        &skip,
        "an account of the shop's staff",
        "the role Customer in WooCommerce",
    );

    // By the event of the account.
    assert!(scene.shop.edit_customer(account, json!({ "role": "customer" })));
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 1000");
    assert_eq!(scene.contact(ANN).unwrap()["id"], contact);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_the_picklist_lacks_is_refused_until_it_is_one_of_it() {
    let scene = Scene::with(
        "[[connections.shop.modules.contacts.extra_mappings]]\n\
         woocommerce = \"meta_data[source]\"\nvtiger = \"leadsource\"",
    )
    .await;
    let source = |value: &str| json!({ "meta_data": [{ "key": "source", "value": value }] });
    let mut customer = ann(ANN);
    customer["meta_data"] = source("Newspaper")["meta_data"].clone();
    let customer = scene.shop.register_customer(customer);
    scene.quiet().await;

    let (_, skip) = skipped(&scene, Module::Contacts, Side::WooCommerce, &customer.to_string()).await;
    assert!(
        matches!(&skip, Skip::Rejected { field: Some(field), .. } if field == "leadsource"),
        "{skip:?}"
    );
    assert_told(
        &skip,
        "Vtiger CRM refuses the values: `Newspaper` is none of",
        "Correct the value",
    );

    // By the event of the customer.
    assert!(scene.shop.edit_customer(customer, source("Cold Call")));
    scene.quiet().await;
    assert_in_step(&scene, ANN, "555 1000");
    assert_eq!(scene.contact(ANN).unwrap()["leadsource"], "Cold Call");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_customer_has_is_refused_until_it_is_free() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    // The shop's staff are left alone, but their addresses are taken.
    let mut staff = ann("boss@shop.example");
    staff["role"] = json!("administrator");
    let account = scene.shop.register_customer(staff);
    assert!(
        scene
            .crm
            .edit_record(&contact, json!({ "email": "boss@shop.example" }))
    );
    scene.quiet().await;

    let (entry, skip) = skipped(&scene, Module::Contacts, Side::Vtiger, &contact).await;
    assert!(
        matches!(
            &skip,
            Skip::Rejected {
                side: Side::WooCommerce,
                ..
            }
        ),
        "{skip:?}"
    );
    assert_told(
        &skip,
        "WooCommerce refuses the values",
        "Correct the value so that WooCommerce takes it",
    );
    assert!(
        !skip.to_string().contains('@'),
        "the address stays out of the log: {skip}"
    );
    assert_eq!(entry.ids.woocommerce.unwrap().as_str(), customer.to_string());

    // By the next sweep: nothing tells of the account.
    assert!(
        scene
            .shop
            .edit_customer(account, json!({ "email": "chief@shop.example" }))
    );
    scene.quiet().await;
    scene.sweep().await;
    assert_eq!(
        scene.shop.customer(customer).unwrap()["email"],
        "boss@shop.example"
    );
    scene.stop().await;
}
