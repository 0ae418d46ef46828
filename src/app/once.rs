//! `sweep`: one sweep of everything, by hand.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::EngineError;
use crate::queue::Lane;
use crate::sweep::Scope;
use crate::sync::Side;

use super::Parts;

/// How often to look whether the events are dealt with.
const LOOK: Duration = Duration::from_millis(100);

/// How often in a row the queue may not answer.
const PATIENCE: u32 = 200;

/// Sweeps all modules of all connections, waits until what was found is dealt with, and tells what was done.
///
/// `allow_deletions`: however many records are gone, their counterparts are deleted.
///
/// The events are dealt with by this process, or by the service where that is running on the same database.
///
/// # Errors
/// When one of the systems or the database fails in spite of several attempts.
pub async fn sweep_once(parts: &Parts, scope: Scope, allow_deletions: bool) -> Result<String, EngineError> {
    let start = parts.clock.now();
    let stop = parts.stop.clone();
    let tasks = tokio_util::task::TaskTracker::new();
    if parts.may_work() {
        tasks.spawn(parts.worker().run(stop.clone()));
        let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
        tasks.spawn(Arc::clone(&parts.keeper).run(store, clock, stop.clone()));
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
        let sweeper = if allow_deletions {
            sweeper.without_brake()
        } else {
            sweeper.clone()
        };
        for at in Parts::places(connection) {
            let report = sweeper.sweep(&at, scope).await?;
            for side in Side::BOTH {
                let _ = writeln!(
                    text,
                    "{connection}: read {} {} in {}, {} of them not in step",
                    report.read.of(side),
                    at.module,
                    side.title(),
                    report.found.of(side)
                );
                let held = *report.held.of(side);
                if held > 0 {
                    let _ = writeln!(
                        text,
                        "{connection}: {held} {} are gone in {}: so many that their counterparts are not deleted before \
                         somebody has looked. Where that is as it should be: sweep --allow-deletions",
                        at.module,
                        side.title()
                    );
                }
            }
        }
    }
    let mut failures = 0;
    loop {
        match parts.queue.depth(Lane::Bulk).await {
            Ok(0) => break,
            Ok(_) => failures = 0,
            // The broker may be away for a moment.
            Err(error) if failures == PATIENCE => return Err(error.into()),
            Err(_) => failures += 1,
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(text)
}
