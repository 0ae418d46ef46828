//! What one mapping makes of a pair of records, each way: to be looked at before the mapping is saved. Pure.

use super::offer::{is_unresolved, offer};
use super::plan::{Storage, as_stored, both_allow, shows};
use super::{FieldKind, FieldMapping, FieldPath, ModuleSettings, Record, Side, Sides, Value};

/// What a mapping makes of a value on its way to one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The side that is written to.
    pub to: Side,
    /// What the other side shows.
    pub read: Value,
    /// What is to be written.
    pub written: Value,
    /// What this side shows at present.
    pub now: Value,
    /// What it would show once written, where it can't hold all of that: cut, or with signs lost.
    pub lossy: Option<Value>,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of a value that a mapping brings to a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It would be written where the other side changed it.
    Written,
    /// The side shows it already.
    Same,
    /// The record can't be kept in step without a value here.
    Missing,
    /// The field can't be written in this record.
    ReadOnly,
    /// What it refers to is not in step.
    Unresolved,
}

/// Tries a mapping on two records: a trial for each side that it writes.
pub fn try_mapping(
    settings: &ModuleSettings,
    mapping: &FieldMapping,
    records: Sides<&Record>,
    storage: &dyn Storage,
) -> Vec<Trial> {
    let Some(direction) = both_allow(settings.direction, mapping.direction) else {
        return Vec::new();
    };
    let now = Sides::new(|side| mapping.read(side, records.of(side)));
    let sides = [Side::Vtiger, Side::WooCommerce].into_iter();
    sides
        .filter(|to| direction.writes_to(*to))
        .map(|to| {
            let written = offer(settings, mapping, to, &now, storage);
            let stored = as_stored(storage, mapping, to, &written);
            let is_kept = mapping.kind == FieldKind::Basket || mapping.kind.same(&written, &stored);
            let record = Some(*records.of(to));
            let is_locked = |path: &FieldPath| !storage.is_writable(to, path, record);
            let outcome = if mapping.paths(to).iter().any(is_locked) {
                Outcome::ReadOnly
            } else if is_unresolved(mapping, now.of(to.opposite()), &written) {
                Outcome::Unresolved
            } else if mapping.mandatory && written.is_blank() {
                Outcome::Missing
            } else if shows(storage, mapping, to, now.of(to), &written) {
                Outcome::Same
            } else {
                Outcome::Written
            };
            Trial {
                to,
                read: now.of(to.opposite()).clone(),
                written,
                now: now.of(to).clone(),
                lossy: (!is_kept).then_some(stored),
                outcome,
            }
        })
        .collect()
}
