//! Runs, and what is forgotten.

use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::store::{Action, Commit, Run, RunKind};
use woo_vtiger_sync::sync::{Module, Side};

use super::records::{commit, entry, link};
use super::{at, contacts, on_both};

const QUARTER_MS: i64 = 15 * 60_000;

#[tokio::test]
async fn what_is_done_belongs_to_a_run() {
    on_both(async |store| {
        let sweep = Run::new("shop", RunKind::Sweep, at(1));
        store.begin_run(&sweep).await.unwrap();
        for customer in ["1", "2"] {
            let created = commit(None, vec![entry(Side::Vtiger, Action::Created, customer)]);
            let of_run = Commit {
                run: Some(sweep.id.clone()),
                ..created
            };
            store.commit(&of_run).await.unwrap();
        }
        let live = commit(None, vec![entry(Side::WooCommerce, Action::Skipped, "3")]);
        store.commit(&live).await.unwrap();

        let runs = store.runs(Some("shop"), None, 10).await.unwrap();
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0], sweep, "the newest first");
        let quarter = at(2).as_millis() - at(2).as_millis() % QUARTER_MS;
        assert_eq!(
            (runs[1].kind, runs[1].begun),
            (RunKind::Live, Timestamp::from_millis(quarter))
        );
        assert_eq!(runs[1].ended, Some(Timestamp::from_millis(quarter + QUARTER_MS)));
        assert_eq!(store.runs(Some("other"), None, 10).await.unwrap(), []);
        assert_eq!(store.runs(None, Some(&sweep), 10).await.unwrap(), runs[1..]);

        let tallies = store.tallies(&[&sweep.id, &runs[1].id]).await.unwrap();
        assert_eq!(tallies.len(), 2);
        let of_sweep = tallies.iter().find(|tally| tally.run == sweep.id).unwrap();
        assert_eq!((of_sweep.module, of_sweep.side), (Module::Contacts, Side::Vtiger));
        assert_eq!((of_sweep.action, of_sweep.number), (Action::Created, 2));

        let first = store.entries_of_run(&sweep.id, "", 1).await.unwrap();
        let second = store.entries_of_run(&sweep.id, &first[0].id, 10).await.unwrap();
        assert_eq!((first.len(), second.len()), (1, 1));
        assert_ne!(first[0].entry.ids, second[0].entry.ids);

        store.end_run(&sweep.id, at(9), Some("no answer")).await.unwrap();
        let ended = store.run(&sweep.id).await.unwrap().unwrap();
        assert_eq!(
            (ended.ended, ended.failure.as_deref()),
            (Some(at(9)), Some("no answer"))
        );
        assert_eq!(store.run("none").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_nobody_ended_was_broken_off_and_a_first_sync_goes_on() {
    on_both(async |store| {
        let [backfill, first, second] =
            [RunKind::Backfill, RunKind::Sweep, RunKind::SyncNow].map(|kind| Run::new("shop", kind, at(1)));
        for run in [&backfill, &first, &second] {
            store.begin_run(run).await.unwrap();
        }
        // It begins again after a pause.
        store.begin_run(&second).await.unwrap();

        let of = async |run: &Run| store.run(&run.id).await.unwrap().unwrap();
        assert!(of(&first).await.failure.is_some());
        assert_eq!(of(&second).await, second);
        assert_eq!(store.open_backfill("shop").await.unwrap(), Some(backfill.clone()));
        assert_eq!(store.open_backfill("other").await.unwrap(), None);
        store.end_run(&backfill.id, at(2), None).await.unwrap();
        assert_eq!(store.open_backfill("shop").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_links_stay() {
    on_both(async |store| {
        let linked = link("1", "12x1");
        let old = Commit {
            now: at(0),
            ..commit(
                Some(linked.clone()),
                ["1", "2", "3"]
                    .map(|id| entry(Side::Vtiger, Action::Created, id))
                    .to_vec(),
            )
        };
        store.commit(&old).await.unwrap();
        let late = Timestamp::from_millis(at(0).as_millis() + 2 * QUARTER_MS);
        let new = Commit {
            now: late,
            ..commit(None, vec![entry(Side::Vtiger, Action::Updated, "1")])
        };
        store.commit(&new).await.unwrap();

        assert_eq!(store.forget_entries(late, 2).await.unwrap(), 2);
        assert_eq!(
            store.runs(None, None, 10).await.unwrap().len(),
            2,
            "one of its entries is left"
        );
        assert_eq!(store.forget_entries(late, 2).await.unwrap(), 1);
        assert_eq!(store.forget_entries(late, 2).await.unwrap(), 0);

        assert_eq!(store.entries(10).await.unwrap().len(), 1);
        let runs = store.runs(None, None, 10).await.unwrap();
        assert_eq!(runs.len(), 1);
        assert!(runs[0].ended > Some(late));
        let found = store
            .link_of(&contacts(), Side::Vtiger, &linked.ids.vtiger)
            .await
            .unwrap();
        assert_eq!(found.unwrap().id, linked.id);
    })
    .await;
}
