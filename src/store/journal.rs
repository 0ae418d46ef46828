//! The journal: what was done with which record, field by field, and why.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

use super::{LogLine, Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::queue::Cause;
use crate::sync::{FieldPlan, Module, RecordId, Side, Sides, Skip};

/// What was done, for people to read.
#[async_trait]
pub trait Journal: Send + Sync + fmt::Debug {
    /// The latest entries, the newest first.
    async fn entries(&self, limit: u32) -> Result<Vec<Stored>, StoreError>;

    /// The latest entries about one record, the newest first.
    async fn entries_of(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        self.entries_before(at, side, id, None, limit).await
    }

    /// The entry with this id.
    async fn entry(&self, id: &str) -> Result<Option<Stored>, StoreError>;

    /// The entries about one side's record, the newest first, before the one with the id `before`.
    async fn entries_before(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError>;

    /// How often each side's records were created, updated and skipped since then.
    async fn counts_since(&self, since: Timestamp) -> Result<Vec<LogLine>, StoreError>;
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The side that was written to, or would have been.
    pub side: Side,
    /// What was done.
    pub action: Action,
    /// The records' ids, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// The record's name, for people.
    pub title: String,
    /// Who told.
    pub cause: Cause,
    /// The fields that this is about.
    pub fields: Vec<FieldPlan>,
    /// Why nothing was done, where nothing was.
    pub skip: Option<Skip>,
}

/// A line of the journal as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// A `UUIDv7`.
    pub id: String,
    /// The module of the connection.
    pub at: Place,
    /// When.
    pub when: Timestamp,
    /// What.
    pub entry: Entry,
}

/// What was done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was created.
    Created,
    /// Some of its fields were written.
    Updated,
    /// It was found to be the same as one of the other side, and nothing had to be written.
    Linked,
    /// It was deleted, as its counterpart was.
    Deleted,
    /// It was taken out of the trash, as its counterpart was.
    Restored,
    /// Nothing, for a reason.
    Skipped,
    /// Nothing, as it failed again and again.
    Failed,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Updated,
        Self::Linked,
        Self::Deleted,
        Self::Restored,
        Self::Skipped,
        Self::Failed,
    ];

    /// The name used in the database and shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Linked => "linked",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

const READ: &str = "read the journal";
const WRITE: &str = "write the journal";
/// The milliseconds of a minute.
pub(super) const MINUTE_MS: i64 = 60_000;

/// The statement that reads entries, for [`stored`]; it ends in which of them, and in what order.
macro_rules! entries {
    ($which:literal) => {
        concat!(
            "select id, connection, at, module, side, action, woocommerce_id, vtiger_id, title, cause, fields, skip \
             from journal ",
            $which
        )
    };
}
pub(super) use entries;

/// Writes one entry of a run as part of a transaction.
pub(super) async fn put(
    transaction: &mut Transaction<'static, Any>,
    at: &Place,
    now: Timestamp,
    entry: &Entry,
    run: &str,
) -> Result<(), StoreError> {
    let skip = entry
        .skip
        .as_ref()
        .map(to_string)
        .transpose()
        .map_err(StoreError::unreadable(WRITE))?;
    sqlx::query(
        "insert into journal (id, connection, at, module, side, action, woocommerce_id, vtiger_id, title, cause, \
         fields, skip, minute, run) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(at.connection.as_str())
    .bind(now.as_millis())
    .bind(at.module.as_str())
    .bind(entry.side.as_str())
    .bind(entry.action.as_str())
    .bind(entry.ids.woocommerce.as_ref().map(RecordId::as_str))
    .bind(entry.ids.vtiger.as_ref().map(RecordId::as_str))
    .bind(entry.title.as_str())
    .bind(entry.cause.as_str())
    .bind(to_string(&entry.fields).map_err(StoreError::unreadable(WRITE))?)
    .bind(skip)
    .bind(now.as_millis() - now.as_millis().rem_euclid(MINUTE_MS))
    .bind(run)
    .execute(&mut **transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    Ok(())
}

#[async_trait]
impl Journal for SqlStore {
    async fn entries(&self, limit: u32) -> Result<Vec<Stored>, StoreError> {
        let rows = sqlx::query(entries!("order by id desc limit $1"))
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(stored).collect()
    }

    async fn entry(&self, id: &str) -> Result<Option<Stored>, StoreError> {
        let row = sqlx::query(entries!("where id = $1"))
            .bind(id)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        row.as_ref().map(stored).transpose()
    }

    async fn entries_before(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let statement = match side {
            Side::WooCommerce => entries!(
                "where connection = $1 and module = $2 and woocommerce_id = $3 and ($4 is null or id < $4) order by id desc limit $5"
            ),
            Side::Vtiger => entries!(
                "where connection = $1 and module = $2 and vtiger_id = $3 and ($4 is null or id < $4) order by id desc limit $5"
            ),
        };
        let rows = sqlx::query(statement)
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(id.as_str())
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(stored).collect()
    }

    async fn counts_since(&self, since: Timestamp) -> Result<Vec<LogLine>, StoreError> {
        let rows = sqlx::query(
            "select cast($1 as bigint) as minute, connection, module, side, \
             cast(sum(case when action = 'created' then 1 else 0 end) as bigint) as created, \
             cast(sum(case when action = 'updated' then 1 else 0 end) as bigint) as updated, \
             cast(sum(case when action in ('skipped', 'failed') then 1 else 0 end) as bigint) as skipped, \
             cast(sum(case when action in ('linked', 'deleted', 'restored') then 1 else 0 end) as bigint) as others \
             from journal where at >= $1 group by connection, module, side order by connection, module, side desc",
        )
        .bind(since.as_millis())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| line(row).map_err(StoreError::new(READ)))
            .collect()
    }
}

pub(super) fn line(row: &AnyRow) -> Result<LogLine, sqlx::Error> {
    Ok(LogLine {
        minute: Timestamp::from_millis(row.try_get("minute")?),
        connection: row.try_get("connection")?,
        module: row.try_get("module")?,
        side: row.try_get("side")?,
        created: row.try_get("created")?,
        updated: row.try_get("updated")?,
        skipped: row.try_get("skipped")?,
        others: row.try_get("others")?,
    })
}

pub(super) fn stored(row: &AnyRow) -> Result<Stored, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let id = |column| {
        let id = row
            .try_get::<Option<String>, _>(column)
            .map_err(StoreError::new(READ))?;
        Ok::<_, StoreError>(id.map(RecordId::new))
    };
    let skip = row
        .try_get::<Option<String>, _>("skip")
        .map_err(StoreError::new(READ))?;
    Ok(Stored {
        id: text("id")?,
        at: Place {
            connection: text("connection")?,
            module: named("module", &text("module")?, &Module::ALL, Module::as_str)?,
        },
        when: Timestamp::from_millis(row.try_get("at").map_err(StoreError::new(READ))?),
        entry: Entry {
            side: named("side", &text("side")?, &Side::BOTH, Side::as_str)?,
            action: named("action", &text("action")?, &Action::ALL, Action::as_str)?,
            ids: Sides {
                woocommerce: id("woocommerce_id")?,
                vtiger: id("vtiger_id")?,
            },
            title: text("title")?,
            cause: named("cause", &text("cause")?, &Cause::ALL, Cause::as_str)?,
            fields: from_str(&text("fields")?).map_err(StoreError::unreadable(READ))?,
            skip: skip
                .as_deref()
                .map(from_str)
                .transpose()
                .map_err(StoreError::unreadable(READ))?,
        },
    })
}

/// The one of `all` whose name stands in that column.
pub(super) fn named<T: Copy>(
    column: &'static str,
    name: &str,
    all: &[T],
    name_of: fn(T) -> &'static str,
) -> Result<T, StoreError> {
    let found = all.iter().copied().find(|one| name_of(*one) == name);
    found.ok_or_else(|| {
        StoreError::new(READ)(sqlx::Error::ColumnDecode {
            index: column.to_owned(),
            source: format!("`{name}` is none of its values").into(),
        })
    })
}
