//! One module's settings as a form.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value as Json};

use super::form::{Form, by_key, tree_of};
use super::stand_ins::StandInsForm;
use super::{Addressed, Fields, path_of, settable};
use crate::settings::{InForce, SettingsError, Stale};
use crate::store::{Place, Signature};
use crate::sync::Module;
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::viewer::Viewer;
use crate::web::{Web, filters};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.service(
        web::resource("/settings/{connection}/{module}")
            .route(web::get().to(show))
            .route(web::post().to(save)),
    );
}

/// The fields that a problem can be marked at.
const KEYS: [&str; 12] = [
    "enabled",
    "direction",
    "conflict",
    "deletes",
    "sync_from",
    "sweep_interval",
    "owner",
    "variable_parents",
    "missing_sku",
    "guests",
    "taxing",
    "statuses",
];

#[derive(Template)]
#[template(path = "settings/module.html")]
struct ModulePage {
    frame: Frame,
    now: InForce,
    title: &'static str,
    path: String,
    form: Form,
    /// The version that the form is made from.
    version: u32,
    note: String,
    marked: BTreeMap<String, String>,
    others: Vec<String>,
    stale: Option<Stale>,
    /// Of orders alone.
    stand_ins: Option<StandInsForm>,
}

impl ModulePage {
    /// What is wrong with a field.
    fn problem(&self, key: &str) -> Option<&str> {
        self.marked.get(key).map(String::as_str)
    }
}

/// What was sent and can't be saved.
#[derive(Default)]
pub(super) struct Refused {
    tree: Option<Map<String, Json>>,
    version: Option<u32>,
    note: String,
    marked: BTreeMap<String, String>,
    others: Vec<String>,
    stale: Option<Stale>,
    stand_ins: Option<StandInsForm>,
}

impl Refused {
    /// Stand-ins, with what is wrong besides.
    pub(super) fn stand_ins(form: StandInsForm, others: Vec<String>) -> Self {
        Self {
            others,
            stand_ins: Some(form),
            ..Self::default()
        }
    }
}

async fn show(web: web::Data<Web>, viewer: Viewer, at: Addressed) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    Ok(answer::html(
        rendered(&web, &viewer, &at, Refused::default()).await?,
    ))
}

/// The page with what was refused, if anything.
pub(super) async fn rendered(
    web: &Web,
    viewer: &Viewer,
    at: &Place,
    refused: Refused,
) -> Result<String, PageError> {
    let now = web.settings.in_force(at).await?;
    let (mut known, mut stand_ins) = (None, None);
    if at.module == Module::SalesOrders {
        // Only the table of statuses has use for the systems' fields.
        known = Some(web.settings.fields(at).await?);
        stand_ins = match refused.stand_ins {
            Some(form) => Some(form),
            None => Some(StandInsForm::of(web, &at.connection).await?),
        };
    }
    let tree = refused.tree.unwrap_or_else(|| now.tree());
    let page = ModulePage {
        frame: Frame::new(web, viewer, Area::Settings),
        title: at.module.title(),
        path: path_of(at),
        form: Form::new(at.module, &tree, known.as_ref()),
        version: refused.version.unwrap_or(now.version),
        note: refused.note,
        marked: refused.marked,
        others: refused.others,
        stale: refused.stale,
        stand_ins,
        now,
    };
    Ok(page.render()?)
}

async fn save(
    web: web::Data<Web>,
    at: Addressed,
    act: Act<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let Act { viewer, form } = act;
    let fields = Fields(form);
    let over = fields.version()?;
    let now = web.settings.in_force(&at).await?;
    let tree = tree_of(at.module, now.tree(), &fields);
    let signature = Signature::new(viewer.name.as_str(), fields.get("note"));
    let saved = match web.settings.read(&at, tree.clone()) {
        Ok(settings) => web.settings.save(&at, &settings, &signature, over).await,
        Err(error) => Err(error),
    };
    let mut refused = Refused {
        tree: Some(tree),
        version: Some(over),
        note: signature.note,
        ..Refused::default()
    };
    match saved {
        Ok(saved) => {
            let note = super::table::saved_note(&saved);
            return answer::see_other_with(&web, &viewer, &path_of(&at), &note).await;
        }
        Err(SettingsError::Wrong(findings)) => {
            (refused.marked, refused.others) = by_key(&findings, &KEYS);
        }
        Err(SettingsError::Stale(stale)) => refused.stale = Some(stale),
        Err(error) => return Err(error.into()),
    }
    let status = if refused.stale.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let html = rendered(&web, &viewer, &at, refused).await?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(html))
}
