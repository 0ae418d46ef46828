//! Orders: their taxes and totals, whoever writes them.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::products::{assert_values, recorded};
use super::{call, open_shop};

const TOTALS: [&str; 7] = [
    "discount_total",
    "discount_tax",
    "shipping_total",
    "shipping_tax",
    "cart_tax",
    "total_tax",
    "total",
];

/// Gives the shop the recorded tax rates, by their ids.
pub(super) fn add_recorded_rates(shop: &WooCommerceSimulator) {
    let mut rates = recorded("taxes_list").as_array().unwrap().clone();
    rates.sort_by_key(|rate| rate["id"].as_u64());
    for rate in rates {
        shop.add_tax(rate);
    }
}

/// What the client sent when a recorded order was made, for products of this shop.
///
/// A coupon's discount is sent by the lines, as the shop has no coupons.
fn as_sent(shop: &WooCommerceSimulator, order: &Json) -> Json {
    let lines = order["line_items"].as_array().unwrap().iter().map(|line| {
        let quantity = Decimal::from(line["quantity"].as_i64().unwrap());
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let price = match (
            line["subtotal"].as_str().unwrap(),
            line["total"].as_str().unwrap(),
        ) {
            // The recorded prices have three decimals, which the amounts do not show.
            (subtotal, total) if subtotal == total => number(&line["price"].to_string()).round_dp(3),
            (subtotal, _) => number(subtotal) / quantity,
        };
        let name = line["name"].as_str().unwrap();
        let mut product = json!({
            "name": line["parent_name"].as_str().unwrap_or(name), "sku": line["sku"],
            "regular_price": price.to_string(), "tax_class": line["tax_class"],
        });
        let mut sent = json!({"quantity": line["quantity"]});
        if line["parent_name"].is_string() {
            let sku = product["sku"].take();
            let parent = shop.add_product(product);
            let (_, options) = name.rsplit_once(" - ").unwrap();
            let options: Vec<_> = options.split(", ").collect();
            sent["product_id"] = json!(parent);
            sent["variation_id"] = json!(shop.add_variation(
                parent,
                json!({
                    "sku": sku, "regular_price": price.to_string(),
                    "attributes": [{"id": 1, "name": "Size", "option": options[0]},
                                   {"id": 0, "name": "Color", "option": options[1]}],
                })
            ));
        } else {
            sent["product_id"] = json!(shop.add_product(product));
        }
        if line["subtotal"] != line["total"] {
            sent["total"] = line["total"].clone();
        }
        sent
    });
    let lines: Vec<_> = lines.collect();
    json!({
        "billing": order["billing"], "shipping": order["shipping"], "line_items": lines,
        "shipping_lines": order["shipping_lines"].as_array().unwrap().iter()
            .map(|line| json!({"method_id": line["method_id"], "total": line["total"]})).collect::<Vec<_>>(),
        "fee_lines": order["fee_lines"].as_array().unwrap().iter()
            .map(|line| json!({"name": line["name"], "total": line["total"]})).collect::<Vec<_>>(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_taxed_as_recorded() {
    for name in ["order_create_201", "order_get_full", "order_get_guest"] {
        let shop = open_shop().await;
        add_recorded_rates(&shop);
        let mut order = recorded(name);
        for line in order["line_items"].as_array_mut().unwrap() {
            if line["product_id"] == 0 {
                // It was there when the order was made.
                line["sku"] = json!("GONE");
            }
        }
        let sent = as_sent(&shop, &order);

        let made = call(&shop, "POST", "/orders", &sent).await.body;
        for product in shop.products() {
            if product["sku"] == "GONE" {
                shop.delete_product(product["id"].as_u64().unwrap());
            }
        }
        let read = shop.order(made["id"].as_u64().unwrap()).unwrap();

        assert_values(&shop, &made, &order, &TOTALS);
        for (kind, keys) in [
            (
                "line_items",
                &[
                    "subtotal",
                    "subtotal_tax",
                    "total",
                    "total_tax",
                    "taxes",
                    "price",
                    "tax_class",
                    "name",
                ][..],
            ),
            ("shipping_lines", &["total", "total_tax", "taxes"]),
            ("fee_lines", &["total", "total_tax", "taxes"]),
            (
                "tax_lines",
                &[
                    "rate_id",
                    "rate_code",
                    "label",
                    "compound",
                    "rate_percent",
                    "tax_total",
                    "shipping_tax_total",
                ],
            ),
        ] {
            let (made, recorded) = (read[kind].as_array().unwrap(), order[kind].as_array().unwrap());
            assert_eq!(made.len(), recorded.len(), "{name}: {kind}");
            for (made, recorded) in made.iter().zip(recorded) {
                assert_values(&shop, made, recorded, keys);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_for_an_unknown_product_has_an_empty_line_as_recorded() {
    let shop = open_shop().await;
    add_recorded_rates(&shop);

    let made = super::replay(&shop, "order_create_unknown_product", "/orders")
        .await
        .body;

    let recorded = recorded("order_create_unknown_product");
    assert_values(&shop, &made, &recorded, &TOTALS);
    let (line, recorded) = (&made["line_items"][0], &recorded["line_items"][0]);
    let keys = [
        "name",
        "product_id",
        "quantity",
        "total",
        "taxes",
        "sku",
        "price",
        "image",
    ];
    assert_values(&shop, line, recorded, &keys);
    assert_eq!(made["tax_lines"][0]["label"], "CA Sales Tax");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_changed_removed_and_reckoned_anew() {
    let shop = open_shop().await;
    shop.add_tax(json!({"rate": "10", "name": "Everywhere"}));
    let desk = shop.add_product(json!({"name": "Desk", "sku": "D-1", "regular_price": "10.00"}));
    let chair = shop.add_product(json!({"name": "Chair", "regular_price": "4.00"}));
    let sent = json!({
        "line_items": [{"sku": "d-1", "quantity": 2}, {"product_id": chair}],
        "fee_lines": [{"name": "Wrap", "total": "3"}, {"name": "Free", "total": "1", "tax_status": "none"}],
        "shipping_lines": [{"method_id": "flat_rate", "total": "5"}],
    });
    let made = call(&shop, "POST", "/orders", &sent).await.body;
    let path = format!("/orders/{}", made["id"]);
    let id = |kind: &str, at: usize| made[kind][at]["id"].clone();
    let put = async |body: Json| call(&shop, "PUT", &path, &body).await.body;
    assert_eq!(
        [
            &made["line_items"][0]["product_id"],
            &made["line_items"][0]["sku"]
        ],
        [&json!(desk), &json!("D-1")]
    );
    assert_eq!([&made["total_tax"], &made["total"]], ["3.20", "36.20"]);

    let more = put(json!({"line_items": [{"id": id("line_items", 0), "quantity": 5}]})).await;
    assert_eq!(more["total"], "36.20", "a quantity alone leaves the totals");
    assert_eq!(
        [
            &more["line_items"][0]["quantity"],
            &more["line_items"][0]["price"]
        ],
        [5, 4]
    );

    let line = json!({"id": id("line_items", 0), "subtotal": "50", "total": "45.005"});
    let cheaper = put(json!({"line_items": [line]})).await;
    assert_eq!(
        cheaper["line_items"][0]["taxes"],
        json!([{"id": 1, "total": "4.5005", "subtotal": "5"}])
    );
    assert_eq!(
        [
            &cheaper["discount_total"],
            &cheaper["total_tax"],
            &cheaper["total"]
        ],
        ["4.99", "5.70", "63.71"]
    );

    let swapped = put(json!({"line_items": [{"id": id("line_items", 1), "product_id": desk}]})).await;
    assert_eq!(swapped["line_items"][1]["name"], "Desk");
    assert_eq!(swapped["total"], "63.71", "another product leaves the totals");

    let less = put(json!({
        "line_items": [{"id": id("line_items", 1), "quantity": 0}],
        "fee_lines": [{"id": id("fee_lines", 0), "name": null}, {"id": id("fee_lines", 1), "total": "2"}],
        "shipping_lines": [{"id": id("shipping_lines", 0), "method_id": null}],
    }))
    .await;
    assert_eq!(less["line_items"].as_array().unwrap().len(), 1);
    assert_eq!(less["fee_lines"].as_array().unwrap().len(), 1);
    assert_eq!(less["shipping_lines"], json!([]));
    assert_eq!([&less["total_tax"], &less["total"]], ["4.50", "51.51"]);

    let doubled = put(json!({"line_items": [{"product_id": chair, "quantity": 1}]})).await;
    assert_eq!(
        doubled["line_items"].as_array().unwrap().len(),
        2,
        "without an id a line is added"
    );
    for (kind, line, code) in [
        (
            "shipping_lines",
            json!({"total": "1"}),
            "woocommerce_rest_invalid_shipping_item",
        ),
        (
            "fee_lines",
            json!({"total": "1"}),
            "woocommerce_rest_invalid_fee_item",
        ),
        (
            "coupon_lines",
            json!({"code": "nope"}),
            "woocommerce_rest_invalid_coupon",
        ),
    ] {
        let refused = call(&shop, "PUT", &path, &json!({kind: [line]})).await;
        assert_eq!((refused.status, &refused.body["code"]), (400, &json!(code)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taxes_follow_the_address_and_the_rates_of_the_moment() {
    let shop = open_shop().await;
    add_recorded_rates(&shop);
    let desk = shop.add_product(json!({"name": "Desk", "regular_price": "100.00"}));
    let sent = json!({"billing": {"country": "DE"}, "line_items": [{"product_id": desk}]});
    let made = call(&shop, "POST", "/orders", &sent).await.body;
    let path = format!("/orders/{}", made["id"]);
    let total = async |body: Json| call(&shop, "PUT", &path, &body).await.body["total"].clone();
    assert_eq!(made["total"], "119.00");

    let to_new_york = json!({"shipping": {"country": "US", "state": "NY"}});
    assert_eq!(total(to_new_york).await, "108.88");
    shop.edit_tax(2, json!({"rate": "9"}));
    assert_eq!(total(json!({"status": "completed"})).await, "108.88");
    assert_eq!(total(json!({"billing": {"phone": "1"}})).await, "109.00");
    shop.add_tax(json!({"rate": "1", "priority": 2, "compound": true, "name": "On top"}));
    assert_eq!(total(json!({"billing": {"phone": "2"}})).await, "110.09");
    assert_eq!(
        total(json!({"shipping": {"country": "FR", "state": ""}})).await,
        "101.00"
    );
    shop.edit_product(desk, json!({"tax_status": "none"}));
    assert_eq!(total(json!({"billing": {"phone": "3"}})).await, "100.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_negative_fee_bears_taxes_whatever_its_status_says() {
    let shop = open_shop().await;
    shop.add_tax(json!({"rate": "19", "name": "VAT"}));
    let desk = shop.add_product(json!({"name": "Desk", "regular_price": "100.00"}));
    let total = async |fee: &str| {
        let fee = json!({"name": "Adjustment", "total": fee, "tax_status": "none"});
        let sent = json!({"line_items": [{"product_id": desk}], "fee_lines": [fee]});
        call(&shop, "POST", "/orders", &sent).await.body["total"].clone()
    };

    assert_eq!(total("10").await, "129.00");
    assert_eq!(total("-10").await, "107.10");
    assert_eq!(
        total("-0.02").await,
        "118.98",
        "a tax of less than half a cent is none"
    );
    assert_eq!(total("-200").await, "0.00", "not more than there is");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_buyer_placed_keeps_its_amounts_until_it_is_reckoned_anew() {
    let shop = open_shop().await;
    shop.add_tax(json!({"rate": "10", "name": "VAT"}));
    let order = recorded("order_get_full");
    let id = shop.place_order(order.clone());
    let placed = shop.order(id).unwrap();
    assert_values(&shop, &placed, &order, &TOTALS);
    for key in [
        "rate_id",
        "label",
        "rate_percent",
        "tax_total",
        "shipping_tax_total",
    ] {
        assert_eq!(placed["tax_lines"][1][key], order["tax_lines"][1][key], "{key}");
    }
    assert_eq!(placed["line_items"][0]["taxes"], order["line_items"][0]["taxes"]);
    assert_eq!(placed["refunds"][0]["total"], "-1.50");

    for (currency, total, price) in [
        ("JPY", "1500", json!(1500)),
        ("KWD", "1.250", json!(1.25)),
        ("JPY", "1500.00", json!(1500)),
    ] {
        let line = json!({"name": "Tea", "product_id": 7, "quantity": 1, "total": total, "total_tax": "0"});
        let id = shop.place_order(json!({"currency": currency, "total": total, "line_items": [line]}));
        let order = shop.order(id).unwrap();
        assert_eq!(
            [&order["total"], &order["line_items"][0]["subtotal"]],
            [total, total],
            "{currency}"
        );
        assert_eq!(order["line_items"][0]["price"], price);
        assert_eq!(
            order["line_items"][0]["product_id"], 0,
            "the catalogue does not have it"
        );
    }

    let tea = shop.add_product(json!({"name": "Tea", "regular_price": "9.99"}));
    let id = shop.place_order(json!({"line_items": [{"product_id": tea, "quantity": 3}]}));
    assert_eq!(
        shop.order(id).unwrap()["total"],
        "32.97",
        "a checkout reckons, too"
    );
    let sent = json!({"currency": "JPY", "line_items": [{"product_id": tea}]});
    let yen = call(&shop, "POST", "/orders", &sent).await;
    assert_eq!(yen.body["total"], "11");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_taxes_reckons_none() {
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        trust_plain_http: true,
        taxes: false,
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap();
    shop.add_tax(json!({"rate": "10"}));
    let tea = shop.add_product(json!({"name": "Tea", "regular_price": "9.99"}));

    let made = call(
        &shop,
        "POST",
        "/orders",
        &json!({"line_items": [{"product_id": tea}]}),
    )
    .await
    .body;

    assert_eq!([&made["total"], &made["total_tax"]], ["9.99", "0.00"]);
    assert_eq!(made["tax_lines"], json!([]));
}
