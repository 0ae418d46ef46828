//! Holds the simulated Vtiger's taxes and currencies to the recorded traffic.

use serde_json::json;
use woo_vtiger_sync::simulator::vtiger::VtigerKind::Repaired;

use super::crm::Crm;

#[tokio::test]
async fn taxes_are_answered_as_recorded() {
    let crm = Crm::start().await;

    for name in ["describe_Tax", "tax_query", "retrieve_tax", "tax_create"] {
        crm.replay(name, &[], &[]).await;
    }
    crm.create("Tax", json!({"taxlabel": "DE7", "percentage": "7"}))
        .await;
    crm.replay("tax_query_after", &[], &[]).await;
    crm.create("Tax", json!({"taxlabel": "UI21", "percentage": "abc"}))
        .await;
    for name in [
        "tax_create_duplicate_label",
        "tax_revise",
        "tax_update",
        "tax_delete",
        "tax_retrieve_deleted",
    ] {
        crm.replay(name, &[], &[]).await;
    }
    assert_eq!(
        crm.ids("SELECT * FROM Tax;").await,
        ["34x1", "34x2", "34x3", "34x4", "34x6", "34x7"]
    );
    let odd = crm.call("GET", "retrieve", json!({"id": "34x6"})).await;
    assert_eq!(odd.result()["percentage"], "0.000");
}

#[tokio::test]
async fn currencies_are_answered_as_recorded() {
    let crm = Crm::recorded(Repaired).await;

    for name in ["describe_Currency", "create_currency", "query_currency_two"] {
        crm.replay(name, &[], &[]).await;
    }
}

#[tokio::test]
async fn a_tax_becomes_a_field_of_what_is_sold() {
    let crm = Crm::start().await;
    let tax = crm
        .create("Tax", json!({"taxlabel": "GST", "percentage": "8.875"}))
        .await;
    assert_eq!(tax["taxname"], "tax4");

    let taxed = json!({"productname": "Taxed", "tax4": tax["percentage"]});
    let product = crm.create("Products", taxed).await;
    assert_eq!(product["tax4"], "8.875");

    crm.call("POST", "delete", json!({"id": tax["id"]}))
        .await
        .result();
    let retrieved = crm.simulator.record(product["id"].as_str().unwrap()).unwrap();
    assert_eq!(retrieved.get("tax4"), None);
}
