//! Places for requests under way, shared by all processes: as many leases as there may be requests.
//!
//! A process keeps a lease a little after its request, so that steady work doesn't cost a statement for each; and gives
//! it back after some seconds even of steady work, as others may wait for one.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Timestamp};
use crate::store::{Store, StoreError};

/// How long a place is kept that isn't used.
const KEPT: Duration = Duration::from_secs(1);

/// How long a place is used before it is given back, so that another process can have it.
const TURN: Duration = Duration::from_secs(10);

/// How long to wait after all places were taken before looking again.
const LOOK: Duration = Duration::from_millis(100);

/// At how many places one looks at once.
const LOOKS: u32 = 4;

/// The places for requests to one system.
pub(super) struct Slots {
    name: String,
    count: u32,
    /// How long a request may take.
    timeout: Duration,
    owner: String,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The places that this process has, or tries to get.
    mine: Vec<Place>,
    /// When all were last found taken.
    full_at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    number: u32,
    until: Timestamp,
    used: Timestamp,
    in_use: bool,
}

/// A place that is taken as long as this lives.
pub(super) struct Slot {
    slots: Arc<Slots>,
    number: u32,
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("name", &self.name)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl Slots {
    pub(super) fn new(
        name: &str,
        count: u32,
        timeout: Duration,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: format!("slot:{name}"),
            count: count.max(1),
            timeout,
            owner: uuid::Uuid::now_v7().to_string(),
            store,
            clock,
            known: Mutex::default(),
        })
    }

    /// Takes a place; `None` when all are taken.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Option<Slot>, StoreError> {
        let now = self.clock.now();
        match self.reuse(now) {
            Reuse::Slot(slot) => return Ok(Some(slot)),
            Reuse::Return(number) => {
                self.give_back(&[number]).await?;
                return Ok(None);
            }
            Reuse::Full => return Ok(None),
            Reuse::Nothing => {}
        }
        let first = rand::random_range(0..self.count);
        for number in (0..self.count.min(LOOKS)).map(|step| (first + step) % self.count) {
            // Dropped, it is free again, whether or not the lease was had.
            let Some(slot) = self.try_for(number, now) else {
                continue;
            };
            let until = now + TURN + self.timeout;
            match self
                .store
                .acquire(&self.lease(number), &self.owner, now, until)
                .await
            {
                Ok(true) => {
                    self.with(number, |place| place.until = until);
                    return Ok(Some(slot));
                }
                other => {
                    drop(slot);
                    self.forget(number);
                    other?;
                }
            }
        }
        self.known().full_at = now;
        Ok(None)
    }

    /// Gives places back that were not used lately; all of them, if `all`.
    pub(super) async fn tidy(&self, all: bool) -> Result<(), StoreError> {
        let now = self.clock.now();
        let idle: Vec<u32> = {
            let mut known = self.known();
            let is_idle = |place: &Place| !place.in_use && (all || now - place.used >= KEPT);
            let idle = known.mine.iter().filter(|place| is_idle(place));
            let idle = idle.map(|place| place.number).collect();
            known.mine.retain(|place| !is_idle(place));
            idle
        };
        self.give_back(&idle).await
    }

    async fn give_back(&self, numbers: &[u32]) -> Result<(), StoreError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = numbers.iter().map(|number| self.lease(*number)).collect();
        // Nothing ever waits for such a lease.
        self.store.release(&names, &self.owner).await.map(drop)
    }

    /// A place that this process has.
    fn reuse(self: &Arc<Self>, now: Timestamp) -> Reuse {
        let mut known = self.known();
        let free = known.mine.iter().position(|place| !place.in_use);
        let Some(index) = free else {
            let is_full = now - known.full_at < LOOK;
            return if is_full || known.mine.len() >= self.count as usize {
                Reuse::Full
            } else {
                Reuse::Nothing
            };
        };
        let place = &mut known.mine[index];
        if place.until < now + self.timeout {
            let number = place.number;
            known.mine.remove(index);
            known.full_at = now;
            return Reuse::Return(number);
        }
        place.in_use = true;
        Reuse::Slot(Slot {
            slots: Arc::clone(self),
            number: place.number,
        })
    }

    /// A place that this process doesn't have and nobody else in it tries for.
    fn try_for(self: &Arc<Self>, number: u32, now: Timestamp) -> Option<Slot> {
        let mut known = self.known();
        if known.mine.iter().any(|place| place.number == number) {
            return None;
        }
        known.mine.push(Place {
            number,
            until: now,
            used: now,
            in_use: true,
        });
        Some(Slot {
            slots: Arc::clone(self),
            number,
        })
    }

    fn forget(&self, number: u32) {
        self.known().mine.retain(|place| place.number != number);
    }

    fn with(&self, number: u32, change: impl FnOnce(&mut Place)) {
        let mut known = self.known();
        if let Some(place) = known.mine.iter_mut().find(|place| place.number == number) {
            change(place);
        }
    }

    fn lease(&self, number: u32) -> String {
        format!("{}:{number}", self.name)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        // What is known is whole whatever happened.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Reuse {
    /// It can be used.
    Slot(Slot),
    /// It was had long enough.
    Return(u32),
    /// There is none; look for another.
    Nothing,
    /// There is none, and it is too early to look again.
    Full,
}

impl Slot {
    /// Whether the place is kept for as long as a request may take that is sent now.
    pub(super) fn lasts(&self) -> bool {
        let end = self.slots.clock.now() + self.slots.timeout;
        let known = self.slots.known();
        let mut mine = known.mine.iter();
        mine.any(|place| place.number == self.number && place.until >= end)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let now = self.slots.clock.now();
        self.slots.with(self.number, |place| {
            place.in_use = false;
            place.used = now;
        });
    }
}
