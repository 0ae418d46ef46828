//! `config export` and `config import`: the settings of all modules as one file, and their mappings checked against
//! what both systems have.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::config::ConfigError;
use crate::config::settings_file::{self, AllSettings};
use crate::roster::Names;
use crate::settings::bring_into_force;
use crate::store::{Place, Signature, StoreError};
use crate::sync::{MappingProblem, Module, ModuleSettings, Severity, Sides, nearest, one_of, validate};
use crate::system::{System, SystemError};

use super::Parts;

/// What became of an import, for a person to read.
#[derive(Debug)]
pub struct Imported {
    /// The report's text.
    pub report: String,
    /// Whether the settings were stored.
    pub stored: bool,
}

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is wrong.
    #[error(transparent)]
    File(#[from] ConfigError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with a module's mappings, seen from the fields that both systems have at present; `None` where
/// neither tells its fields.
///
/// # Errors
/// When a system does not answer.
pub async fn mapping_problems(
    systems: &Sides<Arc<dyn System>>,
    module: Module,
    settings: &ModuleSettings,
) -> Result<Option<Vec<MappingProblem>>, SystemError> {
    let woocommerce = systems.woocommerce.fields(module).await?;
    let vtiger = systems.vtiger.fields(module).await?;
    if woocommerce.is_empty() && vtiger.is_empty() {
        return Ok(None);
    }
    let fields = Sides {
        woocommerce: woocommerce.as_slice(),
        vtiger: vtiger.as_slice(),
    };
    Ok(Some(validate(module, settings, fields)))
}

/// The settings in force of all modules, as a file's text.
///
/// # Errors
/// When the database fails.
pub async fn export_settings(parts: &Parts) -> Result<String, StoreError> {
    let mut all = AllSettings::new();
    for connection in parts.roster.names() {
        let mut modules = BTreeMap::new();
        for at in Parts::places(&connection) {
            if let Some(settings) = parts.store.settings(&at).await? {
                modules.insert(at.module, settings);
            }
        }
        all.insert(connection, modules);
    }
    Ok(settings_file::export(&all))
}

/// Brings the settings of such a file into force: all of them, or where something is wrong none. With `live`, the
/// mappings are checked against the fields that both systems have.
///
/// # Errors
/// When the file can't be read, or the database fails.
pub async fn import_settings(parts: &Parts, text: &str, live: bool) -> Result<Imported, ImportError> {
    let all = settings_file::import(text)?;
    let mut import = Import {
        report: String::new(),
        good: true,
    };
    for (connection, modules) in &all {
        let Some(member) = parts.roster.get(connection) else {
            import.unknown(connection, parts);
            continue;
        };
        for (module, settings) in modules.iter().filter(|_| live) {
            let problems = mapping_problems(&member.systems, *module, settings).await;
            import.note_problems(connection, *module, problems);
        }
    }
    if !import.good {
        import.line("Nothing was stored. Mend what is marked FAIL, and import the file again.");
        return Ok(Imported {
            report: import.report,
            stored: false,
        });
    }
    for (connection, modules) in &all {
        for (module, settings) in modules {
            let at = Place {
                connection: connection.clone(),
                module: *module,
            };
            import.store(parts, &at, settings).await?;
        }
    }
    if all.values().all(BTreeMap::is_empty) {
        import.line("The file names no module; nothing was changed.");
    }
    Ok(Imported {
        report: import.report,
        stored: true,
    })
}

/// An import under way.
struct Import {
    report: String,
    good: bool,
}

impl Import {
    fn line(&mut self, line: &str) {
        self.report.push_str(line);
        self.report.push('\n');
    }

    fn unknown(&mut self, connection: &str, parts: &Parts) {
        self.good = false;
        let names = parts.roster.names();
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let remedy = match nearest(connection, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => {
                "set it up in the configuration file, or in the browser, first".to_owned()
            }
            None => format!("there is {}", one_of(&known)),
        };
        self.line(&format!(
            "FAIL  connections.{connection}: there is no such connection; {remedy}"
        ));
    }

    fn note_problems(
        &mut self,
        connection: &str,
        module: Module,
        problems: Result<Option<Vec<MappingProblem>>, SystemError>,
    ) {
        let problems = match problems {
            Ok(problems) => problems.unwrap_or_default(),
            Err(error) => {
                self.line(&format!(
                    "note  {connection}: {module}: the mappings were not checked against the systems' fields: {error}"
                ));
                return;
            }
        };
        for problem in problems {
            let mark = match problem.severity {
                Severity::Error => "FAIL",
                Severity::Note => "note",
            };
            self.good &= problem.severity != Severity::Error;
            self.line(&format!("{mark}  {connection}: {problem}"));
        }
    }

    async fn store(
        &mut self,
        parts: &Parts,
        at: &Place,
        settings: &ModuleSettings,
    ) -> Result<(), StoreError> {
        let before = parts.store.settings(at).await?;
        if before.as_ref() == Some(settings) {
            self.line(&format!("{}: {}: as it was", at.connection, at.module));
            return Ok(());
        }
        let signature = Signature::new("config import", "");
        bring_into_force(&*parts.store, at, settings, &signature, None, &*parts.clock).await?;
        let what_next = if settings.enabled {
            "stored; a running service sweeps it soon"
        } else {
            "stored; it is switched off"
        };
        // Writing to a string can't fail.
        let _ = writeln!(self.report, "{}: {}: {what_next}", at.connection, at.module);
        Ok(())
    }
}
