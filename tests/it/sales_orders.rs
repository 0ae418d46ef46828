//! Orders of the shop in the CRM and back: lines, totals, what they refer to.

use rust_decimal::Decimal;
use serde_json::Value as Json;

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
