//! What a form asks for, and what it sends: pure functions between a record's JSON and texts.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// Something that a form asks for.
#[derive(Debug)]
pub(in crate::simulator) struct Field {
    /// The system's own name of it; `billing.phone` is `phone` in the object `billing`.
    name: &'static str,
    /// What people call it.
    label: &'static str,
    kind: Kind,
    required: bool,
}

/// What can be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Kind {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// Several lines.
    Lines,
}

impl Field {
    /// A field that may be left blank.
    pub(in crate::simulator) const fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self {
            name,
            label,
            kind,
            required: false,
        }
    }

    /// The same, but it mustn't be left blank.
    pub(in crate::simulator) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
}

/// A field with its value.
pub(super) struct Input<'a> {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    kind: Kind,
    pub(super) required: bool,
    pub(super) value: &'a str,
}

impl Input<'_> {
    pub(super) fn has_lines(&self) -> bool {
        self.kind == Kind::Lines
    }

    /// The `type` of the HTML element.
    pub(super) fn html_type(&self) -> &'static str {
        match self.kind {
            Kind::Email => "email",
            Kind::Phone => "tel",
            Kind::Text | Kind::Lines => "text",
        }
    }
}

/// A form's inputs, filled with what was sent before, or else with what the record holds.
pub(super) fn inputs<'a>(fields: &[Field], record: &'a Json, sent: Option<&'a Sent>) -> Vec<Input<'a>> {
    let value = |field: &Field| match sent.and_then(|sent| sent.0.get(field.name)) {
        Some(text) => text.as_str(),
        None => text_at(record, field.name),
    };
    fields
        .iter()
        .map(|field| Input {
            name: field.name,
            label: field.label,
            kind: field.kind,
            required: field.required,
            value: value(field),
        })
        .collect()
}

/// The text at this place of a record, such as `billing.phone`.
fn text_at<'a>(record: &'a Json, name: &str) -> &'a str {
    name.split('.')
        .try_fold(record, |inner, key| inner.get(key))
        .and_then(Json::as_str)
        .unwrap_or_default()
}

/// What a form has sent.
pub(super) struct Sent(pub(super) BTreeMap<String, String>);

impl Sent {
    /// Tells in a sentence what is missing. What isn't sent is missing only from something new.
    pub(super) fn complete(&self, fields: &[Field], is_new: bool) -> Result<(), String> {
        let is_missing = |field: &&Field| {
            let sent = self.0.get(field.name);
            field.required && sent.map_or(is_new, |text| text.trim().is_empty())
        };
        match fields.iter().find(is_missing) {
            Some(field) => Err(format!("{} is missing.", field.label)),
            None => Ok(()),
        }
    }

    /// As a record of the system; nothing but these fields is taken.
    pub(super) fn record(&self, fields: &[Field]) -> Json {
        let mut record = Map::new();
        for field in fields {
            let Some(text) = self.0.get(field.name) else {
                continue;
            };
            // Browsers end lines as HTTP does.
            let text = json!(text.trim().replace("\r\n", "\n"));
            match field.name.split_once('.') {
                None => drop(record.insert(field.name.to_owned(), text)),
                Some((outer, inner)) => {
                    let object = record.entry(outer).or_insert_with(|| json!({}));
                    object[inner] = text;
                }
            }
        }
        record.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field::new("email", "E-mail", Kind::Email).required(),
        Field::new("billing.city", "City", Kind::Text),
        Field::new("billing.street", "Street", Kind::Lines),
    ];

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        Sent(
            pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn what_was_sent_becomes_a_record_of_the_known_fields() {
        let sent = sent(&[
            ("billing.city", " Oakland "),
            ("billing.street", "1 Main St\r\nApt 2"),
            ("role", "administrator"),
        ]);

        assert_eq!(
            sent.record(FIELDS),
            json!({ "billing": { "city": "Oakland", "street": "1 Main St\nApt 2" } })
        );
    }

    #[test]
    fn blanks_are_missing_and_so_is_what_a_new_record_lacks() {
        assert_eq!(
            sent(&[("email", " ")]).complete(FIELDS, false),
            Err("E-mail is missing.".to_owned())
        );
        assert!(sent(&[]).complete(FIELDS, true).is_err());
        assert_eq!(sent(&[]).complete(FIELDS, false), Ok(()));
        assert_eq!(sent(&[("email", "a@b.example")]).complete(FIELDS, true), Ok(()));
    }

    #[test]
    fn a_form_shows_what_was_sent_over_what_is_there() {
        let record = json!({ "email": "old@shop.example", "billing": { "city": "Oakland" } });
        let sent = sent(&[("email", "new@shop.example")]);

        let shown: Vec<&str> = inputs(FIELDS, &record, Some(&sent))
            .iter()
            .map(|input| input.value)
            .collect();

        assert_eq!(shown, ["new@shop.example", "Oakland", ""]);
    }
}
