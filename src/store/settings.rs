//! The modules' settings.

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::Row;

use super::{Place, Settings, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::ModuleSettings;

#[async_trait]
impl Settings for SqlStore {
    async fn settings(&self, at: &Place) -> Result<Option<ModuleSettings>, StoreError> {
        const READ: &str = "read a module's settings";
        let row = sqlx::query("select settings from setting where connection = $1 and module = $2")
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let Some(row) = row else { return Ok(None) };
        let text: String = row.try_get("settings").map_err(StoreError::new(READ))?;
        from_str(&text).map(Some).map_err(StoreError::unreadable(READ))
    }

    async fn put_settings(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const WRITE: &str = "write a module's settings";
        sqlx::query(
            "insert into setting (connection, module, settings, updated_at) values ($1, $2, $3, $4) \
             on conflict (connection, module) do update set settings = $3, updated_at = $4",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(to_string(settings).map_err(StoreError::unreadable(WRITE))?)
        .bind(now.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
        Ok(())
    }
}
