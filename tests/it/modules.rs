//! Each module in each direction: what is created, edited, deleted and restored on one side is so on the other, with
//! no more calls than it needs, and nothing comes back.

mod kind;

use woo_vtiger_sync::store::Action;
use woo_vtiger_sync::sync::{Module, Side};

use crate::scene::{Scene, next_second};
use kind::{KINDS, Kind};

async fn scene(kind: &Kind, settings: &str) -> Scene {
    let scene = Scene::in_utc(&format!("[connections.shop.modules.{}]\n{settings}", kind.module)).await;
    kind.prepare(&scene).await;
    scene
}

/// Makes a record on one side, waits until it is on the other, and returns both ids.
async fn pair(scene: &Scene, kind: &Kind, from: Side) -> (String, String) {
    let id = kind.create(scene, from);
    scene.quiet().await;
    let Some(other) = kind.counterpart(scene, from, &id) else {
        panic!(
            "{} {id} of {from} has a counterpart: {:?}",
            kind.module,
            scene.journal().await
        );
    };
    next_second().await;
    scene.forget_calls();
    match from {
        Side::WooCommerce => (id, other),
        Side::Vtiger => (other, id),
    }
}

fn of(ids: &(String, String), side: Side) -> &str {
    match side {
        Side::WooCommerce => &ids.0,
        Side::Vtiger => &ids.1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_record_costs_one_lookup_and_one_create() {
    for kind in KINDS {
        for from in Side::BOTH {
            let scene = scene(&kind, "").await;
            pair(&scene, &kind, from).await;
            // The first pair has warmed up what is remembered: session, taxes, currencies.
            kind.create(&scene, from);
            scene.quiet().await;

            let calls = scene.calls();
            assert_eq!(calls.len(), 2, "{} from {from}: {calls:?}", kind.module);
            assert_eq!(scene.writes().len(), 1, "{} from {from}: {calls:?}", kind.module);
            assert_eq!(kind.counts(&scene), (2, 2), "{} from {from}", kind.module);
            scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_costs_one_read_and_one_write_and_its_echo_nothing() {
    for kind in KINDS {
        for from in Side::BOTH {
            for on in Side::BOTH {
                let scene = scene(&kind, "").await;
                let ids = pair(&scene, &kind, from).await;

                kind.edit(&scene, on, of(&ids, on), "edited");
                scene.quiet().await;

                let calls = scene.calls();
                let what = format!("{} made in {from}, edited in {on}: {calls:?}", kind.module);
                assert_eq!(calls.len(), 2, "{what}");
                assert_eq!(scene.writes().len(), 1, "{what}");
                for side in Side::BOTH {
                    assert_eq!(
                        kind.text(&scene, side, of(&ids, side)),
                        "edited",
                        "{what}, {side}"
                    );
                }
                scene.stop().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_values_travel_one_way_an_edit_costs_one_write_and_the_source_is_never_written_to() {
    for kind in KINDS {
        for from in Side::BOTH {
            let direction = match from {
                Side::WooCommerce => "to_vtiger",
                Side::Vtiger => "to_woocommerce",
            };
            let scene = scene(&kind, &format!("direction = \"{direction}\"")).await;
            let ids = pair(&scene, &kind, from).await;

            kind.edit(&scene, from, of(&ids, from), "edited");
            scene.quiet().await;
            let calls = scene.calls();
            let what = format!("{} {direction}: {calls:?}", kind.module);
            assert_eq!(calls.len(), 1, "{what}");
            assert_eq!(
                kind.text(&scene, from.opposite(), of(&ids, from.opposite())),
                "edited",
                "{what}"
            );

            scene.forget_calls();
            kind.edit(
                &scene,
                from.opposite(),
                of(&ids, from.opposite()),
                "against the way",
            );
            kind.create(&scene, from.opposite());
            scene.quiet().await;
            assert_eq!(
                scene.writes().len(),
                0,
                "{} {direction}: {:?}",
                kind.module,
                scene.calls()
            );
            assert_eq!(kind.text(&scene, from, of(&ids, from)), "edited");
            scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_without_change_costs_nothing() {
    for kind in KINDS {
        for on in Side::BOTH {
            let scene = scene(&kind, "").await;
            let ids = pair(&scene, &kind, Side::WooCommerce).await;

            kind.save(&scene, on, of(&ids, on));
            scene.quiet().await;

            assert_eq!(scene.calls(), Vec::<String>::new(), "{} in {on}", kind.module);
            scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_decided_by_each_rule_and_the_loser_stays_in_the_log() {
    for kind in KINDS {
        for (rule, first, winner) in [
            ("last_updated", Side::WooCommerce, Side::Vtiger),
            ("last_updated", Side::Vtiger, Side::WooCommerce),
            ("vtiger", Side::Vtiger, Side::Vtiger),
            ("woocommerce", Side::WooCommerce, Side::WooCommerce),
        ] {
            let scene = scene(&kind, &format!("conflict = \"{rule}\"")).await;
            let ids = pair(&scene, &kind, Side::WooCommerce).await;

            scene.set_deaf(true);
            for side in [first, first.opposite()] {
                kind.edit(&scene, side, of(&ids, side), side.as_str());
                next_second().await;
            }
            scene.quiet().await;
            scene.set_deaf(false);
            while !scene.sweep_all().await {}

            for side in Side::BOTH {
                let text = kind.text(&scene, side, of(&ids, side));
                assert_eq!(text, winner.as_str(), "{} by {rule}, in {side}", kind.module);
            }
            let journal = scene.journal().await;
            let loser = winner.opposite().as_str();
            let told = journal.iter().flat_map(|line| &line.entry.fields);
            assert!(
                told.filter(|field| field.decision.source() == Some(winner))
                    .any(|field| field.before.of(winner.opposite()).as_text() == loser),
                "{} by {rule}: the log keeps what lost",
                kind.module
            );
            scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletes_are_ignored_unless_they_are_to_be_passed_on() {
    for kind in KINDS {
        for on in Side::BOTH {
            for (setting, stays) in [("ignore", true), ("propagate", false)] {
                let scene = scene(&kind, &format!("deletes = \"{setting}\"")).await;
                let ids = pair(&scene, &kind, Side::WooCommerce).await;

                kind.delete(&scene, on, of(&ids, on));
                scene.quiet().await;

                let what = format!("{} deleted in {on}, {setting}", kind.module);
                let other = on.opposite();
                assert_eq!(kind.is_there(&scene, other, of(&ids, other)), stays, "{what}");
                let last = scene.journal().await.remove(0).entry;
                let action = if stays { Action::Skipped } else { Action::Deleted };
                assert_eq!(last.action, action, "{what}");
                if !stays {
                    assert!(!last.fields.is_empty(), "{what}: the log keeps the values");
                }
                while !scene.sweep_all().await {}
                assert!(
                    !kind.is_there(&scene, on, of(&ids, on)),
                    "{what}: nothing is created again"
                );
                scene.stop().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_edited_is_not_deleted_with_its_counterpart() {
    for kind in KINDS {
        for on in Side::BOTH {
            let scene = scene(&kind, "deletes = \"propagate\"").await;
            let ids = pair(&scene, &kind, Side::WooCommerce).await;
            let other = on.opposite();

            scene.set_deaf(true);
            kind.edit(&scene, other, of(&ids, other), "edited");
            scene.quiet().await;
            scene.set_deaf(false);
            kind.delete(&scene, on, of(&ids, on));
            scene.quiet().await;

            let what = format!("{} deleted in {on}", kind.module);
            assert!(kind.is_there(&scene, other, of(&ids, other)), "{what}");
            let last = scene.journal().await.remove(0).entry.skip.expect("a reason");
            assert!(last.to_string().contains("edited"), "{what}: {last}");
            scene.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_restored_is_in_step_again_and_nothing_is_doubled() {
    for kind in KINDS {
        for on in Side::BOTH {
            // A customer is deleted for good.
            if kind.module == Module::Contacts && on == Side::WooCommerce {
                continue;
            }
            for setting in ["ignore", "propagate"] {
                let scene = scene(&kind, &format!("deletes = \"{setting}\"")).await;
                let ids = pair(&scene, &kind, Side::WooCommerce).await;
                kind.delete(&scene, on, of(&ids, on));
                scene.quiet().await;
                next_second().await;

                kind.restore(&scene, on, of(&ids, on));
                scene.quiet().await;
                while !scene.sweep_all().await {}
                next_second().await;
                kind.edit(&scene, on, of(&ids, on), "after the restore");
                scene.quiet().await;
                while !scene.sweep_all().await {}

                let what = format!("{} restored in {on}, {setting}", kind.module);
                assert_eq!(kind.counts(&scene), (1, 1), "{what}");
                let other = kind.counterpart(&scene, on, of(&ids, on)).expect("a counterpart");
                assert_eq!(
                    kind.text(&scene, on.opposite(), &other),
                    "after the restore",
                    "{what}"
                );
                scene.stop().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_switched_off_is_left_alone() {
    for kind in KINDS {
        let scene = scene(&kind, "enabled = false").await;

        for side in Side::BOTH {
            kind.create(&scene, side);
        }
        scene.quiet().await;
        scene.sweep_all().await;

        assert_eq!(kind.counts(&scene), (1, 1), "{}", kind.module);
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_from_before_the_day_to_sync_from_wait_until_they_change() {
    for kind in KINDS {
        for from in Side::BOTH {
            let scene = scene(&kind, "sync_from = \"2099-01-01\"").await;

            let id = kind.create(&scene, from);
            scene.quiet().await;
            scene.sweep_all().await;

            assert!(
                kind.counterpart(&scene, from, &id).is_none(),
                "{} from {from}",
                kind.module
            );
            scene.stop().await;
        }
    }
}
