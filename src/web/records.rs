//! One record, or a pair: found, shown side by side with its history, and settled by hand.

mod act;
mod address;
mod page;
mod said;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::answer::{self, PageError, sentence};
use super::frame::{Area, Frame};
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::engine::EngineError;
use crate::record::{Found, RecordError, Records};
use crate::sync::{Module, Side};
use crate::telemetry;

pub(super) use address::{Named, outside, path_of};
pub(super) use said::{action, cause, change, reason, remedy, state};

/// How many records a search shows.
const SHOWN: u32 = 50;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.route("/records", web::get().to(search));
    page::configure(service);
    act::configure(service);
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    connection: String,
    #[serde(default)]
    module: String,
}

#[derive(Template)]
#[template(path = "records/search.html")]
struct SearchPage {
    frame: Frame,
    asked: Asked,
    connections: Vec<String>,
    modules: [Module; 4],
    found: Option<Vec<FoundRow>>,
    more: bool,
}

struct FoundRow {
    name: String,
    path: String,
    found: Found,
}

async fn search(
    web: web::Data<Web>,
    records: web::Data<Records>,
    viewer: Viewer,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let asked = asked.into_inner();
    let question = asked.q.trim();
    let (found, more) = if question.is_empty() {
        (None, false)
    } else {
        let connection = (!asked.connection.is_empty()).then_some(asked.connection.as_str());
        let results = records.search(question, connection, module_of(&asked.module), SHOWN);
        let results = results.await?;
        let rows = results.records.into_iter().filter_map(FoundRow::new).collect();
        (Some(rows), results.more)
    };
    answer::page(&SearchPage {
        frame: Frame::new(&web, &viewer, Area::Records),
        connections: names(&records),
        modules: Module::ALL,
        asked,
        found,
        more,
    })
}

impl FoundRow {
    fn new(found: Found) -> Option<Self> {
        let (side, id) = found.address()?;
        let path = path_of(&found.connection, found.module, side, id);
        Some(Self {
            name: named(&found.title, &found.match_key),
            path,
            found,
        })
    }
}

/// A record's name, or what stands for it.
pub(super) fn named(title: &str, match_key: &str) -> String {
    let mut texts = [title.trim(), match_key.trim()].into_iter();
    let name = texts.find(|text| !text.is_empty());
    name.map_or_else(|| texts::say("records-unnamed"), ToOwned::to_owned)
}

/// The connections' names.
pub(super) fn names(records: &Records) -> Vec<String> {
    records.connections()
}

/// The module of this name.
pub(super) fn module_of(name: &str) -> Option<Module> {
    Module::ALL.into_iter().find(|module| module.as_str() == name)
}

/// The side of this name.
fn side_of(name: &str) -> Option<Side> {
    Side::BOTH.into_iter().find(|side| side.as_str() == name)
}

impl From<RecordError> for PageError {
    fn from(error: RecordError) -> Self {
        let told = || sentence(&error.to_string());
        match error {
            RecordError::UnknownConnection(_) | RecordError::Unknown { .. } | RecordError::NoConflict => {
                Self::NotFound(told())
            }
            RecordError::NotThere { .. } | RecordError::NotLinked { .. } | RecordError::NotTaken { .. } => {
                Self::Refused(told())
            }
            RecordError::Engine(EngineError::Store(error)) => Self::Store(error),
            RecordError::Engine(EngineError::Queue(error)) => Self::Queue(error),
            RecordError::Engine(error) => {
                let problem = telemetry::chain(&error);
                Self::Refused(texts::say_with("records-away", &[("problem", problem.into())]))
            }
        }
    }
}
