//! Takes events from the queue and has them dealt with, several at a time.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::{Backoff, Disposition, Engine, EngineError};
use crate::clock::Clock;
use crate::queue::{Cause, Delivery, Event, Failure, Queue, QueueError, Subject};
use crate::store::{FailedEvent, Store};
use crate::system::{Priority, Topic, work_on};
use crate::telemetry;

/// How long to wait after the queue or the store failed, before asking again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long an event waits that can't be set aside for now.
const ASIDE: Duration = Duration::from_secs(10);

/// Who has the engines of the connections.
#[async_trait]
pub trait Engines: Send + Sync + fmt::Debug {
    /// The engine of a connection.
    ///
    /// # Errors
    /// When there is no such connection, nothing is to be done for it for now, or that can't be told.
    async fn engine(&self, connection: &str) -> Result<Engine, EngineError>;

    /// The engine of some connection, for what doesn't depend on which; `None` where there is none.
    fn any(&self) -> Option<Engine>;
}

/// Takes events from the queue and has them dealt with.
#[derive(Clone, Debug)]
pub struct Worker {
    engines: Arc<dyn Engines>,
    queue: Arc<dyn Queue>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    backoff: Backoff,
    hands: Arc<Hands>,
    dealt_with: Arc<AtomicU64>,
}

/// How many events a worker deals with at a time.
#[derive(Debug)]
struct Hands {
    free: Arc<Semaphore>,
    number: AtomicUsize,
    wanted: AtomicUsize,
}

impl Hands {
    fn new(number: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(number)),
            number: AtomicUsize::new(number),
            wanted: AtomicUsize::new(number),
        }
    }

    /// Whether there is one more than is wanted, which is then to go.
    fn is_one_too_many(&self) -> bool {
        let wanted = self.wanted.load(Ordering::Relaxed);
        let fewer = |number: usize| (number > wanted).then(|| number - 1);
        self.number
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
            .is_ok()
    }
}

/// How urgent the work is that comes of what was told like this.
pub const fn priority_of(cause: Cause) -> Priority {
    match cause {
        Cause::Backfill => Priority::Backfill,
        Cause::Sweep => Priority::Sweep,
        Cause::Webhook | Cause::Callback | Cause::Retry => Priority::Live,
    }
}

impl Worker {
    /// A worker for these connections that deals with up to `concurrency` events at a time, and tries again by
    /// `backoff`.
    pub fn new(
        engines: Arc<dyn Engines>,
        queue: Arc<dyn Queue>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        concurrency: usize,
        backoff: Backoff,
    ) -> Self {
        Self {
            engines,
            queue,
            store,
            clock,
            backoff,
            hands: Arc::new(Hands::new(concurrency.max(1))),
            dealt_with: Arc::default(),
        }
    }

    /// How many events were dealt with so far, those that come again left out.
    pub fn dealt_with(&self) -> u64 {
        self.dealt_with.load(Ordering::Relaxed)
    }

    /// Deals with up to so many events at a time from now on; those at hand are finished.
    pub fn set_concurrency(&self, concurrency: usize) {
        self.hands.wanted.store(concurrency.max(1), Ordering::Relaxed);
        let number = self.hands.number.fetch_max(concurrency, Ordering::Relaxed);
        self.hands.free.add_permits(concurrency.saturating_sub(number));
    }

    /// Works until `stop`, and then until the events at hand are dealt with.
    pub async fn run(self, stop: CancellationToken) {
        let slots = Arc::clone(&self.hands.free);
        let tasks = TaskTracker::new();
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                break;
            };
            if self.hands.is_one_too_many() {
                slot.forget();
                continue;
            }
            // Cancel-safe: what was taken and not dealt with comes again after a restart.
            let taken = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                taken = self.queue.take(1 + slots.available_permits()) => taken,
            };
            let deliveries = match taken {
                Ok(deliveries) => deliveries,
                Err(error) => {
                    tracing::error!(error = %telemetry::chain(&error), "the queue can't be read; trying again");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let mut slot = Some(slot);
            for delivery in deliveries {
                let slot = match slot.take() {
                    Some(slot) => slot,
                    None => match Arc::clone(&slots).acquire_owned().await {
                        Ok(slot) => slot,
                        Err(_) => break,
                    },
                };
                let worker = self.clone();
                tasks.spawn(async move {
                    worker.deal_with(delivery).await;
                    drop(slot);
                });
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Puts events back whose lease's holder crashed, until `stop`.
    pub async fn rescue(self, every: Duration, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(every);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.rescue_once().await {
                tracing::warn!(error = %telemetry::chain(&error), "stranded events can't be looked for");
            }
        }
    }

    async fn rescue_once(&self) -> Result<(), EngineError> {
        let stranded = self.store.stranded(self.clock.now()).await?;
        if let Some(engine) = self.engines.any()
            && !stranded.is_empty()
        {
            engine.requeue(stranded).await?;
        }
        Ok(())
    }

    async fn deal_with(&self, delivery: Delivery) {
        let event = match &delivery.event {
            Ok(event) if !delivery.is_poisoned => event,
            unfit => {
                let reason = match unfit {
                    Ok(_) => {
                        "it was handed out again and again and never dealt with: it may be what ends the workers"
                    }
                    Err(_) => "it can't be read",
                };
                tracing::error!(delivery.id = %delivery.id, reason, "an event in the queue is set aside");
                return Self::tell(self.set_aside(&delivery, reason.to_owned()).await.1);
            }
        };
        let span = tracing::info_span!("event", event.id = %event.id, connection = %event.connection, attempt = delivery.attempts);
        // A panic is one event's failure, not the end of the others.
        let attempt = AssertUnwindSafe(self.attempt(event)).catch_unwind();
        let outcome = attempt.instrument(span).await.unwrap_or(Err(EngineError::Panic));
        let (outcome, answered) = match outcome {
            Ok(()) => ("done", self.queue.done(&delivery).await),
            Err(error) => self.put_back(&delivery, event, &error).await,
        };
        if outcome == "done" {
            self.dealt_with.fetch_add(1, Ordering::Relaxed);
        }
        let took = self.clock.now() - event.received;
        tracing::debug!(event.id = %delivery.id, outcome, took_ms = took.as_millis(), "dealt with an event");
        telemetry::event_dealt_with(&event.connection, outcome, took);
        Self::tell(answered);
    }

    async fn attempt(&self, event: &Event) -> Result<(), EngineError> {
        let engine = self.engines.engine(&event.connection).await?;
        let (module, record) = match &event.subject {
            Subject::Record { module, id, .. } => (*module, Some(id.clone())),
            Subject::Module { module } => (*module, None),
        };
        let topic = Topic {
            event: event.id.clone(),
            module,
            record,
        };
        work_on(priority_of(event.cause), topic, Box::pin(engine.handle(event))).await
    }

    async fn put_back(
        &self,
        delivery: &Delivery,
        event: &Event,
        error: &EngineError,
    ) -> (&'static str, Result<(), QueueError>) {
        let error_told = telemetry::chain(error);
        match self.backoff.after(error, delivery.attempts, rand::random()) {
            Disposition::Wait(wait) => ("waiting", self.queue.again(delivery, wait, None).await),
            Disposition::Retry(wait) => {
                tracing::warn!(
                    event.id = %event.id, attempt = delivery.attempts, wait_ms = wait.as_millis(), error = %error_told,
                    "an event could not be dealt with for now"
                );
                let failure = Failure {
                    at: self.clock.now(),
                    error: error_told,
                };
                ("retry", self.queue.again(delivery, wait, Some(failure)).await)
            }
            Disposition::GiveUp => {
                tracing::error!(
                    event.id = %event.id, attempt = delivery.attempts, error = %error_told,
                    "an event failed too often and is set aside; `failed list` shows it"
                );
                if let Ok(engine) = self.engines.engine(&event.connection).await
                    && let Err(error) = engine.give_up(event, &error_told).await
                {
                    tracing::error!(error = %telemetry::chain(&error), "the sync log can't tell of a failed event");
                }
                self.set_aside(delivery, error_told).await
            }
        }
    }

    /// Sets an event aside for a person; where that fails, it comes again.
    async fn set_aside(&self, delivery: &Delivery, reason: String) -> (&'static str, Result<(), QueueError>) {
        let at = self.clock.now();
        let failure = Failure {
            at,
            error: reason.clone(),
        };
        let failed = FailedEvent {
            id: match &delivery.event {
                Ok(event) => event.id.clone(),
                Err(_) => uuid::Uuid::now_v7().to_string(),
            },
            at,
            event: delivery.event.clone(),
            reason,
            attempts: delivery.attempts + 1,
            history: delivery.history_with(failure),
        };
        match self.store.set_aside(&failed).await {
            Ok(()) => ("failed", self.queue.done(delivery).await),
            Err(error) => {
                tracing::error!(error = %telemetry::chain(&error), "a failed event can't be set aside; it comes again");
                ("retry", self.queue.again(delivery, ASIDE, None).await)
            }
        }
    }

    fn tell(answered: Result<(), QueueError>) {
        if let Err(error) = answered {
            // The event comes again after a restart; dealing with it twice does no harm.
            tracing::error!(error = %telemetry::chain(&error), "the queue can't be told what became of an event");
        }
    }
}
