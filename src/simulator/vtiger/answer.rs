//! What an operation ends in, and how that looks over HTTP.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value as Json, json};

/// What an operation answers.
pub(super) type Answer = Result<Json, Failure>;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Vtiger noticed and says so, with HTTP 200.
    Refused {
        /// Its code, such as `ACCESS_DENIED`.
        code: &'static str,
        /// Its message, slips included.
        message: String,
    },
    /// PHP gave up: HTTP 500 without a word.
    Fatal,
    /// The one refusal that isn't JSON: the owner doesn't exist.
    Restricted,
}

impl Failure {
    pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused {
            code,
            message: message.into(),
        }
    }

    /// Of what is missing, deleted or unknown, as of what is forbidden.
    pub(super) fn denied() -> Self {
        Self::denied_for("")
    }

    /// The same with what it is about, such as ` for id`.
    pub(super) fn denied_for(what: &str) -> Self {
        Self::refused(
            "ACCESS_DENIED",
            format!("Permission to perform the operation is denied{what}"),
        )
    }

    pub(super) fn invalid_id() -> Self {
        Self::refused("INVALID_ID_ATTRIBUTE", "Id specified is incorrect")
    }

    pub(super) fn mandatory(field: &str) -> Self {
        Self::refused(
            "MANDATORY_FIELDS_MISSING",
            format!("{field} does not have a value"),
        )
    }

    pub(super) fn internal() -> Self {
        Self::refused("INTERNAL_SERVER_ERROR", "Unknown Error while processing request")
    }
}

/// The answer as Vtiger words it: status, content type, body.
pub(super) fn worded(answer: &Answer) -> (StatusCode, &'static str, String) {
    const HTML: &str = "text/html; charset=UTF-8";
    let body = match answer {
        Ok(result) => json!({"success": true, "result": result}),
        Err(Failure::Refused { code, message }) => {
            json!({"success": false, "error": {"message": message, "code": code}})
        }
        Err(Failure::Fatal) => return (StatusCode::INTERNAL_SERVER_ERROR, HTML, String::new()),
        Err(Failure::Restricted) => {
            let text = "Sorry! Attempt to access restricted file.".to_owned();
            return (StatusCode::OK, HTML, text);
        }
    };
    (StatusCode::OK, "application/json", body.to_string())
}

/// The answer over HTTP.
pub(super) fn response(answer: &Answer) -> HttpResponse {
    let (status, content_type, body) = worded(answer);
    HttpResponse::build(status).content_type(content_type).body(body)
}
