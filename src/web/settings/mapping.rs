//! The table of a module's mappings: switched on and off, taken away.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value as Json, json};

use super::table::{Table, saved_note};
use super::{Addressed, Fields, path_of, settable};
use crate::settings::SettingsError;
use crate::store::{Place, Signature};
use crate::web::answer::{self, PageError, sentence};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/settings/{connection}/{module}/mappings", web::get().to(list))
        .route(
            "/settings/{connection}/{module}/mappings/switch",
            web::post().to(switch),
        )
        .route(
            "/settings/{connection}/{module}/mappings/remove",
            web::post().to(remove),
        );
}

#[derive(Template)]
#[template(path = "settings/mappings.html")]
struct MappingsPage {
    frame: Frame,
    connection: String,
    title: &'static str,
    path: String,
    version: u32,
    table: Table,
}

async fn list(web: web::Data<Web>, viewer: Viewer, at: Addressed) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let now = web.settings.in_force(&at).await?;
    answer::page(&MappingsPage {
        frame: Frame::new(&web, &viewer, Area::Settings),
        title: at.module.title(),
        path: path_of(&at),
        version: now.version,
        table: Table::new(&now),
        connection: at.connection,
    })
}

async fn switch(
    web: web::Data<Web>,
    at: Addressed,
    act: Act<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    change(&web, &at, act, |rows, row| {
        let is_on = rows[row]["enabled"] != Json::Bool(false);
        rows[row]["enabled"] = json!(!is_on);
    })
    .await
}

async fn remove(
    web: web::Data<Web>,
    at: Addressed,
    act: Act<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    change(&web, &at, act, |rows, row| {
        rows.remove(row);
    })
    .await
}

/// Changes one row of the mappings, and shows the table again.
async fn change(
    web: &Web,
    at: &(String, String),
    act: Act<Vec<(String, String)>>,
    change: impl FnOnce(&mut Vec<Json>, usize),
) -> Result<HttpResponse, PageError> {
    let at = settable(web, at)?;
    let Act { viewer, form } = act;
    let fields = Fields(form);
    let over = fields.version()?;
    let mut tree = web.settings.in_force(&at).await?.tree();
    let Some((rows, row)) = row_of(&mut tree, &fields) else {
        return Err(PageError::Refused(texts::say("settings-no-mapping")));
    };
    change(rows, row);
    let note = saved(web, &viewer, &at, tree, over).await?;
    answer::see_other_with(web, &viewer, &format!("{}/mappings", path_of(&at)), &note).await
}

/// The row that a form names, among all rows. Another one may be there by now, of another version; that is found when it is
/// saved.
fn row_of<'a>(tree: &'a mut Map<String, Json>, fields: &Fields) -> Option<(&'a mut Vec<Json>, usize)> {
    let rows = tree.get_mut("mappings")?.as_array_mut()?;
    let row = fields.row().filter(|row| *row < rows.len())?;
    Some((rows, row))
}

/// Saves settings; what the page then tells, be it that nothing was saved.
async fn saved(
    web: &Web,
    viewer: &Viewer,
    at: &Place,
    tree: Map<String, Json>,
    over: u32,
) -> Result<String, PageError> {
    let signature = Signature::new(viewer.name.as_str(), "");
    let saved = match web.settings.read(at, tree) {
        Ok(settings) => web.settings.save(at, &settings, &signature, over).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(saved) => Ok(saved_note(&saved)),
        Err(error @ SettingsError::Stale(_)) => Ok(sentence(&error.to_string())),
        Err(SettingsError::Wrong(findings)) => {
            let told: Vec<String> = findings
                .iter()
                .filter(|finding| finding.is_error)
                .map(super::form::told)
                .collect();
            Err(PageError::Refused(sentence(&told.join("; "))))
        }
        Err(error) => Err(error.into()),
    }
}
