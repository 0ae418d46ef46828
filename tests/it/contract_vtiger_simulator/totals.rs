//! Holds the totals of simulated sales orders to what was measured of a real Vtiger's arithmetic.

use serde_json::{Value as Json, json};

use super::crm::Crm;
use super::orders::{crm_with, order};

#[tokio::test]
async fn group_totals_are_as_measured() {
    let (crm, products) = crm_with(&[json!({})]).await;
    for (line, header, expected) in [
        (
            json!({"quantity": "3", "listprice": "3.333333", "tax1": "8.875"}),
            json!({"txtAdjustment": "-0.0075"}),
            "10.87999891",
        ),
        (
            json!({"quantity": "1", "listprice": "10.00", "tax1": "5"}),
            json!({"hdnDiscountAmount": "1.50", "hdnS_H_Amount": "4.00"}),
            "12.92500000",
        ),
    ] {
        assert_eq!(
            grand_total(&crm, "group", &products, &[line], &header).await,
            expected
        );
    }
}

#[tokio::test]
async fn individual_totals_are_as_measured() {
    let taxed = [
        json!({"tax1": "8.875"}),
        json!({"tax1": "8.875", "tax2": "4.5"}),
        json!({}),
    ];
    let (crm, products) = crm_with(&taxed).await;
    let line = |quantity: &str, price: &str, taxes: Json| {
        let mut line = json!({"quantity": quantity, "listprice": price});
        line.as_object_mut()
            .unwrap()
            .extend(taxes.as_object().unwrap().clone());
        line
    };
    let (one, two) = (
        |taxes| line("1", "10.00", taxes),
        |taxes| line("2", "7.77", taxes),
    );

    for (products, lines, header, expected) in [
        (
            &products[..],
            vec![one(json!({})), two(json!({}))],
            json!({}),
            "28.50597500",
        ),
        (
            &products[..],
            vec![
                one(json!({"tax1": "5"})),
                two(json!({"tax1": "0", "tax2": "4.5"})),
            ],
            json!({}),
            "26.73930000",
        ),
        (
            &products[2..],
            vec![one(json!({"tax1": "5", "tax2": "9"}))],
            json!({}),
            "10.00000000",
        ),
        (
            &products[..1],
            vec![one(json!({"tax1": "5"}))],
            json!({"hdnDiscountAmount": "1.50", "hdnS_H_Amount": "4.00", "txtAdjustment": "-0.333"}),
            "12.66700000",
        ),
    ] {
        assert_eq!(
            grand_total(&crm, "individual", products, &lines, &header).await,
            expected
        );
    }
}

/// Creates an order of these lines, each of another product, and returns its total as retrieved.
async fn grand_total(crm: &Crm, tax_type: &str, products: &[Json], lines: &[Json], header: &Json) -> String {
    let lines: Vec<Json> = lines
        .iter()
        .zip(products)
        .map(|(line, product)| {
            let mut line = line.clone();
            line["productid"] = product.clone();
            line
        })
        .collect();
    let mut element = order(&json!(lines));
    element
        .as_object_mut()
        .unwrap()
        .extend(header.as_object().unwrap().clone());
    element["hdnTaxType"] = json!(tax_type);
    let created = crm.create("SalesOrder", element).await;
    assert!(created["hdnGrandTotal"].is_number());
    let retrieved = crm.simulator.record(created["id"].as_str().unwrap()).unwrap();
    retrieved["hdnGrandTotal"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_adjustment_alone_is_stored_but_not_totalled() {
    let (crm, products) = crm_with(&[json!({})]).await;
    let line = json!([{"productid": products[0], "quantity": "1", "listprice": "10"}]);
    let created = crm.create("SalesOrder", order(&line)).await;

    let alone = crm
        .revise(json!({"id": created["id"], "txtAdjustment": "-0.125"}))
        .await;
    assert_eq!(alone.result()["txtAdjustment"], "-0.12500000");
    assert_eq!(alone.result()["hdnGrandTotal"], "10.00000000");

    let with_lines = json!({"id": created["id"], "txtAdjustment": "-0.125", "LineItems": line});
    let with_lines = crm.revise(with_lines).await;
    assert_eq!(with_lines.result()["hdnGrandTotal"], 9.875);
}
