//! The sync log: what is new, what was done minute by minute and run by run, the records behind each number, and syncs
//! that somebody asks for.

mod chart;
mod file;
mod form;
mod lines;
mod overview;
mod progress;
mod record;
mod records;
mod runs;
mod sync;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Web;
use super::answer::{self, PageError};
use super::viewer::Viewer;

/// Adds the pages.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/", web::get().to(home))
        .route("/news", web::get().to(news))
        .route("/log", web::get().to(lines::page))
        .route("/log/records", web::get().to(records::page))
        .route("/log.csv", web::get().to(file::csv))
        .configure(runs::configure)
        .configure(sync::configure);
}

/// What a page says that it shows already.
#[derive(Debug, Deserialize)]
struct Shown {
    seen: Option<String>,
}

async fn home(web: web::Data<Web>, viewer: Viewer) -> Result<HttpResponse, PageError> {
    Ok(answer::html(overview::whole(&web, &viewer).await?))
}

async fn news(web: web::Data<Web>, _: Viewer, shown: web::Query<Shown>) -> Result<HttpResponse, PageError> {
    Ok(match overview::news(&web, shown.seen.as_deref()).await? {
        Some(html) => answer::html(html),
        None => HttpResponse::NoContent().finish(),
    })
}
