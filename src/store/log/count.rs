//! Counts entries as they are written.

use std::collections::BTreeMap;

use sqlx::{Any, Transaction};

use super::{DAY_MS, HOUR_MS, MINUTE_MS, start_of};
use crate::store::{Commit, StoreError};

const COUNT: &str = "count what was done";

/// Counts a commit's entries as part of its transaction. `shards`: in so many rows what is at work at once is counted.
///
/// To be called last: others that count in the same rows wait from here to the end of the transaction.
pub(in crate::store) async fn put(
    transaction: &mut Transaction<'static, Any>,
    commit: &Commit,
    run: &str,
    shards: u32,
) -> Result<(), StoreError> {
    let now = commit.now.as_millis();
    let shard = if shards > 1 {
        i64::from(rand::random::<u32>() % shards)
    } else {
        0
    };
    let late = commit
        .told_at
        .and_then(|told| i64::try_from((commit.now - told).as_millis()).ok());
    // Always in the same order: else two that count the same would wait for each other for ever.
    let mut numbers: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for entry in &commit.entries {
        *numbers
            .entry((entry.side.as_str(), entry.action.as_str()))
            .or_default() += 1;
    }
    for ((side, action), number) in &numbers {
        sqlx::query(
            "insert into log_count (span, start_at, connection, module, side, action, shard, number, timed, late_ms, \
             slowest_ms) values ('minute', $1, $3, $4, $5, $6, $7, $8, $9, $10, $11), \
             ('hour', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11), ('day', $12, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
             on conflict (span, start_at, connection, module, side, action, shard) do update set \
             number = log_count.number + $8, timed = log_count.timed + $9, late_ms = log_count.late_ms + $10, \
             slowest_ms = case when log_count.slowest_ms > $11 then log_count.slowest_ms else $11 end",
        )
        .bind(start_of(now, MINUTE_MS))
        .bind(start_of(now, HOUR_MS))
        .bind(commit.at.connection.as_str())
        .bind(commit.at.module.as_str())
        .bind(*side)
        .bind(*action)
        .bind(shard)
        .bind(*number)
        .bind(late.map_or(0, |_| *number))
        .bind(late.map_or(0, |late| late.saturating_mul(*number)))
        .bind(late.unwrap_or_default())
        .bind(start_of(now, DAY_MS))
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::new(COUNT))?;
    }
    for ((side, action), number) in &numbers {
        sqlx::query(
            "insert into run_count (run, module, side, action, shard, number) values ($1, $2, $3, $4, $5, $6) \
             on conflict (run, module, side, action, shard) do update set number = run_count.number + $6",
        )
        .bind(run)
        .bind(commit.at.module.as_str())
        .bind(*side)
        .bind(*action)
        .bind(shard)
        .bind(*number)
        .execute(&mut **transaction)
        .await
        .map_err(StoreError::new(COUNT))?;
    }
    Ok(())
}
