//! Records that were skipped, and what they wait for.

use std::fmt;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::journal::named;
use super::{Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::{Module, RecordId, Side};

/// Records that were skipped, and what they wait for.
#[async_trait]
pub trait Waiting: Send + Sync + fmt::Debug {
    /// Notes that a record waits for these others; what it waited for before is forgotten.
    async fn wait_for(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
        awaited: &[Awaited],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes the records that wait for this one, and forgets that they do.
    async fn take_waiting(
        &self,
        connection: &str,
        awaited: &Awaited,
    ) -> Result<Vec<(Module, Side, RecordId)>, StoreError>;
}

/// A record that others wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Its module.
    pub module: Module,
    /// The system that it is of.
    pub side: Side,
    /// Its id there.
    pub id: RecordId,
}

impl Awaited {
    /// The text that the table knows it by.
    fn name(&self) -> String {
        format!("{}:{}:{}", self.module, self.side, self.id)
    }
}

#[async_trait]
impl Waiting for SqlStore {
    async fn wait_for(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
        awaited: &[Awaited],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const WAIT: &str = "note what a record waits for";
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WAIT))?;
        sqlx::query(
            "delete from waiting where connection = $1 and module = $2 and side = $3 and record_id = $4",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::new(WAIT))?;
        for awaited in awaited {
            sqlx::query(
                "insert into waiting (connection, awaited, module, side, record_id, since) \
                 values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
            )
            .bind(at.connection.as_str())
            .bind(awaited.name())
            .bind(at.module.as_str())
            .bind(side.as_str())
            .bind(id.as_str())
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WAIT))?;
        }
        transaction.commit().await.map_err(StoreError::new(WAIT))
    }

    async fn take_waiting(
        &self,
        connection: &str,
        awaited: &Awaited,
    ) -> Result<Vec<(Module, Side, RecordId)>, StoreError> {
        const TAKE: &str = "take the records that wait for one";
        let name = awaited.name();
        // Reading first spares the writer: mostly there are none.
        let any = sqlx::query("select 1 from waiting where connection = $1 and awaited = $2 limit 1")
            .bind(connection)
            .bind(name.as_str())
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(TAKE))?;
        if any.is_none() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "delete from waiting where connection = $1 and awaited = $2 returning module, side, record_id",
        )
        .bind(connection)
        .bind(name.as_str())
        .fetch_all(self.database.write())
        .await
        .map_err(StoreError::new(TAKE))?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &AnyRow) -> Result<(Module, Side, RecordId), StoreError> {
    let text = |column: &str| -> Result<String, StoreError> {
        row.try_get(column)
            .map_err(StoreError::new("read a waiting record"))
    };
    Ok((
        named("module", &text("module")?, &Module::ALL, Module::as_str)?,
        named("side", &text("side")?, &Side::BOTH, Side::as_str)?,
        RecordId::new(text("record_id")?),
    ))
}
