//! What differs between two versions of a module's settings, in words. Pure.

use std::collections::BTreeSet;
use std::fmt;

use crate::sync::{FieldMapping, Module, ModuleSettings};

use super::words;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What it is about, such as "direction" or "mapping `email = email`".
    pub what: String,
    /// How it was; none where it was not there.
    pub before: Option<String>,
    /// How it is; none where it is no more.
    pub after: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{}: {before} → {after}", self.what),
            (None, Some(after)) => write!(f, "{} added: {after}", self.what),
            (Some(before), None) => write!(f, "{} taken away: {before}", self.what),
            (None, None) => f.write_str(&self.what),
        }
    }
}

/// What differs between settings before and after; nothing where they are the same.
pub fn differences(module: Module, before: &ModuleSettings, after: &ModuleSettings) -> Vec<Difference> {
    let mut found = Vec::new();
    let both = lines(module, before).into_iter().zip(lines(module, after));
    for ((what, before), (_, after)) in both {
        if before != after {
            found.push(Difference {
                what: what.to_owned(),
                before: Some(before),
                after: Some(after),
            });
        }
    }
    mappings(&before.mappings, &after.mappings, &mut found);
    if found.is_empty() && before != after {
        // Their order decides which of two that write the same field is told as wrong, and nothing else.
        found.push(Difference {
            what: "the order of the mappings".to_owned(),
            before: None,
            after: None,
        });
    }
    found
}

/// What can be set beyond the mappings, in words.
fn lines(module: Module, settings: &ModuleSettings) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("kept in step", words::flag(settings.enabled).to_owned()),
        ("direction", words::direction(settings.direction).to_owned()),
        (
            "when both sides changed a field",
            words::conflict(settings.conflict).to_owned(),
        ),
        (
            "sync records from",
            settings
                .sync_from
                .map_or_else(|| "the beginning".to_owned(), |at| at.to_string()),
        ),
        (
            "when a record is deleted",
            words::deletes(settings.deletes).to_owned(),
        ),
        (
            "time between sweeps",
            settings
                .sweep_interval
                .map_or_else(|| "as for all modules".to_owned(), words::period),
        ),
        (
            "owner of new records in Vtiger CRM",
            settings
                .owner
                .clone()
                .unwrap_or_else(|| "the connection's".to_owned()),
        ),
    ];
    match module {
        Module::Products => lines.extend([
            (
                "variable products themselves",
                words::flag(settings.products.variable_parents).to_owned(),
            ),
            (
                "a product without SKU",
                words::missing_sku(settings.products.missing_sku).to_owned(),
            ),
        ]),
        Module::SalesOrders => lines.extend([
            ("orders of guests", words::guests(&settings.sales_orders.guests)),
            ("taxes", words::taxing(settings.sales_orders.taxing).to_owned()),
        ]),
        Module::Contacts | Module::Taxes => {}
    }
    lines
}

fn mappings(before: &[FieldMapping], after: &[FieldMapping], found: &mut Vec<Difference>) {
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for mapping in after {
        let key = mapping.key();
        let nth = (0..before.len()).find(|nth| !seen.contains(nth) && before[*nth].key() == key);
        let what = format!("mapping `{key}`");
        match nth {
            Some(nth) => {
                seen.insert(nth);
                changed(&what, &before[nth], mapping, found);
            }
            None => found.push(Difference {
                what,
                before: None,
                after: Some(described(mapping)),
            }),
        }
    }
    for (nth, mapping) in before.iter().enumerate() {
        if !seen.contains(&nth) {
            found.push(Difference {
                what: format!("mapping `{}`", mapping.key()),
                before: Some(described(mapping)),
                after: None,
            });
        }
    }
}

fn changed(what: &str, before: &FieldMapping, after: &FieldMapping, found: &mut Vec<Difference>) {
    let (old, new) = (parts(before), parts(after));
    for ((part, before), (_, after)) in old.into_iter().zip(new) {
        if before != after {
            found.push(Difference {
                what: format!("{what}: {part}"),
                before: Some(before),
                after: Some(after),
            });
        }
    }
}

/// All that a mapping is besides its fields.
fn parts(mapping: &FieldMapping) -> [(&'static str, String); 7] {
    let steps = words::transforms(&mapping.transforms);
    [
        ("switched on", words::flag(mapping.enabled).to_owned()),
        ("direction", words::direction(mapping.direction).to_owned()),
        (
            "on the way",
            if steps.is_empty() {
                "as it is".to_owned()
            } else {
                steps
            },
        ),
        ("compared as", words::kind(mapping.kind).to_owned()),
        ("mandatory", words::flag(mapping.mandatory).to_owned()),
        ("values off the list", words::flag(mapping.unlisted).to_owned()),
        (
            "when both sides changed it",
            mapping
                .conflict
                .map_or("as for the module", words::conflict)
                .to_owned(),
        ),
    ]
}

fn described(mapping: &FieldMapping) -> String {
    let mut text = words::direction(mapping.direction).to_owned();
    let steps = words::transforms(&mapping.transforms);
    if !steps.is_empty() {
        text.push_str(", ");
        text.push_str(&steps);
    }
    if !mapping.enabled {
        text.push_str(", switched off");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sync::{Direction, Transform};

    fn told(change: impl FnOnce(&mut ModuleSettings)) -> Vec<String> {
        let before = ModuleSettings::default_for(Module::Contacts).unwrap();
        let mut after = before.clone();
        change(&mut after);
        differences(Module::Contacts, &before, &after)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn settings_that_are_the_same_differ_in_nothing() {
        assert!(told(|_| {}).is_empty());
    }

    #[test]
    fn each_change_is_told_in_words() {
        let told = told(|settings| {
            settings.direction = Direction::ToVtiger;
            settings.sweep_interval = Some(Duration::from_mins(15));
            settings.mappings[0].transforms = vec![Transform::Trim];
            settings.mappings[1].enabled = false;
            settings.mappings.remove(3);
        });

        assert_eq!(
            told,
            [
                "direction: both ways → to Vtiger CRM only",
                "time between sweeps: as for all modules → 15m",
                "mapping `first_name = firstname`: on the way: as it is → trim",
                "mapping `last_name = lastname`: switched on: yes → no",
                "mapping `billing.phone = phone` taken away: both ways",
            ]
        );
    }
}
