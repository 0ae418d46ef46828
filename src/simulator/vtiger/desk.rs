//! What salespeople do at the CRM's pages, and what its page shows: its part of [`page`](crate::simulator::page).

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::data::{Data, Mandatory, Record, Writer};
use super::object;
use super::schema::SALES_USER;
use super::server::Shared;
use crate::clock::Timestamp;
use crate::simulator::page::{Desk, Field, Kind, List, Look, New, Person, Row};

const LOOK: Look = Look {
    system: "Vtiger CRM",
    class: "vtiger",
    about: "Nothing here is real: what is here is made up and lasts as long as the program runs. \
            What you change here arrives in WooCommerce within seconds.",
    one: "contact",
    many: "Contacts",
    fields: CONTACT,
    news: &[New {
        key: "contact",
        title: "Add a contact",
        fields: CONTACT,
    }],
};

const CONTACT: &[Field] = &[
    Field::new("firstname", "First name", Kind::Text),
    Field::new("lastname", "Last name", Kind::Text).required(),
    Field::new("email", "Primary e-mail", Kind::Email),
    Field::new("phone", "Office phone", Kind::Phone),
    Field::new("mailingstreet", "Mailing street", Kind::Lines),
    Field::new("mailingcity", "Mailing city", Kind::Text),
    Field::new("mailingzip", "Mailing postcode", Kind::Text),
    Field::new("mailingcountry", "Mailing country (such as US)", Kind::Text),
];

const PRODUCT: &[Field] = &[
    Field::new("productname", "Product name", Kind::Text).required(),
    Field::new("unit_price", "Unit price", Kind::Text),
    Field::new("qtyinstock", "Quantity in stock", Kind::Text),
    Field::new("description", "Description", Kind::Lines),
];

const ORDER: &[Field] = &[
    Field::new(
        "sostatus",
        "Status (Created, Approved, Delivered, Cancelled)",
        Kind::Text,
    )
    .required(),
    Field::new("description", "Description", Kind::Lines),
];

impl Shared {
    /// Creates a record as a salesperson, who owns it if no one else is named; its id, unless Vtiger refuses.
    pub(super) fn add_record(&self, module: &str, fields: Json) -> Option<String> {
        let writer = self.salesperson();
        let mut element = object(fields);
        element
            .entry("assigned_user_id")
            .or_insert_with(|| SALES_USER.to_string().into());
        if module == "SalesOrder" {
            // The page has these filled in.
            let product = element
                .get("LineItems")
                .and_then(|lines| lines[0]["productid"].as_str());
            let product = product.unwrap_or_default().to_owned();
            for (name, value) in [
                ("productid", product.as_str()),
                ("invoicestatus", "AutoCreated"),
                ("sostatus", "Created"),
                ("hdnTaxType", "group"),
                ("currency_id", "21x1"),
            ] {
                element.entry(name).or_insert_with(|| value.into());
            }
        }
        self.change(|state| {
            let id = state.data.create(module, &element, writer).ok()?.to_string();
            state.announce(&id, "ui:Save");
            Some(id)
        })
    }

    /// Saves fields of a record as a salesperson; tells whether Vtiger did.
    pub(super) fn edit_record(&self, id: &str, fields: Json) -> bool {
        let writer = self.salesperson();
        let element = object(fields);
        self.change(|state| {
            let saved = state
                .data
                .find(id)
                .map(|record| record.id)
                .and_then(|found| state.data.save(found, &element, Mandatory::IfSent, writer));
            if saved.is_ok() {
                state.announce(id, "ui:Save");
            }
            saved.is_ok()
        })
    }

    /// Deletes a record as a salesperson; tells whether it was there.
    pub(super) fn delete_record(&self, id: &str) -> bool {
        let writer = self.salesperson();
        self.change(|state| {
            let deleted = state
                .data
                .find(id)
                .map(|record| record.id)
                .and_then(|found| state.data.delete(found, writer));
            if let Ok(before) = &deleted {
                state.announce_deletion(before, "ui:DeleteAjax");
            }
            deleted.is_ok()
        })
    }

    /// Takes a record out of the recycle bin as a salesperson; tells whether it was there.
    pub(super) fn restore_record(&self, id: &str) -> bool {
        let writer = self.salesperson();
        self.change(|state| {
            let restored = id.parse().is_ok_and(|id| state.data.restore(id, writer).is_ok());
            if restored {
                state.announce_restoration(id, "ui:RecycleBinAjax");
            }
            restored
        })
    }

    fn salesperson(&self) -> Writer {
        Writer {
            user: SALES_USER,
            source: "CRM",
            at: self.clock.now(),
            moves_stock: false,
            fails_on_lines: false,
        }
    }
}

impl Desk for Shared {
    fn look(&self) -> &'static Look {
        &LOOK
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn people(&self) -> Vec<Person> {
        let state = self.state();
        let data = &state.data;
        let Some(contacts) = data.schema.module("Contacts") else {
            return Vec::new();
        };
        data.all(contacts)
            .filter(|record| !record.deleted)
            .map(|record| person(data, record))
            .collect()
    }

    fn lists(&self) -> Vec<List> {
        let state = self.state();
        let data = &state.data;
        let rows = |module: &str, title: &str, cells: &[&str]| -> Vec<Row> {
            let module = data.schema.module(module);
            let records = module.into_iter().flat_map(|module| data.all(module));
            records
                .filter(|record| !record.deleted)
                .map(|record| row(data, record, title, cells))
                .collect()
        };
        let products = ["productcode", "unit_price", "qtyinstock"];
        let orders = ["subject", "sostatus", "hdnGrandTotal"];
        vec![
            List::new(
                "Products",
                &["Name", "Part number", "Unit price", "In stock"],
                PRODUCT,
                rows("Products", "productname", &products),
            ),
            List::new(
                "Sales orders",
                &["Number", "Subject", "Status", "Grand total"],
                ORDER,
                rows("SalesOrder", "salesorder_no", &orders),
            ),
        ]
    }

    fn create(&self, _key: &str, fields: Json) -> Result<(), String> {
        match self.add_record("Contacts", fields) {
            Some(_) => Ok(()),
            None => Err("Vtiger did not take this contact.".to_owned()),
        }
    }

    fn edit(&self, id: &str, fields: Json) -> Result<(), String> {
        if self.edit_record(id, fields) {
            Ok(())
        } else {
            Err("Vtiger did not save this.".to_owned())
        }
    }

    fn delete(&self, id: &str) -> bool {
        self.delete_record(id)
    }
}

fn person(data: &Data, record: &Record) -> Person {
    let shown = data.retrieved(record);
    let account = data.find(text_of(&shown, "account_id"));
    let company = account.map(|account| text_of(&data.retrieved(account), "accountname").to_owned());
    let name = [text_of(&shown, "firstname"), text_of(&shown, "lastname")].join(" ");
    Person {
        id: record.id.to_string(),
        name: name.trim().to_owned(),
        email: text_of(&shown, "email").to_owned(),
        phone: text_of(&shown, "phone").to_owned(),
        company: company.unwrap_or_default(),
        city: text_of(&shown, "mailingcity").to_owned(),
        changed: Timestamp::from_seconds(record.modified),
        fields: shown.into(),
    }
}

fn row(data: &Data, record: &Record, title: &str, cells: &[&str]) -> Row {
    let shown = data.retrieved(record);
    let cell = |name: &&str| match text_of(&shown, name) {
        // The tables keep more decimals than people care for.
        number if number.contains('.') && number.parse::<Decimal>().is_ok() => {
            let number: Decimal = number.parse().unwrap_or_default();
            number.round_dp(4).normalize().to_string()
        }
        text => text.to_owned(),
    };
    Row {
        id: record.id.to_string(),
        name: text_of(&shown, title).to_owned(),
        cells: cells.iter().map(cell).collect(),
        changed: Timestamp::from_seconds(record.modified),
        fields: shown.into(),
    }
}

/// A field's text, empty when it has none.
fn text_of<'a>(shown: &'a Map<String, Json>, name: &str) -> &'a str {
    shown.get(name).and_then(Json::as_str).unwrap_or_default()
}
