//! Leases of records: taken before work, released after it, and what waited for them meanwhile.

use std::time::Duration;

use crate::queue::{Event, Lane};

use super::{Engine, EngineError};

/// How long a lease lasts when its holder doesn't release it: longer than all calls of one event can take.
const LEASE: Duration = Duration::from_mins(5);

/// The leases that one worker holds.
pub(super) struct Held {
    owner: String,
    names: Vec<String>,
}

impl Default for Held {
    /// None yet.
    fn default() -> Self {
        Self {
            owner: uuid::Uuid::now_v7().to_string(),
            names: Vec::new(),
        }
    }
}

/// The lease that whoever works on a link holds.
pub(super) fn lease_of(link: &str) -> String {
    format!("link:{link}")
}

impl Engine {
    /// Takes one more lease, or prolongs one that is held.
    pub(super) async fn lease(&self, name: &str, held: &mut Held) -> Result<bool, EngineError> {
        let now = self.clock.now();
        let taken = self.store.acquire(name, &held.owner, now, now + LEASE).await?;
        if taken && !held.names.iter().any(|other| other == name) {
            held.names.push(name.to_owned());
        }
        Ok(taken)
    }

    /// Deals with the events that waited for these leases, and releases them.
    ///
    /// The echo of a write mostly waits for the lease of the write: one holder after the other would put it back
    /// into the queue, only to see it parked again.
    pub(super) async fn release(&self, mut held: Held) -> Result<(), EngineError> {
        if held.names.is_empty() {
            return Ok(());
        }
        let mut tried = Vec::new();
        while let Some(event) = self.next_waiting(&held, &tried).await? {
            tried.push(event.id.clone());
            // What fails here stays parked, goes back into the queue below, and fails there once more.
            if Box::pin(self.catch_up(&event, &mut held)).await.unwrap_or(false) {
                self.store.unpark(&[event.id]).await?;
            }
        }
        let waiting = self.store.release(&held.names, &held.owner).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        self.requeue(waiting).await
    }

    async fn next_waiting(&self, held: &Held, tried: &[String]) -> Result<Option<Event>, EngineError> {
        let waiting = self.store.waiting(&held.names).await?;
        Ok(waiting.into_iter().find(|event| !tried.contains(&event.id)))
    }

    /// Puts parked events back into the queue, and only then forgets that they were parked.
    pub(crate) async fn requeue(&self, parked: Vec<Event>) -> Result<(), EngineError> {
        let ids: Vec<String> = parked.iter().map(|event| event.id.clone()).collect();
        // A new id each: the queue may still hold the old one as being worked on.
        let events: Vec<Event> = parked
            .into_iter()
            .map(|event| Event::new(&event.connection, event.subject, event.cause, event.received))
            .collect();
        self.queue.publish(Lane::Live, &events).await?;
        Ok(self.store.unpark(&ids).await?)
    }
}
