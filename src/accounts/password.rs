//! Hashes passwords, a few at a time: each takes a while and much memory on purpose.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OnceCell, Semaphore};

use super::AccountsError;

/// The fewest characters of a password.
pub const LEAST: usize = 10;

/// The most characters of a password.
pub const MOST: usize = 200;

/// How many are hashed at the same time; others wait.
const AT_ONCE: usize = 2;

/// Hashes passwords.
#[derive(Debug)]
pub(super) struct Hasher {
    places: Arc<Semaphore>,
    /// The hash of a password that nobody has.
    nobodys: OnceCell<String>,
}

impl Default for Hasher {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            nobodys: OnceCell::new(),
        }
    }
}

/// Whether a password is neither too short nor too long.
pub(super) fn check(password: &SecretString) -> Result<(), AccountsError> {
    if (LEAST..=MOST).contains(&password.expose_secret().chars().count()) {
        Ok(())
    } else {
        Err(AccountsError::Password)
    }
}

impl Hasher {
    /// A password's hash in PHC form.
    pub(super) async fn hash(&self, password: &SecretString) -> Result<String, AccountsError> {
        let password = password.clone();
        let hash = self.alone(move || {
            let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
            hash.map(|hash| hash.to_string())
        });
        hash.await?.map_err(|_| AccountsError::Hash)
    }

    /// Whether this is the password with that hash. Takes as long where there is no hash.
    pub(super) async fn fits(
        &self,
        password: &SecretString,
        hash: Option<String>,
    ) -> Result<bool, AccountsError> {
        let is_somebodys = hash.is_some();
        let hash = if let Some(hash) = hash {
            hash
        } else {
            let password = SecretString::from("nobody's password");
            let nobodys = self.nobodys.get_or_try_init(|| self.hash(&password));
            nobodys.await?.clone()
        };
        let mut password = password.clone();
        if password.expose_secret().chars().count() > MOST {
            password = SecretString::default();
        }
        let fits = self.alone(move || {
            let Ok(hash) = PasswordHash::new(&hash) else {
                return false;
            };
            Argon2::default()
                .verify_password(password.expose_secret().as_bytes(), &hash)
                .is_ok()
        });
        Ok(fits.await? && is_somebodys)
    }

    /// Does it where it keeps no request waiting.
    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountsError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| AccountsError::Hash)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|_| AccountsError::Hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let hasher = Hasher::default();
        let right = SecretString::from("correct horse");

        let hash = hasher.hash(&right).await.unwrap();

        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(hash, hasher.hash(&right).await.unwrap(), "the salt is the same");
        assert!(hasher.fits(&right, Some(hash.clone())).await.unwrap());
        let wrong = SecretString::from("correct house");
        assert!(!hasher.fits(&wrong, Some(hash)).await.unwrap());
        assert!(!hasher.fits(&right, None).await.unwrap());
        assert!(!hasher.fits(&right, Some("no hash".to_owned())).await.unwrap());
    }

    #[test]
    fn passwords_have_a_least_and_a_greatest_length() {
        let is_usable = |length| check(&SecretString::from("é".repeat(length))).is_ok();

        assert!(!is_usable(LEAST - 1) && is_usable(LEAST));
        assert!(is_usable(MOST) && !is_usable(MOST + 1));
    }
}
