//! A database as it is after three months: a first sync of a quarter of all entries, and changes as they happened since.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};
use woo_vtiger_sync::store::{Database, Known, SqlStore};
use woo_vtiger_sync::sync::{Decision, FieldPlan, Reason, Side, Sides, Skip, Value};

pub(crate) const CONNECTIONS: [&str; 2] = ["shop", "outlet"];

/// How long all of it took: three months, in milliseconds.
const SPAN_MS: i64 = 90 * 24 * 3_600_000;

/// What counts entries that were written without being counted.
const COUNTS: &str = include_str!("../../migrations/0012_log_counts.sql");

/// How many links are made known at once.
const AT_ONCE: u32 = 5_000;

pub(crate) async fn fill(path: &Path, entries: u32) {
    let database = Database::sqlite(path).await.unwrap();
    let mut connection = SqliteConnection::connect_with(
        &SqliteConnectOptions::new()
            .filename(path)
            .pragma("synchronous", "off"),
    )
    .await
    .unwrap();
    let now = SystemClock.now();
    journal(&mut connection, entries, now).await;
    links(&mut connection, entries / 4, now).await;
    // Those that fill, of all that the migration does.
    let statements = COUNTS.split(';').map(without_comments);
    for statement in statements.filter(|statement| statement.starts_with("insert")) {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    connection.close().await.unwrap();
    let store = SqlStore::new(database.clone());
    let mut after = String::new();
    while let Some(last) = store.know_links(&after, AT_ONCE, now).await.unwrap() {
        after = last;
    }
    database.close().await;
}

fn without_comments(statement: &str) -> String {
    let lines = statement
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

async fn journal(connection: &mut SqliteConnection, entries: u32, now: Timestamp) {
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
    sqlx::query(
        "with recursive nth(n) as (select 0 union all select n + 1 from nth where n + 1 < $1),
         timed as (select n, case when n < $1 / 4 then $2 + n * 21600000 / ($1 / 4)
             else $2 + 21600000 + (n - $1 / 4) * ($3 - 21600000) / ($1 - $1 / 4) end as at from nth),
         told as (select n, at, case when n % 10 = 0 then 'outlet' else 'shop' end as connection,
             case when n % 1009 = 0 then 'failed' when n % 53 = 0 then 'skipped'
                 when n < $1 / 4 or n % 4 = 0 then 'created' else 'updated' end as action from timed)
         insert into journal (id, connection, at, module, side, action, woocommerce_id, vtiger_id, title, cause, fields,
             skip, minute, run)
         select printf('%08x-%04x-7000-8000-%012x', at >> 16, at & 65535, n), connection, at,
             case n % 7 when 0 then 'sales_orders' when 1 then 'products' when 2 then 'products' when 3 then 'taxes'
                 else 'contacts' end,
             case when n % 3 = 0 then 'woocommerce' else 'vtiger' end, action,
             cast(n % ($1 / 4) as text), '12x' || (n % ($1 / 4)), 'Person ' || n, 'webhook', $4,
             case when action in ('skipped', 'failed') then $5 end, at - at % 60000,
             case when n < $1 / 4 then 'first' else 'live-' || connection || '-' || (at - at % 900000) end
         from told",
    )
    .bind(i64::from(entries))
    .bind(now.as_millis() - SPAN_MS)
    .bind(SPAN_MS)
    .bind(fields)
    .bind(skip)
    .execute(&mut *connection)
    .await
    .unwrap();
    sqlx::query(
        "insert into run (id, connection, kind, begun_at, ended_at)
         select run, min(connection), case when run = 'first' then 'backfill' else 'live' end, min(at), max(at)
         from journal group by run",
    )
    .execute(&mut *connection)
    .await
    .unwrap();
}

async fn links(connection: &mut SqliteConnection, links: u32, now: Timestamp) {
    sqlx::query(
        "with recursive nth(n) as (select 0 union all select n + 1 from nth where n + 1 < $1)
         insert into link (id, connection, module, woocommerce_id, vtiger_id, match_key, base, created_at, updated_at)
         select printf('%08x-0000-7000-8000-%012x', n, n), case when n % 10 = 0 then 'outlet' else 'shop' end,
             case n % 7 when 0 then 'sales_orders' when 1 then 'products' when 2 then 'products' when 3 then 'taxes'
                 else 'contacts' end,
             cast(n as text), '12x' || n, 'person' || n || '@shop.example', '{}', $2, $2 from nth",
    )
    .bind(i64::from(links))
    .bind(now.as_millis())
    .execute(&mut *connection)
    .await
    .unwrap();
}
