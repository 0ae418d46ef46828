//! `sweep`: one sweep of everything, by hand.

use std::fmt::Write as _;
use std::time::Duration;

use crate::engine::EngineError;
use crate::store::{Place, Run, RunKind, SweepRequest, SweepState};
use crate::sweep::{Scope, Sweeper};
use crate::sync::Side;

use super::Parts;
use super::attend::{attend, left};

/// How often to look whether the events are dealt with.
const LOOK: Duration = Duration::from_millis(100);

/// How often is looked for what came of what was found.
const LOOKS: usize = 3;

/// Sweeps all modules of all connections, waits until what was found is dealt with, and tells what was done.
///
/// `allow_deletions`: however many records are gone, their counterparts are deleted.
///
/// This process sweeps and deals with the events, or the service does where that is running on the same database.
///
/// # Errors
/// When one of the systems or the database fails in spite of several attempts.
pub async fn sweep_once(parts: &Parts, scope: Scope, allow_deletions: bool) -> Result<String, EngineError> {
    let start = parts.clock.now();
    let stop = parts.stop.clone();
    let tasks = tokio_util::task::TaskTracker::new();
    attend(parts, &tasks, &stop);
    if parts.may_work() {
        tasks.spawn(parts.worker().run(stop.clone()));
    }
    let swept = sweep_all(parts, scope, allow_deletions).await;
    let left = left(parts).await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    let mut text = swept?;
    for line in parts.store.counts_since(start).await? {
        let side = Side::BOTH
            .into_iter()
            .find(|side| side.as_str() == line.side)
            .map_or("", Side::title);
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{}: {} in {}: {} created, {} updated, {} skipped",
            line.connection, line.module, side, line.created, line.updated, line.skipped
        );
    }
    if left > 0 {
        let _ = writeln!(
            text,
            "{left} records could not be dealt with for now; the service tries them again"
        );
    }
    Ok(text)
}

async fn sweep_all(parts: &Parts, scope: Scope, allow_deletions: bool) -> Result<String, EngineError> {
    let mut text = String::new();
    for member in parts.roster.all() {
        let (connection, sweeper) = (&member.name, &member.sweeper);
        if member.is_paused {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{connection}: left out, as it is paused");
            continue;
        }
        let places = Parts::places(connection);
        let sweeper = if allow_deletions {
            sweeper.without_brake()
        } else {
            sweeper.clone()
        };
        let asked = parts.clock.now();
        let run = Run::new(connection, RunKind::SyncNow, asked);
        let sweeper = sweeper.during(&run);
        let mut by = sweep_or_ask(parts, &sweeper, &run, &places, scope, allow_deletions).await?;
        while by == By::Service && !sweeper.has_swept_since(&places, asked).await? {
            tokio::time::sleep(LOOK).await;
            // The service may have ended meanwhile.
            by = sweep_here(parts, &sweeper, &run, &places, scope).await?;
        }
        for at in &places {
            for side in Side::BOTH {
                let state = parts.store.sweep_state(at, side).await?;
                if state.swept.is_some() {
                    tell(&mut text, at, side, &state);
                }
            }
        }
        sweeper.until_waiting(0).await;
        if by == By::Us {
            look_again(parts, &sweeper, &run, &places).await?;
            sweeper.end(&run, &places, None).await?;
        }
    }
    Ok(text)
}

/// Who sweeps a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// This process, which has done so.
    Us,
    /// The service, which has the right to.
    Service,
}

/// Sweeps these modules, or asks the service to.
async fn sweep_or_ask(
    parts: &Parts,
    sweeper: &Sweeper,
    run: &Run,
    places: &[Place],
    scope: Scope,
    allow_deletions: bool,
) -> Result<By, EngineError> {
    let by = sweep_here(parts, sweeper, run, places, scope).await?;
    if by == By::Service {
        for at in places {
            let request = SweepRequest {
                at: at.clone(),
                is_full: scope == Scope::Full,
                allows_deletions: allow_deletions,
            };
            parts.store.request_sweep(&request, parts.clock.now()).await?;
        }
    }
    Ok(by)
}

/// Sweeps these modules where nobody else has the right to.
async fn sweep_here(
    parts: &Parts,
    sweeper: &Sweeper,
    run: &Run,
    places: &[Place],
    scope: Scope,
) -> Result<By, EngineError> {
    let Some(held) = sweeper.claim().await? else {
        return Ok(By::Service);
    };
    parts.store.begin_run(run).await?;
    for at in places {
        sweeper.sweep(at, scope).await?;
    }
    held.free(&*parts.store).await?;
    Ok(By::Us)
}

/// What was just brought into step changed more than the sweep had seen: an order takes goods off the shop's stock, and tells
/// where a guest lives. A service hears of that by webhooks; by itself this process doesn't.
async fn look_again(
    parts: &Parts,
    sweeper: &Sweeper,
    run: &Run,
    places: &[Place],
) -> Result<(), EngineError> {
    for _ in 0..LOOKS {
        let mut found = 0;
        for at in places {
            for side in Side::BOTH {
                found += parts.store.sweep_state(at, side).await?.found;
            }
        }
        if found == 0 {
            break;
        }
        sweep_here(parts, sweeper, run, places, Scope::Changes).await?;
        sweeper.until_waiting(0).await;
    }
    Ok(())
}

/// What a sweep saw of one side of a module. Writing to a string can't fail.
fn tell(text: &mut String, at: &Place, side: Side, state: &SweepState) {
    let Place { connection, module } = at;
    let side = side.title();
    let SweepState {
        read, found, held, ..
    } = state;
    let _ = writeln!(
        text,
        "{connection}: read {read} {module} in {side}, {found} of them not in step"
    );
    if *held > 0 {
        let _ = writeln!(
            text,
            "{connection}: {held} {module} are gone in {side}, or show nothing where they showed something: so many that \
             their counterparts are left alone before somebody has looked. Where that is as it should be: sweep \
             --allow-deletions"
        );
    }
}
