//! Orders of people without a customer account, by each policy, and the organizations that orders belong to.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::sync::{Guests, Module, Side, Skip};

use crate::sales_orders::sales_order;
use crate::scene::{Scene, ann, next_second};

const EVE: &str = "eve@guest.example";

/// With this in the orders' settings, and a desk to buy.
async fn scene(settings: &str) -> Scene {
    let scene = Scene::with(&format!("[connections.shop.modules.sales_orders]\n{settings}")).await;
    let desk = json!({ "name": "Desk", "sku": "DESK", "regular_price": "50" });
    scene.shop.add_product(desk);
    scene.quiet().await;
    scene
}

fn order(scene: &Scene, customer: u64, email: &str, company: &str) -> Json {
    json!({
        "customer_id": customer,
        "billing": { "first_name": "Eve", "last_name": "Fox", "email": email, "phone": "1", "company": company },
        "line_items": [{ "product_id": scene.shop.products()[0]["id"], "name": "Desk", "quantity": 1,
                         "subtotal": "50", "total": "50" }],
    })
}

/// Places an order and waits until it is dealt with.
async fn buy(scene: &Scene, customer: u64, email: &str, company: &str) -> u64 {
    let order = scene.shop.place_order(order(scene, customer, email, company));
    scene.quiet().await;
    order
}

fn contact_of(scene: &Scene, order: u64) -> Json {
    sales_order(scene, order)["contact_id"].clone()
}

/// The name of the organization that an order belongs to.
fn organization_of(scene: &Scene, order: u64) -> String {
    let account = sales_order(scene, order)["account_id"].clone();
    let account = scene
        .crm
        .record(account.as_str().unwrap())
        .expect("an organization");
    account["accountname"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_email_a_guest_is_one_contact_and_stays_the_same_when_they_register() {
    let scene = scene("guests = \"by_email\"").await;
    let first = buy(&scene, 0, EVE, "").await;
    let second = buy(&scene, 0, "Eve@Guest.Example", "").await;

    let contact = scene.contact(EVE).expect("a contact");
    assert_eq!(contact["lastname"], "Fox");
    assert_eq!(contact_of(&scene, first), contact["id"]);
    assert_eq!(contact_of(&scene, second), contact["id"]);
    assert_eq!(scene.shop.customers().len(), 0, "a guest gets no account");

    next_second().await;
    let mut account = ann(EVE);
    account["first_name"] = json!("Eva");
    let customer = scene.shop.register_customer(account);
    scene.quiet().await;
    let third = buy(&scene, customer, EVE, "").await;
    let as_guest_again = buy(&scene, 0, EVE, "").await;

    assert_eq!(scene.crm.records("Contacts").len(), 1);
    assert_eq!(
        scene.contact(EVE).unwrap()["firstname"],
        "Eva",
        "the account tells more"
    );
    assert_eq!(contact_of(&scene, third), contact["id"]);
    assert_eq!(contact_of(&scene, as_guest_again), contact["id"]);
    next_second().await;
    let id = contact["id"].as_str().unwrap();
    assert!(scene.crm.edit_record(id, json!({ "phone": "555 2000" })));
    scene.quiet().await;
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "555 2000"
    );
    while !scene.sweep_all().await {}
    assert_eq!(scene.crm.records("Contacts").len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_email_a_guest_who_is_a_customer_is_that_customers_contact() {
    let scene = scene("guests = \"by_email\"").await;
    scene.shop.register_customer(ann(EVE));
    scene.quiet().await;

    let order = buy(&scene, 0, EVE, "").await;

    let contact = scene.contact(EVE).expect("a contact");
    assert_eq!(contact_of(&scene, order), contact["id"]);
    assert_eq!(contact["firstname"], "Ann", "an order changes no customer");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_order_each_guest_order_has_a_contact_of_its_own() {
    let scene = scene("guests = \"per_order\"").await;
    let first = buy(&scene, 0, EVE, "").await;
    let second = buy(&scene, 0, EVE, "").await;

    let contacts = [first, second].map(|order| contact_of(&scene, order));
    assert!(
        contacts.iter().all(Json::is_string) && contacts[0] != contacts[1],
        "{contacts:?}"
    );
    assert_eq!(scene.crm.records("Contacts").len(), 2);
    scene.sweep_all().await;
    assert_eq!(scene.crm.records("Contacts").len(), 2, "a sweep adds none");
    assert_eq!(scene.shop.customers().len(), 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_order_a_create_whose_answer_is_lost_makes_no_second_contact() {
    let scene = scene("guests = \"per_order\"").await;
    scene.crm.set_faults(FaultPlan {
        request_faults: 0.15,
        seed: 3,
        ..FaultPlan::default()
    });
    let orders = [(); 12].map(|()| scene.shop.place_order(order(&scene, 0, EVE, "")));
    scene.quiet().await;
    scene.crm.set_faults(FaultPlan::default());
    scene.sweep_all().await;

    let mut contacts = orders.map(|order| contact_of(&scene, order).to_string());
    contacts.sort();
    assert!(contacts.windows(2).all(|two| two[0] != two[1]), "{contacts:?}");
    assert_eq!(scene.crm.records("Contacts").len(), orders.len());
    assert_eq!(scene.shop.customers().len(), 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_house_all_guests_orders_are_one_contacts() {
    let scene = scene("").await;
    let house = json!({ "firstname": "Guests", "lastname": "of the shop", "email": "house@shop.example" });
    let house = scene.crm.add_record("Contacts", house);
    let guests = Guests::House(house.clone());
    scene
        .set(Module::SalesOrders, |settings| {
            settings.sales_orders.guests = guests;
        })
        .await;
    scene.quiet().await;

    let first = buy(&scene, 0, EVE, "").await;
    let second = buy(&scene, 0, "adam@guest.example", "").await;

    assert_eq!(contact_of(&scene, first), house);
    assert_eq!(contact_of(&scene, second), house);
    scene.sweep_all().await;
    assert_eq!(scene.crm.records("Contacts").len(), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_skip_guests_orders_and_guests_stay_in_the_shop() {
    let scene = scene("guests = \"skip\"").await;

    let order = buy(&scene, 0, EVE, "").await;
    scene.sweep_all().await;

    assert_eq!(scene.crm.records("SalesOrder").len(), 0);
    assert_eq!(scene.crm.records("Contacts").len(), 0);
    let entry = scene
        .last_entry(Module::SalesOrders, Side::WooCommerce, &order.to_string())
        .await;
    assert_eq!(entry.skip, Some(Skip::Guest));
    let customer = scene.shop.register_customer(ann(EVE));
    let bought = buy(&scene, customer, EVE, "").await;
    assert_eq!(
        contact_of(&scene, bought),
        scene.contact(EVE).unwrap()["id"],
        "customers' orders are taken"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_the_shops_staff_has_no_contact() {
    let scene = scene("").await;
    let mut staff = ann("boss@shop.example");
    staff["role"] = json!("administrator");
    let staff = scene.shop.register_customer(staff);

    let order = buy(&scene, staff, "boss@shop.example", "").await;

    let contact = contact_of(&scene, order);
    assert!(contact.is_null() || contact == "", "{contact}");
    assert_eq!(scene.crm.records("Contacts").len(), 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_belongs_to_the_company_that_it_names_and_else_to_one_of_the_persons_name() {
    let scene = scene("organization = \"per_contact\"").await;

    let private = buy(&scene, 0, EVE, "").await;
    let business = buy(&scene, 0, EVE, "Fox & Sons").await;
    let again = buy(&scene, 0, EVE, "Fox & Sons").await;

    assert_eq!(organization_of(&scene, private), "Eve Fox");
    assert_eq!(organization_of(&scene, business), "Fox & Sons");
    assert_eq!(
        sales_order(&scene, business)["account_id"],
        sales_order(&scene, again)["account_id"]
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_company_belongs_to_the_fixed_organization_where_there_is_one() {
    let scene = scene("organization = { fixed = \"Web shop\" }").await;

    let private = buy(&scene, 0, EVE, "").await;
    let business = buy(&scene, 0, EVE, "Fox & Sons").await;

    assert_eq!(organization_of(&scene, private), "Web shop");
    assert_eq!(organization_of(&scene, business), "Fox & Sons");
    scene.stop().await;
}
