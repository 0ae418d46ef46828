//! One module's settings as a tree of keys: what the settings file says of it, for forms and for programs.
//!
//! Pure. Keys, values and checks are the settings file's, so that there is one way to write a setting and one answer to
//! what is wrong with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::layers::{Layers, join, parse};
use super::problem::ConfigError;
use super::settings_file::write_module;
use super::{raw, validate};
use crate::sync::{Module, ModuleSettings};

/// A key that is the file's alone, as no tree has a table around it.
const TABLE: &str = "settings";

/// What is wrong with a tree of settings.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TreeProblem {
    /// The key, such as `direction` or `mappings[3].vtiger`; empty where the problem is not one key's.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// The settings as a tree of the settings file's keys.
pub fn write(module: Module, settings: &ModuleSettings) -> Map<String, Json> {
    let mut text = String::new();
    write_module(&mut text, TABLE, module, settings);
    // What was just written can be read.
    let tree = parse(&text).unwrap_or_default();
    match tree.into_iter().next() {
        Some((_, Json::Object(settings))) => settings,
        _ => Map::new(),
    }
}

/// Reads such a tree. A key that is left out takes its default.
///
/// # Errors
/// With everything that is wrong, as far as it can be told at once.
pub fn read(
    connection: &str,
    module: Module,
    tree: Map<String, Json>,
) -> Result<ModuleSettings, Vec<TreeProblem>> {
    let at = join("connections", &format!("{connection}.modules.{module}"));
    let inside =
        |key: &str, inner: Map<String, Json>| Map::from_iter([(key.to_owned(), Json::Object(inner))]);
    let modules = inside("modules", inside(module.as_str(), tree));
    let whole = inside("connections", inside(connection, modules));
    let mut problems = ConfigError::default();
    let layers = Layers::of_settings(whole, &mut problems);
    let read = match raw::read(&layers, &mut problems) {
        Some(raw) => validate::settings(raw, &layers, problems),
        None => Err(problems),
    };
    let mut all = read.map_err(|error| told(&error, &at))?;
    let found = all
        .get_mut(&connection.to_lowercase())
        .and_then(|modules: &mut BTreeMap<_, _>| modules.remove(&module));
    found.ok_or_else(|| {
        vec![TreeProblem {
            key: String::new(),
            message: format!("{module} has no settings that can be changed"),
        }]
    })
}

fn told(error: &ConfigError, at: &str) -> Vec<TreeProblem> {
    let problems = error.problems().iter().map(|problem| TreeProblem {
        key: problem
            .path
            .strip_prefix(at)
            .map_or(problem.path.as_str(), |key| key.trim_start_matches('.'))
            .to_owned(),
        message: problem.message.clone(),
    });
    problems.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_come_back_from_their_tree_as_they_were() {
        for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
            let settings = ModuleSettings::default_for(module).unwrap();

            let read = read("shop", module, write(module, &settings));

            assert_eq!(read, Ok(settings));
        }
    }

    #[test]
    fn a_problem_names_the_key_inside_the_module() {
        let mut tree = write(
            Module::Contacts,
            &ModuleSettings::default_for(Module::Contacts).unwrap(),
        );
        tree["mappings"][2]["vtiger"] = json!("");
        tree.insert("direction".to_owned(), json!("sideways"));

        let problems = read("shop", Module::Contacts, tree).unwrap_err();

        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["direction", "mappings[2].vtiger"]);
    }

    #[test]
    fn taxes_have_nothing_to_set() {
        let problems = read("shop", Module::Taxes, Map::new()).unwrap_err();

        assert!(
            problems[0].message.contains("there is nothing to set"),
            "{problems:?}"
        );
    }
}
