//! Holds the simulated Vtiger's sales orders to the recorded traffic, and to what was measured of their arithmetic.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::vtiger::VtigerKind::Stock830;

use super::crm::Crm;

/// What differs between two installations that made the same order.
const OF_A_NEW_ORDER: [&str; 5] = ["id", "parent_id", "salesorder_no", "createdtime", "modifiedtime"];

fn order(lines: Json) -> Json {
    json!({"subject": "O", "sostatus": "Created", "account_id": "11x2", "bill_street": "B", "ship_street": "S",
           "invoicestatus": "Created", "hdnTaxType": "group", "productid": lines[0]["productid"], "LineItems": lines})
}

/// A repaired CRM with an organization and these products, each with its taxes.
async fn crm_with(products: &[Json]) -> (Crm, Vec<Json>) {
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
