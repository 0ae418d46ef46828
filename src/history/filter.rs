//! Which part of the sync log is asked for, as addresses and forms say it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::PrimitiveDateTime;
use time::format_description::FormatItem;
use time::macros::format_description;

use super::History;
use super::HistoryError;
use crate::clock::{Timestamp, iso};
use crate::store::{Action, LogFilter};
use crate::sync::{Module, Side};

/// The time that the sync log tells apart.
pub const MINUTE: Duration = Duration::from_mins(1);

const DAY: Duration = Duration::from_hours(24);

const DATE_TIME: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// What is asked for. A form sends what was left open as nothing, which is the same as not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LogQuery {
    /// The connection's name.
    pub connection: Option<String>,
    /// The module's name.
    pub module: Option<String>,
    /// The side's name.
    pub side: Option<String>,
    /// What was done: an action's name, `unsynced` for skipped or failed, `other` for linked, deleted or restored.
    pub status: Option<String>,
    /// From when on: `2026-01-31` or `2026-01-31T12:34`, in UTC.
    pub from: Option<String>,
    /// Before when; where it is a date, to its end.
    pub until: Option<String>,
}

/// What is asked for can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: `{value}` is none of its values; {remedy}")]
pub struct FilterError {
    /// The part that can't be.
    pub field: &'static str,
    /// What stands there.
    pub value: String,
    /// What could.
    pub remedy: String,
}

/// The name of everything that was not brought into step.
const UNSYNCED: &str = "unsynced";

/// The name of everything that the sync log has no column for.
const OTHER: &str = "other";

/// What was done where an address says this.
pub fn status_of(name: &str) -> Option<Vec<Action>> {
    match name {
        UNSYNCED => Some(vec![Action::Skipped, Action::Failed]),
        OTHER => Some(vec![Action::Linked, Action::Deleted, Action::Restored]),
        name => (Action::ALL.into_iter())
            .find(|action| action.as_str() == name)
            .map(|action| vec![action]),
    }
}

impl LogQuery {
    /// What stands in an address for this query; nothing where it asks for everything.
    pub fn to_address(&self) -> String {
        let mut written = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("connection", &self.connection),
            ("module", &self.module),
            ("side", &self.side),
            ("status", &self.status),
            ("from", &self.from),
            ("until", &self.until),
        ] {
            if let Some(value) = said(value.as_ref()) {
                written.append_pair(name, value);
            }
        }
        written.finish()
    }

    /// Whether everything is asked for.
    pub fn is_all(&self) -> bool {
        self.to_address().is_empty()
    }
}

impl History {
    /// What a query asks for.
    ///
    /// # Errors
    /// When it can't be understood, or there is no such connection.
    pub fn filter(&self, query: &LogQuery) -> Result<LogFilter, HistoryError> {
        let connection = said(query.connection.as_ref())
            .map(|name| self.connection(name))
            .transpose()?;
        let filter = LogFilter {
            connection,
            module: one_of(
                "module",
                said(query.module.as_ref()),
                &Module::ALL,
                Module::as_str,
            )?,
            side: one_of("side", said(query.side.as_ref()), &Side::BOTH, Side::as_str)?,
            actions: match said(query.status.as_ref()) {
                None => Vec::new(),
                Some(name) => status_of(name).ok_or_else(|| {
                    let mut names: Vec<&str> = Action::ALL.into_iter().map(Action::as_str).collect();
                    names.extend([UNSYNCED, OTHER]);
                    no_value("status", name, &names)
                })?,
            },
            from: said(query.from.as_ref())
                .map(|text| moment("from", text, false))
                .transpose()?,
            until: said(query.until.as_ref())
                .map(|text| moment("until", text, true))
                .transpose()?,
        };
        Ok(filter)
    }
}

/// A moment as an address names it.
pub(super) fn address_of(at: Timestamp) -> String {
    iso::text(at).trim_end_matches('Z').to_owned()
}

fn said(value: Option<&String>) -> Option<&str> {
    value.map(|value| value.trim()).filter(|value| !value.is_empty())
}

fn no_value(field: &'static str, value: &str, names: &[&str]) -> FilterError {
    FilterError {
        field,
        value: value.to_owned(),
        remedy: format!("they are {}", names.join(", ")),
    }
}

fn one_of<T: Copy>(
    field: &'static str,
    name: Option<&str>,
    all: &[T],
    name_of: fn(T) -> &'static str,
) -> Result<Option<T>, FilterError> {
    let Some(name) = name else {
        return Ok(None);
    };
    let found = all.iter().copied().find(|one| name_of(*one) == name);
    let names = || all.iter().copied().map(name_of).collect::<Vec<_>>();
    found.map(Some).ok_or_else(|| no_value(field, name, &names()))
}

/// A date's beginning, or its end, or a moment of it.
fn moment(field: &'static str, text: &str, is_end: bool) -> Result<Timestamp, FilterError> {
    let plain = text.trim_end_matches(['Z', 'z']).replace(' ', "T");
    let (full, is_date) = match plain.len() {
        10 => (format!("{plain}T00:00:00"), true),
        16 => (format!("{plain}:00"), false),
        _ => (plain, false),
    };
    let read = PrimitiveDateTime::parse(&full, DATE_TIME).map_err(|_| FilterError {
        field,
        value: text.to_owned(),
        remedy: "write a date and a time in UTC as 2026-01-31T12:34, or a date as 2026-01-31".to_owned(),
    })?;
    let at = Timestamp::from_seconds(read.assume_utc().unix_timestamp());
    Ok(if is_date && is_end { at + DAY } else { at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_utc() {
        let noon = 1_769_862_840;
        for text in ["2026-01-31T12:34", "2026-01-31 12:34", "2026-01-31T12:34:00Z"] {
            assert_eq!(
                moment("from", text, false),
                Ok(Timestamp::from_seconds(noon)),
                "{text}"
            );
        }
        let day = 1_769_817_600;
        assert_eq!(
            moment("from", "2026-01-31", false),
            Ok(Timestamp::from_seconds(day))
        );
        assert_eq!(
            moment("until", "2026-01-31", true),
            Ok(Timestamp::from_seconds(day + 86_400))
        );
        for text in [
            "31.1.2026",
            "2026-02-30",
            "2026-01-31T25:00",
            "yesterday",
            "2026-01-3é",
        ] {
            assert_eq!(moment("from", text, false).unwrap_err().field, "from", "{text}");
        }
        assert_eq!(address_of(Timestamp::from_seconds(noon)), "2026-01-31T12:34:00");
    }

    #[test]
    fn what_is_left_open_is_left_out_of_the_address() {
        let query = LogQuery {
            connection: Some("a&b".to_owned()),
            module: Some(String::new()),
            status: Some("unsynced".to_owned()),
            ..LogQuery::default()
        };

        assert_eq!(query.to_address(), "connection=a%26b&status=unsynced");
        assert!(!query.is_all() && LogQuery::default().is_all());
    }
}
