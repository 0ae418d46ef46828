//! How WooCommerce writes dates: its `…_gmt` fields and the bounds of queries are naive, in UTC. Pure.

use serde_json::Value as Json;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::clock::Timestamp;

const NAIVE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// A `…_gmt` date; nothing for customers that WooCommerce itself never saved.
pub(super) fn gmt(json: &Json, field: &str) -> Option<Timestamp> {
    let text = json.get(field)?.as_str()?;
    let at = PrimitiveDateTime::parse(text, NAIVE).ok()?.assume_utc();
    Some(Timestamp::from_seconds(at.unix_timestamp()))
}

/// A date in an HTTP header.
pub(super) fn http(text: &str) -> Option<Timestamp> {
    let at = OffsetDateTime::parse(text.trim(), &Rfc2822).ok()?;
    Some(Timestamp::from_seconds(at.unix_timestamp()))
}

/// A moment as a query takes it beside `dates_are_gmt=true`.
pub(super) fn to_gmt(at: Timestamp) -> String {
    at.to_utc().format(NAIVE).unwrap_or_default()
}

/// A minute before: clocks differ, and bounds are exclusive.
pub(super) fn a_minute_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_sub(60_000))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_read_and_written_in_utc() {
        let at = Timestamp::from_seconds(1_795_433_793);

        assert_eq!(gmt(&json!({"at": "2026-11-23T11:36:33"}), "at"), Some(at));
        assert_eq!(gmt(&json!({"at": null}), "at"), None);
        assert_eq!(to_gmt(at), "2026-11-23T11:36:33");
        assert_eq!(to_gmt(a_minute_before(at)), "2026-11-23T11:35:33");
    }
}
