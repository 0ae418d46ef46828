//! What becomes of a value on its way into Vtiger's database, and of a record's label on its way out.
//!
//! References and owners, which need the other records, are not for here.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;
use time::{Date, Month};

use super::schema::{Field, Kind};

/// A value that PHP fails on, such as an array where a text belongs.
#[derive(Debug)]
pub(super) struct NotScalar;

/// What PHP makes of a scalar when it needs a text.
pub(super) fn scalar(value: &Json) -> Result<String, NotScalar> {
    match value {
        Json::Null | Json::Bool(false) => Ok(String::new()),
        Json::Bool(true) => Ok("1".to_owned()),
        Json::Number(number) => Ok(number.to_string()),
        Json::String(text) => Ok(text.clone()),
        Json::Array(_) | Json::Object(_) => Err(NotScalar),
    }
}

/// What the field holds after `text` was sent.
pub(super) fn stored(field: &Field, text: &str) -> String {
    match field.kind {
        Kind::Boolean => if matches!(text, "1" | "on") { "1" } else { "0" }.to_owned(),
        Kind::Date => date(text).unwrap_or_default(),
        Kind::Integer => decimal(text, 0),
        Kind::Currency => format!("{}000000", decimal(text, 2)),
        Kind::NumberOrNull(_) if text.is_empty() => String::new(),
        Kind::Number(decimals) | Kind::NumberOrNull(decimals) => decimal(text, decimals),
        Kind::Id | Kind::Text | Kind::TextOrNull | Kind::Time | Kind::Owner | Kind::Reference(_) => {
            let text = without_scripts(&without_four_bytes(text));
            match field.max_chars {
                Some(most) => text.chars().take(most).collect(),
                None => text,
            }
        }
    }
}

/// The tables are utf8mb3: a character of four bytes becomes a question mark for each.
fn without_four_bytes(text: &str) -> String {
    text.chars()
        .map(|character| match character.len_utf8() {
            4 => "????".to_owned(),
            _ => character.to_string(),
        })
        .collect()
}

/// Makes `<script>` and `</script>` texts; other tags are left alone.
fn without_scripts(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut clean = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(at) = lower[rest..].find('<').map(|at| rest + at) {
        clean.push_str(&text[rest..at]);
        let after = &lower[at + 1..];
        let is_script = after.strip_prefix('/').unwrap_or(after).starts_with("script");
        match lower[at..].find('>').map(|end| at + end) {
            Some(end) if is_script => {
                clean.push_str("&lt;");
                clean.push_str(&text[at + 1..end]);
                clean.push_str("&gt;");
                rest = end + 1;
            }
            _ => {
                clean.push('<');
                rest = at + 1;
            }
        }
    }
    clean.push_str(&text[rest..]);
    clean
}

/// A date as `YYYY-MM-DD`: sent like that, or with the day first. Everything else is lost.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', '.']).collect();
    let [first, month, last] = parts.as_slice() else {
        return None;
    };
    let (year, day) = if first.len() == 4 {
        (first, last)
    } else {
        (last, first)
    };
    let month: u8 = month.parse().ok()?;
    let date = Date::from_calendar_date(
        year.parse().ok()?,
        Month::try_from(month).ok()?,
        day.parse().ok()?,
    )
    .ok()?;
    (year.len() == 4).then(|| {
        let (year, month, day) = date.to_calendar_date();
        format!("{year:04}-{:02}-{day:02}", u8::from(month))
    })
}

/// A stored number as PHP writes it when it is one there, too.
pub(super) fn number(text: &str) -> Json {
    let number = text.parse::<Decimal>().unwrap_or_default().normalize();
    let written = number.to_string();
    written
        .parse::<i64>()
        .map(Json::from)
        .or_else(|_| written.parse::<f64>().map(Json::from))
        .unwrap_or_default()
}

/// A number with so many decimals; what isn't one is 0.
fn decimal(text: &str, decimals: u32) -> String {
    let number: Decimal = text.trim().parse().unwrap_or_default();
    let rounded = number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.0$}", usize::try_from(decimals).unwrap_or_default())
}

/// A record's label as the webservice shows it: joined, trimmed, HTML-encoded (entities that are there stay).
pub(super) fn label(parts: &[&str]) -> String {
    let plain = html_escape::decode_html_entities(parts.join(" ").trim()).into_owned();
    plain.chars().map(entity).collect()
}

/// PHP's `htmlentities`, as far as Latin-1 goes.
fn entity(character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#039;".to_owned(),
        other => latin1_name(other).map_or_else(|| other.to_string(), |name| format!("&{name};")),
    }
}

/// As utf8mb3's `general_ci` compares: in any case, without accents, without spaces at the end.
pub(super) fn folded(text: &str) -> String {
    let text = text.trim_end_matches(' ');
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|character| {
            let accented = latin1_name(character).is_some_and(|name| {
                ["grave", "acute", "circ", "tilde", "uml", "ring", "cedil"]
                    .iter()
                    .any(|accent| name.len() == accent.len() + 1 && name.ends_with(accent))
            });
            let base = latin1_name(character).and_then(|name| name.chars().next());
            match (character, base) {
                ('ß', _) => 's',
                (_, Some(base)) if accented => base,
                _ => character,
            }
        })
        .collect()
}

fn latin1_name(character: char) -> Option<&'static str> {
    let at = u32::from(character).checked_sub(0xA0)?;
    LATIN1.get(usize::try_from(at).ok()?).copied()
}

/// HTML's names of the characters from U+00A0 to U+00FF.
#[rustfmt::skip]
const LATIN1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not",
    "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1",
    "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml",
    "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH",
    "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc",
    "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig",
    "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde",
    "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml",
    "yacute", "thorn", "yuml",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: Kind, max_chars: Option<usize>) -> Field {
        Field {
            name: "any".to_owned(),
            kind,
            mandatory: false,
            editable: true,
            max_chars,
            of_lines: false,
        }
    }

    #[test]
    fn texts_lose_what_the_tables_can_not_hold() {
        let name = field(Kind::Text, Some(8));

        assert_eq!(stored(&name, "a 😀 b"), "a ???? b");
        assert_eq!(stored(&name, "äöüäöüäöü"), "äöüäöüäö");
        assert_eq!(
            stored(&field(Kind::Text, None), "x<SCRIPT>1</script>y<b>"),
            "x&lt;SCRIPT&gt;1&lt;/script&gt;y<b>"
        );
        assert_eq!(stored(&field(Kind::Text, None), "1 < 2 <script"), "1 < 2 <script");
    }

    #[test]
    fn only_one_and_on_are_true() {
        for (sent, expected) in [("1", "1"), ("on", "1"), ("true", "0"), ("yes", "0"), ("", "0")] {
            assert_eq!(stored(&field(Kind::Boolean, None), sent), expected, "{sent}");
        }
    }

    #[test]
    fn dates_are_read_in_two_orders_or_lost() {
        for (sent, expected) in [
            ("1990-12-31", "1990-12-31"),
            ("31-12-1990", "1990-12-31"),
            ("31.12.1990", "1990-12-31"),
            ("1990-12-31T00:00:00", ""),
            ("1990-13-31", ""),
            ("", ""),
        ] {
            assert_eq!(stored(&field(Kind::Date, None), sent), expected, "{sent}");
        }
    }

    #[test]
    fn numbers_are_rounded_to_the_users_decimals() {
        assert_eq!(stored(&field(Kind::Currency, None), "12.345678"), "12.35000000");
        assert_eq!(stored(&field(Kind::Currency, None), "abc"), "0.00000000");
        assert_eq!(stored(&field(Kind::Integer, None), "12"), "12");
    }

    #[test]
    fn labels_are_encoded_once() {
        assert_eq!(label(&["Anna", "Müller"]), "Anna M&uuml;ller");
        assert_eq!(label(&["A &amp; B", "it's"]), "A &amp; B it&#039;s");
        assert_eq!(label(&["", "東京"]), "東京");
    }

    #[test]
    fn texts_compare_without_case_and_accents() {
        assert_eq!(folded("MÜLLER Straße  "), folded("muller Strase"));
        assert_ne!(folded("Ørsted"), folded("Orsted"));
    }
}
