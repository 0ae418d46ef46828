//! What a connection's first sync would do, found out in the background and without writing anything.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::{Connections, ConnectionsError};
use crate::roster::Member;
use crate::sweep::Forecast;
use crate::sync::{Module, Side, Sides};
use crate::system::{Priority, work_for};
use crate::telemetry;

/// How far the preview of a first sync came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Whether it is under way, or how it ended.
    pub state: PreviewState,
    /// What the first sync would do with each module, as far as that is known.
    pub modules: Vec<ModuleForecast>,
    /// The module that is looked at now.
    pub at: Option<Module>,
}

/// Whether a preview is under way, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviewState {
    /// It is under way.
    Running,
    /// All modules were looked at.
    Done,
    /// One of the systems or the database failed.
    Failed(String),
}

/// What a first sync would do with a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleForecast {
    /// The module.
    pub module: Module,
    /// Records read, per side.
    pub read: Sides<u64>,
    /// Records that would be created, by the side that they would be created on.
    pub created: Sides<u64>,
    /// Records that would be written to, per side.
    pub updated: Sides<u64>,
    /// Records that are in step already.
    pub in_step: u64,
    /// Records of each side that are left out, as the settings or their kind want it.
    pub left_out: Sides<u64>,
    /// Records that would be skipped, most frequent reason first.
    pub skipped: Vec<Skipped>,
}

/// Records that would be skipped for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The side that would not be written to.
    pub side: Side,
    /// Why.
    pub reason: String,
    /// How many.
    pub number: u64,
}

impl ModuleForecast {
    fn new(module: Module, forecast: &Forecast) -> Self {
        let mut skipped = Vec::new();
        for side in Side::BOTH {
            let of_side: &BTreeMap<String, u64> = forecast.skipped.of(side);
            skipped.extend(of_side.iter().map(|(reason, number)| Skipped {
                side,
                reason: reason.clone(),
                number: *number,
            }));
        }
        skipped.sort_by_key(|skipped| std::cmp::Reverse(skipped.number));
        Self {
            module,
            read: forecast.read,
            created: forecast.created,
            updated: forecast.updated,
            in_step: forecast.in_step,
            left_out: forecast.left_out,
            skipped,
        }
    }
}

/// The last preview of each connection that somebody asked this process for.
#[derive(Default)]
pub(super) struct Previews(Mutex<HashMap<String, Arc<Mutex<Preview>>>>);

impl fmt::Debug for Previews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previews").finish_non_exhaustive()
    }
}

impl Previews {
    pub(super) fn forget(&self, name: &str) {
        self.all().remove(name);
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Mutex<Preview>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Begins to find out what the first sync of a connection would do, unless that is under way.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn begin_preview(&self, name: &str) -> Result<Preview, ConnectionsError> {
        let member = self.member(name).await?;
        let begun = Preview {
            state: PreviewState::Running,
            modules: Vec::new(),
            at: None,
        };
        let shared = {
            let mut all = self.previews.all();
            if let Some(known) = all.get(name).map(|known| copy(known))
                && known.state == PreviewState::Running
            {
                return Ok(known);
            }
            let shared = Arc::new(Mutex::new(begun.clone()));
            all.insert(name.to_owned(), Arc::clone(&shared));
            shared
        };
        let (task, stop) = (Arc::clone(&member), member.stop.clone());
        member.spawn(async move {
            let found = tokio::select! {
                () = stop.cancelled() => Err("the connection was changed, or the service stopped".to_owned()),
                found = work_for(Priority::Live, rehearse(&task, &shared)) => found,
            };
            change(&shared, |preview| {
                preview.at = None;
                preview.state = match found {
                    Ok(()) => PreviewState::Done,
                    Err(error) => PreviewState::Failed(error),
                };
            });
        });
        Ok(begun)
    }

    /// How far the preview of a connection came that was last asked for here; `None` where none was.
    pub fn preview(&self, name: &str) -> Option<Preview> {
        self.previews.all().get(name).map(|preview| copy(preview))
    }
}

async fn rehearse(member: &Member, shared: &Mutex<Preview>) -> Result<(), String> {
    for at in Connections::places(&member.name) {
        change(shared, |preview| preview.at = Some(at.module));
        let forecast = member.sweeper.rehearse(&at).await;
        let forecast = forecast.map_err(|error| telemetry::chain(&error))?;
        change(shared, |preview| {
            preview.modules.push(ModuleForecast::new(at.module, &forecast));
        });
    }
    Ok(())
}

fn copy(preview: &Mutex<Preview>) -> Preview {
    preview.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn change(preview: &Mutex<Preview>, change: impl FnOnce(&mut Preview)) {
    change(&mut preview.lock().unwrap_or_else(PoisonError::into_inner));
}
