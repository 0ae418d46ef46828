//! A clock that is set back while the simulators are filled, so that nothing counts as changed just now.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};

/// The system's clock, so many milliseconds ago.
#[derive(Debug)]
pub(crate) struct EarlierClock(AtomicI64);

impl EarlierClock {
    pub(crate) fn set_back(by: Duration) -> Self {
        Self(AtomicI64::new(millis(by)))
    }

    /// Time passes at once.
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_sub(millis(time), Ordering::Relaxed);
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

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
