//! The contract of the durable queue, and the events that it carries.
//!
//! An event is a hint that a record may have changed, never an order to copy what it holds: events may come late,
//! twice, in any order, and nothing breaks.

mod embedded;
mod event;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

pub use embedded::EmbeddedQueue;
pub use event::{Cause, Change, Event, Seen, Subject};

/// Which queue an event waits in, so that a backfill never delays a live change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Changes as they happen.
    Live,
    /// What a sweep found.
    Bulk,
}

impl Lane {
    /// Both lanes, the more urgent first.
    pub const ALL: [Self; 2] = [Self::Live, Self::Bulk];

    /// The name used in the database and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Bulk => "bulk",
        }
    }
}

/// A durable queue of events.
#[async_trait]
pub trait Queue: Send + Sync + fmt::Debug {
    /// Adds events. They survive a crash from the moment this returns.
    async fn publish(&self, lane: Lane, events: &[Event]) -> Result<(), QueueError>;

    /// Waits for at least one event and takes up to `limit`, live ones first. Cancel-safe: what was taken by a
    /// cancelled call comes again.
    async fn take(&self, limit: usize) -> Result<Vec<Delivery>, QueueError>;

    /// Removes events that are dealt with.
    async fn done(&self, id: &str) -> Result<(), QueueError>;

    /// Puts an event back, to come again after `delay`; `counted` as a failed attempt or not.
    async fn again(&self, id: &str, delay: Duration, counted: bool) -> Result<(), QueueError>;

    /// Sets an event aside as failed, for a person to look at.
    async fn fail(&self, id: &str, failure: &str) -> Result<(), QueueError>;

    /// How many events wait or are being worked on in a lane.
    async fn depth(&self, lane: Lane) -> Result<u64, QueueError>;
}

/// An event that was taken from the queue.
#[derive(Debug)]
pub struct Delivery {
    /// What the queue knows it by.
    pub id: String,
    /// The event; `None` when what the queue holds can't be read (any more).
    pub event: Option<Event>,
    /// How often it was tried before.
    pub attempts: u32,
}

/// Why the queue failed.
#[derive(Debug, thiserror::Error)]
#[error("the queue failed to {operation}")]
pub struct QueueError {
    operation: &'static str,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl QueueError {
    /// The operation that failed, and why.
    pub fn new(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            operation,
            source: source.into(),
        }
    }
}
