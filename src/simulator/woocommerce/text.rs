//! What WordPress makes of text, and how WooCommerce writes and reads dates.
//!
//! Pure functions of their arguments; no record is known here.

use serde_json::Value;
use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, offset, time};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset, Weekday};

use crate::clock::Timestamp;

/// The shop's time zone: Los Angeles, in winter and in summer.
const WINTER: UtcOffset = offset!(-8);
const SUMMER: UtcOffset = offset!(-7);
const DATE_TIME: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// The shop's offset from UTC at a moment: summer is from the second Sunday of March to the first one of November.
pub(super) fn site_offset(at: OffsetDateTime) -> UtcOffset {
    // The first Sunday after the day before it may be.
    let changes = |month, day, offset| {
        let before = Date::from_calendar_date(at.year(), month, day).ok()?;
        let sunday = before.next_occurrence(Weekday::Sunday);
        Some(PrimitiveDateTime::new(sunday, time!(2:00)).assume_offset(offset))
    };
    let begins = changes(Month::March, 7, WINTER);
    let ends = changes(Month::October, 31, SUMMER);
    if begins.is_some_and(|begins| at >= begins) && ends.is_some_and(|ends| at < ends) {
        SUMMER
    } else {
        WINTER
    }
}

/// A date as the `*_gmt` keys have it: UTC, whole seconds, no offset.
pub(super) fn gmt(at: Timestamp) -> String {
    at.to_utc().format(DATE_TIME).unwrap_or_default()
}

/// A date as the other date keys have it: the shop's own time.
pub(super) fn local(at: Timestamp) -> String {
    let at = at.to_utc();
    at.to_offset(site_offset(at))
        .format(DATE_TIME)
        .unwrap_or_default()
}

/// A moment as HTTP headers tell it.
pub(super) fn http_date(at: Timestamp) -> String {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    at.to_utc().format(format).unwrap_or_default()
}

/// A date of a query, as the text that [`gmt`] writes, so that both compare as text.
///
/// Without an offset it is the shop's own time, unless `dates_are_gmt`.
pub(super) fn query_date_as_gmt(text: &str, dates_are_gmt: bool) -> Option<String> {
    let at = if let Ok(at) = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339) {
        at
    } else {
        let naive = PrimitiveDateTime::parse(text.get(..19).unwrap_or(text), DATE_TIME).ok()?;
        let offset = if dates_are_gmt {
            UtcOffset::UTC
        } else {
            site_offset(naive.assume_offset(WINTER))
        };
        naive.assume_offset(offset)
    };
    at.to_offset(UtcOffset::UTC).format(DATE_TIME).ok()
}

/// The moment that [`gmt`] wrote.
pub(super) fn read_gmt(text: &str) -> Option<Timestamp> {
    let at = PrimitiveDateTime::parse(text, DATE_TIME).ok()?.assume_utc();
    Some(Timestamp::from_seconds(at.unix_timestamp()))
}

/// JSON as PHP writes it: in ASCII, with its slashes escaped.
pub(super) fn php_json(value: &Value) -> String {
    let mut json = String::new();
    // Slashes and letters beyond ASCII are only ever inside of strings.
    for letter in value.to_string().chars() {
        match letter {
            '/' => json.push_str("\\/"),
            letter if letter.is_ascii() => json.push(letter),
            letter => {
                let mut units = [0; 2];
                let units = letter.encode_utf16(&mut units);
                json.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    json
}

/// A date as a webhook's default name has it.
pub(super) fn in_words(at: Timestamp) -> String {
    const WORDS: &[BorrowedFormatItem<'static>] =
        format_description!("[month repr:short] [day], [year] @ [hour repr:12]:[minute] [period case:upper]");
    at.to_utc().format(WORDS).unwrap_or_default()
}

/// A name as the answer to the write shows it: tags stripped, white space folded, then the backslashes lost.
pub(super) fn name_as_answered(text: &str) -> String {
    without_backslashes(&cleaned(text))
}

/// A name as every later reading shows it: the second of WordPress' two passes encodes it as HTML.
pub(super) fn name_as_stored(text: &str) -> String {
    encoded(&strip_tags(&folded(&name_as_answered(text)), true))
}

/// Text as a SKU keeps it.
pub(super) fn cleaned(text: &str) -> String {
    folded(&strip_tags(text, false))
}

/// Text as an address keeps it.
pub(super) fn without_backslashes(text: &str) -> String {
    // PHP's stripslashes: of two backslashes the second stays.
    let mut kept = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            kept.push(letter);
        } else if let Some(escaped) = letters.next() {
            kept.push(escaped);
        }
    }
    kept
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Drops `<...>`; the first pass (PHP's `strip_tags`) leaves a `<` that white space follows.
fn strip_tags(text: &str, even_before_space: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        kept.push_str(before);
        let is_tag = even_before_space || !tag.chars().nth(1).is_none_or(char::is_whitespace);
        match tag.find('>') {
            Some(end) if is_tag => rest = &tag[end + 1..],
            _ => {
                kept.push('<');
                rest = &tag[1..];
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// Encodes `&`, `<` and `>`, but leaves what is an entity already.
pub(super) fn encoded(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        match letter {
            '&' if !starts_with_entity(&text[at..]) => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
    html
}

fn starts_with_entity(text: &str) -> bool {
    let Some((name, _)) = text.strip_prefix('&').and_then(|rest| rest.split_once(';')) else {
        return false;
    };
    let (digits, is_digit): (&str, fn(&char) -> bool) = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex, char::is_ascii_hexdigit),
            None => (number, char::is_ascii_digit),
        },
        None => (name, char::is_ascii_alphanumeric),
    };
    !digits.is_empty() && digits.len() <= 20 && digits.chars().all(|digit| is_digit(&digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_measured() {
        let sent = r#"A & B &amp; C < D > "E" 'F' é 😀 \ x"#;

        assert_eq!(name_as_stored(sent), r#"A &amp; B &amp; C  "E" 'F' é 😀 x"#);
        assert_eq!(
            name_as_answered("<b>Bold</b> & \"q\" \\ ' é😀"),
            "Bold & \"q\"  ' é😀"
        );
        assert_eq!(
            name_as_stored("<b>Bold</b> & \"q\" \\ ' é😀"),
            "Bold &amp; \"q\" ' é😀"
        );
        assert_eq!(name_as_stored(" padded  "), "padded");
        assert_eq!(name_as_stored("1 < 2"), "1 &lt; 2");
    }

    #[test]
    fn json_is_written_as_php_does() {
        let json = php_json(&serde_json::json!({"a/b": "é😀\n"}));

        assert_eq!(json, r#"{"a\/b":"\u00e9\ud83d\ude00\n"}"#);
    }

    #[test]
    fn dates_are_the_shops_own_unless_told_otherwise() {
        let at = Timestamp::from_seconds(1_795_434_714);

        assert_eq!(gmt(at), "2026-11-23T11:51:54");
        assert_eq!(local(at), "2026-11-23T03:51:54");
        assert_eq!(read_gmt(&gmt(at)), Some(at));
        for (text, dates_are_gmt) in [
            ("2026-11-23T03:51:54", false),
            ("2026-11-23T11:51:54", true),
            ("2026-11-23T11:51:54Z", false),
            ("2026-11-23T12:51:54+01:00", false),
        ] {
            assert_eq!(
                query_date_as_gmt(text, dates_are_gmt).as_deref(),
                Some("2026-11-23T11:51:54")
            );
        }
        assert_eq!(query_date_as_gmt("yesterday", true), None);
    }

    #[test]
    fn the_shop_saves_daylight() {
        for (in_utc, in_the_shop) in [
            ("2026-03-08T09:59:59", "2026-03-08T01:59:59"),
            ("2026-03-08T10:00:00", "2026-03-08T03:00:00"),
            ("2026-11-01T08:59:59", "2026-11-01T01:59:59"),
            ("2026-11-01T09:00:00", "2026-11-01T01:00:00"),
        ] {
            assert_eq!(local(read_gmt(in_utc).unwrap()), in_the_shop);
        }
        let in_summer = query_date_as_gmt("2026-07-01T03:00:00", false);
        assert_eq!(in_summer.as_deref(), Some("2026-07-01T10:00:00"));
    }
}
