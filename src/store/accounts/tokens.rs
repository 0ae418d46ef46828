//! What programs show to use the API.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{READ, Role, WRITE, role};
use crate::clock::Timestamp;
use crate::store::{SqlStore, StoreError};

/// A token of a program; what it shows is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// A `UUIDv7`, by which it can be removed.
    pub id: String,
    /// What it is for, for people.
    pub name: String,
    /// What who shows it may do.
    pub role: Role,
    /// The name of the account that made it.
    pub created_by: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, to within a minute.
    pub used: Option<Timestamp>,
}

pub(super) async fn add(store: &SqlStore, token: &ApiToken, fingerprint: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into api_token (id, name, fingerprint, role, created_by, created_at) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token.id.as_str())
    .bind(token.name.as_str())
    .bind(fingerprint)
    .bind(token.role.as_str())
    .bind(token.created_by.as_str())
    .bind(token.created.as_millis())
    .execute(store.database.write())
    .await
    .map_err(StoreError::new(WRITE))?;
    Ok(())
}

pub(super) async fn all(store: &SqlStore) -> Result<Vec<ApiToken>, StoreError> {
    let rows =
        sqlx::query("select id, name, role, created_by, created_at, used_at from api_token order by id desc")
            .fetch_all(store.database.read())
            .await
            .map_err(StoreError::new(READ))?;
    rows.iter().map(read).collect()
}

pub(super) async fn find(store: &SqlStore, fingerprint: &str) -> Result<Option<ApiToken>, StoreError> {
    let row = sqlx::query(
        "select id, name, role, created_by, created_at, used_at from api_token where fingerprint = $1",
    )
    .bind(fingerprint)
    .fetch_optional(store.database.read())
    .await
    .map_err(StoreError::new(READ))?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn note_use(store: &SqlStore, id: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("update api_token set used_at = $2 where id = $1")
        .bind(id)
        .bind(now.as_millis())
        .execute(store.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(())
}

pub(super) async fn remove(store: &SqlStore, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from api_token where id = $1")
        .bind(id)
        .execute(store.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<ApiToken, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let used: Option<i64> = row.try_get("used_at").map_err(StoreError::new(READ))?;
    Ok(ApiToken {
        id: text("id")?,
        name: text("name")?,
        role: role(row)?,
        created_by: text("created_by")?,
        created: Timestamp::from_millis(row.try_get("created_at").map_err(StoreError::new(READ))?),
        used: used.map(Timestamp::from_millis),
    })
}
