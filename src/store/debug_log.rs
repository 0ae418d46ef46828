//! The debug log: requests and answers, kept while somebody looks for a fault.
//!
//! Whoever writes here has masked secrets and personal data before.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::database::placeholders;
use super::{SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::{Module, Side};

const READ: &str = "read the debug log";
const WRITE: &str = "write the debug log";
const SWITCH: &str = "switch the debug log";
const FORGET: &str = "forget what the debug log kept";

/// The condition of a [`DebugFilter`], whose parameters are the first eleven.
macro_rules! filter {
    () => {
        " from debug_exchange where ($1 is null or connection = $1) and ($2 is null or side = $2) \
         and ($3 is null or module = $3) and ($4 is null or method = $4) \
         and ($5 is null or lower(path) like $5 escape '!') \
         and ($6 is null or coalesce(status, 0) between $6 and $7) and ($8 is null or at >= $8) \
         and ($9 is null or at < $9) and ($10 is null or exists (select 1 from debug_record \
         where debug_record.exchange = debug_exchange.id and debug_record.record in ($10, $11)))"
    };
}

/// The columns that are read of an exchange, but for what was said.
macro_rules! columns {
    () => {
        "select id, connection, side, at, module, event, method, path, status, took_ms, failure"
    };
}

/// Until when a connection's exchanges are kept, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugSwitch {
    /// The connection's name.
    pub connection: String,
    /// Only those of this module.
    pub module: Option<Module>,
    /// Only those about any of these records; of all, where there are none.
    pub records: Vec<String>,
    /// Until when.
    pub until: Timestamp,
    /// When that was set.
    pub set_at: Timestamp,
    /// Who set it.
    pub set_by: String,
    /// What masked values are told apart by.
    pub mask_key: String,
}

/// A request and its answer, without secrets and personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugExchange {
    /// A `UUIDv7`.
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// The system that was asked.
    pub side: Side,
    /// When the answer came.
    pub at: Timestamp,
    /// The module that it is about, where that is known.
    pub module: Option<Module>,
    /// The event that was being worked on.
    pub event: Option<String>,
    /// The ids of the records that it is about, of either side. Not read in lists.
    pub records: Vec<String>,
    /// The request's method.
    pub method: String,
    /// The request's path, with parameters.
    pub path: String,
    /// The answer's status, where there was an answer.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The request's body or form. Not read in lists.
    pub request: Option<String>,
    /// The answer's body. Not read in lists.
    pub answer: Option<String>,
    /// Why there was no answer.
    pub failure: Option<String>,
}

impl DebugExchange {
    /// About how much room it takes, in bytes.
    pub fn size(&self) -> u64 {
        let texts = [&self.request, &self.answer, &self.failure];
        let told: usize = texts.into_iter().flatten().map(String::len).sum();
        (told + self.path.len() + 300) as u64
    }
}

/// Which exchanges are meant; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DebugFilter {
    /// Only those of this connection.
    pub connection: Option<String>,
    /// Only those with this system.
    pub side: Option<Side>,
    /// Only those about this module.
    pub module: Option<Module>,
    /// Only those about one of these records: the two of a pair.
    pub records: Option<(String, String)>,
    /// Only those with this method.
    pub method: Option<String>,
    /// Only those with this in their path or parameters, whatever the case.
    pub path: Option<String>,
    /// Only those with an answer of a status in this range; 0 stands for no answer.
    pub status: Option<(u16, u16)>,
    /// Only those from then on.
    pub since: Option<Timestamp>,
    /// Only those before then.
    pub until: Option<Timestamp>,
}

/// The debug log.
#[async_trait]
pub trait DebugLogs: Send + Sync + fmt::Debug {
    /// All switches that were ever set, by connection.
    async fn debug_switches(&self) -> Result<Vec<DebugSwitch>, StoreError>;

    /// Sets a connection's switch.
    async fn put_debug_switch(&self, switch: &DebugSwitch) -> Result<(), StoreError>;

    /// Keeps exchanges.
    async fn keep_exchanges(&self, exchanges: &[DebugExchange]) -> Result<(), StoreError>;

    /// The exchanges, the newest first, those before the one with the id `before`; what was said is left out unless
    /// it is asked for.
    async fn exchanges(
        &self,
        filter: &DebugFilter,
        before: Option<&str>,
        limit: u32,
        with_bodies: bool,
    ) -> Result<Vec<DebugExchange>, StoreError>;

    /// One exchange with everything.
    async fn exchange(&self, id: &str) -> Result<Option<DebugExchange>, StoreError>;

    /// How much room the exchanges take, in bytes.
    async fn debug_log_size(&self) -> Result<u64, StoreError>;

    /// Forgets up to `limit` of the oldest exchanges, where `before` is given of those before then; how many that were.
    async fn forget_exchanges(&self, before: Option<Timestamp>, limit: u32) -> Result<u64, StoreError>;
}

#[async_trait]
impl DebugLogs for SqlStore {
    async fn debug_switches(&self) -> Result<Vec<DebugSwitch>, StoreError> {
        let rows = sqlx::query(
            "select connection, module, records, until_at, set_at, set_by, mask_key from debug_switch \
             order by connection",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(SWITCH))?;
        rows.iter().map(switch).collect()
    }

    async fn put_debug_switch(&self, switch: &DebugSwitch) -> Result<(), StoreError> {
        sqlx::query(
            "insert into debug_switch (connection, module, records, until_at, set_at, set_by, mask_key) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict (connection) do update \
             set module = $2, records = $3, until_at = $4, set_at = $5, set_by = $6, mask_key = $7",
        )
        .bind(switch.connection.as_str())
        .bind(switch.module.map(Module::as_str))
        .bind(to_string(&switch.records).map_err(StoreError::unreadable(SWITCH))?)
        .bind(switch.until.as_millis())
        .bind(switch.set_at.as_millis())
        .bind(switch.set_by.as_str())
        .bind(switch.mask_key.as_str())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(SWITCH))?;
        Ok(())
    }

    async fn keep_exchanges(&self, exchanges: &[DebugExchange]) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        for exchange in exchanges {
            sqlx::query(
                "insert into debug_exchange (id, connection, side, at, module, event, method, path, status, took_ms, \
                 request, answer, failure, bytes) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            )
            .bind(exchange.id.as_str())
            .bind(exchange.connection.as_str())
            .bind(exchange.side.as_str())
            .bind(exchange.at.as_millis())
            .bind(exchange.module.map(Module::as_str))
            .bind(exchange.event.as_deref())
            .bind(exchange.method.as_str())
            .bind(exchange.path.as_str())
            .bind(exchange.status.map(i64::from))
            .bind(i64::try_from(exchange.took_ms).unwrap_or(i64::MAX))
            .bind(exchange.request.as_deref())
            .bind(exchange.answer.as_deref())
            .bind(exchange.failure.as_deref())
            .bind(i64::try_from(exchange.size()).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
            for record in &exchange.records {
                sqlx::query(
                    "insert into debug_record (record, exchange) values ($1, $2) \
                     on conflict (record, exchange) do nothing",
                )
                .bind(record.as_str())
                .bind(exchange.id.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::new(WRITE))?;
            }
        }
        transaction.commit().await.map_err(StoreError::new(WRITE))
    }

    async fn exchanges(
        &self,
        filter: &DebugFilter,
        before: Option<&str>,
        limit: u32,
        with_bodies: bool,
    ) -> Result<Vec<DebugExchange>, StoreError> {
        let statement = if with_bodies {
            concat!(
                columns!(),
                ", request, answer",
                filter!(),
                " and ($12 is null or id < $12) order by id desc limit $13"
            )
        } else {
            concat!(
                columns!(),
                filter!(),
                " and ($12 is null or id < $12) order by id desc limit $13"
            )
        };
        let path = filter.path.as_ref().map(|part| {
            let escaped = part
                .to_lowercase()
                .replace('!', "!!")
                .replace('%', "!%")
                .replace('_', "!_");
            format!("%{escaped}%")
        });
        let rows = sqlx::query(statement)
            .bind(filter.connection.as_deref())
            .bind(filter.side.map(Side::as_str))
            .bind(filter.module.map(Module::as_str))
            .bind(filter.method.as_deref())
            .bind(path)
            .bind(filter.status.map(|(from, _)| i64::from(from)))
            .bind(filter.status.map(|(_, to)| i64::from(to)))
            .bind(filter.since.map(Timestamp::as_millis))
            .bind(filter.until.map(Timestamp::as_millis))
            .bind(filter.records.as_ref().map(|(one, _)| one.as_str()))
            .bind(filter.records.as_ref().map(|(_, other)| other.as_str()))
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter().map(|row| exchange(row, with_bodies)).collect()
    }

    async fn exchange(&self, id: &str) -> Result<Option<DebugExchange>, StoreError> {
        let row = sqlx::query(concat!(
            columns!(),
            ", request, answer from debug_exchange where id = $1"
        ))
        .bind(id)
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        let Some(mut found) = row.as_ref().map(|row| exchange(row, true)).transpose()? else {
            return Ok(None);
        };
        let rows = sqlx::query("select record from debug_record where exchange = $1 order by record")
            .bind(id)
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        for row in &rows {
            found
                .records
                .push(row.try_get("record").map_err(StoreError::new(READ))?);
        }
        Ok(Some(found))
    }

    async fn debug_log_size(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("select cast(coalesce(sum(bytes), 0) as bigint) as size from debug_exchange")
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let size: i64 = row.try_get("size").map_err(StoreError::new(READ))?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    async fn forget_exchanges(&self, before: Option<Timestamp>, limit: u32) -> Result<u64, StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(FORGET))?;
        let rows =
            sqlx::query("select id from debug_exchange where ($1 is null or at < $1) order by id limit $2")
                .bind(before.map(Timestamp::as_millis))
                .bind(i64::from(limit))
                .fetch_all(&mut *transaction)
                .await
                .map_err(StoreError::new(FORGET))?;
        let ids: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("id").map_err(StoreError::new(FORGET)))
            .collect::<Result<_, _>>()?;
        for ids in ids.chunks(500) {
            let named = placeholders(1, ids.len());
            // Nothing but placeholders is put in.
            for statement in [
                format!("delete from debug_record where exchange in ({named})"),
                format!("delete from debug_exchange where id in ({named})"),
            ] {
                let query = sqlx::query(AssertSqlSafe(statement));
                let query = ids.iter().fold(query, |query, id| query.bind(id.as_str()));
                query
                    .execute(&mut *transaction)
                    .await
                    .map_err(StoreError::new(FORGET))?;
            }
        }
        transaction.commit().await.map_err(StoreError::new(FORGET))?;
        Ok(ids.len() as u64)
    }
}

fn switch(row: &AnyRow) -> Result<DebugSwitch, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(SWITCH));
    let moment = |column| row.try_get(column).map(Timestamp::from_millis);
    let module: Option<String> = row.try_get("module").map_err(StoreError::new(SWITCH))?;
    Ok(DebugSwitch {
        connection: text("connection")?,
        module: module.and_then(|name| module_named(&name)),
        records: from_str(&text("records")?).map_err(StoreError::unreadable(SWITCH))?,
        until: moment("until_at").map_err(StoreError::new(SWITCH))?,
        set_at: moment("set_at").map_err(StoreError::new(SWITCH))?,
        set_by: text("set_by")?,
        mask_key: text("mask_key")?,
    })
}

fn exchange(row: &AnyRow, with_bodies: bool) -> Result<DebugExchange, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let some = |column| {
        row.try_get::<Option<String>, _>(column)
            .map_err(StoreError::new(READ))
    };
    let number = |column| row.try_get::<i64, _>(column).map_err(StoreError::new(READ));
    let status: Option<i64> = row.try_get("status").map_err(StoreError::new(READ))?;
    let side = text("side")?;
    Ok(DebugExchange {
        id: text("id")?,
        connection: text("connection")?,
        side: if side == Side::Vtiger.as_str() {
            Side::Vtiger
        } else {
            Side::WooCommerce
        },
        at: Timestamp::from_millis(number("at")?),
        module: some("module")?.and_then(|name| module_named(&name)),
        event: some("event")?,
        records: Vec::new(),
        method: text("method")?,
        path: text("path")?,
        status: status.and_then(|status| u16::try_from(status).ok()),
        took_ms: u64::try_from(number("took_ms")?).unwrap_or(0),
        request: if with_bodies { some("request")? } else { None },
        answer: if with_bodies { some("answer")? } else { None },
        failure: some("failure")?,
    })
}

fn module_named(name: &str) -> Option<Module> {
    Module::ALL.into_iter().find(|module| module.as_str() == name)
}
