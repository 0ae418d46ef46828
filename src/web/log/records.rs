//! The records behind a number of the sync log, or behind what somebody asks for.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::form::FilterForm;
use super::record::RecordRow;
use crate::history::LogQuery;
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::viewer::Viewer;
use crate::web::{Web, filters};

/// How many records a page has.
pub(super) const RECORDS: u32 = 50;

#[derive(Template)]
#[template(path = "log/records.html")]
struct RecordsPage {
    frame: Frame,
    form: FilterForm,
    records: Vec<RecordRow>,
    several: bool,
    /// Whether this is not the first page.
    goes_on: bool,
    next: Option<String>,
}

/// After which record a page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    pub(super) after: String,
}

pub(super) async fn page(
    web: web::Data<Web>,
    viewer: Viewer,
    query: web::Query<LogQuery>,
    after: web::Query<After>,
) -> Result<HttpResponse, PageError> {
    let filter = web.history.filter(&query)?;
    let found = web.history.log_records(&filter, &after.after, RECORDS).await?;
    let form = FilterForm::new(&web, "/log/records", &query);
    let systems = web.systems.all();
    answer::page(&RecordsPage {
        frame: Frame::new(&web, &viewer, Area::Log),
        records: (found.records.into_iter())
            .map(|record| RecordRow::new(&systems, record))
            .collect(),
        several: web.history.connections.names().len() > 1,
        goes_on: !after.after.is_empty(),
        next: found.next.map(|next| form.with("after", &next)),
        form,
    })
}
