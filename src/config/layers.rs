//! Lays defaults, file and environment over each other, and remembers where each value came from.
//!
//! It knows keys only as names in a tree; what they mean is checked later.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value as Json};

use super::problem::ConfigError;

const DEFAULTS: &str = include_str!("defaults.toml");
const PREFIX: &str = "WVS_";
const CONNECTIONS: &str = "connections";
const MODULES: &str = "modules";
/// In the defaults, stands for every connection's name.
const ANY: &str = "*";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Defaults,
    /// The one text that is read.
    Text,
    File(String),
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("defaults"),
            Self::Text => f.write_str("text"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// The merged settings. Not printable, as they hold secrets in plain text.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) tree: Map<String, Json>,
    origins: BTreeMap<String, Origin>,
    any_connection: Json,
}

impl Layers {
    /// Reads all layers. What can't be read is told in `problems`, and left out.
    pub(super) fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        problems: &mut ConfigError,
    ) -> Self {
        let mut layers = Self::default();
        if let Some(tree) = layers.read_defaults(problems) {
            layers.lay(tree, &|_| Origin::Defaults);
        }
        if let Some(path) = file {
            let origin = Origin::File(path.display().to_string());
            let text = std::fs::read_to_string(path).map_err(|error| format!("it can't be read: {error}"));
            match text.and_then(|text| parse(&text)) {
                Ok(tree) => {
                    let tree = fold_names(tree, &|_| origin.clone(), problems);
                    layers.lay(tree, &|_| origin.clone());
                }
                Err(message) => problems.add("", Some(&origin), message),
            }
        }
        layers.lay_environment(environment, problems);
        layers
    }

    /// Reads a settings file's text: connections with their modules, over the modules' defaults.
    pub(super) fn read_settings(text: &str, problems: &mut ConfigError) -> Self {
        match parse(text) {
            Ok(tree) => Self::of_settings(tree, problems),
            Err(message) => {
                problems.add("", None, message);
                Self::of_settings(Map::new(), problems)
            }
        }
    }

    /// The same of what such a file says.
    pub(super) fn of_settings(tree: Map<String, Json>, problems: &mut ConfigError) -> Self {
        let mut layers = Self::default();
        layers.read_defaults(problems);
        if let Json::Object(connection) = &mut layers.any_connection {
            connection.retain(|key, _| key == MODULES);
        }
        // There is one file only: problems need not name it.
        let tree = fold_names(tree, &|_| Origin::Text, problems);
        layers.lay(tree, &|_| Origin::Text);
        layers
    }

    /// Reads one connection that is written as JSON, over the defaults of any connection. Its name is taken as it stands.
    pub(super) fn read_connection(
        name: &str,
        written: Map<String, Json>,
        problems: &mut ConfigError,
    ) -> Self {
        let mut layers = Self::default();
        layers.read_defaults(problems);
        let one = Map::from_iter([(name.to_owned(), Json::Object(written))]);
        let tree = Map::from_iter([(CONNECTIONS.to_owned(), Json::Object(one))]);
        layers.lay(tree, &|_| Origin::Text);
        layers
    }

    /// Reads the defaults, and keeps those of any connection aside.
    fn read_defaults(&mut self, problems: &mut ConfigError) -> Option<Map<String, Json>> {
        match parse(DEFAULTS) {
            Ok(mut tree) => {
                if let Some(Json::Object(connections)) = tree.get_mut(CONNECTIONS) {
                    self.any_connection = connections.remove(ANY).unwrap_or_default();
                }
                Some(tree)
            }
            Err(message) => {
                problems.add("", Some(&Origin::Defaults), message);
                None
            }
        }
    }

    /// Where the value at `path`, or else the table it stands in, came from.
    pub(super) fn origin(&self, path: &str) -> Option<&Origin> {
        let mut path = path;
        loop {
            if let Some(origin) = self.origins.get(path) {
                return Some(origin);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// Whether the value at `path` is the built-in one.
    pub(super) fn is_default(&self, path: &str) -> bool {
        self.origins.get(path) == Some(&Origin::Defaults)
    }

    fn lay_environment(
        &mut self,
        environment: impl Iterator<Item = (String, String)>,
        problems: &mut ConfigError,
    ) {
        let mut tree = Map::new();
        let mut names = BTreeMap::new();
        let mut variables: Vec<_> = environment.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        // Backwards, so that a text given for a whole section comes after the section's keys, replaces them, and is
        // found wrong.
        variables.sort_by(|one, other| other.cmp(one));
        for (name, value) in variables {
            let path = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            let origin = Origin::Variable(name.clone());
            if let Some(other) = names.insert(path.clone(), name) {
                problems.add(
                    &path,
                    Some(&origin),
                    format!("{other} sets it, too; keep one of them"),
                );
            }
            insert(&mut tree, &path, Json::String(value));
        }
        let origin_of = |path: &str| {
            let inside = format!("{path}.");
            let name = names.get(path).or_else(|| {
                names
                    .iter()
                    .find(|(key, _)| key.starts_with(&inside))
                    .map(|(_, name)| name)
            });
            Origin::Variable(name.cloned().unwrap_or_default())
        };
        let tree = fold_names(tree, &origin_of, problems);
        self.lay(tree, &origin_of);
    }

    /// Lays a tree over what is there. A connection that is new starts with the defaults of any connection.
    fn lay(&mut self, over: Map<String, Json>, origin_of: &dyn Fn(&str) -> Origin) {
        if let Some(Json::Object(connections)) = over.get(CONNECTIONS) {
            let mut fresh = Map::new();
            for name in connections.keys() {
                if self.tree.get(CONNECTIONS).and_then(|all| all.get(name)).is_none() {
                    fresh.insert(name.clone(), self.any_connection.clone());
                }
            }
            let fresh = Map::from_iter([(CONNECTIONS.to_owned(), Json::Object(fresh))]);
            merge(&mut self.tree, fresh, "", &mut self.origins, &|_| {
                Origin::Defaults
            });
        }
        merge(&mut self.tree, over, "", &mut self.origins, origin_of);
    }
}

fn merge(
    base: &mut Map<String, Json>,
    over: Map<String, Json>,
    at: &str,
    origins: &mut BTreeMap<String, Origin>,
    origin_of: &dyn Fn(&str) -> Origin,
) {
    for (key, value) in over {
        let path = join(at, &key);
        origins.insert(path.clone(), origin_of(&path));
        match value {
            Json::Object(inner) => {
                let slot = base.entry(key).or_insert(Json::Null);
                if !slot.is_object() {
                    *slot = Json::Object(Map::new());
                }
                if let Json::Object(slot) = slot {
                    merge(slot, inner, &path, origins, origin_of);
                }
            }
            value => {
                base.insert(key, value);
            }
        }
    }
}

/// A key's path: the table's path, a dot, the key.
pub(super) fn join(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}

/// The environment variable that sets the key at `path`.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_uppercase())
}

fn insert(tree: &mut Map<String, Json>, path: &str, value: Json) {
    let Some((first, rest)) = path.split_once('.') else {
        tree.insert(path.to_owned(), value);
        return;
    };
    let slot = tree.entry(first).or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(inner) = slot {
        insert(inner, rest, value);
    }
}

/// Makes the names of connections lower-case; those that are no names are told and left out.
fn fold_names(
    mut tree: Map<String, Json>,
    origin_of: &dyn Fn(&str) -> Origin,
    problems: &mut ConfigError,
) -> Map<String, Json> {
    let Some(Json::Object(connections)) = tree.get_mut(CONNECTIONS) else {
        return tree;
    };
    for (written, connection) in std::mem::take(connections) {
        let name = written.to_lowercase();
        let path = join(CONNECTIONS, &written);
        if !is_name(&name) {
            problems.add(
                &path,
                Some(&origin_of(&path)),
                "a connection's name must be made of letters, digits, `-` and single `_`; rename it",
            );
        } else if connections.contains_key(&name) {
            problems.add(
                &path,
                Some(&origin_of(&path)),
                format!("there is another connection `{name}`, and capital letters don't count; rename one"),
            );
        } else {
            connections.insert(name, connection);
        }
    }
    tree
}

/// Whether a connection may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    !name.is_empty() && name.chars().all(allowed) && !name.contains("__")
}

/// Reads TOML. The error tells the place but not the line's text, which may hold a secret.
pub(super) fn parse(text: &str) -> Result<Map<String, Json>, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        format!(
            "line {} is no TOML: {}",
            before.matches('\n').count() + 1,
            error.message()
        )
    })?;
    Ok(table.into_iter().map(|(key, value)| (key, json(value))).collect())
}

fn json(value: toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::String(text),
        toml::Value::Integer(number) => Json::from(number),
        toml::Value::Float(number) => Json::from(number),
        toml::Value::Boolean(flag) => Json::Bool(flag),
        toml::Value::Datetime(moment) => Json::String(moment.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
    }
}
