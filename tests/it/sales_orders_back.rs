//! Orders that are made or edited in the CRM, and edits of both sides: lines, totals, statuses, refunds, deletions.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::faults::FaultPlan;

use crate::sales_orders::amount;
use crate::scene::{Scene, ann, billing_of, next_second};

const EMAIL: &str = "ann@shop.example";

/// A scene with a customer, and a desk and a lamp on sale.
async fn scene(settings: &str) -> Scene {
    let scene = Scene::in_utc(settings).await;
    scene.shop.register_customer(ann(EMAIL));
    for (sku, price) in [("DESK", "50"), ("LAMP", "12.50")] {
        scene
            .shop
            .add_product(json!({ "name": sku, "sku": sku, "regular_price": price }));
    }
    scene.quiet().await;
    scene
}

/// The CRM's product of this code.
fn product(scene: &Scene, code: &str) -> Json {
    let products = scene.crm.records("Products");
    let mut found = products
        .into_iter()
        .filter(|product| product["productcode"] == code);
    found.next().expect("a product")["id"].clone()
}

fn line(product: &Json, quantity: &str, price: &str) -> Json {
    json!({ "productid": product, "quantity": quantity, "listprice": price })
}

/// Somebody in sales takes an order of these lines, with what else it has.
fn sell(scene: &Scene, lines: &[Json], more: &Json) -> String {
    let contact = scene
        .contact(EMAIL)
        .map_or(Json::Null, |contact| contact["id"].clone());
    let account = scene
        .crm
        .add_record("Accounts", json!({ "accountname": "Lee & Sons" }));
    let mut order = json!({
        "subject": "By phone", "contact_id": contact, "account_id": account, "bill_street": "1 Main St",
        "ship_street": "1 Main St", "conversion_rate": "1", "LineItems": lines,
    });
    order
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let id = scene.crm.add_record("SalesOrder", order);
    assert_ne!(id, "", "the CRM takes the order");
    id
}

/// The shop's order of this order of the CRM; fails unless it is there once.
fn bought(scene: &Scene, id: &str) -> Json {
    let mut orders = scene.shop.orders();
    orders.retain(|order| {
        let meta = order["meta_data"].as_array().unwrap();
        meta.iter()
            .any(|entry| entry["key"] == "_vtiger_salesorder" && entry["value"] == id)
    });
    assert_eq!(orders.len(), 1, "{id} is in the shop once");
    orders.remove(0)
}

fn number(record: &Json) -> u64 {
    record["id"].as_u64().unwrap()
}

fn crm_total(scene: &Scene, id: &str) -> Decimal {
    amount(&scene.crm.record(id).unwrap()["hdnGrandTotal"]).round_dp(2)
}

fn totals_agree(scene: &Scene, id: &str, what: &str) {
    assert_eq!(
        amount(&bought(scene, id)["total"]),
        crm_total(scene, id),
        "{what}"
    );
}

/// The quantities and products of the shop's lines, fees by their names.
fn shop_lines(order: &Json) -> Vec<(String, Decimal)> {
    let of = |list: &str| order[list].as_array().unwrap().clone();
    let items = of("line_items")
        .into_iter()
        .map(|line| (line["name"].clone(), amount(&line["quantity"])));
    let fees = of("fee_lines")
        .into_iter()
        .map(|fee| (fee["name"].clone(), amount(&fee["total"])));
    items
        .chain(fees)
        .map(|(name, number)| (name.as_str().unwrap().to_owned(), number))
        .collect()
}

fn shown(lines: &[(&str, &str)]) -> Vec<(String, Decimal)> {
    lines
        .iter()
        .map(|(name, number)| ((*name).to_owned(), number.parse().unwrap()))
        .collect()
}

/// Nothing comes back: neither by sweeps nor by saves of the same.
async fn holds_still(scene: &Scene, what: &str) {
    next_second().await;
    scene.forget_calls();
    scene.sweep_all().await;
    scene.sweep_all().await;
    assert_eq!(scene.writes(), Vec::<String>::new(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_all_kinds_arrive_with_the_crms_total() {
    let scene = scene("").await;
    // With an order of the shop, the CRM gets the currency.
    scene.shop.place_order(json!({
        "currency": "EUR", "fee_lines": [{ "name": "Gift wrap", "total": "1.00" }],
        "billing": { "email": EMAIL, "first_name": "Ann", "last_name": "Lee" },
    }));
    scene.quiet().await;
    let currencies = scene.crm.records("Currency");
    let euro = currencies
        .iter()
        .find(|currency| currency["currency_code"] == "EUR");
    let euro = euro.expect("a currency")["id"].clone();
    let (desk, lamp) = (product(&scene, "DESK"), product(&scene, "LAMP"));
    let two = [line(&desk, "2", "50"), line(&lamp, "3", "12.49")];
    let discounted = {
        let mut line = line(&desk, "2", "50");
        line["discount_amount"] = json!("7.77");
        line
    };
    let percent = {
        let mut line = line(&desk, "3", "33.33");
        line["discount_percent"] = json!("12.5");
        line
    };
    let taxed = {
        let mut line = line(&lamp, "3", "9.99");
        line["tax1"] = json!("19");
        line
    };
    let cases: [(&str, &[Json], Json); 11] = [
        ("plain", &two, json!({})),
        (
            "discount of the order",
            &two,
            json!({ "hdnDiscountAmount": "5.05" }),
        ),
        (
            "percent off the order",
            &two,
            json!({ "hdnDiscountPercent": "10" }),
        ),
        ("shipping", &two, json!({ "hdnS_H_Amount": "4.90" })),
        ("adjustment up", &two, json!({ "txtAdjustment": "0.37" })),
        ("adjustment down", &two, json!({ "txtAdjustment": "-0.37" })),
        ("discount of a line", &[discounted], json!({})),
        ("percent off a line", &[percent], json!({})),
        ("part of a piece", &[line(&desk, "2.5", "9.99")], json!({})),
        (
            "taxes of each line",
            &[taxed.clone(), line(&desk, "1", "50")],
            json!({ "hdnTaxType": "individual" }),
        ),
        ("another currency", &two, json!({ "currency_id": euro })),
    ];
    for (what, lines, more) in &cases {
        let id = sell(&scene, lines, more);
        scene.quiet().await;
        totals_agree(&scene, &id, what);
        assert_eq!(
            bought(&scene, &id)["line_items"].as_array().unwrap().len(),
            lines.len(),
            "{what}"
        );
        if *what == "another currency" {
            assert_eq!(bought(&scene, &id)["currency"], "EUR");
        }
    }
    assert_eq!(scene.crm.records("SalesOrder").len(), cases.len() + 1);
    holds_still(&scene, "all kinds").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_pulls_in_whom_and_what_it_is_for() {
    let scene = scene("").await;
    let deaf = FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    };
    scene.crm.set_faults(deaf);
    let contact = json!({ "email": "new@crm.example", "firstname": "New", "lastname": "Lee" });
    let contact = scene.crm.add_record("Contacts", contact);
    let chair =
        json!({ "productname": "Chair", "productcode": "CHAIR", "unit_price": "20", "discontinued": "1" });
    let chair = json!(scene.crm.add_record("Products", chair));
    scene.quiet().await;
    assert_eq!(scene.customer("new@crm.example"), None);
    scene.crm.set_faults(FaultPlan::default());

    let id = sell(
        &scene,
        &[line(&chair, "2", "20")],
        &json!({ "contact_id": contact }),
    );
    scene.quiet().await;

    let customer = scene.customer("new@crm.example").expect("a customer");
    let products = scene.shop.products();
    let chairs: Vec<&Json> = products
        .iter()
        .filter(|product| product["sku"] == "CHAIR")
        .collect();
    assert_eq!(chairs.len(), 1);
    let order = bought(&scene, &id);
    assert_eq!(order["customer_id"], customer["id"]);
    assert_eq!(order["line_items"][0]["product_id"], chairs[0]["id"]);
    totals_agree(&scene, &id, "pulled in");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_the_shop_does_not_sell_becomes_a_fee() {
    let scene = scene("").await;
    let service = json!({ "servicename": "Assembly", "unit_price": "30", "discontinued": "1" });
    let service = json!(scene.crm.add_record("Services", service));
    let desk = product(&scene, "DESK");
    let id = sell(
        &scene,
        &[line(&desk, "1", "50"), line(&service, "2", "30")],
        &json!({}),
    );
    scene.quiet().await;

    let order = bought(&scene, &id);
    assert_eq!(order["line_items"].as_array().unwrap().len(), 1, "{order}");
    assert_eq!(order["fee_lines"][0]["total"], "60.00");
    totals_agree(&scene, &id, "a service");
    holds_still(&scene, "a service").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_lines_of_the_crm_change_exactly_those_in_the_shop() {
    let scene = scene("").await;
    let (desk, lamp) = (product(&scene, "DESK"), product(&scene, "LAMP"));
    let id = sell(
        &scene,
        &[line(&desk, "2", "50"), line(&lamp, "3", "12.50")],
        &json!({}),
    );
    scene.quiet().await;
    let before = bought(&scene, &id)["line_items"].clone();

    let edits = [
        (
            "quantity",
            vec![line(&desk, "4", "50"), line(&lamp, "3", "12.50")],
            shown(&[("DESK", "4"), ("LAMP", "3")]),
        ),
        (
            "price",
            vec![line(&desk, "4", "50"), line(&lamp, "3", "11")],
            shown(&[("DESK", "4"), ("LAMP", "3")]),
        ),
        (
            "added",
            vec![
                line(&desk, "4", "50"),
                line(&lamp, "3", "11"),
                line(&lamp, "1", "1"),
            ],
            shown(&[("DESK", "4"), ("LAMP", "1"), ("LAMP", "3")]),
        ),
        (
            "removed",
            vec![line(&desk, "4", "50"), line(&lamp, "3", "11")],
            shown(&[("DESK", "4"), ("LAMP", "3")]),
        ),
        (
            "reordered",
            vec![line(&lamp, "3", "11"), line(&desk, "4", "50")],
            shown(&[("DESK", "4"), ("LAMP", "3")]),
        ),
    ];
    for (what, lines, expected) in edits {
        next_second().await;
        assert!(
            scene.crm.edit_record(&id, json!({ "LineItems": lines })),
            "{what}"
        );
        scene.quiet().await;
        let order = bought(&scene, &id);
        let mut found = shop_lines(&order);
        found.sort();
        assert_eq!(found, expected, "{what}");
        totals_agree(&scene, &id, what);
        for nth in 0..2 {
            assert_eq!(order["line_items"][nth]["id"], before[nth]["id"], "{what}");
        }
    }
    holds_still(&scene, "edited lines").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_product_that_is_gone_from_the_shop_keeps_its_name() {
    let scene = scene("").await;
    let (desk, lamp) = (product(&scene, "DESK"), product(&scene, "LAMP"));
    let id = sell(&scene, &[line(&lamp, "3", "12.50")], &json!({}));
    scene.quiet().await;
    let products = scene.shop.products();
    let gone = products.iter().find(|product| product["sku"] == "DESK");
    // Nobody tells that it is.
    assert!(scene.shop.delete_product(number(gone.expect("a desk"))));

    next_second().await;
    let lines = [line(&lamp, "3", "12.50"), line(&desk, "2", "50")];
    assert!(scene.crm.edit_record(&id, json!({ "LineItems": lines })));
    let new = sell(&scene, &[line(&desk, "1", "45"), lines[0].clone()], &json!({}));
    scene.quiet().await;

    for (id, expected) in [
        (&id, [("LAMP", "3"), ("DESK", "2")]),
        (&new, [("DESK", "1"), ("LAMP", "3")]),
    ] {
        assert_eq!(shop_lines(&bought(&scene, id)), shown(&expected));
        totals_agree(&scene, id, "a product that is gone");
    }
    holds_still(&scene, "a product that is gone").await;
    scene.stop().await;
}

/// An order of two lines that is placed in the shop, and its id in the CRM.
async fn placed(scene: &Scene) -> (u64, String) {
    let customer = scene.customer(EMAIL).expect("a customer");
    let products = scene.shop.products();
    let lines = products
        .iter()
        .map(|product| json!({ "product_id": product["id"], "quantity": 2 }));
    let id = scene.shop.place_order(json!({
        "customer_id": customer["id"], "billing": billing_of(&customer), "line_items": lines.collect::<Vec<_>>(),
    }));
    scene.quiet().await;
    (
        id,
        arrived(scene, id).expect("an order")["id"]
            .as_str()
            .unwrap()
            .to_owned(),
    )
}

/// The CRM's order of this order of the shop; fails when it is there twice.
fn arrived(scene: &Scene, id: u64) -> Option<Json> {
    let mut orders = scene.crm.records("SalesOrder");
    orders.retain(|order| order["vtiger_purchaseorder"] == format!("shop #{id}"));
    assert!(orders.len() < 2, "{id} is in the CRM once");
    orders.pop()
}

#[tokio::test(flavor = "multi_thread")]
async fn edited_lines_of_the_shop_change_the_crms() {
    let scene = scene("").await;
    let (id, other) = placed(&scene).await;
    let item = scene.shop.order(id).unwrap()["line_items"][0]["id"].clone();
    let edits = [
        json!({ "line_items": [{ "id": item, "quantity": 5, "subtotal": "250", "total": "240" }] }),
        json!({ "fee_lines": [{ "name": "Gift wrap", "total": "2.50" }] }),
        json!({ "shipping_lines": [{ "method_id": "flat_rate", "method_title": "Parcel", "total": "5.90" }] }),
        json!({ "line_items": [{ "id": item, "quantity": 0 }] }),
    ];
    for (edit, lines) in edits.iter().zip([2, 3, 3, 2]) {
        next_second().await;
        assert!(scene.shop.edit_order(id, edit.clone()));
        scene.quiet().await;
        let order = arrived(&scene, id).expect("an order");
        assert_eq!(order["LineItems"].as_array().unwrap().len(), lines, "{edit}");
        assert_eq!(
            amount(&scene.shop.order(id).unwrap()["total"]),
            crm_total(&scene, &other),
            "{edit}"
        );
    }
    holds_still(&scene, "edited lines").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_follow_the_table_in_both_directions() {
    let scene = scene("").await;
    let (id, other) = placed(&scene).await;
    for (status, expected) in [
        ("on-hold", "Created"),
        ("processing", "Approved"),
        ("completed", "Delivered"),
        ("failed", "Cancelled"),
        ("pending", "Created"),
    ] {
        next_second().await;
        assert!(scene.shop.edit_order(id, json!({ "status": status })));
        scene.quiet().await;
        assert_eq!(scene.crm.record(&other).unwrap()["sostatus"], expected);
        assert_eq!(scene.shop.order(id).unwrap()["status"], status);
    }
    for (status, expected) in [
        ("Approved", "processing"),
        ("Delivered", "completed"),
        ("Cancelled", "cancelled"),
    ] {
        next_second().await;
        assert!(scene.crm.edit_record(&other, json!({ "sostatus": status })));
        scene.quiet().await;
        assert_eq!(scene.shop.order(id).unwrap()["status"], expected);
        assert_eq!(scene.crm.record(&other).unwrap()["sostatus"], status);
    }
    holds_still(&scene, "statuses").await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_ones_own_maps_statuses() {
    let table = "[connections.shop.modules.sales_orders.statuses]\n\
                 to_vtiger = { processing = \"Delivered\", pending = \"Created\" }\n\
                 to_woocommerce = { Delivered = \"completed\", Created = \"on-hold\" }";
    let scene = scene(table).await;
    let (id, other) = placed(&scene).await;
    assert_eq!(scene.crm.record(&other).unwrap()["sostatus"], "Delivered");
    next_second().await;
    assert!(scene.crm.edit_record(&other, json!({ "sostatus": "Created" })));
    scene.quiet().await;
    assert_eq!(scene.shop.order(id).unwrap()["status"], "on-hold");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_noted_in_the_crm() {
    let scene = scene("").await;
    let (id, other) = placed(&scene).await;
    let total = scene.shop.order(id).unwrap()["total"]
        .as_str()
        .unwrap()
        .to_owned();
    next_second().await;
    scene.shop.refund_order(id, "1.50", "Broken cup").unwrap();
    scene.quiet().await;
    let order = scene.crm.record(&other).unwrap();
    let lines = order["LineItems"].as_array().unwrap();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2]["comment"], "Refunded 1.50: Broken cup");
    assert_eq!(amount(&order["hdnGrandTotal"]), total.parse().unwrap());

    next_second().await;
    let rest = total.parse::<Decimal>().unwrap() - Decimal::new(150, 2);
    scene.shop.refund_order(id, &rest.to_string(), "").unwrap();
    scene.quiet().await;
    let order = scene.crm.record(&other).unwrap();
    assert_eq!(order["LineItems"].as_array().unwrap().len(), 4);
    assert_eq!(scene.shop.order(id).unwrap()["status"], "refunded");
    assert_eq!(order["sostatus"], "Cancelled");
    holds_still(&scene, "refunds").await;
    assert_eq!(scene.shop.order(id).unwrap()["status"], "refunded");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_taken_when_it_becomes_an_order() {
    let scene = scene("").await;
    let product = scene.shop.products()[0]["id"].clone();
    let id = scene.shop.place_order(json!({
        "status": "checkout-draft", "line_items": [{ "product_id": product, "quantity": 1 }],
        "billing": { "email": "guest@shop.example", "first_name": "Guest", "last_name": "Lee" },
    }));
    scene.quiet().await;
    scene.sweep_all().await;
    assert_eq!(scene.crm.records("SalesOrder"), [] as [Json; 0]);
    assert_eq!(scene.contact("guest@shop.example"), None);

    assert!(scene.shop.edit_order(id, json!({ "status": "processing" })));
    scene.quiet().await;
    let order = arrived(&scene, id).expect("an order");
    assert_eq!(
        order["contact_id"],
        scene.contact("guest@shop.example").expect("a contact")["id"]
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_orders_go_on_the_other_side_where_that_is_set() {
    let scene = scene("[connections.shop.modules.sales_orders]\ndeletes = \"propagate\"").await;
    let (trashed, other) = placed(&scene).await;
    let (kept, deleted) = placed(&scene).await;
    next_second().await;
    assert!(scene.shop.trash_order(trashed));
    assert!(scene.crm.delete_record(&deleted));
    scene.quiet().await;
    assert_eq!(scene.crm.record(&other), None);
    assert_eq!(scene.shop.order(kept).unwrap()["status"], "trash");
    assert_eq!(scene.crm.records("SalesOrder"), [] as [Json; 0]);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_is_lost_makes_no_second_order() {
    let scene = scene("").await;
    // More, and some event now and then waits for minutes to be tried again.
    let faulty = |seed| FaultPlan {
        request_faults: 0.15,
        seed,
        ..FaultPlan::default()
    };
    scene.shop.set_faults(faulty(1));
    scene.crm.set_faults(faulty(2));
    let desk = product(&scene, "DESK");
    let in_shop = scene.shop.products()[0]["id"].clone();
    let (mut placed, mut sold) = (Vec::new(), Vec::new());
    for _ in 0..12 {
        placed.push(scene.shop.place_order(json!({
            "line_items": [{ "product_id": in_shop, "quantity": 1 }],
            "billing": { "email": "guest@shop.example", "first_name": "Guest", "last_name": "Lee" },
        })));
        sold.push(sell(&scene, &[line(&desk, "1", "50")], &json!({})));
    }
    scene.quiet().await;
    scene.shop.set_faults(FaultPlan::default());
    scene.crm.set_faults(FaultPlan::default());
    scene.sweep_all().await;

    for id in &placed {
        assert!(arrived(&scene, *id).is_some(), "{id}");
    }
    for id in &sold {
        totals_agree(&scene, id, id);
        assert!(number(&bought(&scene, id)) > 0);
    }
    assert_eq!(scene.crm.records("SalesOrder").len(), placed.len() + sold.len());
    assert_eq!(scene.shop.orders().len(), placed.len() + sold.len());
    scene.stop().await;
}
