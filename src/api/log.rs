//! `/api/v1/log`: the sync log by minute; `/api/v1/log/records` and `/api/v1/log.csv`: the records behind it;
//! `/api/v1/log/series`: how much was done over time.

use actix_web::http::header::{self, ContentDisposition};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;
use serde::Deserialize;

use super::Api;
use super::answer::Refusal;
use super::listing::{limit, resource};
use crate::history::LogQuery;
use crate::store::LogFilter;
use crate::telemetry;

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(resource("/log", "GET").route(web::get().to(lines)))
        .service(resource("/log/records", "GET").route(web::get().to(records)))
        .service(resource("/log/series", "GET").route(web::get().to(series)))
        .service(resource("/log.csv", "GET").route(web::get().to(csv)));
}

/// Which part of the log is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    connection: Option<String>,
    module: Option<String>,
    side: Option<String>,
    status: Option<String>,
    from: Option<String>,
    until: Option<String>,
    #[serde(default)]
    after: String,
    limit: Option<u32>,
}

impl Listed {
    fn filter(&self, api: &Api) -> Result<LogFilter, Refusal> {
        let query = LogQuery {
            connection: self.connection.clone(),
            module: self.module.clone(),
            side: self.side.clone(),
            status: self.status.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
        };
        Ok(api.history.filter(&query)?)
    }
}

async fn lines(api: web::Data<Api>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let (limit, filter) = (limit(listed.limit)?, listed.filter(&api)?);
    let lines = api.history.log(&filter, &listed.after, limit).await?;
    Ok(HttpResponse::Ok().json(lines))
}

async fn records(
    request: HttpRequest,
    api: web::Data<Api>,
    listed: web::Query<Listed>,
) -> Result<HttpResponse, Refusal> {
    let accept = request.headers().get(header::ACCEPT);
    if accept.is_some_and(|accept| accept.to_str().is_ok_and(|kinds| kinds.starts_with("text/csv"))) {
        return csv(api, listed).await;
    }
    let (limit, filter) = (limit(listed.limit)?, listed.filter(&api)?);
    let records = api.history.log_records(&filter, &listed.after, limit).await?;
    Ok(HttpResponse::Ok().json(records))
}

async fn series(api: web::Data<Api>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let series = api.history.series(&listed.filter(&api)?).await?;
    Ok(HttpResponse::Ok().json(series))
}

/// All records behind a filter, as they are read.
async fn csv(api: web::Data<Api>, listed: web::Query<Listed>) -> Result<HttpResponse, Refusal> {
    let pieces = api.history.export(listed.filter(&api)?).map(|piece| {
        piece.map(web::Bytes::from).inspect_err(|error| {
            tracing::error!(error = %telemetry::chain(error), "the sync log can't be written as CSV");
        })
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            ContentDisposition::attachment("sync-log.csv"),
        ))
        .streaming(pieces.boxed()))
}
