//! How the pages are answered: headers that keep browsers from doing more than they need to, and failures in plain
//! language.

use std::fmt::Write as _;

use actix_web::http::{StatusCode, header};
use actix_web::middleware::DefaultHeaders;
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::asset::VERSION;
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::accounts::AccountsError;
use crate::engine::EngineError;
use crate::history::HistoryError;
use crate::queue::QueueError;
use crate::settings::SettingsError;
use crate::store::StoreError;

const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                      object-src 'none'";

/// Why a page can't be shown, or something not be done.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// Nobody is signed in; this is where to go after that.
    #[error("nobody is signed in")]
    SignIn(String),
    /// There is no account yet.
    #[error("there is no account yet")]
    NoAccount,
    /// There is no such thing. The text is for the reader.
    #[error("there is no such thing: {0}")]
    NotFound(String),
    /// It can't be done as things are. The text is for the reader.
    #[error("it can't be done: {0}")]
    Refused(String),
    /// Only admins may do so.
    #[error("only admins may do so")]
    ReadersMayNot,
    /// The form does not come from a page of this session.
    #[error("the form is not of this session")]
    Forged,
    /// The request comes from another site.
    #[error("the request comes from another site")]
    Foreign,
    /// The form can't be read.
    #[error("the form can't be read: {0}")]
    Malformed(String),
    /// The store failed.
    #[error("the database could not be read or written")]
    Store(#[from] StoreError),
    /// The queue can't be read.
    #[error("the queue could not be read")]
    Queue(#[from] QueueError),
    /// The accounts can't be read.
    #[error("the accounts could not be read or written")]
    Accounts(#[from] AccountsError),
    /// A part of the program failed that the settings need.
    #[error("the settings could not be worked out")]
    Engine(#[from] EngineError),
    /// The template failed.
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
}

/// A failure in plain language.
#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    version: &'static str,
    title: String,
    text: String,
    remedy: Option<String>,
    /// Whether the page tries again by itself.
    tries_again: bool,
}

impl From<HistoryError> for PageError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Store(error) => error.into(),
            HistoryError::Filter(error) => Self::Malformed(error.to_string()),
            unknown => Self::NotFound(sentence(&unknown.to_string())),
        }
    }
}

impl PageError {
    /// Whether it is a fault of ours, which the log should name.
    pub(super) const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Store(_)
                | Self::Queue(_)
                | Self::Engine(_)
                | Self::Template(_)
                | Self::Accounts(AccountsError::Store(_) | AccountsError::Hash)
        )
    }

    fn told(&self) -> Failure {
        let told = |title: &str, text: String| Failure {
            version: VERSION,
            title: texts::say(title),
            text,
            remedy: None,
            tries_again: false,
        };
        match self {
            Self::NotFound(text) => told("frame-not-found", text.clone()),
            Self::Refused(text) => told("frame-refused", text.clone()),
            Self::ReadersMayNot => told("frame-refused", texts::say("frame-refused-reader")),
            Self::Forged => told("frame-refused", texts::say("frame-refused-form")),
            Self::Foreign => told("frame-refused", texts::say("frame-refused-origin")),
            Self::Malformed(problem) => told(
                "frame-refused",
                texts::say_with("frame-broken-form", &[("problem", problem.as_str().into())]),
            ),
            Self::Accounts(error) if !self.is_outage() => told("frame-refused", sentence(&error.to_string())),
            _ => Failure {
                remedy: Some(texts::say("frame-outage-remedy")),
                tries_again: true,
                ..told("frame-outage-title", texts::say("frame-outage"))
            },
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(_) | Self::NoAccount => StatusCode::SEE_OTHER,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::ReadersMayNot | Self::Forged | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Accounts(_) if !self.is_outage() => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::SignIn(next) if next == "/" => return see_other("/login"),
            Self::SignIn(next) => {
                let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
                return see_other(&format!("/login?next={next}"));
            }
            Self::NoAccount => return see_other("/setup"),
            _ => {}
        }
        let mut response = HttpResponse::build(self.status_code());
        if self.is_outage() {
            response.insert_header((header::RETRY_AFTER, "10"));
        }
        response
            .content_type("text/html; charset=utf-8")
            .body(self.told().render().unwrap_or_default())
    }
}

impl From<SettingsError> for PageError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::UnknownConnection(_) | SettingsError::UnknownVersion(_) => {
                Self::NotFound(sentence(&error.to_string()))
            }
            SettingsError::Stale(_) | SettingsError::Wrong(_) => Self::Refused(sentence(&error.to_string())),
            SettingsError::Engine(error) => Self::Engine(error),
            SettingsError::Store(error) => Self::Store(error),
        }
    }
}

/// A text of the core as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    if !sentence.ends_with(['.', '!', '?']) {
        let _ = sentence.write_char('.');
    }
    sentence
}

/// Headers of everything.
pub(super) fn safe() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::REFERRER_POLICY, "no-referrer"))
}

/// Headers of what shows people's data: it is stored nowhere.
pub(super) fn private() -> DefaultHeaders {
    safe().add((header::CACHE_CONTROL, "no-store"))
}

/// A page, or part of one.
pub(super) fn html(html: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(html)
}

/// A page from its template.
pub(super) fn page(page: &impl Template) -> Result<HttpResponse, PageError> {
    Ok(html(page.render()?))
}

/// Sends the browser to another page of this site, as after a form was sent.
pub(super) fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}

/// The same, with something that the page then tells.
pub(super) async fn see_other_with(
    web: &Web,
    viewer: &Viewer,
    path: &str,
    note: &str,
) -> Result<HttpResponse, PageError> {
    viewer.tell(web, note).await?;
    Ok(see_other(path))
}
