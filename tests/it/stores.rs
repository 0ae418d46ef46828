//! The store keeps its contracts on SQLite and on PostgreSQL: every operation is tried on both.

mod connections;
mod known;
mod leases;
mod limits;
mod log;
mod records;
mod runs;
mod schema;
mod settings;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::queue::{Cause, Change, Event, Failure, Lane, Seen, Subject};
use woo_vtiger_sync::store::{
    Database, FailedEvent, FailedFilter, Place, Process, SqlStore, Store, SweepRequest,
};
use woo_vtiger_sync::sync::{Module, ModuleSettings, RecordId, Side};

use crate::servers;

/// Runs a test on a fresh store of each kind.
async fn on_both(test: impl AsyncFn(Arc<dyn Store>)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Database::sqlite(&folder.path().join("sync.sqlite"))
        .await
        .unwrap();
    test(Arc::new(SqlStore::new(sqlite.clone()))).await;
    sqlite.close().await;

    let server = servers::database().await;
    let postgres = Database::postgres(&SecretString::from(server.url()))
        .await
        .unwrap();
    test(Arc::new(SqlStore::new(postgres.clone()))).await;
    postgres.close().await;
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds)
}

fn contacts() -> Place {
    Place {
        connection: "shop".to_owned(),
        module: Module::Contacts,
    }
}

fn event(id: &str) -> Event {
    let subject = Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id: RecordId::new(id),
        change: Change::Changed(Seen::Nothing),
    };
    Event::new("shop", subject, Cause::Webhook, at(0))
}

#[tokio::test]
async fn events_are_spooled_in_the_order_in_which_they_came() {
    on_both(async |store| {
        let events: Vec<Event> = (0..5).map(|number| event(&number.to_string())).collect();
        store.spool(Lane::Live, &events[..3], at(0)).await.unwrap();
        store.spool(Lane::Bulk, &events[3..], at(1)).await.unwrap();
        // The same once more, as after an answer that got lost.
        store.spool(Lane::Live, &events[..1], at(2)).await.unwrap();

        let spooled = store.spooled(4).await.unwrap();

        let ids: Vec<&str> = spooled.iter().map(|spooled| spooled.id.as_str()).collect();
        let expected: Vec<&str> = events[..4].iter().map(|event| event.id.as_str()).collect();
        assert_eq!(ids, expected);
        assert_eq!(spooled[3].lane, Lane::Bulk);
        assert_eq!(spooled[0].event.as_ref(), Some(&events[0]));
        assert_eq!(store.spool_depth(Lane::Live).await.unwrap(), 3);
        assert_eq!(store.spool_depth(Lane::Bulk).await.unwrap(), 2);

        let some: Vec<String> = spooled.into_iter().map(|spooled| spooled.id).collect();
        store.unspool(&some).await.unwrap();

        assert_eq!(store.spooled(10).await.unwrap().len(), 1);
        assert_eq!(store.spool_depth(Lane::Live).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn failed_events_are_set_aside_once_and_forgotten_when_told() {
    on_both(async |store| {
        let failed = |event: Result<Event, String>, id: &str| FailedEvent {
            id: id.to_owned(),
            at: at(5),
            event,
            reason: "the shop is gone".to_owned(),
            attempts: 160,
            history: vec![Failure {
                at: at(1),
                error: "busy".to_owned(),
            }],
        };
        let first = event("7");
        let second = Event {
            connection: "other".to_owned(),
            ..event("8")
        };
        store
            .set_aside(&failed(Ok(first.clone()), &first.id))
            .await
            .unwrap();
        store
            .set_aside(&failed(Ok(first.clone()), &first.id))
            .await
            .unwrap();
        store
            .set_aside(&failed(Ok(second.clone()), &second.id))
            .await
            .unwrap();
        store
            .set_aside(&failed(Err("{".to_owned()), "ffff"))
            .await
            .unwrap();

        let all = FailedFilter::default();
        assert_eq!(store.failed_count(&all).await.unwrap(), 3);
        let found = store.failed_after(&all, "", 10).await.unwrap();
        let ids: Vec<&str> = found.iter().map(|failed| failed.id.as_str()).collect();
        assert_eq!(ids, [first.id.as_str(), second.id.as_str(), "ffff"]);
        assert_eq!(found[0].event.as_ref(), Ok(&first));
        assert_eq!(found[2].event, Err("{".to_owned()));
        assert_eq!((found[0].attempts, found[0].history.len()), (160, 1));
        assert_eq!(
            store.failed_after(&all, &first.id, 1).await.unwrap()[0].id,
            second.id
        );
        let filter = |connection: Option<&str>, module, until| FailedFilter {
            connection: connection.map(ToOwned::to_owned),
            module,
            until,
        };
        for (filter, number) in [
            (filter(Some("other"), None, None), 1),
            (filter(None, Some(Module::Contacts), None), 2),
            (filter(None, Some(Module::Products), None), 0),
            (filter(Some("shop"), Some(Module::Contacts), Some(at(5))), 1),
            (filter(None, None, Some(at(4))), 0),
        ] {
            assert_eq!(store.failed_count(&filter).await.unwrap(), number, "{filter:?}");
            let found = store.failed_after(&filter, "", 10).await.unwrap();
            assert_eq!(found.len() as u64, number, "{filter:?}");
        }
        let named = [second.id.clone(), "nobody".to_owned()];
        let one = store.failed(&named).await.unwrap().remove(0);
        assert_eq!(one.record().map(|(.., id)| id.as_str()), Some("8"));
        assert!(store.failed(&named[1..]).await.unwrap().is_empty());
        assert_eq!(store.failed_like("ff", 10).await.unwrap(), ["ffff"]);
        assert!(store.failed_like("f_f", 10).await.unwrap().is_empty());

        let forgotten = store
            .forget_failed(&[first.id.clone(), "nobody".to_owned()])
            .await
            .unwrap();

        assert_eq!(forgotten, 1);
        assert_eq!(store.failed_count(&all).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn processes_are_known_as_long_as_they_say_that_they_are_there() {
    on_both(async |store| {
        let process = |id: &str, seen| Process {
            id: id.to_owned(),
            name: format!("host:{id}"),
            roles: "worker".to_owned(),
            started: at(0),
            seen,
            events_a_minute: 30,
        };
        store.beat(&process("1", at(0)), at(-60)).await.unwrap();
        store.beat(&process("2", at(10)), at(-50)).await.unwrap();
        store.beat(&process("2", at(15)), at(-45)).await.unwrap();

        let seen = store.processes(at(5)).await.unwrap();

        assert_eq!(seen, [process("2", at(15))]);
        assert_eq!(store.processes(at(0)).await.unwrap().len(), 2);
        store.beat(&process("3", at(70)), at(10)).await.unwrap();
        assert_eq!(store.processes(at(0)).await.unwrap().len(), 2);
        store.ended("3").await.unwrap();
        assert_eq!(store.processes(at(0)).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn settings_and_requests_to_sweep_are_kept() {
    on_both(async |store| {
        let place = contacts();
        assert!(store.settings(&place).await.unwrap().is_none());
        let mut settings = ModuleSettings::default_for(Module::Contacts).unwrap();
        store.put_settings(&place, &settings, at(0)).await.unwrap();
        settings.enabled = false;
        store.put_settings(&place, &settings, at(1)).await.unwrap();

        assert_eq!(store.settings(&place).await.unwrap(), Some(settings));

        store
            .request_sweep(&SweepRequest::new(place.clone()), at(0))
            .await
            .unwrap();
        store
            .request_sweep(&SweepRequest::full(place.clone()), at(1))
            .await
            .unwrap();
        store
            .request_sweep(&SweepRequest::new(place.clone()), at(2))
            .await
            .unwrap();
        assert!(store.take_sweep_requests("other").await.unwrap().is_empty());
        assert_eq!(
            store.take_sweep_requests("shop").await.unwrap(),
            [SweepRequest::full(place)]
        );
        assert!(store.take_sweep_requests("shop").await.unwrap().is_empty());
    })
    .await;
}

/// How often each outcome came about.
fn tally<T: Ord>(outcomes: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut tally = BTreeMap::new();
    for outcome in outcomes {
        *tally.entry(outcome).or_default() += 1;
    }
    tally
}

const LEASE: Duration = Duration::from_secs(30);
