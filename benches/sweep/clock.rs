//! A clock that is set back while the simulators are filled, so that nothing counts as changed just now.

use std::sync::atomic::{AtomicI64, Ordering};

use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};

/// The system's clock, so many milliseconds ago.
#[derive(Debug)]
pub(crate) struct EarlierClock(AtomicI64);

impl EarlierClock {
    pub(crate) const fn hours_ago(hours: i64) -> Self {
        Self(AtomicI64::new(hours * 3_600_000))
    }

    /// From now on it tells the time.
    pub(crate) fn set_right(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Clock for EarlierClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().as_millis() - self.0.load(Ordering::Relaxed))
    }
}
