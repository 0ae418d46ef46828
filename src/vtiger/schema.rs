//! A module's fields as `describe` tells them, remembered for a while: what is written is checked against it.

mod valid;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json};

use super::answer::CallError;
use super::remembered::FRESH_FOR;
use super::stored::column::{self, Column};
use super::webservice::Webservice;
use super::{element_type, reference, row, tax};
use crate::clock::{Clock, Timestamp};
use crate::sync::{FieldPath, Module};
use crate::system::{FieldInfo, FieldType};

pub(crate) use self::valid::validate;

/// Columns of a sales order's lines that `describe` tells of as if they were the order's.
const OF_LINES: [&str; 9] = [
    "productid",
    "quantity",
    "listprice",
    "comment",
    "discount_amount",
    "discount_percent",
    "image",
    "purchase_cost",
    "margin",
];

/// Fields of a sales order that `LineItems` writes along with the lines.
const OF_TOTALS: [&str; 10] = [
    "txtAdjustment",
    "hdnGrandTotal",
    "hdnSubTotal",
    "hdnTaxType",
    "hdnDiscountPercent",
    "hdnDiscountAmount",
    "hdnS_H_Amount",
    "hdnS_H_Percent",
    "pre_tax_total",
    "conversion_rate",
];

/// A module, as `describe` tells it.
#[derive(Debug, Default)]
pub(crate) struct Description {
    /// The number before its records' ids.
    pub(crate) prefix: Option<String>,
    fields: Vec<Field>,
}

/// A field, as `describe` tells it.
#[derive(Debug)]
struct Field {
    name: String,
    label: String,
    is_mandatory: bool,
    is_editable: bool,
    kind: FieldType,
}

impl Description {
    fn read(description: &Map<String, Json>) -> Self {
        let fields = description.get("fields").and_then(Json::as_array);
        Self {
            prefix: Some(row::text(description, "idPrefix").to_owned()).filter(|prefix| !prefix.is_empty()),
            fields: fields
                .into_iter()
                .flatten()
                .filter_map(Json::as_object)
                .map(Field::read)
                .collect(),
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether this installation has such a field.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// The fields of a sales order that a query can show without joining its lines.
    pub(crate) fn header_fields(&self) -> impl Iterator<Item = &str> {
        let names = self.fields.iter().map(|field| field.name.as_str());
        names.filter(|name| {
            !is_of_lines(name) && !name.starts_with("hdnDiscount") && !name.starts_with("shipping_")
        })
    }

    /// Whether the field at this path can be written.
    pub(crate) fn is_writable(&self, module: Module, path: &FieldPath) -> bool {
        let text = path.to_string();
        if reference::at(module, path).is_some() || is_derived(module, &text) {
            return true;
        }
        text == path.root() && self.field(&text).is_some_and(|field| is_editable(module, field))
    }

    /// The fields, for mappings to be checked against.
    pub(crate) fn infos(&self, module: Module) -> Vec<FieldInfo> {
        let mut infos = Vec::new();
        for field in self.fields.iter().filter(|field| is_shown(module, &field.name)) {
            infos.push(FieldInfo {
                path: field.name.clone(),
                label: field.label.clone(),
                writable: is_editable(module, field),
                mandatory: field.is_mandatory,
                kind: field.kind.clone(),
                length: length(module, &field.name),
            });
            let references = reference::of(module).iter();
            for reference in references.filter(|reference| reference.field == field.name) {
                let path = format!("{}.{}", reference.field, reference.name);
                infos.push(FieldInfo {
                    label: format!("{}: name", field.label),
                    writable: true,
                    mandatory: field.is_mandatory,
                    kind: FieldType::Text,
                    length: length(module, &path),
                    path,
                });
            }
        }
        if module == Module::SalesOrders {
            infos.push(FieldInfo {
                path: "LineItems".to_owned(),
                label: "Items, shipping, discounts, taxes and total".to_owned(),
                writable: true,
                mandatory: true,
                kind: FieldType::Structure,
                length: None,
            });
        }
        infos
    }
}

impl Field {
    fn read(field: &Map<String, Json>) -> Self {
        // Taxes' fields say `""` and `"1"`.
        let flag = |name: &str| match field.get(name) {
            Some(Json::Bool(flag)) => *flag,
            Some(Json::String(text)) => text == "1",
            _ => false,
        };
        let nothing = Map::new();
        Self {
            name: row::text(field, "name").to_owned(),
            label: html_escape::decode_html_entities(row::text(field, "label")).into_owned(),
            is_mandatory: flag("mandatory"),
            is_editable: flag("editable"),
            kind: kind(field.get("type").and_then(Json::as_object).unwrap_or(&nothing)),
        }
    }
}

fn kind(described: &Map<String, Json>) -> FieldType {
    match row::text(described, "name") {
        "boolean" => FieldType::Boolean,
        "integer" | "double" | "currency" | "percentage" => FieldType::Number,
        "date" | "datetime" | "time" => FieldType::Date,
        "reference" | "owner" => FieldType::Reference,
        "picklist" | "multipicklist" => {
            let values = described.get("picklistValues").and_then(Json::as_array);
            let values = values.into_iter().flatten().filter_map(Json::as_object);
            FieldType::Picklist(values.map(|value| row::text(value, "value").to_owned()).collect())
        }
        _ => FieldType::Text,
    }
}

/// Whether it is a column of a sales order's lines.
pub(crate) fn is_of_lines(name: &str) -> bool {
    tax::is_column(name) || OF_LINES.contains(&name)
}

fn is_shown(module: Module, name: &str) -> bool {
    module != Module::SalesOrders || !(is_of_lines(name) || name.starts_with("shipping_"))
}

/// Whether it is not Vtiger's own field: the client makes it out of others.
fn is_derived(module: Module, path: &str) -> bool {
    module == Module::SalesOrders && matches!(path, "LineItems" | "counterpart")
}

fn is_editable(module: Module, field: &Field) -> bool {
    match (module, field.name.as_str()) {
        // `describe` says no, and yet they can be written.
        (Module::Taxes, name) => matches!(name, "taxlabel" | "percentage"),
        // And the other way round.
        (_, "modifiedby") => false,
        (Module::SalesOrders, name) => field.is_editable && !OF_TOTALS.contains(&name),
        _ => field.is_editable,
    }
}

fn length(module: Module, path: &str) -> Option<usize> {
    match column::of(module, path) {
        Column::Text(length) => Some(length),
        _ => None,
    }
}

/// What `describe` told of the modules.
#[derive(Debug)]
pub(crate) struct Schemas {
    clock: Arc<dyn Clock>,
    known: Mutex<BTreeMap<Module, (Arc<Description>, Timestamp)>>,
}

impl Schemas {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            known: Mutex::default(),
        }
    }

    /// A module's description, asked for where it isn't known.
    pub(crate) async fn of(
        &self,
        webservice: &Webservice,
        module: Module,
    ) -> Result<Arc<Description>, CallError> {
        let fresh = match self.known().get(&module) {
            Some((description, at)) if self.clock.now() - *at < FRESH_FOR => Some(Arc::clone(description)),
            _ => None,
        };
        if let Some(description) = fresh {
            return Ok(description);
        }
        let description = webservice.describe(element_type(module)).await?;
        let description = Arc::new(Description::read(&description));
        self.known()
            .insert(module, (Arc::clone(&description), self.clock.now()));
        Ok(description)
    }

    /// The last description, however old.
    pub(crate) fn last(&self, module: Module) -> Option<Arc<Description>> {
        self.known()
            .get(&module)
            .map(|(description, _)| Arc::clone(description))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Module, (Arc<Description>, Timestamp)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
