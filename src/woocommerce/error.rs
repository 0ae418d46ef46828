//! What a refused or failed request means for the caller.
//!
//! Messages name WooCommerce's `code` and text, but no e-mail address and nothing of a body that isn't WooCommerce's.

use std::error::Error;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value as Json;
use url::Url;

use crate::clock::Timestamp;
use crate::sync::Side;
use crate::system::{Fault, Held, Reply, SystemError};

/// Parts of WooCommerce's codes, and the field that such a refusal is about.
const FIELDS: [(&str, &str); 13] = [
    ("email", "email"),
    ("username", "username"),
    ("password", "password"),
    ("invalid_sku", "sku"),
    // A new product is refused in this way where one in the trash has its SKU.
    ("product_not_created", "sku"),
    ("term_exists", "category"),
    ("invalid_customer_id", "contact"),
    // So in a batch; by itself an order is refused for this with the field's name.
    ("invalid_currency", "currency"),
    ("product_reference", "line_items"),
    ("item_id", "line_items"),
    ("order_item", "line_items"),
    ("shipping_item", "line_items"),
    ("coupon", "coupon_lines"),
];

/// Longer texts are cut; WooCommerce's own are shorter.
const LONGEST_MESSAGE: usize = 200;

pub(super) fn system_error(operation: &'static str, fault: Fault, message: impl Into<String>) -> SystemError {
    SystemError {
        system: Side::WooCommerce,
        operation,
        fault,
        message: message.into(),
    }
}

pub(super) fn unavailable(operation: &'static str, message: impl Into<String>) -> SystemError {
    system_error(operation, Fault::Unavailable { retry_after: None }, message)
}

/// A request that was not sent.
pub(super) fn held(operation: &'static str, held: Held) -> SystemError {
    let fault = Fault::Paused { wait: held.wait };
    system_error(operation, fault, held.to_string())
}

/// What an answer tells of the shop.
pub(super) fn reply(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Reply {
    Reply {
        retry_after: retry_after(headers, now),
        ..Reply::of_status(status.as_u16())
    }
}

/// A record that isn't there.
pub(super) fn gone(operation: &'static str) -> SystemError {
    system_error(operation, Fault::Gone, "the record is gone")
}

/// A request that got no whole answer.
pub(super) fn from_network(operation: &'static str, error: reqwest::Error) -> SystemError {
    // The URL may hold the consumer secret.
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    unavailable(operation, message)
}

/// What a body says is wrong, where it is WooCommerce that says it.
pub(super) fn said(body: &[u8]) -> Option<Json> {
    let json: Json = serde_json::from_slice(body).ok()?;
    code(&json).is_some().then_some(json)
}

/// What a batch's answer says is wrong with one of its items, as if that had been sent by itself.
pub(super) fn of_item(operation: &'static str, said: &Json, now: Timestamp) -> SystemError {
    let status = said.pointer("/data/status").and_then(Json::as_u64);
    let status = status.and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
    // As WordPress answers where an error names none.
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let said = code(said).is_some().then_some(said);
    from_answer(operation, status, &HeaderMap::new(), said, now)
}

/// An answer that is not 2xx, and what WooCommerce says in it.
pub(super) fn from_answer(
    operation: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    said: Option<&Json>,
    now: Timestamp,
) -> SystemError {
    let fault = match (status.as_u16(), said) {
        (401 | 403, _) => Fault::Denied,
        (400 | 404 | 410, Some(json)) if is_gone(status, json) => Fault::Gone,
        (400, Some(json)) => Fault::Rejected { field: field(json) },
        _ => Fault::Unavailable {
            retry_after: retry_after(headers, now),
        },
    };
    let said = match said {
        Some(json) => said_by_woocommerce(json),
        None => match redirect(status, headers) {
            Some(origin) => format!("the site redirects to {origin}"),
            None => "the answer is not WooCommerce's".to_owned(),
        },
    };
    system_error(operation, fault, format!("{said} (HTTP {})", status.as_u16()))
}

fn code(json: &Json) -> Option<&str> {
    json.get("code")?.as_str()
}

/// `rest_no_route` says that WooCommerce is switched off, not that the record is gone.
fn is_gone(status: StatusCode, json: &Json) -> bool {
    let code = code(json).unwrap_or_default();
    code.ends_with("_invalid_id") || (status != StatusCode::BAD_REQUEST && code != "rest_no_route")
}

/// The field that a refusal is about, as a path, where WooCommerce says so.
fn field(json: &Json) -> Option<String> {
    let params = json.pointer("/data/params");
    let named = match params {
        Some(Json::Object(params)) => params.keys().next().cloned(),
        Some(Json::Array(params)) => params.first().and_then(Json::as_str).map(str::to_owned),
        _ => None,
    };
    let Some(named) = named else {
        // WooCommerce's own refusals name no parameter: `registration-error-email-exists`, `customer_invalid_email`.
        let code = code(json)?;
        return FIELDS
            .into_iter()
            .find(|(part, _)| code.contains(part))
            .map(|(_, field)| field.to_owned());
    };
    let detail = json
        .get("data")?
        .get("details")
        .and_then(|details| details.get(&named));
    let exact = detail.and_then(|detail| detail.pointer("/data/param")?.as_str());
    let is_email = detail.and_then(code) == Some("rest_invalid_email");
    Some(match exact {
        Some(exact) => exact.replace('[', ".").replace(']', ""),
        None if is_email && named == "billing" => "billing.email".to_owned(),
        None => named,
    })
}

fn said_by_woocommerce(json: &Json) -> String {
    let code = code(json).unwrap_or_default();
    let message = json.get("message").and_then(Json::as_str).unwrap_or_default();
    let detail = match json.pointer("/data/params") {
        Some(Json::Object(params)) => params.values().next().and_then(Json::as_str),
        _ => None,
    };
    let owner = json.pointer("/data/resource_id").and_then(Json::as_u64);
    let text = match (detail, owner) {
        (Some(detail), _) => format!("{code}: {message}: {detail}"),
        (None, Some(owner)) if code == "product_invalid_sku" => {
            format!("{code}: product {owner} has this SKU already")
        }
        _ if code == "woocommerce_rest_product_not_created" => format!(
            "{code}: a product in the trash has this SKU; restore that, or delete it permanently ({message})"
        ),
        _ => format!("{code}: {message}"),
    };
    let words = text.split_whitespace();
    let words: Vec<_> = words
        .map(|word| if word.contains('@') { "…" } else { word })
        .collect();
    words.join(" ").chars().take(LONGEST_MESSAGE).collect()
}

/// Where a redirect leads, without its path and query, which may hold credentials.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let target = headers.get(LOCATION).filter(|_| status.is_redirection())?;
    let target = Url::parse(target.to_str().ok()?).ok()?;
    Some(target.origin().ascii_serialization())
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(super::date::http(text)? - now)
}
