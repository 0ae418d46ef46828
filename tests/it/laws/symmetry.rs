//! The core knows no side: law 3.

use proptest::prelude::*;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::sync::{
    Base, Case, ConflictRule, Decision, Direction, FieldMapping, FieldPath, FieldPlan, Lines, ModuleSettings,
    Patch, Plan, Reason, Record, Side, Sides, Transform, plan,
};

use super::fake::Losses;
use super::generate::{direction, module, plain_mappings, reversible_table, rule};
use super::scene::{Scene, scene};

/// Mappings of one path on each side, whose transforms have a mirror image.
fn settings() -> impl Strategy<Value = ModuleSettings> {
    let step = prop_oneof![
        Just(Transform::Trim),
        Just(Transform::Case(Case::Upper)),
        Just(Transform::Number(1)),
        reversible_table().prop_map(Transform::Map),
    ];
    let one_path = plain_mappings()
        .into_iter()
        .filter(|mapping| mapping.paths(Side::WooCommerce).len() == 1);
    let mappings: Vec<_> = one_path
        .map(|mapping| {
            (
                direction(),
                prop::collection::vec(step.clone(), 0..3),
                any::<bool>(),
                prop::option::of(rule()),
            )
                .prop_map(move |(direction, transforms, mandatory, conflict)| FieldMapping {
                    direction,
                    transforms,
                    mandatory,
                    conflict,
                    ..mapping.clone()
                })
        })
        .collect();
    module(mappings)
}

fn swap<T>(sides: Sides<T>) -> Sides<T> {
    Sides {
        woocommerce: sides.vtiger,
        vtiger: sides.woocommerce,
    }
}

fn mirror_direction(direction: Direction) -> Direction {
    match direction {
        Direction::Both => Direction::Both,
        Direction::ToVtiger => Direction::ToWooCommerce,
        Direction::ToWooCommerce => Direction::ToVtiger,
    }
}

fn mirror_rule(rule: ConflictRule) -> ConflictRule {
    match rule {
        ConflictRule::LastUpdated => ConflictRule::LastUpdated,
        ConflictRule::Vtiger => ConflictRule::WooCommerce,
        ConflictRule::WooCommerce => ConflictRule::Vtiger,
    }
}

fn mirror_transform(step: &Transform) -> Transform {
    match step {
        Transform::Map(table) => Transform::Map(
            table
                .iter()
                .map(|(here, there)| (there.clone(), here.clone()))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn mirror_mapping(mapping: &FieldMapping) -> FieldMapping {
    let woocommerce = &mapping.paths(Side::WooCommerce)[0];
    FieldMapping {
        woocommerce: Lines::parse(&mapping.vtiger.to_string()).unwrap(),
        vtiger: FieldPath::parse(&woocommerce.to_string()).unwrap(),
        direction: mirror_direction(mapping.direction),
        transforms: mapping.transforms.iter().rev().map(mirror_transform).collect(),
        conflict: mapping.conflict.map(mirror_rule),
        ..mapping.clone()
    }
}

fn mirror_settings(settings: &ModuleSettings) -> ModuleSettings {
    ModuleSettings {
        direction: mirror_direction(settings.direction),
        conflict: mirror_rule(settings.conflict),
        mappings: settings.mappings.iter().map(mirror_mapping).collect(),
        ..settings.clone()
    }
}

fn mirror_reason(reason: Reason) -> Reason {
    match reason {
        Reason::Rule(rule) => Reason::Rule(mirror_rule(rule)),
        other => other,
    }
}

fn mirror_decision(decision: Decision) -> Decision {
    match decision {
        Decision::Unchanged | Decision::Agreed => decision,
        Decision::Kept(reason) => Decision::Kept(mirror_reason(reason)),
        Decision::Moved { from, because } => Decision::Moved {
            from: from.opposite(),
            because: mirror_reason(because),
        },
        Decision::Taken { side } => Decision::Taken {
            side: side.opposite(),
        },
        Decision::Conflict { winner, because } => Decision::Conflict {
            winner: winner.opposite(),
            because: mirror_reason(because),
        },
    }
}

fn mirror_plan(plan: Plan, settings: &ModuleSettings) -> Plan {
    let key = |key: &str| {
        let mapping = settings.active().find(|mapping| mapping.key() == key).unwrap();
        mirror_mapping(mapping).key()
    };
    let fields = plan.fields.into_iter().map(|field| FieldPlan {
        field: key(&field.field),
        decision: mirror_decision(field.decision),
        before: swap(field.before),
        ..field
    });
    Plan {
        fields: fields.collect(),
        patches: swap::<Patch>(plan.patches),
    }
}

fn mirror_base(base: &Base, settings: &ModuleSettings) -> Base {
    let fields = settings.active().map(|mapping| {
        let values = base[&mapping.key()].clone();
        (mirror_mapping(mapping).key(), swap(values))
    });
    fields.collect()
}

fn check(mut scene: Scene, met: bool, there: Sides<bool>) -> Result<(), TestCaseError> {
    // In a tie WooCommerce wins by definition.
    if scene.now.woocommerce.modified == scene.now.vtiger.modified {
        scene.now.woocommerce.modified = Some(Timestamp::from_seconds(99));
    }
    let base = met.then(|| scene.base());
    let now = &scene.now;
    let records: Sides<Option<&Record>> = Sides {
        woocommerce: there.woocommerce.then_some(&now.woocommerce),
        vtiger: there.vtiger.then_some(&now.vtiger),
    };
    let mirrored = mirror_settings(&scene.settings);

    let one = plan(&scene.settings, base.as_ref(), records, &scene.losses);
    let base = base.map(|base| mirror_base(&base, &scene.settings));
    let other = plan(
        &mirrored,
        base.as_ref(),
        swap(records),
        &Losses(swap(scene.losses.0)),
    );

    prop_assert_eq!(other, mirror_plan(one, &scene.settings));
    Ok(())
}

proptest! {
    /// Law 3.
    #[test]
    fn swapping_the_two_sides_mirrors_the_plan(scene in scene(settings()), met in any::<bool>()) {
        check(scene, met, Sides { woocommerce: true, vtiger: true })?;
    }

    /// Law 3.
    #[test]
    fn records_are_created_alike_on_both_sides(scene in scene(settings()), vtiger in any::<bool>()) {
        check(scene, false, Sides { woocommerce: !vtiger, vtiger })?;
    }
}
