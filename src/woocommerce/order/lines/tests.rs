//! What is sent to make an order's lines and total what they should be.

use super::*;
use crate::sync::RecordId;

fn decimal(digits: &str) -> Decimal {
    digits.parse().unwrap()
}

fn line(id: Option<&str>, item: Item, quantity: &str, price: &str, discount: &str) -> Line {
    Line {
        id: id.map(str::to_owned),
        item,
        name: "Named".to_owned(),
        quantity: decimal(quantity),
        price: decimal(price),
        discount: decimal(discount),
        ..Line::default()
    }
}

fn product(id: &str) -> Item {
    Item::Product(RecordId::new(id))
}

fn basket(lines: Vec<Line>, shipping: &str, total: &str) -> Basket {
    Basket {
        currency: "EUR".to_owned(),
        lines,
        shipping: decimal(shipping),
        total: decimal(total),
        ..Basket::default()
    }
}

fn shown(order: &Json) -> Layout {
    Layout::of(order)
}

/// Shipping 10.00 and 1.90 tax in one line, 9.00 in another.
fn order() -> Json {
    json!({
        "id": 1, "total": "120.90", "shipping_total": "19.00", "shipping_tax": "1.90",
        "shipping_lines": [
            {"id": 5, "total": "10.00", "total_tax": "1.90"}, {"id": 6, "total": "9.00", "total_tax": "0.00"},
        ],
        "fee_lines": [{"id": 7, "name": "Gift wrap", "total": "3.50", "total_tax": "0.00"}],
    })
}

#[test]
fn a_new_order_gets_all_its_lines() {
    let basket = basket(
        vec![
            line(None, product("43"), "2", "10.50", "1"),
            line(None, product("10"), "1.5", "3.333333333333", "0"),
            line(None, Item::Fee, "1", "-2.5", "0"),
            line(None, Item::Other, "3", "1", "0"),
            line(None, Item::Refund, "1", "0", "0"),
        ],
        "4.90",
        "0",
    );

    let body = changes(&basket, None, |id| (id == 43).then_some(42));

    let expected = json!({
        "line_items": [
            {"product_id": 42, "variation_id": 43, "quantity": 2, "subtotal": "21.00", "total": "20.00"},
            {"product_id": 10, "quantity": 1, "subtotal": "5.00", "total": "5.00"},
        ],
        "fee_lines": [{"name": "Named", "total": "-2.50"}, {"name": "Named", "total": "3.00"}],
        "shipping_lines": [{"method_id": "flat_rate", "method_title": "Shipping", "total": "4.90"}],
    });
    assert_eq!(Json::Object(body), expected);
}

#[test]
fn only_what_changes_is_sent_and_nothing_is_doubled() {
    let kept = Line {
        kept: true,
        ..line(Some("1"), product("10"), "1", "5", "0")
    };
    let mut basket = basket(
        vec![
            kept,
            line(Some("2"), product("43"), "3", "10", "2.5"),
            line(Some("7"), Item::Fee, "1", "4", "0"),
            line(Some("x"), Item::Fee, "1", "4", "0"),
        ],
        "20.90",
        "0",
    );
    basket.removed = vec![
        line(Some("3"), Item::Other, "1", "1", "0"),
        line(Some("8"), Item::Fee, "1", "1", "0"),
        line(None, Item::Refund, "1", "0", "0"),
    ];

    let body = changes(&basket, Some(&shown(&order())), |_| None);

    let expected = json!({
        "line_items": [
            {"id": 2, "quantity": 3, "subtotal": "30.00", "total": "27.50"}, {"id": 3, "quantity": 0},
        ],
        "fee_lines": [{"id": 7, "total": "4.00"}, {"id": 8, "name": null}],
    });
    assert_eq!(Json::Object(body), expected);
}

#[test]
fn changed_shipping_goes_to_the_first_shipping_line_without_its_tax() {
    let now = shown(&order());

    let body = changes(&basket(Vec::new(), "32.80", "0"), Some(&now), |_| None);
    let none = changes(&basket(Vec::new(), "9.00", "0"), Some(&now), |_| None);

    assert_eq!(
        Json::Object(body),
        json!({"shipping_lines": [{"id": 5, "total": "20.00"}]})
    );
    assert_eq!(
        Json::Object(none),
        json!({"shipping_lines": [{"id": 5, "total": "0.00"}]})
    );
}

#[test]
fn a_total_that_differs_is_evened_out_by_one_fee() {
    let now = shown(&order());
    let difference = correction(&basket(Vec::new(), "20.90", "120.88"), &now, 0);
    assert_eq!(
        Json::Object(difference),
        json!({"fee_lines": [{"name": "Adjustment", "total": "-0.02", "tax_status": "none"}]})
    );

    let mut adjusted = order();
    adjusted["fee_lines"][0]["name"] = json!("Adjustment");
    adjusted["fee_lines"][0]["total_tax"] = json!("0.50");
    let now = shown(&adjusted);
    let changed = correction(&basket(Vec::new(), "20.90", "121.00"), &now, 0);
    let gone = correction(&basket(Vec::new(), "20.90", "116.90"), &now, 0);
    assert_eq!(
        Json::Object(changed),
        json!({"fee_lines": [{"id": 7, "total": "4.10", "tax_status": "none"}]})
    );
    assert_eq!(
        Json::Object(gone),
        json!({"fee_lines": [{"id": 7, "name": null}]})
    );
}

#[test]
fn an_order_that_is_as_it_should_be_is_not_written() {
    let basket = basket(Vec::new(), "20.90", "120.904");

    assert!(correction(&basket, &shown(&order()), 0).is_empty());
    assert!(changes(&basket, Some(&shown(&order())), |_| None).is_empty());
}

#[test]
fn shipping_and_total_are_corrected_together() {
    let body = correction(&basket(Vec::new(), "32.80", "132.80"), &shown(&order()), 0);

    assert_eq!(
        Json::Object(body),
        json!({"shipping_lines": [{"id": 5, "total": "20.00"}]})
    );
}

#[test]
fn shipping_that_can_not_be_met_to_the_cent_is_left_as_near_as_can_be() {
    let order = json!({
        "id": 1, "total": "0.07", "shipping_total": "0.05", "shipping_tax": "0.02",
        "shipping_lines": [{"id": 5, "total": "0.05", "total_tax": "0.02"}],
    });

    let body = correction(&basket(Vec::new(), "0.08", "0.08"), &shown(&order), 0);

    let sent = Json::Object(body);
    assert_eq!(sent["shipping_lines"][0], json!({"id": 5, "total": "0.06"}));
    assert!(sent.get("fee_lines").is_none(), "{sent}");
}

#[test]
fn an_adjustment_that_is_taxed_all_the_same_costs_what_it_should_with_its_tax() {
    let order = json!({
        "id": 1, "total": "98.81", "shipping_total": "0.00", "shipping_tax": "0.00",
        "fee_lines": [
            {"id": 7, "name": "Adjustment", "total": "-1.00", "total_tax": "-0.19", "tax_status": "none"},
        ],
    });

    let body = correction(&basket(Vec::new(), "0", "99.00"), &shown(&order), 0);

    let fee = json!({"id": 7, "total": "-0.84", "tax_status": "none"});
    assert_eq!(Json::Object(body), json!({"fee_lines": [fee]}));
}

#[test]
fn a_coin_too_much_that_the_fee_only_turns_into_one_too_little_goes_to_a_second_fee() {
    let mut order = order();
    let fees = json!([{ "id": 5, "name": "Adjustment", "total": "2.04", "total_tax": "0.00", "tax_status": "none" }]);
    order["fee_lines"] = fees;
    order["total"] = json!("122.94");
    let wanted = basket(Vec::new(), "20.90", "122.93");

    let early = correction(&wanted, &shown(&order), 1);
    let late = correction(&wanted, &shown(&order), 2);

    assert_eq!(
        json!(early)["fee_lines"],
        json!([{ "id": 5, "total": "2.03", "tax_status": "none" }])
    );
    assert_eq!(
        json!(late)["fee_lines"],
        json!([{ "name": "Adjustment", "total": "-0.01", "tax_status": "none" }])
    );
}
