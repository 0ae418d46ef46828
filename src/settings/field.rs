//! The live fields of both systems, for pickers and checks; remembered for some minutes.
//!
//! A system that does not answer soon is left out, and the page says so: fields can be typed in all the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;

use crate::clock::{Clock, Timestamp};
use crate::engine::Engine;
use crate::store::Place;
use crate::sync::{FieldInfo, FieldType, Module, Record, RecordId, Side, Sides};
use crate::system::SystemError;

use super::{Desk, SettingsError};

/// How long a system's fields count as known.
const FRESH: Duration = Duration::from_mins(5);

/// How long a system that did not answer is not asked again.
const AWAY: Duration = Duration::from_secs(20);

/// A page does not wait longer for a system.
const PATIENCE: Duration = Duration::from_secs(5);

/// From so many records the keys of meta data are gathered.
const RECORDS: u32 = 20;

/// The list of keys and values that plugins add theirs to.
const META_DATA: &str = "meta_data";

/// The most keys of meta data that are offered.
const MOST_KEYS: usize = 200;

/// The fields of both systems' records.
pub type Fields = Sides<Arc<Listed>>;

/// The fields of one system's records.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Listed {
    /// The fields, in the system's order, and keys of meta data that were seen. None where the system is away.
    pub fields: Vec<Field>,
    /// Why they aren't known, where they aren't.
    pub away: Option<String>,
    #[serde(skip)]
    infos: Vec<FieldInfo>,
}

/// A field, as a picker shows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Field {
    /// Its path, as a mapping names it.
    pub path: String,
    /// Its name as people see it.
    pub label: String,
    /// What it holds: text, number, boolean, date, picklist, reference or structure.
    pub holds: &'static str,
    /// What can be picked, where it is a picklist.
    pub values: Vec<String>,
    /// Whether a record needs it.
    pub mandatory: bool,
    /// Whether it can be written.
    pub writable: bool,
}

impl Listed {
    fn new(infos: Vec<FieldInfo>) -> Self {
        Self {
            // A list's key must be given.
            fields: infos
                .iter()
                .filter(|info| !info.path.ends_with("[]"))
                .map(Field::new)
                .collect(),
            away: None,
            infos,
        }
    }

    /// What a picklist offers.
    pub fn values_of(&self, path: &str) -> &[String] {
        let field = self.fields.iter().find(|field| field.path == path);
        field.map_or(&[], |field| field.values.as_slice())
    }

    /// The field at this path.
    pub fn find(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.path == path)
    }

    /// The fields as mappings are checked against them.
    pub(super) fn infos(&self) -> &[FieldInfo] {
        &self.infos
    }
}

impl Field {
    fn new(info: &FieldInfo) -> Self {
        let (holds, values) = match &info.kind {
            FieldType::Text => ("text", Vec::new()),
            FieldType::Number => ("number", Vec::new()),
            FieldType::Boolean => ("boolean", Vec::new()),
            FieldType::Date => ("date", Vec::new()),
            FieldType::Picklist(values) => ("picklist", values.clone()),
            FieldType::Reference => ("reference", Vec::new()),
            FieldType::Structure => ("structure", Vec::new()),
        };
        Self {
            path: info.path.clone(),
            label: info.label.clone(),
            holds,
            values,
            mandatory: info.mandatory,
            writable: info.writable,
        }
    }
}

type Key = (String, Module, Side);

/// What was asked for lately.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<BTreeMap<Key, (Arc<Listed>, Timestamp)>>);

impl Cache {
    fn known(&self) -> MutexGuard<'_, BTreeMap<Key, (Arc<Listed>, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &Key, clock: &dyn Clock) -> Option<Arc<Listed>> {
        let known = self.known();
        let (listed, at) = known.get(key)?;
        let lasts = if listed.away.is_some() { AWAY } else { FRESH };
        (clock.now() - *at < lasts).then(|| Arc::clone(listed))
    }
}

impl Desk {
    /// The fields that a module's records have in both systems.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn fields(&self, at: &Place) -> Result<Fields, SettingsError> {
        let engine = &self.engine(at)?;
        let (woocommerce, vtiger) = tokio::join!(
            self.listed(engine, at, Side::WooCommerce),
            self.listed(engine, at, Side::Vtiger)
        );
        Ok(Sides {
            woocommerce: woocommerce?,
            vtiger: vtiger?,
        })
    }

    pub(super) fn engine(&self, at: &Place) -> Result<Engine, SettingsError> {
        let engine = self.connected.engine_of(&at.connection);
        engine.ok_or_else(|| SettingsError::UnknownConnection(at.connection.clone()))
    }

    async fn listed(&self, engine: &Engine, at: &Place, side: Side) -> Result<Arc<Listed>, SettingsError> {
        let key = (at.connection.clone(), at.module, side);
        if let Some(listed) = self.cache.get(&key, &*self.clock) {
            return Ok(listed);
        }
        // The newest records are those whose keys are in use.
        let links = self.store.newest_links(at, RECORDS).await?;
        let ids: Vec<RecordId> = links
            .into_iter()
            .filter(|link| !link.is_broken())
            .map(|link| link.ids.woocommerce)
            .filter(|id| !id.is_guest())
            .collect();
        let asked = tokio::time::timeout(PATIENCE, ask(engine, at.module, side, &ids)).await;
        let listed = match asked {
            Ok(Ok(infos)) => Listed::new(infos),
            Ok(Err(error)) => away(error.to_string()),
            Err(_) => away(format!(
                "{} did not answer within {} seconds",
                side.title(),
                PATIENCE.as_secs()
            )),
        };
        let listed = Arc::new(listed);
        self.cache
            .known()
            .insert(key, (Arc::clone(&listed), self.clock.now()));
        Ok(listed)
    }
}

fn away(why: String) -> Listed {
    Listed {
        away: Some(why),
        ..Listed::default()
    }
}

async fn ask(
    engine: &Engine,
    module: Module,
    side: Side,
    ids: &[RecordId],
) -> Result<Vec<FieldInfo>, SystemError> {
    let system = engine.system(side);
    let mut infos = system.fields(module).await?;
    let list = infos.iter().find(|info| info.path == format!("{META_DATA}[]"));
    let Some(list) = list.cloned() else {
        return Ok(infos);
    };
    let records = if ids.is_empty() {
        system.page(module, None).await?.records
    } else {
        system.look(module, ids).await?.records
    };
    let keys = keys_of(&records);
    infos.extend(keys.into_iter().take(MOST_KEYS).map(|key| FieldInfo {
        path: format!("{META_DATA}[{key}]"),
        kind: FieldType::Text,
        ..list.clone()
    }));
    Ok(infos)
}

/// The keys of the records' meta data; those that WooCommerce and plugins hide come last.
fn keys_of(records: &[Record]) -> Vec<String> {
    let entries = records
        .iter()
        .filter_map(|record| record.fields.get(META_DATA)?.as_array())
        .flatten();
    let keys: BTreeSet<&str> = entries
        .filter(|entry| {
            !entry
                .get("value")
                .is_some_and(|value| value.is_object() || value.is_array())
        })
        .filter_map(|entry| entry.get("key").and_then(Json::as_str))
        .filter(|key| !key.is_empty() && !key.contains(['[', ']']))
        .collect();
    let (hidden, open): (Vec<&str>, Vec<&str>) = keys.into_iter().partition(|key| key.starts_with('_'));
    open.into_iter().chain(hidden).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_of_meta_data_are_gathered_and_hidden_ones_come_last() {
        let record = |meta: Json| Record {
            id: RecordId::new("1"),
            modified: None,
            modified_by: None,
            fields: serde_json::Map::from_iter([(META_DATA.to_owned(), meta)]),
        };
        let records = [
            record(json!([{"key": "vat_id", "value": "DE1"}, {"key": "_hidden", "value": "1"}])),
            record(json!([{"key": "vat_id", "value": "DE2"}, {"key": "birthday", "value": ""}])),
            record(json!([{"key": "parts", "value": [1]}, {"key": "odd]", "value": "1"}])),
        ];

        assert_eq!(keys_of(&records), ["birthday", "vat_id", "_hidden"]);
    }
}
