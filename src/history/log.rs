//! The sync log: lines with numbers, the records behind them, and how a sync that was asked for comes on.

use serde::Serialize;

use super::filter::{MINUTE, address_of};
use super::{FilterError, History, HistoryError, LogQuery, Record, Records, RunView};
use crate::clock::{Timestamp, iso};
use crate::store::{Cursor, LogFilter, LogLine, LogPlace, RunKind, Stored};

/// Some lines of the sync log.
#[derive(Debug, Serialize)]
pub struct Lines {
    /// The lines, the newest first.
    pub lines: Vec<Line>,
    /// Where the next ones begin, where there are more.
    pub next: Option<String>,
}

/// What was done in one minute with one side's records of a module.
#[derive(Debug, Serialize)]
pub struct Line {
    /// When the minute began.
    #[serde(serialize_with = "iso::one")]
    pub minute: Timestamp,
    /// The connection's name.
    pub connection: String,
    /// The module's name.
    pub module: String,
    /// The side that was written to, or would have been.
    pub side: String,
    /// Records created.
    pub created: u64,
    /// Records updated.
    pub updated: u64,
    /// Records skipped, or that failed again and again.
    pub skipped: u64,
    /// Records linked, deleted or taken out of the trash.
    pub other: u64,
}

/// How a sync comes on that was asked for.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// The run that does it, once it is begun.
    pub run: Option<RunView>,
}

/// How many runs are looked through for the one that was asked for: others may have begun since.
const RUNS: u32 = 20;

impl History {
    /// Up to `limit` lines of the sync log, after the place where the last page ended.
    ///
    /// # Errors
    /// When the place can't be understood, or the store fails.
    pub async fn log(&self, filter: &LogFilter, after: &str, limit: u32) -> Result<Lines, HistoryError> {
        let after = place::<LogPlace>(after)?;
        let mut found = self
            .store
            .log_lines(filter, after.as_ref(), limit.saturating_add(1))
            .await?;
        let is_more = cut(&mut found, limit);
        Ok(Lines {
            next: (found.last().filter(|_| is_more)).map(|last| LogPlace::from(last).to_string()),
            lines: found.into_iter().map(Line::from).collect(),
        })
    }

    /// Up to `limit` of the records behind a filter, the newest first, after the one where the last page ended.
    ///
    /// # Errors
    /// When the place can't be understood, or the store fails.
    pub async fn log_records(
        &self,
        filter: &LogFilter,
        after: &str,
        limit: u32,
    ) -> Result<Records, HistoryError> {
        let after = place::<Cursor>(after)?;
        let (found, next) = self.page(filter, after.as_ref(), limit).await?;
        Ok(Records {
            next: next.map(|cursor| cursor.to_string()),
            records: found.into_iter().map(Record::new).collect(),
        })
    }

    /// How the sync comes on that was asked for then.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn progress(&self, connection: &str, since: Timestamp) -> Result<Progress, HistoryError> {
        let connection = self.connection(connection)?;
        let runs = self.store.runs(Some(&connection), None, RUNS).await?;
        let is_it = |run: &&crate::store::Run| {
            run.begun >= since && matches!(run.kind, RunKind::SyncNow | RunKind::Sweep)
        };
        // The first one after that took the request along.
        let run = match runs.iter().rev().find(is_it) {
            Some(run) => Some(self.show(&run.id).await?),
            None => None,
        };
        Ok(Progress { run })
    }

    /// A page of entries, and where the next one begins, where there is one.
    pub(super) async fn page(
        &self,
        filter: &LogFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<(Vec<Stored>, Option<Cursor>), HistoryError> {
        let mut found = self
            .store
            .log_entries(filter, after, limit.saturating_add(1))
            .await?;
        let is_more = cut(&mut found, limit);
        let next = found.last().filter(|_| is_more).map(|last| Cursor {
            at: last.when,
            id: last.id.clone(),
        });
        Ok((found, next))
    }
}

impl Line {
    /// What asks for the records behind one of its numbers.
    pub fn query(&self, status: &str) -> LogQuery {
        LogQuery {
            connection: Some(self.connection.clone()),
            module: Some(self.module.clone()),
            side: Some(self.side.clone()),
            status: Some(status.to_owned()),
            from: Some(address_of(self.minute)),
            until: Some(address_of(self.minute + MINUTE)),
        }
    }
}

impl From<LogLine> for Line {
    fn from(line: LogLine) -> Self {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Self {
            minute: line.minute,
            connection: line.connection,
            module: line.module,
            side: line.side,
            created: number(line.created),
            updated: number(line.updated),
            skipped: number(line.skipped),
            other: number(line.others),
        }
    }
}

/// Leaves `limit` of what was found; whether there was more.
fn cut<T>(found: &mut Vec<T>, limit: u32) -> bool {
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > shown;
    found.truncate(shown);
    is_more
}

fn place<T: std::str::FromStr>(text: &str) -> Result<Option<T>, FilterError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| FilterError {
        field: "after",
        value: text.to_owned(),
        remedy: "take it from where the last page says what comes next".to_owned(),
    })
}
