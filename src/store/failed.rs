//! Events that failed too often: set aside, for a person to look at.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::placeholders;
use super::{Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::queue::{Event, Failure, Subject};
use crate::sync::{Module, RecordId, Side};

const READ: &str = "read failed events";

/// How many ids a statement names at most: both databases take many, but not any number of parameters.
const CHUNK: usize = 500;

/// The statement that reads failed events, without a condition.
macro_rules! select {
    () => {
        "select id, event, reason, attempts, history, failed_at from failed"
    };
}

/// The condition of a [`FailedFilter`], whose parameters are the first three.
macro_rules! filter {
    () => {
        " where ($1 is null or connection = $1) and ($2 is null or module = $2) and ($3 is null or failed_at <= $3)"
    };
}

/// An event that was set aside.
#[derive(Clone, Debug)]
pub struct FailedEvent {
    /// The event's id.
    pub id: String,
    /// When it was set aside.
    pub at: Timestamp,
    /// The event; the text where it can't be read.
    pub event: Result<Event, String>,
    /// Why the last attempt failed.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// How the attempts ended: the first and the latest ones.
    pub history: Vec<Failure>,
}

impl FailedEvent {
    /// The record that it speaks of, where it is known to speak of one.
    pub fn record(&self) -> Option<(Module, Side, &RecordId)> {
        match &self.event.as_ref().ok()?.subject {
            Subject::Record { module, side, id, .. } => Some((*module, *side, id)),
            Subject::Module { .. } => None,
        }
    }

    /// The module that it is about, where that is known.
    pub fn module(&self) -> Option<Module> {
        match self.event.as_ref().ok()?.subject {
            Subject::Record { module, .. } | Subject::Module { module } => Some(module),
        }
    }
}

/// Which of them are meant; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedFilter {
    /// Only those of this connection.
    pub connection: Option<String>,
    /// Only those of this module.
    pub module: Option<Module>,
    /// Only those that were set aside by then.
    pub until: Option<Timestamp>,
}

/// Events that were set aside.
#[async_trait]
pub trait FailedEvents: Send + Sync + fmt::Debug {
    /// Sets an event aside; done twice, it is there once.
    async fn set_aside(&self, failed: &FailedEvent) -> Result<(), StoreError>;

    /// The events that were set aside, in the order of their ids, which is that of time, after the one with the id
    /// `after`.
    async fn failed_after(
        &self,
        filter: &FailedFilter,
        after: &str,
        limit: u32,
    ) -> Result<Vec<FailedEvent>, StoreError>;

    /// Those with these ids, in the order of their ids.
    async fn failed(&self, ids: &[String]) -> Result<Vec<FailedEvent>, StoreError>;

    /// Those about one record, in the order of their ids: up to a hundred.
    async fn failed_of(&self, at: &Place, side: Side, id: &RecordId) -> Result<Vec<FailedEvent>, StoreError>;

    /// The ids that begin like this, up to `limit` of them, in order.
    async fn failed_like(&self, start: &str, limit: u32) -> Result<Vec<String>, StoreError>;

    /// How many there are.
    async fn failed_count(&self, filter: &FailedFilter) -> Result<u64, StoreError>;

    /// Forgets some of them, and returns how many there were.
    async fn forget_failed(&self, ids: &[String]) -> Result<u64, StoreError>;
}

#[async_trait]
impl FailedEvents for SqlStore {
    async fn set_aside(&self, failed: &FailedEvent) -> Result<(), StoreError> {
        const WRITE: &str = "set an event aside";
        let (connection, event) = match &failed.event {
            Ok(event) => (
                Some(event.connection.as_str()),
                to_string(event).map_err(StoreError::unreadable(WRITE))?,
            ),
            Err(text) => (None, text.clone()),
        };
        let record = failed.record();
        sqlx::query(
            "insert into failed (id, connection, module, side, record_id, event, reason, attempts, history, \
             failed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing",
        )
        .bind(failed.id.as_str())
        .bind(connection)
        .bind(failed.module().map(Module::as_str))
        .bind(record.map(|(_, side, _)| side.as_str()))
        .bind(record.map(|(.., id)| id.as_str()))
        .bind(event)
        .bind(failed.reason.as_str())
        .bind(i64::from(failed.attempts))
        .bind(to_string(&failed.history).map_err(StoreError::unreadable(WRITE))?)
        .bind(failed.at.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
        Ok(())
    }

    async fn failed_after(
        &self,
        filter: &FailedFilter,
        after: &str,
        limit: u32,
    ) -> Result<Vec<FailedEvent>, StoreError> {
        let rows = sqlx::query(concat!(select!(), filter!(), " and id > $4 order by id limit $5"))
            .bind(filter.connection.as_deref())
            .bind(filter.module.map(Module::as_str))
            .bind(filter.until.map(Timestamp::as_millis))
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(failed).collect()
    }

    async fn failed(&self, ids: &[String]) -> Result<Vec<FailedEvent>, StoreError> {
        let mut found = Vec::new();
        for ids in ids.chunks(CHUNK) {
            let statement = format!(
                "{} where id in ({}) order by id",
                select!(),
                placeholders(1, ids.len())
            );
            // Nothing but placeholders is put in.
            let query = sqlx::query(AssertSqlSafe(statement));
            let query = ids.iter().fold(query, |query, id| query.bind(id.as_str()));
            let rows = query
                .fetch_all(self.database.read())
                .await
                .map_err(StoreError::new(READ))?;
            for row in &rows {
                found.push(failed(row)?);
            }
        }
        Ok(found)
    }

    async fn failed_of(&self, at: &Place, side: Side, id: &RecordId) -> Result<Vec<FailedEvent>, StoreError> {
        let rows = sqlx::query(concat!(
            select!(),
            " where connection = $1 and module = $2 and side = $3 and record_id = $4 order by id limit 100"
        ))
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(id.as_str())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter().map(failed).collect()
    }

    async fn failed_like(&self, start: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let escaped = start.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let rows = sqlx::query("select id from failed where id like $1 escape '!' order by id limit $2")
            .bind(format!("{escaped}%"))
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| row.try_get("id").map_err(StoreError::new(READ)))
            .collect()
    }

    async fn failed_count(&self, filter: &FailedFilter) -> Result<u64, StoreError> {
        let row = sqlx::query(concat!("select count(*) as number from failed", filter!()))
            .bind(filter.connection.as_deref())
            .bind(filter.module.map(Module::as_str))
            .bind(filter.until.map(Timestamp::as_millis))
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let number: i64 = row.try_get("number").map_err(StoreError::new(READ))?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    async fn forget_failed(&self, ids: &[String]) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        for ids in ids.chunks(CHUNK) {
            let statement = format!("delete from failed where id in ({})", placeholders(1, ids.len()));
            // Nothing but placeholders is put in.
            let query = sqlx::query(AssertSqlSafe(statement));
            let query = ids.iter().fold(query, |query, id| query.bind(id.as_str()));
            let done = query
                .execute(self.database.write())
                .await
                .map_err(StoreError::new("forget failed events"))?;
            forgotten += done.rows_affected();
        }
        Ok(forgotten)
    }
}

fn failed(row: &AnyRow) -> Result<FailedEvent, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let number = |column| row.try_get::<i64, _>(column).map_err(StoreError::new(READ));
    let event = text("event")?;
    Ok(FailedEvent {
        id: text("id")?,
        at: Timestamp::from_millis(number("failed_at")?),
        event: from_str::<Event>(&event).map_err(|_| event),
        reason: text("reason")?,
        attempts: u32::try_from(number("attempts")?).unwrap_or(u32::MAX),
        history: from_str(&text("history")?).map_err(StoreError::unreadable(READ))?,
    })
}
