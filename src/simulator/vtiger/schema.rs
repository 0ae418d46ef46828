//! The modules that the simulator has, and their fields, as `describe` of a real installation tells them.
//!
//! A further module is a further recorded `describe`; what that doesn't tell of fields is in `field`.

mod field;

use std::io;

use serde_json::{Value as Json, json};

pub(super) use self::field::{Field, Kind};
use super::id::WebserviceId;

/// The id of the user that a connector works as.
pub(super) const INTEGRATION_USER: WebserviceId = WebserviceId::new(USERS, 1);
/// The id of a salesperson at the CRM's pages.
pub(super) const SALES_USER: WebserviceId = WebserviceId::new(USERS, 5);

/// The number of the module Users in ids.
pub(super) const USERS: u32 = 19;
/// The number of groups of users in ids; the simulator takes any for granted.
pub(super) const GROUPS: u32 = 20;
/// The number of the module Currency in ids.
pub(super) const CURRENCY: u32 = 21;
/// The number of the module `LineItem` in ids.
pub(super) const LINE_ITEM: u32 = 33;
/// The number of the module Tax in ids.
pub(super) const TAX: u32 = 34;

/// A module and its fields.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) singular: &'static str,
    /// The number before the `x` of its records' ids.
    pub(super) prefix: u32,
    pub(super) fields: Vec<Field>,
    pub(super) label_fields: Vec<String>,
    /// The field with the number that Vtiger gives a record, and how that begins.
    pub(super) numbering: Option<(&'static str, &'static str)>,
    /// What `describe` answers, where the simulator knows it.
    pub(super) describe: Option<Json>,
    is_entity: bool,
}

impl Module {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether its records are made by users, and so have times, an owner and workflows.
    pub(super) fn is_entity(&self) -> bool {
        self.is_entity
    }

    /// Whether its records have prices and taxes.
    pub(super) fn is_sold(&self) -> bool {
        matches!(self.name.as_str(), "Products" | "Services")
    }

    /// Whether its records have lines.
    pub(super) fn has_lines(&self) -> bool {
        self.fields.iter().any(|field| field.of_lines)
    }

    fn describe_field(&mut self, before: &str, field: Json) {
        let described = self
            .describe
            .as_mut()
            .and_then(|describe| describe["fields"].as_array_mut());
        if let Some(fields) = described {
            let at = fields.iter().position(|field| field["name"] == before);
            fields.insert(at.unwrap_or(fields.len()), field);
        }
    }

    fn has_type(&self, types: &[String]) -> bool {
        let described = self
            .describe
            .as_ref()
            .and_then(|describe| describe["fields"].as_array());
        described.into_iter().flatten().any(|field| {
            types
                .iter()
                .any(|wanted| field["type"]["name"].as_str() == Some(wanted))
        })
    }

    fn recorded(
        describe: &str,
        singular: &'static str,
        numbering: Option<(&'static str, &'static str)>,
    ) -> io::Result<Self> {
        let describe: Json = serde_json::from_str(describe)?;
        let text = |key: &str| describe[key].as_str().unwrap_or_default().to_owned();
        let name = text("name");
        Ok(Self {
            label: text("label"),
            singular,
            prefix: text("idPrefix").parse().map_err(io::Error::other)?,
            fields: describe["fields"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|field| Field::described(&name, field))
                // These come and go with an order's charges.
                .filter(|field| !field.name.starts_with("shipping_"))
                .chain(undescribed(&name))
                .collect(),
            label_fields: text("labelFields").split(',').map(str::to_owned).collect(),
            is_entity: describe["isEntity"] == true,
            numbering,
            name,
            describe: Some(describe),
        })
    }

    fn table(name: &str, label: &str, singular: &'static str, prefix: u32, fields: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            singular,
            prefix,
            fields: fields
                .iter()
                .map(|name| Field::plain(name, if *name == "id" { Kind::Id } else { Kind::Text }))
                .collect(),
            label_fields: Vec::new(),
            numbering: None,
            describe: None,
            is_entity: false,
        }
    }
}

/// All modules of the simulator.
#[derive(Clone, Debug)]
pub(super) struct Schema {
    modules: Vec<Module>,
}

impl Schema {
    /// The modules as recorded, and what they refer to.
    pub(super) fn load() -> io::Result<Self> {
        let recorded = |describe, singular, numbering| Module::recorded(describe, singular, numbering);
        Ok(Self {
            modules: vec![
                recorded(
                    include_str!("Accounts.json"),
                    "Organization",
                    Some(("account_no", "ACC")),
                )?,
                recorded(
                    include_str!("Contacts.json"),
                    "Contact",
                    Some(("contact_no", "CON")),
                )?,
                recorded(
                    include_str!("Products.json"),
                    "Product",
                    Some(("product_no", "PRO")),
                )?,
                recorded(
                    include_str!("Services.json"),
                    "Service",
                    Some(("service_no", "SER")),
                )?,
                recorded(
                    include_str!("SalesOrder.json"),
                    "Sales Order",
                    Some(("salesorder_no", "SO")),
                )?,
                recorded(include_str!("LineItem.json"), "LineItem", None)?,
                recorded(include_str!("Tax.json"), "Tax", None)?,
                recorded(include_str!("Currency.json"), "Currency", None)?,
                Module::table(
                    "Users",
                    "Users",
                    "User",
                    USERS,
                    &[
                        "user_name",
                        "is_admin",
                        "first_name",
                        "last_name",
                        "email1",
                        "status",
                        "time_zone",
                        "currency_id",
                        "no_of_currency_decimals",
                        "userlabel",
                        "id",
                    ],
                ),
            ],
        })
    }

    /// Gives lines, products and services a field for a tax.
    pub(super) fn add_tax(&mut self, number: u64, label: &str, percentage: &str) {
        let name = format!("tax{number}");
        for module in &mut self.modules {
            if module.prefix == LINE_ITEM {
                let field = json!({"name": name, "label": label, "mandatory": false, "type": {"name": "double"},
                    "nullable": true, "editable": true});
                module.describe_field("image", field);
                module.fields.push(Field::plain(&name, Kind::NumberOrNull(3)));
            } else if module.is_sold() {
                let field = json!({"name": name, "label": label, "mandatory": "", "type": {"name": "double"},
                    "nullable": "1", "editable": "1", "default": percentage});
                module.describe_field("currency1", field);
            }
        }
    }

    /// Gives products and services a field for their prices in a currency.
    pub(super) fn add_currency(&mut self, number: u64, label: &str) {
        for module in self.modules.iter_mut().filter(|module| module.is_sold()) {
            let field = json!({"name": format!("currency{number}"), "label": label, "mandatory": "",
                "type": {"name": "double"}, "nullable": "1", "editable": "1", "default": ""});
            module.describe_field("", field);
        }
    }

    /// Gives a module a field of its own, as an administrator does; `kind` is its type as `describe` tells it.
    pub(super) fn add_field(&mut self, module: &str, name: &str, label: &str, kind: &Json) {
        for module in self.modules.iter_mut().filter(|other| other.name == module) {
            let field = json!({"name": name, "label": label, "mandatory": false, "type": kind,
                "isunique": false, "nullable": true, "editable": true, "default": ""});
            module.fields.push(Field::described(&module.name, &field));
            module.describe_field("", field);
        }
    }

    /// The module of that name; case matters.
    pub(super) fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// The module of that number in ids.
    pub(super) fn by_prefix(&self, prefix: u32) -> Option<&Module> {
        self.modules.iter().find(|module| module.prefix == prefix)
    }

    /// What `listtypes` answers, for modules with fields of these types or, without types, for all.
    pub(super) fn list(&self, field_types: Option<&[String]>) -> Json {
        let listed: Vec<&Module> = self
            .modules
            .iter()
            .filter(|module| field_types.is_none_or(|types| module.has_type(types)))
            .collect();
        json!({
            "types": listed.iter().map(|module| &module.name).collect::<Vec<_>>(),
            "information": listed
                .iter()
                .map(|module| {
                    let entity = module.is_entity() || module.prefix == USERS;
                    let information =
                        json!({"isEntity": entity, "label": module.label, "singular": module.singular});
                    (module.name.clone(), information)
                })
                .collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// Columns that `describe` keeps silent about.
fn undescribed(module: &str) -> Vec<Field> {
    match module {
        "LineItem" => vec![Field::plain("description", Kind::Text)],
        "SalesOrder" => ["image", "purchase_cost", "margin"]
            .map(|name| Field {
                of_lines: true,
                ..Field::plain(name, Kind::Text)
            })
            .into(),
        _ => Vec::new(),
    }
}
