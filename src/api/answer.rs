//! How callers are answered.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use crate::accounts::AccountsError;
use crate::connections::{ConnectionsError, Problem};
use crate::engine::EngineError;
use crate::failed::FailedError;
use crate::history::HistoryError;
use crate::record::RecordError;
use crate::settings::{Finding, SettingsError, Stale};
use crate::telemetry;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No token was shown.
    NoToken,
    /// The token is wrong.
    WrongToken,
    /// The token is a reader's.
    ReadersMayNot,
    /// There is no such thing.
    NotFound(String),
    /// What the request says can't be understood.
    Malformed(String),
    /// It can't be done as things are.
    Refused(String),
    /// The event can't be read, and so not be replayed.
    Unreadable,
    /// Somebody else saved settings meanwhile.
    Stale(String, Stale),
    /// Settings are wrong.
    Wrong(String, Vec<Finding>),
    /// What was entered can't be.
    Invalid(Vec<Problem>),
    /// The store or the queue failed.
    Unavailable,
}

impl Refusal {
    /// There is no failed event with this id.
    pub(super) fn unknown(id: String) -> Self {
        FailedError::Unknown(id).into()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoToken => f.write_str(
                "send the header `Authorization: Bearer <token>`; an admin makes tokens on the page Accounts",
            ),
            Self::WrongToken => f.write_str("there is no such token; it may have been removed"),
            Self::ReadersMayNot => f.write_str("this token is a reader's, and may not change anything"),
            Self::NotFound(detail)
            | Self::Malformed(detail)
            | Self::Refused(detail)
            | Self::Stale(detail, _)
            | Self::Wrong(detail, _) => f.write_str(detail),
            Self::Invalid(_) => f.write_str("what was entered is wrong in the fields that `problems` names"),
            Self::Unreadable => {
                f.write_str("the event can't be read, and so not be replayed; it can only be discarded")
            }
            Self::Unavailable => {
                f.write_str("the database or the queue does not answer; the service's log names the cause")
            }
        }
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::ReadersMayNot => StatusCode::FORBIDDEN,
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unreadable | Self::Refused(_) | Self::Stale(..) => StatusCode::CONFLICT,
            Self::Wrong(..) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        let error = match self {
            Self::ReadersMayNot => "forbidden",
            Self::NoToken => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"woo-vtiger-sync\""));
                "unauthenticated"
            }
            Self::WrongToken => {
                response.insert_header((
                    header::WWW_AUTHENTICATE,
                    "Bearer realm=\"woo-vtiger-sync\", error=\"invalid_token\"",
                ));
                "unauthenticated"
            }
            Self::NotFound(_) => "not_found",
            Self::Malformed(_) => "malformed",
            Self::Unreadable => "unreadable",
            Self::Refused(_) => "refused",
            Self::Stale(detail, stale) => {
                return response.json(json!({ "error": "stale", "detail": detail, "meanwhile": stale }));
            }
            Self::Wrong(detail, findings) => {
                return response.json(json!({ "error": "wrong", "detail": detail, "problems": findings }));
            }
            Self::Invalid(_) => "invalid",
            Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, "10"));
                "unavailable"
            }
        };
        let mut body = json!({ "error": error, "detail": self.to_string() });
        if let Self::Invalid(problems) = self {
            body["problems"] = json!(problems);
        }
        response.json(body)
    }
}

impl From<AccountsError> for Refusal {
    fn from(error: AccountsError) -> Self {
        tracing::error!(error = %telemetry::chain(&error), "a request to the API failed");
        Self::Unavailable
    }
}

impl From<FailedError> for Refusal {
    fn from(error: FailedError) -> Self {
        match error {
            FailedError::Unknown(_) => Self::NotFound(error.to_string()),
            FailedError::Ambiguous { .. } | FailedError::TooShort(_) => Self::Malformed(error.to_string()),
            FailedError::Store(_) | FailedError::Queue(_) => {
                tracing::error!(error = %telemetry::chain(&error), "a request to the API failed");
                Self::Unavailable
            }
        }
    }
}

impl From<ConnectionsError> for Refusal {
    fn from(error: ConnectionsError) -> Self {
        match error {
            ConnectionsError::Unknown(_) => Self::NotFound(error.to_string()),
            ConnectionsError::Invalid(problems) => Self::Invalid(problems),
            ConnectionsError::History(error) => error.into(),
            ConnectionsError::Store(_) => {
                tracing::error!(error = %telemetry::chain(&error), "a request to the API failed");
                Self::Unavailable
            }
            error => Self::Refused(telemetry::chain(&error)),
        }
    }
}

impl From<HistoryError> for Refusal {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::UnknownRun(_) | HistoryError::UnknownConnection(_) => {
                Self::NotFound(error.to_string())
            }
            HistoryError::Filter(_) => Self::Malformed(error.to_string()),
            HistoryError::Store(_) => {
                tracing::error!(error = %telemetry::chain(&error), "a request to the API failed");
                Self::Unavailable
            }
        }
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::UnknownConnection(_) | RecordError::Unknown { .. } | RecordError::NoConflict => {
                Self::NotFound(error.to_string())
            }
            RecordError::NotThere { .. } | RecordError::NotLinked { .. } | RecordError::NotTaken { .. } => {
                Self::Refused(error.to_string())
            }
            RecordError::Engine(EngineError::System(error)) => Self::Refused(telemetry::chain(&error)),
            RecordError::Engine(_) => {
                tracing::error!(error = %telemetry::chain(&error), "a request to the API failed");
                Self::Unavailable
            }
        }
    }
}

impl From<SettingsError> for Refusal {
    fn from(error: SettingsError) -> Self {
        let detail = error.to_string();
        match error {
            SettingsError::UnknownConnection(_) | SettingsError::UnknownVersion(_) => Self::NotFound(detail),
            SettingsError::Stale(stale) => Self::Stale(detail, stale),
            SettingsError::Wrong(findings) => Self::Wrong(detail, findings),
            SettingsError::Engine(_) | SettingsError::Store(_) => {
                tracing::error!(error = %telemetry::chain(&error), "a request to the API failed");
                Self::Unavailable
            }
        }
    }
}

/// There is nothing at this address.
pub(super) async fn nothing_here() -> Result<HttpResponse, Refusal> {
    Err(Refusal::NotFound(
        "there is nothing at this address; the API has /api/v1/connections, failed, log, runs, modules, sweep, \
         backfill, records, attention and settings"
            .to_owned(),
    ))
}

/// The address takes other methods.
pub(super) fn only(methods: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, methods))
        .json(json!({ "error": "method_not_allowed", "detail": format!("this address takes {methods}") }))
}
