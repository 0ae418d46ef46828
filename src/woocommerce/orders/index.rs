//! Which orders keep which counterpart's id. REST can't filter by meta data, so the orders of a period are listed once,
//! and from then on only those that are newer.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;

use crate::clock::Timestamp;
use crate::woocommerce::date::gmt;
use crate::woocommerce::order;

/// What was seen of orders and their counterparts.
#[derive(Debug, Default)]
pub(super) struct Index {
    orders: HashMap<String, BTreeSet<u64>>,
    /// All orders that were created from the first moment (of all time where there is none) until the second are known.
    covered: Option<(Option<Timestamp>, Option<Timestamp>)>,
}

impl Index {
    /// Takes notice of an order.
    pub(super) fn see(&mut self, order: &Json) {
        let id = order.get("id").and_then(Json::as_u64);
        if let (Some(id), Some(counterpart)) = (id, order::counterpart(order)) {
            self.orders.entry(counterpart).or_default().insert(id);
        }
    }

    /// The orders that were seen with this counterpart; the newest first.
    pub(super) fn of(&self, counterpart: &str) -> Vec<u64> {
        let orders = self.orders.get(counterpart).into_iter().flatten();
        orders.rev().copied().collect()
    }

    /// Forgets that an order has this counterpart.
    pub(super) fn forget(&mut self, counterpart: &str, order: u64) {
        if let Some(orders) = self.orders.get_mut(counterpart) {
            orders.remove(&order);
        }
    }

    /// The moment after which orders have to be listed so that all since `since` are known; `None` for all orders.
    pub(super) fn to_list(&self, since: Option<Timestamp>) -> Option<Timestamp> {
        match self.covered {
            Some((from, until)) if from.is_none() || (since.is_some() && from <= since) => until,
            _ => since,
        }
    }

    /// Notes that all orders created after `after` were listed, the newest at `newest`.
    pub(super) fn listed(&mut self, after: Option<Timestamp>, newest: Option<Timestamp>) {
        let from = match self.covered {
            // What was listed now goes on where the last listing ended, or begins before it.
            Some((from, until)) if after.is_some() && after == until => from,
            _ => after,
        };
        let until = self.covered.and_then(|(_, until)| until);
        self.covered = Some((from, until.max(newest).max(after)));
    }
}

/// When an order was created.
pub(super) fn created(order: &Json) -> Option<Timestamp> {
    gmt(order, "date_created_gmt")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn order(id: u64, counterpart: &str) -> Json {
        json!({"id": id, "meta_data": [{"key": order::COUNTERPART, "value": counterpart}]})
    }

    #[test]
    fn orders_are_known_by_their_counterpart() {
        let mut index = Index::default();
        for (id, counterpart) in [(7, "6x1"), (9, "6x1"), (8, "6x2"), (10, "")] {
            index.see(&order(id, counterpart));
        }

        index.forget("6x2", 8);

        assert_eq!(index.of("6x1"), [9, 7]);
        assert!(index.of("6x2").is_empty() && index.of("").is_empty());
    }

    #[test]
    fn what_was_listed_is_not_listed_again() {
        let mut index = Index::default();
        assert_eq!(index.to_list(Some(at(100))), Some(at(100)));
        index.listed(Some(at(100)), Some(at(150)));

        assert_eq!(index.to_list(Some(at(120))), Some(at(150)));
        index.listed(Some(at(150)), None);
        assert_eq!(index.to_list(Some(at(110))), Some(at(150)));
        assert_eq!(
            index.to_list(Some(at(50))),
            Some(at(50)),
            "an older period has to be listed"
        );
        index.listed(Some(at(50)), Some(at(160)));
        assert_eq!(index.to_list(Some(at(60))), Some(at(160)));
        assert_eq!(index.to_list(None), None);
        index.listed(None, Some(at(170)));
        assert_eq!(index.to_list(None), Some(at(170)));
        assert_eq!(index.to_list(Some(at(1))), Some(at(170)));
    }
}
