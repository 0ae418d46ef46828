//! Failed events as people and programs are shown them.

use serde::Serialize;

use super::payload::masked;
use crate::clock::{Timestamp, iso};
use crate::queue::{Cause, Change, Subject};
use crate::store::{FailedEvent, Stored};
use crate::sync::{Module, RecordId, Side};

/// A failed event in short.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The event's id.
    pub id: String,
    /// When it was set aside.
    #[serde(serialize_with = "iso::one")]
    pub failed_at: Timestamp,
    /// When it was received.
    #[serde(serialize_with = "iso::some")]
    pub received_at: Option<Timestamp>,
    /// Whether it can be read; else it can't be replayed.
    pub readable: bool,
    /// The connection that it belongs to.
    pub connection: Option<String>,
    /// The module that it is about.
    pub module: Option<Module>,
    /// The record that it is about; none where a whole module is to be swept.
    pub record: Option<Record>,
    /// What kind of change it tells of.
    pub change: Option<&'static str>,
    /// Who told.
    pub cause: Option<Cause>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub reason: String,
}

/// The record that an event is about.
#[derive(Debug, Serialize)]
pub struct Record {
    /// The system that it is of.
    pub side: Side,
    /// Its id there.
    pub id: RecordId,
}

/// A failed event with all that is known of it.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The event.
    #[serde(flatten)]
    pub summary: Summary,
    /// The record's name, where the journal knows one.
    pub title: Option<String>,
    /// How the attempts ended: the first and the latest ones.
    pub history: Vec<Attempt>,
    /// What came with the event, masked; none where nothing did, or it can't be read.
    pub payload: Option<serde_json::Value>,
    /// What the journal tells of the record, the newest first.
    pub journal: Vec<Logged>,
}

/// An attempt that failed.
#[derive(Debug, Serialize)]
pub struct Attempt {
    /// When.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// Why.
    pub error: String,
}

/// What was done with the record, without any values.
#[derive(Debug, Serialize)]
pub struct Logged {
    /// When.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// The side that was written to, or would have been.
    pub side: Side,
    /// What was done.
    pub action: &'static str,
    /// The mappings of the fields that this was about.
    pub fields: Vec<String>,
    /// Why nothing was done, where nothing was.
    pub skip: Option<Remedy>,
}

/// Why nothing was done, and what to do about it.
#[derive(Debug, Serialize)]
pub struct Remedy {
    /// Why.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

impl Summary {
    pub(super) fn new(failed: &FailedEvent) -> Self {
        let event = failed.event.as_ref().ok();
        Self {
            id: failed.id.clone(),
            failed_at: failed.at,
            received_at: event.map(|event| event.received),
            readable: event.is_some(),
            connection: event.map(|event| event.connection.clone()),
            module: failed.module(),
            record: failed
                .record()
                .map(|(_, side, id)| Record { side, id: id.clone() }),
            change: event.map(|event| kind(&event.subject)),
            cause: event.map(|event| event.cause),
            attempts: failed.attempts,
            reason: failed.reason.clone(),
        }
    }
}

impl Shown {
    pub(super) fn new(failed: &FailedEvent, entries: Vec<Stored>) -> Self {
        let named = |stored: &&Stored| !stored.entry.title.trim().is_empty();
        Self {
            summary: Summary::new(failed),
            title: entries
                .iter()
                .find(named)
                .map(|stored| stored.entry.title.clone()),
            history: failed
                .history
                .iter()
                .map(|failure| Attempt {
                    at: failure.at,
                    error: failure.error.clone(),
                })
                .collect(),
            payload: failed.event.as_ref().ok().and_then(masked),
            journal: entries.into_iter().map(Logged::new).collect(),
        }
    }
}

impl Logged {
    fn new(stored: Stored) -> Self {
        let entry = stored.entry;
        Self {
            at: stored.when,
            side: entry.side,
            action: entry.action.as_str(),
            fields: entry.fields.into_iter().map(|plan| plan.field).collect(),
            skip: entry.skip.map(|skip| Remedy {
                reason: skip.to_string(),
                remedy: skip.remedy(),
            }),
        }
    }
}

const fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::Module { .. } => "sweep",
        Subject::Record { change, .. } => match change {
            Change::Changed(_) => "changed",
            Change::Deleted => "deleted",
            Change::StockTouched(_) => "stock_touched",
            Change::StockMoved(_) => "stock_moved",
            Change::Take(_) => "take",
        },
    }
}
