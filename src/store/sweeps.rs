//! How far sweeps came, and which are asked for.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{from_str, to_string};
use sqlx::Row;

use super::journal::named;
use super::{Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::{Module, RecordId, Side};
use crate::system::Census;

/// How far sweeps came, and which are asked for.
#[async_trait]
pub trait Sweeps: Send + Sync + fmt::Debug {
    /// How far the sweeps of one side of a module came.
    async fn sweep_state(&self, at: &Place, side: Side) -> Result<SweepState, StoreError>;

    /// How far the sweeps of all modules came.
    async fn sweep_states(&self) -> Result<Vec<(Place, Side, SweepState)>, StoreError>;

    /// Notes how far they came.
    async fn put_sweep_state(
        &self,
        at: &Place,
        side: Side,
        state: &SweepState,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Asks for a sweep of a module. Several requests for one module make one, which does what any of them asks for.
    async fn request_sweep(&self, request: &SweepRequest, now: Timestamp) -> Result<(), StoreError>;

    /// Takes the requests to sweep a connection's modules, and forgets them.
    async fn take_sweep_requests(&self, connection: &str) -> Result<Vec<SweepRequest>, StoreError>;
}

/// A request to sweep a module soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepRequest {
    /// The module of the connection.
    pub at: Place,
    /// Whether everything is to be looked at, and not only what changed.
    pub is_full: bool,
    /// Whether counterparts are to be deleted, however many records are gone.
    pub allows_deletions: bool,
}

impl SweepRequest {
    /// A request to look for what changed and what is gone.
    pub const fn new(at: Place) -> Self {
        Self {
            at,
            is_full: false,
            allows_deletions: false,
        }
    }

    /// A request to look at everything.
    pub fn full(at: Place) -> Self {
        Self {
            is_full: true,
            ..Self::new(at)
        }
    }
}

/// How far the sweeps of one side of a module came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepState {
    /// How the side stood when the last finished sweep began: the next one looks at what changed since.
    pub census: Census,
    /// When the last finished sweep began.
    pub swept: Option<Timestamp>,
    /// How many records the last finished sweep read.
    pub read: u64,
    /// How many of them were not in step, or gone.
    pub found: u64,
    /// When the last finished sweep that looked at everything began.
    pub swept_all: Option<Timestamp>,
    /// The sweep that is under way, or was broken off.
    pub under_way: Option<SweepUnderWay>,
    /// Whether the newest change of the census was the newest at the sweep before, too, so that no other of its second was
    /// missed.
    pub settled: bool,
    /// So many records were found to be gone, or to show nothing where they showed something, that nothing is done about
    /// it before a person has looked.
    pub held: u64,
    /// What came of it when everything was looked at last: how many records were written, deleted or skipped.
    pub drift: Option<u64>,
    /// All that was changed before then is in step on the other side, but for what was skipped.
    pub in_step: Option<Timestamp>,
}

/// A sweep that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepUnderWay {
    /// When it began.
    pub begun: Timestamp,
    /// How the side stood then.
    pub census: Census,
    /// It looks at what changed since then; at everything where there is no such time.
    pub since: Option<Timestamp>,
    /// Whether there is no page to read, as nothing changed.
    #[serde(default)]
    pub is_idle: bool,
    /// The page that is next; the first where there is none.
    pub cursor: Option<String>,
    /// How many records it read so far.
    #[serde(default)]
    pub read: u64,
    /// How many of them were not in step.
    #[serde(default)]
    pub found: u64,
    /// The records of which the system told so far that they were deleted.
    #[serde(default)]
    pub deleted: Vec<RecordId>,
    /// The records that show nothing where they showed something.
    #[serde(default)]
    pub blanked: Vec<RecordId>,
}

#[async_trait]
impl Sweeps for SqlStore {
    async fn sweep_state(&self, at: &Place, side: Side) -> Result<SweepState, StoreError> {
        const READ: &str = "read how far a sweep came";
        let row = sqlx::query("select state from sweep where connection = $1 and module = $2 and side = $3")
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(side.as_str())
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let Some(row) = row else {
            return Ok(SweepState::default());
        };
        let text: String = row.try_get("state").map_err(StoreError::new(READ))?;
        // What another version wrote and this one can't read is done anew.
        Ok(from_str(&text).unwrap_or_default())
    }

    async fn sweep_states(&self) -> Result<Vec<(Place, Side, SweepState)>, StoreError> {
        const READ: &str = "read how far sweeps came";
        let rows = sqlx::query(
            "select connection, module, side, state from sweep order by connection, module, side",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        let mut states = Vec::with_capacity(rows.len());
        for row in &rows {
            let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
            let at = Place {
                connection: text("connection")?,
                module: named("module", &text("module")?, &Module::ALL, Module::as_str)?,
            };
            let side = named("side", &text("side")?, &Side::BOTH, Side::as_str)?;
            states.push((at, side, from_str(&text("state")?).unwrap_or_default()));
        }
        Ok(states)
    }

    async fn put_sweep_state(
        &self,
        at: &Place,
        side: Side,
        state: &SweepState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const WRITE: &str = "write how far a sweep came";
        sqlx::query(
            "insert into sweep (connection, module, side, state, updated_at) values ($1, $2, $3, $4, $5) \
             on conflict (connection, module, side) do update set state = $4, updated_at = $5",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(side.as_str())
        .bind(to_string(state).map_err(StoreError::unreadable(WRITE))?)
        .bind(now.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
        Ok(())
    }

    async fn request_sweep(&self, request: &SweepRequest, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into sweep_request (connection, module, requested_at, is_full, allows_deletions) \
             values ($1, $2, $3, $4, $5) on conflict (connection, module) do update set \
             is_full = case when $4 = 1 then 1 else sweep_request.is_full end, \
             allows_deletions = case when $5 = 1 then 1 else sweep_request.allows_deletions end",
        )
        .bind(request.at.connection.as_str())
        .bind(request.at.module.as_str())
        .bind(now.as_millis())
        .bind(i64::from(request.is_full))
        .bind(i64::from(request.allows_deletions))
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("ask for a sweep"))?;
        Ok(())
    }

    async fn take_sweep_requests(&self, connection: &str) -> Result<Vec<SweepRequest>, StoreError> {
        const TAKE: &str = "take the requests to sweep";
        // Reading first spares the writer: mostly there are none.
        let any = sqlx::query("select 1 from sweep_request where connection = $1 limit 1")
            .bind(connection)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(TAKE))?;
        if any.is_none() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "delete from sweep_request where connection = $1 returning module, is_full, allows_deletions",
        )
        .bind(connection)
        .fetch_all(self.database.write())
        .await
        .map_err(StoreError::new(TAKE))?;
        rows.iter()
            .map(|row| {
                let read = || -> Result<(String, i64, i64), sqlx::Error> {
                    Ok((
                        row.try_get("module")?,
                        row.try_get("is_full")?,
                        row.try_get("allows_deletions")?,
                    ))
                };
                let (module, is_full, allows_deletions) = read().map_err(StoreError::new(TAKE))?;
                let module = named("module", &module, &Module::ALL, Module::as_str)?;
                Ok(SweepRequest {
                    at: Place {
                        connection: connection.to_owned(),
                        module,
                    },
                    is_full: is_full != 0,
                    allows_deletions: allows_deletions != 0,
                })
            })
            .collect()
    }
}
