//! What needs a person: records that are not in step, by reason, with what to do about it; conflicts; deletions that are
//! held back.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::answer::{self, PageError};
use super::asked::Asked;
use super::frame::{Area, Frame};
use super::post::Act;
use super::records::{named, names, outside, path_of, reason, remedy};
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::record::{AttentionFilter, Chosen, DisputeView, HeldSweep, ProblemView, Records};
use crate::store::ProblemFilter;
use crate::sync::{Module, Side, Skip};

/// How many records of a reason the overview shows.
const FEW: u32 = 5;

/// How many records a page of one reason shows.
const SHOWN: u32 = 50;

/// What the page of conflicts goes by.
const CONFLICTS: &str = "conflicts";

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/attention", web::get().to(overview))
        .route("/attention/retry", web::post().to(retry))
        .route("/attention/allow-deletions", web::post().to(allow_deletions))
        .route("/attention/{kind}", web::get().to(of_kind));
}

#[derive(Template)]
#[template(path = "attention/overview.html")]
struct OverviewPage {
    frame: Frame,
    asked: Asked,
    connections: Vec<String>,
    modules: [Module; 4],
    groups: Vec<GroupShown>,
    conflicts: Vec<Conflict>,
    conflict_count: u64,
    held: Vec<HeldSweep>,
}

#[derive(Template)]
#[template(path = "attention/kind.html")]
struct KindPage {
    frame: Frame,
    asked: Asked,
    connections: Vec<String>,
    modules: [Module; 4],
    kind: String,
    rows: Vec<Problem>,
    conflicts: Vec<Conflict>,
    count: u64,
    next: Option<String>,
}

/// The records of one kind of reason.
struct GroupShown {
    kind: String,
    count: u64,
    rows: Vec<Problem>,
}

/// A record that is not in step.
struct Problem {
    name: String,
    path: String,
    url: Option<String>,
    view: ProblemView,
}

/// A conflict whose losing value can be taken.
struct Conflict {
    name: String,
    path: String,
    view: DisputeView,
}

impl Asked {
    fn filter(&self) -> AttentionFilter {
        AttentionFilter {
            connection: self.connection().map(str::to_owned),
            module: self.module(),
        }
    }

    fn problems(&self, kind: &str) -> ProblemFilter {
        let AttentionFilter { connection, module } = self.filter();
        ProblemFilter {
            connection,
            module,
            kind: Some(kind.to_owned()),
        }
    }
}

impl Problem {
    fn new(web: &Web, view: ProblemView) -> Self {
        let (connection, module, side) = (&view.connection, view.module, view.side);
        Self {
            name: named(&view.title, view.record_id.as_str()),
            path: path_of(connection, module, side, &view.record_id),
            url: outside(web, connection, module, side, &view.record_id),
            view,
        }
    }
}

impl Conflict {
    fn new(view: DisputeView) -> Self {
        let id = &view.ids.woocommerce;
        Self {
            name: named(&view.title, id.as_str()),
            path: path_of(&view.connection, view.module, Side::WooCommerce, id),
            view,
        }
    }
}

async fn overview(
    web: web::Data<Web>,
    records: web::Data<Records>,
    viewer: Viewer,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let asked = asked.into_inner();
    let attention = records.attention(&asked.filter()).await?;
    let mut groups = Vec::with_capacity(attention.groups.len());
    for group in attention.groups {
        let (found, _) = records.problems(&asked.problems(&group.kind), "", FEW).await?;
        groups.push(GroupShown {
            rows: found.into_iter().map(|view| Problem::new(&web, view)).collect(),
            kind: group.kind,
            count: group.number,
        });
    }
    let (conflicts, _) = records.conflicts(&asked.filter(), None, FEW).await?;
    answer::page(&OverviewPage {
        frame: Frame::new(&web, &viewer, Area::Attention),
        connections: names(&records),
        modules: Module::ALL,
        groups,
        conflicts: conflicts.into_iter().map(Conflict::new).collect(),
        conflict_count: attention.conflicts,
        held: attention.held,
        asked,
    })
}

async fn of_kind(
    web: web::Data<Web>,
    records: web::Data<Records>,
    viewer: Viewer,
    kind: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let (kind, asked) = (kind.into_inner(), asked.into_inner());
    if kind != CONFLICTS && !Skip::KINDS.contains(&kind.as_str()) {
        return Err(PageError::NotFound(texts::say("frame-no-page")));
    }
    let counted = records.attention(&asked.filter()).await?;
    let (rows, conflicts, count, next) = if kind == CONFLICTS {
        let before = (!asked.after.is_empty()).then_some(asked.after.as_str());
        let (found, next) = records.conflicts(&asked.filter(), before, SHOWN).await?;
        let conflicts = found.into_iter().map(Conflict::new).collect();
        (Vec::new(), conflicts, counted.conflicts, next)
    } else {
        let filter = asked.problems(&kind);
        let (found, next) = records.problems(&filter, &asked.after, SHOWN).await?;
        let rows = found.into_iter().map(|view| Problem::new(&web, view)).collect();
        let group = counted.groups.into_iter().find(|group| group.kind == kind);
        (rows, Vec::new(), group.map_or(0, |group| group.number), next)
    };
    answer::page(&KindPage {
        frame: Frame::new(&web, &viewer, Area::Attention),
        connections: names(&records),
        modules: Module::ALL,
        kind,
        rows,
        conflicts,
        count,
        next,
        asked,
    })
}

/// Which records are to be looked at anew.
#[derive(Debug, Deserialize)]
struct Retry {
    #[serde(default)]
    ids: Vec<String>,
    /// All of this kind, where that was meant.
    all: Option<String>,
    #[serde(default)]
    connection: String,
    #[serde(default)]
    module: String,
}

impl Retry {
    fn asked(&self) -> Asked {
        Asked {
            connection: self.connection.clone(),
            module: self.module.clone(),
            after: String::new(),
        }
    }
}

async fn retry(
    web: web::Data<Web>,
    records: web::Data<Records>,
    act: Act<Retry>,
) -> Result<HttpResponse, PageError> {
    let Retry { ids, all, .. } = &act.form;
    let asked = act.form.asked();
    let chosen = match all {
        Some(kind) if !Skip::KINDS.contains(&kind.as_str()) => {
            return Err(PageError::NotFound(texts::say("frame-no-page")));
        }
        Some(kind) => Chosen::All(asked.problems(kind)),
        None if ids.is_empty() => return Err(PageError::Refused(texts::say("attention-none-chosen"))),
        None => Chosen::Ids(ids.clone()),
    };
    let retried = records.retry(&chosen).await?.retried;
    let note = texts::say_with("attention-retried", &[("count", retried.into())]);
    let back = format!("/attention?{}", asked.query());
    answer::see_other_with(&web, &act.viewer, &back, &note).await
}

/// Whose deletions are to be passed on.
#[derive(Debug, Deserialize)]
struct Allowed {
    connection: String,
    module: Module,
}

async fn allow_deletions(
    web: web::Data<Web>,
    records: web::Data<Records>,
    act: Act<Allowed>,
) -> Result<HttpResponse, PageError> {
    let at = records.place(&act.form.connection, act.form.module)?;
    records.allow_deletions(&at).await?;
    let note = texts::say("attention-allowed");
    answer::see_other_with(&web, &act.viewer, "/attention", &note).await
}
