//! Records that are not in step for a reason, as long as they are not: what the journal tells, without having to look
//! through it.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::database::placeholders;
use super::journal::named;
use super::known::{ids, place};
use super::{Action, Commit, Entry, Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::{Module, RecordId, Side, Sides, Skip};

const READ: &str = "read what is not in step";
const WRITE: &str = "note what is not in step";

/// How many ids a statement names at most.
const CHUNK: usize = 500;

/// The statement that reads problems, without a condition.
macro_rules! select {
    () => {
        "select id, connection, module, side, record_id, woocommerce_id, vtiger_id, title, skip, since, seen_at \
         from problem"
    };
}

/// The condition of a [`ProblemFilter`], whose parameters are the first three.
macro_rules! filter {
    () => {
        " where ($1 is null or connection = $1) and ($2 is null or module = $2) and ($3 is null or kind = $3)"
    };
}

/// A record that is not in step for a reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// A `UUIDv7`, of when it came about.
    pub id: String,
    /// The module of the connection.
    pub at: Place,
    /// The system that the record is of.
    pub side: Side,
    /// Its id there.
    pub record_id: RecordId,
    /// The ids of both records, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// The record's name.
    pub title: String,
    /// The reason.
    pub skip: Skip,
    /// Since when.
    pub since: Timestamp,
    /// When it was found to be so last.
    pub seen: Timestamp,
}

/// Which of them are meant; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProblemFilter {
    /// Only those of this connection.
    pub connection: Option<String>,
    /// Only those of this module.
    pub module: Option<Module>,
    /// Only those of this kind of reason, by its name.
    pub kind: Option<String>,
}

/// How many records are not in step for one kind of reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemCount {
    /// The kind's name.
    pub kind: String,
    /// How many.
    pub number: u64,
}

/// Records that are not in step for a reason.
#[async_trait]
pub trait Problems: Send + Sync + fmt::Debug {
    /// Some of them, in the order in which they came about, after the one with the id `after`.
    async fn problems(
        &self,
        filter: &ProblemFilter,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Problem>, StoreError>;

    /// Those with these ids, in the order of their ids.
    async fn problems_with(&self, ids: &[String]) -> Result<Vec<Problem>, StoreError>;

    /// How many there are of each kind.
    async fn problem_counts(&self, filter: &ProblemFilter) -> Result<Vec<ProblemCount>, StoreError>;

    /// Those of one record.
    async fn problem_of(&self, at: &Place, side: Side, id: &RecordId) -> Result<Option<Problem>, StoreError>;

    /// Notes that a record is in step, or need not be.
    async fn mend(&self, at: &Place, side: Side, id: &RecordId) -> Result<(), StoreError>;

    /// Ends the quarantine of a link, by its id; all else of it stays.
    async fn release_link(&self, id: &str) -> Result<(), StoreError>;
}

#[async_trait]
impl Problems for SqlStore {
    async fn problems(
        &self,
        filter: &ProblemFilter,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Problem>, StoreError> {
        // By an index of its own: of a rare kind all problems would be looked through for each page.
        let statement = if filter.kind.is_some() {
            concat!(
                select!(),
                " where kind = $3 and ($1 is null or connection = $1) and ($2 is null or module = $2) \
                 and id > $4 order by id limit $5"
            )
        } else {
            concat!(select!(), filter!(), " and id > $4 order by id limit $5")
        };
        let rows = sqlx::query(statement)
            .bind(filter.connection.as_deref())
            .bind(filter.module.map(Module::as_str))
            .bind(filter.kind.as_deref())
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(problem).collect()
    }

    async fn problems_with(&self, ids: &[String]) -> Result<Vec<Problem>, StoreError> {
        let mut found = Vec::new();
        for ids in ids.chunks(CHUNK) {
            let names = placeholders(1, ids.len());
            let statement = format!("{} where id in ({names}) order by id", select!());
            // Nothing but placeholders is put in.
            let query = sqlx::query(AssertSqlSafe(statement));
            let query = ids.iter().fold(query, |query, id| query.bind(id.as_str()));
            let rows = query
                .fetch_all(self.database.read())
                .await
                .map_err(StoreError::new(READ))?;
            for row in &rows {
                found.push(problem(row)?);
            }
        }
        Ok(found)
    }

    async fn problem_counts(&self, filter: &ProblemFilter) -> Result<Vec<ProblemCount>, StoreError> {
        let rows = sqlx::query(concat!(
            "select kind, count(*) as number from problem",
            filter!(),
            " group by kind order by kind"
        ))
        .bind(filter.connection.as_deref())
        .bind(filter.module.map(Module::as_str))
        .bind(filter.kind.as_deref())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| {
                let number: i64 = row.try_get("number")?;
                Ok(ProblemCount {
                    kind: row.try_get("kind")?,
                    number: number.unsigned_abs(),
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(StoreError::new(READ))
    }

    async fn problem_of(&self, at: &Place, side: Side, id: &RecordId) -> Result<Option<Problem>, StoreError> {
        let row = sqlx::query(concat!(
            select!(),
            " where connection = $1 and module = $2 and side = $3 and record_id = $4"
        ))
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(id.as_str())
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        row.as_ref().map(problem).transpose()
    }

    async fn mend(&self, at: &Place, side: Side, id: &RecordId) -> Result<(), StoreError> {
        // Reading first spares the writer: mostly there is none.
        if self.problem_of(at, side, id).await?.is_none() {
            return Ok(());
        }
        sqlx::query(
            "delete from problem where connection = $1 and module = $2 and side = $3 and record_id = $4",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(id.as_str())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
        Ok(())
    }

    async fn release_link(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("update link set quarantined_until = null, trails = '{}' where id = $1")
            .bind(id)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new("end a quarantine"))?;
        Ok(())
    }
}

/// Notes what is not in step any more, or is again, by what was done.
pub(super) async fn note(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
) -> Result<(), StoreError> {
    if let Some(link) = &commit.link {
        for side in Side::BOTH.into_iter().filter(|side| *link.deleted.of(*side)) {
            mended(transaction, &commit.at, side, link.ids.of(side)).await?;
        }
    }
    for entry in &commit.entries {
        let ids = Side::BOTH.into_iter().filter_map(|side| {
            let id = entry.ids.of(side).as_ref();
            id.map(|id| (side, id))
        });
        match &entry.skip {
            Some(skip) => put(transaction, commit, entry, skip).await?,
            None if matches!(entry.action, Action::Skipped | Action::Failed) => {}
            None => {
                for (side, id) in ids {
                    mended(transaction, &commit.at, side, id).await?;
                }
            }
        }
    }
    Ok(())
}

async fn put(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
    entry: &Entry,
    skip: &Skip,
) -> Result<(), StoreError> {
    // The entry tells of the side that would have been written to.
    let side = entry.side.opposite();
    let Some(id) = entry.ids.of(side) else {
        return Ok(());
    };
    sqlx::query(
        "insert into problem (id, connection, module, side, record_id, woocommerce_id, vtiger_id, title, kind, skip, \
         since, seen_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) \
         on conflict (connection, module, side, record_id) do update set woocommerce_id = $6, vtiger_id = $7, \
         title = case when $8 = '' then problem.title else $8 end, kind = $9, skip = $10, seen_at = $11, \
         since = case when problem.kind = $9 then problem.since else $11 end",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(commit.at.connection.as_str())
    .bind(commit.at.module.as_str())
    .bind(side.as_str())
    .bind(id.as_str())
    .bind(entry.ids.woocommerce.as_ref().map(RecordId::as_str))
    .bind(entry.ids.vtiger.as_ref().map(RecordId::as_str))
    .bind(entry.title.as_str())
    .bind(skip.kind())
    .bind(to_string(skip).map_err(StoreError::unreadable(WRITE))?)
    .bind(commit.now.as_millis())
    .execute(&mut **transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    Ok(())
}

async fn mended(
    transaction: &mut Transaction<'static, Any>,
    at: &Place,
    side: Side,
    id: &RecordId,
) -> Result<(), StoreError> {
    sqlx::query("delete from problem where connection = $1 and module = $2 and side = $3 and record_id = $4")
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(id.as_str())
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(())
}

fn problem(row: &AnyRow) -> Result<Problem, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let moment = |column: &str| {
        let millis = row.try_get(column).map_err(StoreError::new(READ));
        millis.map(Timestamp::from_millis)
    };
    Ok(Problem {
        id: text("id")?,
        at: place(row)?,
        side: named("side", &text("side")?, &Side::BOTH, Side::as_str)?,
        record_id: RecordId::new(text("record_id")?),
        ids: ids(row)?,
        title: text("title")?,
        skip: from_str(&text("skip")?).map_err(StoreError::unreadable(READ))?,
        since: moment("since")?,
        seen: moment("seen_at")?,
    })
}
