//! Secrets at rest: sealed with a key that is not in the database, so that a copy of the database alone tells none.
//!
//! What is sealed is bound to its name: moved to another row it doesn't open. Where no key is configured, one is made in a
//! file beside an SQLite database when something is first sealed. A key file is never written over, nor made anew while
//! something is sealed already.

mod key;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;

pub use key::{Key, KeyError};

/// A secret that nobody can guess, of 64 hexadecimal digits: other characters WooCommerce changes before it signs.
pub fn made_up() -> SecretString {
    hex::encode(rand::random::<[u8; 32]>()).into()
}

/// What sealed bytes begin with: how they were sealed.
const VERSION: u8 = 1;

/// Where the key comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// The configuration.
    Given(Key),
    /// A file of our own, made when it is first needed.
    File(PathBuf),
    /// Nowhere: it must be configured before anything can be sealed.
    Nowhere,
}

/// Seals secrets, and opens them again.
pub struct Vault {
    source: KeySource,
    key: Mutex<Option<Key>>,
}

/// Why something can't be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No key is configured, and there is no place for one of our own.
    #[error(
        "encryption.key is not set, and without it credentials can't be kept in a PostgreSQL database: make a key with \
         `openssl rand -hex 32`, give it to all processes as WVS_ENCRYPTION__KEY (or encryption.key_file), and start them \
         again"
    )]
    NoKey,
    /// The key file is gone.
    #[error(
        "the key file {path} is missing, and credentials in the database are sealed with it: put it back from a backup, or \
         set encryption.key to the key; where the key is lost, remove the connection and make it anew"
    )]
    Missing {
        /// Where it is to be.
        path: PathBuf,
    },
    /// The key file can't be read or made.
    #[error("the key file {path} can't be read or made; see that this program's user may do so")]
    File {
        /// Where it is to be.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The key file holds no key.
    #[error("the key file {path} holds no key; put it back from a backup")]
    NotAKey {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: KeyError,
    },
    /// The key is another one, or what was sealed was changed.
    #[error(
        "what is kept sealed of {name} does not open with {key}: it is not the key that it was sealed with; set the former \
         key again, or remove the connection and make it anew"
    )]
    Closed {
        /// What it was sealed as.
        name: String,
        /// Which key was tried.
        key: String,
    },
    /// The system gives no random numbers, or the secret is of an impossible length.
    #[error("the secret can't be sealed: the system gives no random numbers")]
    Seal,
}

impl Vault {
    /// A vault with a key from there.
    pub const fn new(source: KeySource) -> Self {
        Self {
            source,
            key: Mutex::new(None),
        }
    }

    /// Makes sure that there is a key, and makes one where there may be: when `is_first`, as nothing is sealed yet.
    ///
    /// # Errors
    /// When there is no key, or it can't be read or made.
    pub fn prepare(&self, is_first: bool) -> Result<(), VaultError> {
        self.key(is_first).map(drop)
    }

    /// Seals a secret under a name.
    ///
    /// # Errors
    /// When there is no key.
    pub fn seal(&self, name: &str, secret: &str) -> Result<String, VaultError> {
        let key = self.key(false)?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| VaultError::Seal)?;
        let mut bytes = secret.as_bytes().to_vec();
        Self::cipher(&key)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut bytes,
            )
            .map_err(|_| VaultError::Seal)?;
        let sealed = [&[VERSION], &nonce[..], &bytes].concat();
        Ok(STANDARD.encode(sealed))
    }

    /// Opens what was sealed under a name.
    ///
    /// # Errors
    /// When there is no key, it is another one, or what was sealed is not what it was.
    pub fn open(&self, name: &str, sealed: &str) -> Result<SecretString, VaultError> {
        let key = self.key(false)?;
        Self::opened(&key, name, sealed).ok_or_else(|| VaultError::Closed {
            name: name.to_owned(),
            key: match &self.source {
                KeySource::File(path) => format!("the key in {}", path.display()),
                KeySource::Given(_) | KeySource::Nowhere => "encryption.key".to_owned(),
            },
        })
    }

    fn opened(key: &Key, name: &str, sealed: &str) -> Option<SecretString> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        if *version != VERSION {
            return None;
        }
        let mut bytes = rest.to_vec();
        let opened = Self::cipher(key)
            .ok()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(name.as_bytes()),
                &mut bytes,
            )
            .ok()?;
        String::from_utf8(opened.to_vec()).ok().map(Into::into)
    }

    fn cipher(key: &Key) -> Result<LessSafeKey, VaultError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.bytes());
        key.map(LessSafeKey::new).map_err(|_| VaultError::Seal)
    }

    /// The key, read once. `may_make`: one is made where there is none yet.
    fn key(&self, may_make: bool) -> Result<Key, VaultError> {
        let path = match &self.source {
            KeySource::Given(key) => return Ok(key.clone()),
            KeySource::Nowhere => return Err(VaultError::NoKey),
            KeySource::File(path) => path,
        };
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*known {
            return Ok(key.clone());
        }
        let key = key::of_file(path, may_make)?;
        *known = Some(key.clone());
        Ok(key)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
