//! Refunds: `/orders/ID/refunds`, as far as their amounts and reasons go.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, ApiError, Fields};
use super::fields::{self, id_of, text_of};
use super::query::Query;
use super::shop::{Resource, Shop};
use super::{money, order, total};

/// What may be done to a refund.
const ALLOWED: &[&str] = &["GET", "DELETE"];

/// The collection of one order's refunds.
pub(super) struct Refunds {
    pub(super) order: u64,
}

impl Refunds {
    fn check_order(&self, shop: &Shop) -> Result<(), ApiError> {
        if shop.orders.contains_key(&self.order) {
            return Ok(());
        }
        Err(ApiError::new(
            404,
            "woocommerce_rest_invalid_order_id",
            "Invalid order ID.",
        ))
    }

    fn find<'a>(&self, shop: &'a Shop, id: u64) -> Result<&'a Fields, ApiError> {
        self.check_order(shop)?;
        let refund = shop
            .refunds
            .get(&id)
            .filter(|refund| id_of(refund, "order_id") == self.order);
        refund.ok_or_else(|| {
            ApiError::new(
                404,
                "woocommerce_rest_invalid_order_refund_id",
                "Invalid order refund ID.",
            )
        })
    }
}

impl Resource for Refunds {
    const PATH: &'static str = "refunds";
    const REQUIRED: &'static [&'static str] = &[];

    fn allows(&self, _shop: &Shop, _id: u64) -> &'static [&'static str] {
        ALLOWED
    }

    fn check(given: &Fields, _creates: bool) -> Result<(), ApiError> {
        let schema = [
            ("amount", "string"),
            ("reason", "string"),
            ("api_refund", "boolean"),
        ];
        ApiError::of_invalid(&fields::wrong_types(given, &schema))
    }

    fn list(&self, shop: &Shop, query: &Query) -> Result<Answer, ApiError> {
        self.check_order(shop)?;
        let refunds = shop.refunds.iter().rev();
        let found = refunds.filter(|(_, refund)| id_of(refund, "order_id") == self.order);
        query.page(
            &format!("{}/orders/{}/refunds", shop.rest(), self.order),
            found.collect::<Vec<_>>(),
            &[],
            |(&id, refund)| view(shop, id, refund),
        )
    }

    fn get(&self, shop: &Shop, id: u64) -> Result<Value, ApiError> {
        Ok(view(shop, id, self.find(shop, id)?))
    }

    fn create(&self, shop: &mut Shop, given: &Fields) -> Result<Value, ApiError> {
        self.check_order(shop)?;
        let amount = money::amount(given, "amount");
        if amount.is_sign_negative() {
            return Err(ApiError::new(
                400,
                "woocommerce_rest_invalid_order_refund",
                "Refund amount must be greater than zero.",
            ));
        }
        let made = make(shop, self.order, amount, text_of(given, "reason"));
        let id = made.ok_or_else(|| {
            ApiError::new(
                500,
                "woocommerce_rest_cannot_create_order_refund",
                "Invalid refund amount.",
            )
        })?;
        self.get(shop, id)
    }

    /// A refund can only be made and deleted.
    fn update(&self, _shop: &mut Shop, _id: u64, _given: &Fields) -> Result<Value, ApiError> {
        Err(ApiError::no_route())
    }

    fn delete(&self, shop: &mut Shop, id: u64, force: bool) -> Result<Value, ApiError> {
        let was = self.get(shop, id)?;
        if !force {
            return Err(ApiError::new(
                501,
                "woocommerce_rest_trash_not_supported",
                "Order refunds do not support trashing.",
            ));
        }
        remove(shop, id);
        Ok(was)
    }
}

/// Pays back some of an order, if that much is left of it. Says the refund's id.
///
/// When nothing is left, the order is refunded.
pub(super) fn make(shop: &mut Shop, order: u64, amount: Decimal, reason: &str) -> Option<u64> {
    let mut stored = shop.orders.get(&order)?.clone();
    let refunds = stored["refunds"].as_array().into_iter().flatten();
    let before: Decimal = refunds
        .filter_map(|refund| refund["total"].as_str())
        .map(|total| money::read(total).abs())
        .sum();
    let left = money::amount(&stored, "total") - before;
    if amount > left {
        return None;
    }
    let id = note(shop, &mut stored, amount, reason);
    if amount == left {
        order::set_status(shop, &mut stored, "refunded");
    }
    order::store(shop, order, stored);
    shop.fire("order.updated", order);
    Some(id)
}

/// Notes the refunds that an order has been placed with.
pub(super) fn place(shop: &mut Shop, order: &mut Fields, given: &Fields) {
    let refunds = given
        .get("refunds")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    // The last one is shown first.
    for refund in refunds.rev().filter_map(Value::as_object) {
        let amount = money::amount(refund, "total").abs();
        note(shop, order, amount, text_of(refund, "reason"));
    }
}

/// Deletes a refund. Neither a date nor a webhook tells of it. Says whether there was one.
pub(super) fn remove(shop: &mut Shop, id: u64) -> bool {
    let Some(refund) = shop.refunds.remove(&id) else {
        return false;
    };
    let order = shop.orders.get_mut(&id_of(&refund, "order_id"));
    if let Some(Value::Array(refunds)) = order.and_then(|order| order.get_mut("refunds")) {
        refunds.retain(|refund| refund["id"] != json!(id));
    }
    true
}

fn note(shop: &mut Shop, order: &mut Fields, amount: Decimal, reason: &str) -> u64 {
    let id = shop.next_post;
    shop.next_post += 1;
    let amount = money::shown(amount, total::decimals(order));
    if let Some(Value::Array(refunds)) = order.get_mut("refunds") {
        let total = format!("-{amount}");
        refunds.insert(0, json!({"id": id, "reason": reason, "total": total}));
    }
    let mut refund = Fields::new();
    refund.insert("order_id".into(), json!(id_of(order, "id")));
    fields::set_date(&mut refund, "date_created", Some(shop.now()));
    refund.insert("amount".into(), json!(amount));
    refund.insert("reason".into(), json!(reason));
    shop.refunds.insert(id, refund);
    id
}

fn view(shop: &Shop, id: u64, refund: &Fields) -> Value {
    let mut shown = refund.clone();
    let order = id_of(refund, "order_id");
    shown.remove("order_id");
    shown.insert("id".into(), json!(id));
    shown.insert("refunded_by".into(), json!(1));
    shown.insert("refunded_payment".into(), json!(false));
    for name in [
        "meta_data",
        "line_items",
        "shipping_lines",
        "tax_lines",
        "fee_lines",
    ] {
        shown.insert(name.into(), json!([]));
    }
    let mut links = fields::links(&shop.rest(), &format!("orders/{order}/refunds"), id, ALLOWED);
    links["up"] = json!([{"href": format!("{}/orders/{order}", shop.rest())}]);
    shown.insert("_links".into(), links);
    shown.into()
}
