//! Records as the webservice shows them: to `query`, to `retrieve`, and after a write.
//!
//! Orders lack `LineItems_FinalDetails`, which is made for Vtiger's pages.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::order::{SHIPPING, sent_lines, shipping_taxes};
use super::{Data, Record, View};
use crate::clock::Timestamp;
use crate::simulator::vtiger::id::WebserviceId;
use crate::simulator::vtiger::schema::{Field, Kind, LINE_ITEM, Module};
use crate::simulator::vtiger::value::{label, number};

impl Data {
    /// A moment as the server tells it, in its own zone.
    pub(in crate::simulator::vtiger) fn time(&self, seconds: i64) -> String {
        self.zone.local(Timestamp::from_seconds(seconds)).to_string()
    }

    /// Up to which time the server has told times.
    pub(in crate::simulator::vtiger) fn latest(&self, now: Timestamp) -> String {
        self.zone.latest(now).to_string()
    }

    /// A field's text; empty for null.
    pub(in crate::simulator::vtiger) fn text(&self, record: &Record, field: &Field) -> String {
        match (field.name.as_str(), &field.kind) {
            (_, Kind::Id) => record.id.to_string(),
            ("createdtime", _) => self.time(record.created),
            ("modifiedtime", _) => self.time(record.modified),
            ("modifiedby", _) => record.modified_by.to_string(),
            ("source", _) => record.source.clone(),
            ("productid", Kind::Reference(_)) if record.id.prefix == LINE_ITEM => {
                let product = record.value("productid").to_owned();
                let is_there = product.parse().is_ok_and(|id| self.exists(id));
                if is_there { product } else { String::new() }
            }
            (name, _) => record.value(name).to_owned(),
        }
    }

    /// A field as the webservice shows it.
    pub(in crate::simulator::vtiger) fn shown(&self, record: &Record, field: &Field, view: View) -> Json {
        let text = self.text(record, field);
        let is_null =
            text.is_empty() && field.is_nullable() && (view == View::Query || field.refers_to().is_some());
        if is_null { Json::Null } else { json!(text) }
    }

    /// A record's own fields.
    fn fields(&self, module: &Module, record: &Record, view: View) -> Map<String, Json> {
        module
            .fields
            .iter()
            .filter(|field| !field.of_lines)
            .map(|field| (field.name.clone(), self.shown(record, field, view)))
            .collect()
    }

    /// A record as `retrieve` shows it.
    pub(in crate::simulator::vtiger) fn retrieved(&self, record: &Record) -> Map<String, Json> {
        let Some(module) = self.schema.by_prefix(record.id.prefix) else {
            return Map::new();
        };
        let mut shown = self.fields(module, record, View::Retrieve);
        if module.is_entity() {
            let parts: Vec<&str> = module
                .label_fields
                .iter()
                .map(|name| record.value(name))
                .collect();
            shown.insert("label".to_owned(), json!(label(&parts)));
        }
        match module.name.as_str() {
            "Products" | "Services" => self.show_prices(record, &mut shown),
            "SalesOrder" => self.show_lines(record, &mut shown),
            "LineItem" => self.hide_taxes(module, record, &mut shown),
            "Tax" => {
                shown.retain(|name, _| !matches!(name.as_str(), "compoundon" | "regions"));
                shown.insert("taxid".to_owned(), json!(record.id.number.to_string()));
            }
            _ => {}
        }
        shown
    }

    /// A line that is retrieved by itself pretends to have no taxes.
    fn hide_taxes(&self, module: &Module, line: &Record, shown: &mut Map<String, Json>) {
        *shown = self.fields(module, line, View::Query);
        for field in module
            .fields
            .iter()
            .filter(|field| matches!(field.kind, Kind::NumberOrNull(_)))
        {
            if !line.value(&field.name).is_empty() {
                shown.insert(field.name.clone(), json!("0.000"));
            }
        }
    }

    /// A record as a write answers it.
    pub(in crate::simulator::vtiger) fn saved(
        &self,
        record: &Record,
        element: &Map<String, Json>,
        is_new: bool,
    ) -> Map<String, Json> {
        let mut shown = self.retrieved(record);
        if shown.contains_key("LineItems") {
            self.show_saved_order(record, element, is_new, &mut shown);
        }
        shown
    }

    /// What `retrieve` adds to an order.
    fn show_lines(&self, order: &Record, shown: &mut Map<String, Json>) {
        let charge = order.values.get(SHIPPING);
        shown.insert(SHIPPING.to_owned(), json!(charge));
        let taxed: Vec<String> = shipping_taxes()
            .filter(|tax| order.values.contains_key(tax))
            .collect();
        if taxed.is_empty() {
            shown.extend(shipping_taxes().map(|tax| (tax, json!(0))));
        }
        shown.extend(taxed.into_iter().map(|tax| {
            let percentage = json!(order.value(&tax));
            (tax, percentage)
        }));
        let lines: Vec<Json> = self
            .lines(order.id)
            .into_iter()
            .map(|line| self.order_line(line))
            .collect();
        let product = lines.first().and_then(|line| line["productid"].as_str());
        shown.insert("productid".to_owned(), json!(product.unwrap_or_default()));
        shown.insert("LineItems".to_owned(), lines.into());
    }

    fn order_line(&self, line: &Record) -> Json {
        let Some(module) = self.schema.by_prefix(LINE_ITEM) else {
            return Json::Null;
        };
        let mut shown = self.fields(module, line, View::Query);
        let product = line.value("productid").parse::<WebserviceId>().ok();
        if let Some(product) = product.and_then(|id| self.records.get(&id)) {
            let sold = self.schema.by_prefix(product.id.prefix);
            let name = sold.and_then(|module| module.label_fields.first());
            shown.insert(
                "product_name".to_owned(),
                json!(name.map(|name| product.value(name))),
            );
            shown.insert("entity_type".to_owned(), json!(sold.map(|module| &module.name)));
            let deleted = u8::from(product.deleted).to_string();
            shown.insert("deleted".to_owned(), deleted.into());
        }
        shown.into()
    }

    /// An order as a write that brought no lines answers it: with its first line's columns as its own.
    fn show_first_line(&self, order: &Record, element: &Map<String, Json>, shown: &mut Map<String, Json>) {
        shown.retain(|name, _| !name.starts_with(SHIPPING) || element.contains_key(name));
        let schema = Arc::clone(&self.schema);
        let fields = schema
            .by_prefix(order.id.prefix)
            .map_or(&[][..], |module| &module.fields);
        let lines = self.lines(order.id);
        for field in fields.iter().filter(|field| field.of_lines) {
            let is_unread = matches!(field.name.as_str(), "image" | "purchase_cost" | "margin");
            let value = lines
                .first()
                .filter(|_| !is_unread)
                .map(|line| self.text(line, field));
            shown.insert(field.name.clone(), json!(value));
        }
    }

    /// What a write answers for an order, which isn't quite what `retrieve` does.
    fn show_saved_order(
        &self,
        order: &Record,
        element: &Map<String, Json>,
        is_new: bool,
        shown: &mut Map<String, Json>,
    ) {
        if sent_lines(element).is_none() {
            self.show_first_line(order, element, shown);
            return;
        }
        for name in ["hdnGrandTotal", "hdnSubTotal", "pre_tax_total"] {
            let total = number(order.value(name));
            shown.insert(name.to_owned(), total);
        }
        let status = element.get("invoicestatus").cloned().unwrap_or_else(|| json!(""));
        shown.insert("invoicestatus".to_owned(), status);
        shown.insert("productid".to_owned(), json!(""));
        if is_new {
            shown.insert("new".to_owned(), json!(true));
        }
    }
}
