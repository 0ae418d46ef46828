//! What becomes of references to other records, and of what was ordered, when two orders are planned for.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{
    Base, Basket, Decision, FieldPath, FieldPlan, Module, ModuleSettings, Plan, Reason, Record, Side, Sides,
    Storage, Taxing, Value, advance, plan,
};

use super::fake::blank;
use super::orders::{counterpart, to_vtiger};
use crate::order_generator::{Generator, basket};

/// Systems that show what was stored; every record has a counterpart but those numbered 104.
pub(super) struct Linked;

impl Storage for Linked {
    fn stored(&self, _side: Side, _path: &FieldPath, value: &Value) -> Value {
        value.clone()
    }

    fn is_writable(&self, _side: Side, _path: &FieldPath, record: Option<&Record>) -> bool {
        record.is_none_or(|record| !record.fields.contains_key("locked"))
    }

    fn counterpart(&self, to: Side, module: Module, id: &str) -> Option<String> {
        counterpart(to, module, id)
    }
}

fn settings() -> ModuleSettings {
    ModuleSettings::default_for(Module::SalesOrders).unwrap()
}

fn record(fields: Json) -> Record {
    let Json::Object(fields) = fields else {
        panic!("a record's fields are an object")
    };
    Record { fields, ..blank() }
}

fn planned(base: Option<&Base>, shop: &Record, crm: &Record) -> Plan {
    let both = Sides {
        woocommerce: Some(shop),
        vtiger: Some(crm),
    };
    plan(&settings(), base, both, &Linked)
}

fn field<'a>(plan: &'a Plan, vtiger: &str) -> &'a FieldPlan {
    plan.fields
        .iter()
        .find(|field| field.field.ends_with(&format!("= {vtiger}")))
        .unwrap()
}

fn base(shop: &Record, crm: &Record) -> Base {
    advance(
        &settings(),
        Sides {
            woocommerce: shop,
            vtiger: crm,
        },
    )
}

#[test]
fn a_contact_moves_as_the_other_sides_id_of_the_person() {
    let (shop, crm) = (
        record(json!({ "contact": "42" })),
        record(json!({ "contact_id": "12x42" })),
    );
    let base = base(&shop, &crm);

    let moved = planned(Some(&base), &record(json!({ "contact": "43" })), &crm);
    let back = planned(Some(&base), &shop, &record(json!({ "contact_id": "12x44" })));
    let gone = planned(Some(&base), &record(json!({ "contact": "" })), &crm);
    let met = planned(None, &shop, &crm);

    assert_eq!(field(&moved, "contact_id").written, Some(Value::text("12x43")));
    assert_eq!(field(&back, "contact_id").written, Some(Value::text("44")));
    assert_eq!(field(&gone, "contact_id").written, Some(Value::text("")));
    assert_eq!(field(&met, "contact_id").decision, Decision::Agreed);
}

#[test]
fn a_contact_that_is_not_in_step_is_kept_and_told() {
    let (shop, crm) = (
        record(json!({ "contact": "42" })),
        record(json!({ "contact_id": "12x42" })),
    );
    let base = base(&shop, &crm);

    let plan = planned(Some(&base), &record(json!({ "contact": "104" })), &crm);

    let field = field(&plan, "contact_id");
    assert_eq!(field.decision, Decision::Kept(Reason::Unresolved));
    assert_eq!(field.written, None);
    assert!(plan.patches.vtiger.0.is_empty());
}

#[test]
fn a_field_that_cant_be_written_is_kept_and_told() {
    let shop = record(json!({ "customer_note": "new", "contact": "43" }));
    let crm = record(json!({ "description": "old", "contact_id": "12x42", "locked": true }));

    let plan = planned(None, &shop, &crm);

    for name in ["description", "contact_id"] {
        assert_eq!(field(&plan, name).decision, Decision::Kept(Reason::ReadOnly));
    }
    assert!(plan.patches.vtiger.0.is_empty());
}

/// Two records of one order that was brought to Vtiger before.
fn orders(seed: u64, taxing: Taxing) -> (Record, Record) {
    let order = basket(&Generator::with_own_catalogue(seed).order());
    let crm = to_vtiger(&order, taxing);
    (
        record(json!({ "line_items": order.to_json() })),
        record(json!({ "LineItems": crm.to_json() })),
    )
}

#[test]
fn orders_of_the_same_goods_that_meet_are_left_alone() {
    for seed in 0..200 {
        for taxing in [Taxing::Auto, Taxing::Individual] {
            let (shop, mut crm) = orders(seed, taxing);
            // Vtiger shows numbers with all its decimals, and its lines keep no ids.
            let text = crm.fields["LineItems"]
                .to_string()
                .replace("\"adjustment\":\"0\"", "\"adjustment\":\"0.00000000\"");
            crm.fields["LineItems"] = serde_json::from_str(&text).unwrap();

            let plan = planned(None, &shop, &crm);

            assert_eq!(field(&plan, "LineItems").decision, Decision::Agreed);
            assert!(
                !plan
                    .patches
                    .woocommerce
                    .0
                    .keys()
                    .any(|path| path.root() == "line_items")
            );
            assert!(
                !plan
                    .patches
                    .vtiger
                    .0
                    .keys()
                    .any(|path| path.root() == "LineItems")
            );
        }
    }
}

#[test]
fn what_is_ordered_more_in_the_shop_moves_with_its_total() {
    for seed in 0..100 {
        let (before, crm) = orders(seed, Taxing::Auto);
        let base = base(&before, &crm);
        let mut order = Basket::of(&Value::from_json(&before.fields["line_items"])).unwrap();
        order.lines[0].quantity += rust_decimal::Decimal::ONE;
        order.total += order.lines[0].price.round_dp(2);
        let now = record(json!({ "line_items": order.to_json() }));

        let plan = planned(Some(&base), &now, &crm);

        let field = field(&plan, "LineItems");
        let written = Basket::of(field.written.as_ref().unwrap()).unwrap();
        assert_eq!(
            field.decision,
            Decision::Moved {
                from: Side::WooCommerce,
                because: Reason::Changed
            }
        );
        assert_eq!(
            rust_decimal::Decimal::ZERO,
            (written.reckoned() - order.total).round_dp(7)
        );
        let is_told = field
            .note
            .as_ref()
            .is_some_and(|note| note.contains(&written.adjustment.normalize().to_string()));
        assert_eq!(is_told, !written.adjustment.is_zero());
    }
}
