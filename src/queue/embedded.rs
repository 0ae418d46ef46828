//! The queue as a table of the database: durable, and nothing to install.
//!
//! For one process only. What a killed process had taken is given back when the next one starts.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::{Row, any::AnyRow};
use tokio::sync::Notify;

use super::{Delivery, Event, Failure, Lane, Queue, QueueError};
use crate::clock::{Clock, Timestamp};
use crate::store::Database;
use crate::telemetry;
use std::sync::Arc;

/// How long a waiting worker goes without looking, when it is told of nothing: delayed events become due, and
/// another process (`sweep`) may have added some.
const POLL: Duration = Duration::from_millis(100);

/// The queue in the database.
#[derive(Debug)]
pub struct EmbeddedQueue {
    database: Database,
    clock: Arc<dyn Clock>,
    added: Notify,
}

impl EmbeddedQueue {
    /// The queue in this database.
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self {
            database,
            clock,
            added: Notify::new(),
        }
    }

    /// Gives back what an earlier process had taken. Only for a process that is alone on its database.
    pub async fn recover(&self) -> Result<u64, QueueError> {
        let done = sqlx::query("update queue set state = 'ready' where state = 'taken'")
            .execute(self.database.write())
            .await
            .map_err(|error| QueueError::new("give back taken events", error))?;
        Ok(done.rows_affected())
    }

    async fn try_take(&self, limit: usize) -> Result<Vec<Delivery>, sqlx::Error> {
        let now = self.clock.now().as_millis();
        // Reading first spares the writer of most polls.
        let due = sqlx::query("select 1 from queue where state = 'ready' and available_at <= $1 limit 1")
            .bind(now)
            .fetch_optional(self.database.read())
            .await?;
        if due.is_none() {
            return Ok(Vec::new());
        }
        // `live` comes before `bulk` when the names are sorted downwards.
        let rows = sqlx::query(
            "update queue set state = 'taken' where id in (select id from queue where state = 'ready' \
             and available_at <= $1 order by lane desc, available_at, id limit $2) \
             returning id, lane, attempts, history, event",
        )
        .bind(now)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.database.write())
        .await?;
        let mut deliveries = Vec::with_capacity(rows.len());
        for row in &rows {
            deliveries.push((row.try_get::<String, _>("lane")?, delivery(row)?));
        }
        // What is returned comes in no order.
        deliveries
            .sort_by(|(lane, one), (other_lane, other)| other_lane.cmp(lane).then(one.id.cmp(&other.id)));
        Ok(deliveries.into_iter().map(|(_, delivery)| delivery).collect())
    }
}

fn delivery(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    let event: String = row.try_get("event")?;
    let history: String = row.try_get("history")?;
    Ok(Delivery {
        id: row.try_get("id")?,
        event: from_str::<Event>(&event).map_err(|_| event),
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        history: from_str(&history).unwrap_or_default(),
        is_poisoned: false,
    })
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn publish(&self, lane: Lane, events: &[Event]) -> Result<(), QueueError> {
        let failed = |error: sqlx::Error| QueueError::new("publish", error);
        let now = self.clock.now().as_millis();
        let mut transaction = self.database.begin().await.map_err(failed)?;
        for event in events {
            let text = to_string(event).map_err(|error| QueueError::new("publish", error))?;
            sqlx::query(
                "insert into queue (id, lane, state, available_at, attempts, history, event, enqueued_at) \
                 values ($1, $2, 'ready', $3, 0, '[]', $4, $3)",
            )
            .bind(event.id.as_str())
            .bind(lane.as_str())
            .bind(now)
            .bind(text)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
        self.added.notify_one();
        telemetry::events_queued(lane, events.len());
        Ok(())
    }

    async fn take(&self, limit: usize) -> Result<Vec<Delivery>, QueueError> {
        loop {
            // Interest is registered before looking, so that nothing added in between is overlooked.
            let added = self.added.notified();
            let taken = self
                .try_take(limit)
                .await
                .map_err(|error| QueueError::new("take events", error))?;
            if !taken.is_empty() {
                return Ok(taken);
            }
            // Running out of time only means to look again.
            drop(tokio::time::timeout(POLL, added).await);
        }
    }

    async fn done(&self, delivery: &Delivery) -> Result<(), QueueError> {
        sqlx::query("delete from queue where id = $1 and state = 'taken'")
            .bind(delivery.id.as_str())
            .execute(self.database.write())
            .await
            .map_err(|error| QueueError::new("remove an event", error))?;
        Ok(())
    }

    async fn again(
        &self,
        delivery: &Delivery,
        delay: Duration,
        failure: Option<Failure>,
    ) -> Result<(), QueueError> {
        const AGAIN: &str = "put an event back";
        let counted = i64::from(failure.is_some());
        let history = match failure {
            Some(failure) => to_string(&delivery.history_with(failure)),
            None => to_string(&delivery.history),
        };
        sqlx::query(
            "update queue set state = 'ready', available_at = $2, attempts = attempts + $3, history = $4 \
             where id = $1 and state = 'taken'",
        )
        .bind(delivery.id.as_str())
        .bind((self.clock.now() + delay).as_millis())
        .bind(counted)
        .bind(history.map_err(|error| QueueError::new(AGAIN, error))?)
        .execute(self.database.write())
        .await
        .map_err(|error| QueueError::new(AGAIN, error))?;
        Ok(())
    }

    async fn depth(&self, lane: Lane) -> Result<u64, QueueError> {
        let failed = |error: sqlx::Error| QueueError::new("count events", error);
        let row = sqlx::query("select count(*) as depth from queue where lane = $1")
            .bind(lane.as_str())
            .fetch_one(self.database.read())
            .await
            .map_err(failed)?;
        let depth: i64 = row.try_get("depth").map_err(failed)?;
        Ok(u64::try_from(depth).unwrap_or(0))
    }

    async fn oldest(&self, lane: Lane) -> Result<Option<Timestamp>, QueueError> {
        let failed = |error: sqlx::Error| QueueError::new("look for the oldest event", error);
        let row = sqlx::query("select min(enqueued_at) as oldest from queue where lane = $1")
            .bind(lane.as_str())
            .fetch_one(self.database.read())
            .await
            .map_err(failed)?;
        let oldest: Option<i64> = row.try_get("oldest").map_err(failed)?;
        Ok(oldest.map(Timestamp::from_millis))
    }
}
