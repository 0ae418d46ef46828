//! The whole sync log: a table for each system, by minute, and a chart.

use std::borrow::Cow;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::chart::Chart;
use super::form::FilterForm;
use super::sync::SyncForm;
use crate::clock::Timestamp;
use crate::history::{Line, LogQuery};
use crate::store::LogFilter;
use crate::sync::{Module, Side};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::viewer::Viewer;
use crate::web::{Web, filters};

/// How many lines a page has for each system.
const LINES: u32 = 50;

#[derive(Template)]
#[template(path = "log/lines.html")]
struct LinesPage {
    frame: Frame,
    form: FilterForm,
    sync: SyncForm,
    chart: Chart,
    tables: Vec<Table>,
    several: bool,
}

/// The lines of one system.
pub(super) struct Table {
    pub(super) side: Side,
    pub(super) rows: Vec<Row>,
    /// Where older ones are.
    pub(super) older: Option<String>,
}

/// A line, as it is shown.
pub(super) struct Row {
    pub(super) minute: Timestamp,
    pub(super) connection: String,
    pub(super) module: Cow<'static, str>,
    pub(super) counts: [Count; 4],
}

/// A number, and where the records behind it are.
pub(super) struct Count {
    pub(super) of: &'static str,
    pub(super) number: u64,
    pub(super) records: String,
}

/// From where on each table goes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Begun {
    woocommerce: String,
    vtiger: String,
}

pub(super) async fn page(
    web: web::Data<Web>,
    viewer: Viewer,
    query: web::Query<LogQuery>,
    begun: web::Query<Begun>,
) -> Result<HttpResponse, PageError> {
    let filter = web.history.filter(&query)?;
    let form = FilterForm::new(&web, "/log", &query);
    let mut tables = Vec::new();
    for side in Side::BOTH {
        if filter.side.is_some_and(|one| one != side) {
            continue;
        }
        let of_side = LogFilter {
            side: Some(side),
            ..filter.clone()
        };
        let after = match side {
            Side::WooCommerce => &begun.woocommerce,
            Side::Vtiger => &begun.vtiger,
        };
        let lines = web.history.log(&of_side, after, LINES).await?;
        tables.push(Table {
            side,
            older: (lines.next).map(|next| form.with(side.as_str(), &next)),
            rows: lines.lines.iter().map(Row::new).collect(),
        });
    }
    answer::page(&LinesPage {
        frame: Frame::new(&web, &viewer, Area::Log),
        sync: SyncForm::new(&web, &viewer),
        chart: Chart::new(&web.history.series(&filter).await?),
        several: web.history.connections.names().len() > 1,
        tables,
        form,
    })
}

impl Row {
    pub(super) fn new(line: &Line) -> Self {
        let module = Module::ALL
            .into_iter()
            .find(|module| module.as_str() == line.module);
        let count = |of, number, status: &str| Count {
            of,
            number,
            records: format!("/log/records?{}", line.query(status).to_address()),
        };
        Self {
            minute: line.minute,
            connection: line.connection.clone(),
            module: module.map_or_else(|| line.module.clone().into(), |module| module.title().into()),
            counts: [
                count("created", line.created, "created"),
                count("updated", line.updated, "updated"),
                count("skipped", line.skipped, "unsynced"),
                count("other", line.other, "other"),
            ],
        }
    }

    /// The day, in UTC.
    pub(super) fn date(&self) -> String {
        self.minute.to_string().chars().take(10).collect()
    }

    /// The minute, in UTC.
    pub(super) fn time(&self) -> String {
        self.minute.to_string().chars().skip(11).take(5).collect()
    }

    /// As browsers read it.
    pub(super) fn datetime(&self) -> String {
        crate::clock::iso::text(self.minute)
    }
}
