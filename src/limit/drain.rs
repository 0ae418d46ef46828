//! How long it takes until nothing waits any more. Pure.

use std::time::Duration;

/// What calls cost, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calls {
    /// How many there may be in a minute.
    pub a_minute: f64,
    /// How many one event takes on average.
    pub an_event: f64,
}

/// The time until `depth` events are dealt with, when so many were in the last minute, and calls are limited so. `None`
/// where nothing tells how long it takes: nothing was done lately, and no limit is known.
pub fn drain_time(depth: u64, events_a_minute: u64, calls: Option<Calls>) -> Option<Duration> {
    if depth == 0 {
        return Some(Duration::ZERO);
    }
    let limit = calls
        .filter(|calls| calls.an_event > 0.0 && calls.a_minute > 0.0)
        .map(|calls| calls.a_minute / calls.an_event);
    #[expect(clippy::cast_precision_loss, reason = "nobody counts that many events")]
    let (depth, done) = (depth as f64, events_a_minute as f64);
    let speed = match limit {
        // While nothing was done, such as before the first minute is over, the limit is the best guess.
        Some(limit) if events_a_minute == 0 => limit,
        Some(limit) => done.min(limit),
        None if events_a_minute == 0 => return None,
        None => done,
    };
    Duration::try_from_secs_f64(depth / speed * 60.0).ok()
}

/// The time until `depth` events are dealt with at the speed of the last minute; `None` when nothing was done in it.
pub fn predicted(depth: u64, events_a_minute: u64) -> Option<Duration> {
    drain_time(depth, events_a_minute, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_takes_as_long_as_the_speed_says() {
        assert_eq!(predicted(0, 0), Some(Duration::ZERO));
        assert_eq!(predicted(10, 0), None);
        assert_eq!(predicted(120, 60), Some(Duration::from_mins(2)));
        assert_eq!(predicted(1, 240), Some(Duration::from_millis(250)));
    }

    #[test]
    fn a_limit_of_calls_is_a_limit_of_the_speed() {
        let calls = Some(Calls {
            a_minute: 60.0,
            an_event: 2.0,
        });

        assert_eq!(drain_time(60, 600, calls), Some(Duration::from_mins(2)));
        assert_eq!(drain_time(60, 10, calls), Some(Duration::from_mins(6)));
        assert_eq!(drain_time(60, 0, calls), Some(Duration::from_mins(2)));
    }
}
