//! An order of which nothing is known yet, and an order as REST shows it.

use serde_json::{Value, json};

use super::{TEXTS, TOTALS};
use crate::simulator::woocommerce::answer::Fields;
use crate::simulator::woocommerce::fields::{self, ALLOW_ALL, id_of, text_of};
use crate::simulator::woocommerce::shop::Shop;
use crate::simulator::woocommerce::{line, money, total};

/// An order as GET shows it.
pub(in crate::simulator::woocommerce) fn view(shop: &Shop, id: u64, order: &Fields) -> Value {
    let rest = shop.rest();
    let mut shown = order.clone();
    let mut links = fields::links(&rest, "orders", id, ALLOW_ALL);
    links["email_templates"] =
        json!([{"embeddable": true, "href": format!("{rest}/orders/{id}/actions/email_templates")}]);
    let customer = id_of(order, "customer_id");
    if customer != 0 {
        links["customer"] = json!([{"href": format!("{rest}/customers/{customer}")}]);
    }
    let status = text_of(order, "status");
    let decimals = total::decimals(order);
    shown.remove(total::DECIMALS);
    for kind in line::KINDS.into_iter().chain(["tax_lines"]) {
        let stored = order[kind].as_array().into_iter().flatten();
        let views = stored
            .filter_map(Value::as_object)
            .map(|line| line::view(shop, kind, line, decimals));
        shown.insert(kind.into(), views.collect());
    }
    let goods = shown["line_items"].as_array();
    let has_goods = goods.is_some_and(|goods| goods.iter().any(|line| line["product_id"] != 0));
    let is_payable = ["pending", "failed"].contains(&status) && !money::amount(order, "total").is_zero();
    let symbol = money::symbol_of(text_of(order, "currency"));
    shown.insert("currency_symbol".into(), json!(symbol));
    shown.insert(
        "is_editable".into(),
        json!(["pending", "on-hold", "auto-draft"].contains(&status)),
    );
    shown.insert("needs_payment".into(), json!(is_payable));
    shown.insert("needs_processing".into(), json!(has_goods));
    shown.insert("_links".into(), links);
    shown.into()
}

/// An order of which nothing is known yet; it is not stored here.
pub(super) fn empty(shop: &mut Shop, created_via: &str) -> Fields {
    let id = shop.next_post;
    shop.next_post += 1;
    let key = format!("wc_order_{id:013}");
    let now = shop.now();
    let payment_url = format!(
        "{}/checkout/order-pay/{id}/?pay_for_order=true&key={key}",
        shop.url
    );
    let mut order = Fields::new();
    for name in TEXTS {
        order.insert(name.into(), json!(""));
    }
    for name in TOTALS {
        order.insert(name.into(), json!("0.00"));
    }
    for name in line::KINDS
        .into_iter()
        .chain(["tax_lines", "refunds", "meta_data"])
    {
        order.insert(name.into(), json!([]));
    }
    for name in ["customer_ip_address", "customer_user_agent", "cart_hash"] {
        order.insert(name.into(), json!(""));
    }
    let rest = [
        ("id", json!(id)),
        ("number", json!(id.to_string())),
        ("parent_id", json!(0)),
        ("status", json!("pending")),
        ("currency", json!("USD")),
        ("version", json!("9.9.5")),
        ("prices_include_tax", json!(false)),
        ("customer_id", json!(0)),
        ("order_key", json!(key)),
        ("billing", fields::empty_address("billing")),
        ("shipping", fields::empty_address("shipping")),
        ("created_via", json!(created_via)),
        ("payment_url", json!(payment_url)),
    ];
    order.extend(rest.map(|(name, value)| (name.to_owned(), value)));
    fields::set_date(&mut order, "date_created", Some(now));
    fields::set_date(&mut order, "date_modified", Some(now));
    fields::set_date(&mut order, "date_completed", None);
    fields::set_date(&mut order, "date_paid", None);
    order
}
