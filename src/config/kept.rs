//! Connections that are not in the configuration, checked by the same rules.

use serde_json::{Map, Value as Json};

use super::connection::Connection;
use super::layers::{Layers, is_name};
use super::problem::ConfigError;
use super::{raw, validate};

/// The longest name of a connection that is not in the configuration.
const LONGEST_NAME: usize = 40;

/// Checks a connection that is written as JSON, with the tables and keys of the configuration file's. The paths of its
/// problems begin with `connections.<name>.`. With `has_public_url`, `http.public_url` is set.
///
/// # Errors
/// With everything that is wrong, as far as it can be told at once.
pub fn connection(
    name: &str,
    written: Map<String, Json>,
    has_public_url: bool,
) -> Result<Connection, ConfigError> {
    let mut problems = ConfigError::default();
    let layers = Layers::read_connection(name, written, &mut problems);
    match raw::read(&layers, &mut problems) {
        Some(raw) => validate::connection(raw, &layers, problems, has_public_url),
        None => Err(problems),
    }
}

/// Whether a connection may have this name.
pub fn is_connection_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && is_name(name)
}
