//! The sync log: what the journal holds, counted by minute, and the entries behind each number.
//!
//! Counts are written with the entries, by minute, hour and day, so that no page counts a million entries. Pages are cut by
//! where the last one ended, not by a number of lines to leave out, which costs more the further one goes back.

mod count;
mod cursor;
mod entries;

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::placeholders;
use super::journal::{self, MINUTE_MS, named};
use super::{Action, SqlStore, StoreError, Stored};
use crate::clock::Timestamp;
use crate::sync::{Module, Side};

pub(super) use count::put;
pub use cursor::{Cursor, LogPlace};

const READ: &str = "read the sync log";
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The sync log, by minute, and what is behind it.
#[async_trait]
pub trait SyncLog: Send + Sync + fmt::Debug {
    /// Counts by minute, connection, module and side, the newest first, after the place where the last page ended.
    async fn log_lines(
        &self,
        filter: &LogFilter,
        after: Option<&LogPlace>,
        limit: u32,
    ) -> Result<Vec<LogLine>, StoreError>;

    /// Entries of the journal, the newest first, after the one where the last page ended.
    async fn log_entries(
        &self,
        filter: &LogFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError>;

    /// Counts by action in steps of time: whole days, hours or minutes.
    async fn log_series(&self, filter: &LogFilter, step: Duration) -> Result<Vec<Bucket>, StoreError>;
}

/// Which part of the sync log is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only this connection's.
    pub connection: Option<String>,
    /// Only this module's.
    pub module: Option<Module>,
    /// Only what was written to this side, or would have been.
    pub side: Option<Side>,
    /// Only where one of these was done; where there are none, all.
    pub actions: Vec<Action>,
    /// Only from then on.
    pub from: Option<Timestamp>,
    /// Only before then.
    pub until: Option<Timestamp>,
}

/// Counts of one minute, one module and one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// The start of the minute.
    pub minute: Timestamp,
    /// The connection's name.
    pub connection: String,
    /// The module's name.
    pub module: String,
    /// The side's name.
    pub side: String,
    /// Records created.
    pub created: i64,
    /// Records updated.
    pub updated: i64,
    /// Records skipped, or that failed again and again.
    pub skipped: i64,
    /// Records linked, deleted or restored.
    pub others: i64,
}

/// How often something was done in one step of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When the step begins.
    pub start: Timestamp,
    /// What was done.
    pub action: Action,
    /// How often.
    pub number: u64,
    /// Of how many of these it is known how long they took from the moment they were told of.
    pub timed: u64,
    /// How long these took in all.
    pub late: Duration,
    /// How long the slowest took.
    pub slowest: Duration,
}

impl LogFilter {
    fn actions(&self) -> &[Action] {
        if self.actions.is_empty() {
            &Action::ALL
        } else {
            &self.actions
        }
    }

    fn first_ms(&self) -> i64 {
        self.from.map_or(i64::MIN, Timestamp::as_millis)
    }

    fn end_ms(&self) -> i64 {
        self.until.map_or(i64::MAX, Timestamp::as_millis)
    }

    fn connection(&self) -> &str {
        self.connection.as_deref().unwrap_or_default()
    }

    fn module(&self) -> &'static str {
        self.module.map_or("", Module::as_str)
    }

    fn side(&self) -> &'static str {
        self.side.map_or("", Side::as_str)
    }
}

/// The conditions of a filter on the counts but for time: its values are the first parameters after these many.
fn conditions(before: usize, filter: &LogFilter) -> String {
    let (one, two, three) = (before + 1, before + 2, before + 3);
    let actions = placeholders(before + 4, filter.actions().len());
    format!(
        "(${one} = '' or connection = ${one}) and (${two} = '' or module = ${two}) \
         and (${three} = '' or side = ${three}) and action in ({actions})"
    )
}

/// Binds what [`conditions`] asks for.
macro_rules! bind_conditions {
    ($query:expr, $filter:expr) => {{
        let query = $query
            .bind($filter.connection())
            .bind($filter.module())
            .bind($filter.side());
        ($filter.actions().iter()).fold(query, |query, action| query.bind(action.as_str()))
    }};
}

const fn start_of(ms: i64, span: i64) -> i64 {
    ms.saturating_sub(ms.rem_euclid(span))
}

#[async_trait]
impl SyncLog for SqlStore {
    async fn log_lines(
        &self,
        filter: &LogFilter,
        after: Option<&LogPlace>,
        limit: u32,
    ) -> Result<Vec<LogLine>, StoreError> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut lines = Vec::new();
        // Each of these hours has a line at least, but maybe the newest, of which the page before may have shown all. Often
        // one has as many as are wanted, and where a filter leaves little, it takes all of them.
        let hours = self.hours(filter, after, limit.saturating_add(1)).await?;
        let (mut rest, mut some) = (hours.as_slice(), 1);
        while let Some(newest) = rest.first() {
            let (these, others) = rest.split_at(some.min(rest.len()));
            let oldest = these.last().unwrap_or(newest);
            let left = u32::try_from(wanted - lines.len()).unwrap_or(u32::MAX);
            lines.extend(
                self.lines_of_hours(filter, after, *oldest..=*newest, left)
                    .await?,
            );
            if lines.len() >= wanted {
                break;
            }
            (rest, some) = (others, some * 3);
        }
        Ok(lines)
    }

    async fn log_entries(
        &self,
        filter: &LogFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        self.entries_that(filter, after, limit).await
    }

    async fn log_series(&self, filter: &LogFilter, step: Duration) -> Result<Vec<Bucket>, StoreError> {
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(MINUTE_MS);
        let (span, size) = match step {
            step if step % DAY_MS == 0 => ("day", DAY_MS),
            step if step % HOUR_MS == 0 => ("hour", HOUR_MS),
            _ => ("minute", MINUTE_MS),
        };
        // Nothing but conditions with placeholders is put in.
        let statement = format!(
            "select start_at - start_at % $4 as start_at, action, cast(sum(number) as bigint) as number, \
             cast(sum(timed) as bigint) as timed, cast(sum(late_ms) as bigint) as late_ms, \
             cast(max(slowest_ms) as bigint) as slowest_ms \
             from log_count where span = $1 and start_at >= $2 and start_at < $3 and {} \
             group by start_at - start_at % $4, action order by 1, 2",
            conditions(4, filter)
        );
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(span)
            .bind(start_of(filter.first_ms().max(0), size))
            .bind(filter.end_ms())
            .bind(step);
        let rows = bind_conditions!(query, filter)
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(bucket).collect()
    }
}

impl SqlStore {
    /// The starts of up to `limit` hours of which a page has lines, the newest first.
    async fn hours(
        &self,
        filter: &LogFilter,
        after: Option<&LogPlace>,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        let newest = after.map_or(i64::MAX, |place| place.minute.as_millis());
        // Nothing but conditions with placeholders is put in.
        let statement = format!(
            "select start_at from log_count where span = 'hour' and start_at <= $1 and start_at < $2 \
             and start_at >= $3 and {} group by start_at order by start_at desc limit $4",
            conditions(4, filter)
        );
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(newest)
            .bind(filter.end_ms())
            .bind(start_of(filter.first_ms().max(0), HOUR_MS))
            .bind(i64::from(limit));
        let rows = bind_conditions!(query, filter)
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let hours = rows.iter().map(|row| row.try_get("start_at"));
        hours.collect::<Result<_, _>>().map_err(StoreError::new(READ))
    }

    /// The lines of the hours that start then. An hour's counts tell what its minutes have, so that nothing else is looked
    /// at.
    async fn lines_of_hours(
        &self,
        filter: &LogFilter,
        after: Option<&LogPlace>,
        hours: RangeInclusive<i64>,
        limit: u32,
    ) -> Result<Vec<LogLine>, StoreError> {
        let begun = start_of(filter.first_ms().max(0), MINUTE_MS);
        let (minute, connection, module, side) = after.map_or((i64::MAX, "", "", ""), |place| {
            let LogPlace {
                minute,
                connection,
                module,
                side,
            } = place;
            (
                minute.as_millis(),
                connection.as_str(),
                module.as_str(),
                side.as_str(),
            )
        });
        // Nothing but conditions with placeholders is put in. Both databases are to begin with the hours: `+ 0` keeps
        // PostgreSQL from looking through all minutes in their order, and `cross` keeps SQLite from it.
        let statement = format!(
            "select counted.start_at as minute, counted.connection as connection, counted.module as module, \
             counted.side as side, \
             cast(sum(case when counted.action = 'created' then counted.number else 0 end) as bigint) as created, \
             cast(sum(case when counted.action = 'updated' then counted.number else 0 end) as bigint) as updated, \
             cast(sum(case when counted.action in ('skipped', 'failed') then counted.number else 0 end) as bigint) \
             as skipped, \
             cast(sum(case when counted.action in ('linked', 'deleted', 'restored') then counted.number else 0 end) \
             as bigint) as others \
             from (select distinct start_at, connection, module, side, action from log_count \
             where span = 'hour' and start_at >= $1 and start_at <= $2 and {}) as hour \
             cross join log_count as counted where counted.span = 'minute' \
             and counted.connection = hour.connection and counted.module = hour.module and counted.side = hour.side \
             and counted.action = hour.action and counted.start_at >= hour.start_at \
             and counted.start_at < hour.start_at + {HOUR_MS} and counted.start_at >= $3 and counted.start_at < $4 \
             and (counted.start_at, counted.connection, counted.module, counted.side) < ($5, $6, $7, $8) \
             group by counted.start_at, counted.connection, counted.module, counted.side \
             order by counted.start_at + 0 desc, counted.connection desc, counted.module desc, counted.side desc limit $9",
            conditions(9, filter)
        );
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(*hours.start())
            .bind(*hours.end())
            .bind(begun.max(*hours.start()))
            .bind(filter.end_ms().min(hours.end().saturating_add(HOUR_MS)))
            .bind(minute)
            .bind(connection)
            .bind(module)
            .bind(side)
            .bind(i64::from(limit));
        let rows = bind_conditions!(query, filter)
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let lines = rows.iter().map(journal::line);
        lines.collect::<Result<_, _>>().map_err(StoreError::new(READ))
    }
}

fn bucket(row: &AnyRow) -> Result<Bucket, StoreError> {
    let number = |column| {
        let number: i64 = row.try_get(column).map_err(StoreError::new(READ))?;
        Ok::<_, StoreError>(u64::try_from(number).unwrap_or_default())
    };
    let start: i64 = row.try_get("start_at").map_err(StoreError::new(READ))?;
    let action: String = row.try_get("action").map_err(StoreError::new(READ))?;
    Ok(Bucket {
        start: Timestamp::from_millis(start),
        action: named("action", &action, &Action::ALL, Action::as_str)?,
        number: number("number")?,
        timed: number("timed")?,
        late: Duration::from_millis(number("late_ms")?),
        slowest: Duration::from_millis(number("slowest_ms")?),
    })
}
