//! The debug log: switched on for a while, searched, read one exchange at a time, downloaded.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use askama::Template;
use futures_util::StreamExt;
use serde::Deserialize;

use super::answer::{self, PageError, sentence};
use super::frame::{Area, Frame};
use super::post::Act;
use super::records::module_of;
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::debug_log::{
    DebugLog, DebugLogError, ExchangeView, Exchanges, Search, SwitchView, Wanted, moment,
};
use crate::sync::{Module, Side};

/// How many exchanges a page shows.
const SHOWN: u32 = 50;

/// The times to choose from, in hours.
const HOURS: [u32; 4] = [1, 4, 12, 24];

/// The methods to choose from.
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// The answers to choose from.
const STATUSES: [&str; 4] = ["2xx", "4xx", "5xx", "none"];

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/debug", web::get().to(list))
        .route("/debug/on", web::post().to(switch_on))
        .route("/debug/off", web::post().to(switch_off))
        .route("/debug/download", web::get().to(download))
        .route("/debug/{id}", web::get().to(show));
}

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    connection: String,
    side: String,
    module: String,
    record: String,
    method: String,
    path: String,
    status: String,
    since: String,
    until: String,
    before: String,
}

#[derive(Debug, Deserialize)]
struct SwitchedOn {
    connection: String,
    #[serde(default)]
    module: String,
    #[serde(default)]
    record: String,
    hours: u32,
}

#[derive(Debug, Deserialize)]
struct SwitchedOff {
    connection: String,
}

#[derive(Template)]
#[template(path = "debug_log/list.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    switches: Vec<SwitchView>,
    modules: [Module; 4],
    found: Exchanges,
    size: String,
    /// What is wrong with what is looked for.
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "debug_log/one.html")]
struct OnePage {
    frame: Frame,
    one: ExchangeView,
}

impl Asked {
    /// What to search for, and what of it can't be understood.
    fn search(&self) -> (Search, Option<String>) {
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let mut problem = None;
        let mut time = |text: &str| {
            let at = given(text).map(|text| moment(&text));
            if at == Some(None) {
                problem = Some(texts::say("debug-log-bad-time"));
            }
            at.flatten()
        };
        let search = Search {
            connection: given(&self.connection),
            side: Side::BOTH.into_iter().find(|side| side.as_str() == self.side),
            module: module_of(&self.module),
            record: given(&self.record),
            method: given(&self.method),
            path: given(&self.path),
            status: given(&self.status),
            since: time(&self.since),
            until: time(&self.until),
        };
        (search, problem)
    }

    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("connection", &self.connection),
            ("side", &self.side),
            ("module", &self.module),
            ("record", &self.record),
            ("method", &self.method),
            ("path", &self.path),
            ("status", &self.status),
            ("since", &self.since),
            ("until", &self.until),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    fn is_empty(&self) -> bool {
        self.query().is_empty()
    }
}

async fn list(
    web: web::Data<Web>,
    log: web::Data<DebugLog>,
    viewer: Viewer,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let asked = asked.into_inner();
    let (search, mut problem) = asked.search();
    let before = Some(asked.before.as_str()).filter(|id| !id.is_empty());
    let nothing = Exchanges {
        exchanges: Vec::new(),
        next: None,
    };
    let found = match &problem {
        Some(_) => nothing,
        None => match log.list(&search, before, SHOWN, false).await {
            Ok(found) => found,
            Err(error @ DebugLogError::Status) => {
                problem = Some(sentence(&error.to_string()));
                nothing
            }
            Err(error) => return Err(error.into()),
        },
    };
    answer::page(&ListPage {
        frame: Frame::new(&web, &viewer, Area::DebugLog),
        switches: log.switches().await?,
        modules: Module::ALL,
        found,
        size: bytes(log.size().await?),
        problem,
        asked,
    })
}

async fn show(
    web: web::Data<Web>,
    log: web::Data<DebugLog>,
    viewer: Viewer,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    answer::page(&OnePage {
        frame: Frame::new(&web, &viewer, Area::DebugLog),
        one: log.show(&id).await?,
    })
}

async fn download(
    log: web::Data<DebugLog>,
    _: Viewer,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let (search, problem) = asked.search();
    if let Some(problem) = problem {
        return Err(PageError::Refused(problem));
    }
    // What is asked for wrongly is told before the answer begins.
    log.list(&search, None, 1, false).await?;
    let lines = log.get_ref().clone().lines(search);
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"debug-log.ndjson\"",
        ))
        .streaming(lines.map(|page| page.map(web::Bytes::from))))
}

async fn switch_on(
    web: web::Data<Web>,
    log: web::Data<DebugLog>,
    act: Act<SwitchedOn>,
) -> Result<HttpResponse, PageError> {
    let form = &act.form;
    let wanted = Wanted {
        module: module_of(&form.module),
        record: Some(form.record.clone()),
        hours: form.hours,
    };
    log.switch_on(&form.connection, &wanted, &act.viewer.name).await?;
    let note = texts::say_with(
        "debug-log-now-on",
        &[("connection", form.connection.as_str().into())],
    );
    answer::see_other_with(&web, &act.viewer, "/debug", &note).await
}

async fn switch_off(
    web: web::Data<Web>,
    log: web::Data<DebugLog>,
    act: Act<SwitchedOff>,
) -> Result<HttpResponse, PageError> {
    log.switch_off(&act.form.connection).await?;
    let name = act.form.connection.as_str();
    let note = texts::say_with("debug-log-now-off", &[("connection", name.into())]);
    answer::see_other_with(&web, &act.viewer, "/debug", &note).await
}

/// So many bytes, for people.
pub(super) fn bytes(number: u64) -> String {
    match number {
        0..1_000_000 => texts::say_with("debug-log-kilobytes", &[("count", number.div_ceil(1000).into())]),
        _ => texts::say_with(
            "debug-log-megabytes",
            &[("count", number.div_ceil(1_000_000).into())],
        ),
    }
}

/// How an answer is marked.
fn tone(one: &ExchangeView) -> &'static str {
    if one.is_failure() { "skipped" } else { "linked" }
}

/// The status, or that there was no answer.
fn status(one: &ExchangeView) -> String {
    one.status
        .map_or_else(|| texts::say("debug-log-no-answer"), |status| status.to_string())
}

/// What an answer to choose is called.
fn status_name(status: &str) -> String {
    if status == "none" {
        texts::say("debug-log-no-answer")
    } else {
        status.to_owned()
    }
}
