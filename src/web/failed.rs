//! Failed events: why each failed, what came with it, and having it tried anew or forgotten.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::answer::{self, PageError, sentence};
use super::asked::Asked;
use super::frame::{Area, Frame};
use super::post::Act;
use super::records::{action, cause, change, named, names, path_of};
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::failed::{Failed, FailedError, Listing, Selection, Shown, Summary};
use crate::record::Records;
use crate::store::FailedFilter;
use crate::sync::Module;

/// How many a page shows.
const SHOWN: u32 = 50;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/failed", web::get().to(list))
        .route("/failed/replay", web::post().to(replay))
        .route("/failed/discard", web::post().to(discard))
        .route("/failed/{id}", web::get().to(show));
}

#[derive(Template)]
#[template(path = "failed/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    connections: Vec<String>,
    modules: [Module; 4],
    listing: Listing,
}

#[derive(Template)]
#[template(path = "failed/one.html")]
struct OnePage {
    frame: Frame,
    name: String,
    record_path: Option<String>,
    payload: Option<String>,
    failed: Shown,
}

/// As in the configuration, a connection's capital letters don't count.
fn filter_of(asked: &Asked) -> FailedFilter {
    FailedFilter {
        connection: asked.connection().map(str::to_lowercase),
        module: asked.module(),
        until: None,
    }
}

fn failed_of(web: &Web) -> Failed {
    Failed {
        store: Arc::clone(&web.store),
        queue: Arc::clone(&web.queue),
        clock: Arc::clone(&web.clock),
    }
}

async fn list(
    web: web::Data<Web>,
    records: web::Data<Records>,
    viewer: Viewer,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let asked = asked.into_inner();
    let listing = failed_of(&web)
        .list(&filter_of(&asked), &asked.after, SHOWN)
        .await?;
    answer::page(&ListPage {
        frame: Frame::new(&web, &viewer, Area::Failed),
        connections: names(&records),
        modules: Module::ALL,
        listing,
        asked,
    })
}

async fn show(web: web::Data<Web>, viewer: Viewer, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let failed = failed_of(&web).show(&id).await?;
    let summary = &failed.summary;
    let payload = failed
        .payload
        .as_ref()
        .and_then(|payload| serde_json::to_string_pretty(payload).ok());
    answer::page(&OnePage {
        frame: Frame::new(&web, &viewer, Area::Failed),
        name: named(failed.title.as_deref().unwrap_or_default(), &subject(summary)),
        record_path: record_path(summary),
        payload,
        failed,
    })
}

/// Which ones are to be replayed or discarded.
#[derive(Debug, Deserialize)]
struct Chosen {
    #[serde(default)]
    ids: Vec<String>,
    /// Set where all of the filter are meant.
    all: Option<String>,
    #[serde(default)]
    connection: String,
    #[serde(default)]
    module: String,
}

impl Chosen {
    fn asked(&self) -> Asked {
        Asked {
            connection: self.connection.clone(),
            module: self.module.clone(),
            after: String::new(),
        }
    }

    fn selection(&self) -> Result<Selection, PageError> {
        match &self.all {
            Some(_) => Ok(Selection::All(filter_of(&self.asked()))),
            None if self.ids.is_empty() => Err(PageError::Refused(texts::say("failed-none-chosen"))),
            None => Ok(Selection::Ids(self.ids.clone())),
        }
    }

    fn back(&self) -> String {
        format!("/failed?{}", self.asked().query())
    }
}

async fn replay(web: web::Data<Web>, act: Act<Chosen>) -> Result<HttpResponse, PageError> {
    let replayed = failed_of(&web).replay(&act.form.selection()?).await?;
    let mut note = texts::say_with("failed-replayed", &[("count", replayed.replayed.into())]);
    if !replayed.unreadable.is_empty() {
        let unreadable = replayed.unreadable.len();
        note.push(' ');
        note.push_str(&texts::say_with(
            "failed-unreadable-stay",
            &[("count", unreadable.into())],
        ));
    }
    answer::see_other_with(&web, &act.viewer, &act.form.back(), &note).await
}

async fn discard(web: web::Data<Web>, act: Act<Chosen>) -> Result<HttpResponse, PageError> {
    let discarded = failed_of(&web).discard(&act.form.selection()?).await?;
    let note = texts::say_with("failed-discarded", &[("count", discarded.discarded.into())]);
    answer::see_other_with(&web, &act.viewer, &act.form.back(), &note).await
}

/// What an event is about.
fn subject(summary: &Summary) -> String {
    match (&summary.module, &summary.record) {
        (Some(module), Some(record)) => texts::say_with(
            "failed-about-record",
            &[
                ("module", module.one().into()),
                ("id", record.id.to_string().into()),
                ("system", record.side.title().into()),
            ],
        ),
        (Some(module), None) => texts::say_with("failed-about-module", &[("module", module.title().into())]),
        (None, _) => texts::say("failed-about-nothing"),
    }
}

/// Where the page of the record is that an event is about.
fn record_path(summary: &Summary) -> Option<String> {
    let record = summary.record.as_ref()?;
    let connection = summary.connection.as_deref()?;
    Some(path_of(connection, summary.module?, record.side, &record.id))
}

impl From<FailedError> for PageError {
    fn from(error: FailedError) -> Self {
        match error {
            FailedError::Unknown(_) => Self::NotFound(sentence(&error.to_string())),
            FailedError::Ambiguous { .. } | FailedError::TooShort(_) => {
                Self::Refused(sentence(&error.to_string()))
            }
            FailedError::Store(error) => Self::Store(error),
            FailedError::Queue(error) => Self::Queue(error),
        }
    }
}
