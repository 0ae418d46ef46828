//! Tells the others that this process is there and how much it gets done, and keeps its metrics up to date.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;
use crate::config::Roles;
use crate::engine::Worker;
use crate::limit::drain_time;
use crate::queue::Lane;
use crate::store::{FailedFilter, GONE, Process};
use crate::telemetry;

use super::parts::Parts;

/// The time between two beats.
const BEAT: Duration = Duration::from_secs(5);

/// One process's heart.
pub(super) struct Heartbeat {
    process: Process,
    store: Arc<dyn crate::store::Store>,
    queue: Arc<dyn crate::queue::Queue>,
    clock: Arc<dyn crate::clock::Clock>,
    worker: Option<Worker>,
    /// When how many events were dealt with in all, during the last minute.
    counts: VecDeque<(Timestamp, u64)>,
}

impl Heartbeat {
    /// The heart of a process with these roles, and with this worker where it has one.
    pub(super) fn new(parts: &Parts, roles: &Roles, worker: Option<Worker>) -> Self {
        let now = parts.clock.now();
        Self {
            process: Process {
                id: uuid::Uuid::now_v7().to_string(),
                name: format!("{}:{}", host(), std::process::id()),
                roles: roles.to_string(),
                started: now,
                seen: now,
                events_a_minute: 0,
            },
            store: Arc::clone(&parts.store),
            queue: Arc::clone(&parts.queue),
            clock: Arc::clone(&parts.clock),
            worker,
            counts: VecDeque::from([(now, 0)]),
        }
    }

    /// Beats until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(BEAT);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => self.beat().await,
            }
        }
        if let Err(error) = self.store.ended(&self.process.id).await {
            tracing::debug!(error = %telemetry::chain(&error), "the end of this process can't be noted");
        }
    }

    async fn beat(&mut self) {
        telemetry::metrics().run_upkeep();
        let now = self.clock.now();
        self.process.seen = now;
        self.process.events_a_minute = self.events_a_minute(now);
        if let Err(error) = self.store.beat(&self.process, now.before(GONE)).await {
            tracing::debug!(error = %telemetry::chain(&error), "that this process is there can't be noted");
        }
        let mut waiting = Some(0);
        for lane in Lane::ALL {
            let depth = self.queue.depth(lane).await.ok();
            if let Some(depth) = depth {
                telemetry::queue_depth(lane, depth);
            }
            waiting = waiting.zip(depth).map(|(sum, depth)| sum + depth);
        }
        if let (Some(waiting), Ok(done)) = (waiting, self.store.events_a_minute(now).await) {
            telemetry::backlog(drain_time(waiting, done));
        }
        for (at, side, state) in self.store.sweep_states().await.unwrap_or_default() {
            telemetry::swept(&at.connection, at.module, side, state.drift, state.in_step);
        }
        if let Ok(number) = self.store.failed_count(&FailedFilter::default()).await {
            telemetry::failed_events(number);
        }
    }

    /// How many events were dealt with in the last minute, and as many for a whole one where it started later.
    fn events_a_minute(&mut self, now: Timestamp) -> u64 {
        let total = self.worker.as_ref().map_or(0, Worker::dealt_with);
        self.counts.push_back((now, total));
        while self.counts.len() > 2 && self.counts.get(1).is_some_and(|(at, _)| now - *at >= GONE) {
            self.counts.pop_front();
        }
        let Some((since, before)) = self.counts.front().copied() else {
            return 0;
        };
        let seconds = (now - since).as_secs().max(BEAT.as_secs());
        (total - before) * 60 / seconds
    }
}

/// The host's name, for people. A hardened unit sees it in one of these places only.
fn host() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .map_or_else(|| "host".to_owned(), |name| name.trim().to_owned())
}
