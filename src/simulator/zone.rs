//! The time zone of a simulated server, whose daylight saving may begin or end at a given moment.

use crate::clock::Timestamp;

/// A time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// By how many minutes its times are ahead of UTC.
    pub utc_offset_minutes: i32,
    /// When daylight saving begins or ends, and by how many minutes its times are ahead of UTC from then on.
    pub change: Option<(Timestamp, i32)>,
}

impl Zone {
    /// A zone whose times are ahead of UTC by so many minutes all the time.
    pub const fn fixed(utc_offset_minutes: i32) -> Self {
        Self {
            utc_offset_minutes,
            change: None,
        }
    }

    /// By how many minutes its times are ahead of UTC at a moment.
    pub(super) fn offset_minutes(self, at: Timestamp) -> i32 {
        match self.change {
            Some((moment, then)) if at >= moment => then,
            _ => self.utc_offset_minutes,
        }
    }

    /// What its clocks showed last of all up to now: when daylight saving ends, the hour before seems to be yet to come.
    pub(super) fn latest(self, now: Timestamp) -> Timestamp {
        let last = self.change.filter(|(moment, _)| *moment <= now);
        let last = last.map(|(moment, _)| self.local(Timestamp::from_millis(moment.as_millis() - 1)));
        last.map_or(self.local(now), |last| last.max(self.local(now)))
    }

    /// A moment as its clocks show it, as a timestamp without zone.
    pub(super) fn local(self, at: Timestamp) -> Timestamp {
        Timestamp::from_millis(at.as_millis() + i64::from(self.offset_minutes(at)) * 60_000)
    }
}
