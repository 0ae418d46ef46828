//! A field's value on its way to the other side: translated, with references followed.

use super::plan::Storage;
use super::{
    Basket, FieldKind, FieldMapping, Module, ModuleSettings, Side, Sides, Value, html, towards_vtiger,
    towards_woocommerce,
};

/// The other side's value, as it is to be written to `to`.
pub(super) fn offer(
    settings: &ModuleSettings,
    mapping: &FieldMapping,
    to: Side,
    now: &Sides<Value>,
    storage: &dyn Storage,
) -> Value {
    let (value, current) = (now.of(to.opposite()), now.of(to));
    let counterpart = |module: Module, id: &str| storage.counterpart(to, module, id);
    let value = match (mapping.kind, to) {
        (FieldKind::Contact, _) if value.is_blank() => Value::text(""),
        (FieldKind::Contact, _) => {
            counterpart(Module::Contacts, &value.as_text()).map_or(Value::Null, Value::Text)
        }
        (FieldKind::Basket, _) => match (Basket::of(value), to) {
            (Some(basket), Side::Vtiger) => {
                towards_vtiger(&basket, &counterpart, settings.sales_orders.taxing).to_value()
            }
            (Some(basket), Side::WooCommerce) => {
                towards_woocommerce(&basket, Basket::of(current).as_ref(), &counterpart).to_value()
            }
            (None, _) => Value::Null,
        },
        (FieldKind::Html, Side::Vtiger) => Value::Text(html::to_text(&value.as_text())),
        (FieldKind::Html, Side::WooCommerce) => {
            Value::Text(html::edited(&current.as_text(), &value.as_text()))
        }
        _ => value.clone(),
    };
    mapping.translate(to, value)
}

/// Whether a reference points to a record that has no counterpart.
pub(super) fn is_unresolved(mapping: &FieldMapping, value: &Value, offered: &Value) -> bool {
    mapping.kind == FieldKind::Contact && !value.is_blank() && *offered == Value::Null
}

/// The side that still refers to a record which is gone there, while the other side's reference leads to one that is
/// there: a contact that was deleted and made anew.
pub(super) fn stale(
    mapping: &FieldMapping,
    now: &Sides<Value>,
    offered: &Sides<Value>,
    storage: &dyn Storage,
) -> Option<Side> {
    if mapping.kind != FieldKind::Contact {
        return None;
    }
    Side::BOTH.into_iter().find(|side| {
        let (shown, offered) = (now.of(*side), offered.of(*side));
        !shown.is_blank()
            && !offered.is_blank()
            && !mapping.kind.same(shown, offered)
            && storage.is_gone(*side, Module::Contacts, &shown.as_text())
    })
}

/// What a person should know of a value that is written.
pub(super) fn note(mapping: &FieldMapping, before: &Sides<Value>, to: Side, value: &Value) -> Option<String> {
    if mapping.kind != FieldKind::Basket || to != Side::Vtiger {
        return None;
    }
    let (shop, crm) = (Basket::of(&before.woocommerce)?, Basket::of(value)?);
    let rounding = (crm.adjustment - shop.adjustment).normalize();
    (!rounding.is_zero()).then(|| {
        format!(
            "{rounding} {} went to the adjustment, as Vtiger reckons taxes without rounding",
            crm.currency
        )
    })
}
