//! A module's settings as a form: from the tree of keys to the fields, and back.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::status::{self, StatusTable};
use super::{Choice, Fields};
use crate::settings::{Fields as Known, Finding};
use crate::sync::Module;

const DIRECTIONS: [(&str, &str); 3] = [
    ("both", "settings-both"),
    ("to_vtiger", "settings-to-vtiger"),
    ("to_woocommerce", "settings-to-woocommerce"),
];
const CONFLICTS: [(&str, &str); 3] = [
    ("last_updated", "settings-last-updated"),
    ("vtiger", "settings-vtiger-wins"),
    ("woocommerce", "settings-woocommerce-wins"),
];
const DELETES: [(&str, &str); 2] = [
    ("ignore", "settings-deletes-ignore"),
    ("propagate", "settings-deletes-propagate"),
];
const MISSING_SKUS: [(&str, &str); 2] = [("leave", "settings-sku-leave"), ("write", "settings-sku-write")];
const GUESTS: [(&str, &str); 4] = [
    ("by_email", "settings-guests-by-email"),
    ("per_order", "settings-guests-per-order"),
    ("house", "settings-guests-house"),
    ("skip", "settings-guests-skip"),
];
const TAXINGS: [(&str, &str); 3] = [
    ("auto", "settings-taxing-auto"),
    ("group", "settings-taxing-group"),
    ("individual", "settings-taxing-individual"),
];

/// What the form shows.
pub(super) struct Form {
    pub(super) enabled: bool,
    pub(super) directions: Vec<Choice>,
    pub(super) conflicts: Vec<Choice>,
    pub(super) deletes: Vec<Choice>,
    pub(super) sync_from: String,
    pub(super) sweep_interval: String,
    pub(super) owner: String,
    pub(super) products: Option<ProductForm>,
    pub(super) orders: Option<OrderForm>,
}

/// What only products have.
pub(super) struct ProductForm {
    pub(super) variable_parents: bool,
    pub(super) missing_skus: Vec<Choice>,
}

/// What only orders have.
pub(super) struct OrderForm {
    pub(super) guests: Vec<Choice>,
    pub(super) house: String,
    pub(super) taxings: Vec<Choice>,
    /// The table of statuses, each way; none where no mapping has one.
    pub(super) statuses: Vec<StatusTable>,
}

impl Form {
    /// The form of these settings.
    pub(super) fn new(module: Module, tree: &Map<String, Json>, known: Option<&Known>) -> Self {
        let text = |key: &str| {
            tree.get(key)
                .and_then(Json::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let flag = |key: &str| tree.get(key).and_then(Json::as_bool).unwrap_or_default();
        Self {
            enabled: flag("enabled"),
            directions: Choice::of(&DIRECTIONS, &text("direction")),
            conflicts: Choice::of(&CONFLICTS, &text("conflict")),
            deletes: Choice::of(&DELETES, &text("deletes")),
            sync_from: text("sync_from"),
            sweep_interval: text("sweep_interval"),
            owner: text("owner"),
            products: (module == Module::Products).then(|| ProductForm {
                variable_parents: flag("variable_parents"),
                missing_skus: Choice::of(&MISSING_SKUS, &text("missing_sku")),
            }),
            orders: (module == Module::SalesOrders).then(|| {
                let house = tree.get("guests").and_then(|guests| guests.get("house"));
                let chosen = if house.is_some() {
                    "house".to_owned()
                } else {
                    text("guests")
                };
                OrderForm {
                    guests: Choice::of(&GUESTS, &chosen),
                    house: house.and_then(Json::as_str).unwrap_or_default().to_owned(),
                    taxings: Choice::of(&TAXINGS, &text("taxing")),
                    statuses: status::tables(tree, known),
                }
            }),
        }
    }

    /// Whether the day can be chosen from a calendar: a moment of it can't.
    pub(super) fn is_day(&self) -> bool {
        self.sync_from.is_empty() || self.sync_from.len() == "2026-01-31".len()
    }
}

/// The settings as the form has them, over those in force, whose mappings stay.
pub(super) fn tree_of(module: Module, mut tree: Map<String, Json>, fields: &Fields) -> Map<String, Json> {
    let mut set = |key: &str, value: Option<Json>| {
        match value {
            Some(value) => tree.insert(key.to_owned(), value),
            None => tree.remove(key),
        };
    };
    let text = |name: &str| {
        Some(fields.get(name))
            .filter(|text| !text.is_empty())
            .map(|text| json!(text))
    };
    set("enabled", Some(json!(fields.has("enabled"))));
    for key in [
        "direction",
        "conflict",
        "deletes",
        "sync_from",
        "sweep_interval",
        "owner",
    ] {
        set(key, text(key));
    }
    if module == Module::Products {
        set("variable_parents", Some(json!(fields.has("variable_parents"))));
        set("missing_sku", text("missing_sku"));
    }
    if module == Module::SalesOrders {
        let guests = match fields.get("guests") {
            "house" => json!({ "house": fields.get("house") }),
            policy => json!(policy),
        };
        set("guests", Some(guests));
        set("taxing", text("taxing"));
        if let Some(tables) = status::sent(fields) {
            set("statuses", Some(tables));
        }
    }
    tree
}

/// What was found, by the key that it is about.
pub(super) fn by_key(findings: &[Finding], keys: &[&str]) -> (BTreeMap<String, String>, Vec<String>) {
    let mut marked = BTreeMap::new();
    let mut others = Vec::new();
    for finding in findings {
        let key = finding.key.split(['.', '[']).next().unwrap_or_default();
        let text = told(finding);
        if keys.contains(&key) {
            marked.entry(key.to_owned()).or_insert(text);
        } else {
            others.push(text);
        }
    }
    (marked, others)
}

/// A finding as one sentence.
pub(super) fn told(finding: &Finding) -> String {
    match &finding.remedy {
        Some(remedy) => format!("{}; {remedy}", finding.problem),
        None => finding.problem.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings_tree;
    use crate::sync::ModuleSettings;

    #[test]
    fn a_form_that_was_filled_in_becomes_settings() {
        let module = Module::SalesOrders;
        let before = ModuleSettings::default_for(module).unwrap();
        let fields = Fields::of(&[
            ("enabled", "on"),
            ("direction", "to_vtiger"),
            ("conflict", "vtiger"),
            ("deletes", "ignore"),
            ("sync_from", ""),
            ("sweep_interval", " 15m "),
            ("guests", "house"),
            ("house", "12x34"),
            ("taxing", "group"),
            ("statuses", "on"),
            ("to_vtiger.completed", "Delivered"),
            ("to_vtiger.failed", ""),
            ("to_vtiger-from", "packed"),
            ("to_vtiger-to", "Approved"),
            ("to_woocommerce.Delivered", "completed"),
        ]);

        let tree = tree_of(module, settings_tree::write(module, &before), &fields);
        let settings = settings_tree::read("shop", module, tree.clone()).unwrap();

        assert_eq!(settings.mappings.len(), before.mappings.len());
        let written = settings_tree::write(module, &settings);
        assert_eq!(written["guests"], json!({ "house": "12x34" }));
        assert_eq!(written["sweep_interval"], "900s");
        let table = status::table_of(&written).unwrap();
        assert_eq!(
            table,
            json!({
                "to_vtiger": { "completed": "Delivered", "packed": "Approved" },
                "to_woocommerce": { "Delivered": "completed" },
            })
        );
        assert_eq!(Form::new(module, &tree, None).orders.unwrap().house, "12x34");
    }

    #[test]
    fn the_form_of_settings_says_what_they_say() {
        let module = Module::Contacts;
        let before = settings_tree::write(module, &ModuleSettings::default_for(module).unwrap());
        let form = Form::new(module, &before, None);

        assert!(form.enabled && form.is_day() && form.orders.is_none());
        let chosen = form.directions.iter().find(|choice| choice.is_chosen).unwrap();
        assert_eq!(chosen.value, "both");
    }
}
