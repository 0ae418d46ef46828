//! Challenges, logins and sessions of the one user that may use the webservice.

use std::collections::BTreeMap;
use std::time::Duration;

use md5::{Digest, Md5};
use serde_json::{Value as Json, json};

use super::answer::{Answer, Failure};
use super::schema::INTEGRATION_USER;
use crate::clock::Timestamp;

const CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);

/// Who has logged in.
pub(super) struct Access {
    username: String,
    key: String,
    session_lifetime: Duration,
    /// One per user: the next one makes this one worthless.
    challenge: Option<(String, Timestamp)>,
    /// Each with the moment that it was last used.
    sessions: BTreeMap<String, Timestamp>,
}

impl Access {
    pub(super) fn new(username: &str, access_key: &str, session_lifetime: Duration) -> Self {
        Self {
            username: username.to_owned(),
            key: access_key.to_owned(),
            session_lifetime,
            challenge: None,
            sessions: BTreeMap::new(),
        }
    }

    pub(super) fn get_challenge(&mut self, username: &str, now: Timestamp) -> Answer {
        if username.is_empty() {
            return Err(Failure::refused("ACCESS_DENIED", "No username given"));
        }
        if username != self.username {
            return Err(Failure::refused("ACCESS_DENIED", "username does not exists"));
        }
        let token = format!("{:013x}", rand::random::<u64>() >> 12);
        let expires = now + CHALLENGE_LIFETIME;
        self.challenge = Some((token.clone(), expires));
        Ok(json!({
            "token": token,
            "serverTime": now.as_seconds(),
            "expireTime": expires.as_seconds(),
        }))
    }

    pub(super) fn login(&mut self, username: &str, proof: &str, now: Timestamp) -> Answer {
        let token = match &self.challenge {
            Some((token, expires)) if username == self.username && now <= *expires => token,
            _ => {
                return Err(Failure::refused(
                    "INVALID_AUTH_TOKEN",
                    "Specified token is invalid or expired",
                ));
            }
        };
        let expected = hex::encode(Md5::digest(format!("{token}{}", self.key)));
        if proof != expected {
            return Err(Failure::refused(
                "INVALID_USER_CREDENTIALS",
                "Invalid username or password",
            ));
        }
        let session = format!("{:021x}", rand::random::<u128>() >> 44);
        self.sessions.insert(session.clone(), now);
        Ok(json!({
            "username": username,
            "first_name": "Sync",
            "last_name": "Integration",
            "email": "integration@example.test",
            "time_zone": "UTC",
            "hour_format": "12",
            "date_format": "yyyy-mm-dd",
            "is_admin": "on",
            "call_duration": "5",
            "other_event_duration": "5",
            "sessionName": session,
            "userId": INTEGRATION_USER.to_string(),
            "version": "0.22",
            "vtigerVersion": "8.3.0",
        }))
    }

    /// Lets a request with this session pass, and keeps the session alive.
    pub(super) fn enter(&mut self, session: &str, now: Timestamp) -> Result<(), Failure> {
        let lifetime = self.session_lifetime;
        self.sessions.retain(|_, used| now - *used <= lifetime);
        match self.sessions.get_mut(session) {
            Some(used) => {
                *used = now;
                Ok(())
            }
            None => Err(Failure::refused(
                "INVALID_SESSIONID",
                "Session Identifier provided is Invalid",
            )),
        }
    }

    pub(super) fn extend(session: &str) -> Json {
        json!({
            "sessionName": session,
            "userId": INTEGRATION_USER.to_string(),
            "version": "0.22",
            "vtigerVersion": "8.3.0",
        })
    }

    pub(super) fn logout(&mut self, session: &str) -> Json {
        self.sessions.remove(session);
        json!({"message": "successfull"})
    }

    pub(super) fn expire_sessions(&mut self) {
        self.sessions.clear();
    }
}
