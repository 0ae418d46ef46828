//! A broker's queue that falls back on the database: what the broker does not take is kept there, and passed on in
//! the order in which it came as soon as the broker is back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::engine::Keeper;
use crate::queue::{Delivery, Event, Failure, Lane, Queue, QueueError};
use crate::store::{Spooled, Store, StoreError};
use crate::telemetry;

/// How long RabbitMQ may take to confirm events, while a sender waits: WooCommerce does so for 5 seconds in all.
pub(super) const CONFIRM: Duration = Duration::from_millis(4500);

/// After so long without a confirm the database is to keep the events.
const PROMPT: Duration = Duration::from_millis(1500);

/// How long the database may take to keep an event.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often to look for kept events.
const LOOK: Duration = Duration::from_millis(500);

/// How many events are passed on at once.
const BATCH: u32 = 500;

/// The lease of the process that passes events on, so that their order is kept.
const RELAY: &str = "spool-relay";

/// A broker's queue that falls back on the database.
#[derive(Debug)]
pub(super) struct SpooledQueue {
    broker: Arc<dyn Queue>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl SpooledQueue {
    /// The broker's queue, with this store to fall back on.
    pub(super) fn new(broker: Arc<dyn Queue>, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { broker, store, clock }
    }

    /// Passes kept events on to the broker, until `stop`. Of several processes one does at a time.
    pub(super) async fn relay(self: Arc<Self>, keeper: Arc<Keeper>, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if !self.broker.is_connected() {
                continue;
            }
            if let Err(error) = self.relay_once(&keeper, &stop).await {
                tracing::warn!(error = %error, "events kept for the broker can't be passed on for now");
            }
        }
    }

    async fn relay_once(&self, keeper: &Arc<Keeper>, stop: &CancellationToken) -> Result<(), String> {
        let told = |error: &dyn std::error::Error| telemetry::chain(error);
        if self
            .store
            .spooled(1)
            .await
            .map_err(|error| told(&error))?
            .is_empty()
        {
            return Ok(());
        }
        let claimed = keeper.claim(&*self.store, RELAY, self.clock.now()).await;
        let Some(held) = claimed.map_err(|error| told(&error))? else {
            return Ok(());
        };
        let mut passed_on = Ok(());
        let mut count = 0;
        while !stop.is_cancelled() {
            let batch = match self.store.spooled(BATCH).await {
                Ok(batch) if !batch.is_empty() => batch,
                Ok(_) => break,
                Err(error) => {
                    passed_on = Err(told(&error));
                    break;
                }
            };
            count += batch.len();
            if let Err(error) = self.pass_on(&batch).await {
                passed_on = Err(error);
                break;
            }
        }
        if passed_on.is_ok() {
            tracing::info!(
                events = count,
                "passed the events on that were kept while the broker was away"
            );
        }
        held.free(&*self.store).await.map_err(|error| told(&error))?;
        passed_on
    }

    async fn pass_on(&self, batch: &[Spooled]) -> Result<(), String> {
        for lane in Lane::ALL {
            let events: Vec<Event> = batch
                .iter()
                .filter(|spooled| spooled.lane == lane)
                .filter_map(|spooled| spooled.event.clone())
                .collect();
            if !events.is_empty() {
                let published = self.broker.publish(lane, &events).await;
                published.map_err(|error| telemetry::chain(&error))?;
            }
        }
        for unreadable in batch.iter().filter(|spooled| spooled.event.is_none()) {
            tracing::error!(event.id = %unreadable.id, "an event kept for the broker can't be read; a sweep finds what it meant");
        }
        let ids: Vec<String> = batch.iter().map(|spooled| spooled.id.clone()).collect();
        self.store
            .unspool(&ids)
            .await
            .map_err(|error| telemetry::chain(&error))
    }

    async fn keep(&self, lane: Lane, events: &[Event]) -> Result<(), Option<StoreError>> {
        let kept = timeout(PATIENCE, self.store.spool(lane, events, self.clock.now())).await;
        kept.map_err(|_| None)?.map_err(Some)
    }

    /// Makes events durable, at whichever of broker and database is there.
    async fn accept(&self, lane: Lane, events: &[Event]) -> Result<(), QueueError> {
        let mut published = self.broker.publish(lane, events);
        let refused = match timeout(PROMPT, &mut published).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(refused)) => Some(refused),
            // It may only be slow: whoever of the two is first will do, and an event told twice does no harm.
            Err(_) => None,
        };
        let mut kept = Box::pin(self.keep(lane, events));
        let (kept, refused) = if let Some(refused) = refused {
            (kept.await, refused)
        } else {
            tokio::select! {
                done = &mut published => match done {
                    Ok(()) => return Ok(()),
                    Err(refused) => (kept.await, refused),
                },
                done = &mut kept => match done {
                    Ok(()) => (Ok(()), QueueError::new("publish", "the broker did not confirm in time")),
                    Err(error) => match published.await {
                        Ok(()) => return Ok(()),
                        Err(refused) => (Err(error), refused),
                    },
                },
            }
        };
        match kept {
            Ok(()) => {
                tracing::debug!(
                    events = events.len(), error = %telemetry::chain(&refused),
                    "the broker did not take events; the database keeps them"
                );
                telemetry::events_spooled(events.len());
                Ok(())
            }
            Err(error) => {
                let error = error.map_or_else(
                    || "it did not answer in time".to_owned(),
                    |error| telemetry::chain(&error),
                );
                tracing::error!(
                    error,
                    "nor can the database keep the events that the broker did not take"
                );
                Err(refused)
            }
        }
    }
}

#[async_trait]
impl Queue for SpooledQueue {
    async fn publish(&self, lane: Lane, events: &[Event]) -> Result<(), QueueError> {
        self.accept(lane, events).await?;
        telemetry::events_queued(lane, events.len());
        Ok(())
    }

    async fn take(&self, limit: usize) -> Result<Vec<Delivery>, QueueError> {
        self.broker.take(limit).await
    }

    async fn done(&self, delivery: &Delivery) -> Result<(), QueueError> {
        self.broker.done(delivery).await
    }

    async fn again(
        &self,
        delivery: &Delivery,
        delay: Duration,
        failure: Option<Failure>,
    ) -> Result<(), QueueError> {
        self.broker.again(delivery, delay, failure).await
    }

    async fn depth(&self, lane: Lane) -> Result<u64, QueueError> {
        let kept = self.store.spool_depth(lane).await;
        let kept = kept.map_err(|error| QueueError::new("count events", error))?;
        Ok(kept + self.broker.depth(lane).await?)
    }

    async fn ready(&self) -> Result<(), QueueError> {
        if self.broker.is_connected() {
            return Ok(());
        }
        match timeout(PATIENCE, self.store.spooled(1)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(QueueError::new("take events in", error)),
            Err(late) => Err(QueueError::new("take events in", late)),
        }
    }

    fn problem(&self) -> Option<String> {
        self.broker.problem()
    }

    async fn close(&self) {
        self.broker.close().await;
    }
}
