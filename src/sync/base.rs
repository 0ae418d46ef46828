//! What both sides showed when last in step: what changes are told from.

use std::collections::BTreeMap;

use serde_json::Map;

use super::{FieldMapping, ModuleSettings, Patch, Record, RecordId, Side, Sides, Value};

/// What each side showed of each mapped field when the two were last in step, by
/// [`FieldMapping::key`].
///
/// A pair and not one value: each side shows the same fact in its own way, and may lose some of it (Vtiger turns
/// emoji into `????`). A side has changed when it differs from what *it* showed.
pub type Base = BTreeMap<String, Sides<Value>>;

/// What both sides show: the base from which the next change is told.
pub fn advance(settings: &ModuleSettings, records: Sides<&Record>) -> Base {
    settings
        .active()
        .map(|mapping| {
            (
                mapping.key(),
                Sides::new(|side| mapping.read(side, records.of(side))),
            )
        })
        .collect()
}

/// Whether a record of `side` shows in every mapped field what it showed when the two were last in step.
///
/// True for our own write when it comes back as a webhook.
pub fn unchanged_since(settings: &ModuleSettings, base: &Base, side: Side, record: &Record) -> bool {
    settings
        .active()
        .all(|mapping| shows_base(mapping, base, side, record))
}

/// Whether two records of `side` show the same in every mapped field.
pub fn shows_the_same(settings: &ModuleSettings, side: Side, one: &Record, other: &Record) -> bool {
    settings.active().all(|mapping| {
        mapping
            .kind
            .same(&mapping.read(side, one), &mapping.read(side, other))
    })
}

/// Whether a field that travels from `side` shows another value there than when the two were last in step.
pub fn tells_news(settings: &ModuleSettings, base: &Base, side: Side, record: &Record) -> bool {
    let mut active = settings.active();
    active.any(|mapping| {
        mapping.direction.writes_to(side.opposite()) && !shows_base(mapping, base, side, record)
    })
}

/// Whether a field that travels from `side` is blank there, and was not when the two were last in step.
pub fn blanks(settings: &ModuleSettings, base: &Base, side: Side, record: &Record) -> bool {
    let mut active = settings.active();
    active.any(|mapping| {
        let was_there = base
            .get(&mapping.key())
            .is_some_and(|base| !base.of(side).is_blank());
        was_there && mapping.direction.writes_to(side.opposite()) && mapping.read(side, record).is_blank()
    })
}

fn shows_base(mapping: &FieldMapping, base: &Base, side: Side, record: &Record) -> bool {
    base.get(&mapping.key())
        .is_some_and(|base| mapping.kind.same(base.of(side), &mapping.read(side, record)))
}

/// The record of `side` as it was when the two were last in step, as far as fields are mapped.
///
/// Stands for a record that need not be read, where values only travel towards it.
pub fn from_base(settings: &ModuleSettings, base: &Base, side: Side, id: &RecordId) -> Record {
    let mut patch = Patch::default();
    for mapping in settings.active() {
        if let Some(values) = base.get(&mapping.key()) {
            mapping.write(side, values.of(side), &mut patch);
        }
    }
    let mut fields = Map::new();
    for (path, value) in patch.0 {
        path.set(&mut fields, value.to_json());
    }
    Record {
        id: id.clone(),
        modified: None,
        modified_by: None,
        fields,
    }
}
