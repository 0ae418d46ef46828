//! Benchmarks of the pure core: reading two records out of JSON and planning for them.
//!
//! Both sides changed some of the fields, so that a plan holds moves and conflicts. It should take well under a
//! millisecond, so that calls to the two systems are all that an event costs.

#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use divan::{Bencher, black_box};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use woo_vtiger_sync::sync::{
    Base, Basket, Direction, FieldKind, FieldMapping, FieldPath, Item, Line, Lines, Module, ModuleSettings,
    Plan, Record, RecordId, Side, Sides, Storage, Taxing, Value, advance, plan, towards_vtiger,
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

    fn counterpart(&self, _to: Side, _module: Module, id: &str) -> Option<String> {
        Some(id.to_owned())
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

/// What an order of so many lines shows, of different products at two rates of tax.
fn order(lines: u32) -> Basket {
    let line = |nth: u32| Line {
        id: Some(nth.to_string()),
        item: Item::Product(RecordId::new((1_000 + nth).to_string())),
        name: format!("Product {nth}"),
        quantity: Decimal::from(nth % 7 + 1),
        price: Decimal::new(i64::from(nth) * 137 + 99, 2),
        discount: Decimal::new(i64::from(nth % 3), 2),
        taxes: [((nth % 2).to_string(), Decimal::new(19, nth % 2))].into(),
        ..Line::default()
    };
    let mut basket = Basket {
        currency: "EUR".to_owned(),
        lines: (0..lines).map(line).collect(),
        ..Basket::default()
    };
    basket.total = basket.reckoned().round_dp(2);
    basket
}

/// An order in whose shop one line changed, or in whose Vtiger one did.
fn changed_order(side: Side) -> Case {
    let settings = ModuleSettings::default_for(Module::SalesOrders).unwrap();
    let shop = order(200);
    let crm = towards_vtiger(&shop, &|_, id| Some(id.to_owned()), Taxing::Auto);
    let records = |shop: &Basket, crm: &Basket| Sides {
        woocommerce: Map::from_iter([("line_items".to_owned(), shop.to_json())]),
        vtiger: Map::from_iter([("LineItems".to_owned(), crm.to_json())]),
    };
    let before = records(&shop, &crm);
    let before = Sides::new(|side| record(before.of(side).clone()));
    let mut now = Sides {
        woocommerce: shop,
        vtiger: crm,
    };
    now.of_mut(side).lines[100].quantity += Decimal::ONE;
    let now = records(&now.woocommerce, &now.vtiger);
    Case {
        base: advance(&settings, before.as_ref()),
        bodies: Sides::new(|side| serde_json::to_vec(now.of(side)).unwrap()),
        settings,
    }
}

#[divan::bench]
fn an_order_of_200_lines_changed_in_the_shop(bencher: Bencher<'_, '_>) {
    let case = changed_order(Side::WooCommerce);
    bencher.bench(|| black_box(&case).parse_and_plan());
}

#[divan::bench]
fn an_order_of_200_lines_changed_in_vtiger(bencher: Bencher<'_, '_>) {
    let case = changed_order(Side::Vtiger);
    bencher.bench(|| black_box(&case).parse_and_plan());
}
