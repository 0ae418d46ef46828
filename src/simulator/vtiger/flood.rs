//! Vtiger Cloud's limits by the minute and by the day, and the headers that tell of them.

use std::sync::{Mutex, PoisonError};

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use serde_json::json;

use crate::clock::Timestamp;

/// How many requests Vtiger Cloud takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodControl {
    /// In each minute of the clock.
    pub a_minute: u32,
    /// In all, as the simulator doesn't live for more than a day.
    pub a_day: u32,
}

/// Counts the requests.
#[derive(Debug)]
pub(super) struct Flood {
    limits: Option<FloodControl>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    minute: i64,
    in_minute: u32,
    in_day: u32,
    refused: u32,
}

/// What is left.
pub(super) struct Left {
    limits: FloodControl,
    minute: u32,
    day: u32,
    resets_at: i64,
}

impl Flood {
    pub(super) fn new(limits: Option<FloodControl>) -> Self {
        Self {
            limits,
            counts: Mutex::default(),
        }
    }

    /// How many requests were one too many.
    pub(super) fn refused(&self) -> u32 {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    /// Counts a request. What is left after it; an error where it is one too many, and nothing where there is no limit.
    pub(super) fn count(&self, now: Timestamp) -> Option<Result<Left, Left>> {
        let limits = self.limits?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.as_seconds().div_euclid(60);
        if counts.minute != minute {
            (counts.minute, counts.in_minute) = (minute, 0);
        }
        let is_allowed = counts.in_minute < limits.a_minute && counts.in_day < limits.a_day;
        if is_allowed {
            counts.in_minute += 1;
            counts.in_day += 1;
        } else {
            counts.refused += 1;
        }
        let left = Left {
            limits,
            minute: limits.a_minute.saturating_sub(counts.in_minute),
            day: limits.a_day.saturating_sub(counts.in_day),
            resets_at: (minute + 1) * 60,
        };
        Some(if is_allowed { Ok(left) } else { Err(left) })
    }
}

impl Left {
    /// The answer to a request too many. How Vtiger Cloud words it is not told anywhere; the status is.
    pub(super) fn refusal(&self) -> HttpResponse {
        let error = json!({ "code": "TOO_MANY_REQUESTS", "message": "API limit exceeded" });
        let mut response = HttpResponse::TooManyRequests().json(json!({ "success": false, "error": error }));
        self.tell(&mut response);
        response
    }

    /// Puts the headers on an answer.
    pub(super) fn tell(&self, response: &mut HttpResponse) {
        for (name, value) in [
            ("x-floodcontrol-minutelimit", i64::from(self.limits.a_minute)),
            ("x-floodcontrol-remaining", i64::from(self.minute)),
            ("x-floodcontrol-reset", self.resets_at),
            ("x-ratelimit-dailylimit", i64::from(self.limits.a_day)),
            ("x-ratelimit-remaining", i64::from(self.day)),
        ] {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, HeaderValue::from(value));
        }
    }
}
