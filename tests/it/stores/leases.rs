//! Leases: one holder at a time, whoever comes second waits, and nobody is overlooked.

use std::sync::Arc;

use tokio_util::task::TaskTracker;
use woo_vtiger_sync::store::{Commit, Fence};

use super::{LEASE, at, contacts, event, on_both, tally};

#[tokio::test]
async fn a_lease_has_one_holder_until_it_is_released_or_runs_out() {
    on_both(async |store| {
        let names = ["a".to_owned()];
        assert!(store.acquire("a", "one", at(0), at(0) + LEASE).await.unwrap());
        assert!(store.acquire("a", "one", at(1), at(1) + LEASE).await.unwrap());
        assert!(!store.acquire("a", "two", at(2), at(2) + LEASE).await.unwrap());
        assert!(store.is_leased("a", at(2)).await.unwrap());
        assert!(!store.is_leased("b", at(2)).await.unwrap());
        assert!(store.release(&names, "two").await.unwrap().is_empty());
        assert!(store.is_leased("a", at(2)).await.unwrap());

        store.release(&names, "one").await.unwrap();
        assert!(store.acquire("a", "two", at(3), at(3) + LEASE).await.unwrap());
        // It was not prolonged.
        assert!(store.acquire("a", "one", at(34), at(34) + LEASE).await.unwrap());
        assert!(!store.is_leased("a", at(65)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn only_leases_that_have_not_run_out_are_prolonged() {
    on_both(async |store| {
        for (name, owner) in [("a", "one"), ("b", "one"), ("c", "two"), ("d", "three")] {
            store.acquire(name, owner, at(0), at(0) + LEASE).await.unwrap();
        }
        let owners = ["one".to_owned(), "two".to_owned()];

        assert_eq!(store.renew(&owners, at(20), at(20) + LEASE).await.unwrap(), 3);
        assert_eq!(store.renew(&[], at(20), at(20) + LEASE).await.unwrap(), 0);
        assert!(store.is_leased("a", at(45)).await.unwrap());
        assert!(!store.is_leased("d", at(45)).await.unwrap());
        assert_eq!(store.renew(&owners, at(60), at(60) + LEASE).await.unwrap(), 0);

        store.drop_leases().await.unwrap();
        assert!(!store.is_leased("a", at(45)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_many_that_want_a_lease_at_once_one_gets_it() {
    on_both(async |store| {
        for round in 0..20 {
            let name = format!("lease {round}");
            let tasks = TaskTracker::new();
            let tries = (0..8).map(|number| {
                let (store, name) = (Arc::clone(&store), name.clone());
                tasks.spawn(async move {
                    let owner = format!("owner {number}");
                    store.acquire(&name, &owner, at(0), at(0) + LEASE).await.unwrap()
                })
            });
            let outcomes = futures_util::future::join_all(tries).await;

            let tally = tally(outcomes.into_iter().map(Result::unwrap));

            assert_eq!(tally.get(&true), Some(&1), "{tally:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn events_wait_for_a_lease_that_is_held_and_are_handed_over_at_its_release() {
    on_both(async |store| {
        let names = ["a".to_owned(), "b".to_owned()];
        let (first, second) = (event("1"), event("2"));
        assert!(!store.park("a", &first, at(0)).await.unwrap());
        store.acquire("a", "one", at(0), at(0) + LEASE).await.unwrap();
        assert!(store.park("a", &first, at(1)).await.unwrap());
        assert!(store.park("a", &first, at(1)).await.unwrap());
        assert!(store.park("a", &second, at(1)).await.unwrap());
        assert_eq!(
            store.waiting(&names).await.unwrap(),
            [first.clone(), second.clone()]
        );
        assert!(store.stranded(at(2)).await.unwrap().is_empty());
        assert_eq!(store.stranded(at(40)).await.unwrap().len(), 2);

        assert_eq!(
            store.release(&names, "one").await.unwrap(),
            [first.clone(), second.clone()]
        );
        // A crash before they are in the queue again strands them.
        assert_eq!(store.stranded(at(2)).await.unwrap().len(), 2);

        store.unpark(&[first.id, second.id]).await.unwrap();
        assert!(store.stranded(at(2)).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_event_that_comes_while_a_lease_is_released_is_parked_and_handed_over_or_refused() {
    on_both(async |store| {
        for round in 0..100 {
            let name = format!("lease {round}");
            let names = [name.clone()];
            store.acquire(&name, "one", at(0), at(0) + LEASE).await.unwrap();
            let parking = {
                let (store, name) = (Arc::clone(&store), name.clone());
                TaskTracker::new().spawn(async move { store.park(&name, &event("1"), at(1)).await.unwrap() })
            };

            let handed_over = store.release(&names, "one").await.unwrap();

            assert_eq!(parking.await.unwrap(), handed_over.len() == 1);
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_under_a_lease_that_was_lost() {
    on_both(async |store| {
        let commit = |owner: &str| Commit {
            at: contacts(),
            now: at(50),
            link: Some(super::records::link("1", "12x1")),
            entries: Vec::new(),
            created: None,
            fence: Some(Fence {
                owner: owner.to_owned(),
                names: vec!["a".to_owned(), "b".to_owned()],
            }),
            run: None,
            told_at: None,
        };
        for name in ["a", "b"] {
            store.acquire(name, "one", at(0), at(0) + LEASE).await.unwrap();
        }
        // It ran out, but nobody else has taken it: nothing can have gone wrong.
        store.commit(&commit("one")).await.unwrap();
        store.acquire("b", "two", at(51), at(51) + LEASE).await.unwrap();

        let lost = store.commit(&commit("one")).await.unwrap_err();

        let told = woo_vtiger_sync::telemetry::chain(&lost);
        assert!(told.contains("the lease ran out"), "{told}");
        let links = store.links_after(&contacts(), "", 10).await.unwrap();
        assert_eq!(links.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_prolonged_while_others_write_under_them() {
    on_both(async |store| {
        let owners: Vec<String> = (0..20).map(|nth| format!("owner-{nth}")).collect();
        // What was taken first is not what is locked first.
        for pair in ["b", "a"] {
            for owner in &owners {
                let name = format!("{pair}-{owner}");
                assert!(store.acquire(&name, owner, at(0), at(60)).await.unwrap());
            }
        }
        let mut tasks = tokio::task::JoinSet::new();
        for owner in owners.clone() {
            let store = Arc::clone(&store);
            tasks.spawn(async move {
                let mut commit = super::records::commit(None, Vec::new());
                for turn in 0..20 {
                    let mut names = vec![format!("a-{owner}"), format!("b-{owner}")];
                    if turn % 2 == 0 {
                        names.reverse();
                    }
                    commit.fence = Some(Fence {
                        owner: owner.clone(),
                        names,
                    });
                    store.commit(&commit).await.unwrap();
                }
            });
        }
        for until in 61..81 {
            let renewed = store.renew(&owners, at(1), at(until)).await.unwrap();
            assert_eq!(renewed, 40);
        }
        tasks.join_all().await;
    })
    .await;
}
