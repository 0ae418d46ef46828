//! Checks one module's settings.

use serde_json::Value as Json;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::Check;
use super::mapping::{CONFLICTS, DIRECTIONS, replace_statuses, use_one_organization};
use crate::clock::Timestamp;
use crate::config::layers::{Origin, join};
use crate::config::raw::{KEYS_OF_ONE, RawModule};
use crate::sync::{
    Deletes, Guests, MissingSku, Module, ModuleSettings, OrderSettings, ProductSettings, Table, Taxing,
};

pub(in crate::config) const DELETES: [(&str, Deletes); 2] =
    [("ignore", Deletes::Ignore), ("propagate", Deletes::Propagate)];

pub(in crate::config) const MISSING_SKUS: [(&str, MissingSku); 2] =
    [("leave", MissingSku::Leave), ("write", MissingSku::Write)];

pub(in crate::config) const TAXINGS: [(&str, Taxing); 3] = [
    ("auto", Taxing::Auto),
    ("group", Taxing::Group),
    ("individual", Taxing::Individual),
];

/// What an order's Organization is.
enum Organization {
    PerContact,
    Fixed(String),
}

impl Check<'_> {
    pub(super) fn module(&mut self, at: &str, module: Module, mut raw: RawModule) -> Option<ModuleSettings> {
        let key = |key| join(at, key);
        self.refuse_keys_of_other_modules(at, module, &mut raw);
        let defaults = ModuleSettings::default_for(module).ok()?;
        let enabled = self.required(&key("enabled"), raw.enabled);
        let direction = self.required(&key("direction"), raw.direction);
        let direction = self.choice(&key("direction"), direction, &DIRECTIONS);
        let conflict = self.required(&key("conflict"), raw.conflict);
        let conflict = self.choice(&key("conflict"), conflict, &CONFLICTS);
        let sync_from = raw
            .sync_from
            .and_then(|text| self.moment(&key("sync_from"), &text));
        let deletes = self.required(&key("deletes"), raw.deletes);
        let deletes = self.choice(&key("deletes"), deletes, &DELETES);
        let sweep_interval = raw
            .sweep_interval
            .and_then(|span| self.period(&key("sweep_interval"), Some(span)));
        let owner = raw
            .owner
            .and_then(|id| self.vtiger_id(&key("owner"), &id, "19x5"));
        let missing_sku = self.choice(&key("missing_sku"), raw.missing_sku, &MISSING_SKUS);
        let products = ProductSettings {
            variable_parents: raw
                .variable_parents
                .map_or(defaults.products.variable_parents, |flag| flag.0),
            missing_sku: missing_sku.unwrap_or(defaults.products.missing_sku),
        };
        let guests = raw.guests.and_then(|value| self.guests(&key("guests"), value));
        let taxing = self.choice(&key("taxing"), raw.taxing, &TAXINGS);
        let sales_orders = OrderSettings {
            guests: guests.unwrap_or(defaults.sales_orders.guests),
            taxing: taxing.unwrap_or(defaults.sales_orders.taxing),
        };
        let mut mappings = self.mappings(
            at,
            defaults.mappings,
            raw.mappings,
            raw.extra_mappings,
            raw.disabled_mappings,
        );
        let organization = raw
            .organization
            .and_then(|value| self.organization(&key("organization"), value));
        if let Some(Organization::Fixed(name)) = organization
            && let Err(problem) = use_one_organization(&mut mappings, &name)
        {
            self.told(&key("organization"), problem);
        }
        if let Some(table) = raw
            .statuses
            .and_then(|value| self.statuses(&key("statuses"), value))
            && let Err(problem) = replace_statuses(&mut mappings, table)
        {
            self.told(&key("statuses"), problem);
        }
        let settings = ModuleSettings {
            enabled: enabled?.0,
            direction: direction?,
            conflict: conflict?,
            sync_from,
            deletes: deletes?,
            sweep_interval,
            owner,
            products,
            sales_orders,
            mappings,
        };
        match settings.validate() {
            Ok(()) => Some(settings),
            Err(error) => self.fail(&key("mappings"), error.to_string()),
        }
    }

    fn refuse_keys_of_other_modules(&mut self, at: &str, module: Module, raw: &mut RawModule) {
        for (key, owner) in KEYS_OF_ONE {
            if owner == module {
                continue;
            }
            let was_there = match key {
                "variable_parents" => raw.variable_parents.take().is_some(),
                "missing_sku" => raw.missing_sku.take().is_some(),
                "taxing" => raw.taxing.take().is_some(),
                "guests" => raw.guests.take().is_some(),
                "organization" => raw.organization.take().is_some(),
                "statuses" => raw.statuses.take().is_some(),
                _ => false,
            };
            if was_there {
                self.told(
                    &join(at, key),
                    format!(
                        "{} have no such setting, only `modules.{owner}` has it; move it there or take it away",
                        module.title().to_lowercase()
                    ),
                );
            }
        }
    }

    /// A day, or a moment of one.
    fn moment(&mut self, path: &str, text: &str) -> Option<Timestamp> {
        let text = text.trim();
        if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
            let seconds = day.midnight().assume_utc().unix_timestamp();
            return Some(Timestamp::from_seconds(seconds));
        }
        let moment = OffsetDateTime::parse(text, &Rfc3339);
        let millis = moment.map(|moment| i64::try_from(moment.unix_timestamp_nanos() / 1_000_000));
        match millis {
            Ok(Ok(millis)) => Some(Timestamp::from_millis(millis)),
            _ => self.fail(
                path,
                format!("`{text}` is no day; write it like \"2026-01-31\", or with a time \"2026-01-31T08:00:00Z\""),
            ),
        }
    }

    /// A record's id of Vtiger's.
    fn vtiger_id(&mut self, path: &str, id: &str, example: &str) -> Option<String> {
        let id = id.trim();
        let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        match id.split_once('x') {
            Some((prefix, number)) if is_number(prefix) && is_number(number) => Some(id.to_owned()),
            _ => self.fail(
                path,
                format!("`{id}` is no id of Vtiger's; write it like \"{example}\""),
            ),
        }
    }

    fn guests(&mut self, path: &str, value: Json) -> Option<Guests> {
        const CHOICES: &str = "write \"by_email\", \"per_order\", \"skip\" or { house = \"12x34\" }";
        match value {
            Json::String(text) => match text.as_str() {
                "by_email" => Some(Guests::ByEmail),
                "per_order" => Some(Guests::PerOrder),
                "skip" => Some(Guests::Skip),
                _ => self.fail(path, format!("`{text}` is no such policy; {CHOICES}")),
            },
            Json::Object(table) => match one_text(&table, "house") {
                Some(id) => self
                    .vtiger_id(&join(path, "house"), &id, "12x34")
                    .map(Guests::House),
                None => self.fail(path, format!("this table is no such policy; {CHOICES}")),
            },
            _ => self.fail(path, format!("it is neither text nor a table; {CHOICES}")),
        }
    }

    fn organization(&mut self, path: &str, value: Json) -> Option<Organization> {
        const CHOICES: &str = "write \"per_contact\" or { fixed = \"Web shop\" }";
        match value {
            Json::String(text) if text == "per_contact" => Some(Organization::PerContact),
            Json::String(text) => self.fail(path, format!("`{text}` is no such choice; {CHOICES}")),
            Json::Object(table) => match one_text(&table, "fixed") {
                Some(name) => self
                    .text(&join(path, "fixed"), Some(name))
                    .map(Organization::Fixed),
                None => self.fail(path, format!("this table is no such choice; {CHOICES}")),
            },
            _ => self.fail(path, format!("it is neither text nor a table; {CHOICES}")),
        }
    }

    fn statuses(&mut self, path: &str, value: Json) -> Option<Table> {
        if matches!(self.layers.origin(path), Some(Origin::Variable(_))) {
            return self.fail(
                path,
                "variables don't keep the statuses' capital letters; set it in the file",
            );
        }
        let read = match value {
            Json::Object(_) => serde_json::from_value(value).map_err(|error| error.to_string()),
            _ => Err("it must be a table".to_owned()),
        };
        match read {
            Ok(table) => Some(table),
            Err(problem) => self.fail(
                path,
                format!(
                    "{problem}; write both ways like {{ to_vtiger = {{ completed = \"Delivered\" }}, \
                     to_woocommerce = {{ Delivered = \"completed\" }} }}"
                ),
            ),
        }
    }
}

/// The text under this key, if the table has it and nothing else.
fn one_text(table: &serde_json::Map<String, Json>, key: &str) -> Option<String> {
    match table.get(key) {
        Some(Json::String(text)) if table.len() == 1 => Some(text.clone()),
        _ => None,
    }
}
