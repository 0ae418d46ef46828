//! Customers and contacts.

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value as Json, json};
use woo_vtiger_sync::sync::{Module, Side};

use super::{People, id_of, text};

const CUSTOMER: [&str; 6] = [
    "first_name",
    "last_name",
    "billing.phone",
    "billing.address_1",
    "shipping.city",
    "billing.company",
];
const CONTACT: [&str; 7] = [
    "firstname",
    "lastname",
    "phone",
    "mailingstreet",
    "mailingcity",
    "otherstreet",
    "otherzip",
];

impl People<'_> {
    pub(super) fn about_contacts(&mut self) -> Option<String> {
        let side = *Side::BOTH.choose(&mut self.random)?;
        let may_edit = self.may(Module::Contacts, side);
        match (self.random.random_range(0..20), side) {
            (0..4, Side::WooCommerce) if may_edit => Some(self.register()),
            (0..4, Side::Vtiger) if may_edit => Some(self.add_contact()),
            (4..6, Side::WooCommerce) => {
                let id = id_of(&self.customer()?);
                self.shop.edit_customer(id, json!({}));
                Some(format!("customer {id} is saved as it is"))
            }
            (4..6, Side::Vtiger) => {
                let contact = self.contact()?;
                let id = text(&contact, "id");
                self.crm.edit_record(id, json!({}));
                Some(format!("contact {id} is saved as it is"))
            }
            (6..8, Side::WooCommerce) if may_edit && self.licence.deletes => {
                let id = id_of(&self.customer()?);
                self.shop.delete_customer(id);
                Some(format!("customer {id} is deleted"))
            }
            (6..8, Side::Vtiger) if may_edit && self.licence.deletes => {
                let contact = self.contact()?;
                self.drop_or_restore(text(&contact, "id"))
            }
            (8.., Side::WooCommerce) if may_edit => self.edit_customer(),
            (8.., Side::Vtiger) if may_edit => self.edit_contact(),
            _ => None,
        }
    }

    /// Deletes a record of the CRM, and at times takes it out of the recycle bin at once.
    pub(super) fn drop_or_restore(&mut self, id: &str) -> Option<String> {
        if !self.crm.delete_record(id) {
            return None;
        }
        let comes_back = self.chance(0.4);
        if comes_back {
            self.crm.restore_record(id);
        }
        let back = if comes_back { " and restored" } else { "" };
        Some(format!("record {id} of the CRM is deleted{back}"))
    }

    fn customer(&mut self) -> Option<Json> {
        let mut customers = self.shop.customers();
        customers.retain(|customer| customer["role"] == "customer");
        self.one_of(customers)
    }

    /// A contact that is no guest's: those can't be written to in the shop.
    fn contact(&mut self) -> Option<Json> {
        let mut contacts = self.crm.records("Contacts");
        contacts.retain(|contact| !text(contact, "email").to_lowercase().starts_with("guest"));
        self.one_of(contacts)
    }

    fn email(&mut self) -> String {
        let nth = self.number();
        format!("p{nth}-{}@shop.example", self.mark)
    }

    fn register(&mut self) -> String {
        let mut email = self.email();
        // A guest who ordered before may register.
        let guest = format!("Guest{:02}@Shop.example", self.random.random_range(1..20));
        let is_free = |other: &Json| !text(other, "email").eq_ignore_ascii_case(&guest);
        if self.chance(0.15) && self.shop.customers().iter().all(is_free) {
            email = guest;
        }
        let (first, last) = (self.words_or_none(), self.words());
        let (phone, street, city) = (self.words_or_none(), self.words_or_none(), self.words_or_none());
        let company = if self.chance(0.2) {
            self.words()
        } else {
            String::new()
        };
        let id = self.shop.register_customer(json!({
            "email": email, "first_name": first, "last_name": last,
            "billing": { "phone": phone, "company": company, "address_1": street, "city": city, "country": "DE" },
        }));
        format!("customer {id} registers as {email}")
    }

    fn add_contact(&mut self) -> String {
        let (email, first, last, phone) = (
            self.email(),
            self.words_or_none(),
            self.words(),
            self.words_or_none(),
        );
        let id = self.crm.add_record(
            "Contacts",
            json!({ "email": email, "firstname": first, "lastname": last, "phone": phone, "mailingcountry": "DE" }),
        );
        format!("contact {id} is added as {email}")
    }

    fn edit_customer(&mut self) -> Option<String> {
        let id = id_of(&self.customer()?);
        let mut fields = Map::new();
        for _ in 0..self.random.random_range(1..3) {
            let field = *CUSTOMER.choose(&mut self.random)?;
            let value = match field {
                "last_name" => self.words(),
                _ => self.words_or_none(),
            };
            match field.split_once('.') {
                Some((address, part)) => {
                    let address = fields.entry(address).or_insert_with(|| json!({}));
                    address[part] = json!(value);
                }
                None => drop(fields.insert(field.to_owned(), json!(value))),
            }
        }
        if self.chance(0.06) {
            fields.insert("email".to_owned(), json!(self.email()));
        }
        let told = format!("customer {id} is edited: {}", Json::from(fields.clone()));
        self.shop.edit_customer(id, fields.into());
        Some(told)
    }

    fn edit_contact(&mut self) -> Option<String> {
        let contact = self.contact()?;
        let id = text(&contact, "id");
        let mut fields = Map::new();
        for _ in 0..self.random.random_range(1..3) {
            let field = *CONTACT.choose(&mut self.random)?;
            let value = match field {
                "lastname" => self.words(),
                "mailingstreet" | "otherstreet" => format!("{}\n{}", self.words(), self.words_or_none()),
                _ => self.words_or_none(),
            };
            fields.insert(field.to_owned(), json!(value));
        }
        if self.chance(0.06) {
            fields.insert("email".to_owned(), json!(self.email()));
        }
        let told = format!("contact {id} is edited: {}", Json::from(fields.clone()));
        self.crm.edit_record(id, fields.into());
        Some(told)
    }
}
