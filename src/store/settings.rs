//! The modules' settings: those in force, and all versions before them.
//!
//! A version is never changed. What is saved becomes the next one, unless somebody else saved one meanwhile.

use std::fmt;

use async_trait::async_trait;
use serde_json::{from_str, to_string};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

use super::{Place, SqlStore, StoreError};
use crate::clock::Timestamp;
use crate::sync::ModuleSettings;

const READ: &str = "read a module's settings";
const WRITE: &str = "write a module's settings";

/// Who brings settings into force that the program takes from its configuration.
pub const CONFIGURATION: &str = "configuration";

/// The modules' settings.
#[async_trait]
pub trait Settings: Send + Sync + fmt::Debug {
    /// A module's settings in force; `None` when none were stored yet.
    async fn settings(&self, at: &Place) -> Result<Option<ModuleSettings>, StoreError>;

    /// The version in force; `None` when none was stored yet.
    async fn settings_in_force(&self, at: &Place) -> Result<Option<SettingsVersion>, StoreError>;

    /// Brings settings into force as the next version, and returns its number; `None`, and nothing done, when the version
    /// in force is not `over` (0 where none is). Without `over`, whatever is in force.
    async fn save_settings(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        signature: &Signature,
        over: Option<u32>,
        now: Timestamp,
    ) -> Result<Option<u32>, StoreError>;

    /// Up to `limit` versions before this one, the newest first; without it, from the one in force.
    async fn settings_versions(
        &self,
        at: &Place,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError>;

    /// The version with this number.
    async fn settings_version(&self, at: &Place, version: u32)
    -> Result<Option<SettingsVersion>, StoreError>;

    /// Brings settings into force as the configuration's, whatever is in force.
    async fn put_settings(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let signature = Signature::new(CONFIGURATION, "from the configuration");
        self.save_settings(at, settings, &signature, None, now)
            .await
            .map(drop)
    }
}

/// Who changes settings, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who.
    pub by: String,
    /// Why, as far as somebody says so; may be empty.
    pub note: String,
}

impl Signature {
    /// Who changes something, and why.
    pub fn new(by: impl Into<String>, note: impl Into<String>) -> Self {
        Self {
            by: by.into(),
            note: note.into(),
        }
    }
}

/// One version of a module's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsVersion {
    /// Its number; the first is 1.
    pub version: u32,
    /// When it was brought into force.
    pub saved_at: Timestamp,
    /// By whom, and why.
    pub signature: Signature,
    /// The settings; `None` where this program can't read them any more.
    pub settings: Option<ModuleSettings>,
}

/// The statement that reads versions of a module, with a further condition.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "select version, saved_at, saved_by, note, settings from setting_version \
             where connection = $1 and module = $2",
            $condition
        )
    };
}

#[async_trait]
impl Settings for SqlStore {
    async fn settings(&self, at: &Place) -> Result<Option<ModuleSettings>, StoreError> {
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

    async fn settings_in_force(&self, at: &Place) -> Result<Option<SettingsVersion>, StoreError> {
        Ok(self.settings_versions(at, None, 1).await?.pop())
    }

    async fn save_settings(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        signature: &Signature,
        over: Option<u32>,
        now: Timestamp,
    ) -> Result<Option<u32>, StoreError> {
        let text = to_string(settings).map_err(StoreError::unreadable(WRITE))?;
        let failed = || StoreError::new(WRITE);
        let mut transaction = self.database.begin().await.map_err(failed())?;
        if !write(&mut transaction, at, &text, over, now)
            .await
            .map_err(failed())?
        {
            return Ok(None);
        }
        let row = sqlx::query("select version from setting where connection = $1 and module = $2")
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed())?;
        let version: i64 = row.try_get("version").map_err(failed())?;
        sqlx::query(
            "insert into setting_version (connection, module, version, saved_at, saved_by, note, settings) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(version)
        .bind(now.as_millis())
        .bind(signature.by.as_str())
        .bind(signature.note.as_str())
        .bind(text)
        .execute(&mut *transaction)
        .await
        .map_err(failed())?;
        transaction.commit().await.map_err(failed())?;
        Ok(Some(number(version)))
    }

    async fn settings_versions(
        &self,
        at: &Place,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let rows = sqlx::query(select!(" and version < $3 order by version desc limit $4"))
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(before.map_or(i64::MAX, i64::from))
            .bind(i64::from(limit))
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(version_of)
            .collect::<Result<_, _>>()
            .map_err(StoreError::new(READ))
    }

    async fn settings_version(
        &self,
        at: &Place,
        version: u32,
    ) -> Result<Option<SettingsVersion>, StoreError> {
        let row = sqlx::query(select!(" and version = $3"))
            .bind(at.connection.as_str())
            .bind(at.module.as_str())
            .bind(i64::from(version))
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        row.as_ref()
            .map(version_of)
            .transpose()
            .map_err(StoreError::new(READ))
    }
}

/// Brings settings into force; false when the version in force is another one than it must be. The row is locked from
/// then on until the transaction ends.
async fn write(
    transaction: &mut Transaction<'static, Any>,
    at: &Place,
    settings: &str,
    over: Option<u32>,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    const UPDATE: &str = "update setting set settings = $3, updated_at = $4, version = version + 1 \
                          where connection = $1 and module = $2";
    const UPDATE_OVER: &str = "update setting set settings = $3, updated_at = $4, version = version + 1 \
                               where connection = $1 and module = $2 and version = $5";
    let update = sqlx::query(if over.is_some() { UPDATE_OVER } else { UPDATE })
        .bind(at.connection.as_str())
        .bind(at.module.as_str())
        .bind(settings)
        .bind(now.as_millis());
    let update = match over {
        Some(over) => update.bind(i64::from(over)),
        None => update,
    };
    if update.execute(&mut **transaction).await?.rows_affected() > 0 {
        return Ok(true);
    }
    if over.is_some_and(|over| over > 0) {
        return Ok(false);
    }
    let insert = sqlx::query(
        "insert into setting (connection, module, settings, updated_at, version) values ($1, $2, $3, $4, 1) \
         on conflict (connection, module) do nothing",
    )
    .bind(at.connection.as_str())
    .bind(at.module.as_str())
    .bind(settings)
    .bind(now.as_millis())
    .execute(&mut **transaction)
    .await?;
    Ok(insert.rows_affected() > 0)
}

fn version_of(row: &AnyRow) -> Result<SettingsVersion, sqlx::Error> {
    let settings: String = row.try_get("settings")?;
    Ok(SettingsVersion {
        version: number(row.try_get("version")?),
        saved_at: Timestamp::from_millis(row.try_get("saved_at")?),
        signature: Signature {
            by: row.try_get("saved_by")?,
            note: row.try_get("note")?,
        },
        settings: from_str(&settings).ok(),
    })
}

fn number(version: i64) -> u32 {
    u32::try_from(version).unwrap_or(u32::MAX)
}
