//! When a connection is swept, and which of several processes does it.

use std::collections::HashMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Scope, Sweeper};
use crate::clock::Timestamp;
use crate::engine::{Engine, EngineError, Held};
use crate::queue::Lane;
use crate::store::{Place, Run, RunKind, StoreError, SweepRequest};
use crate::sync::{Module, Side};
use crate::telemetry;

impl Sweeper {
    /// Sweeps all modules every so often, and those that are asked for soon after that, until `stop`. Of several
    /// processes that do so for one connection one sweeps, and the others stand by.
    pub async fn run(self, places: Vec<Place>, plan: Schedule, stop: CancellationToken) {
        let mut shift = Shift::new(self.engine.clock.now(), plan);
        let mut held: Option<Held> = None;
        let mut unfinished: Option<Unfinished> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK) => {}
            }
            unfinished = self.finish(unfinished).await;
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
            let asked = tokio::select! {
                () = stop.cancelled() => break,
                asked = self.backfill(&places) => asked,
            };
            match asked {
                Ok(false) => {}
                Ok(true) => continue,
                Err(error) => {
                    tracing::warn!(
                        connection = engine.connection, error = %telemetry::chain(&error),
                        "the first sync was broken off; it goes on there soon"
                    );
                    shift.rest(engine.clock.now());
                    continue;
                }
            }
            let (kind, jobs) = match self.jobs(&places, &mut shift).await {
                Ok(jobs) => jobs,
                Err(error) => {
                    tracing::warn!(error = %telemetry::chain(&error), "what to sweep can't be read");
                    continue;
                }
            };
            if jobs.is_empty() {
                continue;
            }
            shift.rest(engine.clock.now());
            unfinished = tokio::select! {
                () = stop.cancelled() => break,
                unfinished = self.sweep_all(jobs, kind) => unfinished,
            };
            shift.rest(engine.clock.now());
        }
        if let Some(held) = held
            && let Err(error) = held.free(&*self.engine.store).await
        {
            tracing::debug!(error = %telemetry::chain(&error), "the sweeper's lease runs out by itself");
        }
    }

    /// Does these jobs as one run, which lasts until what was found is dealt with.
    async fn sweep_all(&self, jobs: Vec<Job>, kind: RunKind) -> Option<Unfinished> {
        let Engine {
            store,
            clock,
            connection,
            ..
        } = &self.engine;
        let run = Run::new(connection, kind, clock.now());
        if let Err(error) = store.begin_run(&run).await {
            tracing::warn!(connection, error = %telemetry::chain(&error), "a run can't be noted");
        }
        let places = jobs.iter().map(|job| job.at.clone()).collect();
        let mut failures = Vec::new();
        for job in jobs {
            let at = &job.at;
            if let Err(error) = job.sweeper(self).during(&run).sweep(at, job.scope).await {
                let error = telemetry::chain(&error);
                tracing::warn!(
                    connection = %at.connection, module = %at.module, error,
                    "a sweep was broken off; the next one goes on there"
                );
                failures.push(format!("{}: {error}", at.module));
            }
        }
        let failure = (!failures.is_empty()).then(|| failures.join("\n"));
        Some(Unfinished { run, places, failure })
    }

    /// Notes the end of a run once no event waits any more, and returns it as long as some do.
    async fn finish(&self, unfinished: Option<Unfinished>) -> Option<Unfinished> {
        let unfinished = unfinished?;
        let Unfinished { run, places, failure } = &unfinished;
        let waiting = self.engine.queue.depth(Lane::Bulk).await;
        let is_over = waiting.is_ok_and(|waiting| waiting == 0);
        let is_noted = is_over && self.end(run, places, failure.as_deref()).await.is_ok();
        (!is_noted).then_some(unfinished)
    }

    /// What to sweep now: what was asked for, and the modules that are due.
    async fn jobs(&self, places: &[Place], shift: &mut Shift) -> Result<(RunKind, Vec<Job>), EngineError> {
        let (store, now) = (&self.engine.store, self.engine.clock.now());
        let asked = store.take_sweep_requests(&self.engine.connection).await?;
        let (mut kind, mut jobs) = (RunKind::SyncNow, Vec::new());
        let jitter = rand::random();
        for at in places {
            let asked = asked.iter().find(|request| request.at == *at);
            if !shift.is_due(at.module, now) {
                jobs.extend(asked.cloned().map(Job::from));
                continue;
            }
            let mut job = asked.cloned().map_or_else(|| Job::regular(at.clone()), Job::from);
            let latest = now.before(shift.plan.full_interval);
            for side in Side::BOTH {
                let state = store.sweep_state(at, side).await?;
                if state.swept.is_some() && state.swept_all.is_none_or(|at| at < latest) {
                    job.scope = Scope::Full;
                }
            }
            kind = RunKind::Sweep;
            jobs.push(job);
            let interval = self.engine.settings(at).await?.sweep_interval;
            shift.next(at.module, interval, now, jitter);
        }
        Ok((kind, jobs))
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

/// A run of which some events may still wait.
struct Unfinished {
    run: Run,
    /// What was to be swept.
    places: Vec<Place>,
    /// What could not be swept, and why.
    failure: Option<String>,
}

/// One module to sweep.
struct Job {
    at: Place,
    scope: Scope,
    allows_deletions: bool,
}

impl Job {
    /// Who does it.
    fn sweeper(&self, sweeper: &Sweeper) -> Sweeper {
        if self.allows_deletions {
            sweeper.without_brake()
        } else {
            sweeper.clone()
        }
    }

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
    /// When each module is due.
    due: HashMap<Module, Timestamp>,
    rested: Timestamp,
}

impl Shift {
    fn new(now: Timestamp, plan: Schedule) -> Self {
        let due = if plan.at_start { now } else { now + plan.interval };
        Self {
            plan,
            due: Module::ALL.into_iter().map(|module| (module, due)).collect(),
            rested: now,
        }
    }

    fn is_due(&self, module: Module, now: Timestamp) -> bool {
        self.due.get(&module).is_none_or(|due| now >= *due)
    }

    fn is_any_due(&self, now: Timestamp) -> bool {
        Module::ALL.into_iter().any(|module| self.is_due(module, now))
    }

    fn may_begin(&self, now: Timestamp) -> bool {
        self.is_any_due(now) || now >= self.rested
    }

    /// A module that is swept now, every so often where it has a time of its own, is due later. `jitter` is between 0 and 1:
    /// sweeps of many connections must not go in step.
    fn next(&mut self, module: Module, interval: Option<Duration>, now: Timestamp, jitter: f64) {
        let interval = interval.unwrap_or(self.plan.interval);
        let due = now + interval.mul_f64(0.9 + jitter.clamp(0.0, 1.0) / 5.0);
        self.due.insert(module, due);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_is_due_in_its_own_time() {
        let minutes = |minutes: i64| Timestamp::from_seconds(minutes * 60);
        let plan = Schedule {
            interval: Duration::from_mins(15),
            full_interval: Duration::from_hours(24),
            at_start: true,
        };
        let mut shift = Shift::new(minutes(0), plan);
        assert!(
            Module::ALL
                .into_iter()
                .all(|module| shift.is_due(module, minutes(0)))
        );
        for module in Module::ALL {
            let own = (module == Module::Products).then_some(Duration::from_hours(2));
            shift.next(module, own, minutes(0), 0.5);
        }
        assert!(!shift.is_any_due(minutes(14)));
        let due = |at| {
            Module::ALL
                .into_iter()
                .filter(|module| shift.is_due(*module, at))
                .collect::<Vec<_>>()
        };
        let frequent = [Module::Taxes, Module::Contacts, Module::SalesOrders];
        assert_eq!(due(minutes(15)), frequent);
        assert_eq!(due(minutes(119)), frequent);
        assert_eq!(due(minutes(120)), Module::ALL);
    }
}
