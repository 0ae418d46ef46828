//! The modules' settings with all their mappings as one TOML file, to be looked at, edited and read again.
//!
//! Pure. Its keys are those of the configuration file's `[connections.*.modules.*]`, and are checked in the same way.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use super::layers::Layers;
use super::problem::ConfigError;
use super::raw;
use super::validate::{self, CONFLICTS, DELETES, DIRECTIONS, KINDS, MISSING_SKUS, TAXINGS};
use crate::clock::Timestamp;
use crate::sync::{FieldKind, FieldMapping, Guests, Module, ModuleSettings, Transform};

/// The settings of modules, by connection.
pub type AllSettings = BTreeMap<String, BTreeMap<Module, ModuleSettings>>;

const INTRODUCTION: &str = "\
# Settings of all modules, with all their field mappings. Edit them and bring them into force with
# `woo-vtiger-sync config import <this file>`: the modules named here are then as they are written here; a key that is
# left out takes its default. src/config/defaults.toml tells of each key.
";

const MAPPINGS: &str = "
# Field mappings: all rows, also those that are switched off (enabled = false).
";

/// Writes all settings, with comments. Those of taxes are left out, as they can't be changed.
pub fn export(all: &AllSettings) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (connection, modules) in all {
        for (module, settings) in modules {
            if *module != Module::Taxes {
                let table = format!("connections.{connection}.modules.{module}");
                write_module(&mut text, &table, *module, settings);
            }
        }
    }
    text
}

/// Reads a file that [`export`] wrote and a person may have changed. Modules that it does not name are left out.
///
/// # Errors
/// With everything that is wrong, as far as it can be told at once.
pub fn import(text: &str) -> Result<AllSettings, ConfigError> {
    let mut problems = ConfigError::default();
    let layers = Layers::read_settings(text, &mut problems);
    match raw::read(&layers, &mut problems) {
        Some(raw) => validate::settings(raw, &layers, problems),
        None => Err(problems),
    }
}

pub(super) fn write_module(text: &mut String, table: &str, module: Module, settings: &ModuleSettings) {
    let mut lines = Lines(text);
    lines.blank();
    lines.plain(&format!("[{table}]"));
    lines.key(
        &format!("Whether {} are kept in step.", module.title().to_lowercase()),
        "enabled",
        settings.enabled,
    );
    lines.key(
        "both, to_vtiger or to_woocommerce.",
        "direction",
        name_of(&DIRECTIONS, &settings.direction),
    );
    lines.key(
        "Who wins when both sides changed a field: last_updated, vtiger or woocommerce.",
        "conflict",
        name_of(&CONFLICTS, &settings.conflict),
    );
    lines.optional(
        "Only records changed on or after this day.",
        "sync_from",
        settings.sync_from.map(day_or_moment),
        "2026-01-31",
    );
    lines.key(
        "What becomes of a record whose counterpart is deleted: ignore or propagate (into the trash).",
        "deletes",
        name_of(&DELETES, &settings.deletes),
    );
    lines.optional(
        "How often the module is swept, where that is not sweep.interval.",
        "sweep_interval",
        settings.sweep_interval.map(span),
        "1h",
    );
    lines.optional(
        "The owner of records created in Vtiger, where it is not the connection's.",
        "owner",
        settings.owner.clone(),
        "19x5",
    );
    if module == Module::Products {
        lines.key(
            "Whether variable products are kept in step themselves, and not only their variations.",
            "variable_parents",
            settings.products.variable_parents,
        );
        lines.key(
            "A product without SKU: leave it so, or write one that is made of its id.",
            "missing_sku",
            name_of(&MISSING_SKUS, &settings.products.missing_sku),
        );
    }
    if module == Module::SalesOrders {
        let guests = match &settings.sales_orders.guests {
            Guests::ByEmail => toml::Value::from("by_email"),
            Guests::PerOrder => "per_order".into(),
            Guests::Skip => "skip".into(),
            Guests::House(id) => toml::Table::from_iter([("house".to_owned(), id.as_str().into())]).into(),
        };
        lines.key(
            "Whose the orders of guests are: by_email, per_order, skip or { house = \"12x34\" }.",
            "guests",
            guests,
        );
        lines.key(
            "How taxes are written: auto, group or individual.",
            "taxing",
            name_of(&TAXINGS, &settings.sales_orders.taxing),
        );
    }
    lines.plain(MAPPINGS.trim_end());
    if settings.mappings.is_empty() {
        lines.plain("mappings = []");
    }
    for mapping in &settings.mappings {
        write_mapping(&mut lines, table, mapping);
    }
}

/// A time as it is written in the configuration.
fn span(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}

fn write_mapping(lines: &mut Lines<'_>, table: &str, mapping: &FieldMapping) {
    lines.plain(&format!("[[{table}.mappings]]"));
    lines.value("woocommerce", mapping.woocommerce.to_string());
    lines.value("vtiger", mapping.vtiger.to_string());
    lines.value("direction", name_of(&DIRECTIONS, &mapping.direction));
    if !mapping.transforms.is_empty() {
        let steps: Vec<toml::Value> = mapping.transforms.iter().filter_map(step).collect();
        lines.value("transforms", steps);
    }
    if mapping.kind != FieldKind::Text {
        lines.value("kind", name_of(&KINDS, &mapping.kind));
    }
    if mapping.mandatory {
        lines.value("mandatory", true);
    }
    if mapping.unlisted {
        lines.value("unlisted", true);
    }
    if let Some(conflict) = &mapping.conflict {
        lines.value("conflict", name_of(&CONFLICTS, conflict));
    }
    lines.value("enabled", mapping.enabled);
}

/// A transform's TOML. Each has one: they are made of texts, numbers and tables of texts.
fn step(transform: &Transform) -> Option<toml::Value> {
    toml::Value::try_from(transform).ok()
}

/// The name that the configuration has for a value.
fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names
        .iter()
        .find(|(_, named)| named == value)
        .map_or("", |(name, _)| name)
}

fn day_or_moment(at: Timestamp) -> String {
    let moment = at.to_utc();
    if at == Timestamp::from_seconds(moment.date().midnight().assume_utc().unix_timestamp()) {
        return moment.date().to_string();
    }
    moment
        .format(&Rfc3339)
        .unwrap_or_else(|_| moment.date().to_string())
}

/// The file's lines so far.
struct Lines<'a>(&'a mut String);

impl Lines<'_> {
    fn blank(&mut self) {
        self.0.push('\n');
    }

    fn plain(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn value(&mut self, key: &str, value: impl Into<toml::Value>) {
        // Writing to a string can't fail.
        let _ = writeln!(self.0, "{key} = {}", value.into());
    }

    fn key(&mut self, comment: &str, key: &str, value: impl Into<toml::Value>) {
        let _ = writeln!(self.0, "# {comment}");
        self.value(key, value);
    }

    fn optional(&mut self, comment: &str, key: &str, value: Option<String>, example: &str) {
        match value {
            Some(value) => self.key(comment, key, value),
            None => {
                let _ = writeln!(self.0, "# {comment}\n# {key} = \"{example}\"");
            }
        }
    }
}
