//! Who may call: OAuth 1.0a over http; basic and query keys only where http is trusted.
//!
//! Errors are worded as the real one's; keys and signatures never get into them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::answer::ApiError;
use super::query::Query;
use super::webhook::sign;
use crate::clock::Timestamp;

/// What RFC 3986 leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// How far a timestamp may be from the present, in seconds.
const WINDOW: i64 = 15 * 60;
const OAUTH: [&str; 5] = [
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
];

/// What was given out on the consent screen.
#[derive(Default)]
pub(super) struct Granted {
    /// The secrets, by key.
    pub(super) keys: HashMap<String, String>,
    /// What shows that a person has seen the question.
    pub(super) nonces: HashSet<String>,
}

/// The API key of the shop, and those that were given out on its consent screen.
pub(super) struct Gate {
    pub(super) key: String,
    pub(super) secret: String,
    pub(super) read_only: bool,
    pub(super) trust_plain_http: bool,
    pub(super) granted: Mutex<Granted>,
}

/// What of a request the check needs.
pub(super) struct Caller<'a> {
    pub(super) method: &'a str,
    /// The URL without its query.
    pub(super) url: &'a str,
    pub(super) query: &'a Query,
    pub(super) authorization: Option<&'a str>,
    pub(super) now: Timestamp,
}

impl Gate {
    /// What was given out. Never hold it over an await.
    pub(super) fn granted(&self) -> MutexGuard<'_, Granted> {
        self.granted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The secret of a key, where there is such a key.
    fn secret_of(&self, key: &str) -> Option<String> {
        if key == self.key {
            return Some(self.secret.clone());
        }
        self.granted().keys.get(key).cloned()
    }

    /// Lets a request in or says how it is refused. A nonce works once.
    pub(super) fn check(&self, caller: &Caller<'_>, nonces: &mut HashSet<String>) -> Result<(), ApiError> {
        let known = self.trust_plain_http && self.check_plain(caller)?;
        if !known && !self.check_oauth(caller, nonces)? {
            return Err(nobody(caller));
        }
        if self.read_only && !["GET", "HEAD", "OPTIONS"].contains(&caller.method) {
            return Err(refused("The API key provided does not have write permissions."));
        }
        Ok(())
    }

    /// Key and secret as they are. Whether there was a known key.
    fn check_plain(&self, caller: &Caller<'_>) -> Result<bool, ApiError> {
        let from_header = caller.authorization.and_then(|header| {
            let decoded = BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
            let text = String::from_utf8(decoded).ok()?;
            text.split_once(':')
                .map(|(key, secret)| (key.to_owned(), secret.to_owned()))
        });
        let from_query = || {
            let key = caller.query.get("consumer_key")?.to_owned();
            Some((key, caller.query.get("consumer_secret")?.to_owned()))
        };
        let Some((key, given)) = from_header.or_else(from_query) else {
            return Ok(false);
        };
        match self.secret_of(&key) {
            Some(secret) if given == secret => Ok(true),
            Some(_) => Err(refused("Consumer secret is invalid.")),
            None => Ok(false),
        }
    }

    /// OAuth parameters of the query. Whether there were any.
    fn check_oauth(&self, caller: &Caller<'_>, nonces: &mut HashSet<String>) -> Result<bool, ApiError> {
        let missing: Vec<_> = OAUTH
            .into_iter()
            .filter(|name| caller.query.get(name).is_none())
            .collect();
        if missing.len() == OAUTH.len() {
            return Ok(false);
        }
        if !missing.is_empty() {
            let plural = if missing.len() == 1 { "" } else { "s" };
            return Err(ApiError::new(
                401,
                "woocommerce_rest_authentication_missing_parameter",
                format!("Missing OAuth parameter{plural} {}", missing.join(", ")),
            ));
        }
        let value = |name| caller.query.get(name).unwrap_or_default();
        let Some(secret) = self.secret_of(value("oauth_consumer_key")) else {
            return Err(refused("Consumer key is invalid."));
        };
        if value("oauth_signature_method") != "HMAC-SHA256" {
            return Err(refused("Invalid signature - signature method is invalid."));
        }
        let given = value("oauth_signature").replace(' ', "+");
        let given = percent_decode_str(&given).decode_utf8_lossy();
        if given != signature(caller, &secret) {
            return Err(refused("Invalid signature - provided signature does not match."));
        }
        let age = value("oauth_timestamp")
            .parse::<i64>()
            .map(|at| caller.now.as_seconds() - at);
        if !age.is_ok_and(|age| (-WINDOW..=WINDOW).contains(&age)) {
            return Err(refused("Invalid timestamp."));
        }
        if !nonces.insert(value("oauth_nonce").to_owned()) {
            return Err(refused("Invalid nonce - nonce has already been used."));
        }
        Ok(true)
    }
}

fn signature(caller: &Caller<'_>, secret: &str) -> String {
    let pairs = caller
        .query
        .pairs()
        .iter()
        .filter(|(name, _)| name != "oauth_signature");
    let mut encoded: Vec<_> = pairs.map(|(name, value)| (encode(name), encode(value))).collect();
    encoded.sort();
    let joined: Vec<_> = encoded
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let base = format!(
        "{}&{}&{}",
        caller.method,
        encode(caller.url),
        encode(&joined.join("&"))
    );
    sign(&format!("{secret}&"), base.as_bytes())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

fn refused(message: &str) -> ApiError {
    ApiError::new(401, "woocommerce_rest_authentication_error", message)
}

/// What someone unknown is told; it depends on what they wanted.
fn nobody(caller: &Caller<'_>) -> ApiError {
    let last = caller.url.rsplit('/').next().unwrap_or_default();
    let is_record = last.parse::<u64>().is_ok();
    let (code, message) = match (caller.method, is_record) {
        _ if last == "batch" => (
            "woocommerce_rest_cannot_batch",
            "Sorry, you are not allowed to batch manipulate this resource.",
        ),
        ("GET", true) => (
            "woocommerce_rest_cannot_view",
            "Sorry, you cannot view this resource.",
        ),
        ("GET", false) => (
            "woocommerce_rest_cannot_view",
            "Sorry, you cannot list resources.",
        ),
        ("DELETE", _) => (
            "woocommerce_rest_cannot_delete",
            "Sorry, you are not allowed to delete this resource.",
        ),
        ("POST", false) => (
            "woocommerce_rest_cannot_create",
            "Sorry, you are not allowed to create resources.",
        ),
        _ => (
            "woocommerce_rest_cannot_edit",
            "Sorry, you are not allowed to edit this resource.",
        ),
    };
    ApiError::new(401, code, message)
}
