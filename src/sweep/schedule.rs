//! When a connection is swept, and which of several processes does it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Sweeper;
use crate::clock::Timestamp;
use crate::engine::Held;
use crate::store::{Place, StoreError};
use crate::telemetry;

impl Sweeper {
    /// Sweeps all modules every `interval`, and those that are asked for soon after that, until `stop`. Of several
    /// processes that do so for one connection one sweeps, and the others stand by.
    pub async fn run(self, places: Vec<Place>, plan: Schedule, stop: CancellationToken) {
        let lease = format!("sweep:{}", self.engine.connection);
        let mut shift = Shift::new(self.engine.clock.now(), plan);
        let mut held: Option<Held> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK) => {}
            }
            if !shift.may_begin(self.engine.clock.now()) {
                continue;
            }
            let engine = &self.engine;
            held = match self.on_duty(held, &lease).await {
                Ok(held) => held,
                Err(error) => {
                    tracing::warn!(connection = engine.connection, error = %telemetry::chain(&error), "who sweeps can't be told");
                    None
                }
            };
            if held.is_none() {
                continue;
            }
            let mut asked = match engine.store.take_sweep_requests(&engine.connection).await {
                Ok(asked) => asked,
                Err(error) => {
                    tracing::warn!(error = %telemetry::chain(&error), "requests to sweep can't be read");
                    continue;
                }
            };
            if shift.is_due(engine.clock.now()) {
                asked.clone_from(&places);
                shift.next(engine.clock.now());
            }
            for at in asked {
                shift.rest(engine.clock.now());
                let swept = tokio::select! {
                    () = stop.cancelled() => break,
                    swept = self.sweep(&at) => swept,
                };
                if let Err(error) = swept {
                    tracing::warn!(
                        connection = %at.connection, module = %at.module, error = %telemetry::chain(&error),
                        "a sweep was broken off; the next one begins anew"
                    );
                }
            }
        }
        if let Some(held) = held
            && let Err(error) = held.free(&*self.engine.store).await
        {
            tracing::debug!(error = %telemetry::chain(&error), "the sweeper's lease runs out by itself");
        }
    }

    /// The lease of the one who sweeps: the one held, unless it was lost, or a new one where nobody has it.
    async fn on_duty(&self, held: Option<Held>, lease: &str) -> Result<Option<Held>, StoreError> {
        let (store, now) = (&*self.engine.store, self.engine.clock.now());
        match held {
            Some(held) => Ok(held.retake(store, now).await?.then_some(held)),
            None => self.engine.keeper.claim(store, lease, now).await,
        }
    }
}

/// When one sweeper sweeps.
struct Shift {
    plan: Schedule,
    due: Timestamp,
    rested: Timestamp,
}

impl Shift {
    fn new(now: Timestamp, plan: Schedule) -> Self {
        let due = if plan.at_start { now } else { now + plan.interval };
        Self {
            plan,
            due,
            rested: now,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        now >= self.due
    }

    fn may_begin(&self, now: Timestamp) -> bool {
        self.is_due(now) || now >= self.rested
    }

    fn next(&mut self, now: Timestamp) {
        self.due = now + self.plan.interval;
    }

    fn rest(&mut self, now: Timestamp) {
        self.rested = now + REST;
    }
}

/// How often requests to sweep are looked for. Short, and not at once: several requests make one sweep.
const LOOK: Duration = Duration::from_millis(500);

/// How long a sweep that is asked for waits after the last one: many requests must not keep both systems busy.
const REST: Duration = Duration::from_secs(15);

/// When to sweep.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The time between the beginnings of two sweeps.
    pub interval: Duration,
    /// Whether to sweep right away.
    pub at_start: bool,
}
