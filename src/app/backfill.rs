//! `backfill`: the first sync, by hand.

use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::engine::{EngineError, Worker};
use crate::store::{Place, Run, RunKind, Tally};
use crate::sweep::{Forecast, Step, Sweeper};
use crate::sync::Side;

use super::Parts;
use super::attend::{attend, left};

/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How many events are worked on at a time where they are written to the shop: so many make one batch of its.
pub const BATCH: usize = 100;

/// How far the first sync of a connection came.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The connection's name.
    pub connection: String,
    /// The sides of the modules that are read, in this order.
    pub steps: Vec<Step>,
    /// How many of the records found are yet to be dealt with.
    pub waiting: u64,
}

/// What came of the first sync of a connection.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The connection's name.
    pub connection: String,
    /// What was done, by module and side.
    pub tallies: Vec<Tally>,
    /// How many events are left to the service: what failed is tried again and again.
    pub waiting: u64,
}

/// Brings all that is there into step, connection by connection, and tells how far that came again and again. One that
/// was broken off goes on where it was.
///
/// This process does it, or the service does where that is running on the same database.
///
/// # Errors
/// When one of the systems or the database fails in spite of several attempts.
pub async fn backfill(parts: &Parts, mut show: impl FnMut(&Progress)) -> Result<Vec<Outcome>, EngineError> {
    let stop = parts.stop.clone();
    let tasks = TaskTracker::new();
    attend(parts, &tasks, &stop);
    let crew = Crew::at_work(parts, &tasks);
    let done = every_connection(parts, &crew, &mut show).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    done
}

/// Withdraws the first syncs that were asked for and are not done; how many there were. What they found by then is dealt
/// with.
///
/// # Errors
/// When the store fails.
pub async fn withdraw_backfill(parts: &Parts) -> Result<usize, EngineError> {
    let mut withdrawn = 0;
    for member in parts.roster.all() {
        while let Some(run) = parts.store.open_backfill(&member.name).await? {
            let now = parts.clock.now();
            parts
                .store
                .end_run(&run.id, now, Some("somebody ended it"))
                .await?;
            withdrawn += 1;
        }
    }
    Ok(withdrawn)
}

/// Tells what a first sync would do with each module, as soon as that is known.
///
/// # Errors
/// When one of the systems or the database fails in spite of several attempts.
pub async fn rehearse_backfill(
    parts: &Parts,
    mut show: impl FnMut(&Place, &Forecast),
) -> Result<(), EngineError> {
    for member in parts.roster.all() {
        for at in Parts::places(&member.name) {
            show(&at, &member.sweeper.rehearse(&at).await?);
        }
    }
    Ok(())
}

async fn every_connection(
    parts: &Parts,
    crew: &Crew,
    show: &mut impl FnMut(&Progress),
) -> Result<Vec<Outcome>, EngineError> {
    let mut outcomes = Vec::new();
    for member in parts.roster.all() {
        let (connection, sweeper) = (&member.name, &member.sweeper);
        if member.is_paused {
            tracing::info!(connection, "left out, as it is paused");
            continue;
        }
        let places = Parts::places(connection);
        let asked = parts.store.open_backfill(connection).await?;
        let run = asked.unwrap_or_else(|| Run::new(connection, RunKind::Backfill, parts.clock.now()));
        parts.store.begin_run(&run).await?;
        let work = until_done(parts, sweeper, &places, &run);
        tokio::pin!(work);
        let mut looks = tokio::time::interval(LOOK);
        loop {
            let is_done = tokio::select! {
                done = &mut work => done.map(|()| true)?,
                _ = looks.tick() => false,
            };
            let progress = Progress {
                connection: connection.clone(),
                steps: sweeper.steps(&places, &run).await?,
                waiting: left(parts).await,
            };
            crew.suit(&progress);
            show(&progress);
            if is_done {
                break;
            }
        }
        outcomes.push(Outcome {
            connection: connection.clone(),
            tallies: parts.store.tallies(&[&run.id]).await?,
            waiting: left(parts).await,
        });
    }
    Ok(outcomes)
}

/// Does what is asked for, or waits until the service has done it.
async fn until_done(
    parts: &Parts,
    sweeper: &Sweeper,
    places: &[Place],
    run: &Run,
) -> Result<(), EngineError> {
    loop {
        if let Some(held) = sweeper.claim().await? {
            sweeper.backfill(places).await?;
            held.free(&*parts.store).await?;
            return Ok(());
        }
        let now = parts.store.run(&run.id).await?;
        if now.is_none_or(|now| now.ended.is_some()) {
            return Ok(());
        }
        // The service may have ended meanwhile.
        tokio::time::sleep(LOOK).await;
    }
}

/// The worker of this process, where it may work: with as many hands as suit what is to be done.
///
/// It is one worker all along: what another one had taken when it was told to stop would come again after a restart only.
struct Crew {
    worker: Option<Worker>,
    usual: usize,
}

impl Crew {
    fn at_work(parts: &Parts, tasks: &TaskTracker) -> Self {
        let worker = parts.may_work().then(|| parts.worker());
        if let Some(worker) = &worker {
            tasks.spawn(worker.clone().run(parts.stop.clone()));
        }
        Self {
            worker,
            usual: parts.concurrency(),
        }
    }

    /// Has so many at work as suit the step under way.
    fn suit(&self, progress: &Progress) {
        let step = progress.steps.iter().rfind(|step| step.is_begun);
        let is_for_shop = step.is_some_and(|step| step.side == Side::Vtiger);
        if let Some(worker) = &self.worker {
            worker.set_concurrency(self.usual.max(if is_for_shop { BATCH } else { 1 }));
        }
    }
}
