//! Reads the webservice's answers: what was asked for, or why not.
//!
//! An answer is never assumed to be JSON: a PHP fatal shows as HTTP 500 with an empty body, and a few refusals as
//! plain text. Nothing of an unreadable body gets into a message, as it may hold anything.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::clock::Timestamp;

/// What Vtiger prints, with HTTP 200, when a record is given to a user who doesn't exist.
const NO_SUCH_OWNER: &str = "Sorry! Attempt to access restricted file.";

/// Why an operation of the webservice failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No answer, or none that can be read: it may have been done, or half done.
    #[error("{problem}")]
    Unavailable {
        /// What happened.
        problem: String,
        /// The HTTP status, where there was an answer.
        status: Option<u16>,
        /// How long Vtiger asked us to wait.
        retry_after: Option<Duration>,
    },
    /// Vtiger refused the operation.
    #[error("{code}: {message}")]
    Refused {
        /// Vtiger's error code, such as `ACCESS_DENIED`.
        code: String,
        /// Vtiger's words.
        message: String,
    },
    /// Vtiger refused the user name or the access key, again and again.
    #[error("sign-in failed: {code}: {message}")]
    SignIn {
        /// Vtiger's error code, such as `INVALID_USER_CREDENTIALS`.
        code: String,
        /// Vtiger's words.
        message: String,
    },
}

impl CallError {
    /// Whether Vtiger refused with this code.
    pub fn is_refused_with(&self, code: &str) -> bool {
        matches!(self, Self::Refused { code: actual, .. } if actual == code)
    }

    /// Whether PHP gave up: an empty answer with HTTP 500, after which the operation may be half done.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Unavailable {
                status: Some(500),
                ..
            }
        )
    }

    pub(crate) fn unreadable(operation: &str) -> Self {
        Self::Unavailable {
            problem: format!("the answer to `{operation}` can't be read"),
            status: None,
            retry_after: None,
        }
    }

    /// The network's failure, without the URL: that holds the session's name and the query.
    pub(crate) fn network(error: &reqwest::Error) -> Self {
        let problem = if error.is_timeout() {
            "it didn't answer in time".to_owned()
        } else {
            let what = if error.is_connect() {
                "can't connect"
            } else {
                "the connection broke"
            };
            match root_cause(error) {
                Some(cause) => format!("{what}: {cause}"),
                None => what.to_owned(),
            }
        };
        Self::Unavailable {
            problem,
            status: None,
            retry_after: None,
        }
    }
}

fn root_cause(error: &reqwest::Error) -> Option<String> {
    let mut cause = std::error::Error::source(error)?;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Some(cause.to_string())
}

#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    result: Json,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// Reads an answer: its `result`, or why there is none.
pub(crate) async fn read(response: reqwest::Response, now: Timestamp) -> Result<Json, CallError> {
    let status = response.status();
    let wait = retry_after(response.headers(), now);
    let body = response
        .bytes()
        .await
        .map_err(|error| CallError::network(&error))?;
    let unavailable = |problem: String| CallError::Unavailable {
        problem,
        status: Some(status.as_u16()),
        retry_after: wait,
    };
    if status.as_u16() == 429 {
        return Err(unavailable("too many requests (HTTP 429)".to_owned()));
    }
    if status.is_server_error() {
        return Err(unavailable(format!("it failed (HTTP {})", status.as_u16())));
    }
    match serde_json::from_slice::<Envelope>(&body) {
        Ok(Envelope {
            success: true,
            result,
            ..
        }) if status.is_success() => Ok(result),
        Ok(Envelope {
            error: Some(Refusal { code, message }),
            ..
        }) => Err(CallError::Refused { code, message }),
        _ if status.as_u16() == 401 || status.as_u16() == 403 => Err(CallError::Refused {
            code: "ACCESS_DENIED".to_owned(),
            message: format!("the web server refused the request (HTTP {})", status.as_u16()),
        }),
        _ if status.is_success() && body.starts_with(NO_SUCH_OWNER.as_bytes()) => Err(CallError::Refused {
            code: "REFERENCE_INVALID".to_owned(),
            message: "there is no user with the id in assigned_user_id".to_owned(),
        }),
        _ => Err(unavailable(format!(
            "the answer isn't the webservice's (HTTP {})",
            status.as_u16()
        ))),
    }
}

/// How long to wait: `Retry-After` in seconds, or when Vtiger Cloud's minute limit starts anew, which is told
/// either in seconds from now or since 1970.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    const YEAR_2001: i64 = 1_000_000_000;
    let seconds = |name: &str| -> Option<i64> { headers.get(name)?.to_str().ok()?.trim().parse().ok() };
    let seconds =
        seconds(RETRY_AFTER.as_str()).or_else(|| match seconds("X-FloodControl-MinuteLimit-Reset")? {
            moment if moment > YEAR_2001 => Some(moment.saturating_sub(now.as_seconds())),
            wait => Some(wait),
        })?;
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// An answer that must be an object.
pub(crate) fn object(operation: &str, answer: Json) -> Result<Map<String, Json>, CallError> {
    match answer {
        Json::Object(object) => Ok(object),
        _ => Err(CallError::unreadable(operation)),
    }
}

/// An answer that must be a list of objects.
pub(crate) fn objects(operation: &str, answer: Json) -> Result<Vec<Map<String, Json>>, CallError> {
    match answer {
        Json::Array(items) => items.into_iter().map(|item| object(operation, item)).collect(),
        _ => Err(CallError::unreadable(operation)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&'static str, &'static str)]) -> Option<u64> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        retry_after(&headers, Timestamp::from_seconds(1_795_433_405)).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_wait_is_read_from_whichever_header_tells_it() {
        assert_eq!(wait(&[]), None);
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        assert_eq!(wait(&[("x-floodcontrol-minutelimit-reset", "41")]), Some(41));
        assert_eq!(
            wait(&[("x-floodcontrol-minutelimit-reset", "1795433435")]),
            Some(30)
        );
        assert_eq!(
            wait(&[("x-floodcontrol-minutelimit-reset", "1795433400")]),
            Some(0)
        );
    }
}
