//! The settings as they are written, before they are checked: everything optional, nothing unknown.
//!
//! They can be printed as TOML, in which secrets show as `***`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::layers::{Layers, Origin, join};
use super::problem::ConfigError;
use super::scalar::{Address, Flag, ModuleName, RateLimit, Secret, Span, Whole};
use crate::sync::{Module, nearest, one_of};

/// Declares a table of optional keys.
macro_rules! table {
    ($name:ident { $($key:ident: $type:ty),* $(,)? }) => {
        #[derive(Default, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(super) $key: Option<$type>,
            )*
        }
    };
}

table!(Raw {
    roles: String,
    shutdown_grace: Span,
    http: RawHttp,
    database: RawAddress,
    queue: RawQueue,
    worker: RawWorker,
    sweep: RawSweep,
    sync_log: RawSyncLog,
    debug_log: RawDebugLog,
    log: RawLog,
    encryption: RawEncryption,
    connections: BTreeMap<String, RawConnection>,
});

table!(RawHttp {
    listen: String,
    public_url: String,
    api_token: Secret,
    api_token_file: String,
    body_limit: Whole,
});

table!(RawAddress {
    url: Address,
    url_file: String,
});

table!(RawQueue {
    url: Address,
    url_file: String,
    prefix: String,
});

table!(RawWorker {
    concurrency: Whole,
    retry_limit: Whole,
    lease: Span,
});

table!(RawSweep {
    interval: Span,
    full_interval: Span,
    at_start: Flag,
    webhook_interval: Span,
    most_deletions_percent: Whole,
});

table!(RawSyncLog { retention: Span });

table!(RawDebugLog {
    retention: Span,
    size_limit: Whole,
});

table!(RawLog {
    format: String,
    filter: String,
});

table!(RawConnections {
    connections: BTreeMap<String, RawConnection>,
});

table!(RawEncryption {
    key: Secret,
    key_file: String,
});

table!(RawConnection {
    woocommerce: RawWooCommerce,
    vtiger: RawVtiger,
    modules: BTreeMap<ModuleName, RawModule>,
});

table!(RawWooCommerce {
    url: String,
    consumer_key: Secret,
    consumer_key_file: String,
    consumer_secret: Secret,
    consumer_secret_file: String,
    webhook_secret: Secret,
    webhook_secret_file: String,
    webhook_secret_previous: Secret,
    webhook_secret_previous_file: String,
    register_webhooks: Flag,
    authentication: String,
    timeout: Span,
    rate_limit: RateLimit,
    concurrency_limit: Whole,
});

table!(RawVtiger {
    url: String,
    username: String,
    access_key: Secret,
    access_key_file: String,
    callback_secret: Secret,
    callback_secret_file: String,
    callback_secret_previous: Secret,
    callback_secret_previous_file: String,
    time_zone_offset: String,
    assigned_user_id: String,
    order_reference_field: String,
    stand_in_item: String,
    fee_item: String,
    timeout: Span,
    rate_limit: RateLimit,
    concurrency_limit: Whole,
});

table!(RawModule {
    enabled: Flag,
    direction: String,
    conflict: String,
    sync_from: String,
    deletes: String,
    sweep_interval: Span,
    owner: String,
    variable_parents: Flag,
    missing_sku: String,
    taxing: String,
    guests: Json,
    organization: Json,
    statuses: Json,
    disabled_mappings: Vec<String>,
    mappings: Vec<RawMapping>,
    extra_mappings: Vec<RawMapping>,
});

table!(RawMapping {
    woocommerce: String,
    vtiger: String,
    direction: String,
    transforms: Vec<Json>,
    mandatory: Flag,
    unlisted: Flag,
    kind: String,
    conflict: String,
    enabled: Flag,
});

table!(RawSettings {
    connections: BTreeMap<String, RawSettingsConnection>,
});

table!(RawSettingsConnection {
    modules: BTreeMap<ModuleName, RawModule>,
});

/// The modules that alone have these keys.
pub(super) const KEYS_OF_ONE: [(&str, Module); 6] = [
    ("variable_parents", Module::Products),
    ("missing_sku", Module::Products),
    ("taxing", Module::SalesOrders),
    ("guests", Module::SalesOrders),
    ("organization", Module::SalesOrders),
    ("statuses", Module::SalesOrders),
];

/// Reads the merged settings as a [`Raw`] or a [`RawSettings`]. Each key that is unknown or of a wrong type is told in `problems` and left out; `None`
/// when it can't be left out.
pub(super) fn read<T: DeserializeOwned>(layers: &Layers, problems: &mut ConfigError) -> Option<T> {
    let mut tree = Json::Object(layers.tree.clone());
    loop {
        let error = match serde_path_to_error::deserialize(&tree) {
            Ok(raw) => return Some(raw),
            Err(error) => error,
        };
        let fault = Fault::of(&error);
        problems.add(&fault.shown, layers.origin(&fault.shown), fault.message(layers));
        if !remove(&mut tree, &fault.keys) {
            return None;
        }
    }
}

/// What serde stumbled over.
struct Fault {
    /// The path as shown, with list positions.
    shown: String,
    /// The keys down to it, or to the list that it is in.
    keys: Vec<String>,
    text: String,
}

impl Fault {
    fn of(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        use serde_path_to_error::Segment;
        let text = error.inner().to_string();
        let mut keys = Vec::new();
        let mut in_list = false;
        for segment in error.path() {
            match segment {
                Segment::Map { key } if !in_list => keys.push(key.clone()),
                Segment::Seq { .. } => in_list = true,
                _ => {}
            }
        }
        let mut shown = error.path().to_string();
        if let Some(name) = unknown(&text) {
            let last = error.path().iter().next_back();
            if !matches!(last, Some(Segment::Map { key }) if key == name) {
                shown = join(if keys.is_empty() { "" } else { &shown }, name);
                if !in_list {
                    keys.push(name.to_owned());
                }
            }
        }
        Self { shown, keys, text }
    }

    fn message(&self, layers: &Layers) -> String {
        if let Some(name) = unknown(&self.text) {
            return self.unknown_key(name, layers);
        }
        match self
            .text
            .strip_prefix("invalid type: ")
            .and_then(|text| text.rsplit_once(", expected "))
        {
            Some((found, wanted)) => wrong_type(found, wanted),
            None => self.text.clone(),
        }
    }

    fn unknown_key(&self, name: &str, layers: &Layers) -> String {
        // The names in backquotes after the unknown one are the known ones.
        let mut known: Vec<&str> = self.text.split('`').skip(3).step_by(2).collect();
        let table = self.shown.strip_suffix(name).unwrap_or_default();
        if let Some((_, module)) = table.trim_end_matches('.').rsplit_once(".modules.") {
            let is_anothers = |key: &str| {
                KEYS_OF_ONE
                    .iter()
                    .any(|(one, owner)| *one == key && owner.as_str() != module)
            };
            // Inside a mapping `module` has more behind it, and none of these keys is known.
            known.retain(|key| !is_anothers(key));
        }
        if name == Module::Taxes.as_str() && table.ends_with(".modules.") {
            return "taxes always travel from WooCommerce to Vtiger; there is nothing to set; take the table away"
                .to_owned();
        }
        if let Some(meant) = nearest(name, &known) {
            return format!("there is no such key; did you mean `{table}{meant}`?");
        }
        let section = name.split('_').next().unwrap_or_default();
        if matches!(layers.origin(&self.shown), Some(Origin::Variable(_)))
            && name != section
            && nearest(section, &known).is_some()
        {
            return "there is no such key; a section and its key are separated by two underscores, \
                    as in `WVS_HTTP__LISTEN`"
                .to_owned();
        }
        format!("there is no such key here, only {}", one_of(&known))
    }
}

/// The name that serde says it doesn't know.
fn unknown(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix("unknown field `")
        .or_else(|| text.strip_prefix("unknown variant `"))?;
    rest.split('`').next()
}

/// Tells the kind of what was found, but not the value, which may be a secret.
fn wrong_type(found: &str, wanted: &str) -> String {
    let found = match found.split(' ').next().unwrap_or_default() {
        "string" => "text",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "map" => "a table",
        "sequence" => "a list",
        _ => "nothing",
    };
    let wanted = match wanted {
        "a string" => "text; put it in quotes",
        "a sequence" => "a list, which can be set only in the file",
        wanted if wanted.starts_with("struct ") || wanted == "a map" => "a table of keys",
        wanted => wanted,
    };
    format!("it is {found} but must be {wanted}")
}

fn remove(tree: &mut Json, keys: &[String]) -> bool {
    let Some((last, tables)) = keys.split_last() else {
        return false;
    };
    tables
        .iter()
        .try_fold(tree, |table, key| table.get_mut(key))
        .and_then(Json::as_object_mut)
        .and_then(|table: &mut Map<String, Json>| table.remove(last))
        .is_some()
}
