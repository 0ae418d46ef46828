//! Small things in words: ages, field names, values.

use std::time::Duration;

use super::texts;
use crate::sync::{Basket, Value};

/// The most characters of a value that are shown.
const LONGEST: usize = 80;

/// How long ago something was.
pub(super) fn ago(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0 => texts::say("log-just-now"),
        1..60 => counted("log-seconds-ago", seconds),
        60..3600 => counted("log-minutes-ago", seconds / 60),
        3600..172_800 => counted("log-hours-ago", seconds / 3600),
        _ => counted("log-days-ago", seconds / 86_400),
    }
}

/// How long something will take.
pub(super) fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => texts::say("log-few-seconds"),
        10..90 => counted("log-about-seconds", seconds),
        90..5400 => counted("log-about-minutes", (seconds + 30) / 60),
        _ => counted("log-about-hours", (seconds + 1800) / 3600),
    }
}

fn counted(key: &str, count: u64) -> String {
    texts::say_with(key, &[("count", count.into())])
}

/// A mapping's name for people: `billing.phone = phone` becomes `Billing phone`.
pub(super) fn field(key: &str) -> String {
    let woocommerce = key.split(" = ").next().unwrap_or(key);
    // Fields that somebody else named are left as they are.
    if woocommerce.contains('[') {
        return woocommerce.to_owned();
    }
    let words = woocommerce.replace(['.', '_'], " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// As much as is shown at once; nothing for a blank.
    pub text: String,
    /// All of it, where that is more.
    pub full: Option<String>,
}

impl Shown {
    /// How `value` is shown.
    pub(super) fn new(value: &Value) -> Self {
        let full = match (value, Basket::of(value)) {
            (_, Some(basket)) => basket.to_string(),
            (Value::Bool(true), _) => "yes".to_owned(),
            (Value::Bool(false), _) => "no".to_owned(),
            (other, _) => other.as_text().trim().to_owned(),
        };
        match full.char_indices().nth(LONGEST) {
            Some((end, _)) => Self {
                text: format!("{}…", full.get(..end).unwrap_or_default().trim_end()),
                full: Some(full),
            },
            None => Self {
                text: full,
                full: None,
            },
        }
    }

    /// The full value where it is longer than what is shown.
    pub(super) fn title(&self) -> &str {
        self.full.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        let told = [0, 3, 59, 60, 3599, 3600, 172_799, 172_800].map(|s| ago(Duration::from_secs(s)));

        assert_eq!(
            told,
            [
                "just now",
                "3 s ago",
                "59 s ago",
                "1 min ago",
                "59 min ago",
                "1 h ago",
                "47 h ago",
                "2 days ago"
            ]
        );
    }

    #[test]
    fn fields_are_named_in_words() {
        assert_eq!(field("billing.phone = phone"), "Billing phone");
        assert_eq!(field("meta_data[vat_id] = cf_901"), "meta_data[vat_id]");
        assert_eq!(field(""), "");
    }

    #[test]
    fn long_values_are_shortened_between_letters() {
        let long = "ä".repeat(LONGEST + 1);
        let exact = "ä".repeat(LONGEST);

        let shown = Shown::new(&Value::text(&long));

        assert_eq!(shown.text, format!("{exact}…"));
        assert_eq!(shown.title(), long);
        assert_eq!(Shown::new(&Value::text(&exact)).full, None);
    }
}
