//! What each HTTP request of a client passes before it is sent, and is told of after it was.
//!
//! The clients ask a [`Gate`] for leave and tell it how the request went; whether there are limits, and what is known
//! of the system's state, is the gate's matter. What the work is for travels with the task, see [`work_for`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::sync::{Module, RecordId, Side};

/// Lets requests through to one system.
#[async_trait]
pub trait Gate: Send + Sync + fmt::Debug {
    /// Waits until one request may be sent.
    ///
    /// # Errors
    /// When that would take long: nothing was sent, and the caller shall come back.
    async fn pass(&self) -> Result<Box<dyn Pass>, Held>;
}

/// Leave to send one request. Dropped without a reply, as by a caller that was cancelled, it tells nothing.
#[async_trait]
pub trait Pass: Send {
    /// Tells how the request went. Returns how long the system is to be left alone, where it is known to be down or
    /// has asked for that: then the request's failure was nobody's fault.
    async fn replied(self: Box<Self>, reply: &Reply) -> Option<Duration>;
}

/// How a request went, seen from outside of what it was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What kind of answer there was.
    pub kind: ReplyKind,
    /// How long the system asked to be left alone.
    pub retry_after: Option<Duration>,
    /// What it told of its limit by the minute.
    pub minute: Quota,
    /// What it told of its limit by the day.
    pub day: Quota,
}

impl Reply {
    /// A reply of this kind, of which nothing else is known.
    pub const fn new(kind: ReplyKind) -> Self {
        const UNKNOWN: Quota = Quota {
            limit: None,
            left: None,
            resets_in: None,
        };
        Self {
            kind,
            retry_after: None,
            minute: UNKNOWN,
            day: UNKNOWN,
        }
    }

    /// What an HTTP status stands for.
    pub const fn of_status(status: u16) -> Self {
        Self::new(match status {
            429 => ReplyKind::TooMany,
            500.. => ReplyKind::Failure,
            _ => ReplyKind::Answer,
        })
    }
}

/// What kind of answer a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// The system is there, be it that it refuses.
    Answer,
    /// There were too many requests.
    TooMany,
    /// Time-out, connection lost, 5xx: it may be down.
    Failure,
}

/// What a system tells of one of its limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests in each period.
    pub limit: Option<u32>,
    /// How many are left in this one.
    pub left: Option<u32>,
    /// When the next one begins.
    pub resets_in: Option<Duration>,
}

/// A request that was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Held {
    /// When to come back.
    pub wait: Duration,
    /// Why.
    pub reason: HeldReason,
}

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeldReason {
    /// The system is down.
    Down,
    /// It asked to be left alone.
    Asked,
    /// What is left of its day is kept for what is more urgent, or nothing is.
    Day,
    /// The line of requests that keeps to the rate is long.
    Rate,
    /// As many requests as may are under way.
    Busy,
}

impl HeldReason {
    /// The name used in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Asked => "asked",
            Self::Day => "day",
            Self::Rate => "rate",
            Self::Busy => "busy",
        }
    }
}

impl fmt::Display for HeldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "it is down; waiting until it is back",
            Self::Asked => "it asked for fewer requests; waiting as long as it said",
            Self::Day => {
                "its limit of requests a day is all but reached; waiting for what is left of it to grow"
            }
            Self::Rate => "the limit of requests is reached; waiting in line",
            Self::Busy => "as many requests as may are under way; waiting for one of them",
        })
    }
}

/// A gate that is always open.
#[derive(Clone, Copy, Debug)]
pub struct Open;

#[async_trait]
impl Gate for Open {
    async fn pass(&self) -> Result<Box<dyn Pass>, Held> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl Pass for Open {
    async fn replied(self: Box<Self>, _: &Reply) -> Option<Duration> {
        None
    }
}

/// How urgent a piece of work is; where requests are limited, the more urgent goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A person checks what is wrong with a system: to be sent even when it is known to be down.
    Check,
    /// A change as it happens, or what a person waits for.
    #[default]
    Live,
    /// What a sweep looks for or found.
    Sweep,
    /// A first sync.
    Backfill,
}

#[derive(Debug, Default)]
struct Work {
    priority: Priority,
    topic: Option<Topic>,
    begun: [AtomicBool; 2],
    /// The pieces of work that this is done for, too.
    parts: Vec<Share>,
}

/// What a piece of work is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The event's id.
    pub event: String,
    /// The module.
    pub module: Module,
    /// The record, where it is about one.
    pub record: Option<RecordId>,
}

/// A piece of work that has its part in a request that another task sends.
#[derive(Clone, Debug, Default)]
pub struct Share(Arc<Work>);

tokio::task_local! {
    static WORK: Share;
}

impl Work {
    fn begin(&self, side: Side) {
        self.begun[side as usize].store(true, Ordering::Relaxed);
        for Share(part) in &self.parts {
            part.begin(side);
        }
    }

    fn has_begun(&self, side: Side) -> bool {
        self.begun[side as usize].load(Ordering::Relaxed)
            || self.parts.iter().any(|Share(part)| part.has_begun(side))
    }

    fn tell(&self, topics: &mut Vec<Topic>) {
        topics.extend(self.topic.clone());
        for Share(part) in &self.parts {
            part.tell(topics);
        }
    }
}

/// Does a piece of work whose requests are this urgent. Outside of any, requests count as live.
pub async fn work_for<F: Future>(priority: Priority, work: F) -> F::Output {
    work_for_all(priority, Vec::new(), work).await
}

/// The same for work that is about something, be it that it is not urgent.
pub async fn work_on<F: Future>(priority: Priority, topic: Topic, work: F) -> F::Output {
    let scope = Work {
        priority,
        topic: Some(topic),
        ..Work::default()
    };
    WORK.scope(Share(Arc::new(scope)), work).await
}

/// Does what several pieces of work have their parts in, and is as patient as the one that would repeat the most: what
/// is begun here is begun for all of them.
pub async fn work_for_all<F: Future>(priority: Priority, parts: Vec<Share>, work: F) -> F::Output {
    let scope = Work {
        priority,
        parts,
        ..Work::default()
    };
    WORK.scope(Share(Arc::new(scope)), work).await
}

/// The work that is being done, for another task to send a request for it.
pub fn share() -> Share {
    WORK.try_with(Clone::clone).unwrap_or_default()
}

/// How urgent the work is that is being done.
pub fn priority() -> Priority {
    WORK.try_with(|Share(work)| work.priority).unwrap_or_default()
}

/// What the work that is being done is about; several things where it is done for several.
pub fn topics() -> Vec<Topic> {
    let mut topics = Vec::new();
    // Outside of any work there is nothing to tell.
    let _ = WORK.try_with(|Share(work)| work.tell(&mut topics));
    topics
}

/// Notes that this work's first request to a system was sent.
pub fn begin(side: Side) {
    // Outside of any work there is nothing to be noted.
    let _ = WORK.try_with(|Share(work)| work.begin(side));
}

/// Whether this work has sent requests to a system, which would be sent again if it began anew.
pub fn has_begun(side: Side) -> bool {
    WORK.try_with(|Share(work)| work.has_begun(side)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sent_for_several_is_begun_for_each_of_them() {
        let (shop, crm) = (Side::WooCommerce, Side::Vtiger);
        let work = |name| async move { (name, share(), has_begun(shop)) };
        let (_, one, has_one) = work_for(Priority::Sweep, work("one")).await;
        let (_, other, _) = work_for(Priority::Sweep, work("other")).await;

        let told = work_for_all(Priority::Sweep, vec![one.clone(), other.clone()], async {
            let before = has_begun(shop);
            begin(shop);
            (before, has_begun(shop), has_begun(crm), priority())
        });

        assert_eq!(told.await, (false, true, false, Priority::Sweep));
        assert!(!has_one && one.0.has_begun(shop) && other.0.has_begun(shop));
        assert!(!one.0.has_begun(crm));
        let begun = work_for_all(Priority::Sweep, vec![Share::default(), one], async {
            has_begun(shop)
        });
        assert!(begun.await, "one of them would repeat its requests");
    }
}
