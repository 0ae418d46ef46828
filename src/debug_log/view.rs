//! The debug log as people and programs are shown it.

use serde::Serialize;

use crate::clock::{Timestamp, iso};
use crate::store::{DebugExchange, DebugSwitch};
use crate::sync::{Module, Side};

/// Whether the log is on for a connection.
#[derive(Debug, Serialize)]
pub struct SwitchView {
    /// The connection's name.
    pub connection: String,
    /// Whether it is on.
    pub on: bool,
    /// Until when it is.
    #[serde(serialize_with = "iso::some")]
    pub until: Option<Timestamp>,
    /// Only what is about this module is kept.
    pub module: Option<Module>,
    /// Only what is about these records is kept; everything, where there are none.
    pub records: Vec<String>,
    /// Who switched it on.
    pub by: Option<String>,
}

impl SwitchView {
    pub(super) fn new(connection: String, on: Option<&DebugSwitch>) -> Self {
        Self {
            connection,
            on: on.is_some(),
            until: on.map(|switch| switch.until),
            module: on.and_then(|switch| switch.module),
            records: on.map_or_else(Vec::new, |switch| shown(&switch.records)),
            by: on.map(|switch| switch.set_by.clone()),
        }
    }
}

/// Some exchanges.
#[derive(Debug, Serialize)]
pub struct Exchanges {
    /// The exchanges, the newest first.
    pub exchanges: Vec<ExchangeView>,
    /// The id of the one before which the next ones were, where there are more.
    pub next: Option<String>,
}

/// A request and its answer.
#[derive(Debug, Serialize)]
pub struct ExchangeView {
    /// The exchange's id.
    pub id: String,
    /// When the answer came.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// The connection's name.
    pub connection: String,
    /// The system that was asked.
    pub side: Side,
    /// The module that it was about, where that is known.
    pub module: Option<Module>,
    /// The event that was being worked on.
    pub event: Option<String>,
    /// The ids of the records that it is about.
    pub records: Vec<String>,
    /// The request's method.
    pub method: String,
    /// The request's path, with parameters.
    pub path: String,
    /// The answer's status; none where there was no answer.
    pub status: Option<u16>,
    /// How long it took.
    pub took_ms: u64,
    /// What was sent, masked.
    pub request: Option<String>,
    /// What was answered, masked.
    pub answer: Option<String>,
    /// Why there was no answer.
    pub failure: Option<String>,
}

impl ExchangeView {
    pub(super) fn new(exchange: DebugExchange) -> Self {
        Self {
            id: exchange.id,
            at: exchange.at,
            connection: exchange.connection,
            side: exchange.side,
            module: exchange.module,
            event: exchange.event,
            records: shown(&exchange.records),
            method: exchange.method,
            path: exchange.path,
            status: exchange.status,
            took_ms: exchange.took_ms,
            request: exchange.request,
            answer: exchange.answer,
            failure: exchange.failure,
        }
    }

    /// Whether it came to nothing.
    pub fn is_failure(&self) -> bool {
        self.status.is_none_or(|status| status >= 400)
    }
}

/// Guests are known by a mark of their e-mail address, which is nobody else's business.
fn shown(records: &[String]) -> Vec<String> {
    let shown = records.iter();
    shown
        .map(|id| {
            if id.starts_with("guest-") {
                "guest"
            } else {
                id.as_str()
            }
        })
        .map(str::to_owned)
        .collect()
}
