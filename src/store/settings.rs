//! The modules' settings, and requests to sweep them.

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::Row;

use super::journal::named;
use super::{Place, Settings, SqlStore, StoreError, SweepRequest};
use crate::clock::Timestamp;
use crate::sync::{Module, ModuleSettings};

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

    async fn request_sweep(&self, request: &SweepRequest, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "insert into sweep_request (connection, module, requested_at, is_full, allows_deletions) \
             values ($1, $2, $3, $4, $5) on conflict (connection, module) do update set \
             is_full = case when $4 = 1 then 1 else sweep_request.is_full end, \
             allows_deletions = case when $5 = 1 then 1 else sweep_request.allows_deletions end",
        )
        .bind(request.at.connection.as_str())
        .bind(request.at.module.as_str())
        .bind(now.as_millis())
        .bind(i64::from(request.is_full))
        .bind(i64::from(request.allows_deletions))
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("ask for a sweep"))?;
        Ok(())
    }

    async fn take_sweep_requests(&self, connection: &str) -> Result<Vec<SweepRequest>, StoreError> {
        const TAKE: &str = "take the requests to sweep";
        // Reading first spares the writer: mostly there are none.
        let any = sqlx::query("select 1 from sweep_request where connection = $1 limit 1")
            .bind(connection)
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(TAKE))?;
        if any.is_none() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "delete from sweep_request where connection = $1 returning module, is_full, allows_deletions",
        )
        .bind(connection)
        .fetch_all(self.database.write())
        .await
        .map_err(StoreError::new(TAKE))?;
        rows.iter()
            .map(|row| {
                let read = || -> Result<(String, i64, i64), sqlx::Error> {
                    Ok((
                        row.try_get("module")?,
                        row.try_get("is_full")?,
                        row.try_get("allows_deletions")?,
                    ))
                };
                let (module, is_full, allows_deletions) = read().map_err(StoreError::new(TAKE))?;
                let module = named("module", &module, &Module::ALL, Module::as_str)?;
                Ok(SweepRequest {
                    at: Place {
                        connection: connection.to_owned(),
                        module,
                    },
                    is_full: is_full != 0,
                    allows_deletions: allows_deletions != 0,
                })
            })
            .collect()
    }
}
