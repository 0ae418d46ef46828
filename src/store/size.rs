//! How much room the database takes.

use std::fmt;

use async_trait::async_trait;
use sqlx::Row;

use super::{SqlStore, StoreError};

/// How much room everything that is remembered takes.
#[async_trait]
pub trait Size: Send + Sync + fmt::Debug {
    /// In bytes, with indexes and room that is free again.
    async fn database_size(&self) -> Result<u64, StoreError>;
}

#[async_trait]
impl Size for SqlStore {
    async fn database_size(&self) -> Result<u64, StoreError> {
        const READ: &str = "tell the database's size";
        // The one question that the two databases have no common words for.
        let statement = if self.database.is_sqlite() {
            "select page_count * page_size as size from pragma_page_count(), pragma_page_size()"
        } else {
            "select pg_database_size(current_database()) as size"
        };
        let row = sqlx::query(statement)
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let size: i64 = row.try_get("size").map_err(StoreError::new(READ))?;
        Ok(u64::try_from(size).unwrap_or(0))
    }
}
