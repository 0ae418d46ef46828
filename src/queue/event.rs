//! What happened, as far as it is known.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::clock::Timestamp;
use crate::sync::{Module, Record, RecordId, Side, Value};

/// A hint that something may have changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// A `UUIDv7`.
    pub id: String,
    /// The connection that it belongs to.
    pub connection: String,
    /// What it speaks of.
    pub subject: Subject,
    /// Who told.
    pub cause: Cause,
    /// When it reached this program.
    pub received: Timestamp,
    /// The run that it is of; none where it tells of a change as it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl Event {
    /// An event that has just been received.
    pub fn new(connection: &str, subject: Subject, cause: Cause, received: Timestamp) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            connection: connection.to_owned(),
            subject,
            cause,
            received,
            run: None,
        }
    }

    /// The same event as one of this run.
    #[must_use]
    pub fn of_run(self, run: Option<&str>) -> Self {
        Self {
            run: run.map(ToOwned::to_owned),
            ..self
        }
    }

    /// An event about something else that comes of this one.
    #[must_use]
    pub fn about(&self, subject: Subject) -> Self {
        Self::new(&self.connection, subject, self.cause, self.received).of_run(self.run.as_deref())
    }

    /// The same event by another id.
    #[must_use]
    pub fn renewed(self) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            ..self
        }
    }
}

/// What an event speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// One record.
    Record {
        /// The record's module.
        module: Module,
        /// The system that it is of.
        side: Side,
        /// Its id there; Vtiger's may be the bare number.
        id: RecordId,
        /// What may have become of it.
        change: Change,
    },
    /// Some record or other: the module must be swept.
    Module {
        /// The module.
        module: Module,
    },
}

/// What may have become of a record.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was created or changed.
    Changed(Seen),
    /// It was deleted.
    Deleted,
    /// It is an order of which a change may have moved the stock of these products of Vtiger's.
    StockTouched(Vec<RecordId>),
    /// It is a product whose stock an order moved, to this.
    StockMoved(Value),
    /// Of one of its fields a person takes the value that lost a conflict.
    Take(Taking),
}

/// A value that lost a conflict, and is to come back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Taking {
    /// The mapping's key.
    pub field: String,
    /// The value.
    pub value: Value,
    /// What the record showed when the person decided that.
    pub instead_of: Value,
}

/// Leaves the record's values out, as debug output ends in logs.
impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Changed(Seen::Nothing) => "Changed",
            Self::Changed(Seen::Body(_)) => "Changed(body)",
            Self::Changed(Seen::Record(_)) => "Changed(record)",
            Self::Deleted => "Deleted",
            Self::StockTouched(_) => "StockTouched",
            Self::StockMoved(_) => "StockMoved",
            Self::Take(_) => "Take",
        })
    }
}

/// How much of the record came with the event.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// The record, or part of it, as its system sent it.
    Body(Json),
    /// The record as a sweep read it.
    Record(Record),
}

/// How deep a body may be nested to be kept. Reading stops at 128 layers, and an event adds some of its own.
const DEEPEST: usize = 100;

impl Seen {
    /// What came with an event, unless it is nested so deep that the event could not be read again.
    pub fn of(body: Json) -> Self {
        if is_deeper_than(DEEPEST, &body) {
            Self::Nothing
        } else {
            Self::Body(body)
        }
    }
}

fn is_deeper_than(layers: usize, json: &Json) -> bool {
    let is_deeper = |inner: &Json| layers == 0 || is_deeper_than(layers - 1, inner);
    match json {
        Json::Array(items) => items.iter().any(is_deeper),
        Json::Object(members) => members.values().any(is_deeper),
        _ => false,
    }
}

/// Who told that something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A webhook of WooCommerce.
    Webhook,
    /// A callback of a Vtiger workflow.
    Callback,
    /// A sweep.
    Sweep,
    /// A first sync.
    Backfill,
    /// Another record that this one waited for, or a person.
    Retry,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Webhook,
        Self::Callback,
        Self::Sweep,
        Self::Backfill,
        Self::Retry,
    ];

    /// The name used in the database and shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Callback => "callback",
            Self::Sweep => "sweep",
            Self::Backfill => "backfill",
            Self::Retry => "retry",
        }
    }
}
