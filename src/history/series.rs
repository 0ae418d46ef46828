//! How much was done over time, and how late: what a chart draws.

use std::time::Duration;

use serde::Serialize;

use super::{History, HistoryError};
use crate::clock::{Timestamp, iso};
use crate::store::{Action, Bucket, LogFilter};

/// How far a chart goes back where nothing else is asked for.
const USUAL: Duration = Duration::from_hours(24);

/// The steps that a chart may have.
const STEPS: [Duration; 6] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_hours(1),
    Duration::from_hours(6),
    Duration::from_hours(24),
    Duration::from_hours(24 * 7),
];

/// The most steps that are drawn.
const MOST: u64 = 120;

/// What was done over time.
#[derive(Debug, Serialize)]
pub struct Series {
    /// How long a step is.
    pub step_seconds: u64,
    /// The steps, the oldest first, without a gap.
    pub points: Vec<Point>,
}

/// What was done in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// When it begins.
    #[serde(serialize_with = "iso::one")]
    pub start: Timestamp,
    /// Records created.
    pub created: u64,
    /// Records updated.
    pub updated: u64,
    /// Records linked, deleted or taken out of the trash.
    pub other: u64,
    /// Records skipped for a reason.
    pub skipped: u64,
    /// Records that failed again and again.
    pub failed: u64,
    /// How long it took on average from the moment a change was told of, where one was.
    pub mean_ms: Option<u64>,
    /// How long the slowest took.
    pub slowest_ms: Option<u64>,
}

impl History {
    /// What a filter leaves, over time: the last day's where the filter doesn't say when.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn series(&self, filter: &LogFilter) -> Result<Series, HistoryError> {
        let now = self.clock.now();
        let until = filter.until.unwrap_or(now + Duration::from_secs(1));
        let from = filter.from.unwrap_or_else(|| until.before(USUAL)).min(until);
        let step = step(until - from);
        // No more than can be drawn, however far back somebody asks.
        let longest = step.saturating_mul(u32::try_from(MOST).unwrap_or(u32::MAX));
        let first = start_of(from.max(until.before(longest)), step);
        let filter = LogFilter {
            from: Some(first),
            until: Some(until),
            ..filter.clone()
        };
        let buckets = self.store.log_series(&filter, step).await?;
        let mut points = Vec::new();
        let mut start = first;
        while start < until {
            let of_point = buckets.iter().filter(|bucket| bucket.start == start);
            points.push(Point::new(start, of_point));
            start = start + step;
        }
        Ok(Series {
            step_seconds: step.as_secs(),
            points,
        })
    }
}

impl Point {
    fn new<'a>(start: Timestamp, buckets: impl Iterator<Item = &'a Bucket>) -> Self {
        let mut point = Self {
            start,
            created: 0,
            updated: 0,
            other: 0,
            skipped: 0,
            failed: 0,
            mean_ms: None,
            slowest_ms: None,
        };
        let (mut timed, mut late, mut slowest) = (0_u64, Duration::ZERO, Duration::ZERO);
        for bucket in buckets {
            let number = match bucket.action {
                Action::Created => &mut point.created,
                Action::Updated => &mut point.updated,
                Action::Skipped => &mut point.skipped,
                Action::Failed => &mut point.failed,
                Action::Linked | Action::Deleted | Action::Restored => &mut point.other,
            };
            *number += bucket.number;
            timed += bucket.timed;
            late += bucket.late;
            slowest = slowest.max(bucket.slowest);
        }
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        point.mean_ms = ms(late).checked_div(timed);
        point.slowest_ms = (timed > 0).then(|| ms(slowest));
        point
    }

    /// Everything that was brought into step.
    pub const fn synced(&self) -> u64 {
        self.created + self.updated + self.other
    }

    /// Everything that was not.
    pub const fn unsynced(&self) -> u64 {
        self.skipped + self.failed
    }
}

/// The shortest step of which not too many make up that time.
fn step(range: Duration) -> Duration {
    let fits = |step: &Duration| range.as_secs() / step.as_secs() <= MOST;
    let longest = STEPS[STEPS.len() - 1];
    STEPS.into_iter().find(fits).unwrap_or(longest)
}

fn start_of(at: Timestamp, step: Duration) -> Timestamp {
    let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_has_long_steps() {
        let hours = |hours| step(Duration::from_hours(hours));
        assert_eq!(hours(1), STEPS[0]);
        assert_eq!(hours(8), STEPS[1]);
        assert_eq!(hours(24), STEPS[2]);
        assert_eq!(hours(24 * 20), STEPS[3]);
        assert_eq!(hours(24 * 90), STEPS[4]);
        assert_eq!(hours(24 * 3650), STEPS[5]);
    }
}
