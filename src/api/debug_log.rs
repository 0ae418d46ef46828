//! `/api/v1/debug-log`: what was said to the two systems, masked; and whether it is noted.

use actix_web::{HttpResponse, web};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;

use super::answer::Refusal;
use super::listing::{limit, resource};
use crate::debug_log::{DebugLog, Search, Wanted, moment};
use crate::sync::{Module, Side};

/// Who switches it on here, as others are told.
const BY: &str = "API";

/// For how long it is switched on where the caller doesn't say.
const HOURS: u32 = 1;

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(resource("/debug-log", "GET").route(web::get().to(list)))
        .service(resource("/debug-log/download", "GET").route(web::get().to(download)))
        .service(resource("/debug-log/switches", "GET").route(web::get().to(switches)))
        .service(
            resource("/debug-log/switches/{connection}", "PUT, DELETE")
                .route(web::put().to(switch_on))
                .route(web::delete().to(switch_off)),
        )
        .service(resource("/debug-log/{id}", "GET").route(web::get().to(show)));
}

/// Which exchanges are to be listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    connection: Option<String>,
    side: Option<Side>,
    module: Option<Module>,
    record: Option<String>,
    method: Option<String>,
    path: Option<String>,
    status: Option<String>,
    since: Option<String>,
    until: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
}

/// What is to be noted.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchedOn {
    hours: Option<u32>,
    module: Option<Module>,
    record: Option<String>,
}

impl Listed {
    fn search(&self) -> Result<Search, Refusal> {
        let time = |name: &str, text: &Option<String>| match text {
            Some(text) => moment(text).map(Some).ok_or_else(|| {
                Refusal::Malformed(format!("{name} must be a time such as 2026-01-31T12:34:56Z"))
            }),
            None => Ok(None),
        };
        Ok(Search {
            connection: self.connection.clone(),
            side: self.side,
            module: self.module,
            record: self.record.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            status: self.status.clone(),
            since: time("since", &self.since)?,
            until: time("until", &self.until)?,
        })
    }
}

async fn list(log: web::Data<DebugLog>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let limit = limit(listed.limit)?;
    let search = listed.search()?;
    let found = log.list(&search, listed.before.as_deref(), limit, false).await?;
    Ok(HttpResponse::Ok().json(found))
}

async fn show(log: web::Data<DebugLog>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(log.show(&id).await?))
}

async fn download(log: web::Data<DebugLog>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let search = listed.search()?;
    // What is asked for wrongly is told before the answer begins.
    log.list(&search, None, 1, false).await?;
    let lines = log.get_ref().clone().lines(search);
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(lines.map(|page| page.map(web::Bytes::from))))
}

async fn switches(log: web::Data<DebugLog>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(json!({ "switches": log.switches().await? })))
}

async fn switch_on(
    log: web::Data<DebugLog>,
    connection: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Refusal> {
    let asked: SwitchedOn = if body.is_empty() {
        SwitchedOn::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| Refusal::Malformed(error.to_string()))?
    };
    let wanted = Wanted {
        module: asked.module,
        record: asked.record,
        hours: asked.hours.unwrap_or(HOURS),
    };
    log.switch_on(&connection, &wanted, BY).await?;
    Ok(HttpResponse::Ok().json(json!({ "on": true })))
}

async fn switch_off(
    log: web::Data<DebugLog>,
    connection: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    log.switch_off(&connection).await?;
    Ok(HttpResponse::Ok().json(json!({ "on": false })))
}
