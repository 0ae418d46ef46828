//! The page of one record.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::address::Meant;
use super::{Named, action, cause, named, outside, state};
use crate::record::{FieldView, History, Live, LiveField, RecordView, Records};
use crate::sync::{Direction, Side};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, words};

/// How much of a record's history one page shows.
const SHOWN: u32 = 30;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/records/{connection}/{module}/{side}/{id}", web::get().to(show))
        .route(
            "/records/{connection}/{module}/{side}/{id}/fields",
            web::get().to(fields),
        );
}

/// Which part is to be shown.
#[derive(Debug, Deserialize)]
struct Part {
    /// The history before this entry.
    before: Option<String>,
    /// Whether to read both systems first, where the browser can't ask for that by itself.
    #[serde(default)]
    live: bool,
}

#[derive(Template)]
#[template(path = "records/record.html")]
struct RecordPage {
    frame: Frame,
    path: String,
    name: String,
    record: RecordView,
    sides: Vec<SideShown>,
    fields: Vec<FieldRow>,
    live: Option<Live>,
    history: History,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "records/fields.html")]
struct FieldsPart {
    path: String,
    fields: Vec<FieldRow>,
    live: Option<Live>,
}

/// A record of one system.
struct SideShown {
    side: Side,
    id: Option<String>,
    /// Where it is in its own system.
    url: Option<String>,
    is_deleted: bool,
}

/// A mapped field, and what both systems show of it.
struct FieldRow {
    name: String,
    view: FieldView,
    live: Option<Row>,
}

/// What both systems show.
struct Row {
    shown: crate::sync::Sides<String>,
    state: &'static str,
    because: String,
    would_write: Option<(Side, String)>,
}

impl Row {
    fn new(field: &LiveField) -> Self {
        Self {
            shown: field.shown.clone(),
            state: field.state.as_str(),
            because: field.because.clone(),
            would_write: field.would_write.clone(),
        }
    }
}

impl FieldRow {
    fn all(views: Vec<FieldView>, live: Option<&Live>) -> Vec<Self> {
        let rows = views.into_iter().map(|view| Self {
            name: words::field(&view.field),
            live: live.and_then(|live| live.field(&view.field)).map(Row::new),
            view,
        });
        rows.collect()
    }

    /// The key of the words for its direction.
    fn direction(&self) -> &'static str {
        match self.view.direction {
            Direction::Both => "records-both-ways",
            Direction::ToVtiger => "records-to-vtiger",
            Direction::ToWooCommerce => "records-to-woocommerce",
        }
    }
}

async fn show(
    web: web::Data<Web>,
    records: web::Data<Records>,
    viewer: Viewer,
    address: web::Path<Named>,
    part: web::Query<Part>,
) -> Result<HttpResponse, PageError> {
    let meant = address.find(&records)?;
    let Meant { at, side, id } = &meant;
    let mut record = records.show(at, *side, id).await?;
    let before = part.before.as_deref();
    let history = records.history(at, *side, id, before, SHOWN).await?;
    let live = if part.live {
        Some(records.live(at, *side, id).await?)
    } else {
        None
    };
    let sides = Side::BOTH
        .into_iter()
        .map(|side| SideShown {
            side,
            id: record.ids.of(side).as_ref().map(ToString::to_string),
            url: (record.ids.of(side).as_ref())
                .and_then(|id| outside(&web, &at.connection, at.module, side, id)),
            is_deleted: *record.deleted.of(side),
        })
        .collect();
    let views = std::mem::take(&mut record.fields);
    answer::page(&RecordPage {
        frame: Frame::new(&web, &viewer, Area::Records),
        path: meant.path(),
        name: named(&record.title, &record.match_key),
        sides,
        fields: FieldRow::all(views, live.as_ref()),
        record,
        live,
        history,
        is_first: before.is_none(),
    })
}

async fn fields(
    records: web::Data<Records>,
    _: Viewer,
    address: web::Path<Named>,
) -> Result<HttpResponse, PageError> {
    let meant = address.find(&records)?;
    let record = records.show(&meant.at, meant.side, &meant.id).await?;
    let live = records.live(&meant.at, meant.side, &meant.id).await?;
    answer::page(&FieldsPart {
        path: meant.path(),
        fields: FieldRow::all(record.fields, Some(&live)),
        live: Some(live),
    })
}
