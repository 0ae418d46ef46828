//! Holds the simulated Vtiger's sales orders to the recorded traffic.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::vtiger::VtigerKind::Stock830;

use super::crm::Crm;

/// What differs between two installations that made the same order.
const OF_A_NEW_ORDER: [&str; 5] = ["id", "parent_id", "salesorder_no", "createdtime", "modifiedtime"];

/// An order of these lines.
pub(super) fn order(lines: &Json) -> Json {
    json!({"subject": "O", "sostatus": "Created", "account_id": "11x2", "bill_street": "B", "ship_street": "S",
           "invoicestatus": "Created", "hdnTaxType": "group", "productid": lines[0]["productid"], "LineItems": lines})
}

/// A repaired CRM with an organization and these products, each with its taxes.
pub(super) async fn crm_with(products: &[Json]) -> (Crm, Vec<Json>) {
    let crm = Crm::start().await;
    crm.create("Accounts", json!({"accountname": "A"})).await;
    let mut ids = Vec::new();
    for product in products {
        let mut element = json!({"productname": "P", "qtyinstock": "10"});
        element
            .as_object_mut()
            .unwrap()
            .extend(product.as_object().unwrap().clone());
        ids.push(crm.create("Products", element).await["id"].clone());
    }
    (crm, ids)
}

#[tokio::test]
async fn orders_are_answered_as_recorded() {
    let crm = Crm::selling().await;

    for name in [
        "describe_SalesOrder",
        "salesorder_create",
        "retrieve_salesorder_group",
        "salesorder_create_individual",
        "retrieve_salesorder_individual",
        "query_salesorder_header_fields",
        "query_salesorder_count",
        "query_lineitem_by_parent",
        "sync_lineitem",
        "create_salesorder_empty_lineitems",
    ] {
        crm.replay(name, &[], &[]).await;
    }
}

#[tokio::test]
async fn odd_orders_are_created_as_recorded() {
    let crm = Crm::selling().await;
    crm.replay("create_currency", &[], &[]).await;

    for name in [
        "create_salesorder_wrong_picklist_no_listprice",
        "create_salesorder_shipping_charge_tax",
        "create_salesorder_eur",
    ] {
        crm.replay(name, &[], &OF_A_NEW_ORDER).await;
    }
}

#[tokio::test]
async fn an_amount_off_is_retrieved_as_recorded() {
    let crm = Crm::selling().await;
    let mut element = order(
        &json!([{"productid": "14x49", "quantity": "1", "listprice": "10", "comment": "line 0",
                                    "tax1": "4.5", "tax2": "10"}]),
    );
    let recorded = crate::recording::json("vtiger/retrieve_salesorder_discount_amount.json");
    for name in [
        "subject",
        "account_id",
        "contact_id",
        "bill_street",
        "ship_street",
        "bill_city",
        "ship_city",
        "bill_code",
        "ship_code",
        "bill_country",
        "ship_country",
        "hdnDiscountAmount",
    ] {
        element[name] = recorded["body"]["result"][name].clone();
    }
    element["hdnS_H_Amount"] = json!("7.50");
    element["currency_id"] = json!("21x1");
    crm.create("SalesOrder", element).await;

    let replaced = [("6x115", "6x111"), ("33x12", "33x1")];
    crm.replay(
        "retrieve_salesorder_discount_amount",
        &replaced,
        &["salesorder_no"],
    )
    .await;
    crm.replay("retrieve_lineitem", &replaced, &[]).await;
}

/// The order that the recorded changes begin with.
async fn changeable(crm: &Crm, subject: &str) -> Json {
    let mut element = order(&json!([
        {"productid": "14x41", "quantity": "2", "listprice": "10", "comment": "L1", "tax1": "4.5"},
        {"productid": "14x42", "quantity": "1", "listprice": "20", "comment": "L2", "discount_percent": "10",
         "tax1": "4.5"},
    ]));
    for (name, value) in [
        ("subject", subject),
        ("contact_id", "12x7"),
        ("currency_id", "21x1"),
        ("hdnDiscountPercent", "10"),
        ("hdnS_H_Amount", "5"),
        ("txtAdjustment", "1.25"),
    ] {
        element[name] = json!(value);
    }
    if subject == "UpdSO" {
        element["bill_city"] = json!("Berlin");
    }
    crm.create("SalesOrder", element).await
}

#[tokio::test]
async fn orders_are_changed_as_recorded() {
    let crm = Crm::selling().await;

    for (name, subject, recorded) in [
        ("revise_salesorder_status_no_lineitems", "RevSO", "6x272"),
        ("revise_salesorder_discount_only", "UpdSO", "6x289"),
        ("update_salesorder_minimal", "UpdSO", "6x287"),
        ("update_salesorder_without_lineitems", "UpdSO", "6x286"),
        ("revise_salesorder_with_lineitems_money", "UpdSO", "6x288"),
    ] {
        let order = changeable(&crm, subject).await;
        let id = order["id"].as_str().unwrap();
        let of_lines = [&OF_A_NEW_ORDER[..], &["id"]].concat();
        crm.replay(name, &[(recorded, id)], &of_lines).await;
        crm.replay("delete_salesorder", &[("6x289", id)], &[]).await;
    }
}

#[tokio::test]
async fn the_unmodified_release_fails_on_lines_as_recorded() {
    let crm = Crm::recorded(Stock830).await;
    let product = json!({"productname": "P", "qtyinstock": "10", "assigned_user_id": "19x1"});
    for _ in 37..78 {
        crm.create("Products", product.clone()).await;
    }
    crm.replay("salesorder_create_STOCK_830_fails", &[("26x77", "14x77")], &[])
        .await;
    assert!(crm.simulator.records("SalesOrder").is_empty());

    let lines = json!([{"productid": "14x41", "quantity": "2", "listprice": "10"}]);
    let order = crm.simulator.add_record("SalesOrder", order(&lines));
    let replaced = [("6x272", order.as_str())];
    crm.replay("revise_salesorder_with_lineitems_STOCK_http500", &replaced, &[])
        .await;

    let half_done = crm.simulator.record(&order).unwrap();
    assert_eq!(half_done["LineItems"][0]["comment"], "NEW");
    assert_eq!(half_done["hdnGrandTotal"], "20.00000000");
    let status = crm.revise(json!({"id": order, "sostatus": "Approved"})).await;
    assert_eq!(status.result()["sostatus"], "Approved");
}

#[tokio::test]
async fn lines_by_themselves_are_answered_as_recorded() {
    let crm = Crm::start().await;
    crm.replay("describe_LineItem", &[], &[]).await;

    let crm = Crm::selling().await;
    let line = json!([{"productid": "14x41", "quantity": "1", "listprice": "10"}]);
    let created = crm.create("SalesOrder", order(&line)).await;
    let replaced = [("6x275", "6x111"), ("33x46", "33x1"), ("33x48", "33x2")];

    for name in ["create_lineitem", "update_lineitem", "revise_lineitem"] {
        crm.replay(name, &replaced, &[]).await;
    }
    let retrieved = crm.simulator.record(created["id"].as_str().unwrap()).unwrap();
    assert_eq!(retrieved["LineItems"].as_array().unwrap().len(), 2);
    assert_eq!(retrieved["hdnGrandTotal"], "10.00000000");
    crm.replay("delete_lineitem", &replaced, &[]).await;
    assert_eq!(crm.ids("SELECT id FROM LineItem;").await, ["33x1"]);
}

#[tokio::test]
async fn limit_counts_lines_as_recorded() {
    let crm = Crm::selling().await;
    for name in ["salesorder_create", "salesorder_create_individual"] {
        crm.replay(name, &[], &[]).await;
    }
    let lines = json!([
        {"productid": "14x43", "quantity": "1", "listprice": "10", "comment": "line 0", "tax1": "4.5", "tax2": "10"},
        {"productid": "14x44", "quantity": "2", "listprice": "12.5", "discount_percent": "10"},
        {"productid": "14x45", "quantity": "3", "listprice": "15", "discount_amount": "1.5"},
    ]);
    let mut third = order(&lines);
    let recorded = crate::recording::json("vtiger/query_salesorder_limit_counts_lines.json");
    let recorded = recorded["body"]["result"][2].as_object().unwrap();
    for name in recorded
        .keys()
        .filter(|name| name.contains("ill_") || name.contains("hip_"))
    {
        third[name] = recorded[name].clone();
    }
    for name in ["subject", "account_id", "contact_id", "sostatus", "currency_id"] {
        third[name] = recorded[name].clone();
    }
    crm.create("SalesOrder", third).await;

    crm.replay("query_salesorder_limit_counts_lines", &[], &[]).await;

    let by =
        |columns: &str, limit: &str| format!("SELECT {columns} FROM SalesOrder ORDER BY id LIMIT {limit};");
    assert_eq!(crm.ids(&by("*", "5, 5")).await, ["6x113"]);
    assert_eq!(crm.ids(&by("*", "3, 2")).await, ["6x112", "6x113"]);
    assert_eq!(crm.ids(&by("id, productid", "0, 2")).await, ["6x111"]);
    assert_eq!(crm.ids(&by("id, modifiedtime", "0, 2")).await, ["6x111", "6x112"]);
    assert_eq!(crm.ids(&by("id, modifiedtime", "2, 2")).await, ["6x113"]);
    let with_product = "SELECT id FROM SalesOrder WHERE productid = '14x44';";
    assert_eq!(crm.ids(with_product).await, ["6x113"]);
}

#[tokio::test]
async fn replaced_lines_get_ids_that_were_used_before() {
    let (crm, products) = crm_with(&[json!({})]).await;
    let line = |quantity: &str| json!({"productid": products[0], "quantity": quantity, "listprice": "10"});
    crm.create("SalesOrder", order(&json!([line("1")]))).await;
    let second = crm
        .create("SalesOrder", order(&json!([line("2"), line("3")])))
        .await;
    assert_eq!(second["LineItems"][1]["id"], "33x3");

    let revised = json!({"id": second["id"], "LineItems": [line("4")]});
    let revised = crm.revise(revised).await;

    let lines = revised.result()["LineItems"].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["id"], "33x2");
    assert_eq!(lines[0]["quantity"], "4.000");
    assert_eq!(crm.ids("SELECT * FROM LineItem;").await, ["33x1", "33x2"]);
    let count = json!({"query": "SELECT count(*) FROM LineItem;"});
    let count = crm.call("GET", "query", count).await;
    assert_eq!(count.result(), &json!([{"count": "2"}]));
}

#[tokio::test]
async fn a_header_without_lines_remains_of_an_order_with_a_missing_product() {
    let (crm, _) = crm_with(&[]).await;

    crm.replay(
        "create_salesorder_missing_product",
        &[("14x37", "14x999999")],
        &[],
    )
    .await;

    let left = crm.simulator.records("SalesOrder");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["subject"], "x");
    assert_eq!(left[0]["LineItems"], json!([]));
    assert_eq!(left[0]["hdnGrandTotal"], "0.00000000");
}

#[tokio::test]
async fn orders_through_the_webservice_take_from_the_stock() {
    let (crm, products) = crm_with(&[json!({})]).await;
    let id = products[0].as_str().unwrap();
    let stock = || {
        let product = crm.simulator.record(id).unwrap();
        (
            product["qtyinstock"].as_str().unwrap().to_owned(),
            product["modifiedtime"].clone(),
        )
    };
    let (_, modified) = stock();
    let line = |quantity: &str| json!([{"productid": id, "quantity": quantity}]);
    crm.advance(60);

    let created = crm.create("SalesOrder", order(&line("12.5"))).await;
    assert_eq!(stock(), ("-2.500".to_owned(), modified.clone()));
    let revised = json!({"id": created["id"], "LineItems": line("3")});
    crm.revise(revised).await.result();
    assert_eq!(stock(), ("7.000".to_owned(), modified.clone()));
    crm.call("POST", "delete", json!({"id": created["id"]}))
        .await
        .result();
    assert_eq!(stock(), ("10.000".to_owned(), modified.clone()));

    let by_hand = crm.simulator.add_record("SalesOrder", order(&line("4")));
    assert_eq!(stock(), ("10.000".to_owned(), modified.clone()));
    assert!(crm.simulator.delete_record(&by_hand));
    assert_eq!(stock(), ("10.000".to_owned(), modified));
}

#[tokio::test]
async fn a_deleted_products_line_keeps_its_name() {
    let (crm, products) = crm_with(&[json!({"productname": "Gone"})]).await;
    let line = json!([{"productid": products[0], "quantity": "2", "listprice": "10"}]);
    let created = crm.create("SalesOrder", order(&line)).await;

    crm.call("POST", "delete", json!({"id": products[0]}))
        .await
        .result();

    let retrieved = crm.simulator.record(created["id"].as_str().unwrap()).unwrap();
    assert_eq!(retrieved["productid"], "");
    assert_eq!(retrieved["LineItems"][0]["productid"], json!(null));
    assert_eq!(retrieved["LineItems"][0]["product_name"], "Gone");
    assert_eq!(retrieved["LineItems"][0]["deleted"], "1");
}
