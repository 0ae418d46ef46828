//! The webhooks that the program registers by itself: their secrets, whether the shop reaches us, and when something
//! came from either system.

use std::fmt;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use sqlx::Row;

use super::{SqlStore, StoreError};
use crate::clock::Timestamp;

/// The secret that was made up for a connection's webhooks.
#[derive(Clone, Debug)]
pub struct WebhookSecret {
    /// The present one.
    pub present: SecretString,
    /// The one before it, which deliveries may still be signed with.
    pub previous: Option<SecretString>,
    /// When the present one was made.
    pub changed: Timestamp,
}

/// When something came last by itself from a connection's systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// When the last delivery came from the shop.
    pub delivery: Option<Timestamp>,
    /// How long before, in milliseconds, what it tells of was changed: by the shop's clock, while it came by ours.
    pub delivery_late_ms: Option<i64>,
    /// When the last callback came from the CRM.
    pub callback: Option<Timestamp>,
}

/// What is known of the webhooks of each connection.
#[async_trait]
pub trait WebhookNotes: Send + Sync + fmt::Debug {
    /// The secret that was made up for a connection, where one was.
    async fn webhook_secret(&self, connection: &str) -> Result<Option<WebhookSecret>, StoreError>;

    /// Keeps a first secret, unless there is one; a later one only in the place of `old`, which stays as the previous one.
    /// False, and nothing done, where another process was faster.
    async fn put_webhook_secret(
        &self,
        connection: &str,
        secret: &SecretString,
        old: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The fingerprint of the secret that all registered webhooks were given.
    async fn webhook_secret_given(&self, connection: &str) -> Result<Option<String>, StoreError>;

    /// Notes that all registered webhooks were given the secret with this fingerprint.
    async fn note_webhook_secret_given(&self, connection: &str, fingerprint: &str) -> Result<(), StoreError>;

    /// Notes that the shop tested the address of this webhook, and forgets of all connections what was before `forgotten`.
    async fn note_ping(
        &self,
        connection: &str,
        webhook: u64,
        now: Timestamp,
        forgotten: Timestamp,
    ) -> Result<(), StoreError>;

    /// The webhooks whose address the shop tested.
    async fn pings(&self, connection: &str) -> Result<Vec<u64>, StoreError>;

    /// Forgets that the shop tested addresses.
    async fn forget_pings(&self, connection: &str) -> Result<(), StoreError>;

    /// Notes when the last genuine delivery came, and how long before, in milliseconds, what it tells of was changed.
    async fn note_delivery(
        &self,
        connection: &str,
        now: Timestamp,
        late_ms: Option<i64>,
    ) -> Result<(), StoreError>;

    /// Notes when the last genuine callback came.
    async fn note_callback(&self, connection: &str, now: Timestamp) -> Result<(), StoreError>;

    /// When the last genuine delivery came, to within a minute.
    async fn last_delivery(&self, connection: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.arrivals(connection).await?.delivery)
    }

    /// When the last genuine delivery and the last genuine callback came, to within a minute.
    async fn arrivals(&self, connection: &str) -> Result<Arrivals, StoreError>;
}

#[async_trait]
impl WebhookNotes for SqlStore {
    async fn webhook_secret(&self, connection: &str) -> Result<Option<WebhookSecret>, StoreError> {
        const READ: &str = "read a webhook secret";
        let row =
            sqlx::query("select secret, previous, changed_at from webhook_secret where connection = $1")
                .bind(connection)
                .fetch_optional(self.database.read())
                .await
                .map_err(StoreError::new(READ))?;
        let read = |row: sqlx::any::AnyRow| {
            Ok(WebhookSecret {
                present: row.try_get::<String, _>("secret")?.into(),
                previous: row.try_get::<Option<String>, _>("previous")?.map(Into::into),
                changed: Timestamp::from_millis(row.try_get("changed_at")?),
            })
        };
        row.map(read).transpose().map_err(StoreError::new(READ))
    }

    async fn put_webhook_secret(
        &self,
        connection: &str,
        secret: &SecretString,
        old: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = match old {
            None => sqlx::query(
                "insert into webhook_secret (connection, secret, changed_at) values ($1, $2, $3) \
                 on conflict (connection) do nothing",
            ),
            Some(_) => sqlx::query(
                "update webhook_secret set previous = secret, secret = $2, changed_at = $3 \
                 where connection = $1 and secret = $4",
            ),
        };
        let mut query = query
            .bind(connection)
            .bind(secret.expose_secret())
            .bind(now.as_millis());
        if let Some(old) = old {
            query = query.bind(old.expose_secret());
        }
        let done = query.execute(self.database.write()).await;
        let done = done.map_err(StoreError::new("keep a webhook secret"))?;
        Ok(done.rows_affected() == 1)
    }

    async fn webhook_secret_given(&self, connection: &str) -> Result<Option<String>, StoreError> {
        const READ: &str = "read which secret the webhooks have";
        let row = sqlx::query("select given from webhook_state where connection = $1")
            .bind(connection)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let given = row.map(|row| row.try_get("given")).transpose();
        Ok(given.map_err(StoreError::new(READ))?.flatten())
    }

    async fn note_webhook_secret_given(&self, connection: &str, fingerprint: &str) -> Result<(), StoreError> {
        sqlx::query(
            "insert into webhook_state (connection, given) values ($1, $2) \
             on conflict (connection) do update set given = $2",
        )
        .bind(connection)
        .bind(fingerprint)
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note which secret the webhooks have"))?;
        Ok(())
    }

    async fn note_ping(
        &self,
        connection: &str,
        webhook: u64,
        now: Timestamp,
        forgotten: Timestamp,
    ) -> Result<(), StoreError> {
        const NOTE: &str = "note that a shop tested an address";
        // Anybody can send such a test; no shop has a webhook with so large a number.
        let Ok(webhook) = i64::try_from(webhook) else {
            return Ok(());
        };
        sqlx::query(
            "insert into webhook_ping (connection, webhook_id, pinged_at) values ($1, $2, $3) \
             on conflict (connection, webhook_id) do update set pinged_at = $3",
        )
        .bind(connection)
        .bind(webhook)
        .bind(now.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(NOTE))?;
        sqlx::query("delete from webhook_ping where pinged_at < $1")
            .bind(forgotten.as_millis())
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(NOTE))?;
        Ok(())
    }

    async fn pings(&self, connection: &str) -> Result<Vec<u64>, StoreError> {
        const READ: &str = "read which addresses a shop tested";
        let rows = sqlx::query("select webhook_id from webhook_ping where connection = $1")
            .bind(connection)
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let ids = rows.iter().map(|row| row.try_get::<i64, _>("webhook_id"));
        let ids: Vec<i64> = ids.collect::<Result<_, _>>().map_err(StoreError::new(READ))?;
        Ok(ids.into_iter().filter_map(|id| id.try_into().ok()).collect())
    }

    async fn forget_pings(&self, connection: &str) -> Result<(), StoreError> {
        sqlx::query("delete from webhook_ping where connection = $1")
            .bind(connection)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new("forget which addresses a shop tested"))?;
        Ok(())
    }

    async fn note_delivery(
        &self,
        connection: &str,
        now: Timestamp,
        late_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "insert into webhook_state (connection, delivered_at, delivered_late_ms) values ($1, $2, $3) \
             on conflict (connection) do update set delivered_at = $2, delivered_late_ms = $3",
        )
        .bind(connection)
        .bind(now.as_millis())
        .bind(late_ms)
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note that a delivery came"))?;
        Ok(())
    }

    async fn note_callback(&self, connection: &str, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into webhook_state (connection, called_back_at) values ($1, $2) \
             on conflict (connection) do update set called_back_at = $2",
        )
        .bind(connection)
        .bind(now.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("note that a callback came"))?;
        Ok(())
    }

    async fn arrivals(&self, connection: &str) -> Result<Arrivals, StoreError> {
        const READ: &str = "read when something came last";
        let row = sqlx::query(
            "select delivered_at, delivered_late_ms, called_back_at from webhook_state where connection = $1",
        )
        .bind(connection)
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        let Some(row) = row else {
            return Ok(Arrivals::default());
        };
        let read = |name: &str| row.try_get::<Option<i64>, _>(name);
        let arrivals = || -> Result<Arrivals, sqlx::Error> {
            Ok(Arrivals {
                delivery: read("delivered_at")?.map(Timestamp::from_millis),
                delivery_late_ms: read("delivered_late_ms")?,
                callback: read("called_back_at")?.map(Timestamp::from_millis),
            })
        };
        arrivals().map_err(StoreError::new(READ))
    }
}
