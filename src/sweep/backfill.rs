//! The first sync: everything that is there, module by module, those that others refer to first.
//!
//! It is asked for by a run that is not ended. Where it was broken off, it goes on at the page.

use std::time::Duration;

use super::{Ground, Report, Scope, Sweeper, swept_sides};
use crate::clock::Timestamp;
use crate::engine::EngineError;
use crate::queue::Lane;
use crate::store::{Place, Run, SweepState};
use crate::sync::Side;

/// So many events may wait before more is read: they are to be dealt with, and not to be heaped up.
const MOST_WAITING: u64 = 1_000;

/// How often is looked how many wait.
const LOOK: Duration = Duration::from_millis(20);

/// So often in a row none must wait to be sure.
const LOOKS: u32 = 10;

/// How often is looked whether it is still wanted.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// So long nothing may move before the rest is left to the queue: what fails is tried again for a day.
const PATIENCE: Duration = Duration::from_mins(1);

/// How far a first sync came with one side of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The module of the connection.
    pub at: Place,
    /// The side that is read.
    pub side: Side,
    /// Whether all of it was read.
    pub is_read: bool,
    /// Whether it is read now.
    pub is_begun: bool,
    /// How many records were read.
    pub read: u64,
    /// How many there are, where the system tells.
    pub total: Option<u64>,
    /// How many of those read were not in step.
    pub found: u64,
}

impl Sweeper {
    /// Goes on with the first sync that was asked for, and returns once all is dealt with that can be; false where none
    /// was asked for.
    ///
    /// # Errors
    /// When one of the systems can't be read in spite of several attempts. Called again, it goes on there.
    pub async fn backfill(&self, places: &[Place]) -> Result<bool, EngineError> {
        let store = &self.engine.store;
        let Some(run) = store.open_backfill(&self.engine.connection).await? else {
            return Ok(false);
        };
        let sweeper = self.during(&run);
        tokio::select! {
            done = sweeper.all_steps(places, &run) => done?,
            withdrawn = self.withdrawn(&run) => return withdrawn.map(|()| true),
        }
        self.end(&run, places, None).await?;
        Ok(true)
    }

    /// How far the first sync of this run came.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn steps(&self, places: &[Place], run: &Run) -> Result<Vec<Step>, EngineError> {
        let mut steps = Vec::new();
        for at in places {
            let settings = self.engine.settings(at).await?;
            for side in swept_sides(&settings) {
                let state = self.engine.store.sweep_state(at, side).await?;
                steps.push(step(at, side, &state, run.begun));
            }
        }
        Ok(steps)
    }

    async fn all_steps(&self, places: &[Place], run: &Run) -> Result<(), EngineError> {
        for Step {
            at, side, is_read, ..
        } in self.steps(places, run).await?
        {
            // What this one's records refer to shall be there, and what the other side's found is not to be found again.
            self.until_waiting(0).await;
            if is_read {
                continue;
            }
            let settings = self.engine.settings(&at).await?;
            let ground = Ground {
                at: &at,
                settings: &settings,
                side,
            };
            let mut report = Report::default();
            self.sweep_side(ground, Scope::First, &mut report).await?;
            tracing::info!(
                connection = %at.connection, module = %at.module, %side, read = *report.read.of(side),
                found = *report.found.of(side), "read a module for the first sync"
            );
        }
        self.until_waiting(0).await;
        Ok(())
    }

    /// Waits until no more than so many events wait, as long as their number changes.
    pub async fn until_waiting(&self, most: u64) {
        let (mut last, mut since) = (None, self.engine.clock.now());
        let mut looks = 0;
        loop {
            let waiting = self.waiting().await;
            let now = self.engine.clock.now();
            let is_so = waiting.is_some_and(|waiting| waiting <= most);
            looks = if is_so { looks + 1 } else { 0 };
            // An event on its way between the broker and a process shows on neither end.
            if looks == LOOKS || most > 0 && is_so || now - since > PATIENCE {
                return;
            }
            if waiting != last {
                (last, since) = (waiting, now);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How many events wait that are to be dealt with in bulk, those that wait for somebody who works on their record
    /// included. A broker that is away for a moment doesn't tell.
    async fn waiting(&self) -> Option<u64> {
        let depth = self.engine.queue.depth(Lane::Bulk).await.ok()?;
        Some(depth + self.engine.store.parked().await.ok()?)
    }

    /// Waits until there is room for what another page shows.
    pub(super) async fn until_room(&self) {
        self.until_waiting(MOST_WAITING).await;
    }

    /// Waits until somebody has ended this run.
    async fn withdrawn(&self, run: &Run) -> Result<(), EngineError> {
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            let now = self.engine.store.run(&run.id).await?;
            if now.is_none_or(|now| now.ended.is_some()) {
                return Ok(());
            }
        }
    }
}

fn step(at: &Place, side: Side, state: &SweepState, begun: Timestamp) -> Step {
    let under_way = state.under_way.as_ref().filter(|sweep| sweep.begun >= begun);
    let is_read = under_way.is_none() && state.swept_all.is_some_and(|swept| swept >= begun);
    let (read, found, total) = match under_way {
        Some(sweep) => (sweep.read, sweep.found, sweep.census.total),
        None if is_read => (state.read, state.found, Some(state.read)),
        None => (0, 0, None),
    };
    Step {
        at: at.clone(),
        side,
        is_read,
        is_begun: is_read || under_way.is_some(),
        read,
        total,
        found,
    }
}
