//! The processes at work, and how much each gets done.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::Row;

use super::{SqlStore, StoreError};
use crate::clock::Timestamp;

/// After so long without a word a process counts as gone.
pub const GONE: Duration = Duration::from_mins(1);

/// A process that is at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// A `UUIDv7`, made at its start.
    pub id: String,
    /// Where it runs, for people: the host's name and the process's number.
    pub name: String,
    /// What it does, such as "ingress, worker".
    pub roles: String,
    /// When it was started.
    pub started: Timestamp,
    /// When it last said that it is there.
    pub seen: Timestamp,
    /// How many events it dealt with in the last minute.
    pub events_a_minute: u64,
}

/// Who is at work.
#[async_trait]
pub trait Processes: Send + Sync + fmt::Debug {
    /// Notes that a process is there, and forgets those that were last seen before `forgotten`.
    async fn beat(&self, process: &Process, forgotten: Timestamp) -> Result<(), StoreError>;

    /// How many events all that are at work dealt with in the last minute.
    async fn events_a_minute(&self, now: Timestamp) -> Result<u64, StoreError> {
        let processes = self.processes(now.before(GONE)).await?;
        Ok(processes.iter().map(|process| process.events_a_minute).sum())
    }

    /// The processes that were seen since then, the oldest first.
    async fn processes(&self, since: Timestamp) -> Result<Vec<Process>, StoreError>;

    /// Notes that a process has ended.
    async fn ended(&self, id: &str) -> Result<(), StoreError>;
}

#[async_trait]
impl Processes for SqlStore {
    async fn beat(&self, process: &Process, forgotten: Timestamp) -> Result<(), StoreError> {
        const BEAT: &str = "note that a process is at work";
        sqlx::query(
            "insert into process (id, name, roles, started_at, seen_at, events_a_minute) \
             values ($1, $2, $3, $4, $5, $6) on conflict (id) do update set seen_at = $5, events_a_minute = $6",
        )
        .bind(process.id.as_str())
        .bind(process.name.as_str())
        .bind(process.roles.as_str())
        .bind(process.started.as_millis())
        .bind(process.seen.as_millis())
        .bind(i64::try_from(process.events_a_minute).unwrap_or(i64::MAX))
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(BEAT))?;
        sqlx::query("delete from process where seen_at < $1")
            .bind(forgotten.as_millis())
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(BEAT))?;
        Ok(())
    }

    async fn processes(&self, since: Timestamp) -> Result<Vec<Process>, StoreError> {
        const READ: &str = "read who is at work";
        let rows = sqlx::query(
            "select id, name, roles, started_at, seen_at, events_a_minute from process where seen_at >= $1 \
             order by id",
        )
        .bind(since.as_millis())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| {
                Ok(Process {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    roles: row.try_get("roles")?,
                    started: Timestamp::from_millis(row.try_get("started_at")?),
                    seen: Timestamp::from_millis(row.try_get("seen_at")?),
                    events_a_minute: u64::try_from(row.try_get::<i64, _>("events_a_minute")?).unwrap_or(0),
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(StoreError::new(READ))
    }

    async fn ended(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from process where id = $1")
            .bind(id)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new("note that a process has ended"))?;
        Ok(())
    }
}
