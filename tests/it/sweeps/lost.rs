//! All webhooks and callbacks get lost: one sweep finds what people did.

use std::time::Duration;

use woo_vtiger_sync::simulator::vtiger::VtigerKind;
use woo_vtiger_sync::sweep::Scope;

use super::clock::{Watches, crm};
use super::sweep;
use crate::convergence::verdict::Judge;
use crate::people::{Licence, People};
use crate::scene::{PROPAGATE, Scene, asked, wait_until};

/// What people do; `WVS_TEST_ACTS=2000 cargo test --release --test it sweeps::lost` has them do more.
const ACTS: u64 = 300;

async fn one_sweep_finds_all(kind: VtigerKind, seed: u64) {
    let acts = asked("WVS_TEST_ACTS").unwrap_or(ACTS);
    let watches = Watches::default();
    let settings = format!("{PROPAGATE}\n[sweep]\nmost_deletions_percent = 100");
    let scene = watches.scene(&settings, crm(kind)).await;
    let licence = Licence {
        edits: |_, _| true,
        deletes: true,
    };
    let mut people = People::new(&scene, seed, "heard", licence);
    for _ in 0..100 {
        people.act();
    }
    scene.quiet().await;
    no_sweep_by_itself(&scene).await;
    sweep(&scene, Scope::Full).await;
    watches.pass(Duration::from_mins(10));

    scene.set_deaf(true);
    let mut people = People::new(&scene, seed + 1, "lost", licence);
    for _ in 0..acts {
        people.act();
        watches.pass(Duration::from_secs(2));
    }
    sweep(&scene, Scope::ChangesAndGone).await;
    // As the command does: orders that were made moved the shop's stock, and tell where guests live.
    for _ in 0..3 {
        sweep(&scene, Scope::Changes).await;
    }

    let problems = Judge::default().problems(&scene).await;
    let script = people.script.join("\n");
    assert!(
        problems.is_empty(),
        "{kind:?}, seed {seed}:\n{script}\nended with\n{}",
        problems.join("\n")
    );
    scene.forget_calls();
    sweep(&scene, Scope::ChangesAndGone).await;
    assert_eq!(scene.writes(), [] as [&str; 0], "{kind:?}, seed {seed}");
    scene.stop().await;
}

/// Webhooks that name no record ask for a sweep. By itself the service must do none while the clock jumps: its leases would
/// run out.
async fn no_sweep_by_itself(scene: &Scene) {
    let store = &scene.server.parts().store;
    store.take_sweep_requests("shop").await.unwrap();
    wait_until("no sweep is under way", || async {
        let runs = store.runs(Some("shop"), None, 100).await.unwrap();
        runs.iter().all(|run| run.ended.is_some())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sweep_finds_all_that_people_did_while_nobody_listened() {
    for (kind, seed) in [(VtigerKind::Repaired, 20), (VtigerKind::Extended, 21)] {
        one_sweep_finds_all(kind, seed).await;
    }
}
