//! What was last seen of orders that a write must send again, or it is lost.
//!
//! Lines are replaced with all that salespeople wrote below them, and each write without a conversion rate sets it to 1.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json};

use crate::vtiger::row;

/// How many orders are kept in mind.
const CAPACITY: usize = 10_000;

/// What must be kept of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// How many of the order's currency were one of the CRM's first.
    pub(super) rate: String,
    /// The lines' products, and what stands below their names.
    pub(super) comments: Vec<(String, String)>,
}

impl Kept {
    /// What stands below a product's name; each line's comment is given once.
    pub(super) fn take_comment(&mut self, product: &str) -> String {
        let found = self.comments.iter().position(|(of, _)| of == product);
        found.map_or(String::new(), |at| self.comments.remove(at).1)
    }
}

/// The orders that were seen.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<String, Kept>>);

impl Seen {
    pub(super) fn learn(&self, order: &Map<String, Json>, lines: &[&Map<String, Json>]) {
        let comments = lines.iter().filter_map(|line| {
            let product = row::reference(line, "productid")?;
            Some((product.to_owned(), row::text(line, "comment").to_owned()))
        });
        let kept = Kept {
            rate: row::text(order, "conversion_rate").to_owned(),
            comments: comments.collect(),
        };
        let mut seen = self.seen();
        if seen.len() >= CAPACITY {
            seen.clear();
        }
        seen.insert(row::text(order, "id").to_owned(), kept);
    }

    pub(super) fn of(&self, order: &str) -> Option<Kept> {
        self.seen().get(order).cloned()
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
