//! Takes what the clients of a process say and hear, and keeps it while the debug log is switched on.
//!
//! Whoever talks to a system never waits for this and never fails by it: where exchanges come faster than they can be
//! kept, some are left out, and the log says how many. Nothing is written before it is masked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use super::exchange::Heard;
use super::mask::Mask;
use crate::clock::{Clock, Timestamp};
use crate::store::{DebugExchange, DebugSwitch, Store, StoreError};
use crate::sync::{Side, Sides};
use crate::system::{Exchange, Recorder, topics};
use crate::telemetry;

/// How often is looked whether somebody switched the log on or off.
const LOOK: Duration = Duration::from_secs(1);

/// How many exchanges may wait to be kept, and how many bytes of answers.
const WAITING: usize = 256;
const WAITING_BYTES: usize = 32 << 20;

/// So many are kept at once.
const BATCH: usize = 32;

/// After so many bytes is looked whether the log has become too large.
const TRIM_AFTER: u64 = 1 << 20;

/// So many are forgotten at once: of old ones, and of the oldest where there are too many, which may be large.
const FORGET: u32 = 200;
const FORGET_LARGE: u32 = 10;

/// One client's part of the log.
#[derive(Debug)]
struct Line {
    connection: String,
    side: Side,
    secrets: Vec<SecretString>,
    is_on: AtomicBool,
    left_out: AtomicU64,
}

/// What a process's clients say and hear goes in here.
#[derive(Debug)]
pub struct Tap {
    sender: Sender<(Arc<Line>, Heard)>,
    lines: Arc<Mutex<Vec<Weak<Line>>>>,
    waiting_bytes: Arc<AtomicUsize>,
    clock: Arc<dyn Clock>,
    scribe: Mutex<Option<Scribe>>,
}

/// Keeps what comes out of a [`Tap`].
#[derive(Debug)]
pub struct Scribe {
    receiver: Receiver<(Arc<Line>, Heard)>,
    lines: Arc<Mutex<Vec<Weak<Line>>>>,
    waiting_bytes: Arc<AtomicUsize>,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    switches: HashMap<String, DebugSwitch>,
    size_limit: u64,
    /// How much was written since the log's size was looked at.
    written: u64,
}

impl Tap {
    /// A tap; of what comes out of those of all processes so many bytes are kept.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, size_limit: u64) -> Self {
        let (sender, receiver) = channel(WAITING);
        let (lines, waiting_bytes) = <(Arc<Mutex<Vec<Weak<Line>>>>, Arc<AtomicUsize>)>::default();
        let scribe = Scribe {
            receiver,
            lines: Arc::clone(&lines),
            waiting_bytes: Arc::clone(&waiting_bytes),
            clock: Arc::clone(&clock),
            store,
            switches: HashMap::new(),
            size_limit,
            written: 0,
        };
        Self {
            sender,
            lines,
            waiting_bytes,
            clock,
            scribe: Mutex::new(Some(scribe)),
        }
    }

    /// What keeps what comes out; there is one.
    pub fn scribe(&self) -> Option<Scribe> {
        self.scribe.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The recorders for a connection's two clients, the shop's first; neither must tell these secrets.
    pub fn recorders(
        &self,
        connection: &str,
        secrets: Sides<Vec<SecretString>>,
    ) -> (Arc<dyn Recorder>, Arc<dyn Recorder>) {
        (
            self.recorder(connection, Side::WooCommerce, secrets.woocommerce),
            self.recorder(connection, Side::Vtiger, secrets.vtiger),
        )
    }

    fn recorder(&self, connection: &str, side: Side, secrets: Vec<SecretString>) -> Arc<dyn Recorder> {
        let line = Arc::new(Line {
            connection: connection.to_owned(),
            side,
            secrets,
            is_on: AtomicBool::new(false),
            left_out: AtomicU64::new(0),
        });
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // Of connections that were changed or removed the clients are gone.
        lines.retain(|line| line.strong_count() > 0);
        lines.push(Arc::downgrade(&line));
        Arc::new(TapRecorder {
            line,
            sender: self.sender.clone(),
            waiting_bytes: Arc::clone(&self.waiting_bytes),
            clock: Arc::clone(&self.clock),
        })
    }
}

#[derive(Debug)]
struct TapRecorder {
    line: Arc<Line>,
    sender: Sender<(Arc<Line>, Heard)>,
    waiting_bytes: Arc<AtomicUsize>,
    clock: Arc<dyn Clock>,
}

impl Recorder for TapRecorder {
    fn is_on(&self) -> bool {
        self.line.is_on.load(Ordering::Relaxed)
    }

    fn record(&self, exchange: Exchange) {
        let size = exchange.answer.len();
        let heard = Heard {
            connection: self.line.connection.clone(),
            side: self.line.side,
            at: self.clock.now(),
            topics: topics(),
            exchange,
        };
        let before = self.waiting_bytes.fetch_add(size, Ordering::Relaxed);
        let is_taken =
            before + size <= WAITING_BYTES && self.sender.try_send((Arc::clone(&self.line), heard)).is_ok();
        if !is_taken {
            self.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
            self.line.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Scribe {
    /// Keeps what is said until `stop`, and then what is at hand.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut looks = tokio::time::interval(LOOK);
        let mut heard = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = looks.tick() => self.look().await,
                _ = self.receiver.recv_many(&mut heard, BATCH) => self.keep(&mut heard).await,
            }
        }
        while let Ok(one) = self.receiver.try_recv() {
            heard.push(one);
        }
        self.keep(&mut heard).await;
    }

    /// Looks whether somebody switched the log on or off.
    async fn look(&mut self) {
        match self.store.debug_switches().await {
            Ok(switches) => {
                let named = switches.into_iter().map(|one| (one.connection.clone(), one));
                self.switches = named.collect();
            }
            Err(error) => {
                tracing::debug!(error = %telemetry::chain(&error), "whether the debug log is on can't be read");
            }
        }
        let now = self.clock.now();
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines.iter().filter_map(Weak::upgrade) {
            let is_on = self
                .switches
                .get(&line.connection)
                .is_some_and(|switch| now < switch.until);
            line.is_on.store(is_on, Ordering::Relaxed);
        }
    }

    async fn keep(&mut self, heard: &mut Vec<(Arc<Line>, Heard)>) {
        let size = heard.iter().map(|(_, heard)| heard.exchange.answer.len()).sum();
        let mut wanted = Vec::new();
        for (line, heard) in heard.drain(..) {
            if let Some(switch) = self.switches.get(&heard.connection)
                && is_wanted(switch, &heard)
            {
                wanted.push((line, heard, switch.mask_key.clone()));
            }
        }
        // Long answers take a while, which nobody else shall wait for.
        let disguised = tokio::task::spawn_blocking(move || {
            let lines = wanted.iter();
            lines
                .map(|(line, heard, key)| heard.disguised(&Mask::new(key), &line.secrets))
                .collect::<Vec<_>>()
        });
        let mut exchanges = disguised.await.unwrap_or_default();
        self.waiting_bytes.fetch_sub(size, Ordering::Relaxed);
        exchanges.extend(self.left_out());
        if exchanges.is_empty() {
            return;
        }
        self.written += exchanges.iter().map(DebugExchange::size).sum::<u64>();
        if let Err(error) = self.store.keep_exchanges(&exchanges).await {
            tracing::warn!(
                error = %telemetry::chain(&error), left_out = exchanges.len(), "the debug log can't keep what was said"
            );
        }
        if self.written >= TRIM_AFTER {
            self.written = 0;
            if let Err(error) = trim(&*self.store, self.size_limit).await {
                tracing::warn!(error = %telemetry::chain(&error), "the debug log can't forget what is old");
            }
        }
    }

    /// Tells of what was left out, as lines of the log.
    fn left_out(&self) -> Vec<DebugExchange> {
        let now = self.clock.now();
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let there = lines.iter().filter_map(Weak::upgrade);
        let counted = there.map(|line| {
            let number = line.left_out.swap(0, Ordering::Relaxed);
            (line, number)
        });
        counted
            .filter(|(_, number)| *number > 0)
            .map(|(line, number)| {
                tracing::warn!(
                    connection = line.connection,
                    number,
                    "the debug log left exchanges out"
                );
                gap(&line, number, now)
            })
            .collect()
    }
}

/// A line of the log in the place of those that are missing.
fn gap(line: &Line, number: u64, now: Timestamp) -> DebugExchange {
    DebugExchange {
        id: uuid::Uuid::now_v7().to_string(),
        connection: line.connection.clone(),
        side: line.side,
        at: now,
        module: None,
        event: None,
        records: Vec::new(),
        method: "-".to_owned(),
        path: "-".to_owned(),
        status: None,
        took_ms: 0,
        request: None,
        answer: None,
        failure: Some(format!(
            "{number} requests are missing here: they came faster than they could be kept"
        )),
    }
}

fn is_wanted(switch: &DebugSwitch, heard: &Heard) -> bool {
    heard.at < switch.until
        && switch.module.is_none_or(|module| heard.module() == Some(module))
        && (switch.records.is_empty() || heard.records().iter().any(|id| switch.records.contains(id)))
}

/// Forgets the oldest exchanges until the others take no more room than that.
pub(super) async fn trim(store: &dyn Store, size_limit: u64) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    while store.debug_log_size().await? > size_limit {
        let some = store.forget_exchanges(None, FORGET_LARGE).await?;
        if some == 0 {
            break;
        }
        forgotten += some;
    }
    Ok(forgotten)
}

/// Forgets the exchanges from before then.
pub(super) async fn forget(store: &dyn Store, before: Timestamp) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    loop {
        let some = store.forget_exchanges(Some(before), FORGET).await?;
        forgotten += some;
        if some < u64::from(FORGET) {
            return Ok(forgotten);
        }
    }
}
