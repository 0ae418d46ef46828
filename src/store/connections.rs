//! The connections that are kept in the database. What is secret of them comes here sealed, and goes so.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{SqlStore, StoreError};
use crate::clock::Timestamp;

/// What is remembered of a connection beside the connection itself.
const BELONGINGS: [&str; 23] = [
    "delete from known_word where record in (select id from known_record where connection = $1)",
    "delete from link where connection = $1",
    "delete from intent where connection = $1",
    "delete from waiting where connection = $1",
    "delete from journal where connection = $1",
    "delete from log_count where connection = $1",
    "delete from run_count where run in (select id from run where connection = $1)",
    "delete from run where connection = $1",
    "delete from failed where connection = $1",
    "delete from setting where connection = $1",
    "delete from setting_version where connection = $1",
    "delete from known_record where connection = $1",
    "delete from problem where connection = $1",
    "delete from conflict where connection = $1",
    "delete from debug_record where exchange in (select id from debug_exchange where connection = $1)",
    "delete from debug_exchange where connection = $1",
    "delete from debug_switch where connection = $1",
    "delete from sweep where connection = $1",
    "delete from sweep_request where connection = $1",
    "delete from webhook_secret where connection = $1",
    "delete from webhook_state where connection = $1",
    "delete from webhook_ping where connection = $1",
    "delete from connection where name = $1",
];

/// A connection as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConnection {
    /// Its name.
    pub name: String,
    /// Another one after each change.
    pub revision: String,
    /// What is not secret, as JSON.
    pub settings: String,
    /// What is secret, sealed.
    pub sealed: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// What may become of what belongs to a connection that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongings {
    /// It stays: a connection of the same name goes on where this one ended.
    Stay,
    /// It is forgotten: links, journal, settings and what failed.
    Go,
}

/// The connections that are kept in the database.
#[async_trait]
pub trait KeptConnections: Send + Sync + fmt::Debug {
    /// The revision of each connection, by its name.
    async fn connection_revisions(&self) -> Result<BTreeMap<String, String>, StoreError>;

    /// One connection.
    async fn kept_connection(&self, name: &str) -> Result<Option<KeptConnection>, StoreError>;

    /// Keeps a new connection; false, and nothing done, where there is one of that name.
    async fn keep_connection(&self, connection: &KeptConnection) -> Result<bool, StoreError>;

    /// Keeps a connection in the place of what it was at `revision`; false, and nothing done, where it was changed or
    /// removed meanwhile.
    async fn change_connection(
        &self,
        connection: &KeptConnection,
        revision: &str,
    ) -> Result<bool, StoreError>;

    /// Forgets a connection; false where there is none of that name.
    async fn forget_connection(&self, name: &str, belongings: Belongings) -> Result<bool, StoreError>;

    /// The name of a connection and what is sealed of it, by which a key can be tried; `None` where there is none.
    async fn any_sealed(&self) -> Result<Option<(String, String)>, StoreError>;
}

#[async_trait]
impl KeptConnections for SqlStore {
    async fn connection_revisions(&self) -> Result<BTreeMap<String, String>, StoreError> {
        const READ: &str = "read which connections there are";
        let rows = sqlx::query("select name, revision from connection")
            .fetch_all(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        rows.iter()
            .map(|row| Ok((row.try_get("name")?, row.try_get("revision")?)))
            .collect::<Result<_, _>>()
            .map_err(StoreError::new(READ))
    }

    async fn kept_connection(&self, name: &str) -> Result<Option<KeptConnection>, StoreError> {
        const READ: &str = "read a connection";
        let row = sqlx::query(
            "select name, revision, settings, sealed, created_at, updated_at from connection where name = $1",
        )
        .bind(name)
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        row.as_ref().map(read).transpose().map_err(StoreError::new(READ))
    }

    async fn keep_connection(&self, connection: &KeptConnection) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into connection (name, revision, settings, sealed, created_at, updated_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing",
        )
        .bind(connection.name.as_str())
        .bind(connection.revision.as_str())
        .bind(connection.settings.as_str())
        .bind(connection.sealed.as_str())
        .bind(connection.created.as_millis())
        .bind(connection.updated.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("keep a connection"))?;
        Ok(done.rows_affected() == 1)
    }

    async fn change_connection(
        &self,
        connection: &KeptConnection,
        revision: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update connection set revision = $2, settings = $3, sealed = $4, updated_at = $5 \
             where name = $1 and revision = $6",
        )
        .bind(connection.name.as_str())
        .bind(connection.revision.as_str())
        .bind(connection.settings.as_str())
        .bind(connection.sealed.as_str())
        .bind(connection.updated.as_millis())
        .bind(revision)
        .execute(self.database.write())
        .await
        .map_err(StoreError::new("change a connection"))?;
        Ok(done.rows_affected() == 1)
    }

    async fn forget_connection(&self, name: &str, belongings: Belongings) -> Result<bool, StoreError> {
        const FORGET: &str = "forget a connection";
        let failed = StoreError::new;
        let statements = match belongings {
            Belongings::Stay => &BELONGINGS[BELONGINGS.len() - 1..],
            Belongings::Go => &BELONGINGS[..],
        };
        let mut transaction = self.database.begin().await.map_err(failed(FORGET))?;
        let mut rows = 0;
        for statement in statements {
            let done = sqlx::query(*statement)
                .bind(name)
                .execute(&mut *transaction)
                .await;
            rows = done.map_err(failed(FORGET))?.rows_affected();
        }
        transaction.commit().await.map_err(failed(FORGET))?;
        // The connection itself is the last of them.
        Ok(rows == 1)
    }

    async fn any_sealed(&self) -> Result<Option<(String, String)>, StoreError> {
        const READ: &str = "read whether anything is sealed";
        let row = sqlx::query("select name, sealed from connection limit 1")
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        row.map(|row| Ok((row.try_get("name")?, row.try_get("sealed")?)))
            .transpose()
            .map_err(StoreError::new(READ))
    }
}

fn read(row: &AnyRow) -> Result<KeptConnection, sqlx::Error> {
    Ok(KeptConnection {
        name: row.try_get("name")?,
        revision: row.try_get("revision")?,
        settings: row.try_get("settings")?,
        sealed: row.try_get("sealed")?,
        created: Timestamp::from_millis(row.try_get("created_at")?),
        updated: Timestamp::from_millis(row.try_get("updated_at")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_table_has_a_connections_rows_is_cleared_with_it() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut tables = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for made in text.split("create table ").skip(1) {
                let (name, columns) = made.split_once(" (").unwrap();
                let columns = columns.split(");").next().unwrap();
                if columns
                    .lines()
                    .any(|line| line.trim_start().starts_with("connection text"))
                {
                    tables.push(name.to_owned());
                }
            }
        }
        assert!(tables.len() > 12, "the tables were not found: {tables:?}");

        for table in tables {
            let statement = format!("delete from {table} where connection = $1");
            assert!(
                BELONGINGS.contains(&statement.as_str()),
                "{table} is left as it is"
            );
        }
    }
}
