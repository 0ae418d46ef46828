//! What is new: the latest lines of the sync log, and the latest changes field by field.

use std::collections::BTreeSet;
use std::time::Duration;

use askama::Template;
use tokio::time::timeout;
use url::Url;

use super::lines::{Row, Table};
use super::sync::SyncForm;
use crate::limit::drain_time;
use crate::queue::Lane;
use crate::store::{FailedFilter, LogFilter, Stored};
use crate::sync::Side;
use crate::web::answer::PageError;
use crate::web::change::Change;
use crate::web::frame::{Area, Frame};
use crate::web::viewer::Viewer;
use crate::web::{SystemLink, Web, filters, words};

/// How many lines each sync log shows.
const LINES: u32 = 10;
/// How many changes are shown.
const CHANGES: u32 = 50;
/// How long counting what waits may take.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Template)]
#[template(path = "log/overview.html")]
struct Page<'a> {
    frame: Frame,
    connections: Vec<Connection<'a>>,
    sync: SyncForm,
    state: State,
    log: Log,
}

#[derive(Template)]
#[template(path = "log/news.html")]
struct News {
    state: State,
    log: Option<Log>,
}

struct Connection<'a> {
    name: &'a str,
    systems: Vec<System<'a>>,
}

struct System<'a> {
    title: &'static str,
    name: &'static str,
    url: &'a Url,
    simulated: bool,
}

/// What changes by itself: events that wait, events that failed, and how long ago the last change was.
struct State {
    /// What a page that shows this is to say when it asks for news.
    seen: String,
    /// How many events wait; `None` while the queue does not answer.
    waiting: Option<u64>,
    /// How long it will take until nothing waits, where that can be told.
    drained: Option<String>,
    failed: u64,
    ago: Option<String>,
}

struct Log {
    tables: Vec<Table>,
    several: bool,
    changes: Vec<Change>,
}

/// The whole page.
pub(super) async fn whole(web: &Web, viewer: &Viewer) -> Result<String, PageError> {
    let newest = web.store.entries(CHANGES).await?;
    let state = state(web, newest.first()).await?;
    let systems = web.systems.all();
    let page = Page {
        frame: Frame::new(web, viewer, Area::Log),
        connections: connections(&systems),
        sync: SyncForm::new(web, viewer),
        state,
        log: log(web, newest).await?,
    };
    Ok(page.render()?)
}

/// What is new for a page that shows `seen`: the state alone, or the log with it; `None` when nothing is.
pub(super) async fn news(web: &Web, seen: Option<&str>) -> Result<Option<String>, PageError> {
    let newest = web.store.entries(1).await?;
    let state = state(web, newest.first()).await?;
    if seen == Some(state.seen.as_str()) {
        return Ok(None);
    }
    let id = newest.first().map(|stored| stored.id.as_str());
    let shows_log = seen.is_some_and(|seen| seen.split(' ').next() == Some(id.unwrap_or_default()));
    let log = if shows_log {
        None
    } else {
        Some(log(web, web.store.entries(CHANGES).await?).await?)
    };
    Ok(Some(News { state, log }.render()?))
}

async fn state(web: &Web, newest: Option<&Stored>) -> Result<State, PageError> {
    let waiting = waiting(web, &Lane::ALL).await;
    let failed = web.store.failed_count(&FailedFilter::default()).await?;
    let id = newest.map(|stored| stored.id.as_str()).unwrap_or_default();
    let ago = newest.map(|stored| words::ago(web.clock.now() - stored.when));
    let drained = match waiting {
        Some(waiting) if waiting > 0 => {
            let done = web.store.events_a_minute(web.clock.now()).await?;
            drain_time(waiting, done).map(words::about)
        }
        _ => None,
    };
    Ok(State {
        drained,
        seen: format!(
            "{id} {} {failed} {}",
            waiting.map_or_else(|| "?".to_owned(), |waiting| waiting.to_string()),
            ago.as_deref().unwrap_or_default()
        ),
        waiting,
        failed,
        ago,
    })
}

async fn log(web: &Web, newest: Vec<Stored>) -> Result<Log, PageError> {
    let mut tables = Vec::with_capacity(Side::BOTH.len());
    for side in Side::BOTH {
        let of_side = LogFilter {
            side: Some(side),
            ..LogFilter::default()
        };
        let lines = web.history.log(&of_side, "", LINES).await?;
        tables.push(Table {
            side,
            rows: lines.lines.iter().map(Row::new).collect(),
            older: None,
        });
    }
    let changes: Vec<Change> = newest.into_iter().map(Change::new).collect();
    let systems = web.systems.all();
    let names: BTreeSet<&str> = (systems.iter().map(|system| system.connection.as_str()))
        .chain(changes.iter().map(|change| change.connection.as_str()))
        .chain(
            tables
                .iter()
                .flat_map(|table| &table.rows)
                .map(|row| row.connection.as_str()),
        )
        .collect();
    Ok(Log {
        several: names.len() > 1,
        tables,
        changes,
    })
}

/// The systems by connection, in the order in which the connections come first.
fn connections(systems: &[SystemLink]) -> Vec<Connection<'_>> {
    let mut connections: Vec<Connection<'_>> = Vec::new();
    for link in systems {
        let system = System {
            title: link.side.title(),
            name: link.side.as_str(),
            url: &link.url,
            simulated: link.simulated,
        };
        match connections.iter_mut().find(|one| one.name == link.connection) {
            Some(connection) => connection.systems.push(system),
            None => connections.push(Connection {
                name: &link.connection,
                systems: vec![system],
            }),
        }
    }
    connections
}

/// How many events wait in these lanes; `None` while the queue does not answer, which is no reason to show nothing.
pub(super) async fn waiting(web: &Web, lanes: &[Lane]) -> Option<u64> {
    let counted = async {
        let mut waiting = 0;
        for lane in lanes {
            waiting += web.queue.depth(*lane).await.ok()?;
        }
        Some(waiting)
    };
    timeout(PATIENCE, counted).await.ok().flatten()
}
