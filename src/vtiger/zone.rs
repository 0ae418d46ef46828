//! The time zone of `modifiedtime`: the server's own, which the webservice never names.
//!
//! It is learned from our own writes, whose moment we know, and from the extension, which tells the server's time. That
//! also follows daylight saving time, be a zone configured or not. A time tells neither its offset nor, in the hour that
//! comes twice, which of the two it is of: what was written between the last sign of the old offset and the first of the
//! new one may be read an hour off.

use std::sync::{Mutex, MutexGuard, PoisonError};

use time::macros::format_description;
use time::{PrimitiveDateTime, UtcOffset};

use crate::clock::Timestamp;

/// Offsets are whole quarters of an hour, from -12:00 to +14:00.
const QUARTER_S: i64 = 15 * 60;
const QUARTERS: std::ops::RangeInclusive<i64> = -12 * 4..=14 * 4;

/// How far a write's moment may be from a whole quarter to be believed.
const TOLERANCE_S: i64 = 3 * 60;

/// By so much daylight saving moves a clock at most.
const DAYLIGHT_S: i32 = 60 * 60;

#[derive(Debug)]
pub(crate) struct Zone {
    configured: Option<UtcOffset>,
    known: Mutex<Known>,
}

/// What is known of the zone.
#[derive(Clone, Copy, Debug)]
struct Known {
    offset: UtcOffset,
    /// When the server last showed this offset.
    shown: Option<Timestamp>,
    earlier: Option<Earlier>,
}

/// The offset before the present one.
#[derive(Clone, Copy, Debug)]
struct Earlier {
    offset: UtcOffset,
    /// When the server last showed it.
    shown: Timestamp,
    /// When it first showed the present one.
    over: Timestamp,
}

impl Earlier {
    /// Whether what is `read` with the present offset now must have been written with this one: that was still in force at
    /// that time, or, in the hour that comes twice, that time is yet to come.
    fn holds(self, read: Timestamp, now: Timestamp) -> bool {
        let is_twice = now.as_seconds() - self.over.as_seconds() < i64::from(DAYLIGHT_S);
        let is_to_come = read.as_seconds() > now.as_seconds() + TOLERANCE_S;
        read <= self.shown || is_twice && is_to_come
    }
}

impl Zone {
    /// The configured zone, or UTC until the server shows another.
    pub(crate) fn new(configured: Option<UtcOffset>) -> Self {
        Self {
            configured,
            known: Mutex::new(Known {
                offset: configured.unwrap_or(UtcOffset::UTC),
                shown: None,
                earlier: None,
            }),
        }
    }

    /// The offset that times are read with.
    pub(crate) fn offset(&self) -> UtcOffset {
        self.known().offset
    }

    /// Whether the zone was given, so that no other is learned.
    pub(crate) fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Whether the zone was given or learned, and not only assumed.
    pub(crate) fn is_known(&self) -> bool {
        self.is_configured() || self.known().shown.is_some()
    }

    /// Whether no time can seem to be earlier than it was, as far as is known: a zone that is UTC in winter is ahead of it
    /// in summer, and never behind.
    pub(crate) fn is_utc(&self) -> bool {
        self.is_known() && self.offset().is_utc() && self.configured.is_none_or(UtcOffset::is_utc)
    }

    /// Reads a time such as `2026-11-23 11:24:55` that the server shows now.
    pub(crate) fn read(&self, time: &str, now: Timestamp) -> Option<Timestamp> {
        let known = *self.known();
        let read = read_with(time, known.offset)?;
        match known.earlier {
            Some(earlier) if earlier.holds(read, now) => read_with(time, earlier.offset),
            _ => Some(read),
        }
    }

    /// Writes a moment as Vtiger shows it; the earliest it may show where its zone isn't known.
    pub(crate) fn write(&self, moment: Timestamp) -> String {
        self.write_or(moment, *QUARTERS.start())
    }

    /// Writes a moment as Vtiger shows it; the latest it may show where its zone isn't known.
    pub(crate) fn write_latest(&self, moment: Timestamp) -> String {
        self.write_or(moment, *QUARTERS.end())
    }

    fn write_or(&self, moment: Timestamp, quarters: i64) -> String {
        let ahead_s = if self.is_known() {
            i64::from(self.offset().whole_seconds())
        } else {
            quarters * QUARTER_S
        };
        Timestamp::from_seconds(moment.as_seconds() + ahead_s).to_string()
    }

    /// Reads a time that the server shows now; the earliest it may be where its zone isn't known.
    pub(crate) fn read_earliest(&self, time: &str, now: Timestamp) -> Option<Timestamp> {
        let read = self.read(time, now)?;
        let ahead_s = if self.is_known() {
            0
        } else {
            *QUARTERS.end() * QUARTER_S
        };
        Some(Timestamp::from_seconds(read.as_seconds() - ahead_s))
    }

    /// Takes note that the server shows this time now, such as the `modifiedtime` of a record which was written just now.
    pub(crate) fn learn(&self, shown: &str, now: Timestamp) {
        let Some(learned) = offset_of(shown, now) else {
            return;
        };
        // A configured zone is believed, but for the daylight that it may save.
        let moved_s = |from: UtcOffset| (learned.whole_seconds() - from.whole_seconds()).abs();
        if self.configured.is_some_and(|from| moved_s(from) > DAYLIGHT_S) {
            return;
        }
        let mut known = self.known();
        if known.offset != learned {
            tracing::info!(vtiger.utc_offset = %learned, "learned the time zone of Vtiger's server");
            known.earlier = known.shown.map(|shown| Earlier {
                offset: known.offset,
                shown,
                over: now,
            });
            known.offset = learned;
        }
        known.shown = Some(now);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // It is put there whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// By how much a server that shows this time now is ahead of UTC, where that can be.
fn offset_of(shown: &str, now: Timestamp) -> Option<UtcOffset> {
    let shown = read_with(shown, UtcOffset::UTC)?;
    let ahead_s = shown.as_seconds() - now.as_seconds();
    let quarters = (ahead_s + QUARTER_S / 2).div_euclid(QUARTER_S);
    let seconds = quarters * QUARTER_S;
    if !QUARTERS.contains(&quarters) || (ahead_s - seconds).abs() > TOLERANCE_S {
        return None;
    }
    UtcOffset::from_whole_seconds(i32::try_from(seconds).ok()?).ok()
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
        assert_eq!(zone.read("2026-11-23 06:42:48", NOW), Some(NOW));
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
        assert_eq!(zone.read("2026-11-23 12:42:48", NOW), Some(NOW));
    }

    /// 2026-10-25 01:00:00 UTC: in Berlin it is 03:00 and becomes 02:00.
    const AUTUMN: i64 = 1_792_890_000;

    #[test]
    fn a_configured_zone_saves_daylight() {
        let zone = Zone::new(Some(offset!(+2)));

        zone.learn("2026-10-25 02:30:01", Timestamp::from_seconds(AUTUMN + 1800));

        assert_eq!(zone.offset(), offset!(+1));
        assert!(!Zone::new(Some(offset!(-1))).is_utc());
    }

    /// So many seconds after that.
    fn read(zone: &Zone, time: &str, now_s: i64) -> i64 {
        let now = Timestamp::from_seconds(AUTUMN + now_s);
        zone.read(&format!("2026-10-{time}"), now).unwrap().as_seconds() - AUTUMN
    }

    #[test]
    fn what_was_shown_before_daylight_saving_ended_is_read_as_of_then() {
        let zone = Zone::new(None);
        zone.learn("2026-10-25 02:50:00", Timestamp::from_seconds(AUTUMN - 600));

        zone.learn("2026-10-25 02:20:00", Timestamp::from_seconds(AUTUMN + 1200));

        assert_eq!(read(&zone, "24 12:00:00", 1200), -15 * 3600);
        assert_eq!(read(&zone, "25 02:50:00", 1200), -600);
        assert_eq!(read(&zone, "25 02:20:00", 1200), 1200);
        assert_eq!(read(&zone, "25 02:50:00", 3000), 3000, "nobody can tell");
        assert_eq!(read(&zone, "25 03:00:00", 3600), 3600);
        // A clock that was put ahead without our knowledge is believed in the end.
        assert_eq!(read(&zone, "26 03:10:00", 24 * 3600), 25 * 3600 + 600);
    }

    #[test]
    fn what_was_shown_before_daylight_saving_began_is_read_as_of_then() {
        let zone = Zone::new(None);
        zone.learn("2026-10-25 01:50:00", Timestamp::from_seconds(AUTUMN - 600));

        zone.learn("2026-10-25 03:20:00", Timestamp::from_seconds(AUTUMN + 1200));

        assert_eq!(zone.offset(), offset!(+2));
        assert_eq!(read(&zone, "25 01:55:00", 1200), -300);
        assert_eq!(read(&zone, "25 03:00:00", 1200), 0);
    }
}
