//! The gate of one system of one connection.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::asker::Asker;
use super::budget::{self, Level};
use super::circuit::{Admission, TRIAL};
use super::pace::{Pace, Rate};
use super::report::report;
use super::slots::{Slot, Slots};
use super::state::State;
use crate::clock::Clock;
use crate::store::{Store, StoreError, Turn};
use crate::sync::Side;
use crate::system::{Gate, Held, HeldReason, Pass, Priority, Reply, ReplyKind, begin, priority};
use crate::telemetry;

/// How old what is known from the other processes may be.
const FRESH: Duration = Duration::from_millis(500);

/// How long an event that waits for a system that is down stays away at most, before it looks again.
const LOOK: Duration = Duration::from_secs(3);

/// How often a place among the requests under way is asked for again.
const POLL: Duration = Duration::from_millis(25);

/// How often what isn't used any more is given back.
const TIDY: Duration = Duration::from_millis(500);

/// How requests to one system are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// How many there may be in a time.
    pub rate: Option<Rate>,
    /// How many may be under way at once.
    pub concurrency: Option<u32>,
    /// How long one may take.
    pub timeout: Duration,
}

/// The gate of one system of one connection.
#[derive(Clone, Debug)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    connection: String,
    side: Side,
    /// What the processes know it by.
    name: String,
    rate: Option<Rate>,
    slots: Option<Arc<Slots>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("name", &self.name)
            .field("rate", &self.rate)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

/// Leave to send one request.
struct Leave {
    inner: Arc<Inner>,
    is_trial: bool,
    slot: Option<Slot>,
}

impl Limiter {
    /// The gate of this connection's system.
    pub fn new(
        connection: &str,
        side: Side,
        settings: &LimitSettings,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let name = format!("{connection}:{side}");
        let slots = settings.concurrency.map(|count| {
            let (store, clock) = (Arc::clone(&store), Arc::clone(&clock));
            Slots::new(&name, count, settings.timeout, store, clock)
        });
        Self(Arc::new(Inner {
            connection: connection.to_owned(),
            side,
            name,
            rate: settings.rate,
            slots,
            store,
            clock,
            state: Mutex::default(),
        }))
    }

    /// Gives back what isn't used, and keeps metrics up to date, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(TIDY);
        for tick in 0_u64.. {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Some(slots) = &self.0.slots {
                self.0.told(slots.tidy(false).await);
            }
            if tick % 10 == 0 {
                self.0.refresh().await;
                let now = self.0.clock.now();
                let state = self.0.state();
                let (is_down, pause) = (state.circuit.is_down(), state.paused_until - now);
                telemetry::api_state(&self.0.connection, self.0.side, is_down, pause);
            }
        }
    }

    /// Gives everything back that is not in use.
    pub async fn close(&self) {
        if let Some(slots) = &self.0.slots {
            self.0.told(slots.tidy(true).await);
        }
    }
}

#[async_trait]
impl Gate for Limiter {
    async fn pass(&self) -> Result<Box<dyn Pass>, Held> {
        let asker = Asker::new(self.0.side, self.0.clock.now());
        let leave = self.0.admit(&asker).await?;
        begin(self.0.side);
        Ok(Box::new(leave))
    }
}

#[async_trait]
impl Pass for Leave {
    async fn replied(self: Box<Self>, reply: &Reply) -> Option<Duration> {
        drop(self.slot);
        self.inner.heard(reply, self.is_trial).await
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // It is whole whatever happened.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request may be sent, unless that takes long.
    async fn admit(self: &Arc<Self>, asker: &Asker) -> Result<Leave, Held> {
        let mut has_waited = false;
        loop {
            self.refresh().await;
            self.open_for(asker)?;
            let now = self.clock.now();
            let pause = self.state().paused_until - now;
            if !pause.is_zero() && asker.priority != Priority::Check {
                self.wait(asker, HeldReason::Asked, pause, pause, &mut has_waited)
                    .await?;
                continue;
            }
            let slot = match &self.slots {
                None => None,
                Some(slots) => match self.told(slots.take().await) {
                    Some(Some(slot)) => Some(slot),
                    Some(None) => {
                        self.wait(asker, HeldReason::Busy, POLL, POLL, &mut has_waited)
                            .await?;
                        continue;
                    }
                    None => None,
                },
            };
            if let Some(pace) = self.pace() {
                let now = self.now_micros();
                let patience = asker.patience(HeldReason::Rate, self.clock.now());
                let ahead = pace.ahead(asker.priority, patience);
                match self.told(self.store.queue_up(&self.name, now, pace.interval, ahead).await) {
                    Some(Turn::At(place)) => {
                        let wait = pace.wait(asker.priority, place, now);
                        if !wait.is_zero() {
                            self.count_wait(HeldReason::Rate, &mut has_waited);
                            tokio::time::sleep(wait).await;
                            if self.is_closed_for(asker) || slot.as_ref().is_some_and(|slot| !slot.lasts()) {
                                continue;
                            }
                        }
                    }
                    Some(Turn::Later(next)) => {
                        drop(slot);
                        let wait = Duration::from_micros(u64::try_from(next - now - ahead).unwrap_or(0));
                        let spread = pace.distance().mul_f64(rand::random());
                        self.wait(asker, HeldReason::Rate, wait + spread, wait, &mut has_waited)
                            .await?;
                        continue;
                    }
                    None => {}
                }
            }
            let admission = self.state().circuit.admit(self.clock.now());
            let is_trial = match admission {
                Admission::Go => false,
                _ if asker.priority == Priority::Check => true,
                Admission::Wait(_) => continue,
                Admission::Try if self.claim().await => true,
                Admission::Try => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            };
            return Ok(Leave {
                inner: Arc::clone(self),
                is_trial,
                slot,
            });
        }
    }

    /// Whether the system is up, and enough of its day is left.
    fn open_for(&self, asker: &Asker) -> Result<(), Held> {
        let now = self.clock.now();
        let mut state = self.state();
        let held = if asker.priority == Priority::Check {
            None
        } else if let Admission::Wait(wait) = state.circuit.admit(now) {
            Some((HeldReason::Down, wait.min(LOOK)))
        } else if Level::of(&state.budget, now).allows(asker.priority) {
            None
        } else {
            Some((HeldReason::Day, budget::wait(&state.budget, now)))
        };
        let Some((reason, wait)) = held else {
            return Ok(());
        };
        let wait = state
            .spread
            .wait((reason, asker.priority), now, wait, Duration::ZERO);
        drop(state);
        self.count_wait(reason, &mut false);
        Err(Held { wait, reason })
    }

    /// Whether the way was closed while the asker waited in line.
    fn is_closed_for(&self, asker: &Asker) -> bool {
        if asker.priority == Priority::Check {
            return false;
        }
        let now = self.clock.now();
        let state = self.state();
        matches!(state.circuit.admit(now), Admission::Wait(_))
            || state.paused_until > now
            || !Level::of(&state.budget, now).allows(asker.priority)
    }

    /// Waits for a moment, where the asker has the patience; else says when to come back.
    async fn wait(
        &self,
        asker: &Asker,
        reason: HeldReason,
        moment: Duration,
        until_free: Duration,
        has_waited: &mut bool,
    ) -> Result<(), Held> {
        self.count_wait(reason, has_waited);
        let now = self.clock.now();
        let patience = asker.patience(reason, now);
        // A live request that finds no place takes none later, either: the line only moves on as time goes by.
        let is_hopeless =
            reason == HeldReason::Rate && matches!(asker.priority, Priority::Live | Priority::Check);
        if moment <= patience && !patience.is_zero() && !is_hopeless {
            tokio::time::sleep(moment.min(Duration::from_secs(1))).await;
            return Ok(());
        }
        let distance = match (reason, self.pace()) {
            (HeldReason::Rate, Some(pace)) => pace.distance(),
            _ => Duration::ZERO,
        };
        let wait = until_free.max(Duration::from_secs(1));
        let key = (reason, asker.priority);
        let wait = self.state().spread.wait(key, now, wait, distance);
        Err(Held { wait, reason })
    }

    fn count_wait(&self, reason: HeldReason, has_waited: &mut bool) {
        if !std::mem::replace(has_waited, true) {
            telemetry::api_waited(&self.connection, self.side, reason);
        }
    }

    fn pace(&self) -> Option<Pace> {
        Pace::of(self.rate, self.state().budget.minute_limit)
    }

    fn now_micros(&self) -> i64 {
        self.clock.now().as_millis().saturating_mul(1000)
    }

    /// Reads what the other processes know, unless that was done just now.
    async fn refresh(&self) {
        let now = self.clock.now();
        let Some(before) = self.state().begin_refresh(now, FRESH) else {
            return;
        };
        if let Some(standing) = self.told(self.store.standing(&self.name).await) {
            self.state().learn(&standing, before);
        }
    }

    /// Takes it upon this process to try a system that is down.
    async fn claim(&self) -> bool {
        let now = self.clock.now();
        let claimed = self.store.claim_trial(&self.name, now, now + TRIAL).await;
        // Where the database fails, each process tries for itself.
        if self.told(claimed).unwrap_or(true) {
            self.state().circuit.trying(now);
            return true;
        }
        self.state().forget_refresh();
        false
    }

    /// Takes note of how a request went. Returns how long the system is to be left alone.
    async fn heard(&self, reply: &Reply, is_trial: bool) -> Option<Duration> {
        let now = self.clock.now();
        let told = self.state().heard(reply, is_trial, now, rand::random());
        report(&self.connection, self.side, &told, now);
        if let Some(until) = told.paused_until {
            self.told(self.store.pause(&self.name, until).await);
        }
        if let Some(found) = told.found {
            self.told(self.store.put_down(&self.name, found.down()).await);
            self.state().written();
        }
        if let Some(budget) = told.budget {
            self.told(self.store.put_budget(&self.name, &budget).await);
        }
        let mut state = self.state();
        let (reason, wait) = match (reply.kind, state.circuit.admit(now)) {
            (ReplyKind::Answer, _) => return None,
            (_, Admission::Wait(wait)) => (HeldReason::Down, wait.min(LOOK)),
            _ if state.paused_until > now => (HeldReason::Asked, state.paused_until - now),
            _ => return None,
        };
        Some(state.spread.wait((reason, priority()), now, wait, Duration::ZERO))
    }

    /// What the store gave; nothing where it failed, which is told once in a while.
    fn told<T>(&self, outcome: Result<T, StoreError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                if self.state().may_complain(self.clock.now()) {
                    tracing::warn!(
                        connection = self.connection, system = self.side.title(), error = %telemetry::chain(&error),
                        "limits can't be shared with other processes for now"
                    );
                }
                None
            }
        }
    }
}
