//! The CRM's records, and what saving, reading and deleting does to them.
//!
//! The same for most modules: what sets them apart is in their `describe`. Orders and products do more than that, which
//! is in `order` and `catalogue`; how records look to the outside is in `shown`.

mod catalogue;
mod import;
mod index;
mod order;
mod sent;
mod shown;
mod total;
mod whole_order;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use self::index::Index;
use super::answer::Failure;
use super::id::WebserviceId;
use super::schema::{INTEGRATION_USER, LINE_ITEM, Module, SALES_USER, Schema, TAX};
use super::value::stored;
use crate::clock::Timestamp;
use crate::simulator::zone::Zone;

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

impl Record {
    /// A field's text as stored.
    pub(super) fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// The same as a number; 0 for what isn't one.
    fn number(&self, name: &str) -> Decimal {
        self.value(name).parse().unwrap_or_default()
    }

    /// Whether queries don't find it.
    pub(super) fn is_hidden(&self) -> bool {
        self.deleted || self.value("deleted") == "1"
    }
}

/// Who saves, from where, when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer {
    pub(super) user: WebserviceId,
    pub(super) source: &'static str,
    pub(super) at: Timestamp,
    /// Whether an order's lines take from the stock: those that come through the webservice.
    pub(super) moves_stock: bool,
    /// Whether saving an order's lines fails half way: in the unmodified release's webservice.
    pub(super) fails_on_lines: bool,
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
    index: Index,
    /// The lines of each order.
    lines: BTreeMap<WebserviceId, BTreeSet<WebserviceId>>,
    /// One sequence for the entities of all modules.
    next_number: u64,
    /// The products whose stock orders have moved since this was last asked for.
    moved: BTreeSet<WebserviceId>,
    made: BTreeMap<String, u64>,
    zone: Zone,
}

impl Data {
    /// Two users, three taxes, one currency, nothing else.
    pub(super) fn new(schema: Arc<Schema>, username: &str, zone: Zone, now: Timestamp) -> Self {
        let mut data = Self {
            schema,
            records: BTreeMap::new(),
            index: Index::default(),
            lines: BTreeMap::new(),
            next_number: 2,
            moved: BTreeSet::new(),
            made: BTreeMap::new(),
            zone,
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
        data.furnish_catalogue(now);
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
        let module = schema.module(module).ok_or_else(Failure::denied)?;
        match module.name.as_str() {
            "SalesOrder" => self.create_order(module, element, writer),
            "LineItem" => self.create_line(element, writer),
            "Tax" => self.create_tax(element, writer),
            "Currency" => self.create_currency(module, element, writer),
            _ if module.is_entity() => {
                let sent = self.sent(module, element, Mandatory::Demanded)?;
                let id = self.insert(module, sent, element, writer);
                if module.is_sold() {
                    self.save_prices(id, element)?;
                }
                Ok(id)
            }
            _ => Err(Failure::denied()),
        }
    }

    /// A new record of an entity's module with the next number.
    fn insert(
        &mut self,
        module: &Module,
        sent: BTreeMap<String, String>,
        element: &Map<String, Json>,
        writer: Writer,
    ) -> WebserviceId {
        let mut values: BTreeMap<String, String> = module
            .fields
            .iter()
            .filter(|field| !field.of_lines)
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
        self.index.add(id, &values);
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
        id
    }

    /// The number after the highest of one of Vtiger's own tables.
    fn next_id(&self, prefix: u32) -> WebserviceId {
        let last = self
            .of_prefix(prefix)
            .next_back()
            .map_or(0, |record| record.id.number);
        WebserviceId::new(prefix, last + 1)
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
        let module = schema.by_prefix(id.prefix).ok_or_else(Failure::denied)?;
        match module.name.as_str() {
            "SalesOrder" => self.save_order(module, id, element, mandatory, writer),
            "LineItem" => {
                self.save_line(id, element)?;
                // It gets so far, and then PHP gives up.
                match mandatory {
                    Mandatory::Demanded => Err(Failure::Fatal),
                    Mandatory::IfSent => Ok(()),
                }
            }
            "Tax" => self.save_tax(id, element),
            _ if module.is_entity() => {
                let sent = self.sent(module, element, mandatory)?;
                self.write(id, sent, writer)?;
                if module.is_sold() {
                    self.save_prices(id, element)?;
                }
                Ok(())
            }
            _ => Err(Failure::denied()),
        }
    }

    fn write(
        &mut self,
        id: WebserviceId,
        sent: BTreeMap<String, String>,
        writer: Writer,
    ) -> Result<(), Failure> {
        let record = self.records.get_mut(&id).ok_or_else(Failure::denied)?;
        self.index.add(id, &sent);
        record.values.extend(sent);
        record.modified = writer.at.as_seconds();
        record.modified_by = writer.user;
        Ok(())
    }

    /// Puts a record into the recycle bin and returns it as it was.
    pub(super) fn delete(&mut self, id: WebserviceId, writer: Writer) -> Result<Record, Failure> {
        let is_entity = self.schema.by_prefix(id.prefix).is_some_and(Module::is_entity);
        match id.prefix {
            // It gets so far, and then PHP gives up.
            LINE_ITEM => {
                self.remove_line(id);
                return Err(Failure::Fatal);
            }
            TAX => {
                let tax = self.records.get_mut(&id).ok_or_else(Failure::denied)?;
                tax.values.insert("deleted".to_owned(), "1".to_owned());
                return Ok(tax.clone());
            }
            // It takes the lines off, and gives up at reckoning what is left.
            _ if writer.fails_on_lines && self.is_taxed_by_line(id) => {
                self.remove_lines(id);
                return Err(Failure::Fatal);
            }
            _ => self.give_back(id),
        }
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

    /// Takes a record out of the recycle bin, an order with its lines; what they gave back to the stock stays there.
    pub(super) fn restore(&mut self, id: WebserviceId, writer: Writer) -> Result<(), Failure> {
        let record = self
            .records
            .get_mut(&id)
            .filter(|record| record.deleted)
            .ok_or_else(Failure::denied)?;
        record.deleted = false;
        record.modified = writer.at.as_seconds();
        record.modified_by = writer.user;
        self.each_line(id, |line| line.deleted = false);
        Ok(())
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
        let is_entity = |prefix| self.schema.by_prefix(prefix).is_some_and(Module::is_entity);
        let is_another_modules = |other: &WebserviceId| {
            other.number == id.number && other.prefix != id.prefix && is_entity(other.prefix)
        };
        match self.records.get(&id) {
            Some(record) if !record.deleted => Ok(record),
            None if is_entity(id.prefix) && self.records.keys().any(is_another_modules) => {
                Err(Failure::invalid_id())
            }
            _ => Err(Failure::denied()),
        }
    }

    /// The module's records, deleted ones too, by id.
    pub(super) fn all<'data>(
        &'data self,
        module: &Module,
    ) -> impl Iterator<Item = &'data Record> + use<'data> {
        self.of_prefix(module.prefix)
    }

    /// The module's records with higher numbers, deleted ones too, by id.
    pub(super) fn after<'data>(
        &'data self,
        module: &Module,
        number: u64,
    ) -> impl Iterator<Item = &'data Record> + use<'data> {
        let last = WebserviceId::new(module.prefix, number);
        self.records
            .range((
                Bound::Excluded(last),
                Bound::Included(WebserviceId::new(module.prefix, u64::MAX)),
            ))
            .map(|(_, record)| record)
    }

    /// Whether [`Data::having`] finds records by this field.
    pub(super) fn finds_by(field: &str) -> bool {
        Index::has(field)
    }

    /// The module's records that may have one of these texts, folded, in such a field, by id.
    pub(super) fn having(&self, module: &Module, texts: &[&str]) -> Vec<&Record> {
        let texts = texts.iter();
        let ids: BTreeSet<WebserviceId> = texts
            .flat_map(|text| self.index.find(module.prefix, text))
            .collect();
        ids.iter().filter_map(|id| self.records.get(id)).collect()
    }

    fn of_prefix(&self, prefix: u32) -> impl DoubleEndedIterator<Item = &Record> + use<'_> {
        self.records
            .range(WebserviceId::new(prefix, 0)..=WebserviceId::new(prefix, u64::MAX))
            .map(|(_, record)| record)
    }
}
