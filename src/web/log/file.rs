//! The sync log as a file for spreadsheets.

use actix_web::http::header::{self, ContentDisposition};
use actix_web::{HttpResponse, web};
use futures_util::StreamExt;

use crate::history::{History, LogQuery};
use crate::store::LogFilter;
use crate::telemetry;
use crate::web::Web;
use crate::web::answer::PageError;
use crate::web::viewer::Viewer;

pub(super) async fn csv(
    web: web::Data<Web>,
    _: Viewer,
    query: web::Query<LogQuery>,
) -> Result<HttpResponse, PageError> {
    let filter = web.history.filter(&query)?;
    Ok(answer(&web.history, filter))
}

/// The answer is sent as it is read. Where that fails in the middle, the connection is broken off, so that nobody takes a
/// part for the whole.
fn answer(history: &History, filter: LogFilter) -> HttpResponse {
    let pieces = history.export(filter).map(|piece| {
        piece.map(web::Bytes::from).inspect_err(|error| {
            tracing::error!(error = %telemetry::chain(error), "the sync log can't be written as CSV");
        })
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            ContentDisposition::attachment("sync-log.csv"),
        ))
        .streaming(pieces.boxed())
}
