//! What becomes of a value on its way through Vtiger's database: the losses that no error tells of.
//!
//! Pure. A comparison with what Vtiger shows must use the value after these losses, or it would differ for ever.
//! Measured on Vtiger 8.3.0; a wider column in another version only makes a prediction too short.

use std::borrow::Cow;

use crate::sync::Value;

/// The lengths of Contacts' columns, in characters. What isn't listed is not cut: texts and fields of other types.
const CONTACTS: [(&str, usize); 33] = [
    ("salutationtype", 200),
    ("firstname", 40),
    ("lastname", 80),
    ("email", 100),
    ("secondaryemail", 100),
    ("phone", 50),
    ("mobile", 50),
    ("homephone", 50),
    ("otherphone", 50),
    ("fax", 50),
    ("assistant", 30),
    ("assistantphone", 50),
    ("title", 50),
    ("department", 30),
    ("leadsource", 200),
    ("mailingstreet", 250),
    ("mailingcity", 40),
    ("mailingstate", 30),
    ("mailingzip", 30),
    ("mailingcountry", 40),
    ("mailingpobox", 30),
    ("otherstreet", 250),
    ("othercity", 40),
    ("otherstate", 50),
    ("otherzip", 30),
    ("othercountry", 30),
    ("otherpobox", 30),
    ("account_id.accountname", ACCOUNTNAME),
    ("donotcall", 3),
    ("emailoptout", 3),
    ("reference", 3),
    ("notify_owner", 3),
    ("portal", 3),
];

/// The length of an organization's name.
const ACCOUNTNAME: usize = 100;

/// What Contacts' field at `path` shows after `value` was written to it.
pub(crate) fn in_contacts(path: &str, value: &Value) -> Value {
    let length = CONTACTS
        .iter()
        .find_map(|(field, length)| (*field == path).then_some(*length));
    Value::Text(text(&value.as_text(), length))
}

/// An organization's name as Vtiger shows it.
pub(crate) fn accountname(name: &str) -> String {
    text(name, Some(ACCOUNTNAME))
}

fn text(text: &str, length: Option<usize>) -> String {
    let disarmed = without_scripts(text);
    let kept = disarmed
        .chars()
        .flat_map(|c| {
            // The tables are utf8mb3: each byte of a longer character becomes a question mark.
            let lost = c.len_utf8() > 3;
            std::iter::repeat_n(if lost { '?' } else { c }, if lost { c.len_utf8() } else { 1 })
        })
        .take(length.unwrap_or(usize::MAX));
    kept.collect()
}

/// Vtiger encodes the brackets and double quotes of a text in which `script` and later, on the same line, `/script` occur.
fn without_scripts(text: &str) -> Cow<'_, str> {
    let is_script = text.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        line.split_once("script")
            .is_some_and(|(_, rest)| rest.contains("/script"))
    });
    if is_script {
        Cow::Owned(
            text.replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
        )
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn firstname(text: &str) -> String {
        in_contacts("firstname", &Value::text(text)).to_string()
    }

    #[test]
    fn values_are_predicted_as_recorded() {
        let recorded: Vec<(String, String, String)> =
            serde_json::from_str(include_str!("../../tests/fixtures/vtiger/encoding.json")).unwrap();
        assert!(recorded.len() > 20);

        for (name, sent, shown) in recorded {
            assert_eq!(firstname(&sent), shown, "{name}");
        }
    }

    #[test]
    fn long_values_are_cut_in_characters() {
        assert_eq!(firstname(&"ü".repeat(41)), "ü".repeat(40));
        assert_eq!(
            in_contacts("lastname", &Value::text("L".repeat(300))),
            Value::text("L".repeat(80))
        );
        let long = "d".repeat(100_000);
        assert_eq!(
            in_contacts("description", &Value::text(long.as_str())),
            Value::Text(long)
        );
    }

    #[test]
    fn an_emoji_counts_as_the_four_characters_that_it_becomes() {
        let sent = format!("{}😀", "a".repeat(38));

        assert_eq!(firstname(&sent), format!("{}??", "a".repeat(38)));
    }

    #[test]
    fn nothing_is_an_empty_text_and_yes_is_1() {
        assert_eq!(in_contacts("phone", &Value::Null), Value::text(""));
        assert_eq!(in_contacts("donotcall", &Value::Bool(true)), Value::text("1"));
    }

    #[test]
    fn script_tags_over_two_lines_are_kept() {
        assert_eq!(firstname("<script>\n</script>"), "<script>\n</script>");
        assert_eq!(
            firstname(r#"<SCRIPT a="1"></SCRIPT>"#),
            "&lt;SCRIPT a=&quot;1&quot;&gt;&lt;/SCRIPT&gt;"
                .chars()
                .take(40)
                .collect::<String>()
        );
    }
}
