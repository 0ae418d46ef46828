//! The contract of the durable queue, and the events that it carries.
//!
//! An event is a hint that a record may have changed, never an order to copy what it holds: events may come late,
//! twice, in any order, and nothing breaks.

mod embedded;
mod event;
mod rabbitmq;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

pub use embedded::EmbeddedQueue;
pub use event::{Cause, Change, Event, Seen, Subject, Taking};
pub use rabbitmq::{RabbitMqError, RabbitMqQueue, RabbitMqSettings};

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

    /// Removes an event that is dealt with.
    async fn done(&self, delivery: &Delivery) -> Result<(), QueueError>;

    /// Puts an event back, to come again after about `delay`; with the failure where this counts as a failed attempt.
    async fn again(
        &self,
        delivery: &Delivery,
        delay: Duration,
        failure: Option<Failure>,
    ) -> Result<(), QueueError>;

    /// How many events wait in a lane, as far as this process can see also those that are being worked on.
    async fn depth(&self, lane: Lane) -> Result<u64, QueueError>;

    /// When the event came that has waited longest in a lane; `None` where none waits, or the queue can't tell.
    async fn oldest(&self, _lane: Lane) -> Result<Option<Timestamp>, QueueError> {
        Ok(None)
    }

    /// Whether events can be taken in.
    async fn ready(&self) -> Result<(), QueueError> {
        self.depth(Lane::Live).await.map(drop)
    }

    /// Why the broker is not there, where there is one and it isn't; for people.
    fn problem(&self) -> Option<String> {
        None
    }

    /// Whether the broker is there, where there is one.
    fn is_connected(&self) -> bool {
        self.problem().is_none()
    }

    /// Parts from the broker. What was taken and is not dealt with comes again.
    async fn close(&self) {}
}

/// An event that was taken from the queue.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What the queue knows it by.
    pub id: String,
    /// The event; the text where what the queue holds can't be read (any more).
    pub event: Result<Event, String>,
    /// How often it was tried before.
    pub attempts: u32,
    /// How that ended: the first failure and the latest ones, the oldest first.
    pub history: Vec<Failure>,
    /// Whether it was handed out so often without an answer that it must be what kills the workers.
    pub is_poisoned: bool,
}

impl Delivery {
    /// How many failures are kept of an event.
    const KEPT: usize = 10;

    /// The failures with one more: the first, which often tells most, and the latest.
    pub fn history_with(&self, failure: Failure) -> Vec<Failure> {
        let mut history = self.history.clone();
        if history.len() >= Self::KEPT {
            history.remove(1);
        }
        history.push(failure);
        history
    }
}

/// A failed attempt to deal with an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When.
    pub at: Timestamp,
    /// Why, for a person to read.
    pub error: String,
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
