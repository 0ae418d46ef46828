//! Both sides end up with the same: laws 4 and 5.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::sync::{
    Base, ModuleSettings, Patch, Plan, Record, Side, Sides, Value, advance, plan, unchanged_since,
};

use super::fake::{Losses, blank};
use super::generate::{losses, paths, scalar, settings, settings_both_ways, spelled_one_way};
use super::scene::{Scene, scene};

/// One person in both systems, and what is remembered of them.
#[derive(Default)]
struct Pair {
    records: Sides<Option<Record>>,
    base: Option<Base>,
}

impl Pair {
    fn seen(&self) -> Sides<Option<&Record>> {
        Sides {
            woocommerce: self.records.woocommerce.as_ref(),
            vtiger: self.records.vtiger.as_ref(),
        }
    }

    fn both(&self) -> Option<Sides<&Record>> {
        let seen = self.seen();
        Some(Sides {
            woocommerce: seen.woocommerce?,
            vtiger: seen.vtiger?,
        })
    }

    /// What becomes of a hint: plan with what both show, carry that out, remember. Gives what was planned.
    fn hint(&mut self, settings: &ModuleSettings, losses: &Losses, at: Timestamp) -> Option<Plan> {
        if Side::BOTH.into_iter().all(|side| self.seen().of(side).is_none()) {
            return None;
        }
        let plan = plan(settings, self.base.as_ref(), self.seen(), losses);
        if self.both().is_none() && plan.missing().is_some() {
            return Some(plan);
        }
        losses.apply(&plan, &mut self.records, at);
        if let Some(both) = self.both() {
            self.base = Some(advance(settings, both));
        }
        Some(plan)
    }
}

fn pair(scene: &Scene, met: bool, there: Sides<bool>) -> Pair {
    Pair {
        records: Sides::new(|side| there.of(side).then(|| scene.now.of(side).clone())),
        base: met.then(|| scene.base()),
    }
}

const LATER: Timestamp = Timestamp::from_seconds(100);

proptest! {
    /// Law 4.
    #[test]
    fn an_applied_plan_leaves_nothing_to_do(scene in scene(settings()), met in any::<bool>()) {
        let mut pair = pair(&scene, met, Sides { woocommerce: true, vtiger: true });

        pair.hint(&scene.settings, &scene.losses, LATER);

        let base = pair.base.clone().unwrap();
        for side in Side::BOTH {
            let record = pair.records.of(side).as_ref().unwrap();
            prop_assert!(unchanged_since(&scene.settings, &base, side, record));
        }
        let again = pair.hint(&scene.settings, &scene.losses, LATER).unwrap();
        prop_assert!(again.is_empty());
    }

    /// Law 4, where a system loses more than is known of it.
    #[test]
    fn losses_that_are_not_foreseen_leave_nothing_to_do_either(scene in scene(settings()), met in any::<bool>()) {
        let mut pair = pair(&scene, met, Sides { woocommerce: true, vtiger: true });
        let plan = plan(&scene.settings, pair.base.as_ref(), pair.seen(), &Losses::NONE);
        scene.losses.apply(&plan, &mut pair.records, LATER);
        pair.base = Some(advance(&scene.settings, pair.both().unwrap()));

        let again = pair.hint(&scene.settings, &Losses::NONE, LATER).unwrap();

        prop_assert!(again.is_empty());
    }

    /// Law 4, without the help of what is remembered: records in step are known as such when they meet again.
    #[test]
    fn records_in_step_that_meet_again_are_left_alone(scene in scene(settings_both_ways())) {
        let mut pair = pair(&scene, false, Sides { woocommerce: true, vtiger: true });
        pair.hint(&scene.settings, &scene.losses, LATER);

        let again = plan(&scene.settings, None, pair.seen(), &scene.losses);

        prop_assert!(again.is_empty(), "{:?}", again.notable().collect::<Vec<_>>());
    }

    /// Law 4.
    #[test]
    fn a_record_just_created_leaves_nothing_to_do(scene in scene(settings()), vtiger in any::<bool>()) {
        let mut pair = pair(&scene, false, Sides { woocommerce: !vtiger, vtiger });

        pair.hint(&scene.settings, &scene.losses, LATER);

        if pair.both().is_some() {
            let again = pair.hint(&scene.settings, &scene.losses, LATER).unwrap();
            prop_assert!(again.is_empty());
        }
    }
}

/// What happens in the model of law 5.
#[derive(Clone, Debug)]
enum Happening {
    /// A person edits one field of one side's record, which is made if it isn't there.
    Edit {
        person: usize,
        side: Side,
        field: prop::sample::Index,
        value: Json,
    },
    /// A hint arrives: late, out of order, for the second time. One that gets lost is not in the list.
    Hint { person: usize },
}

const PERSONS: usize = 2;

fn edit(sides: Vec<Side>, value: impl Strategy<Value = Json>) -> impl Strategy<Value = Happening> {
    let side = prop::sample::select(sides);
    (0..PERSONS, side, any::<prop::sample::Index>(), value).prop_map(|(person, side, field, value)| {
        Happening::Edit {
            person,
            side,
            field,
            value,
        }
    })
}

fn happenings(sides: Vec<Side>, value: impl Strategy<Value = Json>) -> impl Strategy<Value = Vec<Happening>> {
    let hint = (0..PERSONS).prop_map(|person| Happening::Hint { person });
    vec(prop_oneof![3 => edit(sides, value), 2 => hint], 1..24)
}

/// Two systems through all that happens, and a sweep at the end.
fn live(happenings: &[Happening], settings: &ModuleSettings, losses: &Losses) -> (Vec<Pair>, Timestamp) {
    let mut pairs: Vec<Pair> = (0..PERSONS).map(|_| Pair::default()).collect();
    let mut seconds = 0;
    for happening in happenings {
        seconds += 1;
        let at = Timestamp::from_seconds(seconds);
        match happening {
            Happening::Edit {
                person,
                side,
                field,
                value,
            } => {
                let edited = field.get(&paths(*side)).clone();
                let record = pairs[*person].records.of_mut(*side).get_or_insert_with(blank);
                let patch = Patch([(edited, Value::from_json(value))].into());
                losses.0.of(*side).write(record, &patch, at);
            }
            Happening::Hint { person } => {
                pairs[*person].hint(settings, losses, at);
            }
        }
    }
    let end = Timestamp::from_seconds(seconds + 1);
    for pair in &mut pairs {
        pair.hint(settings, losses, end);
    }
    (pairs, end)
}

fn both_sides() -> Vec<Side> {
    Side::BOTH.to_vec()
}

proptest! {
    /// Law 5.
    #[test]
    fn whatever_becomes_of_hints_a_sweep_brings_both_sides_into_step(
        settings in settings_both_ways(),
        losses in losses(),
        happenings in happenings(both_sides(), spelled_one_way()),
    ) {
        let (pairs, _) = live(&happenings, &settings, &losses);

        for pair in &pairs {
            let Some(both) = pair.both() else { continue };
            for mapping in settings.active() {
                let shown = Sides::new(|side| mapping.read(side, both.of(side)));
                // An empty first line is such a spelling, too.
                let spelled = Side::BOTH.into_iter().all(|side| !shown.of(side).as_text().starts_with('\n'));
                prop_assert!(!spelled || losses.in_step(mapping, both), "{}: {shown:?}", mapping.key());
            }
        }
    }

    /// Law 5.
    #[test]
    fn after_a_sweep_further_hints_change_nothing(
        settings in settings(),
        losses in losses(),
        happenings in happenings(both_sides(), scalar()),
    ) {
        let (mut pairs, end) = live(&happenings, &settings, &losses);

        for pair in &mut pairs {
            let before = pair.records.clone();
            pair.hint(&settings, &losses, end);
            // Where a mandatory field is missing nothing is created, however often it is asked for.
            prop_assert!(pair.records == before);
        }
    }

    /// Law 5: no edit is undone where only one side is edited, whatever the rules and directions.
    #[test]
    fn a_side_that_alone_is_edited_is_never_written_to(
        settings in settings(),
        losses in losses(),
        vtiger in any::<bool>(),
        seed in happenings(vec![Side::WooCommerce], scalar()),
    ) {
        let only = if vtiger { Side::Vtiger } else { Side::WooCommerce };
        let mut happenings = seed;
        for happening in &mut happenings {
            if let Happening::Edit { side, .. } = happening {
                *side = only;
            }
        }
        let mut untouched: Vec<Option<Record>> = vec![None; PERSONS];
        for happening in &happenings {
            if let Happening::Edit { person, side, field, value } = happening {
                let record = untouched[*person].get_or_insert_with(blank);
                let patch = Patch([(field.get(&paths(*side)).clone(), Value::from_json(value))].into());
                losses.0.of(*side).write(record, &patch, Timestamp::default());
            }
        }

        let (pairs, _) = live(&happenings, &settings, &losses);

        for (pair, untouched) in pairs.iter().zip(&untouched) {
            let fields = pair.records.of(only).as_ref().map(|record| &record.fields);
            prop_assert_eq!(fields, untouched.as_ref().map(|record| &record.fields));
        }
    }
}
