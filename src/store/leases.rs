//! Leases of records, and the events that wait for them.

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Row, Transaction};

use super::database::placeholders;
use super::{Fence, Leases, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::queue::Event;

#[async_trait]
impl Leases for SqlStore {
    async fn acquire(
        &self,
        name: &str,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "insert into lease (name, owner, until) values ($1, $2, $4) \
             on conflict (name) do update set owner = $2, until = $4 \
             where lease.owner = $2 or lease.until < $3 returning name",
        )
        .bind(name)
        .bind(owner)
        .bind(now.as_millis())
        .bind(until.as_millis())
        .fetch_optional(self.database.write())
        .await
        .map_err(StoreError::new("take a lease"))?;
        Ok(row.is_some())
    }

    async fn is_leased(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let row = sqlx::query("select 1 from lease where name = $1 and until >= $2")
            .bind(name)
            .bind(now.as_millis())
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new("look for a lease"))?;
        Ok(row.is_some())
    }

    async fn park(&self, name: &str, event: &Event, now: Timestamp) -> Result<bool, StoreError> {
        const PARK: &str = "park an event";
        let mut transaction = self.database.begin().await.map_err(StoreError::new(PARK))?;
        // Locks the row, so that its holder can't release it before it sees the event.
        let held = sqlx::query("update lease set until = until where name = $1 and until >= $2")
            .bind(name)
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(PARK))?;
        if held.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "insert into parked (id, lease, event, parked_at) values ($1, $2, $3, $4) on conflict (id) do nothing",
        )
        .bind(event.id.as_str())
        .bind(name)
        .bind(to_string(event).map_err(StoreError::unreadable(PARK))?)
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::new(PARK))?;
        transaction.commit().await.map_err(StoreError::new(PARK))?;
        Ok(true)
    }

    async fn waiting(&self, names: &[String]) -> Result<Vec<Event>, StoreError> {
        const LOOK: &str = "look for parked events";
        let mut waiting = Vec::new();
        for name in names {
            let rows = sqlx::query("select event from parked where lease = $1 order by id limit 100")
                .bind(name)
                .fetch_all(self.database.read())
                .await
                .map_err(StoreError::new(LOOK))?;
            waiting.append(&mut events(&rows)?);
        }
        Ok(waiting)
    }

    async fn release(&self, names: &[String], owner: &str) -> Result<Vec<Event>, StoreError> {
        const RELEASE: &str = "release a lease";
        let mut waiting = Vec::new();
        let mut transaction = self.database.begin().await.map_err(StoreError::new(RELEASE))?;
        for name in names {
            let done = sqlx::query("delete from lease where name = $1 and owner = $2")
                .bind(name)
                .bind(owner)
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::new(RELEASE))?;
            // What waits for a lease that ran out and was taken by somebody else is that holder's to wake.
            if done.rows_affected() > 0 {
                let rows = sqlx::query("select event from parked where lease = $1 order by id")
                    .bind(name)
                    .fetch_all(&mut *transaction)
                    .await
                    .map_err(StoreError::new(RELEASE))?;
                waiting.append(&mut events(&rows)?);
            }
        }
        transaction.commit().await.map_err(StoreError::new(RELEASE))?;
        Ok(waiting)
    }

    async fn unpark(&self, ids: &[String]) -> Result<(), StoreError> {
        const UNPARK: &str = "forget parked events";
        let mut transaction = self.database.begin().await.map_err(StoreError::new(UNPARK))?;
        for id in ids {
            sqlx::query("delete from parked where id = $1")
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::new(UNPARK))?;
        }
        transaction.commit().await.map_err(StoreError::new(UNPARK))
    }

    async fn stranded(&self, now: Timestamp) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query(
            "select event from parked where not exists \
             (select 1 from lease where lease.name = parked.lease and lease.until >= $1) order by id limit 100",
        )
        .bind(now.as_millis())
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new("look for stranded events"))?;
        events(&rows)
    }

    async fn parked(&self) -> Result<u64, StoreError> {
        const COUNT: &str = "count parked events";
        let row = sqlx::query("select count(*) as number from parked")
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(COUNT))?;
        let number: i64 = row.try_get("number").map_err(StoreError::new(COUNT))?;
        Ok(u64::try_from(number).unwrap_or_default())
    }

    async fn renew(&self, owners: &[String], now: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        const RENEW: &str = "prolong leases";
        if owners.is_empty() {
            return Ok(0);
        }
        let statement = format!(
            "select name, owner from lease where until >= $1 and owner in ({})",
            placeholders(2, owners.len())
        );
        // Nothing but placeholders is put in.
        let query = sqlx::query(AssertSqlSafe(statement)).bind(now.as_millis());
        let query = owners
            .iter()
            .fold(query, |query, owner| query.bind(owner.as_str()));
        let held = query
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(RENEW))?;
        let mut renewed = 0;
        // One by one: a statement that locks several waits for commits that wait for it.
        for row in &held {
            let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(RENEW));
            let done =
                sqlx::query("update lease set until = $1 where name = $2 and owner = $3 and until >= $4")
                    .bind(until.as_millis())
                    .bind(text("name")?)
                    .bind(text("owner")?)
                    .bind(now.as_millis())
                    .execute(self.database.write())
                    .await
                    .map_err(StoreError::new(RENEW))?;
            renewed += done.rows_affected();
        }
        Ok(renewed)
    }

    async fn drop_leases(&self) -> Result<(), StoreError> {
        sqlx::query("delete from lease")
            .execute(self.database.write())
            .await
            .map_err(StoreError::new("drop the leases"))?;
        Ok(())
    }
}

/// Whether all these leases are still held, which then stays so until the transaction ends.
pub(super) async fn hold(
    transaction: &mut Transaction<'static, Any>,
    fence: &Fence,
) -> Result<bool, sqlx::Error> {
    for name in &fence.names {
        let held = sqlx::query("update lease set until = until where name = $1 and owner = $2")
            .bind(name.as_str())
            .bind(fence.owner.as_str())
            .execute(&mut **transaction)
            .await?;
        if held.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn events(rows: &[AnyRow]) -> Result<Vec<Event>, StoreError> {
    const READ: &str = "read a parked event";
    rows.iter()
        .map(|row| {
            let text: String = row.try_get("event").map_err(StoreError::new(READ))?;
            from_str(&text).map_err(StoreError::unreadable(READ))
        })
        .collect()
}
