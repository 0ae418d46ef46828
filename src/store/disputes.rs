//! Fields that both sides changed to different values, whose losing value can still be taken.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::database::placeholders;
use super::journal::named;
use super::known::place;
use super::{Commit, Entry, Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::{Decision, FieldPlan, Module, Reason, RecordId, Side, Sides, Value};

const READ: &str = "read conflicts";
const WRITE: &str = "note conflicts";

/// A field that both sides changed to different values.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispute {
    /// A `UUIDv7`.
    pub id: String,
    /// The module of the connection.
    pub at: Place,
    /// The two records.
    pub ids: Sides<RecordId>,
    /// Their name.
    pub title: String,
    /// The mapping's key.
    pub field: String,
    /// The side whose value stayed.
    pub winner: Side,
    /// What the other side showed, and lost.
    pub lost: Value,
    /// What the winner showed.
    pub kept: Value,
    /// When.
    pub when: Timestamp,
}

/// Which of them are meant; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisputeFilter {
    /// Only those of this connection.
    pub connection: Option<String>,
    /// Only those of this module.
    pub module: Option<Module>,
    /// Only those since then.
    pub since: Timestamp,
}

/// Fields that both sides changed to different values.
#[async_trait]
pub trait Disputes: Send + Sync + fmt::Debug {
    /// Some of them, the newest first, before the one with the id `before`.
    async fn disputes(
        &self,
        filter: &DisputeFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Dispute>, StoreError>;

    /// Those of one pair, by WooCommerce's record, in the order of their fields.
    async fn disputes_of(&self, at: &Place, woocommerce: &RecordId) -> Result<Vec<Dispute>, StoreError>;

    /// How many there are.
    async fn dispute_count(&self, filter: &DisputeFilter) -> Result<u64, StoreError>;

    /// The one with this id.
    async fn dispute(&self, id: &str) -> Result<Option<Dispute>, StoreError>;

    /// Forgets one: its value was taken, or nobody wants it.
    async fn forget_dispute(&self, id: &str) -> Result<(), StoreError>;
}

/// The statement that reads disputes, without a condition.
macro_rules! select {
    () => {
        "select id, connection, module, woocommerce_id, vtiger_id, title, field, winner, lost, kept, at from conflict"
    };
}

/// The condition of a [`DisputeFilter`], whose parameters are the first three.
macro_rules! filter {
    () => {
        " where ($1 is null or connection = $1) and ($2 is null or module = $2) and at >= $3"
    };
}

#[async_trait]
impl Disputes for SqlStore {
    async fn disputes(
        &self,
        filter: &DisputeFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Dispute>, StoreError> {
        let rows = sqlx::query(concat!(
            select!(),
            filter!(),
            " and ($4 is null or id < $4) order by id desc limit $5"
        ))
        .bind(filter.connection.as_deref())
        .bind(filter.module.map(Module::as_str))
        .bind(filter.since.as_millis())
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter().map(dispute).collect()
    }

    async fn dispute_count(&self, filter: &DisputeFilter) -> Result<u64, StoreError> {
        let row = sqlx::query(concat!("select count(*) as number from conflict", filter!()))
            .bind(filter.connection.as_deref())
            .bind(filter.module.map(Module::as_str))
            .bind(filter.since.as_millis())
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let number: i64 = row.try_get("number").map_err(StoreError::new(READ))?;
        Ok(number.unsigned_abs())
    }

    async fn disputes_of(&self, at: &Place, woocommerce: &RecordId) -> Result<Vec<Dispute>, StoreError> {
        let rows = sqlx::query(concat!(
            select!(),
            " where connection = $1 and module = $2 and woocommerce_id = $3 order by field"
        ))
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(woocommerce.as_str())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter().map(dispute).collect()
    }

    async fn dispute(&self, id: &str) -> Result<Option<Dispute>, StoreError> {
        let row = sqlx::query(concat!(select!(), " where id = $1"))
            .bind(id)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        row.as_ref().map(dispute).transpose()
    }

    async fn forget_dispute(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from conflict where id = $1")
            .bind(id)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(WRITE))?;
        Ok(())
    }
}

/// Notes the conflicts of what was done, and that fields whose value moved again are in conflict no more.
pub(super) async fn note(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
) -> Result<(), StoreError> {
    if let Some(link) = commit.link.as_ref().filter(|link| link.is_broken()) {
        // One of the two is gone: there is nothing to settle between them.
        sqlx::query("delete from conflict where connection = $1 and module = $2 and woocommerce_id = $3")
            .bind(commit.at.connection.as_str())
            .bind(commit.at.module.as_str())
            .bind(link.ids.woocommerce.as_str())
            .execute(&mut **transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
    }
    for entry in &commit.entries {
        let (Some(woocommerce), Some(vtiger)) = (&entry.ids.woocommerce, &entry.ids.vtiger) else {
            continue;
        };
        let ids = Sides { woocommerce, vtiger };
        let moved: Vec<&str> = (entry.fields.iter())
            .filter(|field| settled(field))
            .map(|field| field.field.as_str())
            .collect();
        if !moved.is_empty() {
            forget(transaction, &commit.at, woocommerce, &moved).await?;
        }
        for field in &entry.fields {
            if let Some(winner) = ruled(field) {
                put(transaction, commit, entry, ids, field, winner).await?;
            }
        }
    }
    Ok(())
}

/// The side that won a conflict by a rule, so that the other one could have, too.
fn ruled(field: &FieldPlan) -> Option<Side> {
    match field.decision {
        Decision::Conflict {
            winner,
            because: Reason::Rule(_),
        } => Some(winner),
        _ => None,
    }
}

/// Whether a value moved that was not disputed.
fn settled(field: &FieldPlan) -> bool {
    matches!(field.decision, Decision::Moved { .. } | Decision::Taken { .. })
}

async fn put(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
    entry: &Entry,
    ids: Sides<&RecordId>,
    field: &FieldPlan,
    winner: Side,
) -> Result<(), StoreError> {
    let json = |value: &Value| to_string(value).map_err(StoreError::unreadable(WRITE));
    sqlx::query(
        "insert into conflict (id, connection, module, woocommerce_id, vtiger_id, title, field, winner, lost, kept, at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         on conflict (connection, module, woocommerce_id, field) do update set id = $1, vtiger_id = $5, title = $6, \
         winner = $8, lost = $9, kept = $10, at = $11",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(commit.at.connection.as_str())
    .bind(commit.at.module.as_str())
    .bind(ids.woocommerce.as_str())
    .bind(ids.vtiger.as_str())
    .bind(entry.title.as_str())
    .bind(field.field.as_str())
    .bind(winner.as_str())
    .bind(json(field.before.of(winner.opposite()))?)
    .bind(json(field.before.of(winner))?)
    .bind(commit.now.as_millis())
    .execute(&mut **transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    Ok(())
}

async fn forget(
    transaction: &mut Transaction<'static, Any>,
    at: &Place,
    woocommerce: &RecordId,
    fields: &[&str],
) -> Result<(), StoreError> {
    let names = placeholders(4, fields.len());
    let statement = format!(
        "delete from conflict where connection = $1 and module = $2 and woocommerce_id = $3 and field in ({names})"
    );
    // Nothing but placeholders is put in.
    let query = sqlx::query(AssertSqlSafe(statement))
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(woocommerce.as_str());
    let query = fields.iter().fold(query, |query, field| query.bind(*field));
    query
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(())
}

fn dispute(row: &AnyRow) -> Result<Dispute, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let value = |column: &str| from_str::<Value>(&text(column)?).map_err(StoreError::unreadable(READ));
    let when = row.try_get("at").map_err(StoreError::new(READ))?;
    Ok(Dispute {
        id: text("id")?,
        at: place(row)?,
        ids: Sides {
            woocommerce: RecordId::new(text("woocommerce_id")?),
            vtiger: RecordId::new(text("vtiger_id")?),
        },
        title: text("title")?,
        field: text("field")?,
        winner: named("winner", &text("winner")?, &Side::BOTH, Side::as_str)?,
        lost: value("lost")?,
        kept: value("kept")?,
        when: Timestamp::from_millis(when),
    })
}
