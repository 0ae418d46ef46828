//! The versions of a module's settings, and the way back to one.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::table::saved_note;
use super::{Addressed, path_of, place, settable};
use crate::settings::{SettingsError, VersionView, Versions};
use crate::sync::Module;
use crate::web::answer::{self, PageError, sentence};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, texts};

/// So many are shown on a page.
const SHOWN: u32 = 25;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.service(
        web::resource("/settings/{connection}/{module}/versions")
            .route(web::get().to(list))
            .route(web::post().to(roll_back)),
    );
}

#[derive(Template)]
#[template(path = "settings/versions.html")]
struct VersionsPage {
    frame: Frame,
    connection: String,
    title: &'static str,
    path: String,
    /// The version in force.
    version: u32,
    is_fixed: bool,
    versions: Vec<VersionView>,
    next: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Shown {
    before: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Back {
    to: u32,
    version: u32,
}

async fn list(
    web: web::Data<Web>,
    viewer: Viewer,
    at: Addressed,
    shown: web::Query<Shown>,
) -> Result<HttpResponse, PageError> {
    let at = place(&web, &at)?;
    let now = web.settings.in_force(&at).await?;
    let Versions { versions, next } = web.settings.versions(&at, shown.before, SHOWN).await?;
    answer::page(&VersionsPage {
        frame: Frame::new(&web, &viewer, Area::Settings),
        title: at.module.title(),
        path: path_of(&at),
        version: now.version,
        is_fixed: at.module == Module::Taxes,
        connection: at.connection,
        versions,
        next,
    })
}

async fn roll_back(web: web::Data<Web>, at: Addressed, act: Act<Back>) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let Act { viewer, form } = act;
    let path = format!("{}/versions", path_of(&at));
    let saved = web
        .settings
        .roll_back(&at, form.to, &viewer.name, form.version)
        .await;
    let note = match saved {
        Ok(saved) => saved_note(&saved),
        Err(error @ SettingsError::Stale(_)) => sentence(&error.to_string()),
        Err(SettingsError::Wrong(findings)) => {
            let told: Vec<String> = findings.iter().map(super::form::told).collect();
            let problems = sentence(&told.join("; "));
            return Err(PageError::Refused(texts::say_with(
                "settings-back-refused",
                &[("problems", problems.into())],
            )));
        }
        Err(error) => return Err(error.into()),
    };
    answer::see_other_with(&web, &viewer, &path, &note).await
}
