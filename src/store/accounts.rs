//! Who may use the pages and the API: accounts, who is signed in, tokens of programs.
//!
//! Neither a password nor what a browser or a program shows is kept, only hashes and fingerprints of them.

mod sessions;
mod tokens;

use std::fmt;

use async_trait::async_trait;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::journal::named;
use super::{SqlStore, StoreError};
use crate::clock::Timestamp;

pub use sessions::{NewSession, Session};
pub use tokens::ApiToken;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Look at everything, and change nothing.
    Reader,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Admin, Self::Reader];

    /// The name used in the database and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Reader => "reader",
        }
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// A `UUIDv7`.
    pub id: String,
    /// The name to sign in with; capital letters don't count.
    pub name: String,
    /// The password's hash, in PHC form.
    pub password_hash: String,
    /// What the account may do.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// When somebody last signed in with it.
    pub signed_in: Option<Timestamp>,
}

/// How often in a row signing in with a name failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How often.
    pub number: u32,
    /// When it last did.
    pub last: Timestamp,
}

/// Accounts, who is signed in, and tokens.
#[async_trait]
pub trait Accounts: Send + Sync + fmt::Debug {
    /// How many accounts there are.
    async fn count_accounts(&self) -> Result<u64, StoreError>;

    /// Adds an account; false, and nothing done, when the name is taken.
    async fn add_account(&self, account: &Account) -> Result<bool, StoreError>;

    /// Adds the first account, and forgets the setup code; false, and nothing done, when there is one already.
    async fn add_first_account(&self, account: &Account) -> Result<bool, StoreError>;

    /// The setup code: this one, unless another process made one up before.
    async fn setup_code(&self, made_up: &str) -> Result<String, StoreError>;

    /// All accounts, by name.
    async fn accounts(&self) -> Result<Vec<Account>, StoreError>;

    /// The account with this name.
    async fn account_named(&self, name: &str) -> Result<Option<Account>, StoreError>;

    /// Changes an account's password hash, and ends its sessions but for the one with this id.
    async fn put_password(&self, account: &str, hash: &str, but: Option<&str>) -> Result<(), StoreError>;

    /// Changes what an account may do; false, and nothing done, when no admin would be left.
    async fn put_role(&self, account: &str, role: Role) -> Result<bool, StoreError>;

    /// Removes an account with its sessions; false, and nothing done, when no admin would be left.
    async fn remove_account(&self, account: &str) -> Result<bool, StoreError>;

    /// How often signing in with this name failed in a row.
    async fn sign_in_failures(&self, name: &str) -> Result<Failures, StoreError>;

    /// Notes that signing in with this name failed once more, and forgets those that last failed before `forgotten`.
    async fn note_failure(&self, name: &str, now: Timestamp, forgotten: Timestamp) -> Result<(), StoreError>;

    /// Begins a session of somebody who signed in, and forgets that it failed before.
    async fn begin_session(&self, session: &NewSession, name: &str) -> Result<(), StoreError>;

    /// The session with this fingerprint, where it was begun and last seen since then.
    async fn session(
        &self,
        fingerprint: &str,
        begun: Timestamp,
        seen: Timestamp,
    ) -> Result<Option<Session>, StoreError>;

    /// Notes that a session is in use, and forgets all that were last seen before `forgotten`.
    async fn see_session(&self, id: &str, now: Timestamp, forgotten: Timestamp) -> Result<(), StoreError>;

    /// Keeps what a session's next page tells, or takes it away.
    async fn put_note(&self, session: &str, note: Option<&str>) -> Result<(), StoreError>;

    /// The sessions of an account, the one seen last first.
    async fn sessions_of(&self, account: &str) -> Result<Vec<Session>, StoreError>;

    /// Ends a session of an account.
    async fn end_session(&self, account: &str, session: &str) -> Result<bool, StoreError>;

    /// Adds a token.
    async fn add_token(&self, token: &ApiToken, fingerprint: &str) -> Result<(), StoreError>;

    /// All tokens, the newest first.
    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError>;

    /// The token with this fingerprint.
    async fn token(&self, fingerprint: &str) -> Result<Option<ApiToken>, StoreError>;

    /// Notes that a token was used.
    async fn use_token(&self, id: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Removes a token; whether it was there.
    async fn remove_token(&self, id: &str) -> Result<bool, StoreError>;
}

const READ: &str = "read the accounts";
const WRITE: &str = "write an account";

#[async_trait]
impl Accounts for SqlStore {
    async fn count_accounts(&self) -> Result<u64, StoreError> {
        let number: i64 = sqlx::query_scalar("select count(*) from account")
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        Ok(number.unsigned_abs())
    }

    async fn add_account(&self, account: &Account) -> Result<bool, StoreError> {
        let done = add(account)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(WRITE))?;
        Ok(done.rows_affected() == 1)
    }

    async fn add_first_account(&self, account: &Account) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        // The row of the code goes to one of two who try at the same time.
        let code = sqlx::query("delete from setup_code")
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        let number: i64 = sqlx::query_scalar("select count(*) from account")
            .fetch_one(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        if number > 0 || code.rows_affected() == 0 {
            return Ok(false);
        }
        add(account)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        transaction.commit().await.map_err(StoreError::new(WRITE))?;
        Ok(true)
    }

    async fn setup_code(&self, made_up: &str) -> Result<String, StoreError> {
        sqlx::query("insert into setup_code (id, code) values (1, $1) on conflict (id) do nothing")
            .bind(made_up)
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(WRITE))?;
        sqlx::query_scalar("select code from setup_code where id = 1")
            .fetch_one(self.database.read())
            .await
            .map_err(StoreError::new(READ))
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let rows = sqlx::query(
            "select id, name, password_hash, role, created_at, signed_in_at from account order by name_key",
        )
        .fetch_all(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        rows.iter().map(account).collect()
    }

    async fn account_named(&self, name: &str) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(
            "select id, name, password_hash, role, created_at, signed_in_at from account where name_key = $1",
        )
        .bind(name.to_lowercase())
        .fetch_optional(self.database.read())
        .await
        .map_err(StoreError::new(READ))?;
        row.as_ref().map(account).transpose()
    }

    async fn put_password(&self, account: &str, hash: &str, but: Option<&str>) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        sqlx::query("update account set password_hash = $2 where id = $1")
            .bind(account)
            .bind(hash)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        sqlx::query("delete from session where account = $1 and id <> $2")
            .bind(account)
            .bind(but.unwrap_or_default())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        transaction.commit().await.map_err(StoreError::new(WRITE))
    }

    async fn put_role(&self, account: &str, role: Role) -> Result<bool, StoreError> {
        // One statement: two admins who take each other's role away at once must not leave none.
        let done = sqlx::query(
            "update account set role = $2 where id = $1 and ($2 = 'admin' \
             or exists (select 1 from account as other where other.role = 'admin' and other.id <> $1))",
        )
        .bind(account)
        .bind(role.as_str())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
        Ok(done.rows_affected() == 1)
    }

    async fn remove_account(&self, account: &str) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await.map_err(StoreError::new(WRITE))?;
        let done = sqlx::query(
            "delete from account where id = $1 \
             and exists (select 1 from account as other where other.role = 'admin' and other.id <> $1)",
        )
        .bind(account)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::new(WRITE))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("delete from session where account = $1")
            .bind(account)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::new(WRITE))?;
        transaction.commit().await.map_err(StoreError::new(WRITE))?;
        Ok(true)
    }

    async fn sign_in_failures(&self, name: &str) -> Result<Failures, StoreError> {
        let row = sqlx::query("select failures, failed_at from sign_in_failure where name_key = $1")
            .bind(name.to_lowercase())
            .fetch_optional(self.database.read())
            .await
            .map_err(StoreError::new(READ))?;
        let Some(row) = row else {
            return Ok(Failures::default());
        };
        let number: i64 = row.try_get("failures").map_err(StoreError::new(READ))?;
        Ok(Failures {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            last: Timestamp::from_millis(row.try_get("failed_at").map_err(StoreError::new(READ))?),
        })
    }

    async fn note_failure(&self, name: &str, now: Timestamp, forgotten: Timestamp) -> Result<(), StoreError> {
        sqlx::query("delete from sign_in_failure where failed_at < $1")
            .bind(forgotten.as_millis())
            .execute(self.database.write())
            .await
            .map_err(StoreError::new(WRITE))?;
        sqlx::query(
            "insert into sign_in_failure (name_key, failures, failed_at) values ($1, 1, $2) \
             on conflict (name_key) do update set failures = sign_in_failure.failures + 1, failed_at = $2",
        )
        .bind(name.to_lowercase())
        .bind(now.as_millis())
        .execute(self.database.write())
        .await
        .map_err(StoreError::new(WRITE))?;
        Ok(())
    }

    async fn begin_session(&self, session: &NewSession, name: &str) -> Result<(), StoreError> {
        sessions::begin(self, session, name).await
    }

    async fn session(
        &self,
        fingerprint: &str,
        begun: Timestamp,
        seen: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        sessions::find(self, fingerprint, begun, seen).await
    }

    async fn see_session(&self, id: &str, now: Timestamp, forgotten: Timestamp) -> Result<(), StoreError> {
        sessions::see(self, id, now, forgotten).await
    }

    async fn put_note(&self, session: &str, note: Option<&str>) -> Result<(), StoreError> {
        sessions::put_note(self, session, note).await
    }

    async fn sessions_of(&self, account: &str) -> Result<Vec<Session>, StoreError> {
        sessions::of(self, account).await
    }

    async fn end_session(&self, account: &str, session: &str) -> Result<bool, StoreError> {
        sessions::end(self, account, session).await
    }

    async fn add_token(&self, token: &ApiToken, fingerprint: &str) -> Result<(), StoreError> {
        tokens::add(self, token, fingerprint).await
    }

    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        tokens::all(self).await
    }

    async fn token(&self, fingerprint: &str) -> Result<Option<ApiToken>, StoreError> {
        tokens::find(self, fingerprint).await
    }

    async fn use_token(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        tokens::note_use(self, id, now).await
    }

    async fn remove_token(&self, id: &str) -> Result<bool, StoreError> {
        tokens::remove(self, id).await
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

fn add(account: &Account) -> Query<'_> {
    sqlx::query(
        "insert into account (id, name, name_key, password_hash, role, created_at) \
         values ($1, $2, $3, $4, $5, $6) on conflict (name_key) do nothing",
    )
    .bind(account.id.as_str())
    .bind(account.name.as_str())
    .bind(account.name.to_lowercase())
    .bind(account.password_hash.as_str())
    .bind(account.role.as_str())
    .bind(account.created.as_millis())
}

fn account(row: &AnyRow) -> Result<Account, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::new(READ));
    let signed_in: Option<i64> = row.try_get("signed_in_at").map_err(StoreError::new(READ))?;
    Ok(Account {
        id: text("id")?,
        name: text("name")?,
        password_hash: text("password_hash")?,
        role: role(row)?,
        created: Timestamp::from_millis(row.try_get("created_at").map_err(StoreError::new(READ))?),
        signed_in: signed_in.map(Timestamp::from_millis),
    })
}

/// What stands in the column `role`.
fn role(row: &AnyRow) -> Result<Role, StoreError> {
    let name: String = row.try_get("role").map_err(StoreError::new(READ))?;
    named("role", &name, &Role::ALL, Role::as_str)
}
