//! The key: as it is written in a configuration or a file.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::VaultError;

/// How many bytes a key has.
const LENGTH: usize = 32;

/// Base64 with or without padding.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A key of 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; LENGTH]);

/// Why a text is no key. It doesn't tell the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no key: a key is 32 bytes, written as 64 hexadecimal digits or in base64; make one with `openssl rand -hex 32`"
)]
pub struct KeyError;

impl Key {
    /// Reads a key that is written in hexadecimal digits or base64.
    ///
    /// # Errors
    /// When it is neither, or not of 32 bytes.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let bytes = hex::decode(text)
            .or_else(|_| GeneralPurpose::new(&alphabet::STANDARD, LENIENT).decode(text))
            .or_else(|_| GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT).decode(text))
            .map_err(|_| KeyError)?;
        bytes.try_into().map(Self).map_err(|_| KeyError)
    }

    pub(super) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// The key in a file; it is made there where it `may_make` one, and there is no file yet.
pub(super) fn of_file(path: &Path, may_make: bool) -> Result<Key, VaultError> {
    let failed = |source| VaultError::File {
        path: path.to_owned(),
        source,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => Key::parse(&text).map_err(|source| VaultError::NotAKey {
            path: path.to_owned(),
            source,
        }),
        Err(error) if error.kind() == ErrorKind::NotFound && may_make => make(path).map_err(failed),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(VaultError::Missing {
            path: path.to_owned(),
        }),
        Err(error) => Err(failed(error)),
    }
}

/// Makes a key in a file that only this program's user may read. It is on the disk before anything is sealed with it.
fn make(path: &Path) -> std::io::Result<Key> {
    let key = Key(rand::random());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(format!("{}\n", hex::encode(key.0)).as_bytes())?;
    file.sync_all()?;
    Ok(key)
}
