//! Makes what was said to a system fit to be kept: without secrets and personal data, and not too long.
//!
//! What is said of people and orders is masked unless it is known to tell nothing of anybody, as fields of one's own may
//! hold anything. What is said of goods, rates and settings stays, but for what looks personal.

use std::fmt::Write as _;

use std::cell::RefCell;
use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value as Json};

use super::keys::{are_lines, is_of_goods, is_personal, is_plain, is_remark, is_secret};
use super::mask::{Mask, SECRET, is_plain_value};

/// So many bytes are kept of what was said.
const LONGEST: usize = 64 << 10;

/// Shorter names are no names but in the fields that are known to hold them.
const SHORTEST_NAME: usize = 3;

/// A shorter secret could be part of anything.
const SHORTEST_SECRET: usize = 6;

/// What is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// People and orders.
    People,
    /// An order's goods, rates and sums.
    Lines,
    /// Goods, rates, settings.
    Goods,
}

/// Disguises the texts of one exchange. What is masked in one of them is so in all that are disguised later.
pub(super) struct Disguise<'a> {
    mask: &'a Mask,
    secrets: Vec<&'a SecretString>,
    names: RefCell<BTreeSet<String>>,
}

impl<'a> Disguise<'a> {
    pub(super) fn new(mask: &'a Mask, secrets: Vec<&'a SecretString>) -> Self {
        Self {
            mask,
            secrets,
            names: RefCell::default(),
        }
    }

    /// A body, as JSON if it is that.
    pub(super) fn body(&self, kind: Kind, body: &[u8]) -> String {
        if let Ok(json) = serde_json::from_slice::<Json>(body) {
            return self.json(kind, &json);
        }
        let text = String::from_utf8_lossy(body);
        // PHP prints its warnings before the answer proper.
        let begins: Vec<usize> = text
            .match_indices(['{', '['])
            .map(|(at, _)| at)
            .take(20)
            .collect();
        for at in &begins {
            if let Ok(json) = serde_json::from_str::<Json>(&text[*at..]) {
                return self.finish(format!("{}{}", self.told(&text[..*at]), self.pretty(kind, &json)));
            }
        }
        let at = match (kind, begins.first()) {
            (Kind::People, Some(at)) => *at,
            _ => text.len(),
        };
        let broken = self.mask.text(&text[at..]);
        self.finish(format!("{}{broken}", self.told(&text[..at])))
    }

    /// JSON, laid out to be read.
    pub(super) fn json(&self, kind: Kind, json: &Json) -> String {
        self.finish(self.pretty(kind, json))
    }

    /// One parameter of an address or a form.
    pub(super) fn parameter(&self, kind: Kind, name: &str, value: &str) -> String {
        let masked = match name {
            "element" => match serde_json::from_str::<Json>(value) {
                Ok(json) => self.pretty(kind, &json),
                Err(_) => self.mask.text(value),
            },
            "query" => self.query(kind, value),
            _ => match self.value(kind, name, &Json::from(value)) {
                Json::String(text) => text,
                other => other.to_string(),
            },
        };
        self.finish(masked)
    }

    fn pretty(&self, kind: Kind, json: &Json) -> String {
        serde_json::to_string_pretty(&self.value(kind, "", json)).unwrap_or_default()
    }

    /// A query of Vtiger's, whose texts stand between quotes.
    fn query(&self, kind: Kind, query: &str) -> String {
        let parts = query.split('\'').enumerate();
        let masked: Vec<String> = parts
            .map(|(nth, part)| match (nth % 2, kind) {
                (0, _) => part.to_owned(),
                (_, Kind::Goods) => self.told(part),
                _ if is_plain_value(part) => part.to_owned(),
                _ => self.name(part),
            })
            .collect();
        masked.join("'")
    }

    fn value(&self, kind: Kind, key: &str, value: &Json) -> Json {
        if is_secret(key) && !is_nothing(value) {
            return SECRET.into();
        }
        if is_personal(key) && !matches!(value, Json::Object(_)) {
            return self.whole(value);
        }
        match value {
            Json::Object(object) => self.object(kind, object),
            Json::Array(list) => list.iter().map(|one| self.value(kind, key, one)).collect(),
            Json::String(text) => Json::from(match kind {
                Kind::People if !is_plain(key) && !is_plain_value(text) && key != "message" => {
                    self.name(text)
                }
                // A code and the like: of the names it could hold only what looks personal is one.
                Kind::People if is_plain(key) => self.mask.lookalikes(text),
                _ => self.told(text),
            }),
            other => other.clone(),
        }
    }

    fn object(&self, kind: Kind, object: &Map<String, Json>) -> Json {
        let kind = match kind {
            Kind::People if object.keys().any(|key| is_of_goods(key)) => Kind::Lines,
            kind => kind,
        };
        let masked = object.iter().map(|(key, value)| {
            let inner = match kind {
                Kind::People if are_lines(key) => Kind::Lines,
                Kind::Lines if is_remark(key) => Kind::People,
                kind => kind,
            };
            (key.clone(), self.value(inner, key, value))
        });
        Json::Object(masked.collect())
    }

    /// Everything in a value.
    fn whole(&self, value: &Json) -> Json {
        match value {
            Json::Object(object) => Json::Object(
                object
                    .iter()
                    .map(|(key, value)| (key.clone(), self.whole(value)))
                    .collect(),
            ),
            Json::Array(list) => list.iter().map(|one| self.whole(one)).collect(),
            Json::String(text) => self.name(text).into(),
            Json::Number(number) => self.name(&number.to_string()).into(),
            other => other.clone(),
        }
    }

    /// A text that tells of a person.
    fn name(&self, text: &str) -> String {
        let trimmed = text.trim();
        if trimmed.chars().count() >= SHORTEST_NAME && !is_plain_value(trimmed) {
            self.names.borrow_mut().insert(trimmed.to_owned());
        }
        self.mask.text(text)
    }

    /// A text that may tell of a person among other things.
    fn told(&self, text: &str) -> String {
        let mut told = text.to_owned();
        // The longest come first, as others may be part of them.
        let names = self.names.borrow();
        let mut names: Vec<&String> = names.iter().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        for name in names {
            if told.contains(name.as_str()) {
                told = told.replace(name.as_str(), &self.mask.text(name));
            }
        }
        self.mask.lookalikes(&told)
    }

    /// Without any secret that came in in some other way, and not too long.
    fn finish(&self, mut text: String) -> String {
        for secret in &self.secrets {
            let secret = secret.expose_secret();
            let escaped = Json::from(secret).to_string();
            for form in [secret, escaped.trim_matches('"')] {
                if form.len() >= SHORTEST_SECRET && text.contains(form) {
                    text = text.replace(form, SECRET);
                }
            }
        }
        if text.len() > LONGEST {
            let length = text.len();
            let cut = text.floor_char_boundary(LONGEST);
            text.truncate(cut);
            // Writing to a string can't fail.
            let _ = write!(text, "\n… ({length} bytes, the rest is left out)");
        }
        text
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) => true,
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}
