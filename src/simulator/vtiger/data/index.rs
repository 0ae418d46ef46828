//! Which records may have a text in one of the fields that records are looked for by, so that a query for one of
//! thousands need not read them all.
//!
//! Texts that a record had once stay in here: it narrows a search, and the condition itself decides.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::vtiger::id::WebserviceId;
use crate::simulator::vtiger::value::folded;

/// The fields that are looked for by equality.
const FIELDS: [&str; 4] = ["accountname", "email", "productcode", "vtiger_purchaseorder"];

/// Records by module and text, without the field's name.
#[derive(Debug, Default)]
pub(super) struct Index(BTreeMap<(u32, String), BTreeSet<WebserviceId>>);

impl Index {
    /// Whether records are found by this field.
    pub(super) fn has(field: &str) -> bool {
        FIELDS.contains(&field)
    }

    /// Notes what a record has in these fields from now on.
    pub(super) fn add(&mut self, id: WebserviceId, values: &BTreeMap<String, String>) {
        for value in FIELDS.iter().filter_map(|field| values.get(*field)) {
            self.0.entry((id.prefix, folded(value))).or_default().insert(id);
        }
    }

    /// The records of a module that have, or had, this text, folded as it is compared.
    pub(super) fn find(&self, prefix: u32, text: &str) -> impl Iterator<Item = WebserviceId> + use<'_> {
        let found = self.0.get(&(prefix, text.to_owned()));
        found.into_iter().flatten().copied()
    }
}
