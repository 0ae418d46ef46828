//! `sweep`: one sweep of everything, by hand.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::EngineError;
use crate::queue::Lane;
use crate::store::{Place, SweepRequest, SweepState};
use crate::sweep::{Scope, Sweeper};
use crate::sync::Side;

use super::Parts;

/// How often to look whether the events are dealt with.
const LOOK: Duration = Duration::from_millis(100);

/// How often is looked for what came of what was found.
const LOOKS: usize = 3;

/// How often in a row the queue may not answer.
const PATIENCE: u32 = 200;

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
    let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
    tasks.spawn(Arc::clone(&parts.keeper).run(store, clock, stop.clone()));
    if parts.may_work() {
        tasks.spawn(parts.worker().run(stop.clone()));
    }
    let swept = sweep_all(parts, scope, allow_deletions).await;
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
    Ok(text)
}

async fn sweep_all(parts: &Parts, scope: Scope, allow_deletions: bool) -> Result<String, EngineError> {
    let mut text = String::new();
    for (connection, sweeper) in &parts.sweepers {
        let places = Parts::places(connection);
        let sweeper = if allow_deletions {
            sweeper.without_brake()
        } else {
            sweeper.clone()
        };
        sweep_connection(parts, &sweeper, &places, scope, allow_deletions).await?;
        for at in &places {
            for side in Side::BOTH {
                let state = parts.store.sweep_state(at, side).await?;
                if state.swept.is_some() {
                    tell(&mut text, at, side, &state);
                }
            }
        }
    }
    settled(parts).await?;
    look_again(parts).await?;
    Ok(text)
}

/// What was just brought into step changed more than the sweep had seen: an order takes goods off the shop's stock, and tells
/// where a guest lives. The shop tells of that by webhooks, if they arrive.
async fn look_again(parts: &Parts) -> Result<(), EngineError> {
    for (connection, sweeper) in &parts.sweepers {
        let places = Parts::places(connection);
        for _ in 0..LOOKS {
            let mut found = 0;
            for at in &places {
                for side in Side::BOTH {
                    found += parts.store.sweep_state(at, side).await?.found;
                }
            }
            if found == 0 {
                break;
            }
            sweep_connection(parts, sweeper, &places, Scope::Changes, false).await?;
            settled(parts).await?;
        }
    }
    Ok(())
}

/// Sweeps these modules, or has the process do it that sweeps them anyway.
async fn sweep_connection(
    parts: &Parts,
    sweeper: &Sweeper,
    places: &[Place],
    scope: Scope,
    allow_deletions: bool,
) -> Result<(), EngineError> {
    let asked = parts.clock.now();
    let mut is_asked = false;
    loop {
        if let Some(held) = sweeper.claim().await? {
            for at in places {
                sweeper.sweep(at, scope).await?;
            }
            return Ok(held.free(&*parts.store).await?);
        }
        if !is_asked {
            for at in places {
                let request = SweepRequest {
                    at: at.clone(),
                    is_full: scope == Scope::Full,
                    allows_deletions: allow_deletions,
                };
                parts.store.request_sweep(&request, asked).await?;
            }
            is_asked = true;
        }
        if sweeper.has_swept_since(places, asked).await? {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until what was found is dealt with.
async fn settled(parts: &Parts) -> Result<(), EngineError> {
    let mut failures = 0;
    loop {
        match parts.queue.depth(Lane::Bulk).await {
            Ok(0) => return Ok(()),
            Ok(_) => failures = 0,
            // The broker may be away for a moment.
            Err(error) if failures == PATIENCE => return Err(error.into()),
            Err(_) => failures += 1,
        }
        tokio::time::sleep(LOOK).await;
    }
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
            "{connection}: {held} {module} are gone in {side}: so many that their counterparts are not deleted before \
             somebody has looked. Where that is as it should be: sweep --allow-deletions"
        );
    }
}
