//! The extension for open source Vtiger (`deploy/vtiger`): whether an installation has it, and the operations that it
//! brings.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::answer::{self, CallError};
use super::remembered::Remembered;
use super::webservice::{Verb, Webservice};
use super::zone::Zone;
use crate::clock::Timestamp;

/// The version of what the extension's operations take and answer.
const PROTOCOL: u32 = 1;

/// Saves a whole order: all of it or nothing, once for each reference, with the total that is asked for.
const SAVE_ORDER: &str = "woovtigersync_save_order";

/// Moves an order to the recycle bin. Vtiger's own `delete` fails half way on PHP 8 where taxes stand on the lines (seen on
/// 8.3.0: the lines are gone, the order stays).
const DELETE_ORDER: &str = "woovtigersync_delete_order";

/// Tells what changed since a moment, and what was deleted.
const CHANGES: &str = "woovtigersync_changes";

/// How many changes are asked for at once: as many records as are read with one query.
const CHANGES_AT_ONCE: &str = "100";

/// What the extension tells of itself and its server.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Report {
    /// The extension's version.
    pub(crate) extension: String,
    protocol: u32,
    operations: Vec<String>,
    pub(crate) callbacks: CallbackReport,
    /// The present moment by the server's clock, in seconds.
    #[serde(default)]
    now: i64,
    /// The same as the server's times show it.
    #[serde(default)]
    now_text: String,
}

/// What the extension tells of its callbacks.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct CallbackReport {
    /// Whether an address is set.
    pub(crate) url: bool,
    /// How many wait to be sent.
    pub(crate) waiting: u64,
    /// How many were given up.
    pub(crate) failed: u64,
}

impl Report {
    /// Whether orders can be written by it.
    pub(crate) fn saves_orders(&self) -> bool {
        self.has(SAVE_ORDER)
    }

    /// Whether orders can be deleted by it.
    pub(crate) fn deletes_orders(&self) -> bool {
        self.has(DELETE_ORDER)
    }

    /// Whether it tells what changed.
    pub(crate) fn tells_of_changes(&self) -> bool {
        self.has(CHANGES)
    }

    fn has(&self, operation: &str) -> bool {
        self.is_understood() && self.operations.iter().any(|name| name == operation)
    }

    /// Whether this program and the extension mean the same.
    pub(crate) fn is_understood(&self) -> bool {
        self.protocol == PROTOCOL
    }
}

/// What is known of an installation's extension: asked for once a session, and again after a while.
#[derive(Debug)]
pub(crate) struct Extension {
    /// The session, and what was found in it.
    report: Remembered<(String, Option<Report>)>,
    /// What learns the server's zone from it.
    zone: Arc<Zone>,
}

impl Extension {
    pub(crate) fn new(report: Remembered<(String, Option<Report>)>, zone: Arc<Zone>) -> Self {
        Self { report, zone }
    }

    /// What the extension tells; `None` where it isn't installed, or switched off.
    pub(crate) async fn report(&self, webservice: &Webservice) -> Result<Option<Report>, CallError> {
        let session = webservice.session().await?.name.clone();
        let known: Option<Arc<(String, Option<Report>)>> = self.report.fresh();
        if let Some(known) = known.filter(|known| known.0 == session) {
            return Ok(known.1.clone());
        }
        let report = Self::ask(webservice).await?;
        if let Some(Report { now, now_text, .. }) = &report {
            self.zone.learn(now_text, Timestamp::from_seconds(*now));
        }
        self.report.put((session, report.clone()));
        Ok(report)
    }

    /// What the extension tells now.
    pub(crate) async fn ask(webservice: &Webservice) -> Result<Option<Report>, CallError> {
        match webservice
            .call(Verb::Get, "woovtigersync_capabilities", &[])
            .await
        {
            Ok(answer) => {
                let report = serde_json::from_value(answer);
                report
                    .map(Some)
                    .map_err(|_| CallError::unreadable("woovtigersync_capabilities"))
            }
            // What Vtiger does with an operation that it doesn't know: open source gives up, Cloud refuses.
            Err(error) if error.is_fatal() || matches!(error, CallError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks anew the next time: an administrator may have installed it meanwhile.
    pub(crate) fn forget(&self) {
        self.report.forget();
    }
}

/// Saves an order with its lines and answers it as stored.
pub(crate) async fn save_order(
    webservice: &Webservice,
    element: Map<String, Json>,
) -> Result<Map<String, Json>, CallError> {
    let element = Json::Object(element).to_string();
    let answer = webservice
        .call(Verb::Post, SAVE_ORDER, &[("element", element.as_str())])
        .await?;
    answer::object(SAVE_ORDER, answer)
}

/// Moves an order to the recycle bin.
pub(crate) async fn delete_order(webservice: &Webservice, id: &str) -> Result<(), CallError> {
    let deleted = webservice.call(Verb::Post, DELETE_ORDER, &[("id", id)]).await;
    deleted.map(drop)
}

/// One page of what changed.
#[derive(Debug, Deserialize)]
pub(crate) struct Changes {
    #[serde(rename = "changes")]
    pub(crate) records: Vec<Change>,
    /// Where to go on.
    pub(crate) cursor: String,
    /// Whether there is more.
    pub(crate) more: bool,
}

/// A record that changed.
#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    pub(crate) id: String,
    modifiedtime: Option<String>,
    modifiedby: Option<String>,
    pub(crate) deleted: bool,
}

impl Change {
    /// As a query tells it.
    pub(crate) fn into_row(self) -> Map<String, Json> {
        let Self {
            id,
            modifiedtime,
            modifiedby,
            ..
        } = self;
        [
            ("id", Json::String(id)),
            ("modifiedtime", modifiedtime.into()),
            ("modifiedby", modifiedby.into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }
}

/// What changed in a module after `cursor`, which is a time by the server's zone and a record's number.
pub(crate) async fn changes(
    webservice: &Webservice,
    module: &str,
    cursor: &str,
) -> Result<Changes, CallError> {
    let params = [("module", module), ("cursor", cursor), ("limit", CHANGES_AT_ONCE)];
    let answer = webservice.call(Verb::Get, CHANGES, &params).await?;
    serde_json::from_value(answer).map_err(|_| CallError::unreadable(CHANGES))
}

/// Whether an operation was refused for a record that isn't found.
pub(crate) fn names_record(error: &CallError) -> bool {
    ["RECORD_NOT_FOUND", "INVALID_ID_ATTRIBUTE", "ACCESS_DENIED"]
        .iter()
        .any(|code| error.is_refused_with(code))
}
