//! What WooCommerce does to text on its way in and out, so that both sides can be compared as a person reads them. Pure.
//!
//! A customer's own names are HTML-encoded text: WordPress takes `<…>` in them for tags and drops it, and encodes
//! `&` sooner or later. So names are encoded before they are sent and decoded when they are read; addresses and meta
//! data are plain. What WordPress would lose (outer spaces, backslashes) is left out before sending: what was sent is
//! then what is shown.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;

use crate::sync::{FieldPath, Value};

/// Text as a person reads it, out of a name as WooCommerce shows it.
pub(super) fn decoded(name: &str) -> String {
    html_escape::decode_html_entities(name).into_owned()
}

/// A text of HTML as it is kept, out of what is shown to a visitor: WordPress sets quotes and dashes anew then.
pub(super) fn untypeset(html: &str) -> String {
    const SHOWN: [(&str, &str); 10] = [
        ("&#8220;", "\""),
        ("&#8221;", "\""),
        ("&#8216;", "'"),
        ("&#8217;", "'"),
        ("&#8211;", "\u{2013}"),
        ("&#8212;", "\u{2014}"),
        ("&#8230;", "..."),
        ("&#215;", "\u{d7}"),
        ("&#8242;", "'"),
        ("&#8243;", "\""),
    ];
    if !html.contains("&#") {
        return html.to_owned();
    }
    SHOWN
        .iter()
        .fold(html.to_owned(), |text, (entity, kept)| text.replace(entity, kept))
}

/// The longest run of letters and digits, which is found however the rest of the text is encoded.
pub(super) fn longest_word(text: &str) -> &str {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.max_by_key(|word| word.len()).unwrap_or_default()
}

/// A whole number, cut from what the value holds.
pub(super) fn integer(value: &Value) -> Json {
    let number = match value {
        Value::Number(number) => Some(*number),
        other => other.as_text().trim().parse().ok(),
    };
    number
        .and_then(|number: Decimal| number.trunc().to_i64())
        .map_or(Json::Null, Json::from)
}

/// What WooCommerce shows of a customer after storing the value: text, as all fields that can be written hold text.
pub(super) fn stored(path: &FieldPath, value: &Value) -> Value {
    match path.root() {
        // A meta value of null removes the entry; others are kept to the letter.
        "meta_data" if *value == Value::Null => Value::Null,
        "meta_data" => Value::text(value.as_text()),
        // WordPress folds runs of white space in names.
        "first_name" | "last_name" => {
            let kept = without_backslashes(value);
            Value::Text(kept.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
        }
        _ => Value::text(without_backslashes(value).trim()),
    }
}

/// A customer's value as it is sent.
pub(super) fn to_wire(path: &FieldPath, value: &Value) -> Json {
    match (path.root(), stored(path, value)) {
        ("first_name" | "last_name", Value::Text(text)) => {
            Json::String(html_escape::encode_text(&text).into_owned())
        }
        (_, value) => value.to_json(),
    }
}

/// WordPress removes the backslashes of escapes, and not the same number of times for each verb: send none at all.
pub(super) fn without_backslashes(value: &Value) -> String {
    value.as_text().replace('\\', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: &str = r#"A & B &amp; C < D > "E" 'F' é 😀 \ x"#;

    fn path(text: &str) -> FieldPath {
        FieldPath::parse(text).unwrap()
    }

    fn shown(field: &str, text: &str) -> Value {
        stored(&path(field), &Value::text(text))
    }

    #[test]
    fn a_name_keeps_all_but_the_backslash() {
        let kept = shown("first_name", MEASURED);

        assert_eq!(kept, Value::text(r#"A & B &amp; C < D > "E" 'F' é 😀 x"#));
    }

    #[test]
    fn a_name_comes_back_as_it_was_sent() {
        for name in [
            "A & B <x>",
            "<b>Bold</b>",
            "a &lt; b",
            "&amp;amp;",
            "O'Brien \"Q\"",
            "É 😀",
        ] {
            let sent = to_wire(&path("last_name"), &Value::text(name));

            let sent = sent.as_str().unwrap();
            assert!(!sent.contains(['<', '>']), "{sent}");
            assert_eq!(decoded(sent), name);
        }
    }

    #[test]
    fn names_as_woocommerce_shows_them_are_decoded() {
        let read = decoded(r#"A &amp; B &amp; C  "E" 'F' é 😀 x"#);

        assert_eq!(read, r#"A & B & C  "E" 'F' é 😀 x"#);
        assert_eq!(decoded("Bold & \"q\""), "Bold & \"q\"");
        assert_eq!(decoded("O&#039;Brien"), "O'Brien");
    }

    #[test]
    fn an_address_keeps_its_tags_and_entities_and_loses_the_backslash() {
        for field in ["billing.company", "shipping.address_1"] {
            let text = MEASURED.replace('\\', "");

            assert_eq!(shown(field, MEASURED), Value::text(text.clone()));
            assert_eq!(to_wire(&path(field), &Value::text(MEASURED)), Json::String(text));
        }
        assert_eq!(
            shown("billing.address_1", "line1\nline2"),
            Value::text("line1\nline2")
        );
    }

    #[test]
    fn outer_spaces_are_trimmed() {
        assert_eq!(shown("last_name", " padded  "), Value::text("padded"));
        assert_eq!(shown("billing.city", " padded  "), Value::text("padded"));
        assert_eq!(shown("last_name", "van  der Berg"), Value::text("van der Berg"));
    }

    #[test]
    fn meta_data_is_kept_to_the_letter() {
        assert_eq!(shown("meta_data[vat_id]", MEASURED), Value::text(MEASURED));
        assert_eq!(
            stored(&path("meta_data[vat_id]"), &Value::Bool(true)),
            Value::text("1")
        );
    }

    #[test]
    fn null_empties_a_field_and_removes_meta_data() {
        assert_eq!(
            to_wire(&path("billing.phone"), &Value::Null),
            Json::String(String::new())
        );
        assert_eq!(stored(&path("billing.phone"), &Value::Null), Value::text(""));
        assert_eq!(to_wire(&path("meta_data[vat_id]"), &Value::Null), Json::Null);
    }

    #[test]
    fn typography_is_undone() {
        let shown = "<p>&#8220;It&#8217;s&#8221; 2&#215;3 &amp; so&#8230;</p>";

        assert_eq!(untypeset(shown), "<p>\"It's\" 2\u{d7}3 &amp; so...</p>");
        assert_eq!(untypeset("<p>&amp; &lt;</p>"), "<p>&amp; &lt;</p>");
    }

    #[test]
    fn the_longest_word_is_looked_for() {
        assert_eq!(longest_word("A & Bücher <1>"), "Bücher");
        assert_eq!(longest_word("&&"), "");
    }

    #[test]
    fn whole_numbers_are_cut() {
        assert_eq!(integer(&Value::text("12.900")), Json::from(12));
        assert_eq!(integer(&Value::text("-0.5")), Json::from(0));
        assert_eq!(integer(&Value::text("x")), Json::Null);
    }
}
