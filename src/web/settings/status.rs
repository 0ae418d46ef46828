//! The table of an order's statuses, each way: from the tree of keys to the form, and back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::{Choice, Fields};
use crate::settings::Fields as Known;

/// The order's status in Vtiger.
const STATUS: &str = "sostatus";

/// The way to Vtiger, and the way back, as the form and the tree name them.
const TO_VTIGER: &str = "to_vtiger";
const TO_WOOCOMMERCE: &str = "to_woocommerce";

/// What one side's statuses are on the other.
pub(super) struct StatusTable {
    /// `to_vtiger` or `to_woocommerce`.
    pub(super) way: &'static str,
    pub(super) rows: Vec<StatusRow>,
    /// What can be chosen; nothing where that isn't known.
    pub(super) choices: Vec<String>,
    /// Why it isn't.
    pub(super) away: Option<String>,
}

/// A status and what it is on the other side.
pub(super) struct StatusRow {
    pub(super) from: String,
    pub(super) choices: Vec<Choice>,
    pub(super) to: String,
}

/// The tables as the form has them; none where it has none.
pub(super) fn sent(fields: &Fields) -> Option<Json> {
    fields.has("statuses").then(|| {
        json!({
            TO_VTIGER: pairs(fields, TO_VTIGER),
            TO_WOOCOMMERCE: pairs(fields, TO_WOOCOMMERCE),
        })
    })
}

/// A table's pairs that are filled in, with the one that was added.
fn pairs(fields: &Fields, way: &str) -> BTreeMap<String, String> {
    let start = format!("{way}.");
    let mut pairs: BTreeMap<String, String> = fields
        .inside(&start)
        .filter(|(_, to)| !to.is_empty())
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    let (from, to) = (
        fields.get(&format!("{way}-from")),
        fields.get(&format!("{way}-to")),
    );
    if !from.is_empty() && !to.is_empty() {
        pairs.insert(from.to_owned(), to.to_owned());
    }
    pairs
}

/// The tables of these settings, with what both systems know.
pub(super) fn tables(tree: &Map<String, Json>, known: Option<&Known>) -> Vec<StatusTable> {
    let Some(table) = table_of(tree) else {
        return Vec::new();
    };
    let values = |path: &str, is_vtiger: bool| -> Vec<String> {
        known.map_or_else(Vec::new, |known| {
            let listed = if is_vtiger {
                &known.vtiger
            } else {
                &known.woocommerce
            };
            listed.values_of(path).to_vec()
        })
    };
    let (shop, crm) = (values("status", false), values(STATUS, true));
    let away = |is_vtiger: bool| {
        let known = known?;
        if is_vtiger {
            known.vtiger.away.clone()
        } else {
            known.woocommerce.away.clone()
        }
    };
    [
        (TO_VTIGER, &shop, &crm, away(true)),
        (TO_WOOCOMMERCE, &crm, &shop, away(false)),
    ]
    .into_iter()
    .map(|(way, from, to, away)| {
        let pairs: BTreeMap<String, String> = table
            .get(way)
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .map(|(from, to)| (from.clone(), to.as_str().unwrap_or_default().to_owned()))
            .collect();
        // In the system's order, and then what it does not list.
        let listed: BTreeSet<&String> = from.iter().collect();
        let others = pairs.keys().filter(|status| !listed.contains(status));
        let rows = from.iter().chain(others).map(|status| {
            let chosen = pairs.get(status).cloned().unwrap_or_default();
            StatusRow {
                from: status.clone(),
                choices: picked(to, &chosen),
                to: chosen,
            }
        });
        StatusTable {
            way,
            rows: rows.collect(),
            choices: to.clone(),
            away,
        }
    })
    .collect()
}

/// The values that can be chosen, with one that is chosen though it is none of them.
fn picked(values: &[String], chosen: &str) -> Vec<Choice> {
    if values.is_empty() {
        return Vec::new();
    }
    let odd = Some(chosen).filter(|chosen| !chosen.is_empty() && !values.iter().any(|value| value == chosen));
    let all = values.iter().map(String::as_str).chain(odd);
    all.map(|value| Choice {
        value: value.to_owned(),
        text: value.to_owned(),
        is_chosen: value == chosen,
    })
    .collect()
}

/// The table of statuses: the one just written, or that of the mapping in force.
pub(super) fn table_of(tree: &Map<String, Json>) -> Option<Json> {
    if let Some(table) = tree.get("statuses") {
        return Some(table.clone());
    }
    let rows = tree.get("mappings")?.as_array()?;
    let row = rows
        .iter()
        .find(|row| row["vtiger"] == STATUS && row["enabled"] != Json::Bool(false))?;
    let steps = row.get("transforms").and_then(Json::as_array);
    let table = steps.into_iter().flatten().find_map(|step| step.get("table"));
    Some(table.cloned().unwrap_or_else(|| json!({})))
}
