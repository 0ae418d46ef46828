//! What the senders are answered.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::sync::Side;
use crate::telemetry;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No connection has this name.
    UnknownConnection,
    /// The signature or token is missing or wrong.
    Unauthenticated(&'static str),
    /// The body is larger than allowed.
    TooLarge { limit: usize },
    /// The body did not arrive as a whole.
    Broken,
    /// The sender is known, but what it says can't be understood.
    Malformed(String),
    /// No secret is known for the moment.
    Unverifiable,
    /// The event could not be stored.
    NotDurable,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownConnection => {
                f.write_str("no connection has this name; look at the last part of the address")
            }
            Self::Unauthenticated(remedy) => f.write_str(remedy),
            Self::TooLarge { limit } => write!(
                f,
                "the body is larger than {limit} bytes; raise http.body_limit if such bodies are to be expected"
            ),
            Self::Broken => f.write_str("the body did not arrive as a whole; send it again"),
            Self::Malformed(detail) => f.write_str(detail),
            Self::Unverifiable => {
                f.write_str("the secret is in the database, which can't be read; send it again")
            }
            Self::NotDurable => f.write_str("the event could not be stored; send it again"),
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::UnknownConnection => StatusCode::NOT_FOUND,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unverifiable | Self::NotDurable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let error = match self {
            Self::UnknownConnection => "unknown_connection",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::TooLarge { .. } => "too_large",
            Self::Broken => "incomplete",
            Self::Malformed(_) => "malformed",
            Self::Unverifiable => "unverifiable",
            Self::NotDurable => "not_durable",
        };
        let mut response = HttpResponse::build(self.status_code());
        if matches!(self, Self::Unverifiable | Self::NotDurable) {
            response.insert_header((header::RETRY_AFTER, "10"));
        }
        response.json(json!({ "error": error, "detail": self.to_string() }))
    }
}

/// Counts an answer, and hands it on.
pub(super) fn counted(source: Side, answer: Result<HttpResponse, Refusal>) -> Result<HttpResponse, Refusal> {
    let status = answer
        .as_ref()
        .map_or_else(ResponseError::status_code, HttpResponse::status);
    telemetry::event_received(source, status.as_u16());
    answer
}

/// The request was accepted, with so many events.
pub(super) fn accepted(events: usize) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "accepted", "events": events }))
}

/// The address takes `POST` only.
pub(super) async fn only_post() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, "POST"))
        .json(json!({ "error": "method_not_allowed", "detail": "webhooks come by POST" }))
}
