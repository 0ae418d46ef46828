//! A database as it is after three months: a first sync of a quarter of all entries, and changes as they happened since.

use std::path::Path;

use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};
use woo_vtiger_sync::queue::{Cause, Change, Event, Subject};
use woo_vtiger_sync::store::{Database, Known, SqlStore};
use woo_vtiger_sync::sync::{Decision, FieldPlan, Module, Reason, RecordId, Side, Sides, Skip, Value};

pub(crate) const CONNECTIONS: [&str; 2] = ["shop", "outlet"];

/// How long all of it took: three months, in milliseconds.
const SPAN_MS: i64 = 90 * 24 * 3_600_000;

/// What counts entries that were written without being counted.
const COUNTS: &str = include_str!("../../migrations/0012_log_counts.sql");

/// How many links are made known at once.
const AT_ONCE: u32 = 5_000;

/// The runs of what was done.
const RUNS: &str = "insert into run (id, connection, kind, begun_at, ended_at)
    select run, min(connection), case when run = 'first' then 'backfill' else 'live' end, min(at), max(at)
    from journal group by run";

/// What was skipped is not in step, for the reason of this kind.
const PROBLEMS: &str =
    "insert into problem (id, connection, module, side, record_id, woocommerce_id, vtiger_id, title, kind, skip, since, seen_at)
    select id, connection, module, 'woocommerce', woocommerce_id, woocommerce_id, vtiger_id, title, $1, skip, at, at
    from journal where action = 'skipped' on conflict do nothing";

/// Fields that both sides changed, and lost this value.
const CONFLICTS: &str =
    "insert into conflict (id, connection, module, woocommerce_id, vtiger_id, title, field, winner, lost, kept, at)
    select id, connection, module, woocommerce_id, vtiger_id, title, 'billing.phone = phone', 'vtiger', $1, $1, at
    from journal where action = 'updated' order by at desc limit 10000 on conflict do nothing";

/// Copies of this event, that failed; `ID` in it becomes that of each.
const FAILED: &str =
    "insert into failed (id, connection, module, side, record_id, event, reason, attempts, history, failed_at)
    select id, 'shop', 'contacts', 'woocommerce', '1', replace($1, 'ID', id), 'the shop answers 500', 200, '[]', at
    from journal where action in ('failed', 'skipped') order by at desc limit 10000";

/// Fills the database at this address, of SQLite or PostgreSQL.
pub(crate) async fn fill(url: &str, entries: u32) {
    let database = match url.strip_prefix("sqlite:") {
        Some(path) => Database::sqlite(Path::new(path)).await.unwrap(),
        None => Database::postgres(&url.into()).await.unwrap(),
    };
    sqlx::any::install_default_drivers();
    let now = SystemClock.now();
    let mut filler = Filler {
        connection: AnyConnection::connect(url).await.unwrap(),
        is_sqlite: url.starts_with("sqlite:"),
        now,
    };
    if filler.is_sqlite {
        filler.run("pragma synchronous = off").await;
    }
    filler.journal(entries).await;
    filler.links(entries / 4).await;
    filler.troubles().await;
    // Those that fill, of all that the migration does.
    let statements = COUNTS.split(';').map(without_comments);
    for statement in statements.filter(|statement| statement.starts_with("insert")) {
        filler.run(&statement).await;
    }
    if !filler.is_sqlite {
        // Counts are written in the order of time, where they are written one by one.
        filler.run("cluster log_count using log_count_pkey").await;
        // As it does by itself after a while.
        filler.run("analyze").await;
    }
    filler.connection.close().await.unwrap();
    let store = SqlStore::new(database.clone());
    let mut after = String::new();
    while let Some(last) = store.know_links(&after, AT_ONCE, now).await.unwrap() {
        after = last;
    }
    database.close().await;
}

/// Fills a database with statements of its own: by the program's it would take hours.
struct Filler {
    connection: AnyConnection,
    is_sqlite: bool,
    now: Timestamp,
}

fn without_comments(statement: &str) -> String {
    let lines = statement
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

impl Filler {
    async fn run(&mut self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    async fn run_with(&mut self, statement: &'static str, value: &str) {
        sqlx::query(statement)
            .bind(value)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    /// An id in the form of a `UUIDv7` of these numbers.
    fn id(&self, high: &str, low: &str, rest: &str) -> String {
        if self.is_sqlite {
            return format!("printf('%08x-%04x-7000-8000-%012x', {high}, {low}, {rest})");
        }
        let hex = |number: &str, digits: u8| format!("lpad(to_hex(cast({number} as bigint)), {digits}, '0')");
        let (high, low, rest) = (hex(high, 8), hex(low, 4), hex(rest, 12));
        format!("{high} || '-' || {low} || '-7000-8000-' || {rest}")
    }

    async fn journal(&mut self, entries: u32) {
        let field = FieldPlan {
            field: "billing.phone = phone".to_owned(),
            decision: Decision::Moved {
                from: Side::WooCommerce,
                because: Reason::Changed,
            },
            before: Sides {
                woocommerce: Value::text("+44 20 7946 0001"),
                vtiger: Value::text("+44 20 7946 0000"),
            },
            written: Some(Value::text("+44 20 7946 0001")),
            lossy: false,
            note: None,
        };
        let fields = serde_json::to_string(&[field]).unwrap();
        let skip = serde_json::to_string(&Skip::NoEmail).unwrap();
        // $1 entries; the first quarter of them is the first sync's, and takes six hours.
        let id = self.id("at / 65536", "at % 65536", "n");
        let statement = format!(
            "with recursive nth(n) as (select cast(0 as bigint) union all select n + 1 from nth where n + 1 < $1),
         timed as (select n, case when n < $1 / 4 then $2 + n * 21600000 / ($1 / 4)
             else $2 + 21600000 + (n - $1 / 4) * ($3 - 21600000) / ($1 - $1 / 4) end as at from nth),
         told as (select n, at, case when n % 10 = 0 then 'outlet' else 'shop' end as connection,
             case when n % 1009 = 0 then 'failed' when n % 53 = 0 then 'skipped'
                 when n < $1 / 4 or n % 4 = 0 then 'created' else 'updated' end as action from timed)
         insert into journal (id, connection, at, module, side, action, woocommerce_id, vtiger_id, title, cause, fields,
             skip, minute, run)
         select {id}, connection, at,
             case n % 7 when 0 then 'sales_orders' when 1 then 'products' when 2 then 'products' when 3 then 'taxes'
                 else 'contacts' end,
             case when n % 3 = 0 then 'woocommerce' else 'vtiger' end, action,
             cast(n % ($1 / 4) as text), '12x' || (n % ($1 / 4)), 'Person ' || n, 'webhook', $4,
             case when action in ('skipped', 'failed') then $5 end, at - at % 60000,
             case when n < $1 / 4 then 'first' else 'live-' || connection || '-' || (at - at % 900000) end
         from told"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(i64::from(entries))
            .bind(self.now.as_millis() - SPAN_MS)
            .bind(SPAN_MS)
            .bind(fields)
            .bind(skip)
            .execute(&mut self.connection)
            .await
            .unwrap();
        self.run(RUNS).await;
    }

    async fn links(&mut self, links: u32) {
        let id = self.id("n", "0", "n");
        let statement = format!(
            "with recursive nth(n) as (select cast(0 as bigint) union all select n + 1 from nth where n + 1 < $1)
         insert into link (id, connection, module, woocommerce_id, vtiger_id, match_key, base, created_at, updated_at)
         select {id}, case when n % 10 = 0 then 'outlet' else 'shop' end,
             case n % 7 when 0 then 'sales_orders' when 1 then 'products' when 2 then 'products' when 3 then 'taxes'
                 else 'contacts' end,
             cast(n as text), '12x' || n, 'person' || n || '@shop.example', '{{}}', $2, $2 from nth"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(i64::from(links))
            .bind(self.now.as_millis())
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    /// What needs a person: records that are not in step, fields in conflict, and failed events.
    async fn troubles(&mut self) {
        self.run_with(PROBLEMS, Skip::NoEmail.kind()).await;
        let value = serde_json::to_string(&Value::text("+44 20 7946 0001")).unwrap();
        self.run_with(CONFLICTS, &value).await;
        let subject = Subject::Record {
            module: Module::Contacts,
            side: Side::WooCommerce,
            id: RecordId::new("1"),
            change: Change::Deleted,
        };
        let mut event = Event::new("shop", subject, Cause::Webhook, self.now);
        "ID".clone_into(&mut event.id);
        let event = serde_json::to_string(&event).unwrap();
        self.run_with(FAILED, &event).await;
    }
}
