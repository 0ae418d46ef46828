//! The time zone of `modifiedtime`: the server's own, which the webservice never names.
//!
//! Unless it is configured, it is learned from our own writes, whose moment we know. That also follows
//! daylight saving time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use time::macros::format_description;
use time::{PrimitiveDateTime, UtcOffset};

use crate::clock::Timestamp;

/// Offsets are whole quarters of an hour, from -12:00 to +14:00.
const QUARTER_S: i64 = 15 * 60;
const QUARTERS: std::ops::RangeInclusive<i64> = -12 * 4..=14 * 4;

/// How far a write's moment may be from a whole quarter to be believed.
const TOLERANCE_S: i64 = 3 * 60;

#[derive(Debug)]
pub(crate) struct Zone {
    configured: bool,
    learned: AtomicBool,
    offset: Mutex<UtcOffset>,
}

impl Zone {
    /// The configured zone, or UTC until a write tells another.
    pub(crate) fn new(configured: Option<UtcOffset>) -> Self {
        Self {
            configured: configured.is_some(),
            learned: AtomicBool::new(false),
            offset: Mutex::new(configured.unwrap_or(UtcOffset::UTC)),
        }
    }

    /// The offset that times are read with.
    pub(crate) fn offset(&self) -> UtcOffset {
        *self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the zone was given, so that nothing is learned.
    pub(crate) fn is_configured(&self) -> bool {
        self.configured
    }

    /// Whether the zone was given or learned, and not only assumed.
    pub(crate) fn is_known(&self) -> bool {
        self.configured || self.learned.load(Ordering::Relaxed)
    }

    /// Reads a time such as `2026-11-23 11:24:55`.
    pub(crate) fn read(&self, time: &str) -> Option<Timestamp> {
        read_with(time, self.offset())
    }

    /// Writes a moment as Vtiger shows it; the earliest it may show where its zone isn't known.
    pub(crate) fn write(&self, moment: Timestamp) -> String {
        let ahead_s = if self.is_known() {
            i64::from(self.offset().whole_seconds())
        } else {
            *QUARTERS.start() * QUARTER_S
        };
        Timestamp::from_seconds(moment.as_seconds() + ahead_s).to_string()
    }

    /// Takes note that a record which was written just now shows this `modifiedtime`.
    pub(crate) fn learn(&self, modifiedtime: &str, now: Timestamp) {
        if self.configured {
            return;
        }
        let Some(shown) = read_with(modifiedtime, UtcOffset::UTC) else {
            return;
        };
        let ahead_s = shown.as_seconds() - now.as_seconds();
        let quarters = (ahead_s + QUARTER_S / 2).div_euclid(QUARTER_S);
        let seconds = quarters * QUARTER_S;
        if !QUARTERS.contains(&quarters) || (ahead_s - seconds).abs() > TOLERANCE_S {
            return;
        }
        let Some(learned) = i32::try_from(seconds)
            .ok()
            .and_then(|seconds| UtcOffset::from_whole_seconds(seconds).ok())
        else {
            return;
        };
        let mut offset = self.offset.lock().unwrap_or_else(PoisonError::into_inner);
        if *offset != learned {
            tracing::info!(vtiger.utc_offset = %learned, "learned the time zone of Vtiger's server");
            *offset = learned;
        }
        self.learned.store(true, Ordering::Relaxed);
    }
}

fn read_with(time: &str, offset: UtcOffset) -> Option<Timestamp> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let time = PrimitiveDateTime::parse(time.trim(), format).ok()?;
    Some(Timestamp::from_seconds(
        time.assume_offset(offset).unix_timestamp(),
    ))
}

#[cfg(test)]
mod tests {
    use time::macros::offset;

    use super::*;

    /// 2026-11-23 11:42:48 UTC
    const NOW: Timestamp = Timestamp::from_seconds(1_795_434_168);

    #[test]
    fn a_write_tells_the_zone() {
        let zone = Zone::new(None);

        zone.learn("2026-11-23 06:42:46", NOW);

        assert_eq!(zone.offset(), offset!(-5));
        assert_eq!(zone.read("2026-11-23 06:42:48"), Some(NOW));
    }

    #[test]
    fn a_moment_is_written_as_vtiger_shows_it_or_as_early_as_it_may() {
        let zone = Zone::new(Some(offset!(-5)));
        assert_eq!(zone.write(NOW), "2026-11-23 06:42:48");

        let unknown = Zone::new(None);
        assert_eq!(unknown.write(NOW), "2026-11-22 23:42:48");
    }

    #[test]
    fn quarters_of_an_hour_are_known() {
        let zone = Zone::new(None);

        zone.learn("2026-11-23 17:27:47", NOW);

        assert_eq!(zone.offset(), offset!(+5:45));
    }

    #[test]
    fn a_moment_between_the_quarters_tells_nothing() {
        let zone = Zone::new(None);

        zone.learn("2026-11-23 11:36:00", NOW);
        zone.learn("2026-11-25 11:42:48", NOW);
        zone.learn("", NOW);

        assert_eq!(zone.offset(), UtcOffset::UTC);
    }

    #[test]
    fn a_configured_zone_stays() {
        let zone = Zone::new(Some(offset!(+1)));

        zone.learn("2026-11-23 06:42:48", NOW);

        assert_eq!(zone.offset(), offset!(+1));
        assert_eq!(zone.read("2026-11-23 12:42:48"), Some(NOW));
    }
}
