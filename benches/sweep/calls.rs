//! What was asked of the two systems, counted by collection.

use std::collections::BTreeMap;

use woo_vtiger_sync::simulator::{vtiger, woocommerce};

/// How many calls there were for each collection.
pub(crate) type Counts = BTreeMap<String, usize>;

pub(crate) fn of_shop(calls: &[woocommerce::Call]) -> Counts {
    counted(calls.iter().map(|call| {
        let path = call.path.trim_start_matches('/');
        path.split(['?', '/']).next().unwrap_or(path)
    }))
}

/// What is no query is counted by its operation, such as `login`.
pub(crate) fn of_crm(calls: &[vtiger::Call]) -> Counts {
    counted(calls.iter().map(|call| {
        let module = call.detail.split(" FROM ").nth(1);
        let module = module.and_then(|rest| rest.split([' ', ';']).next());
        module.unwrap_or(&call.operation)
    }))
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> Counts {
    let mut counts = Counts::new();
    for name in names {
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

/// Such as `customers 1000, orders 3`.
pub(crate) fn in_words(counts: &Counts) -> String {
    let each = counts.iter().map(|(name, count)| format!("{name} {count}"));
    each.collect::<Vec<_>>().join(", ")
}
