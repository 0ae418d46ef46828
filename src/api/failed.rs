//! `/api/v1/failed`: the events that were set aside.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Api;
use super::answer::Refusal;
use super::listing::{limit, resource};
use crate::failed::Selection;
use crate::store::FailedFilter;
use crate::sync::Module;

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(resource("/failed", "GET").route(web::get().to(list)))
        .service(resource("/failed/replay", "POST").route(web::post().to(replay)))
        .service(resource("/failed/discard", "POST").route(web::post().to(discard)))
        .service(
            resource("/failed/{id}", "GET, DELETE")
                .route(web::get().to(show))
                .route(web::delete().to(discard_one)),
        )
        .service(resource("/failed/{id}/replay", "POST").route(web::post().to(replay_one)));
}

/// Which ones are to be listed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    connection: Option<String>,
    module: Option<Module>,
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

/// Which ones are to be replayed or discarded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selected {
    ids: Option<Vec<String>>,
    #[serde(default)]
    all: bool,
    connection: Option<String>,
    module: Option<Module>,
}

impl Selected {
    fn selection(self) -> Result<Selection, Refusal> {
        match self {
            Self {
                ids: Some(ids),
                all: false,
                connection: None,
                module: None,
            } => Ok(Selection::Ids(ids)),
            Self {
                ids: None,
                all: true,
                connection,
                module,
            } => Ok(Selection::All(filter(connection, module))),
            _ => Err(Refusal::Malformed(
                "send either {\"ids\": [...]}, or {\"all\": true} with \"connection\" and \"module\" as you like"
                    .to_owned(),
            )),
        }
    }
}

/// As in the configuration, a connection's capital letters don't count.
fn filter(connection: Option<String>, module: Option<Module>) -> FailedFilter {
    FailedFilter {
        connection: connection.map(|name| name.to_lowercase()),
        module,
        until: None,
    }
}

async fn list(api: web::Data<Api>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let listed = listed.into_inner();
    let limit = limit(listed.limit)?;
    let filter = filter(listed.connection, listed.module);
    let listing = api.failed.list(&filter, &listed.after, limit).await?;
    Ok(HttpResponse::Ok().json(listing))
}

async fn show(api: web::Data<Api>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.failed.show(&id).await?))
}

async fn replay(api: web::Data<Api>, selected: web::Json<Selected>) -> Result<HttpResponse, Refusal> {
    let selection = selected.into_inner().selection()?;
    Ok(HttpResponse::Ok().json(api.failed.replay(&selection).await?))
}

async fn discard(api: web::Data<Api>, selected: web::Json<Selected>) -> Result<HttpResponse, Refusal> {
    let selection = selected.into_inner().selection()?;
    Ok(HttpResponse::Ok().json(api.failed.discard(&selection).await?))
}

async fn replay_one(api: web::Data<Api>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let replayed = api.failed.replay(&Selection::Ids(vec![id.into_inner()])).await?;
    if let Some(id) = replayed.unknown.into_iter().next() {
        return Err(Refusal::unknown(id));
    }
    if !replayed.unreadable.is_empty() {
        return Err(Refusal::Unreadable);
    }
    Ok(HttpResponse::Ok().json(serde_json::json!({ "replayed": replayed.replayed })))
}

async fn discard_one(api: web::Data<Api>, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let discarded = api.failed.discard(&Selection::Ids(vec![id.into_inner()])).await?;
    match discarded.unknown.into_iter().next() {
        Some(id) => Err(Refusal::unknown(id)),
        None => Ok(HttpResponse::Ok().json(serde_json::json!({ "discarded": discarded.discarded }))),
    }
}
