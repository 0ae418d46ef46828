//! Connections: made, tried, changed, set up step by step, begun.

mod consent;
mod extension;
mod form;
mod steps;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::answer::{self, PageError};
use super::frame::{Area, Frame};
use super::post::Act;
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::connections::{ConnectionsError, View};
use crate::store::Belongings;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/connections", web::get().to(list))
        .configure(form::configure)
        .configure(consent::configure)
        .configure(extension::configure)
        .configure(steps::configure)
        .route("/connections/{name}/pause", web::post().to(pause))
        .route("/connections/{name}/remove", web::post().to(remove));
}

#[derive(Template)]
#[template(path = "connections/list.html")]
struct ListPage {
    frame: Frame,
    connections: Vec<View>,
}

#[derive(Debug, Deserialize)]
struct Pause {
    paused: bool,
}

#[derive(Debug, Deserialize)]
struct Remove {
    /// Whether what is known of the connection's records goes, too.
    #[serde(default)]
    everything: bool,
}

/// Where a connection is set up.
fn path(name: &str) -> String {
    format!("/connections/{name}")
}

/// A failure, which names what is not there as such.
pub(super) fn failed(error: ConnectionsError) -> PageError {
    match error {
        ConnectionsError::Unknown(_) => PageError::NotFound(answer::sentence(&error.to_string())),
        ConnectionsError::Store(error) => error.into(),
        other => PageError::Refused(answer::sentence(&other.to_string())),
    }
}

async fn list(web: web::Data<Web>, viewer: Viewer) -> Result<HttpResponse, PageError> {
    answer::page(&ListPage {
        connections: web.connections.list().await.map_err(failed)?,
        frame: Frame::new(&web, &viewer, Area::Connections),
    })
}

async fn pause(
    web: web::Data<Web>,
    name: web::Path<String>,
    act: Act<Pause>,
) -> Result<HttpResponse, PageError> {
    let is_paused = act.form.paused;
    web.connections.pause(&name, is_paused).await.map_err(failed)?;
    let note = if is_paused {
        texts::say("connections-paused-now")
    } else {
        texts::say("connections-goes-on")
    };
    answer::see_other_with(&web, &act.viewer, &path(&name), &note).await
}

async fn remove(
    web: web::Data<Web>,
    name: web::Path<String>,
    act: Act<Remove>,
) -> Result<HttpResponse, PageError> {
    let belongings = if act.form.everything {
        Belongings::Go
    } else {
        Belongings::Stay
    };
    web.connections.remove(&name, belongings).await.map_err(failed)?;
    let note = texts::say_with("connections-removed", &[("name", name.as_str().into())]);
    answer::see_other_with(&web, &act.viewer, "/connections", &note).await
}
