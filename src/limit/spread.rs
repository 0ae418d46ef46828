//! When what was held back comes back. Pure.
//!
//! Thousands of events may wait for one system. If all came back at once, again and again, they would keep the database
//! busy for nothing; so they come back one after the other.

use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::system::{HeldReason, Priority};

/// The least time between two that come back.
const APART: Duration = Duration::from_millis(20);

/// How much longer than needed one may be kept away.
const LONGEST: Duration = Duration::from_mins(2);

/// When the next ones come back.
#[derive(Debug, Default)]
pub(super) struct Spread {
    next: HashMap<(HeldReason, Priority), Timestamp>,
}

impl Spread {
    /// How long one is to stay away that has to for `wait` at least, when `distance` lies between two.
    pub(super) fn wait(
        &mut self,
        key: (HeldReason, Priority),
        now: Timestamp,
        wait: Duration,
        distance: Duration,
    ) -> Duration {
        let next = self.next.entry(key).or_default();
        let earliest = now + wait;
        let due = (*next).max(earliest).min(earliest + LONGEST);
        *next = due + distance.max(APART);
        due - now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: (HeldReason, Priority) = (HeldReason::Down, Priority::Live);

    proptest! {
        #[test]
        fn they_come_back_one_after_the_other_and_none_is_kept_for_ever(
            asked in prop::collection::vec((0_u64..200, 0_u64..10_000), 1..100), distance in 0_u64..1_000,
        ) {
            let mut spread = Spread::default();
            let mut now = Timestamp::from_seconds(1_000_000);
            let distance = Duration::from_millis(distance);
            let mut due = Vec::new();
            for (passed, wait) in asked {
                now = now + Duration::from_millis(passed);
                let wait = Duration::from_millis(wait);
                let given = spread.wait(KEY, now, wait, distance);
                prop_assert!(given >= wait && given <= wait + LONGEST);
                due.push((now + given, given == wait + LONGEST));
            }
            due.sort_unstable();
            for pair in due.windows(2) {
                let capped = pair[0].1 || pair[1].1;
                prop_assert!(capped || pair[1].0 - pair[0].0 >= distance.max(APART));
            }
        }
    }
}
