//! When a connection is swept, and which of several processes does it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Scope, Sweeper};
use crate::clock::Timestamp;
use crate::engine::{Engine, Held};
use crate::store::{Place, StoreError, SweepRequest};
use crate::sync::Side;
use crate::telemetry;

impl Sweeper {
    /// Sweeps all modules every `interval`, and those that are asked for soon after that, until `stop`. Of several
    /// processes that do so for one connection one sweeps, and the others stand by.
    pub async fn run(self, places: Vec<Place>, plan: Schedule, stop: CancellationToken) {
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
            let (store, now) = (&*engine.store, engine.clock.now());
            held = match engine.keeper.on_duty(store, &self.lease(), held, now).await {
                Ok(held) => held,
                Err(error) => {
                    tracing::warn!(connection = engine.connection, error = %telemetry::chain(&error), "who sweeps can't be told");
                    None
                }
            };
            if held.is_none() {
                continue;
            }
            let is_due = shift.is_due(engine.clock.now());
            let jobs = match self.jobs(&places, is_due, plan.full_interval).await {
                Ok(jobs) => jobs,
                Err(error) => {
                    tracing::warn!(error = %telemetry::chain(&error), "what to sweep can't be read");
                    continue;
                }
            };
            if is_due {
                shift.next(engine.clock.now(), rand::random());
            }
            for Job {
                at,
                scope,
                allows_deletions,
            } in jobs
            {
                shift.rest(engine.clock.now());
                let sweeper = if allows_deletions {
                    self.without_brake()
                } else {
                    self.clone()
                };
                let swept = tokio::select! {
                    () = stop.cancelled() => break,
                    swept = sweeper.sweep(&at, scope) => swept,
                };
                if let Err(error) = swept {
                    tracing::warn!(
                        connection = %at.connection, module = %at.module, error = %telemetry::chain(&error),
                        "a sweep was broken off; the next one goes on there"
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

    /// What to sweep now: what was asked for, or, where it is time, all modules.
    async fn jobs(
        &self,
        places: &[Place],
        is_due: bool,
        full_interval: Duration,
    ) -> Result<Vec<Job>, StoreError> {
        let store = &self.engine.store;
        let asked = store.take_sweep_requests(&self.engine.connection).await?;
        if !is_due {
            return Ok(asked.into_iter().map(Job::from).collect());
        }
        let mut jobs = Vec::new();
        for at in places {
            let asked = asked.iter().find(|request| request.at == *at);
            let mut job = asked.cloned().map_or_else(|| Job::regular(at.clone()), Job::from);
            let latest = self.engine.clock.now().before(full_interval);
            for side in Side::BOTH {
                let state = store.sweep_state(at, side).await?;
                if state.swept.is_some() && state.swept_all.is_none_or(|at| at < latest) {
                    job.scope = Scope::Full;
                }
            }
            jobs.push(job);
        }
        Ok(jobs)
    }

    /// The right to sweep the connection, unless another process has it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim(&self) -> Result<Option<Held>, StoreError> {
        let Engine {
            store, clock, keeper, ..
        } = &self.engine;
        keeper.claim(&**store, &self.lease(), clock.now()).await
    }

    /// The name of the lease of the one who sweeps the connection.
    fn lease(&self) -> String {
        format!("sweep:{}", self.engine.connection)
    }
}

/// One module to sweep.
struct Job {
    at: Place,
    scope: Scope,
    allows_deletions: bool,
}

impl Job {
    /// What is done now and then.
    const fn regular(at: Place) -> Self {
        Self {
            at,
            scope: Scope::Changes,
            allows_deletions: false,
        }
    }
}

impl From<SweepRequest> for Job {
    fn from(request: SweepRequest) -> Self {
        Self {
            at: request.at,
            scope: if request.is_full {
                Scope::Full
            } else {
                Scope::ChangesAndGone
            },
            allows_deletions: request.allows_deletions,
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

    /// `jitter` is between 0 and 1: sweeps of many connections must not go in step.
    fn next(&mut self, now: Timestamp, jitter: f64) {
        self.due = now + self.plan.interval.mul_f64(0.9 + jitter.clamp(0.0, 1.0) / 5.0);
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
    /// The time between the beginnings of two sweeps, about.
    pub interval: Duration,
    /// The time after which everything is looked at, and not only what changed.
    pub full_interval: Duration,
    /// Whether to sweep right away.
    pub at_start: bool,
}
