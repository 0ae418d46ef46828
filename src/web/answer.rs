//! How the pages are answered: headers that keep browsers from doing more than they need to, and failures in plain
//! language.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;
use askama::Template;

use super::asset::VERSION;
use crate::queue::QueueError;
use crate::store::StoreError;
use crate::telemetry;

const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
                      object-src 'none'";

/// Why a page can't be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// The journal can't be read.
    #[error("the journal could not be read")]
    Store(#[from] StoreError),
    /// The queue can't be read.
    #[error("the queue could not be read")]
    Queue(#[from] QueueError),
    /// The template failed.
    #[error("the page could not be written")]
    Template(#[from] askama::Error),
}

/// Headers of everything.
pub(super) fn safe() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
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

#[derive(Template)]
#[template(path = "outage.html")]
struct OutagePage {
    version: &'static str,
}

#[derive(Template)]
#[template(path = "outage_news.html")]
struct OutageNews;

/// Whether the last page failed: a page that asks every second must not fill the log.
#[derive(Debug)]
pub(super) struct Outage(pub(super) AtomicBool);

impl Outage {
    /// The answer of a page that did not fail.
    pub(super) fn over(&self, response: HttpResponse) -> HttpResponse {
        self.0.store(false, Ordering::Relaxed);
        response
    }

    /// The page that says what to do.
    pub(super) fn page(&self, error: &PageError) -> HttpResponse {
        self.answer(error, &OutagePage { version: VERSION })
    }

    /// The same for a page that is open already.
    pub(super) fn fragment(&self, error: &PageError) -> HttpResponse {
        self.answer(error, &OutageNews)
    }

    fn answer(&self, error: &PageError, page: &impl Template) -> HttpResponse {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(error = %telemetry::chain(error), "the page can't be shown");
        }
        HttpResponse::ServiceUnavailable()
            .insert_header((header::RETRY_AFTER, "10"))
            .content_type("text/html; charset=utf-8")
            .body(page.render().unwrap_or_default())
    }
}
