//! Stand-ins of the two systems that keep records as the real ones do: with losses.

use serde_json::Map;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::sync::{
    FieldMapping, FieldPath, Patch, Plan, Record, RecordId, Side, Sides, Storage, Value,
};

/// What a system loses of the values that it stores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    /// White space around the text.
    pub(super) outer_spaces: bool,
    /// Backslashes.
    pub(super) backslashes: bool,
    /// Characters of four bytes become as many question marks.
    pub(super) emoji: bool,
    /// What is longer than so many characters.
    pub(super) length: Option<usize>,
}

impl Loss {
    pub(super) const NOTHING: Self = Self {
        outer_spaces: false,
        backslashes: false,
        emoji: false,
        length: None,
    };

    /// What is shown after `value` was stored.
    pub(super) fn shown(self, value: &Value) -> Value {
        let mut text = value.as_text().into_owned();
        if self.backslashes {
            text = text.replace('\\', "");
        }
        if self.outer_spaces {
            text = text.trim().to_owned();
        }
        if self.emoji {
            text = text.replace(|c: char| c.len_utf8() > 3, "????");
        }
        Value::Text(text.chars().take(self.length.unwrap_or(usize::MAX)).collect())
    }

    /// Stores a patch in a record.
    pub(super) fn write(self, record: &mut Record, patch: &Patch, at: Timestamp) {
        for (path, value) in &patch.0 {
            path.set(&mut record.fields, self.shown(value).to_json());
        }
        record.modified = Some(at);
    }
}

/// The losses of both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Losses(pub(super) Sides<Loss>);

impl Losses {
    pub(super) const NONE: Self = Self(Sides {
        woocommerce: Loss::NOTHING,
        vtiger: Loss::NOTHING,
    });

    /// Carries a plan out, and creates the record that is not there.
    pub(super) fn apply(&self, plan: &Plan, records: &mut Sides<Option<Record>>, at: Timestamp) {
        for side in Side::BOTH {
            let patch = plan.patches.of(side);
            if !patch.is_empty() {
                let record = records.of_mut(side).get_or_insert_with(blank);
                self.0.of(side).write(record, patch, at);
            }
        }
    }

    /// Whether `mapping` is in step: one side shows the other's value, or what is left of that after storing it.
    pub(super) fn in_step(&self, mapping: &FieldMapping, records: Sides<&Record>) -> bool {
        Side::BOTH.into_iter().any(|to| {
            let there = mapping.read(to.opposite(), records.of(to.opposite()));
            let mut patch = Patch::default();
            let offered = mapping.translate(to, there);
            mapping.write(to, &offered, &mut patch);
            let mut written = blank();
            self.0.of(to).write(&mut written, &patch, Timestamp::default());
            let shown = mapping.read(to, records.of(to));
            let same = |value| mapping.kind.same(&shown, value);
            same(&offered) || same(&mapping.read(to, &written))
        })
    }
}

impl Storage for Losses {
    fn stored(&self, side: Side, _path: &FieldPath, value: &Value) -> Value {
        self.0.of(side).shown(value)
    }
}

/// A record without any field.
pub(super) fn blank() -> Record {
    Record {
        id: RecordId::new("1"),
        modified: None,
        modified_by: None,
        fields: Map::new(),
    }
}
