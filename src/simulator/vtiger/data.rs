//! The CRM's records, and what saving, reading and deleting does to them.
//!
//! The same for all modules: what sets them apart is in their `describe`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::answer::Failure;
use super::id::WebserviceId;
use super::schema::{self, CURRENCY, Field, INTEGRATION_USER, Kind, Module, SALES_USER, Schema};
use super::value::{label, scalar, stored};
use crate::clock::Timestamp;

/// A record as the tables hold it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: WebserviceId,
    /// Texts as stored; empty for null.
    values: BTreeMap<String, String>,
    created: i64,
    /// Seconds since 1970; moved by saves that change nothing, too.
    pub(super) modified: i64,
    pub(super) modified_by: WebserviceId,
    /// Where it was created; later writers don't change it.
    pub(super) source: String,
    pub(super) deleted: bool,
}

/// Who saves, from where, when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer {
    pub(super) user: WebserviceId,
    pub(super) source: &'static str,
    pub(super) at: Timestamp,
}

/// What has to have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mandatory {
    /// All mandatory fields: `create`, `update`.
    Demanded,
    /// Those that are sent: `revise`.
    IfSent,
}

/// How empty dates are shown; empty references are null everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// `''`, by `retrieve` and answers to writes.
    Retrieve,
    /// Null, by `query` and `sync`.
    Query,
}

/// All records.
#[derive(Debug)]
pub(super) struct Data {
    pub(super) schema: Arc<Schema>,
    records: BTreeMap<WebserviceId, Record>,
    /// One sequence for the entities of all modules.
    next_number: u64,
    made: BTreeMap<String, u64>,
    utc_offset_minutes: i32,
}

impl Data {
    /// Two users, one currency, nothing else.
    pub(super) fn new(schema: Arc<Schema>, username: &str, utc_offset_minutes: i32, now: Timestamp) -> Self {
        let mut data = Self {
            schema,
            records: BTreeMap::new(),
            next_number: 2,
            made: BTreeMap::new(),
            utc_offset_minutes,
        };
        for (id, user_name, admin, last_name) in [
            (INTEGRATION_USER, username, "on", "Integration"),
            (SALES_USER, "sales", "off", "Sales"),
        ] {
            let label = format!("Sync {last_name}");
            let fields = [
                ("user_name", user_name),
                ("is_admin", admin),
                ("first_name", "Sync"),
                ("last_name", last_name),
                ("status", "Active"),
                ("time_zone", "UTC"),
                ("currency_id", "21x1"),
                ("no_of_currency_decimals", "2"),
                ("userlabel", label.as_str()),
            ];
            data.furnish(id, &fields, now);
        }
        let dollar = [
            ("currency_name", "USA, Dollars"),
            ("currency_code", "USD"),
            ("currency_symbol", "$"),
            ("conversion_rate", "1.00000"),
            ("currency_status", "Active"),
            ("defaultid", "-11"),
            ("deleted", "0"),
        ];
        data.furnish(WebserviceId::new(CURRENCY, 1), &dollar, now);
        data
    }

    fn furnish(&mut self, id: WebserviceId, fields: &[(&str, &str)], now: Timestamp) {
        let record = Record {
            id,
            values: fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            created: now.as_seconds(),
            modified: now.as_seconds(),
            modified_by: INTEGRATION_USER,
            source: String::new(),
            deleted: false,
        };
        self.records.insert(id, record);
    }

    /// Creates a record.
    pub(super) fn create(
        &mut self,
        module: &str,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> Result<WebserviceId, Failure> {
        let schema = Arc::clone(&self.schema);
        let module = schema
            .module(module)
            .filter(|module| module.is_entity())
            .ok_or_else(Failure::denied)?;
        let sent = self.sent(module, element, Mandatory::Demanded)?;

        let mut values: BTreeMap<String, String> = module
            .fields
            .iter()
            .map(|field| (field.name.clone(), stored(field, "")))
            .collect();
        values.extend(sent);
        let made = self.made.entry(module.name.clone()).or_default();
        *made += 1;
        if let Some((field, prefix)) = module.numbering {
            values.insert(field.to_owned(), format!("{prefix}{made}"));
        }
        let source = match element.get("source").and_then(Json::as_str) {
            Some(source) if !source.is_empty() => source,
            _ => writer.source,
        };
        let id = WebserviceId::new(module.prefix, self.next_number);
        self.next_number += 1;
        self.records.insert(
            id,
            Record {
                id,
                values,
                created: writer.at.as_seconds(),
                modified: writer.at.as_seconds(),
                modified_by: writer.user,
                source: source.to_owned(),
                deleted: false,
            },
        );
        Ok(id)
    }

    /// Saves the fields that are sent; the others stay.
    pub(super) fn save(
        &mut self,
        id: WebserviceId,
        element: &Map<String, Json>,
        mandatory: Mandatory,
        writer: Writer,
    ) -> Result<(), Failure> {
        let schema = Arc::clone(&self.schema);
        let module = schema
            .by_prefix(id.prefix)
            .filter(|module| module.is_entity())
            .ok_or_else(Failure::denied)?;
        let sent = self.sent(module, element, mandatory)?;
        let record = self.records.get_mut(&id).ok_or_else(Failure::denied)?;
        record.values.extend(sent);
        record.modified = writer.at.as_seconds();
        record.modified_by = writer.user;
        Ok(())
    }

    /// Puts a record into the recycle bin and returns it as it was.
    pub(super) fn delete(&mut self, id: WebserviceId, writer: Writer) -> Result<Record, Failure> {
        let is_entity = self.schema.by_prefix(id.prefix).is_some_and(Module::is_entity);
        let record = self
            .records
            .get_mut(&id)
            .filter(|_| is_entity)
            .ok_or_else(Failure::denied)?;
        let before = record.clone();
        record.deleted = true;
        record.modified = writer.at.as_seconds();
        record.modified_by = writer.user;
        Ok(before)
    }

    /// What is sent for fields that can be written, as it will be stored.
    fn sent(
        &self,
        module: &Module,
        element: &Map<String, Json>,
        mandatory: Mandatory,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let mut sent = BTreeMap::new();
        for field in module.fields.iter().filter(|field| field.editable) {
            let Some(value) = element.get(&field.name) else {
                continue;
            };
            let text = scalar(value).map_err(|_| Failure::Fatal)?;
            let text = match field.refers_to() {
                Some(modules) => self.reference(field, modules, &text)?,
                None => stored(field, &text),
            };
            sent.insert(field.name.clone(), text);
        }
        for field in module.fields.iter().filter(|field| field.mandatory) {
            let is_missing = match sent.get(&field.name) {
                Some(text) => text.is_empty(),
                None => mandatory == Mandatory::Demanded,
            };
            if is_missing {
                return Err(Failure::mandatory(&field.name));
            }
        }
        for field in module.fields.iter().filter(|field| field.kind == Kind::Owner) {
            if let Some(owner) = sent.get(&field.name) {
                let id: WebserviceId = owner.parse().map_err(|_| Failure::invalid_id())?;
                if id.prefix != schema::GROUPS && !self.exists(id) {
                    return Err(Failure::Restricted);
                }
            }
        }
        Ok(sent)
    }

    /// The reference as stored: null when there is no such record.
    fn reference(&self, field: &Field, modules: &[String], text: &str) -> Result<String, Failure> {
        if text.is_empty() {
            return Ok(String::new());
        }
        let id: WebserviceId = text.parse().map_err(|_| Failure::invalid_id())?;
        let target = self.schema.by_prefix(id.prefix);
        if target.is_none_or(|target| !modules.contains(&target.name)) {
            return Err(Failure::refused(
                "REFERENCE_INVALID",
                format!("Invalid reference specified for {}", field.name),
            ));
        }
        Ok(if self.exists(id) {
            id.to_string()
        } else {
            String::new()
        })
    }

    fn exists(&self, id: WebserviceId) -> bool {
        self.records.get(&id).is_some_and(|record| !record.deleted)
    }

    /// The record of that id, unless it is deleted.
    pub(super) fn find(&self, id: &str) -> Result<&Record, Failure> {
        let Ok(id) = id.parse::<WebserviceId>() else {
            let is_number = !id.is_empty() && id.chars().all(|digit| digit.is_ascii_digit());
            return Err(Failure::denied_for(if is_number { "" } else { " for id" }));
        };
        if self.schema.by_prefix(id.prefix).is_none() {
            return Err(Failure::denied_for(" for id"));
        }
        let is_another_modules =
            |other: &WebserviceId| other.number == id.number && other.prefix != id.prefix;
        match self.records.get(&id) {
            Some(record) if !record.deleted => Ok(record),
            None if self.records.keys().any(is_another_modules) => Err(Failure::invalid_id()),
            _ => Err(Failure::denied()),
        }
    }

    /// The module's records, deleted ones too, by id.
    pub(super) fn all<'data>(
        &'data self,
        module: &Module,
    ) -> impl Iterator<Item = &'data Record> + use<'data> {
        let prefix = module.prefix;
        self.records
            .range(WebserviceId::new(prefix, 0)..=WebserviceId::new(prefix, u64::MAX))
            .map(|(_, record)| record)
    }

    /// A moment as the server tells it, in its own zone.
    pub(super) fn time(&self, seconds: i64) -> String {
        Timestamp::from_seconds(seconds + i64::from(self.utc_offset_minutes) * 60).to_string()
    }

    /// A field's text; empty for null.
    pub(super) fn text(&self, record: &Record, field: &Field) -> String {
        match (field.name.as_str(), &field.kind) {
            (_, Kind::Id) => record.id.to_string(),
            ("createdtime", _) => self.time(record.created),
            ("modifiedtime", _) => self.time(record.modified),
            ("modifiedby", _) => record.modified_by.to_string(),
            ("source", _) => record.source.clone(),
            (name, _) => record.values.get(name).cloned().unwrap_or_default(),
        }
    }

    /// A field as the webservice shows it.
    pub(super) fn shown(&self, record: &Record, field: &Field, view: View) -> Json {
        let text = self.text(record, field);
        let is_null =
            text.is_empty() && field.is_nullable() && (view == View::Query || field.kind != Kind::Date);
        if is_null { Json::Null } else { json!(text) }
    }

    /// A record as `retrieve` shows it.
    pub(super) fn retrieved(&self, record: &Record) -> Map<String, Json> {
        let Some(module) = self.schema.by_prefix(record.id.prefix) else {
            return Map::new();
        };
        let mut shown: Map<String, Json> = module
            .fields
            .iter()
            .map(|field| (field.name.clone(), self.shown(record, field, View::Retrieve)))
            .collect();
        if module.is_entity() {
            let parts: Vec<&str> = module
                .label_fields
                .iter()
                .filter_map(|name| record.values.get(name).map(String::as_str))
                .collect();
            shown.insert("label".to_owned(), json!(label(&parts)));
        }
        shown
    }
}
