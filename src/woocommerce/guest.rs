//! Contacts out of the orders of people who have no customer account. Pure.
//!
//! WooCommerce keeps nothing about a guest but the billing and shipping address of each of the orders, and never joins
//! these to a customer of the same e-mail address.

use serde_json::{Value as Json, json};

use super::date::gmt;
use crate::sync::{Record, RecordId};

/// The contact out of a guest's order.
///
/// Nothing for an order of a customer, for one without an e-mail address, and for an abandoned checkout. The record
/// changes when the guest orders again, not when an old order does, so its modified time is that of the order's
/// creation.
pub fn from_order(order: &Json) -> Option<Record> {
    let email = order.get("billing")?.get("email")?.as_str()?.trim();
    if email.is_empty() {
        return None;
    }
    person(order, RecordId::guest(email))
}

/// The contact of one guest order alone, where each such order has its own; it may lack an e-mail address.
pub(super) fn of_one_order(order: &Json) -> Option<Record> {
    let id = order.get("id")?.as_u64()?;
    if order.get("status")?.as_str() == Some("trash") {
        return None;
    }
    person(order, RecordId::guest_order(&id.to_string()))
}

fn person(order: &Json, id: RecordId) -> Option<Record> {
    if order.get("customer_id")?.as_u64() != Some(0)
        || order.get("status")?.as_str() == Some("checkout-draft")
    {
        return None;
    }
    let billing = order.get("billing")?;
    let fields = json!({
        "email": billing.get("email")?.as_str()?.trim(),
        "first_name": billing.get("first_name"),
        "last_name": billing.get("last_name"),
        "billing": billing,
        "shipping": order.get("shipping"),
        "role": "guest",
        "order_id": order.get("id"),
    });
    Some(Record {
        id,
        modified: gmt(order, "date_created_gmt"),
        modified_by: None,
        fields: fields.as_object()?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn order() -> Json {
        json!({
            "id": 91, "status": "completed", "customer_id": 0, "date_created_gmt": "2026-11-23T11:34:39",
            "billing": {"first_name": "Guest", "last_name": "A & B", "email": "Guest3@guest.example", "city": "Berlin"},
            "shipping": {"city": "Bonn"}, "line_items": [{"id": 1}],
        })
    }

    #[test]
    fn a_guests_order_gives_a_contact() {
        let record = from_order(&order()).unwrap();

        assert_eq!(record.id, RecordId::guest("guest3@guest.example"));
        assert_eq!(record.modified, Some(Timestamp::from_seconds(1_795_433_679)));
        let expected = json!({
            "email": "Guest3@guest.example", "first_name": "Guest", "last_name": "A & B", "role": "guest", "order_id": 91,
            "billing": order()["billing"], "shipping": {"city": "Bonn"},
        });
        assert_eq!(Json::Object(record.fields), expected);
    }

    #[test]
    fn customers_orders_drafts_and_orders_without_an_address_give_none() {
        for (pointer, value) in [
            ("/customer_id", json!(7)),
            ("/status", json!("checkout-draft")),
            ("/billing/email", json!(" ")),
            ("/billing", json!(null)),
        ] {
            let mut order = order();
            *order.pointer_mut(pointer).unwrap() = value;

            assert_eq!(from_order(&order), None, "{pointer}");
        }
        assert_eq!(from_order(&json!({"id": 91})), None);
    }

    #[test]
    fn each_guest_order_gives_a_person_of_its_own() {
        let mut order = order();
        order["billing"]["email"] = json!("");

        let record = of_one_order(&order).unwrap();

        assert_eq!(record.id, RecordId::guest_order("91"));
        assert_eq!(record.fields["last_name"], "A & B");
        assert_eq!(record.fields["role"], "guest");
        for (field, value) in [("customer_id", json!(7)), ("status", json!("trash"))] {
            let mut order = order.clone();
            order[field] = value;
            assert_eq!(of_one_order(&order), None, "{field}");
        }
    }
}
