//! The HTTP side: authentication, faults, headers, and the list of calls.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::future::ready;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::answer::{Answer, ApiError, Fields};
use super::auth::{Caller, Gate};
use super::delivery::Sender;
use super::query::Query;
use super::shop::Shop;
use super::text::{http_date, php_json, site_offset};
use super::{Call, consent, route};
use crate::clock::Timestamp;
use crate::simulator::faults::{Fault, Faults};
use crate::simulator::writes::Writes;

const REST: &str = "/wp-json/wc/v3";

/// What the server's handlers share.
pub(super) struct Shared {
    pub(super) gate: Gate,
    pub(super) faults: Faults,
    pub(super) writes: Writes,
    pub(super) sender: Sender,
    pub(super) shop: Mutex<Shop>,
    pub(super) calls: Mutex<Vec<Call>>,
    pub(super) nonces: Mutex<HashSet<String>>,
}

impl Shared {
    /// The shop's state. Never hold it over an await.
    pub(super) fn shop(&self) -> MutexGuard<'_, Shop> {
        self.shop.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls so far.
    pub(super) fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers any request.
pub(super) async fn handle(request: HttpRequest, body: Bytes, shared: Data<Arc<Shared>>) -> HttpResponse {
    let path = request.path();
    let url = shared.shop().url.clone();
    let no_route = || error_response(&url, &ApiError::no_route(), &[]);
    match path.strip_prefix(REST) {
        Some(below) if below.starts_with('/') => handle_rest(&request, below, &body, &shared, &url).await,
        _ if path.trim_end_matches('/') == "/wp-json" && request.method() == "GET" => {
            index(&url, shared.shop().now())
        }
        _ if path.starts_with("/wp-json/") => no_route(),
        _ if path.starts_with(consent::PATH) && request.method() == "GET" => {
            let route = path.trim_start_matches(consent::PATH).trim_end_matches('/');
            consent::handle(&request, route, &shared).await
        }
        _ => HttpResponse::NotFound()
            .content_type("text/html; charset=UTF-8")
            .body("<!DOCTYPE html>"),
    }
}

async fn handle_rest(
    request: &HttpRequest,
    below: &str,
    body: &Bytes,
    shared: &Shared,
    url: &str,
) -> HttpResponse {
    if shared.faults.is_down() {
        let response = away();
        shared.calls().push(Call {
            method: request.method().as_str().to_owned(),
            path: without_keys(below, request.query_string()),
            status: response.status().as_u16(),
        });
        return response;
    }
    let query = Query::parse(request.query_string());
    let caller = Caller {
        method: request.method().as_str(),
        url: &format!("{url}{}", request.path()),
        query: &query,
        authorization: request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()),
        now: shared.shop().now(),
    };
    let allowed = {
        let mut nonces = shared.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        shared.gate.check(&caller, &mut nonces)
    };
    if let Err(error) = allowed {
        return error_response(url, &error, &[]);
    }
    let written: Vec<_> = written(request, below, body)
        .into_iter()
        .map(|record| shared.writes.begin(record))
        .collect();
    let latency = shared.faults.latency();
    if latency > Duration::ZERO {
        tokio::time::sleep(latency).await;
    }
    let fault = shared.faults.draw(below);
    let response = match fault {
        Some(Fault::TooManyRequests) => HttpResponse::TooManyRequests()
            .insert_header(("Retry-After", "1"))
            .json(json!({"code": "too_many_requests", "message": "Too many requests.", "data": {"status": 429}})),
        Some(Fault::ErrorBefore) => away(),
        Some(Fault::ErrorAfter) => {
            let fields = fields(request, body);
            work(request, below, &query, fields, shared, url).await;
            critical_error()
        }
        Some(Fault::Midway) => {
            if below.ends_with("/batch") {
                let fields = fields(request, body).map(|fields| route::half(&fields));
                work(request, below, &query, fields, shared, url).await;
            }
            critical_error()
        }
        Some(Fault::Reset) => {
            let fields = fields(request, body);
            broken(work(request, below, &query, fields, shared, url).await)
        }
        None => {
            let fields = fields(request, body);
            let done = work(request, below, &query, fields, shared, url).await;
            done.into_response()
        }
    };
    shared.calls().push(Call {
        method: request.method().as_str().to_owned(),
        path: without_keys(below, request.query_string()),
        status: response.status().as_u16(),
    });
    drop(written);
    response
}

/// What the web server says while WordPress isn't there.
fn away() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type("text/html")
        .body("<html><head><title>503 Service Temporarily Unavailable</title></head></html>")
}

/// What WordPress says when PHP has broken it off.
fn critical_error() -> HttpResponse {
    HttpResponse::InternalServerError().json(json!({
        "code": "internal_server_error",
        "message": "<p>There has been a critical error on this website.</p>",
        "data": {"status": 500},
    }))
}

/// The records that a request writes to, those that it creates left out.
fn written(request: &HttpRequest, below: &str, body: &Bytes) -> Vec<String> {
    if request.method() == "GET" {
        return Vec::new();
    }
    match below.strip_suffix("/batch") {
        Some(collection) => {
            let records = route::written(&fields(request, body).unwrap_or_default());
            records.iter().map(|id| format!("{collection}/{id}")).collect()
        }
        None if below.ends_with(|end: char| end.is_ascii_digit()) => vec![below.to_owned()],
        None => Vec::new(),
    }
}

/// A response whose body is still at hand.
struct Done {
    response: HttpResponseBuilder,
    body: String,
}

impl Done {
    fn into_response(mut self) -> HttpResponse {
        self.response.body(self.body)
    }
}

async fn work(
    request: &HttpRequest,
    below: &str,
    query: &Query,
    fields: Result<Fields, ApiError>,
    shared: &Shared,
    url: &str,
) -> Done {
    let call = route::Call {
        method: request.method().as_str(),
        path: below,
        query,
        fields,
    };
    let (result, allow, pings, now) = {
        let mut shop = shared.shop();
        let (result, allow) = route::answer(&mut shop, &call);
        (result, allow, std::mem::take(&mut shop.pings), shop.now())
    };
    for webhook in pings {
        // As in the real one, the caller waits for it.
        shared.sender.ping(shared, webhook).await;
    }
    let mut done = match result {
        Ok(answer) => success(url, answer, allow),
        Err(error) => failure(url, &error, allow),
    };
    done.response.insert_header(("Date", http_date(now)));
    done
}

/// The body's fields. Without the JSON content type, WordPress does not look into it.
fn fields(request: &HttpRequest, body: &Bytes) -> Result<Fields, ApiError> {
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if body.is_empty() || !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Ok(Fields::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(Fields::new()),
        Err(_) => Err(ApiError::bad_json()),
    }
}

fn success(url: &str, answer: Answer, allow: &[&str]) -> Done {
    let mut response = common(answer.status, allow);
    let mut link = root_link(url);
    if let Some((total, pages, neighbours)) = answer.paging {
        response.insert_header(("X-WP-Total", total.to_string()));
        response.insert_header(("X-WP-TotalPages", pages.to_string()));
        if !neighbours.is_empty() {
            link = neighbours;
        }
    }
    response.insert_header(("Link", link));
    if let Some(location) = answer.location {
        response.insert_header(("Location", location));
    }
    Done {
        response,
        body: php_json(&answer.body),
    }
}

fn failure(url: &str, error: &ApiError, allow: &[&str]) -> Done {
    let mut response = common(error.status, allow);
    response.insert_header(("Link", root_link(url)));
    Done {
        response,
        body: php_json(&error.body()),
    }
}

fn error_response(url: &str, error: &ApiError, allow: &[&str]) -> HttpResponse {
    failure(url, error, allow).into_response()
}

fn root_link(url: &str) -> String {
    format!("<{url}/wp-json/>; rel=\"https://api.w.org/\"")
}

fn common(status: u16, allow: &[&str]) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .content_type("application/json; charset=UTF-8")
        .insert_header(("X-Robots-Tag", "noindex"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Expires", "Wed, 11 Jan 1984 05:00:00 GMT"))
        .insert_header((
            "Cache-Control",
            "no-cache, must-revalidate, max-age=0, no-store, private",
        ));
    if !allow.is_empty() {
        response.insert_header(("Allow", allow.join(", ")));
    }
    response
}

/// The first half of a response, then the connection breaks.
fn broken(done: Done) -> HttpResponse {
    let Done { mut response, body } = done;
    let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
    let reset = async {
        // So that the first half has left when it happens.
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    response.streaming(stream::once(ready(Ok(half))).chain(stream::once(reset)))
}

/// The path with its query, less what authenticates.
fn without_keys(path: &str, query: &str) -> String {
    let is_key = |pair: &&str| pair.starts_with("oauth_") || pair.starts_with("consumer_");
    let rest: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_key(pair))
        .collect();
    if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    }
}

/// The API's table of contents, which needs no key.
fn index(url: &str, now: Timestamp) -> HttpResponse {
    let body = json!({
        "name": "Simulated shop",
        "description": "",
        "url": url,
        "home": url,
        "gmt_offset": site_offset(now.to_utc()).whole_hours(),
        "timezone_string": "America/Los_Angeles",
        "page_for_posts": 0,
        "page_on_front": 0,
        "show_on_front": "posts",
        "namespaces": ["wc/v3", "wc/v2", "wc/v1", "wp/v2"],
        "authentication": {"application-passwords": {"endpoints": {
            "authorization": format!("{url}/wp-admin/authorize-application.php"),
        }}},
        "site_logo": 0,
        "site_icon": 0,
        "site_icon_url": "",
        "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    });
    success(url, Answer::ok(body), &["GET"]).into_response()
}
