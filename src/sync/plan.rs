//! The plan for one pair of records: what to write to which side, field by field, and why.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Map;

use super::merge::{Field, merge};
use super::offer::{is_unresolved, note, offer, stale};
use super::{
    Base, Basket, Decision, Direction, FieldKind, FieldMapping, FieldPath, Module, ModuleSettings, Patch,
    Reason, Record, RecordId, Side, Sides, Value,
};

/// What is known of the two systems beforehand: how they keep values, and which of their records are the same.
pub trait Storage {
    /// What `side` shows after `value` was stored at `path`.
    fn stored(&self, side: Side, path: &FieldPath, value: &Value) -> Value;

    /// Whether `path` can be written in a record of `side`; `None` stands for one that is to be created.
    fn is_writable(&self, _side: Side, _path: &FieldPath, _record: Option<&Record>) -> bool {
        true
    }

    /// What another module's record, by its id on the one side, is on the side `to`.
    fn counterpart(&self, _to: Side, _module: Module, _id: &str) -> Option<String> {
        None
    }

    /// Whether another module's record, by its id on `side`, was deleted there.
    fn is_gone(&self, _side: Side, _module: Module, _id: &str) -> bool {
        false
    }
}

/// What is to be done for one pair of records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Each mapped field, in the mapping's order.
    pub fields: Vec<FieldPlan>,
    /// What to write to each side.
    pub patches: Sides<Patch>,
}

/// What is to be done for one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldPlan {
    /// The mapping's key.
    pub field: String,
    /// What becomes of it.
    pub decision: Decision,
    /// What each side showed before.
    pub before: Sides<Value>,
    /// What is written, where something is.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub written: Option<Value>,
    /// Whether the side that is written to can't hold all of the value.
    #[serde(default)]
    pub lossy: bool,
    /// What else a person should know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Reads a value that is there, as `null` is one, too.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Plan {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        Side::BOTH
            .into_iter()
            .all(|side| self.patches.of(side).is_empty())
    }

    /// Leaves one side as it is: a record that can be read, but not written to.
    pub fn spare(&mut self, side: Side) {
        for field in &mut self.fields {
            if field.decision.source() == Some(side.opposite()) {
                field.decision = Decision::Kept(Reason::Direction);
                field.written = None;
            }
        }
        self.patches.of_mut(side).0.clear();
    }

    /// The mandatory field that has no value, where a record is to be created.
    pub fn missing(&self) -> Option<&FieldPlan> {
        self.fields
            .iter()
            .find(|field| field.decision == Decision::Kept(Reason::Mandatory))
    }

    /// The fields whose value moves, and those where something is worth telling.
    pub fn notable(&self) -> impl Iterator<Item = &FieldPlan> {
        self.fields.iter().filter(|field| {
            field.decision.source().is_some() || field.decision == Decision::Kept(Reason::Mandatory)
        })
    }
}

/// Plans for a pair of records of which at least one is there.
///
/// `base` is what they showed when last in step, `None` when they meet for the first time. Where one record is not
/// there, the plan is to create it: its patch holds every mapped field that has a value.
pub fn plan(
    settings: &ModuleSettings,
    base: Option<&Base>,
    records: Sides<Option<&Record>>,
    storage: &dyn Storage,
) -> Plan {
    let mut plan = Plan::default();
    let modified = Sides::new(|side| records.of(side).and_then(|record| record.modified));
    for mapping in settings.active() {
        let Some(direction) = both_allow(settings.direction, mapping.direction) else {
            continue;
        };
        let now = Sides::new(|side| {
            records
                .of(side)
                .map_or(Value::Null, |record| mapping.read(side, record))
        });
        let offered = Sides::new(|side| offer(settings, mapping, side, &now, storage));
        let rule = mapping.conflict.unwrap_or(settings.conflict);
        // What the shop gave back is the shop's to tell, and no basket that is written to it tells that.
        let refunds = mapping.kind == FieldKind::Basket
            && direction.writes_to(Side::Vtiger)
            && Basket::refunds_differ(&now);
        let mut changed = base
            .and_then(|base| base.get(&mapping.key()))
            .map(|base| changed(mapping, base, &now));
        if let Some(changed) = &mut changed {
            changed.woocommerce |= refunds;
            if let Some(stale) = stale(mapping, &now, &offered, storage) {
                *changed.of_mut(stale) = false;
                *changed.of_mut(stale.opposite()) = true;
            }
        }
        let is_same = |to| {
            direction.writes_to(to)
                && !(refunds && to == Side::WooCommerce)
                && shows(storage, mapping, to, now.of(to), offered.of(to))
        };
        let field = Field {
            now: now.as_ref(),
            changed,
            same: Side::BOTH.into_iter().any(is_same),
            direction,
            rule: (rule, rule.winner(modified)),
        };
        let mut decision = match (records.woocommerce, records.vtiger) {
            (Some(_), Some(_)) => merge(&field),
            (Some(_), None) => created(mapping, direction, Side::WooCommerce, &offered.vtiger),
            (None, _) => created(mapping, direction, Side::Vtiger, &offered.woocommerce),
        };
        if let Some(to) = decision.source().map(Side::opposite) {
            let mut paths = mapping.paths(to).iter();
            if paths.any(|path| !storage.is_writable(to, path, *records.of(to))) {
                decision = Decision::Kept(Reason::ReadOnly);
            } else if is_unresolved(mapping, now.of(to.opposite()), offered.of(to)) {
                decision = Decision::Kept(Reason::Unresolved);
            }
        }
        plan.add(mapping, decision, now, &offered, storage);
    }
    plan
}

impl Plan {
    fn add(
        &mut self,
        mapping: &FieldMapping,
        mut decision: Decision,
        before: Sides<Value>,
        offered: &Sides<Value>,
        storage: &dyn Storage,
    ) {
        let mut field = FieldPlan {
            field: mapping.key(),
            decision,
            before,
            written: None,
            lossy: false,
            note: None,
        };
        if let Some(from) = decision.source() {
            let to = from.opposite();
            let value = offered.of(to);
            if mapping.mandatory && value.is_blank() {
                decision = Decision::Kept(Reason::Mandatory);
            } else {
                field.lossy = !mapping.kind.same(value, &as_stored(storage, mapping, to, value));
                field.written = Some(value.clone());
                field.note = note(mapping, &field.before, to, value);
                mapping.write(to, value, self.patches.of_mut(to));
            }
        } else if mapping.mandatory
            && matches!(decision, Decision::Agreed)
            && Side::BOTH
                .into_iter()
                .all(|side| field.before.of(side).is_blank())
        {
            decision = Decision::Kept(Reason::Mandatory);
        }
        field.decision = decision;
        self.fields.push(field);
    }
}

/// A field of a record that is to be created on the other side: blank fields are left out.
fn created(mapping: &FieldMapping, direction: Direction, from: Side, offered: &Value) -> Decision {
    if !direction.writes_to(from.opposite()) {
        Decision::Kept(Reason::Direction)
    } else if !offered.is_blank() {
        Decision::Moved {
            from,
            because: Reason::New,
        }
    } else if mapping.mandatory {
        Decision::Kept(Reason::Mandatory)
    } else {
        Decision::Agreed
    }
}

pub(super) fn both_allow(module: Direction, mapping: Direction) -> Option<Direction> {
    match (module, mapping) {
        (Direction::Both, direction) | (direction, Direction::Both) => Some(direction),
        (one, other) => (one == other).then_some(one),
    }
}

fn changed(mapping: &FieldMapping, base: &Sides<Value>, now: &Sides<Value>) -> Sides<bool> {
    Sides::new(|side| !mapping.kind.same(base.of(side), now.of(side)))
}

/// Whether `side` shows `now` what it would show if `offered` were written to it.
pub(super) fn shows(
    storage: &dyn Storage,
    mapping: &FieldMapping,
    side: Side,
    now: &Value,
    offered: &Value,
) -> bool {
    mapping.kind.same(now, offered)
        || mapping
            .kind
            .same(now, &as_stored(storage, mapping, side, offered))
}

/// What `side` would show of `value` after it was written.
pub(super) fn as_stored(storage: &dyn Storage, mapping: &FieldMapping, side: Side, value: &Value) -> Value {
    let mut patch = Patch::default();
    mapping.write(side, value, &mut patch);
    let mut fields = Map::new();
    for (path, value) in &patch.0 {
        path.set(&mut fields, storage.stored(side, path, value).to_json());
    }
    mapping.read(
        side,
        &Record {
            id: RecordId::new(""),
            modified: None,
            modified_by: None,
            fields,
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sync::Transform;

    /// Both sides show what was stored.
    struct Faithful;

    impl Storage for Faithful {
        fn stored(&self, _side: Side, _path: &FieldPath, value: &Value) -> Value {
            value.clone()
        }
    }

    fn phone() -> FieldMapping {
        FieldMapping::both("billing.phone", "phone").unwrap()
    }

    fn defaulting(default: &str) -> FieldMapping {
        FieldMapping {
            direction: Direction::ToVtiger,
            transforms: vec![Transform::Default(default.to_owned())],
            ..phone()
        }
    }

    /// What becomes of the one mapped field of two records that meet for the first time.
    fn met(mapping: FieldMapping, woocommerce: &str, vtiger: &str) -> FieldPlan {
        let record = |path: &FieldPath, text: &str| {
            let mut fields = Map::new();
            path.set(&mut fields, json!(text));
            Record {
                id: RecordId::new("1"),
                modified: None,
                modified_by: None,
                fields,
            }
        };
        let woocommerce = record(&mapping.paths(Side::WooCommerce)[0], woocommerce);
        let vtiger = record(&mapping.vtiger, vtiger);
        let settings = ModuleSettings {
            mappings: vec![mapping],
            ..ModuleSettings::default_for(crate::sync::Module::Contacts).unwrap()
        };
        let records = Sides {
            woocommerce: Some(&woocommerce),
            vtiger: Some(&vtiger),
        };
        plan(&settings, None, records, &Faithful).fields.remove(0)
    }

    #[test]
    fn a_default_value_is_written_where_both_are_blank() {
        let field = met(defaulting("none"), "", " ");

        assert_eq!(field.written, Some(Value::text("none")));
    }

    #[test]
    fn a_mandatory_field_with_its_default_value_lacks_nothing() {
        let mandatory = |mapping| FieldMapping {
            mandatory: true,
            ..mapping
        };

        let defaulted = met(mandatory(defaulting("none")), "", "none");
        let blank = met(mandatory(phone()), "", " ");

        assert_eq!(defaulted.decision, Decision::Agreed);
        assert_eq!(blank.decision, Decision::Kept(Reason::Mandatory));
    }

    #[test]
    fn a_field_that_was_emptied_reads_as_such() {
        let emptied = FieldPlan {
            written: Some(Value::Null),
            ..met(phone(), "1", "1")
        };
        let left = met(phone(), "1", "1");

        for field in [emptied, left] {
            let text = serde_json::to_string(&field).unwrap();
            assert_eq!(serde_json::from_str::<FieldPlan>(&text).unwrap(), field);
        }
    }

    /// A guest's contact was made anew after the one that the order in Vtiger still shows was deleted, or not.
    struct Renewed {
        is_gone: bool,
    }

    impl Storage for Renewed {
        fn stored(&self, _side: Side, _path: &FieldPath, value: &Value) -> Value {
            value.clone()
        }

        fn counterpart(&self, to: Side, _module: Module, id: &str) -> Option<String> {
            (to == Side::Vtiger && id == "guest:g@shop.example").then(|| "12x20".to_owned())
        }

        fn is_gone(&self, side: Side, module: Module, id: &str) -> bool {
            self.is_gone && (side, module, id) == (Side::Vtiger, Module::Contacts, "12x12")
        }
    }

    #[test]
    fn a_contact_that_is_gone_gives_way_to_the_one_made_anew_and_another_one_stays() {
        let mut settings = ModuleSettings::default_for(Module::SalesOrders).unwrap();
        settings
            .mappings
            .retain(|mapping| mapping.kind == FieldKind::Contact);
        let mapping = settings.mappings[0].clone();
        let record = |side, text: &str| {
            let mut patch = Patch::default();
            mapping.write(side, &Value::text(text), &mut patch);
            let mut fields = Map::new();
            for (path, value) in &patch.0 {
                path.set(&mut fields, value.to_json());
            }
            Record {
                id: RecordId::new("1"),
                modified: None,
                modified_by: None,
                fields,
            }
        };
        let shop = record(Side::WooCommerce, "guest:g@shop.example");
        let crm = record(Side::Vtiger, "12x12");
        let now = Sides::new(|side| mapping.read(side, if side == Side::Vtiger { &crm } else { &shop }));
        let base = Base::from([(mapping.key(), now)]);
        let records = Sides {
            woocommerce: Some(&shop),
            vtiger: Some(&crm),
        };
        let planned = |is_gone| {
            let mut plan = plan(&settings, Some(&base), records, &Renewed { is_gone });
            plan.fields.remove(0)
        };

        assert_eq!(planned(true).written, Some(Value::text("12x20")));
        assert_eq!(planned(false).decision, Decision::Unchanged);
    }
}
