//! What a single plan may say: laws 1, 2, 6, 7, 8 and 11.

use proptest::prelude::*;
use woo_vtiger_sync::sync::{
    Base, ConflictRule, Decision, Direction, FieldMapping, FieldPlan, ModuleSettings, Patch, Plan, Reason,
    Side, Sides, advance, from_base, plan, unchanged_since,
};

use super::fake::Losses;
use super::generate::{any_json, direction, rule, scalar, settings};
use super::scene::{Scene, scene};

/// The plan for a scene whose records were in step before, and the mappings that it speaks of.
fn planned(scene: &Scene, base: Option<&Base>) -> (Plan, Vec<(FieldMapping, FieldPlan)>) {
    let plan = plan(&scene.settings, base, scene.both(), &scene.losses);
    let fields = plan.fields.iter().map(|field| {
        let mut mappings = scene.settings.active();
        let mapping = mappings.find(|mapping| mapping.key() == field.field).unwrap();
        (mapping.clone(), field.clone())
    });
    let fields = fields.collect();
    (plan, fields)
}

/// Whether the module and the mapping both let values travel to `side`.
fn writes_to(settings: &ModuleSettings, mapping: &FieldMapping, side: Side) -> bool {
    settings.direction.writes_to(side) && mapping.direction.writes_to(side)
}

/// Whether both sides hold the same, be it nothing where a value is mandatory.
fn agree(field: &FieldPlan) -> bool {
    let blank = Side::BOTH
        .into_iter()
        .all(|side| field.before.of(side).is_blank());
    field.decision == Decision::Agreed || (blank && field.decision == Decision::Kept(Reason::Mandatory))
}

/// Whether each side shows something else than it did.
fn changed(scene: &Scene, mapping: &FieldMapping) -> Sides<bool> {
    Sides::new(|side| {
        let shown = |records: &Sides<_>| mapping.read(side, records.of(side));
        !mapping.kind.same(&shown(&scene.before), &shown(&scene.now))
    })
}

proptest! {
    /// Law 1.
    #[test]
    fn records_that_show_what_they_showed_last_are_left_alone(scene in scene(settings())) {
        let base = advance(&scene.settings, scene.now.as_ref());

        let (plan, fields) = planned(&scene, Some(&base));

        prop_assert!(plan.is_empty());
        prop_assert!(fields.iter().all(|(_, field)| field.decision == Decision::Unchanged));
        for side in Side::BOTH {
            prop_assert!(unchanged_since(&scene.settings, &base, side, scene.now.of(side)));
        }
    }

    /// Law 2.
    #[test]
    fn what_only_one_side_changed_moves_under_every_rule(scene in scene(settings())) {
        let (_, fields) = planned(&scene, Some(&scene.base()));

        for (mapping, field) in fields {
            let changed = changed(&scene, &mapping);
            for from in Side::BOTH {
                let to = from.opposite();
                if !changed.of(from) || *changed.of(to) || agree(&field) {
                    continue;
                }
                let value = mapping.translate(to, field.before.of(from).clone());
                if !writes_to(&scene.settings, &mapping, to) {
                    prop_assert_eq!(field.decision, Decision::Kept(Reason::Direction));
                } else if mapping.mandatory && value.is_blank() {
                    prop_assert_eq!(field.decision, Decision::Kept(Reason::Mandatory));
                } else {
                    prop_assert_eq!(field.decision, Decision::Moved { from, because: Reason::Changed });
                    prop_assert_eq!(field.written.as_ref(), Some(&value));
                }
            }
        }
    }

    /// Law 2: a field counts as agreed only where nothing would be gained by writing it.
    #[test]
    fn fields_that_agree_are_in_step(scene in scene(settings()), met in any::<bool>()) {
        let base = scene.base();

        let (_, fields) = planned(&scene, met.then_some(&base));

        for (mapping, field) in fields {
            if field.decision == Decision::Agreed {
                prop_assert!(scene.losses.in_step(&mapping, scene.now.as_ref()));
            }
        }
    }

    /// Law 2: when records meet for the first time.
    #[test]
    fn records_that_meet_fill_blanks_and_blank_nothing(scene in scene(settings())) {
        let (_, fields) = planned(&scene, None);

        for (mapping, field) in fields {
            for to in Side::BOTH {
                let (here, there) = (field.before.of(to), field.before.of(to.opposite()));
                let offered = mapping.translate(to, there.clone());
                if !here.is_blank() && there.is_blank() {
                    prop_assert_ne!(field.decision.source(), Some(to.opposite()));
                }
                let only = !there.is_blank() || !writes_to(&scene.settings, &mapping, to.opposite());
                if here.is_blank() && !offered.is_blank() && only && writes_to(&scene.settings, &mapping, to) {
                    let filled = field.written.as_ref() == Some(&offered);
                    prop_assert!(filled || scene.losses.in_step(&mapping, scene.now.as_ref()));
                }
            }
        }
    }

    /// Law 6.
    #[test]
    fn fields_outside_the_mapping_are_not_touched(scene in scene(settings()), met in any::<bool>()) {
        let base = scene.base();

        let (plan, _) = planned(&scene, met.then_some(&base));

        for side in Side::BOTH {
            let writable = scene.settings.active().filter(|mapping| writes_to(&scene.settings, mapping, side));
            let writable: Vec<_> = writable.flat_map(|mapping| mapping.paths(side).to_vec()).collect();
            for path in plan.patches.of(side).0.keys() {
                prop_assert!(writable.contains(path), "{path}");
            }
        }
    }

    /// Law 7.
    #[test]
    fn each_value_written_is_what_the_mapping_makes_of_the_other_sides(
        scene in scene(settings()),
        met in any::<bool>(),
    ) {
        let base = scene.base();

        let (plan, fields) = planned(&scene, met.then_some(&base));

        let mut expected = Sides::<Patch>::default();
        for (mapping, field) in fields {
            prop_assert_eq!(&field.before, &Sides::new(|side| mapping.read(side, scene.now.of(side))));
            let Some(written) = field.written else { continue };
            let from = field.decision.source().unwrap();
            let to = from.opposite();
            prop_assert_eq!(&written, &mapping.translate(to, field.before.of(from).clone()));
            mapping.write(to, &written, expected.of_mut(to));
        }
        prop_assert_eq!(plan.patches, expected);
    }

    /// Law 8.
    #[test]
    fn a_conflict_is_when_both_sides_changed_a_field_to_different_facts(scene in scene(settings())) {
        let (_, fields) = planned(&scene, Some(&scene.base()));

        for (mapping, field) in fields {
            let both = changed(&scene, &mapping) == Sides { woocommerce: true, vtiger: true };
            match field.decision {
                Decision::Conflict { .. } => prop_assert!(both),
                Decision::Kept(Reason::Mandatory) => prop_assert!(mapping.mandatory),
                decision => prop_assert!(!both || decision == Decision::Agreed, "{field:?}"),
            }
            if both && !mapping.mandatory {
                let (woocommerce, vtiger) = (&field.before.woocommerce, &field.before.vtiger);
                let same = mapping.transforms.is_empty() && mapping.kind.same(woocommerce, vtiger);
                prop_assert!(!same || field.decision == Decision::Agreed);
            }
        }
    }

    /// Law 8.
    #[test]
    fn the_rule_picks_the_side_and_the_losing_value_is_told(scene in scene(settings())) {
        let (_, fields) = planned(&scene, Some(&scene.base()));

        for (mapping, field) in fields {
            let Decision::Conflict { winner, because } = field.decision else { continue };
            let rule = mapping.conflict.unwrap_or(scene.settings.conflict);
            let expected = match (
                writes_to(&scene.settings, &mapping, Side::WooCommerce),
                writes_to(&scene.settings, &mapping, Side::Vtiger),
            ) {
                (true, false) => (Side::Vtiger, Reason::Direction),
                (false, _) => (Side::WooCommerce, Reason::Direction),
                (true, true) => {
                    let later = scene.now.vtiger.modified > scene.now.woocommerce.modified;
                    let side = match rule {
                        ConflictRule::Vtiger => Side::Vtiger,
                        ConflictRule::LastUpdated if later => Side::Vtiger,
                        ConflictRule::LastUpdated | ConflictRule::WooCommerce => Side::WooCommerce,
                    };
                    (side, Reason::Rule(rule))
                }
            };
            prop_assert_eq!((winner, because), expected);
            let loser = winner.opposite();
            prop_assert_eq!(field.before.of(loser), &mapping.read(loser, scene.now.of(loser)));
        }
    }

    /// Law 11.
    #[test]
    fn a_record_that_is_not_there_never_changes_the_one_that_is(
        scene in scene(settings()),
        met in any::<bool>(),
        woocommerce in any::<bool>(),
    ) {
        let there = if woocommerce { Side::WooCommerce } else { Side::Vtiger };
        let mut records = scene.both();
        *records.of_mut(there.opposite()) = None;
        let base = scene.base();

        let plan = plan(&scene.settings, met.then_some(&base), records, &scene.losses);

        prop_assert!(plan.patches.of(there).is_empty());
        prop_assert!(plan.fields.iter().all(|field| field.decision.source() != Some(there.opposite())));
    }

    /// Law 1: what stands for a record that need not be read.
    #[test]
    fn a_record_out_of_the_base_shows_no_change(scene in scene(settings())) {
        let base = scene.base();

        for side in Side::BOTH {
            let record = from_base(&scene.settings, &base, side, &scene.now.of(side).id);
            for mapping in scene.settings.active() {
                let shown = base[&mapping.key()].of(side);
                let text = shown.as_text();
                // What is no line of its own doesn't come back as it was.
                let fits = text.lines().count() <= mapping.paths(side).len()
                    && text.lines().all(|line| line == line.trim_end());
                if fits || mapping.paths(side).len() == 1 {
                    prop_assert!(mapping.kind.same(shown, &mapping.read(side, &record)), "{}", mapping.key());
                }
            }
        }
    }

    /// Law 10.
    #[test]
    fn a_plan_can_be_made_for_any_json(
        settings in settings(),
        records in prop::array::uniform4(prop::option::of(prop::collection::btree_map(path_root(), any_json(), 0..6))),
        value in scalar(),
        way in direction(),
        rule in rule(),
    ) {
        let record = |fields: &Option<std::collections::BTreeMap<String, serde_json::Value>>| {
            let fields = fields.clone()?;
            let mut record = super::fake::blank();
            record.fields = fields.into_iter().collect();
            Some(record)
        };
        let [woocommerce, vtiger, earlier, later] = records.each_ref().map(record);
        let mut settings = settings;
        settings.direction = if settings.direction == Direction::Both { way } else { settings.direction };
        settings.conflict = rule;
        let base = earlier.zip(later).map(|(woocommerce, vtiger)| {
            advance(&settings, Sides { woocommerce, vtiger }.as_ref())
        });
        let now = Sides { woocommerce: woocommerce.as_ref(), vtiger: vtiger.as_ref() };

        let plan = plan(&settings, base.as_ref(), now, &Losses::NONE);

        for side in Side::BOTH {
            let mut fields = serde_json::Map::from_iter([("meta_data".to_owned(), value.clone())]);
            for (path, value) in &plan.patches.of(side).0 {
                path.set(&mut fields, value.to_json());
            }
        }
        let told: Vec<String> = plan.fields.iter().map(|field| field.decision.to_string()).collect();
        prop_assert!(told.iter().all(|text| !text.is_empty()));
    }
}

fn path_root() -> impl Strategy<Value = String> {
    let names = super::generate::paths(Side::WooCommerce)
        .into_iter()
        .chain(super::generate::paths(Side::Vtiger));
    let names: Vec<String> = names.map(|path| path.root().to_owned()).collect();
    proptest::sample::select(names)
}
