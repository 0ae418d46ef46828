//! Sales orders.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;

use super::{CONNECTION, Stage, Verdict, text};

/// The shop's statuses, and the CRM's for each.
const STATUSES: [(&str, &str); 7] = [
    ("pending", "Created"),
    ("on-hold", "Created"),
    ("processing", "Approved"),
    ("completed", "Delivered"),
    ("cancelled", "Cancelled"),
    ("refunded", "Cancelled"),
    ("failed", "Cancelled"),
];

/// The parts of an address in the shop after its streets, and what the CRM calls them.
const PARTS: [(&str, &str); 4] = [
    ("city", "city"),
    ("state", "state"),
    ("postcode", "code"),
    ("country", "country"),
];

/// Compares all orders that were really placed.
pub(super) fn compare(stage: &Stage, verdict: &mut Verdict) {
    let mut in_shop = stage.shop.orders();
    in_shop.retain(|order| !["checkout-draft", "trash"].contains(&text(order, "status").as_str()));
    let in_crm = stage.crm.records("SalesOrder");
    for order in &in_shop {
        verdict.orders += 1;
        let found: Vec<&Json> = in_crm
            .iter()
            .filter(|other| is_same(stage, order, other))
            .collect();
        match found.as_slice() {
            [other] => hold(stage, verdict, order, other),
            _ => verdict.problems.push(format!(
                "order #{}: {} time(s) in Vtiger CRM",
                order["id"],
                found.len()
            )),
        }
    }
    for other in &in_crm {
        let times = in_shop
            .iter()
            .filter(|order| is_same(stage, order, other))
            .count();
        if times != 1 {
            let number = text(other, "salesorder_no");
            verdict.problems.push(format!(
                "the sales order {number}: {times} time(s) in WooCommerce"
            ));
        }
    }
}

/// Whether one of the two says that it is the other.
fn is_same(stage: &Stage, order: &Json, other: &Json) -> bool {
    let reference = format!("{CONNECTION} #{}", order["id"]);
    let meta = order["meta_data"].as_array();
    let noted = meta
        .into_iter()
        .flatten()
        .any(|entry| entry["key"] == "_vtiger_salesorder" && entry["value"] == other["id"]);
    noted || text(other, &stage.signs.order_reference) == reference
}

fn hold(stage: &Stage, verdict: &mut Verdict, order: &Json, other: &Json) {
    let status = STATUSES.iter().find(|(status, _)| order["status"] == *status);
    let mut fields = vec![
        (
            "total",
            cents(&text(order, "total")),
            cents(&text(other, "hdnGrandTotal")),
        ),
        (
            "status",
            status.map(|(_, status)| (*status).to_owned()).unwrap_or_default(),
            text(other, "sostatus"),
        ),
        ("contact", buyer(stage, order), contact(stage, other)),
        ("note", text(order, "customer_note"), text(other, "description")),
    ];
    let has_shipping = ["address_1", "address_2", "city", "state", "postcode", "country"]
        .iter()
        .any(|part| !text(&order["shipping"], part).is_empty());
    let shipping = if has_shipping {
        &order["shipping"]
    } else {
        &order["billing"]
    };
    for (name, address, prefix) in [
        ("billed to", &order["billing"], "bill"),
        ("shipped to", shipping, "ship"),
    ] {
        let streets = [text(address, "address_1"), text(address, "address_2")].join("\n");
        // Vtiger demands a street.
        let street = if streets.trim().is_empty() {
            "-".to_owned()
        } else {
            streets.trim().to_owned()
        };
        fields.push((name, street, text(other, &format!("{prefix}_street"))));
        for (part, column) in PARTS {
            fields.push((
                name,
                text(address, part),
                text(other, &format!("{prefix}_{column}")),
            ));
        }
    }
    verdict.hold(&format!("order #{}", order["id"]), &fields);
}

/// The e-mail address of who bought.
fn buyer(stage: &Stage, order: &Json) -> String {
    let customer = order["customer_id"]
        .as_u64()
        .and_then(|id| stage.shop.customer(id));
    let email = match &customer {
        Some(customer) => text(customer, "email"),
        None => text(order, "billing.email"),
    };
    email.to_lowercase()
}

fn contact(stage: &Stage, order: &Json) -> String {
    let contact = order["contact_id"].as_str().and_then(|id| stage.crm.record(id));
    contact
        .map(|contact| text(&contact, "email").to_lowercase())
        .unwrap_or_default()
}

fn cents(amount: &str) -> String {
    let amount: Decimal = amount.parse().unwrap_or_default();
    let amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    format!("{amount:.2}")
}
