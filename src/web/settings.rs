//! Settings: what can be set of each module, its field mappings, and the versions of both.
//!
//! All goes by the settings' service, which the API shares. Readers see everything and change nothing.

mod draft;
mod editor;
mod form;
mod mapping;
mod module;
mod picker;
mod stand_ins;
mod status;
mod table;
mod version;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::answer::{self, PageError};
use super::frame::{Area, Frame};
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::settings::{InForce, words};
use crate::store::Place;
use crate::sync::Module;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/settings", web::get().to(overview))
        .configure(version::configure)
        .configure(mapping::configure)
        .configure(editor::configure)
        .configure(stand_ins::configure)
        .configure(module::configure);
}

/// The part of an address that names a module of a connection.
pub(super) type Addressed = web::Path<(String, String)>;

#[derive(Template)]
#[template(path = "settings/overview.html")]
struct OverviewPage {
    frame: Frame,
    connections: Vec<Connection>,
}

/// A connection with its modules.
struct Connection {
    name: String,
    modules: Vec<Row>,
}

/// A module in the overview.
struct Row {
    now: InForce,
    title: &'static str,
    path: String,
    direction: &'static str,
    conflict: &'static str,
    active: usize,
}

async fn overview(web: web::Data<Web>, viewer: Viewer) -> Result<HttpResponse, PageError> {
    let mut connections = Vec::new();
    for name in web.settings.connections() {
        let mut modules = Vec::new();
        for module in Module::ALL {
            let at = web.settings.place(&name, module)?;
            modules.push(Row::new(web.settings.in_force(&at).await?));
        }
        connections.push(Connection { name, modules });
    }
    answer::page(&OverviewPage {
        frame: Frame::new(&web, &viewer, Area::Settings),
        connections,
    })
}

impl Row {
    fn new(now: InForce) -> Self {
        Self {
            title: now.at.module.title(),
            path: path_of(&now.at),
            direction: words::direction(now.settings.direction),
            conflict: words::conflict(now.settings.conflict),
            active: now.settings.active().count(),
            now,
        }
    }

    fn is_fixed(&self) -> bool {
        self.now.at.module == Module::Taxes
    }
}

/// The module that an address names.
fn place(web: &Web, (connection, module): &(String, String)) -> Result<Place, PageError> {
    let known = Module::ALL.into_iter().find(|known| known.as_str() == module);
    let known = known.ok_or_else(|| PageError::NotFound(texts::say("settings-no-module")))?;
    Ok(web.settings.place(connection, known)?)
}

/// The same, of a module that can be set.
fn settable(web: &Web, at: &(String, String)) -> Result<Place, PageError> {
    let at = place(web, at)?;
    if at.module == Module::Taxes {
        return Err(PageError::Refused(texts::say("settings-taxes-fixed")));
    }
    Ok(at)
}

/// Where a module's settings are.
fn path_of(at: &Place) -> String {
    format!("/settings/{}/{}", at.connection, at.module)
}

/// One of several values that can be chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    value: String,
    text: String,
    is_chosen: bool,
}

impl Choice {
    /// Choices of a setting, by value and the text's key.
    fn of(choices: &[(&str, &str)], chosen: &str) -> Vec<Self> {
        let choices = choices.iter().map(|(value, key)| Self {
            value: (*value).to_owned(),
            text: texts::say(key),
            is_chosen: *value == chosen,
        });
        choices.collect()
    }
}

/// What a form holds: names and values, in its order.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    #[cfg(test)]
    fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter();
        Self(
            pairs
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        )
    }

    /// A field's value without white space around it; nothing where it isn't there.
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Whether a box is ticked.
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The fields whose names begin like this, without that.
    fn inside<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let fields = self.0.iter();
        fields.filter_map(move |(name, value)| Some((name.strip_prefix(start)?, value.trim())))
    }

    /// The version that the form was made from.
    fn version(&self) -> Result<u32, PageError> {
        let version = self.get("version").parse();
        version.map_err(|_| PageError::Malformed(texts::say("settings-no-version")))
    }

    /// The row of a mapping, where it is one that is there.
    fn row(&self) -> Option<usize> {
        self.get("row").parse().ok()
    }
}
