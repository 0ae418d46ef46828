//! The editor of one mapping: pickers of the live fields, steps, a check as one types, and a preview on a real record.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value as Json;

use super::draft::{Draft, mapping_of};
use super::form::told;
use super::picker::{Picker, described};
use super::table::saved_note;
use super::{Addressed, Fields, path_of, settable};
use crate::settings::{Checked, Fields as Known, Finding, Sample, SettingsError, Stale, TriedMapping};
use crate::store::{Place, Signature};
use crate::sync::{Outcome, Side};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/settings/{connection}/{module}/mappings/new", web::get().to(add))
        .route(
            "/settings/{connection}/{module}/mappings/edit",
            web::get().to(edit),
        )
        .route(
            "/settings/{connection}/{module}/mappings/check",
            web::post().to(check),
        )
        .route(
            "/settings/{connection}/{module}/mappings/preview",
            web::post().to(preview),
        )
        .route(
            "/settings/{connection}/{module}/mappings/save",
            web::post().to(save),
        );
}

/// What is found at each field, and besides.
#[derive(Default)]
struct Marks {
    /// By field: what is wrong, and what should be known.
    marked: BTreeMap<&'static str, Vec<(bool, String)>>,
    others: Vec<String>,
}

/// The fields that something can be marked at.
const MARKED: [&str; 5] = ["woocommerce", "vtiger", "transforms", "kind", "direction"];

impl Marks {
    fn new(findings: &[Finding]) -> Self {
        let mut marks = Self::default();
        for finding in findings {
            let key = finding.key.split(['.', '[']).next().unwrap_or_default();
            match MARKED.iter().find(|field| **field == key) {
                Some(field) => marks
                    .marked
                    .entry(field)
                    .or_default()
                    .push((finding.is_error, told(finding))),
                None => marks.others.push(told(finding)),
            }
        }
        marks
    }

    /// What is found at a field.
    fn of(&self, field: &str) -> &[(bool, String)] {
        self.marked.get(field).map_or(&[], Vec::as_slice)
    }

    /// Whether something is wrong at a field.
    fn is_wrong(&self, field: &str) -> bool {
        self.of(field).iter().any(|(is_error, _)| *is_error)
    }
}

#[derive(Template)]
#[template(path = "settings/editor.html")]
struct EditorPage {
    frame: Frame,
    connection: String,
    title: &'static str,
    path: String,
    version: u32,
    row: Option<usize>,
    draft: Draft,
    woocommerce: Picker,
    vtiger: Picker,
    hints: [String; 2],
    samples: Vec<Sample>,
    link: String,
    marks: Marks,
    tried: Option<TriedMapping>,
    is_oob: bool,
    stale: Option<Stale>,
}

/// What a check answers with: the marks at the fields, and what would be written.
#[derive(Template)]
#[template(path = "settings/check.html")]
struct Fragment {
    hints: [String; 2],
    marks: Marks,
    tried: Option<TriedMapping>,
    is_oob: bool,
}

/// What the editor is opened with.
struct Opened {
    draft: Draft,
    row: Option<usize>,
    /// The version that the form is made from; that in force, where it is made now.
    version: Option<u32>,
    link: String,
    marks: Marks,
    tried: Option<TriedMapping>,
    stale: Option<Stale>,
}

impl Opened {
    fn new(draft: Draft, row: Option<usize>) -> Self {
        Self {
            draft,
            row,
            version: None,
            link: String::new(),
            marks: Marks::default(),
            tried: None,
            stale: None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Chosen {
    row: usize,
}

async fn add(web: web::Data<Web>, viewer: Viewer, at: Addressed) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let opened = Opened::new(Draft::blank(), None);
    Ok(answer::html(rendered(&web, &viewer, &at, opened).await?))
}

async fn edit(
    web: web::Data<Web>,
    viewer: Viewer,
    at: Addressed,
    chosen: web::Query<Chosen>,
) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let tree = web.settings.in_force(&at).await?.tree();
    let rows = tree.get("mappings").and_then(Json::as_array);
    let mapping = rows.and_then(|rows| rows.get(chosen.row)?.as_object());
    let mapping = mapping.ok_or_else(|| PageError::NotFound(texts::say("settings-no-mapping")))?;
    let opened = Opened::new(Draft::new(mapping, false), Some(chosen.row));
    Ok(answer::html(rendered(&web, &viewer, &at, opened).await?))
}

async fn rendered(web: &Web, viewer: &Viewer, at: &Place, opened: Opened) -> Result<String, PageError> {
    let known = web.settings.fields(at).await?;
    let now = web.settings.in_force(at).await?;
    let Opened {
        draft,
        row,
        version,
        link,
        marks,
        tried,
        stale,
    } = opened;
    let page = EditorPage {
        frame: Frame::new(web, viewer, Area::Settings),
        connection: at.connection.clone(),
        title: at.module.title(),
        path: path_of(at),
        version: version.unwrap_or(now.version),
        row,
        woocommerce: Picker::new(&known.woocommerce),
        vtiger: Picker::new(&known.vtiger),
        hints: hints(&known, &draft.woocommerce, &draft.vtiger),
        samples: web.settings.samples(at).await?,
        link,
        marks,
        tried,
        is_oob: false,
        stale,
        draft,
    };
    Ok(page.render()?)
}

/// What the systems say of the two fields.
fn hints(known: &Known, woocommerce: &str, vtiger: &str) -> [String; 2] {
    let of = |side: Side, path: &str| known.of(side).find(path).map(described).unwrap_or_default();
    [of(Side::WooCommerce, woocommerce), of(Side::Vtiger, vtiger)]
}

/// A mapping as it was sent, and what was found.
struct Sent {
    viewer: Viewer,
    fields: Fields,
    known: Known,
    checked: Checked,
    draft: Draft,
}

impl Sent {
    async fn new(web: &Web, at: &Place, act: Act<Vec<(String, String)>>) -> Result<Self, PageError> {
        let Act { viewer, form } = act;
        let fields = Fields(form);
        let known = web.settings.fields(at).await?;
        let mapping = mapping_of(&fields, &known);
        let mut shown = mapping.clone();
        if fields.get("kind").is_empty() {
            // It goes on to follow the fields.
            shown.remove("kind");
        }
        let draft = Draft::new(&shown, true);
        let checked = web.settings.check_mapping(at, fields.row(), mapping).await?;
        Ok(Self {
            viewer,
            fields,
            known,
            checked,
            draft,
        })
    }

    fn opened(self, tried: Option<TriedMapping>) -> Result<(Viewer, Opened), PageError> {
        let opened = Opened {
            row: self.fields.row(),
            version: Some(self.fields.version()?),
            link: self.fields.get("link").to_owned(),
            marks: Marks::new(&self.checked.findings),
            tried,
            ..Opened::new(self.draft, None)
        };
        Ok((self.viewer, opened))
    }
}

/// Answers what is being typed: the fields' marks, and what would be written.
async fn check(
    web: web::Data<Web>,
    at: Addressed,
    act: Act<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let sent = Sent::new(&web, &at, act).await?;
    // A field that is not filled in yet is no mistake while somebody types.
    let (woocommerce, vtiger) = (sent.fields.get("woocommerce"), sent.fields.get("vtiger"));
    let mut findings = sent.checked.findings.clone();
    findings.retain(|finding| match finding.key.as_str() {
        "woocommerce" => !woocommerce.is_empty(),
        "vtiger" => !vtiger.is_empty(),
        _ => true,
    });
    let is_whole = !woocommerce.is_empty() && !vtiger.is_empty();
    let tried = if is_whole {
        Some(
            web.settings
                .try_mapping(&at, &sent.checked, Some(sent.fields.get("link")))
                .await?,
        )
    } else {
        None
    };
    answer::page(&Fragment {
        hints: hints(&sent.known, woocommerce, vtiger),
        marks: Marks::new(&findings),
        tried,
        is_oob: true,
    })
}

/// The same for a browser without scripts: the whole page again.
async fn preview(
    web: web::Data<Web>,
    at: Addressed,
    act: Act<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let sent = Sent::new(&web, &at, act).await?;
    let tried = web
        .settings
        .try_mapping(&at, &sent.checked, Some(sent.fields.get("link")))
        .await?;
    let (viewer, opened) = sent.opened(Some(tried))?;
    Ok(answer::html(rendered(&web, &viewer, &at, opened).await?))
}

async fn save(
    web: web::Data<Web>,
    at: Addressed,
    act: Act<Vec<(String, String)>>,
) -> Result<HttpResponse, PageError> {
    let at = settable(&web, &at)?;
    let sent = Sent::new(&web, &at, act).await?;
    let over = sent.fields.version()?;
    let mut stale = None;
    let mut findings = None;
    if let Some(settings) = sent.checked.settings.as_ref().filter(|_| sent.checked.is_good()) {
        let signature = Signature::new(sent.viewer.name.as_str(), sent.fields.get("note"));
        match web.settings.save(&at, settings, &signature, over).await {
            Ok(saved) => {
                let path = format!("{}/mappings", path_of(&at));
                return answer::see_other_with(&web, &sent.viewer, &path, &saved_note(&saved)).await;
            }
            Err(SettingsError::Stale(newer)) => stale = Some(newer),
            Err(SettingsError::Wrong(found)) => findings = Some(found),
            Err(error) => return Err(error.into()),
        }
    }
    let status = if stale.is_some() {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let (viewer, mut opened) = sent.opened(None)?;
    opened.stale = stale;
    if let Some(found) = findings {
        opened.marks = Marks::new(&found);
    }
    let html = rendered(&web, &viewer, &at, opened).await?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(html))
}
