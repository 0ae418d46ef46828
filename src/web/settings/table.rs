//! A module's mappings as a table, and what is told once settings were saved.

use crate::settings::{InForce, Saved, words};
use crate::sync::{Direction, FieldMapping, ModuleSettings};
use crate::web::texts;

/// The rows of the table.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

/// One mapping.
pub(super) struct Row {
    pub(super) nth: usize,
    pub(super) key: String,
    pub(super) woocommerce: String,
    pub(super) vtiger: String,
    pub(super) arrow: &'static str,
    pub(super) direction: &'static str,
    pub(super) steps: String,
    pub(super) kind: &'static str,
    pub(super) conflict: Option<&'static str>,
    pub(super) mandatory: bool,
    pub(super) enabled: bool,
    /// Whether the program comes with it.
    pub(super) built_in: bool,
}

impl Table {
    pub(super) fn new(now: &InForce) -> Self {
        let built_in: Vec<String> = ModuleSettings::default_for(now.at.module)
            .map(|settings| settings.mappings.iter().map(FieldMapping::key).collect())
            .unwrap_or_default();
        let rows = now.settings.mappings.iter().enumerate();
        Self {
            rows: rows
                .map(|(nth, mapping)| Row {
                    nth,
                    built_in: built_in.contains(&mapping.key()),
                    ..Row::new(mapping)
                })
                .collect(),
        }
    }
}

impl Row {
    fn new(mapping: &FieldMapping) -> Self {
        Self {
            nth: 0,
            key: mapping.key(),
            woocommerce: mapping.woocommerce.to_string(),
            vtiger: mapping.vtiger.to_string(),
            arrow: match mapping.direction {
                Direction::Both => "↔",
                Direction::ToVtiger => "→",
                Direction::ToWooCommerce => "←",
            },
            direction: words::direction(mapping.direction),
            steps: words::transforms(&mapping.transforms),
            kind: words::kind(mapping.kind),
            conflict: mapping.conflict.map(words::conflict),
            mandatory: mapping.mandatory,
            enabled: mapping.enabled,
            built_in: false,
        }
    }
}

/// What is told once settings were saved.
pub(super) fn saved_note(saved: &Saved) -> String {
    if saved.changes.is_empty() {
        return texts::say("settings-as-they-were");
    }
    let mut note = texts::say_with("settings-saved", &[("version", saved.version.into())]);
    for finding in &saved.notes {
        note.push(' ');
        note.push_str(&crate::web::answer::sentence(&super::form::told(finding)));
    }
    note
}
