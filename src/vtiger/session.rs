//! Signs in to Vtiger: the challenge, the answer to it, and what the answer tells about the user.
//!
//! There is one challenge per user, which each `getchallenge` overwrites. So sign-ins of this process must not
//! overlap (see [`super::webservice::Webservice`]), and one that fails may only have met another process's.

use std::fmt;

use md5::{Digest, Md5};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::answer::CallError;

/// A session with Vtiger.
pub struct Session {
    /// What authorises each call. A secret.
    pub(crate) name: String,
    /// The user's id, such as `19x1`.
    pub user_id: String,
    /// Whether the user is an administrator, where Vtiger tells.
    pub is_admin: Option<bool>,
    /// Vtiger's version, where it tells.
    pub version: Option<String>,
    /// How many milliseconds the server's clock is ahead of ours.
    pub skew_ms: i64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user_id", &self.user_id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// What `getchallenge` answers.
#[derive(Deserialize)]
pub(crate) struct Challenge {
    pub(crate) token: String,
    #[serde(rename = "serverTime")]
    pub(crate) server_time: i64,
}

impl Challenge {
    /// What `login` wants to see: the MD5 of token and access key.
    pub(crate) fn answer(&self, access_key: &SecretString) -> String {
        let mut digest = Md5::new();
        digest.update(self.token.as_bytes());
        digest.update(access_key.expose_secret().as_bytes());
        hex::encode(digest.finalize())
    }
}

/// What `login` answers.
#[derive(Deserialize)]
pub(crate) struct Login {
    #[serde(rename = "sessionName")]
    session_name: String,
    #[serde(rename = "userId")]
    user_id: String,
    is_admin: Option<String>,
    #[serde(rename = "vtigerVersion")]
    vtiger_version: Option<String>,
}

impl Login {
    pub(crate) fn into_session(self, skew_ms: i64) -> Session {
        Session {
            name: self.session_name,
            user_id: self.user_id,
            is_admin: self.is_admin.map(|flag| flag == "on" || flag == "1"),
            version: self.vtiger_version,
            skew_ms,
        }
    }
}

/// Whether this error says that the session is no longer valid.
pub(crate) fn is_expired(error: &CallError) -> bool {
    const EXPIRED: [&str; 4] = [
        "INVALID_SESSIONID",
        "AUTHENTICATION_REQUIRED",
        "SESSION_EXPIRED",
        "SESSION_LEFT_IDLE",
    ];
    EXPIRED.iter().any(|code| error.is_refused_with(code))
}

/// Whether this failure of `login` may come from a challenge that another process has overwritten.
pub(crate) fn may_be_overwritten(error: &CallError) -> bool {
    error.is_refused_with("INVALID_USER_CREDENTIALS") || error.is_refused_with("INVALID_AUTH_TOKEN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_md5_of_token_and_access_key() {
        let challenge = Challenge {
            token: "6b0423bd2454b".to_owned(),
            server_time: 0,
        };

        let answer = challenge.answer(&SecretString::from("key"));

        assert_eq!(answer, hex::encode(Md5::digest(b"6b0423bd2454bkey")));
    }
}
