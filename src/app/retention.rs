//! Forgets what the sync log kept long enough.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{Store, StoreError};
use crate::telemetry;

/// How often is looked for something to forget.
const EVERY: Duration = Duration::from_mins(10);

/// So many entries are forgotten at once: nobody shall wait long for the database.
const AT_ONCE: u32 = 1_000;

/// Forgets what is older than `retention`, again and again, until `stop`.
pub(super) async fn forget(
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    retention: Duration,
    stop: CancellationToken,
) {
    let mut looks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let forgotten = tokio::select! {
            () = stop.cancelled() => return,
            forgotten = forget_once(&*store, &*clock, retention) => forgotten,
        };
        match forgotten {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "the sync log forgot what it kept long enough"),
            Err(error) => {
                tracing::warn!(error = %telemetry::chain(&error), "the sync log can't forget what is old");
            }
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
