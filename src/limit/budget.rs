//! What is left of a system's day, and for whom. Pure.
//!
//! Vtiger Cloud counts a day as the last 24 hours, so that what is left grows bit by bit.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::Budget;
use crate::system::Priority;

/// What a system told longer ago than this is asked anew, by sending a request.
const STALE: Duration = Duration::from_mins(15);

/// A sweep stops when less than so much of the day is left, in percent.
const FOR_SWEEPS: u64 = 20;

/// A first sync stops when less than so much of the day is left, in percent.
const FOR_BACKFILLS: u64 = 40;

/// How much is still done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Everything.
    #[default]
    All,
    /// Everything but first syncs.
    NoBackfill,
    /// Only live changes.
    LiveOnly,
    /// Nothing.
    Nothing,
}

impl Level {
    /// What a budget is enough for.
    pub(super) fn of(budget: &Budget, now: Timestamp) -> Self {
        let (Some(limit), Some(left)) = (budget.day_limit, budget.day_left) else {
            return Self::All;
        };
        if now - budget.told_at >= STALE {
            return Self::All;
        }
        let percent = u64::from(left) * 100;
        let of = |share: u64| share * u64::from(limit);
        if left == 0 {
            Self::Nothing
        } else if percent < of(FOR_SWEEPS) {
            Self::LiveOnly
        } else if percent < of(FOR_BACKFILLS) {
            Self::NoBackfill
        } else {
            Self::All
        }
    }

    /// Whether work of this urgency is still done.
    pub(super) const fn allows(self, priority: Priority) -> bool {
        match self {
            Self::All => true,
            Self::NoBackfill => !matches!(priority, Priority::Backfill),
            Self::LiveOnly => matches!(priority, Priority::Live | Priority::Check),
            Self::Nothing => matches!(priority, Priority::Check),
        }
    }
}

/// How long work has to wait that is no longer done.
pub(super) fn wait(budget: &Budget, now: Timestamp) -> Duration {
    (budget.told_at + STALE) - now
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn left(day_left: u32) -> Budget {
        Budget {
            minute_limit: Some(60),
            day_limit: Some(1000),
            day_left: Some(day_left),
            told_at: NOW,
        }
    }

    #[test]
    fn what_is_less_urgent_stops_first() {
        for (of_day, level) in [
            (1000, Level::All),
            (400, Level::All),
            (399, Level::NoBackfill),
            (200, Level::NoBackfill),
            (199, Level::LiveOnly),
            (1, Level::LiveOnly),
            (0, Level::Nothing),
        ] {
            assert_eq!(Level::of(&left(of_day), NOW), level, "{of_day}");
        }
        assert!(Level::NoBackfill.allows(Priority::Sweep));
        assert!(!Level::NoBackfill.allows(Priority::Backfill));
        assert!(Level::LiveOnly.allows(Priority::Live));
        assert!(!Level::LiveOnly.allows(Priority::Sweep));
        assert!(!Level::Nothing.allows(Priority::Live));
    }

    #[test]
    fn what_was_told_long_ago_is_found_out_anew() {
        let later = NOW + STALE;

        assert_eq!(wait(&left(0), NOW), STALE);
        assert_eq!(Level::of(&left(0), later), Level::All);
        assert_eq!(Level::of(&Budget::default(), NOW), Level::All);
    }
}
