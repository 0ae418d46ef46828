//! Holds the simulated Vtiger's products and services to the recorded traffic.

use serde_json::json;
use woo_vtiger_sync::simulator::vtiger::VtigerKind::Repaired;

use super::crm::Crm;

/// What differs between two installations that made the same product.
const OF_A_NEW_PRODUCT: [&str; 4] = ["id", "product_no", "createdtime", "modifiedtime"];

#[tokio::test]
async fn products_are_described_as_recorded() {
    let crm = Crm::start().await;
    for name in ["describe_Products", "describe_Services"] {
        crm.replay(name, &[], &[]).await;
    }

    for (label, percentage) in [("DE19", "19"), ("DE7", "7")] {
        crm.create("Tax", json!({"taxlabel": label, "percentage": percentage}))
            .await;
    }
    crm.replay("create_currency", &[], &[]).await;
    crm.replay("describe_Products_two_currencies", &[], &[]).await;
}

#[tokio::test]
async fn products_are_read_as_recorded() {
    let crm = Crm::selling().await;

    for name in ["retrieve_product", "query_products"] {
        crm.replay(name, &[], &[]).await;
    }
}

#[tokio::test]
async fn products_are_created_as_recorded() {
    let crm = Crm::recorded(Repaired).await;

    for name in [
        "create_duplicate_sku",
        "create_duplicate_sku",
        "create_bad_number",
    ] {
        crm.replay(name, &[], &OF_A_NEW_PRODUCT).await;
    }
    crm.replay("create_currency", &[], &[]).await;
    crm.replay("create_product_multicurrency", &[], &OF_A_NEW_PRODUCT)
        .await;
    let made = crm.ids("SELECT id FROM Products WHERE productname = 'MC';").await;
    let replaced = [("14x363", made[0].as_str())];
    crm.replay("retrieve_product_multicurrency", &replaced, &OF_A_NEW_PRODUCT)
        .await;
}

#[tokio::test]
async fn products_are_changed_as_recorded() {
    let crm = Crm::recorded(Repaired).await;
    let element = json!({"productname": "PUpd", "productcode": "PU1", "discontinued": "1", "unit_price": "10",
                         "qtyinstock": "5", "tax1": "19", "tax2": "10"});
    let product = crm.create("Products", element).await;
    let replaced = [("14x271", product["id"].as_str().unwrap())];

    for name in [
        "revise_product_stock",
        "revise_product_price",
        "revise_product_tax",
        "update_product_minimal",
    ] {
        crm.replay(name, &replaced, &OF_A_NEW_PRODUCT).await;
    }
}

#[tokio::test]
async fn numbers_are_brought_into_their_form() {
    let crm = Crm::start().await;
    let element = json!({"productname": "N", "unit_price": "19.99", "qtyinstock": "19.99", "qty_per_unit": "2",
                         "tax1": "19", "commissionrate": "abc"});

    let product = crm.create("Products", element).await;

    assert_eq!(product["unit_price"], "19.99000000");
    assert_eq!(product["qtyinstock"], "19.990");
    assert_eq!(product["qty_per_unit"], "2.00");
    assert_eq!(product["commissionrate"], "0.000");
    assert_eq!(product["tax1"], "19.000");
    assert_eq!(product["currency1"], 19.99);
    assert_eq!(product.get("tax2"), None);
}

#[tokio::test]
async fn prices_compare_as_numbers() {
    let crm = Crm::start().await;
    for price in ["9", "10"] {
        let element = json!({"productname": price, "unit_price": price, "qtyinstock": price});
        crm.create("Products", element).await;
    }

    for field in ["unit_price", "qtyinstock"] {
        let dearest = format!("SELECT id FROM Products WHERE {field} > 9 ORDER BY {field} DESC;");
        assert_eq!(crm.ids(&dearest).await, ["14x3"], "{field}");
    }
}
