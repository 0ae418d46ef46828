//! Who lives in the demonstration, and what they do: shoppers, the shop's staff, the sales team.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value as Json, json};

use super::{goods, orders};
use crate::simulator::vtiger::VtigerSimulator;
use crate::simulator::woocommerce::WooCommerceSimulator;

const FIRST_NAMES: [&str; 24] = [
    "Anna", "Ben", "Chloé", "David", "Elif", "Farid", "Grace", "Henrik", "Inés", "Jonas", "Katja", "Liam",
    "María", "Noah", "Olga", "Paul", "Quynh", "Rosa", "Søren", "Tara", "Uwe", "Vera", "Wei", "Zoë",
];
const LAST_NAMES: [&str; 24] = [
    "Müller",
    "O'Brien",
    "Dubois",
    "Garcia",
    "Yılmaz",
    "Haddad",
    "Hopper",
    "Larsen",
    "Moreno",
    "Weber",
    "Novak",
    "Byrne",
    "Rossi",
    "Smith",
    "Petrova",
    "Jensen",
    "Nguyen",
    "Silva",
    "Lindqvist",
    "Patel",
    "Schäfer",
    "Kovács",
    "Zhang",
    "van Dijk",
];
const COMPANIES: [&str; 8] = [
    "",
    "",
    "",
    "Fischer & Sons",
    "Lighthouse Coffee",
    "Nordwind GmbH",
    "Green Valley Farm",
    "Atelier Dubois",
];
const STREETS: [&str; 8] = [
    "Lindenstraße",
    "Market Street",
    "Rue des Fleurs",
    "Harbour Road",
    "Via Roma",
    "Oak Avenue",
    "Kirchgasse",
    "Sunset Boulevard",
];
const CITIES: [(&str, &str, &str, &str); 8] = [
    ("Berlin", "BE", "10115", "DE"),
    ("Dublin", "D", "D02", "IE"),
    ("Lyon", "", "69001", "FR"),
    ("Oakland", "CA", "94601", "US"),
    ("Milano", "MI", "20121", "IT"),
    ("Portland", "OR", "97201", "US"),
    ("Zürich", "ZH", "8001", "CH"),
    ("Seattle", "WA", "98101", "US"),
];

/// The people at both ends, who go on editing.
pub(super) struct People {
    random: SmallRng,
    newcomers: usize,
}

/// One person's data.
struct Person {
    first: &'static str,
    last: &'static str,
    email: String,
    company: &'static str,
    phone: String,
    street: String,
    floor: String,
    city: (&'static str, &'static str, &'static str, &'static str),
}

/// Fills both systems: people that only the shop knows, some that only the CRM knows, and some that both know.
pub(super) fn move_in(shop: &WooCommerceSimulator, crm: &VtigerSimulator, customers: usize) {
    let mut random = SmallRng::seed_from_u64(1);
    for nth in 0..customers {
        let person = person(&mut random, nth);
        shop.register_customer(person.as_customer());
        if nth % 4 == 0 {
            let mut contact = person.as_contact();
            // The sales team knows another number.
            contact["phone"] = json!(phone(&mut random));
            crm.add_record("Contacts", contact);
        }
    }
    for nth in 0..customers / 3 {
        crm.add_record("Contacts", person(&mut random, 1000 + nth).as_contact());
    }
    goods::stock_up(shop, crm);
    for nth in 0..customers / 6 {
        let guest = person(&mut random, 2000 + nth).as_guest_order();
        orders::buy(&mut random, shop, guest);
    }
    for _ in 0..customers / 3 {
        buy_as_customer(&mut random, shop);
    }
}

impl People {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            newcomers: 0,
        }
    }

    /// How long until somebody does the next thing.
    pub(super) fn pause(&mut self) -> Duration {
        Duration::from_millis(self.random.random_range(250..1500))
    }

    /// Somebody does something.
    pub(super) fn act(&mut self, shop: &WooCommerceSimulator, crm: &VtigerSimulator) {
        match self.random.random_range(0..100) {
            0..14 => self.edit_customer(shop),
            14..28 => self.edit_contact(crm),
            28..33 => {
                let newcomer = self.newcomer();
                shop.register_customer(newcomer.as_customer());
            }
            33..38 => {
                let newcomer = self.newcomer();
                crm.add_record("Contacts", newcomer.as_contact());
            }
            38..43 => {
                let guest = self.newcomer().as_guest_order();
                orders::buy(&mut self.random, shop, guest);
            }
            43..52 => buy_as_customer(&mut self.random, shop),
            52..62 => goods::edit_product(&mut self.random, shop),
            62..72 => goods::edit_crm_product(&mut self.random, shop, crm),
            72..81 => orders::handle(&mut self.random, shop),
            81..89 => orders::handle_in_crm(&mut self.random, crm),
            89..93 => orders::sell(&mut self.random, crm),
            _ => self.edit_both(shop, crm),
        }
    }

    fn edit_customer(&mut self, shop: &WooCommerceSimulator) {
        let customers = shop.customers();
        let Some(id) = customers
            .choose(&mut self.random)
            .and_then(|customer| customer["id"].as_u64())
        else {
            return;
        };
        let city = *CITIES.choose(&mut self.random).unwrap_or(&CITIES[0]);
        let edit = match self.random.random_range(0..5) {
            0 => json!({ "billing": { "phone": phone(&mut self.random) } }),
            1 => json!({ "billing": { "address_1": street(&mut self.random), "address_2": "" } }),
            2 => {
                json!({ "shipping": { "city": city.0, "state": city.1, "postcode": city.2, "country": city.3 } })
            }
            3 => json!({ "first_name": FIRST_NAMES.choose(&mut self.random) }),
            _ => json!({ "billing": { "company": COMPANIES.choose(&mut self.random) } }),
        };
        shop.edit_customer(id, edit);
    }

    fn edit_contact(&mut self, crm: &VtigerSimulator) {
        let contacts = crm.records("Contacts");
        let Some(id) = contacts
            .choose(&mut self.random)
            .and_then(|contact| contact["id"].as_str())
        else {
            return;
        };
        // A guest of the shop has no account there that the sales team's edits could be written to, so they are
        // left alone.
        let city = *CITIES.choose(&mut self.random).unwrap_or(&CITIES[0]);
        let is_guest = contacts.iter().any(|contact| {
            contact["id"] == id
                && contact["email"]
                    .as_str()
                    .is_some_and(|email| email.contains("guest"))
        });
        if is_guest {
            return;
        }
        let edit = match self.random.random_range(0..4) {
            0 => json!({ "phone": phone(&mut self.random) }),
            1 => json!({ "mailingstreet": street(&mut self.random) }),
            2 => json!({
                "mailingcity": city.0, "mailingstate": city.1, "mailingzip": city.2, "mailingcountry": city.3,
            }),
            _ => json!({ "lastname": LAST_NAMES.choose(&mut self.random) }),
        };
        crm.edit_record(id, edit);
    }

    /// The sales team and the customer edit the same person at once: mostly different fields, sometimes the same.
    fn edit_both(&mut self, shop: &WooCommerceSimulator, crm: &VtigerSimulator) {
        let customers = shop.customers();
        let Some(customer) = customers.choose(&mut self.random) else {
            return;
        };
        let contacts = crm.records("Contacts");
        let contact = contacts
            .iter()
            .find(|contact| contact["email"] == customer["email"]);
        let ids = (
            customer["id"].as_u64(),
            contact.and_then(|contact| contact["id"].as_str()),
        );
        let (Some(customer), Some(contact)) = ids else {
            return;
        };
        let street = street(&mut self.random);
        let edit = if self.random.random_bool(0.4) {
            json!({ "phone": phone(&mut self.random) })
        } else {
            json!({ "mailingstreet": street })
        };
        shop.edit_customer(
            customer,
            json!({ "billing": { "phone": phone(&mut self.random) } }),
        );
        crm.edit_record(contact, edit);
    }

    fn newcomer(&mut self) -> Person {
        self.newcomers += 1;
        person(&mut self.random, 10_000 + self.newcomers)
    }
}

/// One of the shop's customers buys something.
fn buy_as_customer(random: &mut SmallRng, shop: &WooCommerceSimulator) {
    let customers = shop.customers();
    if let Some(customer) = customers.choose(random) {
        let mut billing = customer["billing"].clone();
        billing["email"] = customer["email"].clone();
        // The checkout asks for a name.
        for name in ["first_name", "last_name"] {
            let known = customer[name].as_str().unwrap_or_default();
            billing[name] = json!(html_escape::decode_html_entities(known));
        }
        let buyer = json!({
            "customer_id": customer["id"], "billing": billing, "shipping": customer["shipping"],
        });
        orders::buy(random, shop, buyer);
    }
}

impl Person {
    fn address(&self) -> Json {
        json!({
            "first_name": self.first, "last_name": self.last, "company": self.company, "address_1": self.street,
            "address_2": self.floor, "city": self.city.0, "state": self.city.1, "postcode": self.city.2,
            "country": self.city.3,
        })
    }

    fn as_customer(&self) -> Json {
        let mut billing = self.address();
        billing["phone"] = json!(self.phone);
        billing["email"] = json!(self.email);
        json!({
            "email": self.email, "first_name": self.first, "last_name": self.last,
            "billing": billing, "shipping": self.address(),
        })
    }

    fn as_guest_order(&self) -> Json {
        let mut customer = self.as_customer();
        customer["billing"]["email"] = json!(self.email.replace('@', ".guest@"));
        json!({ "customer_id": 0, "billing": customer["billing"], "shipping": customer["shipping"] })
    }

    fn as_contact(&self) -> Json {
        json!({
            "email": self.email, "firstname": self.first, "lastname": self.last, "phone": self.phone,
            "mailingstreet": format!("{}\n{}", self.street, self.floor).trim_end(), "mailingcity": self.city.0,
            "mailingstate": self.city.1, "mailingzip": self.city.2, "mailingcountry": self.city.3,
        })
    }
}

fn person(random: &mut SmallRng, number: usize) -> Person {
    let first = FIRST_NAMES.choose(random).copied().unwrap_or("Anna");
    let last = LAST_NAMES.choose(random).copied().unwrap_or("Müller");
    let plain: String = format!("{first}.{last}")
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    Person {
        first,
        last,
        email: format!("{plain}{number}@example.com"),
        company: COMPANIES.choose(random).copied().unwrap_or_default(),
        phone: phone(random),
        street: street(random),
        floor: if random.random_bool(0.3) {
            format!("Floor {}", random.random_range(1..9))
        } else {
            String::new()
        },
        city: CITIES.choose(random).copied().unwrap_or(CITIES[0]),
    }
}

fn phone(random: &mut SmallRng) -> String {
    format!("+49 30 {:07}", random.random_range(0..10_000_000))
}

fn street(random: &mut SmallRng) -> String {
    format!(
        "{} {}",
        STREETS.choose(random).copied().unwrap_or_default(),
        random.random_range(1..200)
    )
}
