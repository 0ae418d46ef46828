//! Slows down who tries one password after another.
//!
//! A name is never locked for good, as anybody could then lock out an admin; and who is signed in notices nothing.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::Failures;

/// After so long without a failure all is forgotten.
pub(super) const REMEMBERED: Duration = Duration::from_hours(1);

/// So many attempts may fail one after the other: people mistype.
const FREE: u32 = 5;

/// The longest wait.
const LONGEST: Duration = Duration::from_mins(15);

/// How long the next attempt has to wait yet: 2 s after the sixth failure in a row, and twice as long after each further.
pub(super) fn wait(failures: Failures, now: Timestamp) -> Option<Duration> {
    let over = failures.number.checked_sub(FREE)?;
    let wait = Duration::from_secs(1 << over.min(10)).min(LONGEST);
    let gone = now - failures.last;
    (gone < REMEMBERED).then(|| wait.checked_sub(gone))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(number: u32, seconds_ago: i64) -> Option<u64> {
        let last = Timestamp::from_seconds(10_000);
        let now = Timestamp::from_seconds(10_000 + seconds_ago);
        wait(Failures { number, last }, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn people_may_mistype() {
        assert_eq!(waits(0, 0), None);
        assert_eq!(waits(4, 0), None);
    }

    #[test]
    fn each_further_failure_doubles_the_wait() {
        let waits = [5, 6, 7, 10].map(|number| waits(number, 0));

        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(32)]);
    }

    #[test]
    fn the_wait_passes_and_has_an_end() {
        assert_eq!(waits(7, 3), Some(1));
        assert_eq!(waits(7, 5), None);
        assert_eq!(waits(u32::MAX, 0), Some(900));
        assert_eq!(waits(u32::MAX, 3601), None);
    }
}
