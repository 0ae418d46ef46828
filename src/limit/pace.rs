//! How fast requests may follow each other. Pure.
//!
//! The line of requests gives each a place, and two places are a fixed time apart. Only where the limit is one by the
//! minute that the system itself told, live requests may be ahead of their places by some: so that a change after a
//! quiet time goes through at once, and no minute sees more than the limit all the same.

use std::fmt;
use std::time::Duration;

use crate::system::Priority;

/// How much slower than allowed requests follow each other, in percent: what the network delays and then lets through
/// at once must not add up to more than the limit.
const SLACK: i64 = 2;

/// Of a limit by the minute that the system told, so much is used steadily, and so much on top by bursts; the rest is
/// for others. In percent.
const STEADY: i64 = 85;
const BURST: i64 = 10;

const MINUTE: i64 = 60_000_000;

/// How many requests there may be in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    calls: u32,
    period: Duration,
}

impl Rate {
    /// So many requests in each period; `None` where either is nothing.
    pub const fn new(calls: u32, period: Duration) -> Option<Self> {
        if calls == 0 || period.is_zero() {
            return None;
        }
        Some(Self { calls, period })
    }

    /// Reads `10/s`, `60/m`, `3000/h` or `20000/d`.
    pub fn parse(text: &str) -> Option<Self> {
        let (calls, unit) = text.split_once('/')?;
        let seconds = match unit.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return None,
        };
        Self::new(calls.trim().parse().ok()?, Duration::from_secs(seconds))
    }

    /// The time between two requests in microseconds.
    fn interval(self) -> i64 {
        let period = i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX / 200);
        let slack = period / 100 * SLACK;
        (period + slack).div_euclid(i64::from(self.calls)).max(1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:?}", self.calls, self.period)
    }
}

/// How requests follow each other. In microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// The time between two places in the line.
    pub(super) interval: i64,
    /// How far a live request may be ahead of its place.
    pub(super) burst: i64,
}

impl Pace {
    /// What a configured rate and the system's own limit by the minute come to.
    pub(super) fn of(rate: Option<Rate>, minute_limit: Option<u32>) -> Option<Self> {
        let told = minute_limit.filter(|limit| *limit > 0).map(|limit| {
            let limit = i64::from(limit);
            let interval = MINUTE * 100 / (limit * STEADY);
            Self {
                interval,
                burst: limit * BURST / 100 * interval,
            }
        });
        let set = rate.map(|rate| Self {
            interval: rate.interval(),
            burst: 0,
        });
        match (set, told) {
            (Some(set), Some(told)) => Some(Self {
                interval: set.interval.max(told.interval),
                burst: 0,
            }),
            (set, told) => set.or(told),
        }
    }

    /// How far ahead a request of this urgency may take a place, when a live one may wait for `patience`: the less
    /// urgent only take one while hardly anyone is in line.
    pub(super) fn ahead(&self, priority: Priority, patience: Duration) -> i64 {
        match priority {
            Priority::Live | Priority::Check => {
                self.burst + i64::try_from(patience.as_micros()).unwrap_or(i64::MAX / 4)
            }
            Priority::Sweep => self.interval.clamp(250_000, 10_000_000),
            Priority::Backfill => (self.interval / 2).min(100_000),
        }
    }

    /// How long to wait at `now` for a place in the line.
    pub(super) fn wait(&self, priority: Priority, place: i64, now: i64) -> Duration {
        let early = match priority {
            Priority::Live | Priority::Check => self.burst,
            Priority::Sweep | Priority::Backfill => 0,
        };
        Duration::from_micros(u64::try_from(place - early - now).unwrap_or(0))
    }

    /// The time between two places.
    pub(super) fn distance(&self) -> Duration {
        Duration::from_micros(self.interval.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEN: i64 = 10_000_000;

    /// The line, as the database keeps it.
    fn place(next: &mut i64, now: i64, pace: Pace, ahead: i64) -> Option<i64> {
        if *next > now + ahead {
            return None;
        }
        let turn = (*next).max(now);
        *next = turn + pace.interval;
        Some(turn)
    }

    /// The most requests in any `window`.
    fn densest(mut sent: Vec<i64>, window: i64) -> usize {
        sent.sort_unstable();
        let within = |start: &i64| {
            sent.iter()
                .filter(|at| (*start..start + window).contains(at))
                .count()
        };
        sent.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn rates_are_read() {
        assert_eq!(Rate::parse("10/s"), Rate::new(10, Duration::from_secs(1)));
        assert_eq!(Rate::parse(" 60 / m "), Rate::new(60, Duration::from_mins(1)));
        assert_eq!(Rate::parse("3000/h"), Rate::new(3000, Duration::from_hours(1)));
        for wrong in ["", "10", "0/s", "-1/s", "10/min", "1.5/s", "/s", "10/"] {
            assert_eq!(Rate::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_ten_seconds_see_more_than_a_configured_rate(
            calls in 1_u32..40, unit in 0_usize..2,
            asked in prop::collection::vec((0_i64..400_000, 0_i64..50_000), 1..400),
        ) {
            let rate = Rate::new(calls, Duration::from_secs([1, 60][unit])).unwrap();
            let pace = Pace::of(Some(rate), None).unwrap();
            let (mut next, mut now, mut sent) = (0, 0, Vec::new());
            for (passed, late) in asked {
                now += passed;
                let ahead = pace.ahead(Priority::Live, Duration::from_secs(10));
                if let Some(place) = place(&mut next, now, pace, ahead) {
                    sent.push(place.max(now) + late);
                }
            }
            let (of_ten_seconds, seconds) = (u64::from(calls) * 10, [1, 60][unit]);
            let most = (of_ten_seconds * 105 / (100 * seconds)).max(of_ten_seconds.div_ceil(seconds));
            prop_assert!(densest(sent, TEN) <= usize::try_from(most).unwrap());
        }

        #[test]
        fn no_minute_sees_more_than_the_systems_limit(
            limit in 10_u32..120, asked in prop::collection::vec(0_i64..2_000_000, 1..400),
        ) {
            let pace = Pace::of(None, Some(limit)).unwrap();
            let (mut next, mut now, mut sent) = (0, 0, Vec::new());
            for passed in asked {
                now += passed;
                let ahead = pace.ahead(Priority::Live, Duration::from_mins(1));
                if let Some(place) = place(&mut next, now, pace, ahead) {
                    sent.push(now + i64::try_from(pace.wait(Priority::Live, place, now).as_micros()).unwrap());
                }
            }
            prop_assert!(densest(sent, MINUTE) <= limit as usize);
        }

        #[test]
        fn while_live_requests_wait_the_others_take_no_place(limit in 10_u32..120, waiting in 4_i64..20) {
            let pace = Pace::of(None, Some(limit)).unwrap();
            let next = waiting * pace.interval.max(250_000);

            for priority in [Priority::Sweep, Priority::Backfill] {
                prop_assert_eq!(place(&mut next.clone(), 0, pace, pace.ahead(priority, Duration::ZERO)), None);
            }
        }
    }
}
