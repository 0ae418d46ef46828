//! Orders of the shop in the CRM and back: lines, totals, what they refer to.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use crate::order_generator::Generator;
use crate::scene::{Scene, asked, next_second};

/// How many orders are generated. `WVS_TEST_ORDERS=10000 cargo test --release --test it sales_orders::` takes more.
const ORDERS: usize = 300;

/// How many are placed before the service is waited for.
const AT_ONCE: usize = 50;

/// Sweeps until nothing is found any more; that is soon.
const SWEEPS: usize = 4;

/// So many seconds after it was changed a record that is read shows for certain what it shows in the end.
const UNCERTAIN: usize = 4;

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

/// The CRM's orders by the shop's order that each is of; fails when an order is there twice, or of none.
fn by_order(scene: &Scene) -> BTreeMap<u64, Json> {
    let mut found = BTreeMap::new();
    for order in scene.crm.records("SalesOrder") {
        let reference = order["vtiger_purchaseorder"].as_str().unwrap().to_owned();
        let id = reference.strip_prefix("shop #").unwrap().parse().unwrap();
        assert!(found.insert(id, order).is_none(), "{reference} is there twice");
    }
    found
}

fn list(order: &Json, name: &str) -> Vec<Json> {
    order[name].as_array().unwrap().clone()
}

/// Fails unless the CRM's order is what was ordered.
fn hold(order: &Json, other: &Json) {
    let id = &order["id"];
    // Vtiger adds up without rounding and cuts to eight decimals, so that the last of them may be off.
    assert_eq!(
        amount(&other["hdnGrandTotal"]).round_dp(6),
        amount(&order["total"]),
        "total of {id}"
    );
    assert_eq!(
        other["description"],
        crm_text(&order["customer_note"]),
        "note of {id}"
    );
    let lines = list(other, "LineItems");
    let items = list(order, "line_items");
    let (fees, refunds) = (list(order, "fee_lines"), list(order, "refunds"));
    assert_eq!(
        lines.len(),
        items.len() + fees.len() + refunds.len(),
        "lines of {id}"
    );
    for (line, item) in lines.iter().zip(&items) {
        assert_eq!(
            amount(&line["quantity"]),
            amount(&item["quantity"]),
            "quantity in {id}"
        );
    }
    for (line, refund) in lines[items.len() + fees.len()..].iter().zip(&refunds) {
        let comment = line["comment"].as_str().unwrap();
        let begin = format!("Refunded {}", amount(&refund["total"]).abs());
        assert!(
            comment.starts_with(&begin),
            "{id}: {comment:?} begins with {begin:?}"
        );
        assert!(
            comment.contains(refund["reason"].as_str().unwrap()),
            "{id}: {comment:?}"
        );
    }
}

/// As Vtiger keeps a text.
fn crm_text(text: &Json) -> String {
    let characters = text.as_str().unwrap().chars().map(|one| match one.len_utf8() {
        4 => "????".to_owned(),
        _ => one.to_string(),
    });
    characters.collect()
}

/// What must not change by itself: all orders of both sides, without their times.
fn picture(scene: &Scene) -> BTreeMap<String, Json> {
    let orders = scene
        .shop
        .orders()
        .into_iter()
        .chain(scene.crm.records("SalesOrder"));
    let timeless = |mut order: Json| {
        for name in [
            "date_modified",
            "date_modified_gmt",
            "modifiedtime",
            "modifiedby",
            "meta_data",
        ] {
            order[name] = json!(null);
        }
        (order["id"].to_string(), order)
    };
    orders.map(timeless).collect()
}

fn unchanged(before: &BTreeMap<String, Json>, after: &BTreeMap<String, Json>) {
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (id, order) in before {
        for (name, value) in order.as_object().unwrap() {
            assert_eq!(value, &after[id][name], "{name} of {id}");
        }
    }
}

/// Sweeps until nothing is found any more, once all changes are so long ago that they are certain when they are read.
async fn settle(scene: &Scene) {
    for _ in 0..UNCERTAIN {
        next_second().await;
    }
    let mut calls = Vec::new();
    for _ in 0..SWEEPS {
        let before = scene.shop.calls().len();
        if scene.sweep_all().await {
            return;
        }
        calls = scene.shop.calls().split_off(before);
    }
    panic!(
        "sweeps find something again and again: {:#?}; writes: {:?}",
        &calls[..calls.len().min(60)],
        scene.writes(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_arrive_with_the_shops_total_and_change_nothing_when_they_come_back() {
    let orders = asked("WVS_TEST_ORDERS").map_or(ORDERS, |orders| usize::try_from(orders).unwrap());
    let scene = Scene::start().await;
    let mut generator = stock_shop(&scene, 7);
    scene.quiet().await;
    scene.sweep_all().await;

    let mut placed = 0;
    while placed < orders {
        let some = AT_ONCE.min(orders - placed);
        for _ in 0..some {
            scene.shop.place_order(generator.order());
        }
        placed += some;
        scene.quiet().await;
    }
    let arrived = by_order(&scene);
    assert_eq!(arrived.len(), orders);
    for order in scene.shop.orders() {
        hold(&order, &arrived[&order["id"].as_u64().unwrap()]);
    }

    // Sweeps of both sides have nothing to write.
    let before = picture(&scene);
    scene.forget_calls();
    settle(&scene).await;
    assert_eq!(scene.writes(), Vec::<String>::new());

    // The same orders back again, announced by both sides.
    for (nth, (id, order)) in arrived.iter().enumerate() {
        assert!(scene.crm.edit_record(order["id"].as_str().unwrap(), json!({})));
        assert!(scene.shop.edit_order(*id, json!({})));
        if nth % AT_ONCE == 0 {
            scene.quiet().await;
        }
    }
    scene.quiet().await;
    settle(&scene).await;
    assert_eq!(scene.writes(), Vec::<String>::new());
    unchanged(&before, &picture(&scene));

    // A service that remembers nothing.
    let scene = scene.forget_everything().await;
    settle(&scene).await;
    unchanged(&before, &picture(&scene));
    by_order(&scene);
    scene.stop().await;
}
