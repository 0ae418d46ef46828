//! Who may use the pages and the API: signing in, sessions, accounts, tokens.
//!
//! Passwords are hashed by Argon2id. What a browser or a program shows is random, and only its fingerprint is kept, so
//! that nobody can act as somebody with what stands in the database. Attempts at signing in that fail are slowed
//! down, by name, for all processes together.

mod attempts;
mod password;
mod people;
mod token;

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::clock::{Clock, Timestamp};
use crate::store::{Account, ApiToken, NewSession, Role, Session, Store, StoreError};
use crate::vault::made_up;

pub use password::{LEAST, MOST};
pub use token::{csrf_token, is_same};

use password::Hasher;
use token::fingerprint;

/// How long a session lasts at most.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// How long a session lasts that isn't used.
const IDLE: Duration = Duration::from_hours(24);

/// How exactly it is noted that a session or a token is in use.
const NOTED: Duration = Duration::from_mins(1);

/// The longest name of an account or a token, in characters.
const LONGEST_NAME: usize = 100;

/// Accounts, sessions and tokens.
#[derive(Clone, Debug)]
pub struct Accounts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    hasher: Arc<Hasher>,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The name and the password don't fit.
    #[error("the name or the password is wrong")]
    Wrong,
    /// It failed so often that it must wait.
    #[error("signing in failed too often; try again in {} s", .0.as_secs().max(1))]
    Wait(Duration),
    /// The setup code is wrong.
    #[error("the setup code is wrong; the link with the right one stands in the service's log")]
    WrongCode,
    /// There is an account already.
    #[error("there is an account already; sign in with it")]
    NotFirst,
    /// The name can't be used.
    #[error("the name is empty or too long; use 1 to {LONGEST_NAME} characters")]
    Name,
    /// The password is too short or too long.
    #[error("the password is too short or too long; use {LEAST} to {MOST} characters")]
    Password,
    /// Somebody has that name.
    #[error("there is an account named `{0}` already; use another name")]
    Taken(String),
    /// There is no such account, session or token.
    #[error("there is no such account, session or token any more")]
    Unknown,
    /// No admin would be left.
    #[error("this is the only admin; make another account an admin first")]
    LastAdmin,
    /// The hash can't be made.
    #[error("the password can't be hashed")]
    Hash,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// The accounts in this store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            hasher: Arc::default(),
        }
    }

    /// Whether there is no account yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn are_none(&self) -> Result<bool, AccountsError> {
        Ok(self.store.count_accounts().await? == 0)
    }

    /// What shows that who makes the first account may do so; `None` when there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn setup_code(&self) -> Result<Option<SecretString>, AccountsError> {
        if !self.are_none().await? {
            return Ok(None);
        }
        let code = made_up();
        // Short enough to be typed, too long to be guessed.
        let code = code.expose_secret().get(..20).unwrap_or_default();
        Ok(Some(self.store.setup_code(code).await?.into()))
    }

    /// Makes the first account, an admin's.
    ///
    /// # Errors
    /// When the code is wrong, there is an account already, name or password can't be used, or the store fails.
    pub async fn found(&self, code: &str, name: &str, password: &SecretString) -> Result<(), AccountsError> {
        let right = self.setup_code().await?.ok_or(AccountsError::NotFirst)?;
        if !token::is_same(code.trim(), right.expose_secret()) {
            return Err(AccountsError::WrongCode);
        }
        let account = self.made(name, password, Role::Admin).await?;
        if self.store.add_first_account(&account).await? {
            Ok(())
        } else {
            Err(AccountsError::NotFirst)
        }
    }

    /// Signs somebody in. Says what the browser is to show from then on.
    ///
    /// # Errors
    /// When name and password don't fit, it failed too often before, or the store fails.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &SecretString,
        agent: &str,
    ) -> Result<SecretString, AccountsError> {
        let name = name.trim();
        let now = self.clock.now();
        let failures = self.store.sign_in_failures(name).await?;
        if let Some(wait) = attempts::wait(failures, now) {
            return Err(AccountsError::Wait(wait));
        }
        let account = self.store.account_named(name).await?;
        // A name that nobody has takes as long as a wrong password, and counts as much.
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let fits = self.hasher.fits(password, hash).await?;
        let Some(account) = account.filter(|_| fits) else {
            let forgotten = now.before(attempts::REMEMBERED);
            self.store.note_failure(name, now, forgotten).await?;
            return Err(AccountsError::Wrong);
        };
        let token = made_up();
        let session = NewSession {
            id: Uuid::now_v7().to_string(),
            fingerprint: fingerprint(token.expose_secret()),
            account: account.id,
            agent: agent.chars().take(200).collect(),
            begun: now,
        };
        self.store.begin_session(&session, name).await?;
        Ok(token)
    }

    /// Who shows this, where that is somebody.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn session(&self, token: &str) -> Result<Option<Session>, AccountsError> {
        let now = self.clock.now();
        let (begun, seen) = (now.before(LONGEST), now.before(IDLE));
        let session = self.store.session(&fingerprint(token), begun, seen).await?;
        if let Some(session) = &session
            && session.seen < now.before(NOTED)
        {
            self.store.see_session(&session.id, now, seen).await?;
        }
        Ok(session)
    }

    /// Keeps what the session's next page is to tell.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note(&self, session: &str, note: Option<&str>) -> Result<(), AccountsError> {
        Ok(self.store.put_note(session, note).await?)
    }

    /// Adds a token for a program; what the program is to show is told this once.
    ///
    /// # Errors
    /// When the name can't be used, or the store fails.
    pub async fn add_token(&self, name: &str, role: Role, by: &str) -> Result<SecretString, AccountsError> {
        let token: SecretString = format!("wvs_{}", made_up().expose_secret()).into();
        let kept = ApiToken {
            id: Uuid::now_v7().to_string(),
            name: usable(name)?,
            role,
            created_by: by.to_owned(),
            created: self.clock.now(),
            used: None,
        };
        self.store
            .add_token(&kept, &fingerprint(token.expose_secret()))
            .await?;
        Ok(token)
    }

    /// The tokens of programs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, AccountsError> {
        Ok(self.store.tokens().await?)
    }

    /// The token of who shows this, where there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn token(&self, token: &str) -> Result<Option<ApiToken>, AccountsError> {
        let found = self.store.token(&fingerprint(token)).await?;
        let now = self.clock.now();
        if let Some(found) = &found
            && found.used.unwrap_or_default() < now.before(NOTED)
        {
            self.store.use_token(&found.id, now).await?;
        }
        Ok(found)
    }

    /// Removes a token.
    ///
    /// # Errors
    /// When there is no such token, or the store fails.
    pub async fn remove_token(&self, id: &str) -> Result<(), AccountsError> {
        known(self.store.remove_token(id).await?)
    }

    async fn made(&self, name: &str, password: &SecretString, role: Role) -> Result<Account, AccountsError> {
        let name = usable(name)?;
        password::check(password)?;
        Ok(Account {
            id: Uuid::now_v7().to_string(),
            name,
            password_hash: self.hasher.hash(password).await?,
            role,
            created: self.clock.now(),
            signed_in: None::<Timestamp>,
        })
    }
}

/// A name without blanks around it.
fn usable(name: &str) -> Result<String, AccountsError> {
    let name = name.trim();
    if (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(AccountsError::Name)
    }
}

const fn known(is_known: bool) -> Result<(), AccountsError> {
    if is_known {
        Ok(())
    } else {
        Err(AccountsError::Unknown)
    }
}
