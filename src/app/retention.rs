//! Forgets what the sync log and the debug log kept long enough.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::DebugLog;
use crate::debug_log;
use crate::store::{Store, StoreError};
use crate::telemetry;

/// How often is looked for something to forget.
const EVERY: Duration = Duration::from_mins(10);

/// So many entries are forgotten at once: nobody shall wait long for the database.
const AT_ONCE: u32 = 1_000;

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// What was done.
    pub(super) sync_log: Duration,
    /// What was said to the systems.
    pub(super) debug_log: DebugLog,
}

/// Forgets what is older than it is kept, again and again, until `stop`.
pub(super) async fn forget(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    kept: Kept,
    stop: CancellationToken,
) {
    let mut looks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let DebugLog {
            retention,
            size_limit,
        } = kept.debug_log;
        let forgotten = async {
            tell("sync log", forget_once(&*store, &*clock, kept.sync_log).await);
            tell(
                "debug log",
                debug_log::forget(&*store, &*clock, retention, size_limit).await,
            );
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = forgotten => {}
        }
    }
}

fn tell(log: &str, outcome: Result<u64, StoreError>) {
    match outcome {
        Ok(0) => {}
        Ok(forgotten) => tracing::info!(log, forgotten, "a log forgot what it kept long enough"),
        Err(error) => {
            tracing::warn!(log, error = %telemetry::chain(&error), "a log can't forget what is old");
        }
    }
}

async fn forget_once(store: &dyn Store, clock: &dyn Clock, retention: Duration) -> Result<u64, StoreError> {
    let before = clock.now().before(retention);
    let mut forgotten = 0;
    loop {
        let some = store.forget_entries(before, AT_ONCE).await?;
        forgotten += some;
        if some < u64::from(AT_ONCE) {
            return Ok(forgotten);
        }
    }
}
