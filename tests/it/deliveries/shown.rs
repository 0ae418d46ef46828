//! What the CRM must show of a recorded person, product or order.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::sales_orders::{amount, sales_order};
use crate::scene::Scene;
use crate::wire::recorded_body;

/// WooCommerce's fields of a person and Vtiger's, as they are mapped unless the user says otherwise.
const FIELDS: [(&str, &str); 13] = [
    ("/first_name", "firstname"),
    ("/last_name", "lastname"),
    ("/email", "email"),
    ("/billing/phone", "phone"),
    ("/billing/company", "account_id"),
    ("/billing/city", "mailingcity"),
    ("/billing/state", "mailingstate"),
    ("/billing/postcode", "mailingzip"),
    ("/billing/country", "mailingcountry"),
    ("/shipping/city", "othercity"),
    ("/shipping/state", "otherstate"),
    ("/shipping/postcode", "otherzip"),
    ("/shipping/country", "othercountry"),
];

/// WooCommerce's order statuses that were recorded, and Vtiger's for each.
const STATUSES: [(&str, &str); 3] = [
    ("pending", "Created"),
    ("processing", "Approved"),
    ("completed", "Delivered"),
];

fn contact_of(file: &str) -> BTreeMap<&'static str, String> {
    let mut person = recorded_body(file);
    if person.get("customer_id").is_some() {
        // A guest is known by the billing address.
        for name in ["first_name", "last_name", "email"] {
            person[name] = person["billing"][name].clone();
        }
    }
    let text = |pointer: &str| {
        person
            .pointer(pointer)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        text("/billing/company"),
        "",
        "{file}: nobody recorded is of an organization"
    );
    let mut contact: BTreeMap<&str, String> = FIELDS
        .iter()
        .map(|(pointer, field)| (*field, text(pointer)))
        .collect();
    for (address, field) in [("billing", "mailingstreet"), ("shipping", "otherstreet")] {
        let lines = ["address_1", "address_2"].map(|line| text(&format!("/{address}/{line}")));
        contact.insert(field, lines.join("\n").trim().to_owned());
    }
    contact
}

/// The contact with this address shows what the delivery tells.
pub(super) fn assert_contact(scene: &Scene, email: &str, file: &str) {
    let contact = scene
        .contact(email)
        .unwrap_or_else(|| panic!("{file}: no contact {email}"));
    for (field, expected) in contact_of(file) {
        let shown = contact[field].as_str().unwrap_or_default();
        assert_eq!(shown, expected, "{file}: {field}");
    }
}

/// The product with this SKU is there once and shows what the delivery tells.
pub(super) fn assert_product(scene: &Scene, sku: &str, file: &str) {
    let recorded = recorded_body(file);
    let mut found = scene.crm.records("Products");
    found.retain(|product| product["productcode"] == sku);
    assert_eq!(found.len(), 1, "{file}: {sku} is there once");
    let product = &found[0];
    assert_eq!(product["productname"], recorded["name"], "{file}");
    let price = recorded["regular_price"]
        .as_str()
        .filter(|price| !price.is_empty());
    let price: Json = price.unwrap_or("0").into();
    assert_eq!(amount(&product["unit_price"]), amount(&price), "{file}");
    assert_eq!(product["discontinued"], "1", "{file}: it is published");
    // Where orders of a product come, too, Vtiger counts down what it has of it.
    if scene.crm.records("SalesOrder").is_empty() && recorded["manage_stock"] == true {
        assert_eq!(
            amount(&product["qtyinstock"]),
            amount(&recorded["stock_quantity"]),
            "{file}"
        );
    }
}

/// The order with this number is there once and shows what the delivery tells.
pub(super) fn assert_order(scene: &Scene, number: u64, file: &str) {
    let recorded = recorded_body(file);
    let order = sales_order(scene, number);
    assert_eq!(
        amount(&order["hdnGrandTotal"]),
        amount(&recorded["total"]),
        "{file}"
    );
    let status = STATUSES.iter().find(|(status, _)| recorded["status"] == *status);
    assert_eq!(order["sostatus"], status.expect("a known status").1, "{file}");
    assert_eq!(order["subject"], format!("WooCommerce order #{number}"), "{file}");
    assert_eq!(order["bill_street"], recorded["billing"]["address_1"], "{file}");
    let account = scene.crm.record(order["account_id"].as_str().unwrap()).unwrap();
    let name = format!(
        "{} {}",
        recorded["billing"]["first_name"].as_str().unwrap(),
        recorded["billing"]["last_name"].as_str().unwrap()
    );
    assert_eq!(account["accountname"], name, "{file}");
    let count = |name: &str| recorded[name].as_array().unwrap().len();
    let lines = count("line_items") + count("fee_lines") + count("refunds");
    assert_eq!(order["LineItems"].as_array().unwrap().len(), lines, "{file}");
    let contact = order["contact_id"].as_str().unwrap_or_default();
    if recorded["customer_id"] == 0 {
        let contact = scene.crm.record(contact).expect("the guest's contact");
        assert_eq!(contact["email"], recorded["billing"]["email"], "{file}");
    }
}
