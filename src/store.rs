//! What is remembered: links, journal, intents, leases, settings.
//!
//! The contracts are here; [`SqlStore`] keeps them in SQLite or PostgreSQL. All that belongs together is written in one
//! transaction, so that a crash leaves either all of it or nothing.

mod accounts;
mod connections;
mod consents;
mod database;
mod disputes;
mod failed;
mod journal;
mod known;
mod leases;
mod limits;
mod links;
mod log;
mod problems;
mod processes;
mod runs;
mod settings;
mod spool;
mod sweeps;
mod waiting;
mod webhooks;
mod words;

use std::fmt;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::queue::{Event, Lane};
use crate::sync::{Base, Module, RecordId, Side, Sides, Trails};

pub use accounts::{Account, Accounts, ApiToken, Failures, NewSession, Role, Session};
pub use connections::{Belongings, KeptConnection, KeptConnections};
pub use consents::{Consent, Consents};
pub use database::{Database, DatabaseError};
pub use disputes::{Dispute, DisputeFilter, Disputes};
pub use failed::{FailedEvent, FailedEvents, FailedFilter};
pub use journal::{Action, Entry, Journal, Stored};
pub use known::{Known, KnownRecord, Question};
pub use limits::{Budget, Down, Limits, Standing, Turn};
pub use log::{Bucket, Cursor, LogFilter, LogLine, LogPlace, SyncLog};
pub use problems::{Problem, ProblemCount, ProblemFilter, Problems};
pub use processes::{GONE, Process, Processes};
pub use runs::{Run, RunKind, Runs, Tally};
pub use settings::{CONFIGURATION, Settings, SettingsVersion, Signature};
pub use sweeps::{SweepRequest, SweepState, SweepUnderWay, Sweeps};
pub use waiting::{Awaited, Waiting};
pub use webhooks::{Arrivals, WebhookNotes, WebhookSecret};

/// Everything that the program remembers.
pub trait Store:
    Links
    + Leases
    + Limits
    + Journal
    + Known
    + Problems
    + Disputes
    + SyncLog
    + Runs
    + Settings
    + Waiting
    + FailedEvents
    + Spool
    + Sweeps
    + Processes
    + WebhookNotes
    + Accounts
    + KeptConnections
    + Consents
{
}

impl<T> Store for T where
    T: Links
        + Leases
        + Limits
        + Journal
        + Known
        + Problems
        + Disputes
        + SyncLog
        + Runs
        + Settings
        + Waiting
        + FailedEvents
        + Spool
        + Sweeps
        + Processes
        + WebhookNotes
        + Accounts
        + KeptConnections
        + Consents
{
}

/// The store in an SQL database.
#[derive(Clone, Debug)]
pub struct SqlStore {
    database: Database,
}

impl SqlStore {
    /// The store in this database.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// Which records are the same, and creates that are under way.
#[async_trait]
pub trait Links: Send + Sync + fmt::Debug {
    /// The link of one side's record.
    async fn link_of(&self, at: &Place, side: Side, id: &RecordId) -> Result<Option<Link>, StoreError>;

    /// The links of several of one side's records, in no order.
    async fn links_of(&self, at: &Place, side: Side, ids: &[RecordId]) -> Result<Vec<Link>, StoreError>;

    /// The links of records with this match key.
    async fn links_by_key(&self, at: &Place, key: &str) -> Result<Vec<Link>, StoreError>;

    /// The links of records with any of these match keys, in no order.
    async fn links_by_keys(&self, at: &Place, keys: &[&str]) -> Result<Vec<Link>, StoreError>;

    /// Notes that a record of `source`'s counterpart is about to be created on `side`.
    async fn begin_create(
        &self,
        at: &Place,
        side: Side,
        source: &RecordId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// When such a create was begun, where one was and is not committed.
    async fn creating_since(
        &self,
        at: &Place,
        side: Side,
        source: &RecordId,
    ) -> Result<Option<Timestamp>, StoreError>;

    /// A module's links in the order of their ids, after the one with the id `after`.
    async fn links_after(&self, at: &Place, after: &str, limit: u32) -> Result<Vec<Link>, StoreError>;

    /// The module's newest links.
    async fn newest_links(&self, at: &Place, limit: u32) -> Result<Vec<Link>, StoreError>;

    /// The ids of one side's records that are in step and not known to be deleted there, in their order, after the id
    /// `after`.
    async fn present_ids(
        &self,
        at: &Place,
        side: Side,
        after: &str,
        limit: u32,
    ) -> Result<Vec<RecordId>, StoreError>;

    /// How many of one side's records are in step and not known to be deleted there.
    async fn count_present(&self, at: &Place, side: Side) -> Result<u64, StoreError>;

    /// Forgets that two records are the same.
    async fn unlink(&self, id: &str) -> Result<(), StoreError>;

    /// Of which records creates on `side` were begun and not committed, and when: the last hundred, the newest first.
    async fn creates_open(&self, at: &Place, side: Side) -> Result<Vec<(RecordId, Timestamp)>, StoreError>;

    /// Writes what was done: link, journal and the end of an intent, in one transaction.
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError>;
}

/// Who works on which record.
#[async_trait]
pub trait Leases: Send + Sync + fmt::Debug {
    /// Takes a lease, unless somebody else holds it. Taking one's own again prolongs it.
    async fn acquire(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Whether somebody holds a lease.
    async fn is_leased(&self, name: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Lays an event by until the lease is released; false, and nothing done, when nobody holds it any more.
    async fn park(&self, name: &str, event: &Event, now: Timestamp) -> Result<bool, StoreError>;

    /// The events that wait for these leases, the oldest first: up to a hundred of each.
    async fn waiting(&self, names: &[String]) -> Result<Vec<Event>, StoreError>;

    /// Releases one's own leases, and returns the events that wait for them. These stay parked until they were put
    /// into the queue and are forgotten with [`Leases::unpark`]; after a crash before that they are stranded.
    async fn release(&self, names: &[String], owner: &str) -> Result<Vec<Event>, StoreError>;

    /// Forgets parked events, as they are in the queue again.
    async fn unpark(&self, ids: &[String]) -> Result<(), StoreError>;

    /// Events parked for leases that nobody holds any more, as their holder crashed.
    async fn stranded(&self, now: Timestamp) -> Result<Vec<Event>, StoreError>;

    /// How many events are parked.
    async fn parked(&self) -> Result<u64, StoreError>;

    /// Prolongs all leases of these owners that have not run out, and returns how many.
    async fn renew(&self, owners: &[String], now: Timestamp, until: Timestamp) -> Result<u64, StoreError>;

    /// Drops all leases. Only for a process that is alone on its database.
    async fn drop_leases(&self) -> Result<(), StoreError>;
}

/// Events that the broker did not take, until it does.
#[async_trait]
pub trait Spool: Send + Sync + fmt::Debug {
    /// Keeps events. They survive a crash from the moment this returns.
    async fn spool(&self, lane: Lane, events: &[Event], now: Timestamp) -> Result<(), StoreError>;

    /// The events that wait, in the order in which they came.
    async fn spooled(&self, limit: u32) -> Result<Vec<Spooled>, StoreError>;

    /// How many events wait.
    async fn spool_depth(&self, lane: Lane) -> Result<u64, StoreError>;

    /// Forgets events, as the broker has them.
    async fn unspool(&self, ids: &[String]) -> Result<(), StoreError>;
}

/// An event that waits for the broker.
#[derive(Clone, Debug)]
pub struct Spooled {
    /// The event's id.
    pub id: String,
    /// The lane that it is for.
    pub lane: Lane,
    /// The event; `None` when it can't be read (any more).
    pub event: Option<Event>,
}

/// A module of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
}

/// Two records that are kept in step.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// A `UUIDv7`.
    pub id: String,
    /// The records' ids.
    pub ids: Sides<RecordId>,
    /// What the two found each other by.
    pub match_key: String,
    /// What both showed when last in step.
    pub base: Base,
    /// The newest modified time seen of each.
    pub modified: Sides<Option<Timestamp>>,
    /// Since when a part of what was seen is yet to be moved. Until then no event is too old to tell of it, nor does any
    /// tell enough.
    pub unsettled_since: Option<Timestamp>,
    /// Whether each of the two was deleted.
    pub deleted: Sides<bool>,
    /// What was written back and forth lately.
    pub trails: Trails,
    /// Until when the two are left alone, as they change without end.
    pub quarantined_until: Option<Timestamp>,
}

impl Link {
    /// A link of two records that were never in step.
    pub fn new(ids: Sides<RecordId>, match_key: &str) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            ids,
            match_key: match_key.to_owned(),
            base: Base::default(),
            modified: Sides::default(),
            unsettled_since: None,
            deleted: Sides::default(),
            trails: Trails::default(),
            quarantined_until: None,
        }
    }

    /// Whether either of the two was deleted.
    pub const fn is_broken(&self) -> bool {
        self.deleted.woocommerce || self.deleted.vtiger
    }
}

/// What was done for one record.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The module of the connection.
    pub at: Place,
    /// When.
    pub now: Timestamp,
    /// The link as it is now, where there is one.
    pub link: Option<Link>,
    /// What to tell about it.
    pub entries: Vec<Entry>,
    /// The create that is finished (or given up): its side and the record that it was for.
    pub created: Option<(Side, RecordId)>,
    /// The leases under which it was done. Nothing is written when one of them is lost.
    pub fence: Option<Fence>,
    /// The run that it is of; none where it was done as things happened.
    pub run: Option<String>,
    /// When the change was told of as it happened; none where it was found later.
    pub told_at: Option<Timestamp>,
}

/// Leases that must still be held for something to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Their holder.
    pub owner: String,
    /// Their names.
    pub names: Vec<String>,
}

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
#[error("the store failed to {operation}")]
pub struct StoreError {
    operation: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl StoreError {
    fn new(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self {
            operation,
            source: source.into(),
        }
    }

    /// A lease was lost meanwhile.
    fn lost(operation: &'static str) -> Self {
        Self {
            operation,
            source: "the lease ran out and somebody else may be at work on the record".into(),
        }
    }

    fn unreadable(operation: &'static str) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self {
            operation,
            source: source.into(),
        }
    }
}
