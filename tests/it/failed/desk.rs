//! Failed events in a database of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::failed::Failed;
use woo_vtiger_sync::queue::{Cause, Change, Delivery, EmbeddedQueue, Event, Failure, Lane, Seen, Subject};
use woo_vtiger_sync::store::{Database, FailedEvent, FailedFilter, SqlStore};
use woo_vtiger_sync::sync::{Module, RecordId, Side};

/// 2026-01-31 12:34:56 UTC.
const NOON: i64 = 1_769_862_896_000;

#[derive(Debug)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Failed events in a database of their own.
pub(super) struct Desk {
    pub(super) failed: Failed,
    pub(super) database: Database,
    _folder: TempDir,
}

impl Desk {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::sqlite(&folder.path().join("sync.sqlite"))
            .await
            .unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(NOON)));
        let failed = Failed {
            store: Arc::new(SqlStore::new(database.clone())),
            queue: Arc::new(EmbeddedQueue::new(database.clone(), clock.clone())),
            clock,
        };
        Self {
            failed,
            database,
            _folder: folder,
        }
    }

    /// Sets aside an event about a customer of a connection, with the customer's values.
    pub(super) async fn fail(&self, connection: &str, customer: &str) -> String {
        self.fail_with(connection, record(Module::Contacts, customer))
            .await
    }

    pub(super) async fn fail_with(&self, connection: &str, subject: Subject) -> String {
        let received = Timestamp::from_millis(NOON - 86_400_000);
        let event = Event::new(connection, subject, Cause::Webhook, received);
        self.set_aside(event.id.clone(), Ok(event), NOON).await
    }

    /// Sets aside what can't be read.
    pub(super) async fn fail_unreadable(&self) -> String {
        let id = Event::new(
            "shop",
            record(Module::Contacts, "1"),
            Cause::Webhook,
            Timestamp::default(),
        )
        .id;
        let text = r#"{"kind":"of old","email":"secret@persons.example"}"#.to_owned();
        self.set_aside(id, Err(text), NOON).await
    }

    /// Sets aside what fails so much later than now.
    pub(super) async fn fail_later(&self, milliseconds: i64) -> String {
        let event = Event::new(
            "shop",
            record(Module::Contacts, "later"),
            Cause::Webhook,
            Timestamp::default(),
        );
        self.set_aside(event.id.clone(), Ok(event), NOON + milliseconds)
            .await
    }

    async fn set_aside(&self, id: String, event: Result<Event, String>, at: i64) -> String {
        let failure = |minutes_ago: i64| Failure {
            at: Timestamp::from_millis(at - minutes_ago * 60_000),
            error: format!("failed {minutes_ago} minutes ago"),
        };
        let failed = FailedEvent {
            id: id.clone(),
            at: Timestamp::from_millis(at),
            event,
            reason: "failed 0 minutes ago".to_owned(),
            attempts: 201,
            history: vec![failure(1440), failure(10), failure(0)],
        };
        self.failed.store.set_aside(&failed).await.unwrap();
        id
    }

    /// How many are left.
    pub(super) async fn left(&self) -> u64 {
        self.failed
            .store
            .failed_count(&FailedFilter::default())
            .await
            .unwrap()
    }

    /// How many events wait in the live and in the bulk lane.
    pub(super) async fn waiting(&self) -> [u64; 2] {
        let depth = |lane| self.failed.queue.depth(lane);
        [depth(Lane::Live).await.unwrap(), depth(Lane::Bulk).await.unwrap()]
    }

    /// Takes what waits.
    pub(super) async fn take(&self) -> Vec<Delivery> {
        self.failed.queue.take(1000).await.unwrap()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.failed.clock.now()
    }
}

/// A change of one of WooCommerce's records, with its values.
pub(super) fn record(module: Module, id: &str) -> Subject {
    Subject::Record {
        module,
        side: Side::WooCommerce,
        id: RecordId::new(id),
        change: Change::Changed(Seen::Body(
            serde_json::json!({ "email": "secret@persons.example" }),
        )),
    }
}
