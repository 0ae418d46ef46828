//! What browsers and programs show: random, and kept as a fingerprint alone.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What is kept of it.
pub(super) fn fingerprint(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// What a form of that session holds, so that no other page can send it.
pub fn csrf_token(session_token: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(session_token.as_bytes()) else {
        // An HMAC takes keys of any length.
        return String::new();
    };
    mac.update(b"form");
    hex::encode(mac.finalize().into_bytes())
}

/// Whether two texts are the same, in a time that tells nothing of how much is.
pub fn is_same(shown: &str, right: &str) -> bool {
    bool::from(shown.as_bytes().ct_eq(right.as_bytes()))
}
