//! Reads the recorded traffic of real installations under `tests/fixtures`.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// The path of a fixture, such as `woo/webhooks/customer.created.json`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// A fixture's JSON.
pub(crate) fn json(name: &str) -> Json {
    let path = fixture(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
