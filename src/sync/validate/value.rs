//! Whether the values that a mapping writes are among those that a picklist has.

use std::collections::BTreeSet;

use super::{Check, Severity};
use crate::sync::{FieldMapping, FieldType, Side, Transform, Value, nearest};

/// Statuses of WooCommerce's that no record has that is kept in step.
const PASSING: [&str; 4] = ["checkout-draft", "auto-draft", "trash", "any"];

impl Check<'_> {
    /// Looks for values that the field written to does not have: of tables and the like, and of the other picklist.
    pub(super) fn values(&mut self, mapping: &FieldMapping, to: Side) {
        let Some(listed) = self.picklist(mapping, to) else {
            return;
        };
        if mapping.unlisted && to == Side::Vtiger {
            return;
        }
        let lacks = |value: &String| !value.trim().is_empty() && !listed.contains(value);
        let written: Vec<String> = written(mapping, to).into_iter().filter(lacks).collect();
        let field = mapping
            .paths(to)
            .first()
            .map(ToString::to_string)
            .unwrap_or_default();
        if !written.is_empty() {
            let listed_too: Vec<&str> = listed.iter().map(String::as_str).collect();
            let is_slip = |value: &String| nearest(value, &listed_too).is_some();
            // Plugins add statuses to WooCommerce's, and nothing tells which: only what looks like a slip is wrong.
            let severity = if to == Side::Vtiger || written.iter().any(is_slip) {
                Severity::Error
            } else {
                Severity::Note
            };
            self.tell(
                severity,
                mapping,
                (to, &field),
                format!("its list has no {}", quoted(&written)),
                format!("write one of {}, or add it to the list", quoted(&listed)),
            );
        }
        let from = to.opposite();
        let Some(others) = self.picklist(mapping, from) else {
            return;
        };
        let untold: Vec<String> = others
            .into_iter()
            .filter(|value| from != Side::WooCommerce || !PASSING.contains(&value.as_str()))
            .filter(|value| {
                let arrives = mapping.translate(to, Value::text(value)).to_string();
                lacks(&arrives) && !written.contains(&arrives)
            })
            .collect();
        if !untold.is_empty() {
            self.tell(
                Severity::Note,
                mapping,
                (to, &field),
                format!(
                    "its list has nothing for {} of {}: records with that are skipped",
                    quoted(&untold),
                    from.title()
                ),
                "say in the mapping's table what it is",
            );
        }
    }

    /// The values of the one field of this side, where it is a picklist.
    fn picklist(&self, mapping: &FieldMapping, side: Side) -> Option<Vec<String>> {
        let [path] = mapping.paths(side) else {
            return None;
        };
        match &self.find(side, path)?.kind {
            FieldType::Picklist(values) if !values.is_empty() => Some(values.clone()),
            _ => None,
        }
    }
}

/// The values that the mapping's transforms bring forth towards this side.
fn written(mapping: &FieldMapping, to: Side) -> BTreeSet<String> {
    let mut steps: Vec<&Transform> = mapping.transforms.iter().collect();
    if to == Side::WooCommerce {
        steps.reverse();
    }
    let mut all = BTreeSet::new();
    for (nth, step) in steps.iter().enumerate() {
        let all_of = |values: &mut dyn Iterator<Item = &String>| values.map(Value::text).collect();
        let values: Vec<Value> = match (step, to) {
            (Transform::Map(table), Side::Vtiger) => all_of(&mut table.values()),
            // Of several that are the same in Vtiger, one comes back.
            (Transform::Map(table), Side::WooCommerce) => table
                .values()
                .map(|value| step.apply(to, Value::text(value)))
                .collect(),
            (Transform::Table(table), Side::Vtiger) => all_of(&mut table.to_vtiger.values()),
            (Transform::Table(table), Side::WooCommerce) => all_of(&mut table.to_woocommerce.values()),
            (Transform::Fixed(text), _) | (Transform::Default(text), Side::Vtiger) => vec![Value::text(text)],
            _ => Vec::new(),
        };
        for value in values {
            let arrives = steps[nth + 1..]
                .iter()
                .fold(value, |value, step| step.apply(to, value));
            all.insert(arrives.to_string());
        }
    }
    all
}

/// The values in quotes, with no more than a few of many.
fn quoted(values: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = values
        .iter()
        .take(SHOWN)
        .map(|value| format!("\"{value}\""))
        .collect();
    let more = values.len().saturating_sub(SHOWN);
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    shown.join(", ")
}
