//! Leases of records: taken before work, prolonged during it, released after it, and what waited for them meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Timestamp};
use crate::queue::{Event, Lane};
use crate::store::{Fence, Store, StoreError};
use crate::telemetry;

use super::{Engine, EngineError};

/// Keeps the leases of one process from running out while it works.
///
/// A process that dies no longer does, and its leases are free after [`Keeper::span`].
#[derive(Debug)]
pub struct Keeper {
    span: Duration,
    owners: Mutex<BTreeSet<String>>,
}

impl Keeper {
    /// A keeper of leases that run out after `span` when nobody prolongs them.
    pub fn new(span: Duration) -> Arc<Self> {
        Arc::new(Self {
            span,
            owners: Mutex::default(),
        })
    }

    /// How long a lease lasts when its holder neither prolongs nor releases it.
    pub const fn span(&self) -> Duration {
        self.span
    }

    /// Takes a lease for as long as what is returned lives; `None` when somebody else holds it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim(
        self: &Arc<Self>,
        store: &dyn Store,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<Held>, StoreError> {
        let held = Held::new(Arc::clone(self));
        Ok(held.take(store, name, now).await?.then_some(held))
    }

    /// The lease of the one of several who does what only one should do: the one `held`, unless it was lost, or a new one
    /// where nobody has it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn on_duty(
        self: &Arc<Self>,
        store: &dyn Store,
        name: &str,
        held: Option<Held>,
        now: Timestamp,
    ) -> Result<Option<Held>, StoreError> {
        match held {
            Some(held) => Ok(held.retake(store, now).await?.then_some(held)),
            None => self.claim(store, name, now).await,
        }
    }

    /// Prolongs all leases again and again, until `stop`.
    pub async fn run(self: Arc<Self>, store: Arc<dyn Store>, clock: Arc<dyn Clock>, stop: CancellationToken) {
        // Two may fail, and there is still time for the third.
        let mut ticks = tokio::time::interval(self.span / 4);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let owners: Vec<String> = self.owners().iter().cloned().collect();
            let now = clock.now();
            if let Err(error) = store.renew(&owners, now, now + self.span).await {
                tracing::warn!(error = %telemetry::chain(&error), "leases can't be prolonged");
            }
        }
    }

    fn owners(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        // A set of names is whole whatever happened.
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leases that are prolonged as long as this lives: those that one event is worked on under, or one of a whole process.
#[derive(Debug)]
pub struct Held {
    owner: String,
    names: Mutex<Vec<String>>,
    keeper: Arc<Keeper>,
}

impl Held {
    /// None yet.
    fn new(keeper: Arc<Keeper>) -> Self {
        let owner = uuid::Uuid::now_v7().to_string();
        keeper.owners().insert(owner.clone());
        Self {
            owner,
            names: Mutex::default(),
            keeper,
        }
    }

    /// What must still be so for what was done to be written down.
    pub(super) fn fence(&self) -> Option<Fence> {
        let names = self.names().clone();
        (!names.is_empty()).then(|| Fence {
            owner: self.owner.clone(),
            names,
        })
    }

    /// Takes one more lease, or prolongs one that is held; false when somebody else holds it.
    async fn take(&self, store: &dyn Store, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let until = now + self.keeper.span();
        let taken = store.acquire(name, &self.owner, now, until).await?;
        let mut names = self.names();
        if taken && !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
        Ok(taken)
    }

    /// Prolongs all of them; false when one is lost to somebody else.
    ///
    /// # Errors
    /// When the store fails.
    async fn retake(&self, store: &dyn Store, now: Timestamp) -> Result<bool, StoreError> {
        let names = self.names().clone();
        for name in &names {
            if !self.take(store, name, now).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Releases them for others to take at once.
    ///
    /// # Errors
    /// When the store fails; the leases then run out.
    pub async fn free(self, store: &dyn Store) -> Result<(), StoreError> {
        let names = std::mem::take(&mut *self.names());
        store.release(&names, &self.owner).await.map(drop)
    }

    pub(super) fn names(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was not released is no longer prolonged, and runs out.
impl Drop for Held {
    fn drop(&mut self) {
        self.keeper.owners().remove(&self.owner);
    }
}

/// The lease that whoever works on a link holds.
pub(super) fn lease_of(link: &str) -> String {
    format!("link:{link}")
}

impl Engine {
    /// Begins to hold leases.
    pub(super) fn hold(&self) -> Held {
        Held::new(Arc::clone(&self.keeper))
    }

    /// Takes one more lease, or prolongs one that is held.
    pub(super) async fn lease(&self, name: &str, held: &Held) -> Result<bool, EngineError> {
        Ok(held.take(&*self.store, name, self.clock.now()).await?)
    }

    /// Deals with the events that waited for these leases, and releases them.
    ///
    /// The echo of a write mostly waits for the lease of the write: one holder after the other would put it back
    /// into the queue, only to see it parked again.
    pub(super) async fn release(&self, held: &Held) -> Result<(), EngineError> {
        let mut tried = Vec::new();
        while let Some((event, told_by)) = self.next_waiting(held, &tried).await? {
            // What fails here stays parked, goes back into the queue below, and fails there once more.
            if Box::pin(self.catch_up(&event, held)).await.unwrap_or(false) {
                self.store.unpark(&told_by).await?;
            }
            tried.extend(told_by);
        }
        let names = std::mem::take(&mut *held.names());
        if names.is_empty() {
            return Ok(());
        }
        let waiting = self.store.release(&names, &held.owner).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        self.requeue(waiting).await
    }

    /// Puts parked events back into the queue, and only then forgets that they were parked.
    pub(crate) async fn requeue(&self, parked: Vec<Event>) -> Result<(), EngineError> {
        let ids: Vec<String> = parked.iter().map(|event| event.id.clone()).collect();
        // A new id each: the queue may still hold the old one as being worked on.
        let events: Vec<Event> = parked.into_iter().map(Event::renewed).collect();
        self.queue.publish(Lane::Live, &events).await?;
        Ok(self.store.unpark(&ids).await?)
    }
}
