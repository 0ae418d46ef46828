//! What was done run by run.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::progress::{self, Followed, ProgressView};
use super::record::RecordRow;
use super::records::{After, RECORDS};
use crate::clock::Timestamp;
use crate::history::{Counts, RunView, State};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::viewer::Viewer;
use crate::web::{Web, filters};

/// How many runs a page has.
const RUNS: u32 = 50;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/runs", web::get().to(list))
        .route("/runs/{id}", web::get().to(show))
        .route("/runs/{id}/events", web::get().to(events));
}

/// A run, as it is shown.
pub(super) struct RunRow {
    pub(super) id: String,
    pub(super) connection: String,
    pub(super) kind: &'static str,
    pub(super) begun: Timestamp,
    pub(super) ended: Option<Timestamp>,
    pub(super) state: State,
    pub(super) failure: Option<String>,
    pub(super) counts: Vec<Counts>,
}

impl RunRow {
    pub(super) fn new(run: RunView) -> Self {
        Self {
            id: run.id,
            connection: run.connection,
            kind: run.kind.title(),
            begun: run.begun_at,
            ended: run.ended_at,
            state: run.state,
            failure: run.failure,
            counts: run.counts,
        }
    }

    /// The name of how it stands, for the style.
    pub(super) const fn look(&self) -> &'static str {
        match self.state {
            State::UnderWay => "under-way",
            State::Done => "done",
            State::BrokenOff => "broken-off",
        }
    }

    /// The address of its page.
    pub(super) fn page(&self) -> String {
        let id = percent_encoding::utf8_percent_encode(&self.id, percent_encoding::NON_ALPHANUMERIC);
        format!("/runs/{id}")
    }

    fn sum(&self, of: fn(&Counts) -> u64) -> u64 {
        self.counts.iter().map(of).sum()
    }

    pub(super) fn created(&self) -> u64 {
        self.sum(|counts| counts.created)
    }

    pub(super) fn updated(&self) -> u64 {
        self.sum(|counts| counts.updated)
    }

    pub(super) fn other(&self) -> u64 {
        self.sum(|counts| counts.linked + counts.deleted + counts.restored)
    }

    pub(super) fn unsynced(&self) -> u64 {
        self.sum(|counts| counts.skipped + counts.failed)
    }
}

#[derive(Template)]
#[template(path = "log/runs.html")]
struct RunsPage {
    frame: Frame,
    /// The connections that can be chosen, and whether each is.
    connections: Vec<(String, bool)>,
    runs: Vec<RunRow>,
    several: bool,
    goes_on: bool,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "log/run.html")]
struct RunPage {
    frame: Frame,
    run: RunRow,
    view: ProgressView,
    records: Vec<RecordRow>,
    several: bool,
    goes_on: bool,
    next: Option<String>,
}

/// Which runs are to be listed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    connection: String,
    before: String,
}

async fn list(
    web: web::Data<Web>,
    viewer: Viewer,
    listed: web::Query<Listed>,
) -> Result<HttpResponse, PageError> {
    let connection = match listed.connection.as_str() {
        "" => None,
        name => Some(web.history.connection(name)?),
    };
    let before = Some(listed.before.as_str()).filter(|before| !before.is_empty());
    let found = web.history.list(connection.as_deref(), before, RUNS).await?;
    let next = found.next.map(|next| {
        let mut address = form_urlencoded::Serializer::for_suffix("/runs?".to_owned(), "/runs?".len());
        if let Some(connection) = &connection {
            address.append_pair("connection", connection);
        }
        address.append_pair("before", &next).finish()
    });
    let connections = web.history.connections.names();
    let is_chosen = |name: &String| connection.as_ref() == Some(name);
    answer::page(&RunsPage {
        frame: Frame::new(&web, &viewer, Area::Log),
        connections: (connections.iter())
            .map(|name| (name.clone(), is_chosen(name)))
            .collect(),
        several: connections.len() > 1,
        runs: found.runs.into_iter().map(RunRow::new).collect(),
        goes_on: before.is_some(),
        next,
    })
}

async fn show(
    web: web::Data<Web>,
    viewer: Viewer,
    id: web::Path<String>,
    after: web::Query<After>,
) -> Result<HttpResponse, PageError> {
    let run = RunRow::new(web.history.show(&id).await?);
    let found = web.history.records(&id, &after.after, RECORDS).await?;
    let systems = web.systems.all();
    answer::page(&RunPage {
        frame: Frame::new(&web, &viewer, Area::Log),
        next: (found.next).map(|next| {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("{}?after={next}", run.page())
        }),
        records: (found.records.into_iter())
            .map(|record| RecordRow::new(&systems, record))
            .collect(),
        several: false,
        goes_on: !after.after.is_empty(),
        view: ProgressView::of(&web, &Followed::Run(run.id.clone())).await?,
        run,
    })
}

async fn events(web: web::Data<Web>, _: Viewer, id: web::Path<String>) -> Result<HttpResponse, PageError> {
    let run = web.history.show(&id).await?;
    Ok(progress::follow(web, Followed::Run(run.id)))
}
