//! Sync now: asks for it, and shows how it comes on.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::progress::{self, Followed, ProgressView};
use crate::clock::Timestamp;
use crate::sync::Module;
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::viewer::Viewer;
use crate::web::{Web, filters};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/sync", web::post().to(ask))
        .route("/sync/{connection}", web::get().to(page))
        .route("/sync/{connection}/events", web::get().to(events));
}

/// The form that asks for it.
pub(super) struct SyncForm {
    pub(super) connections: Vec<String>,
    pub(super) modules: [Module; 4],
    /// Whether the reader may send it.
    pub(super) is_offered: bool,
}

impl SyncForm {
    pub(super) fn new(web: &Web, viewer: &Viewer) -> Self {
        let connections = web.history.connections.names();
        Self {
            is_offered: viewer.is_admin() && !connections.is_empty(),
            connections,
            modules: Module::ALL,
        }
    }
}

#[derive(Template)]
#[template(path = "log/sync.html")]
struct SyncPage {
    frame: Frame,
    connection: String,
    events: String,
    view: ProgressView,
}

/// What is to be synced.
#[derive(Debug, Deserialize)]
struct Asked {
    connection: String,
    /// A module's name; nothing for all of them.
    #[serde(default)]
    module: String,
}

/// When it was asked for, in milliseconds.
#[derive(Debug, Deserialize)]
struct Since {
    #[serde(default)]
    since: i64,
}

async fn ask(web: web::Data<Web>, act: Act<Asked>) -> Result<HttpResponse, PageError> {
    let Asked { connection, module } = &act.form;
    let known = Module::ALL.into_iter().find(|known| known.as_str() == module);
    if known.is_none() && !module.is_empty() {
        return Err(PageError::Malformed(format!(
            "module: there is no module `{module}`"
        )));
    }
    let since = web.clock.now().as_millis();
    web.history.sweep(connection, known, false).await?;
    let name = web.history.connection(connection)?;
    Ok(answer::see_other(&address(&name, "", since)))
}

async fn page(
    web: web::Data<Web>,
    viewer: Viewer,
    connection: web::Path<String>,
    since: web::Query<Since>,
) -> Result<HttpResponse, PageError> {
    let connection = web.history.connection(&connection)?;
    let followed = Followed::Asked(connection.clone(), Timestamp::from_millis(since.since));
    answer::page(&SyncPage {
        frame: Frame::new(&web, &viewer, Area::Log),
        events: address(&connection, "/events", since.since),
        view: ProgressView::of(&web, &followed).await?,
        connection,
    })
}

async fn events(
    web: web::Data<Web>,
    _: Viewer,
    connection: web::Path<String>,
    since: web::Query<Since>,
) -> Result<HttpResponse, PageError> {
    let connection = web.history.connection(&connection)?;
    let followed = Followed::Asked(connection, Timestamp::from_millis(since.since));
    Ok(progress::follow(web, followed))
}

fn address(connection: &str, rest: &str, since: i64) -> String {
    let name = percent_encoding::utf8_percent_encode(connection, percent_encoding::NON_ALPHANUMERIC);
    format!("/sync/{name}{rest}?since={since}")
}
