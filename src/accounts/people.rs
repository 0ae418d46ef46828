//! Accounts and where they are signed in.

use secrecy::SecretString;

use super::{Accounts, AccountsError, known, password};
use crate::store::{Account, Role, Session};

impl Accounts {
    /// All accounts, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self) -> Result<Vec<Account>, AccountsError> {
        Ok(self.store.accounts().await?)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// When the name is taken, name or password can't be used, or the store fails.
    pub async fn add(&self, name: &str, password: &SecretString, role: Role) -> Result<(), AccountsError> {
        let account = self.made(name, password, role).await?;
        if self.store.add_account(&account).await? {
            Ok(())
        } else {
            Err(AccountsError::Taken(account.name))
        }
    }

    /// Changes what an account may do.
    ///
    /// # Errors
    /// When no admin would be left, or the store fails.
    pub async fn set_role(&self, account: &str, role: Role) -> Result<(), AccountsError> {
        if self.store.put_role(account, role).await? {
            Ok(())
        } else {
            Err(self.why_not(account).await?)
        }
    }

    /// Removes an account, and ends its sessions.
    ///
    /// # Errors
    /// When no admin would be left, or the store fails.
    pub async fn remove(&self, account: &str) -> Result<(), AccountsError> {
        if self.store.remove_account(account).await? {
            Ok(())
        } else {
            Err(self.why_not(account).await?)
        }
    }

    /// Gives an account a new password, and ends its sessions.
    ///
    /// # Errors
    /// When the password can't be used, there is no such account, or the store fails.
    pub async fn reset_password(&self, account: &str, password: &SecretString) -> Result<(), AccountsError> {
        known(self.list().await?.iter().any(|one| one.id == account))?;
        self.put_password(account, password, None).await
    }

    /// Changes the password of who is signed in, and ends their other sessions.
    ///
    /// # Errors
    /// When the present password is wrong, the new one can't be used, or the store fails.
    pub async fn change_password(
        &self,
        session: &Session,
        present: &SecretString,
        new: &SecretString,
    ) -> Result<(), AccountsError> {
        let account = self.store.account_named(&session.name).await?;
        let account = account.ok_or(AccountsError::Unknown)?;
        if !self.hasher.fits(present, Some(account.password_hash)).await? {
            return Err(AccountsError::Wrong);
        }
        self.put_password(&account.id, new, Some(&session.id)).await
    }

    /// Where an account is signed in, the session seen last first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sessions(&self, account: &str) -> Result<Vec<Session>, AccountsError> {
        Ok(self.store.sessions_of(account).await?)
    }

    /// Ends a session of an account.
    ///
    /// # Errors
    /// When it is over already, or the store fails.
    pub async fn end_session(&self, account: &str, session: &str) -> Result<(), AccountsError> {
        known(self.store.end_session(account, session).await?)
    }

    async fn put_password(
        &self,
        account: &str,
        password: &SecretString,
        but: Option<&str>,
    ) -> Result<(), AccountsError> {
        password::check(password)?;
        let hash = self.hasher.hash(password).await?;
        Ok(self.store.put_password(account, &hash, but).await?)
    }

    /// Why the store left an account as it is.
    async fn why_not(&self, account: &str) -> Result<AccountsError, AccountsError> {
        let is_there = self.list().await?.iter().any(|one| one.id == account);
        Ok(if is_there {
            AccountsError::LastAdmin
        } else {
            AccountsError::Unknown
        })
    }
}
