//! Events that failed too often: set aside, for a person to look at.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::queue::{Event, Failure, Subject};
use crate::sync::{Module, RecordId, Side};

const READ: &str = "read failed events";

/// The statement that reads failed events, with a condition.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "select id, event, reason, attempts, history, failed_at from failed",
            $condition
        )
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
}

/// Events that were set aside.
#[async_trait]
pub trait FailedEvents: Send + Sync + fmt::Debug {
    /// Sets an event aside; done twice, it is there once.
    async fn set_aside(&self, failed: &FailedEvent) -> Result<(), StoreError>;

    /// The events that were set aside, in the order of their ids, which is that of time, after the one with the id
    /// `after`; only those of one connection where it is given.
    async fn failed_after(
        &self,
        connection: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<FailedEvent>, StoreError>;

    /// One of them.
    async fn failed(&self, id: &str) -> Result<Option<FailedEvent>, StoreError>;

    /// How many there are.
    async fn failed_count(&self) -> Result<u64, StoreError>;

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
        .bind(record.map(|(module, ..)| module.as_str()))
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
        connection: Option<&str>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<FailedEvent>, StoreError> {
        let rows = sqlx::query(select!(
            " where id > $1 and ($2 is null or connection = $2) order by id limit $3"
        ))
        .bind(after)
        .bind(connection)
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter().map(failed).collect()
    }

    async fn failed(&self, id: &str) -> Result<Option<FailedEvent>, StoreError> {
        let row = sqlx::query(select!(" where id = $1"))
            .bind(id)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        row.as_ref().map(failed).transpose()
    }

    async fn failed_count(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("select count(*) as number from failed")
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let number: i64 = row.try_get("number").map_err(StoreError::new(READ))?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    async fn forget_failed(&self, ids: &[String]) -> Result<u64, StoreError> {
        const FORGET: &str = "forget failed events";
        let mut forgotten = 0;
        let mut transaction = self.database.begin().await.map_err(StoreError::new(FORGET))?;
        for id in ids {
            let done = sqlx::query("delete from failed where id = $1")
                .bind(id.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::new(FORGET))?;
            forgotten += done.rows_affected();
        }
        transaction.commit().await.map_err(StoreError::new(FORGET))?;
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
