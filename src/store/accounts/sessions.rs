//! Who is signed in.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{READ, Role, WRITE, role};
use crate::clock::Timestamp;
use crate::store::{SqlStore, StoreError};

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// A `UUIDv7`, by which it can be ended; of no use to who wants to act as it.
    pub id: String,
    /// The fingerprint of what the browser shows.
    pub fingerprint: String,
    /// The id of the account.
    pub account: String,
    /// What the browser calls itself.
    pub agent: String,
    /// When it begins.
    pub begun: Timestamp,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// The id of the account.
    pub account: String,
    /// The account's name.
    pub name: String,
    /// What the account may do at present.
    pub role: Role,
    /// What the browser calls itself.
    pub agent: String,
    /// When it began.
    pub begun: Timestamp,
    /// When it was last in use, to within a minute.
    pub seen: Timestamp,
    /// What the next page is to tell.
    pub note: Option<String>,
}

pub(super) async fn begin(store: &SqlStore, session: &NewSession, name: &str) -> Result<(), StoreError> {
    let mut transaction = store.database.begin().await.map_err(StoreError::new(WRITE))?;
    sqlx::query(
        "insert into session (fingerprint, id, account, agent, created_at, seen_at) values ($1, $2, $3, $4, $5, $5)",
    )
    .bind(session.fingerprint.as_str())
    .bind(session.id.as_str())
    .bind(session.account.as_str())
    .bind(session.agent.as_str())
    .bind(session.begun.as_millis())
    .execute(&mut *transaction)
    .await
    .map_err(StoreError::new(WRITE))?;
    sqlx::query("update account set signed_in_at = $2 where id = $1")
        .bind(session.account.as_str())
        .bind(session.begun.as_millis())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::new(WRITE))?;
    sqlx::query("delete from sign_in_failure where name_key = $1")
        .bind(name.to_lowercase())
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::new(WRITE))?;
    transaction.commit().await.map_err(StoreError::new(WRITE))
}

pub(super) async fn find(
    store: &SqlStore,
    fingerprint: &str,
    begun: Timestamp,
    seen: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let row = sqlx::query(
        "select session.id, session.account, account.name, account.role, session.agent, session.created_at, \
         session.seen_at, session.note from session join account on account.id = session.account \
         where session.fingerprint = $1 and session.created_at >= $2 and session.seen_at >= $3",
    )
    .bind(fingerprint)
    .bind(begun.as_millis())
    .bind(seen.as_millis())
    .fetch_optional(store.database.read())
    .await
    .map_err(StoreError::new(READ))?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn see(
    store: &SqlStore,
    id: &str,
    now: Timestamp,
    forgotten: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("update session set seen_at = $2 where id = $1")
        .bind(id)
        .bind(now.as_millis())
        .execute(store.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
    sqlx::query("delete from session where seen_at < $1")
        .bind(forgotten.as_millis())
        .execute(store.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(())
}

pub(super) async fn put_note(store: &SqlStore, session: &str, note: Option<&str>) -> Result<(), StoreError> {
    sqlx::query("update session set note = $2 where id = $1")
        .bind(session)
        .bind(note)
        .execute(store.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(())
}

pub(super) async fn of(store: &SqlStore, account: &str) -> Result<Vec<Session>, StoreError> {
    let rows = sqlx::query(
        "select session.id, session.account, account.name, account.role, session.agent, session.created_at, \
         session.seen_at, session.note from session join account on account.id = session.account \
         where session.account = $1 order by session.seen_at desc, session.id",
    )
    .bind(account)
    .fetch_all(store.database.read())
    .await
    .map_err(StoreError::new(READ))?;
    rows.iter().map(read).collect()
}

pub(super) async fn end(store: &SqlStore, account: &str, session: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from session where account = $1 and id = $2")
        .bind(account)
        .bind(session)
        .execute(store.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
    Ok(done.rows_affected() == 1)
}

fn read(row: &AnyRow) -> Result<Session, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let time = |column| {
        let ms = row.try_get(column).map_err(StoreError::new(READ))?;
        Ok::<_, StoreError>(Timestamp::from_millis(ms))
    };
    Ok(Session {
        id: text("id")?,
        account: text("account")?,
        name: text("name")?,
        role: role(row)?,
        agent: text("agent")?,
        begun: time("created_at")?,
        seen: time("seen_at")?,
        note: row.try_get("note").map_err(StoreError::new(READ))?,
    })
}
