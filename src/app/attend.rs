//! What a process needs beside its workers: its leases are prolonged, and no event is left behind.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Parts;
use crate::queue::Lane;

/// How often is looked for events of processes that crashed.
pub(super) const RESCUE: Duration = Duration::from_secs(5);

/// Attends to a command that works on events by itself, until `stop`.
pub(super) fn attend(parts: &Parts, tasks: &TaskTracker, stop: &CancellationToken) {
    let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
    tasks.spawn(Arc::clone(&parts.keeper).run(store, clock, stop.clone()));
    if parts.may_work() {
        tasks.spawn(parts.worker().rescue(RESCUE, stop.clone()));
    }
    if let Some(scribe) = parts.tap.scribe() {
        tasks.spawn(scribe.run(stop.clone()));
    }
    if let Some(relay) = parts.relay() {
        tasks.spawn(relay);
    }
}

/// How many of the events that were found are left to the service.
pub(super) async fn left(parts: &Parts) -> u64 {
    // A broker that is away for a moment answers soon.
    parts.queue.depth(Lane::Bulk).await.unwrap_or_default()
}
