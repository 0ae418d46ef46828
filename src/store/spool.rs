//! Events that the broker did not take, until it does.

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::Row;

use super::journal::named;
use super::{Spool, Spooled, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::queue::{Event, Lane};

#[async_trait]
impl Spool for SqlStore {
    async fn spool(&self, lane: Lane, events: &[Event], now: Timestamp) -> Result<(), StoreError> {
        const SPOOL: &str = "keep an event for the broker";
        let mut transaction = self.database.begin().await.map_err(StoreError::new(SPOOL))?;
        for event in events {
            sqlx::query(
                "insert into spool (id, lane, event, spooled_at) values ($1, $2, $3, $4) \
                 on conflict (id) do nothing",
            )
            .bind(event.id.as_str())
            .bind(lane.as_str())
            .bind(to_string(event).map_err(StoreError::unreadable(SPOOL))?)
            .bind(now.as_millis())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(SPOOL))?;
        }
        transaction.commit().await.map_err(StoreError::new(SPOOL))
    }

    async fn spooled(&self, limit: u32) -> Result<Vec<Spooled>, StoreError> {
        const READ: &str = "read the events kept for the broker";
        // The ids are made in the order of time.
        let rows = sqlx::query("select id, lane, event from spool order by id limit $1")
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| {
                let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
                Ok(Spooled {
                    id: text("id")?,
                    lane: named("lane", &text("lane")?, &Lane::ALL, Lane::as_str)?,
                    event: from_str(&text("event")?).ok(),
                })
            })
            .collect()
    }

    async fn spool_depth(&self, lane: Lane) -> Result<u64, StoreError> {
        const COUNT: &str = "count the events kept for the broker";
        let row = sqlx::query("select count(*) as depth from spool where lane = $1")
            .bind(lane.as_str())
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(COUNT))?;
        let depth: i64 = row.try_get("depth").map_err(StoreError::new(COUNT))?;
        Ok(u64::try_from(depth).unwrap_or(0))
    }

    async fn unspool(&self, ids: &[String]) -> Result<(), StoreError> {
        const FORGET: &str = "forget an event that the broker has";
        let mut transaction = self.database.begin().await.map_err(StoreError::new(FORGET))?;
        for id in ids {
            sqlx::query("delete from spool where id = $1")
                .bind(id.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(StoreError::new(FORGET))?;
        }
        transaction.commit().await.map_err(StoreError::new(FORGET))
    }
}
