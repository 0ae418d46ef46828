//! Every recorded order is read to the cent, and patches are written as WooCommerce takes them.

use std::fs;
use std::path::Path;

use rust_decimal::Decimal;

use super::*;
use crate::sync::{Item, Line, Value};

fn recorded(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/woo/rest/{name}.json"));
    let json: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    json["body"].clone()
}

fn basket(order: &Json) -> Basket {
    serde_json::from_value(record(order).unwrap().fields["line_items"].clone()).unwrap()
}

fn decimal(digits: &str) -> Decimal {
    digits.parse().unwrap()
}

fn patch(fields: &[(&str, Value)]) -> Patch {
    let fields = fields.iter();
    Patch(
        fields
            .map(|(path, value)| (FieldPath::parse(path).unwrap(), value.clone()))
            .collect(),
    )
}

#[test]
fn every_recorded_order_adds_up_to_its_total() {
    for name in [
        "order_get_full",
        "order_get_guest",
        "order_get_storefront_guest",
        "order_get_storefront_account",
        "order_create_201",
        "order_create_empty",
        "order_get_trashed",
    ] {
        let order = recorded(name);

        let basket = basket(&order);

        assert_eq!(basket.reckoned(), basket.total, "{name}");
        assert_eq!(basket.total.to_string(), order["total"], "{name}");
    }
}

#[test]
fn all_kinds_of_lines_are_read() {
    let basket = basket(&recorded("order_get_full"));

    let summary: Vec<_> = basket
        .lines
        .iter()
        .map(|line| {
            let taxes: Vec<_> = line
                .taxes
                .iter()
                .map(|(rate, percent)| format!("{rate}:{percent}"))
                .collect();
            let item = match &line.item {
                Item::Product(id) => id.to_string(),
                other => format!("{other:?}"),
            };
            format!(
                "{item} {} {}x{} -{} {} {}",
                line.id.as_deref().unwrap_or("-"),
                line.quantity,
                line.price.normalize(),
                line.discount.normalize(),
                taxes.join(","),
                line.name
            )
        })
        .collect();

    let expected = [
        "10 140 2x148.76 -29.75 3:19 Desk No. 1",
        "43 141 1x10.5 -1.05 3:19 Variable Shirt 1 - S, Red",
        "21 142 3x181.56 -54.48 4:7 Shelf No. 12",
        "Other 143 1x9.99 -0.99 3:19 Goes away",
        "Fee 145 1x3.5 -0 3:19 Gift wrap",
        "Refund - 1x0 -0  Refunded 1.50: partly",
    ];
    assert_eq!(summary, expected);
    assert_eq!(
        (basket.shipping, basket.adjustment),
        (decimal("11.90"), Decimal::ZERO)
    );
    assert_eq!(
        (basket.total, basket.currency.as_str()),
        (decimal("881.19"), "USD")
    );
}

#[test]
fn a_fee_named_adjustment_is_the_adjustment_and_no_line() {
    let order = json!({
        "id": 1, "total": "4.00", "line_items": [{"id": 2, "name": "A &amp; B", "quantity": 0, "subtotal": "5", "total": "5"}],
        "fee_lines": [
            {"id": 3, "name": "Adjustment", "total": "-1.00", "total_tax": "-0.10"},
            {"id": 4, "name": "Adjustment", "total": "0.10", "total_tax": "0.00"},
        ],
        "refunds": [{"id": 9, "reason": "", "total": "-2.00"}],
    });

    let basket = basket(&order);

    assert_eq!(basket.adjustment, decimal("-1.00"));
    assert_eq!(basket.lines.len(), 2);
    assert_eq!(
        (basket.lines[0].name.as_str(), basket.lines[0].net()),
        ("A & B", decimal("5"))
    );
    assert_eq!(basket.lines[1].name, "Refunded 2.00");
    assert_eq!(basket.reckoned(), basket.total);
}

#[test]
fn a_rate_with_a_blank_total_is_not_the_lines() {
    let order = json!({
        "id": 1, "tax_lines": [{"rate_id": 3, "rate_percent": 19}, {"rate_id": 4, "rate_percent": 7.5}],
        "line_items": [{"id": 2, "quantity": 1, "taxes": [{"id": 3, "total": ""}, {"id": 4, "total": "0"}, {"id": 9, "total": "1"}]}],
    });

    let taxes = &basket(&order).lines[0].taxes;

    assert_eq!(
        taxes.iter().collect::<Vec<_>>(),
        [(&"4".to_owned(), &decimal("7.5"))]
    );
}

#[test]
fn whose_order_it_is_and_where_it_goes_are_told() {
    let customer = record(&recorded("order_get_full")).unwrap();
    let guest = record(&recorded("order_get_guest")).unwrap();

    assert_eq!(customer.fields["contact"], "5");
    assert_eq!(customer.fields["contact_name"], "Dmitri Kowalski");
    assert_eq!(customer.fields["ship_to"]["city"], "Berlin");
    assert!(!customer.fields.contains_key("counterpart") && !customer.fields.contains_key("_links"));
    let email = guest.fields["billing"]["email"].as_str().unwrap();
    assert_eq!(guest.fields["contact"], format!("guest:{}", email.to_lowercase()));
    let order = json!({
        "id": 1, "customer_id": 0, "billing": {"email": " ", "city": "Bonn", "first_name": "Ann"},
        "shipping": {"first_name": "Ann", "city": " "}, "meta_data": [{"key": COUNTERPART, "value": "6x78"}],
    });
    let nobody = record(&order).unwrap();
    assert_eq!(
        (&nobody.fields["contact"], &nobody.fields["contact_name"]),
        (&json!(""), &json!("Ann"))
    );
    assert_eq!(nobody.fields["ship_to"]["city"], "Bonn");
    assert_eq!(nobody.fields["counterpart"], "6x78");
}

#[test]
fn a_patch_becomes_json_of_the_fields_that_can_be_written() {
    let fields = [
        ("contact", Value::text("42")),
        ("contact_name", Value::text("x")),
        ("number", Value::text("x")),
        ("total", Value::text("1")),
        ("status", Value::text("completed")),
        ("currency", Value::text("EUR")),
        ("customer_note", Value::Null),
        ("billing.email", Value::text("")),
        ("billing.city", Value::text("A & B")),
        ("ship_to.city", Value::text("Bonn")),
        ("meta_data[x]", Value::text("1")),
        ("counterpart", Value::text("6x78")),
    ];

    let created = Json::Object(to_wire(&patch(&fields), false, None));
    let updated = to_wire(&patch(&fields), true, None);

    let expected = json!({
        "customer_id": 42, "status": "completed", "currency": "EUR", "customer_note": "", "billing": {"city": "A & B"},
        "shipping": {"city": "Bonn"},
        "meta_data": [{"key": COUNTERPART, "value": "6x78"}, {"key": "x", "value": "1"}],
    });
    assert_eq!(created, expected);
    assert!(!updated.contains_key("currency"));
    for guest in ["", "guest:a@b.example"] {
        let body = to_wire(&patch(&[("contact", Value::text(guest))]), true, None);
        assert_eq!(Json::Object(body), json!({"customer_id": 0}));
    }
}

#[test]
fn an_address_that_was_the_bills_stays_whole_when_a_part_of_it_changes() {
    let order = json!({
        "id": 1, "billing": {"city": "Bonn", "address_1": "Way 1", "email": "a@b.example"}, "shipping": {"city": ""},
    });
    let now = Layout::of(&order);

    let body = to_wire(&patch(&[("ship_to.city", Value::text("Ulm"))]), true, Some(&now));
    let other = to_wire(&patch(&[("status", Value::text("pending"))]), true, Some(&now));

    assert_eq!(
        Json::Object(body),
        json!({"shipping": {"city": "Ulm", "address_1": "Way 1"}})
    );
    assert!(!other.contains_key("shipping"));
}

#[test]
fn what_a_mapping_needs_is_looked_for_where_it_comes_from() {
    let path = |text: &str| FieldPath::parse(text).unwrap();
    let order = recorded("order_get_full");
    for (field, root) in [
        ("contact", "customer_id"),
        ("contact_name", "billing"),
        ("ship_to.city", "shipping"),
        ("line_items", "refunds"),
        ("counterpart", "meta_data"),
        ("status", "status"),
    ] {
        let mut without = order.clone();
        without.as_object_mut().unwrap().remove(root);

        assert!(
            holds(&order, &path(field)) && !holds(&without, &path(field)),
            "{field}"
        );
    }
}

#[test]
fn the_basket_of_a_patch_is_found() {
    let basket = Basket {
        lines: vec![Line::default()],
        ..Basket::default()
    };

    let of_patch = basket_of(&patch(&[
        ("line_items", basket.to_value()),
        ("status", Value::text("x")),
    ]));

    assert_eq!(of_patch, Some(basket));
    assert_eq!(basket_of(&patch(&[("status", Value::text("x"))])), None);
}
