//! The modules' settings: shown, checked, brought into force, and brought back.
//!
//! The pages, the API and `config import` share this. What is saved becomes a version that says who and when, and holds
//! at once in all processes, as the engine reads the settings of each event anew. Nobody saves over what somebody else
//! saved meanwhile without having seen it.

mod check;
mod difference;
mod field;
mod trial;
mod version;
pub mod words;

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::clock::Clock;
use crate::config::settings_tree;
use crate::engine::{Engine, EngineError};
use crate::roster::{Names, Roster};
use crate::store::{Place, SettingsVersion, Signature, Store, StoreError, SweepRequest};
use crate::sync::{Module, ModuleSettings};

use field::Cache;

pub use check::{Checked, Finding, with_row};
pub use difference::{Difference, differences};
pub use field::{Field, Fields, Listed};
pub use trial::{Sample, TriedMapping, Way};
pub use version::{VersionView, Versions};

/// The settings of all modules, and what is needed to change them.
#[derive(Debug)]
pub struct Desk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    connected: Arc<dyn Connected>,
    cache: Cache,
}

/// Who knows the connections, and what reads their systems.
pub trait Connected: Names {
    /// What reads the systems of a connection, be it paused; `None` where it is not at work here.
    fn engine_of(&self, connection: &str) -> Option<Engine>;
}

impl Connected for Roster {
    fn engine_of(&self, connection: &str) -> Option<Engine> {
        self.get(connection).map(|member| member.engine.clone())
    }
}

/// Connections whose systems can't be reached.
impl Connected for Vec<String> {
    fn engine_of(&self, _: &str) -> Option<Engine> {
        None
    }
}

/// A module's settings in force.
#[derive(Clone, Debug, serde::Serialize)]
pub struct InForce {
    /// The module of the connection.
    #[serde(skip)]
    pub at: Place,
    /// The number of the version, which whoever changes the settings gives back; 0 where none was saved yet.
    pub version: u32,
    /// Who brought it into force, when, and why.
    #[serde(skip)]
    pub saved: Option<SettingsVersion>,
    /// The settings.
    #[serde(skip)]
    pub settings: ModuleSettings,
}

impl InForce {
    /// The settings as a tree of the settings file's keys.
    pub fn tree(&self) -> Map<String, Json> {
        settings_tree::write(self.at.module, &self.settings)
    }
}

/// What became of settings that were saved.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Saved {
    /// The version in force now.
    pub version: u32,
    /// What changed; nothing where all was so already.
    pub changes: Vec<Difference>,
    /// What a person should know all the same.
    pub notes: Vec<Finding>,
}

/// Why settings can't be shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such connection.
    #[error("there is no connection named `{0}`")]
    UnknownConnection(String),
    /// There is no such version.
    #[error("there is no version {0} of these settings, or this program can't read it any more")]
    UnknownVersion(u32),
    /// Somebody else saved meanwhile.
    #[error("{} saved version {} meanwhile; look at what changed, and make your changes anew", .0.by, .0.version)]
    Stale(Stale),
    /// The settings are wrong.
    #[error("the settings can't be used; nothing was saved")]
    Wrong(Vec<Finding>),
    /// A system failed.
    #[error(transparent)]
    Engine(EngineError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What somebody else saved meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stale {
    /// The version in force.
    pub version: u32,
    /// Who saved it.
    pub by: String,
    /// What it changed against the version that the changes were made from.
    pub changes: Vec<Difference>,
}

impl From<EngineError> for SettingsError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => Self::Store(error),
            other => Self::Engine(other),
        }
    }
}

impl Desk {
    /// The settings of these connections' modules.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, connected: Arc<dyn Connected>) -> Self {
        Self {
            store,
            clock,
            connected,
            cache: Cache::default(),
        }
    }

    /// The names of the connections.
    pub fn connections(&self) -> Vec<String> {
        self.connected.names()
    }

    /// A module of a connection. As in the configuration, capital letters don't count.
    ///
    /// # Errors
    /// When there is no such connection.
    pub fn place(&self, connection: &str, module: Module) -> Result<Place, SettingsError> {
        let name = connection.to_lowercase();
        if !self.connected.names().contains(&name) {
            return Err(SettingsError::UnknownConnection(connection.to_owned()));
        }
        Ok(Place {
            connection: name,
            module,
        })
    }

    /// The settings in force: those saved last, or else those that the module starts with.
    ///
    /// # Errors
    /// When the store fails, or the settings can't be read.
    pub async fn in_force(&self, at: &Place) -> Result<InForce, SettingsError> {
        let saved = self.store.settings_in_force(at).await?;
        let settings = match &saved {
            None => None,
            Some(version) => match &version.settings {
                Some(settings) => Some(settings.clone()),
                // The store tells why they can't be read.
                None => self.store.settings(at).await?,
            },
        };
        let settings = match settings {
            Some(settings) => settings,
            None => ModuleSettings::default_for(at.module).map_err(EngineError::from)?,
        };
        Ok(InForce {
            at: at.clone(),
            version: saved.as_ref().map_or(0, |saved| saved.version),
            saved,
            settings,
        })
    }

    /// Reads settings from a tree of the settings file's keys.
    ///
    /// # Errors
    /// With everything that is wrong in it.
    pub fn read(&self, at: &Place, tree: Map<String, Json>) -> Result<ModuleSettings, SettingsError> {
        settings_tree::read(&at.connection, at.module, tree)
            .map_err(|problems| SettingsError::Wrong(problems.into_iter().map(Finding::from).collect()))
    }

    /// Brings settings into force, made from the version `over`.
    ///
    /// # Errors
    /// When another version is in force by now, the settings have mistakes that those in force don't have, or the store
    /// fails.
    pub async fn save(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        signature: &Signature,
        over: u32,
    ) -> Result<Saved, SettingsError> {
        let before = self.in_force(at).await?;
        if before.version != over {
            return Err(self.stale(&before, over).await?);
        }
        let changes = differences(at.module, &before.settings, settings);
        if changes.is_empty() {
            return Ok(Saved {
                version: before.version,
                changes,
                notes: Vec::new(),
            });
        }
        let notes = self.new_problems(at, &before.settings, settings).await?;
        let version =
            bring_into_force(&*self.store, at, settings, signature, Some(over), &*self.clock).await?;
        let Some(version) = version else {
            let now = self.in_force(at).await?;
            return Err(self.stale(&now, over).await?);
        };
        Ok(Saved {
            version,
            changes,
            notes,
        })
    }

    async fn stale(&self, now: &InForce, over: u32) -> Result<SettingsError, SettingsError> {
        let then = self.store.settings_version(&now.at, over).await?;
        let then = then.and_then(|version| version.settings);
        Ok(SettingsError::Stale(Stale {
            version: now.version,
            by: now
                .saved
                .as_ref()
                .map(|saved| saved.signature.by.clone())
                .unwrap_or_default(),
            changes: then
                .map(|then| differences(now.at.module, &then, &now.settings))
                .unwrap_or_default(),
        }))
    }
}

/// Brings settings into force and has what they may change looked at soon; the new version's number, or `None` when the
/// version in force is not `over`.
///
/// # Errors
/// When the store fails.
pub async fn bring_into_force(
    store: &dyn Store,
    at: &Place,
    settings: &ModuleSettings,
    signature: &Signature,
    over: Option<u32>,
    clock: &dyn Clock,
) -> Result<Option<u32>, StoreError> {
    let now = clock.now();
    let version = store.save_settings(at, settings, signature, over, now).await?;
    if version.is_some() && settings.enabled {
        // What was skipped, or left alone till now, may be kept in step with these. Other mappings make differences of
        // what didn't change.
        store.request_sweep(&SweepRequest::full(at.clone()), now).await?;
    }
    Ok(version)
}
