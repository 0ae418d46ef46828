//! `/api/v1/runs`: what was done; `/api/v1/modules`: how the modules stand by that; `/api/v1/sweep` and `/api/v1/backfill`: to have it done now.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::Api;
use super::answer::Refusal;
use super::listing::{limit, resource};
use crate::sync::Module;

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(resource("/runs", "GET").route(web::get().to(list)))
        .service(resource("/runs/{id}", "GET").route(web::get().to(show)))
        .service(resource("/runs/{id}/records", "GET").route(web::get().to(records)))
        .service(resource("/modules", "GET").route(web::get().to(modules)))
        .service(resource("/sweep", "POST").route(web::post().to(sweep)))
        .service(resource("/backfill", "POST").route(web::post().to(backfill)));
}

/// Which runs are to be listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    connection: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
}

/// Which of a run's records are to be listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedRecords {
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

/// What is to be swept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sweep {
    connection: String,
    module: Option<Module>,
    #[serde(default)]
    full: bool,
}

/// Whose first sync is to be done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Backfill {
    connection: String,
}

async fn list(api: web::Data<Api>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let limit = limit(listed.limit)?;
    // As in the configuration, capital letters don't count.
    let connection = listed.connection.as_ref().map(|name| name.to_lowercase());
    let runs = api
        .history
        .list(connection.as_deref(), listed.before.as_deref(), limit);
    Ok(HttpResponse::Ok().json(runs.await?))
}

async fn show(api: web::Data<Api>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.history.show(&id).await?))
}

async fn records(
    api: web::Data<Api>,
    id: web::Path<String>,
    listed: web::Query<ListedRecords>,
) -> Result<HttpResponse, Refusal> {
    let limit = limit(listed.limit)?;
    Ok(HttpResponse::Ok().json(api.history.records(&id, &listed.after, limit).await?))
}

async fn modules(api: web::Data<Api>) -> Result<HttpResponse, Refusal> {
    let standing = api.history.standing().await?;
    Ok(HttpResponse::Ok().json(json!({ "modules": standing })))
}

async fn sweep(api: web::Data<Api>, asked: web::Json<Sweep>) -> Result<HttpResponse, Refusal> {
    api.history
        .sweep(&asked.connection, asked.module, asked.full)
        .await?;
    Ok(HttpResponse::Accepted().json(json!({ "asked": true })))
}

async fn backfill(api: web::Data<Api>, asked: web::Json<Backfill>) -> Result<HttpResponse, Refusal> {
    let run = api.history.backfill(&asked.connection).await?;
    Ok(HttpResponse::Accepted().json(json!({ "run": run })))
}
