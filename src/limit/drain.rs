//! How long it takes until nothing waits any more. Pure.

use std::time::Duration;

/// The time until `depth` events are dealt with at the speed of the last minute, which shows whatever limits it; `None`
/// when nothing was done in it.
pub fn drain_time(depth: u64, events_a_minute: u64) -> Option<Duration> {
    if depth == 0 {
        return Some(Duration::ZERO);
    }
    if events_a_minute == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody counts that many events")]
    let minutes = depth as f64 / events_a_minute as f64;
    Duration::try_from_secs_f64(minutes * 60.0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_takes_as_long_as_the_speed_says() {
        assert_eq!(drain_time(0, 0), Some(Duration::ZERO));
        assert_eq!(drain_time(10, 0), None);
        assert_eq!(drain_time(120, 60), Some(Duration::from_mins(2)));
        assert_eq!(drain_time(1, 240), Some(Duration::from_millis(250)));
    }
}
