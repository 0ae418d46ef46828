//! Reads the webservice's answers: what was asked for, or why not.
//!
//! An answer is never assumed to be JSON: a PHP fatal shows as HTTP 500 with an empty body, and a few refusals as
//! plain text. Nothing of an unreadable body gets into a message, as it may hold anything.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::clock::Timestamp;
use crate::system::{Held, Quota, Reply, ReplyKind};

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
    /// It is known to be down, or is to be left alone: nothing was sent, or what was failed for that reason.
    #[error("{problem}")]
    Paused {
        /// What happened.
        problem: String,
        /// When to try again.
        wait: Duration,
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

    /// A request that was not sent.
    pub(crate) fn held(held: Held) -> Self {
        Self::Paused {
            problem: held.to_string(),
            wait: held.wait,
        }
    }

    /// The same failure of a Vtiger that is to be left alone for so long.
    pub(crate) fn paused(self, wait: Duration) -> Self {
        Self::Paused {
            problem: self.to_string(),
            wait,
        }
    }

    /// How the request went to which this was the answer.
    pub(crate) fn reply(&self) -> Reply {
        match self {
            Self::Unavailable {
                status, retry_after, ..
            } => Reply {
                retry_after: *retry_after,
                // Without a status, the answer was none, or none of the webservice's.
                ..status.map_or(Reply::new(ReplyKind::Failure), Reply::of_status)
            },
            Self::Refused { code, .. } if code == "TOO_MANY_REQUESTS" => Reply::new(ReplyKind::TooMany),
            _ => Reply::new(ReplyKind::Answer),
        }
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
pub(crate) fn read(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Json, CallError> {
    let wait = if status.as_u16() == 429 {
        retry_after(headers, now)
    } else {
        number(headers, RETRY_AFTER.as_str()).map(|told| from_now(told, now))
    };
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
    match serde_json::from_slice::<Envelope>(body) {
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

/// What the headers tell of the limits of Vtiger Cloud.
pub(crate) fn quotas(headers: &HeaderMap, now: Timestamp) -> (Quota, Quota) {
    let count = |name| u32::try_from(number(headers, name)?).ok();
    let minute = Quota {
        limit: count("x-floodcontrol-minutelimit"),
        left: count("x-floodcontrol-remaining").or_else(|| count("x-floodcontrol-minutelimit-remaining")),
        resets_in: minute_reset(headers, now),
    };
    let day = Quota {
        limit: count("x-ratelimit-dailylimit"),
        left: count("x-ratelimit-remaining").or_else(|| count("x-ratelimit-dailylimit-remaining")),
        resets_in: number(headers, "x-ratelimit-reset").map(|told| from_now(told, now)),
    };
    (minute, day)
}

/// How long to wait: `Retry-After` in seconds, or until Vtiger Cloud's minute limit starts anew.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    number(headers, RETRY_AFTER.as_str())
        .map(|told| from_now(told, now))
        .or_else(|| minute_reset(headers, now))
}

/// Vtiger's own words on the header's name differ.
fn minute_reset(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let told = number(headers, "x-floodcontrol-reset")
        .or_else(|| number(headers, "x-floodcontrol-minutelimit-reset"))?;
    // No minute is longer, whatever the clocks show.
    Some(from_now(told, now).min(Duration::from_mins(1)))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// A moment that is told either in seconds from now or since 1970.
fn from_now(told: i64, now: Timestamp) -> Duration {
    const YEAR_2001: i64 = 1_000_000_000;
    let seconds = if told > YEAR_2001 {
        told.saturating_sub(now.as_seconds())
    } else {
        told
    };
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
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
        assert_eq!(wait(&[("x-floodcontrol-reset", "1795433435")]), Some(30));
        assert_eq!(wait(&[("x-floodcontrol-reset", "15349121212")]), Some(60));
        assert_eq!(
            wait(&[("x-floodcontrol-minutelimit-reset", "1795433435")]),
            Some(30)
        );
        assert_eq!(
            wait(&[("x-floodcontrol-minutelimit-reset", "1795433400")]),
            Some(0)
        );
    }

    #[test]
    fn the_limits_of_vtiger_cloud_are_read() {
        let headers = [
            ("x-floodcontrol-minutelimit", "60"),
            ("x-floodcontrol-remaining", "51"),
            ("x-floodcontrol-reset", "1795433435"),
            ("x-ratelimit-dailylimit", "1200"),
            ("x-ratelimit-remaining", "417"),
        ];
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();

        let (minute, day) = quotas(&headers, Timestamp::from_seconds(1_795_433_405));

        let quota = |limit, left, resets_in: Option<u64>| Quota {
            limit: Some(limit),
            left: Some(left),
            resets_in: resets_in.map(Duration::from_secs),
        };
        assert_eq!(minute, quota(60, 51, Some(30)));
        assert_eq!(day, quota(1200, 417, None));
    }
}
