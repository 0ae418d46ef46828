//! Benchmarks of the pure core: reading two records out of JSON and planning for them.
//!
//! Both sides changed some of the fields, so that a plan holds moves and conflicts. It should take well under a
//! millisecond, so that calls to the two systems are all that an event costs.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use divan::{Bencher, black_box};
use serde_json::{Map, Value as Json, json};
use woo_vtiger_sync::sync::{
    Base, Direction, FieldKind, FieldMapping, FieldPath, Lines, Module, ModuleSettings, Plan, Record,
    RecordId, Side, Sides, Storage, Value, advance, plan,
};

fn main() {
    divan::main();
}

/// Systems that show what was stored.
struct Faithful;

impl Storage for Faithful {
    fn stored(&self, _side: Side, _path: &FieldPath, value: &Value) -> Value {
        value.clone()
    }
}

/// What two systems sent of one record, and what is known of it.
struct Case {
    settings: ModuleSettings,
    base: Base,
    bodies: Sides<Vec<u8>>,
}

impl Case {
    fn new(settings: ModuleSettings) -> Self {
        let before = Sides::new(|side| record(fields(&settings, side, |_| false)));
        let base = advance(&settings, before.as_ref());
        let bodies = Sides::new(|side| {
            // Every fifth field changed in WooCommerce, every third in Vtiger.
            let step = match side {
                Side::WooCommerce => 5,
                Side::Vtiger => 3,
            };
            let fields = fields(&settings, side, |nth| nth % step == 0);
            serde_json::to_vec(&fields).unwrap()
        });
        Self {
            settings,
            base,
            bodies,
        }
    }

    fn parse_and_plan(&self) -> Plan {
        let records = Sides::new(|side| record(serde_json::from_slice(self.bodies.of(side)).unwrap()));
        let both = Sides {
            woocommerce: Some(&records.woocommerce),
            vtiger: Some(&records.vtiger),
        };
        plan(&self.settings, Some(&self.base), both, &Faithful)
    }
}

fn fields(settings: &ModuleSettings, side: Side, changed: impl Fn(usize) -> bool) -> Map<String, Json> {
    let mut fields = Map::new();
    for (nth, mapping) in settings.active().enumerate() {
        for path in mapping.paths(side) {
            let value = if changed(nth) {
                format!("{nth} as {side} changed it")
            } else {
                format!("value of field {nth}")
            };
            path.set(&mut fields, json!(value));
        }
    }
    fields
}

fn record(fields: Map<String, Json>) -> Record {
    Record {
        id: RecordId::new("1"),
        modified: None,
        modified_by: None,
        fields,
    }
}

fn wide(count: usize) -> ModuleSettings {
    let mapping = |nth: usize| FieldMapping {
        woocommerce: Lines::parse(&format!("billing.field_{nth}")).unwrap(),
        vtiger: FieldPath::parse(&format!("cf_{nth}")).unwrap(),
        direction: Direction::Both,
        transforms: Vec::new(),
        kind: FieldKind::Text,
        mandatory: false,
        unlisted: false,
        conflict: None,
        enabled: true,
    };
    ModuleSettings {
        mappings: (0..count).map(mapping).collect(),
        ..ModuleSettings::default_for(Module::Contacts).unwrap()
    }
}

#[divan::bench]
fn a_contact(bencher: Bencher<'_, '_>) {
    let case = Case::new(ModuleSettings::default_for(Module::Contacts).unwrap());
    bencher.bench(|| black_box(&case).parse_and_plan());
}

#[divan::bench]
fn a_record_of_200_fields(bencher: Bencher<'_, '_>) {
    let case = Case::new(wide(200));
    bencher.bench(|| black_box(&case).parse_and_plan());
}
