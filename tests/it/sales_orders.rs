//! Orders of the shop in the CRM and back: lines, totals, what they refer to.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::order_generator::Generator;
use crate::scene::Scene;

/// Fills the shop with what generated orders are made of.
pub(crate) fn stock_shop(scene: &Scene, seed: u64) -> Generator {
    let made_up = Generator::with_own_catalogue(seed)
        .catalogue()
        .put_into(&scene.shop);
    Generator::new(seed, made_up)
}

/// The CRM's order of this order of the shop.
pub(crate) fn sales_order(scene: &Scene, order: u64) -> Json {
    let mark = format!("shop #{order}");
    let mut found: Vec<Json> = scene
        .crm
        .records("SalesOrder")
        .into_iter()
        .filter(|record| record["vtiger_purchaseorder"] == mark)
        .collect();
    assert_eq!(found.len(), 1, "the order {order} is there once");
    found.remove(0)
}

pub(crate) fn amount(json: &Json) -> Decimal {
    match json {
        Json::String(text) => text.parse().unwrap(),
        other => other.to_string().parse().unwrap(),
    }
}

/// An order of somebody without a customer account.
fn guest_order(email: &str) -> Json {
    json!({
        "customer_id": 0, "line_items": [{ "name": "Desk", "quantity": 1, "subtotal": "5.00", "total": "5.00" }],
        "billing": { "email": email, "first_name": "Gus", "last_name": "Guest", "address_1": "1 Main St" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_order_of_a_guest_has_a_contact_of_its_own_where_that_is_wanted() {
    let scene = Scene::with("[connections.shop.modules.sales_orders]\nguests = \"per_order\"\n").await;

    let orders = [0, 1].map(|_| scene.shop.place_order(guest_order("gus@guest.example")));
    scene.quiet().await;
    scene.sweep_all().await;

    let contacts = orders.map(|order| sales_order(&scene, order)["contact_id"].clone());
    assert!(contacts.iter().all(Json::is_string), "{contacts:?}");
    assert_ne!(contacts[0], contacts[1]);
    assert_eq!(scene.crm.records("Contacts").len(), 2);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_whose_orders_are_left_out_become_no_contacts() {
    let scene = Scene::with("[connections.shop.modules.sales_orders]\nguests = \"skip\"\n").await;

    scene.shop.place_order(guest_order("gus@guest.example"));
    scene.quiet().await;
    scene.sweep_all().await;

    assert!(scene.crm.records("SalesOrder").is_empty());
    assert!(scene.crm.records("Contacts").is_empty());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_arrive_with_the_shops_total_and_change_nothing_when_they_come_back() {
    let scene = Scene::start().await;
    let mut generator = stock_shop(&scene, 7);
    scene.quiet().await;
    scene.sweep_all().await;

    let orders: Vec<(u64, Decimal)> = (0..30)
        .map(|_| {
            let order = generator.order();
            let total = amount(&order["total"]);
            (scene.shop.place_order(order), total)
        })
        .collect();
    scene.quiet().await;

    for (id, total) in &orders {
        assert_eq!(
            amount(&sales_order(&scene, *id)["hdnGrandTotal"]),
            *total,
            "order {id}"
        );
    }
    scene.forget_calls();
    while !scene.sweep_all().await {}
    let writes: Vec<String> = scene
        .calls()
        .into_iter()
        .filter(|call| {
            !call.starts_with("GET ") && !call.starts_with("query ") && !call.starts_with("retrieve ")
        })
        .collect();
    assert_eq!(writes, Vec::<String>::new());
    scene.stop().await;
}
