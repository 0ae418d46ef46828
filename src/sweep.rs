//! Finds what no event announced: pages both systems, compares, and puts differences into the queue.
//!
//! A sweep never writes to either system. What differs goes through the engine like any other event.

mod backfill;
mod differences;
mod gone;
mod rehearsal;
mod schedule;
mod side;

pub use self::backfill::Step;
pub use self::rehearsal::Forecast;
pub use self::schedule::Schedule;
use crate::clock::Timestamp;
use crate::engine::{Backoff, Disposition, Engine, EngineError, priority_of};
use crate::queue::{Cause, Change, Event, Lane, Subject};
use crate::store::{Action, Place, Run, RunKind, Tally};
use crate::sync::{ModuleSettings, RecordId, Side, Sides};
use crate::system::{SystemError, work_for};

/// Failures in a row after which a sweep gives up; the next one begins anew.
const ATTEMPTS: u32 = 8;

/// How far a sweep looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// At what changed since the last sweep, as far as the systems can tell that; and at what is gone, where that costs
    /// next to nothing.
    Changes,
    /// At that, and at what is gone, whatever it costs.
    ChangesAndGone,
    /// At everything: also where a system doesn't tell that something changed.
    Full,
    /// At everything that is there, for a first sync: before it nothing was in step, so that nothing can be gone.
    First,
}

impl Scope {
    /// Whether all records are read.
    pub const fn is_full(self) -> bool {
        matches!(self, Self::Full | Self::First)
    }
}

/// What is swept at a time: one side of a module.
#[derive(Clone, Copy)]
struct Ground<'a> {
    at: &'a Place,
    settings: &'a ModuleSettings,
    side: Side,
}

/// Sweeps one connection, for its engine to deal with what is found.
#[derive(Clone, Debug)]
pub struct Sweeper {
    engine: Engine,
    most_deletions_percent: u8,
    run: Option<Run>,
}

/// What a sweep saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records read, per side.
    pub read: Sides<u64>,
    /// Records that may have changed and were put into the queue, per side.
    pub found: Sides<u64>,
    /// Records that are gone or blank, per side, whose counterparts are left alone as there are too many of them.
    pub held: Sides<u64>,
}

impl Report {
    /// Whether no record seemed to have changed.
    pub fn is_clean(&self) -> bool {
        [self.found, self.held]
            .iter()
            .all(|count| count.woocommerce == 0 && count.vtiger == 0)
    }
}

impl Sweeper {
    /// A sweeper for this engine's connection, which has at most so many of the records in step deleted at a time, in
    /// percent of them.
    pub const fn new(engine: Engine, most_deletions_percent: u8) -> Self {
        Self {
            engine,
            most_deletions_percent,
            run: None,
        }
    }

    /// The same sweeper, for this run.
    #[must_use]
    pub fn during(&self, run: &Run) -> Self {
        Self {
            run: Some(run.clone()),
            ..self.clone()
        }
    }

    /// The same sweeper, which has any number of records deleted.
    #[must_use]
    pub fn without_brake(&self) -> Self {
        Self {
            most_deletions_percent: 100,
            ..self.clone()
        }
    }

    /// Whether all of these modules were swept since then, as far as they are swept at all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn has_swept_since(&self, places: &[Place], since: Timestamp) -> Result<bool, EngineError> {
        for at in places {
            let settings = self.engine.settings(at).await?;
            for side in swept_sides(&settings) {
                let state = self.engine.store.sweep_state(at, side).await?;
                if state.swept.is_none_or(|swept| swept < since) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Sweeps a module once.
    ///
    /// # Errors
    /// When one of the systems can't be read in spite of several attempts. The next sweep goes on where this one was
    /// broken off.
    pub async fn sweep(&self, at: &Place, scope: Scope) -> Result<Report, EngineError> {
        let mut report = Report::default();
        let settings = self.engine.settings(at).await?;
        for side in swept_sides(&settings) {
            let ground = Ground {
                at,
                settings: &settings,
                side,
            };
            self.sweep_side(ground, scope, &mut report).await?;
        }
        tracing::info!(
            connection = %at.connection, module = %at.module,
            read.woocommerce = report.read.woocommerce, read.vtiger = report.read.vtiger,
            found.woocommerce = report.found.woocommerce, found.vtiger = report.found.vtiger,
            ?scope, "swept a module"
        );
        Ok(report)
    }

    /// Notes that all that a run found is dealt with: what it swept to the end is in step.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, run: &Run, places: &[Place], failure: Option<&str>) -> Result<(), EngineError> {
        let (store, now) = (&self.engine.store, self.engine.clock.now());
        let tallies = store.tallies(&[&run.id]).await?;
        for at in places {
            for side in Side::BOTH {
                let mut state = store.sweep_state(at, side).await?;
                let is_of_run = |at: Option<Timestamp>| at.is_some_and(|at| at >= run.begun);
                if !is_of_run(state.swept) {
                    continue;
                }
                if state.held == 0 {
                    state.in_step = state.swept;
                }
                if is_of_run(state.swept_all) {
                    let came_of_it = |tally: &&Tally| {
                        (tally.module, tally.side) == (at.module, side.opposite())
                            && tally.action != Action::Linked
                    };
                    state.drift = Some(tallies.iter().filter(came_of_it).map(|tally| tally.number).sum());
                }
                store.put_sweep_state(at, side, &state, now).await?;
            }
        }
        Ok(store.end_run(&run.id, now, failure).await?)
    }

    async fn publish(&self, side: Side, events: &[Event], report: &mut Report) -> Result<(), EngineError> {
        *report.found.of_mut(side) += events.len() as u64;
        if !events.is_empty() {
            self.engine.queue.publish(Lane::Bulk, events).await?;
        }
        Ok(())
    }

    /// What a system answers, be it after several attempts.
    async fn patiently<T, F>(&self, mut ask: impl FnMut() -> F) -> Result<T, EngineError>
    where
        F: Future<Output = Result<T, SystemError>>,
    {
        let backoff = Backoff {
            attempts: ATTEMPTS,
            ..Backoff::default()
        };
        let mut attempts = 0;
        loop {
            let error = match work_for(priority_of(self.cause()), ask()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => EngineError::from(error),
            };
            match backoff.after(&error, attempts, rand::random()) {
                Disposition::Retry(wait) | Disposition::Wait(wait) => tokio::time::sleep(wait).await,
                Disposition::GiveUp => return Err(error),
            }
            attempts += 1;
        }
    }

    fn cause(&self) -> Cause {
        match &self.run {
            Some(run) if run.kind == RunKind::Backfill => Cause::Backfill,
            _ => Cause::Sweep,
        }
    }

    fn event(&self, Ground { at, side, .. }: Ground<'_>, id: RecordId, change: Change) -> Event {
        let subject = Subject::Record {
            module: at.module,
            side,
            id,
            change,
        };
        let event = Event::new(&at.connection, subject, self.cause(), self.engine.clock.now());
        event.of_run(self.run.as_ref().map(|run| run.id.as_str()))
    }
}

/// The sides of a module that are swept: those that records travel from.
fn swept_sides(settings: &ModuleSettings) -> impl Iterator<Item = Side> + use<> {
    let (enabled, direction) = (settings.enabled, settings.direction);
    let travels = move |side: &Side| enabled && direction.writes_to(side.opposite());
    Side::BOTH.into_iter().filter(travels)
}
