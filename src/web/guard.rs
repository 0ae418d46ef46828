//! What all requests for pages pass: those that change something must come from this site, failures are logged once, and
//! parts of pages that ask by themselves get answers that they understand.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError, web};
use askama::Template;
use url::Url;

use super::answer::PageError;
use super::filters;
use crate::telemetry;

/// Whether the last page failed: a page that asks every second must not fill the log.
#[derive(Debug, Default)]
pub(super) struct Outage(AtomicBool);

#[derive(Template)]
#[template(path = "outage_news.html")]
struct OutageNews;

/// Watches a request and its answer.
pub(super) async fn watch(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !request.method().is_safe() && is_foreign(&request) {
        return Ok(request.into_response(PageError::Foreign.error_response()));
    }
    let outage = request.app_data::<web::Data<Outage>>().cloned();
    let is_fragment = request.headers().contains_key("HX-Request");
    let answer = next.call(request).await?.map_into_boxed_body();
    let failure = answer
        .response()
        .error()
        .and_then(|error| error.as_error::<PageError>());
    if let Some(outage) = outage {
        match failure.filter(|failure| failure.is_outage()) {
            Some(failure) if !outage.0.swap(true, Ordering::Relaxed) => {
                tracing::error!(error = %telemetry::chain(failure), "a page can't be shown");
            }
            Some(_) => {}
            None => outage.0.store(false, Ordering::Relaxed),
        }
    }
    if !is_fragment {
        return Ok(answer);
    }
    let instead = match failure {
        // A part of a page must not become the page to sign in with.
        Some(PageError::SignIn(_) | PageError::NoAccount) => Some(
            HttpResponse::Unauthorized()
                .insert_header(("HX-Redirect", "/login"))
                .finish(),
        ),
        Some(failure) if failure.is_outage() => Some(
            HttpResponse::ServiceUnavailable()
                .insert_header((header::RETRY_AFTER, "10"))
                .content_type("text/html; charset=utf-8")
                .body(OutageNews.render().unwrap_or_default()),
        ),
        _ => None,
    };
    Ok(match instead {
        Some(instead) => answer.into_response(instead),
        None => answer,
    })
}

/// Whether a page of another site sent it. Browsers tell where a request comes from; programs that don't can't be made
/// to send somebody's cookie.
fn is_foreign(request: &ServiceRequest) -> bool {
    let header = |name| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap_or("?").to_owned())
    };
    if let Some(site) = header("sec-fetch-site") {
        return !matches!(site.as_str(), "same-origin" | "none");
    }
    let Some(origin) = header("origin") else {
        return false;
    };
    let host = request.connection_info().host().to_lowercase();
    let authority = Url::parse(&origin).ok().and_then(|url| {
        let host = url.host_str()?.to_owned();
        Some(url.port().map_or(host.clone(), |port| format!("{host}:{port}")))
    });
    authority.is_none_or(|authority| authority != host)
}
