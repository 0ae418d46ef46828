//! Shops that were asked for keys on their own consent screen, until the keys are used or too much time has passed.

use std::fmt;

use async_trait::async_trait;
use sqlx::Row;

use super::{SqlStore, StoreError};
use crate::clock::Timestamp;

/// A shop that was asked for keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The digest of what the shop sends along with the keys.
    pub digest: String,
    /// The shop's address.
    pub shop_url: String,
    /// The keys, sealed, once they came.
    pub sealed: Option<String>,
    /// When it was asked.
    pub asked: Timestamp,
}

/// The shops that were asked for keys.
#[async_trait]
pub trait Consents: Send + Sync + fmt::Debug {
    /// Notes that a shop is asked, and forgets those that were asked before `forgotten`.
    async fn ask_consent(&self, consent: &Consent, forgotten: Timestamp) -> Result<(), StoreError>;

    /// What is known of a shop that was asked.
    async fn consent(&self, digest: &str) -> Result<Option<Consent>, StoreError>;

    /// Keeps the keys that came; false, and nothing done, where nobody was asked since `asked`, or keys came already.
    async fn grant_consent(&self, digest: &str, sealed: &str, asked: Timestamp) -> Result<bool, StoreError>;

    /// Forgets that a shop was asked, and its keys.
    async fn end_consent(&self, digest: &str) -> Result<(), StoreError>;
}

#[async_trait]
impl Consents for SqlStore {
    async fn ask_consent(&self, consent: &Consent, forgotten: Timestamp) -> Result<(), StoreError> {
        const ASK: &str = "note that a shop is asked for keys";
        sqlx::query("delete from consent where asked_at < $1")
            .bind(forgotten.as_millis())
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(ASK))?;
        sqlx::query("insert into consent (digest, shop_url, sealed, asked_at) values ($1, $2, $3, $4)")
            .bind(consent.digest.as_str())
            .bind(consent.shop_url.as_str())
            .bind(consent.sealed.as_deref())
            .bind(consent.asked.as_millis())
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(ASK))?;
        Ok(())
    }

    async fn consent(&self, digest: &str) -> Result<Option<Consent>, StoreError> {
        const READ: &str = "read whether a shop gave keys";
        let row = sqlx::query("select digest, shop_url, sealed, asked_at from consent where digest = $1")
            .bind(digest)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let read = |row: sqlx::any::AnyRow| {
            Ok(Consent {
                digest: row.try_get("digest")?,
                shop_url: row.try_get("shop_url")?,
                sealed: row.try_get("sealed")?,
                asked: Timestamp::from_millis(row.try_get("asked_at")?),
            })
        };
        row.map(read).transpose().map_err(StoreError::new(READ))
    }

    async fn grant_consent(&self, digest: &str, sealed: &str, asked: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update consent set sealed = $2 where digest = $1 and sealed is null and asked_at >= $3",
        )
        .bind(digest)
        .bind(sealed)
        .bind(asked.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("keep a shop's keys"))?;
        Ok(done.rows_affected() == 1)
    }

    async fn end_consent(&self, digest: &str) -> Result<(), StoreError> {
        sqlx::query("delete from consent where digest = $1")
            .bind(digest)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new("forget a shop's keys"))?;
        Ok(())
    }
}
