//! Runs: what was done together, and what came of it.

use std::fmt;

use async_trait::async_trait;
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::database::placeholders;
use super::journal::{self, named};
use super::{Action, SqlStore, StoreError, Stored};
use crate::clock::Timestamp;
use crate::sync::{Module, Side};

const READ: &str = "read the runs";
const WRITE: &str = "write a run";

/// How long changes as they happen make one run, in milliseconds.
const LIVE_MS: i64 = 15 * 60_000;

/// Why a run ended that another one follows and that nobody ended.
const BROKEN_OFF: &str = "the service stopped before all of it was dealt with; the next run goes on there";

/// What was done together, and what came of it. What that is, the journal tells.
#[async_trait]
pub trait Runs: Send + Sync + fmt::Debug {
    /// Notes that a run begins. A sweep of the same connection that nobody ended was broken off; a first sync goes on.
    async fn begin_run(&self, run: &Run) -> Result<(), StoreError>;

    /// The first sync that was asked for and is not ended.
    async fn open_backfill(&self, connection: &str) -> Result<Option<Run>, StoreError>;

    /// Notes that a run is over, and why, where it was broken off.
    async fn end_run(&self, id: &str, now: Timestamp, failure: Option<&str>) -> Result<(), StoreError>;

    /// One run.
    async fn run(&self, id: &str) -> Result<Option<Run>, StoreError>;

    /// The runs, the newest first; of one connection, if one is given, and those that began before this one.
    async fn runs(
        &self,
        connection: Option<&str>,
        before: Option<&Run>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError>;

    /// What came of these runs, by module and side.
    async fn tallies(&self, runs: &[&str]) -> Result<Vec<Tally>, StoreError>;

    /// The entries of a run in the order in which they were written, after the one with the id `after`.
    async fn entries_of_run(&self, run: &str, after: &str, limit: u32) -> Result<Vec<Stored>, StoreError>;

    /// Forgets up to `limit` of the journal's entries from before then, and the runs without any left; how many entries
    /// that were. Links stay.
    async fn forget_entries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// Things that were done together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// A `UUIDv7`; of changes as they happen, a name.
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// What they were done for.
    pub kind: RunKind,
    /// When it began.
    pub begun: Timestamp,
    /// When all was dealt with that could be.
    pub ended: Option<Timestamp>,
    /// Why it was broken off, where it was.
    pub failure: Option<String>,
}

impl Run {
    /// A run that begins now.
    pub fn new(connection: &str, kind: RunKind, now: Timestamp) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            connection: connection.to_owned(),
            kind,
            begun: now,
            ended: None,
            failure: None,
        }
    }

    /// The run of what happens in this connection now.
    fn live(connection: &str, now: Timestamp) -> Self {
        let begun = now.as_millis() - now.as_millis().rem_euclid(LIVE_MS);
        Self {
            id: format!("live-{connection}-{begun}"),
            ended: Some(Timestamp::from_millis(begun + LIVE_MS)),
            ..Self::new(connection, RunKind::Live, Timestamp::from_millis(begun))
        }
    }
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Changes as they happen, for a quarter of an hour.
    Live,
    /// A sweep that was due.
    Sweep,
    /// A sweep that somebody asked for.
    SyncNow,
    /// A first sync.
    Backfill,
}

impl RunKind {
    const ALL: [Self; 4] = [Self::Live, Self::Sweep, Self::SyncNow, Self::Backfill];

    /// The name used in the database and by the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sweep => "sweep",
            Self::SyncNow => "sync_now",
            Self::Backfill => "backfill",
        }
    }

    /// The name shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "changes as they happened",
            Self::Sweep => "sweep",
            Self::SyncNow => "sync now",
            Self::Backfill => "first sync",
        }
    }
}

/// How often one thing was done in a run with one side's records of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The run's id.
    pub run: String,
    /// The module.
    pub module: Module,
    /// The side that was written to, or would have been.
    pub side: Side,
    /// What was done.
    pub action: Action,
    /// How often.
    pub number: u64,
}

/// The id of the run of what happens in a connection now, which is noted.
pub(super) async fn live(
    transaction: &mut Transaction<'static, Any>,
    connection: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    let run = Run::live(connection, now);
    note(transaction, &run).await?;
    Ok(run.id)
}

async fn note(transaction: &mut Transaction<'static, Any>, run: &Run) -> Result<(), StoreError> {
    sqlx::query(
        "insert into run (id, connection, kind, begun_at, ended_at) values ($1, $2, $3, $4, $5) on conflict do nothing",
    )
    .bind(run.id.as_str())
    .bind(run.connection.as_str())
    .bind(run.kind.as_str())
    .bind(run.begun.as_millis())
    .bind(run.ended.map(Timestamp::as_millis))
    .execute(&mut **transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    Ok(())
}

#[async_trait]
impl Runs for SqlStore {
    async fn begin_run(&self, run: &Run) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        // A first sync is but asked for, and a sweep may be under way.
        if run.kind != RunKind::Backfill {
            sqlx::query(
                "update run set ended_at = $2, failure = $3 \
                 where connection = $1 and ended_at is null and kind <> $4 and id <> $5",
            )
            .bind(run.connection.as_str())
            .bind(run.begun.as_millis())
            .bind(BROKEN_OFF)
            .bind(RunKind::Backfill.as_str())
            .bind(run.id.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        }
        note(&mut transaction, run).await?;
        transaction.commit().await.map_err(StoreError::new(WRITE))
    }

    async fn open_backfill(&self, connection: &str) -> Result<Option<Run>, StoreError> {
        let row = sqlx::query(
            "select id, connection, kind, begun_at, ended_at, failure from run \
             where connection = $1 and kind = $2 and ended_at is null order by begun_at limit 1",
        )
        .bind(connection)
        .bind(RunKind::Backfill.as_str())
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        row.as_ref().map(run).transpose()
    }

    async fn end_run(&self, id: &str, now: Timestamp, failure: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("update run set ended_at = $2, failure = $3 where id = $1")
            .bind(id)
            .bind(now.as_millis())
            .bind(failure)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(WRITE))?;
        Ok(())
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        let row =
            sqlx::query("select id, connection, kind, begun_at, ended_at, failure from run where id = $1")
                .bind(id)
                .fetch_optional(self.database.read())
                .await
                .map_err(StoreError::new(READ))?;
        row.as_ref().map(run).transpose()
    }

    async fn runs(
        &self,
        connection: Option<&str>,
        before: Option<&Run>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let (begun, id) = before.map_or((i64::MAX, ""), |run| (run.begun.as_millis(), run.id.as_str()));
        let statement = if connection.is_some() {
            "select id, connection, kind, begun_at, ended_at, failure from run \
             where connection = $4 and (begun_at, id) < ($1, $2) order by begun_at desc, id desc limit $3"
        } else {
            "select id, connection, kind, begun_at, ended_at, failure from run \
             where (begun_at, id) < ($1, $2) order by begun_at desc, id desc limit $3"
        };
        let query = sqlx::query(statement).bind(begun).bind(id).bind(i64::from(limit));
        let query = connection.into_iter().fold(query, sqlx::query::Query::bind);
        let rows = query
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(run).collect()
    }

    async fn tallies(&self, runs: &[&str]) -> Result<Vec<Tally>, StoreError> {
        let mut tallies = Vec::new();
        for some in runs.chunks(500) {
            let list = placeholders(1, some.len());
            // Nothing but placeholders is put in.
            let statement = format!(
                "select run, module, side, action, cast(sum(number) as bigint) as number from run_count \
                 where run in ({list}) group by run, module, side, action"
            );
            let query = sqlx::query(AssertSqlSafe(statement));
            let query = some.iter().fold(query, |query, run| query.bind(*run));
            let rows = query
                .fetch_all(self.database.read())
                .await
                .map_err(StoreError::new(READ))?;
            for row in &rows {
                tallies.push(tally(row)?);
            }
        }
        Ok(tallies)
    }

    async fn entries_of_run(&self, run: &str, after: &str, limit: u32) -> Result<Vec<Stored>, StoreError> {
        let rows = sqlx::query(journal::entries!(
            "where run = $1 and id > $2 order by id limit $3"
        ))
        .bind(run)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter().map(journal::stored).collect()
    }

    async fn forget_entries(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        const FORGET: &str = "forget what is old";
        let forgotten = sqlx::query(
            "delete from journal where id in (select id from journal where at < $1 order by at limit $2)",
        )
        .bind(before.as_millis())
        .bind(i64::from(limit))
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(FORGET))?;
        // A run's counts go before it, and those of minutes that have entries left stay.
        for statement in [
            "delete from run_count where run in (select id from run where ended_at < $1 \
             and not exists (select 1 from journal where journal.run = run.id))",
            "delete from run where ended_at < $1 \
             and not exists (select 1 from journal where journal.run = run.id)",
            "delete from log_count where span = 'minute' and start_at <= cast($1 as bigint) - 60000 \
             and start_at < (select coalesce(min(at), cast($1 as bigint)) from journal) - 59999",
            "delete from log_count where span = 'hour' and start_at <= cast($1 as bigint) - 3600000 \
             and start_at < (select coalesce(min(at), cast($1 as bigint)) from journal) - 3599999",
            "delete from log_count where span = 'day' and start_at <= cast($1 as bigint) - 86400000 \
             and start_at < (select coalesce(min(at), cast($1 as bigint)) from journal) - 86399999",
        ] {
            sqlx::query(statement)
                .bind(before.as_millis())
                .execute(self.database.write())
                .await
                .map_err(StoreError::new(FORGET))?;
        }
        Ok(forgotten.rows_affected())
    }
}

fn run(row: &AnyRow) -> Result<Run, StoreError> {
    let read = || -> Result<(Run, String), sqlx::Error> {
        let run = Run {
            id: row.try_get("id")?,
            connection: row.try_get("connection")?,
            kind: RunKind::Live,
            begun: Timestamp::from_millis(row.try_get("begun_at")?),
            ended: row
                .try_get::<Option<i64>, _>("ended_at")?
                .map(Timestamp::from_millis),
            failure: row.try_get("failure")?,
        };
        Ok((run, row.try_get("kind")?))
    };
    let (run, kind) = read().map_err(StoreError::new(READ))?;
    let kind = named("kind", &kind, &RunKind::ALL, RunKind::as_str)?;
    Ok(Run { kind, ..run })
}

fn tally(row: &AnyRow) -> Result<Tally, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let number: i64 = row.try_get("number").map_err(StoreError::new(READ))?;
    Ok(Tally {
        run: text("run")?,
        module: named("module", &text("module")?, &Module::ALL, Module::as_str)?,
        side: named("side", &text("side")?, &Side::BOTH, Side::as_str)?,
        action: named("action", &text("action")?, &Action::ALL, Action::as_str)?,
        number: u64::try_from(number).unwrap_or_default(),
    })
}
