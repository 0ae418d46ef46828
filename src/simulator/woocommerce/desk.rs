//! What the shop's page shows and does: its people's part of [`page`](crate::simulator::page).

use serde_json::{Value, json};

use super::answer::Fields;
use super::fields::{is_email, text_of};
use super::server::Shared;
use super::shop::Resource;
use super::{customer, object, order, product, text};
use crate::clock::Timestamp;
use crate::simulator::page::{Desk, Field, Kind, List, Look, New, Person, Row};

const LOOK: Look = Look {
    system: "WooCommerce",
    class: "woocommerce",
    about: "Nothing here is real: shop, customers, products and orders are made up and last as long as the program runs. \
            What you change here arrives in Vtiger CRM within seconds.",
    one: "customer",
    many: "Customers",
    fields: CUSTOMER,
    news: &[
        New {
            key: "customer",
            title: "Add a customer",
            fields: CUSTOMER,
        },
        New {
            key: "order",
            title: "Place an order as a guest",
            fields: GUEST,
        },
    ],
};

const CUSTOMER: &[Field] = &[
    Field::new("first_name", "First name", Kind::Text),
    Field::new("last_name", "Last name", Kind::Text),
    Field::new("email", "E-mail", Kind::Email).required(),
    Field::new("billing.phone", "Phone", Kind::Phone),
    Field::new("billing.address_1", "Street", Kind::Text),
    Field::new("billing.address_2", "Street, second line", Kind::Text),
    Field::new("billing.city", "City", Kind::Text),
    Field::new("billing.postcode", "Postcode", Kind::Text),
    Field::new("billing.country", "Country (such as US)", Kind::Text),
    Field::new("billing.company", "Company", Kind::Text),
];

const GUEST: &[Field] = &[
    Field::new("billing.first_name", "First name", Kind::Text),
    Field::new("billing.last_name", "Last name", Kind::Text).required(),
    Field::new("billing.email", "E-mail", Kind::Email).required(),
    Field::new("billing.phone", "Phone", Kind::Phone),
    Field::new("billing.address_1", "Street", Kind::Text),
    Field::new("billing.address_2", "Street, second line", Kind::Text),
    Field::new("billing.city", "City", Kind::Text),
    Field::new("billing.postcode", "Postcode", Kind::Text),
    Field::new("billing.country", "Country (such as US)", Kind::Text),
    Field::new("billing.company", "Company", Kind::Text),
];

const PRODUCT: &[Field] = &[
    Field::new("name", "Name", Kind::Text).required(),
    Field::new("regular_price", "Price", Kind::Text),
    Field::new("stock_quantity", "In stock, where it is counted", Kind::Text),
    Field::new("description", "Description (HTML)", Kind::Lines),
];

const ORDER: &[Field] = &[
    Field::new(
        "status",
        "Status (pending, processing, on-hold, completed, cancelled)",
        Kind::Text,
    )
    .required(),
    Field::new("customer_note", "Customer's note", Kind::Lines),
];

/// What sets the lists' ids apart from customers'.
const PRODUCT_ID: &str = "product-";
const ORDER_ID: &str = "order-";

impl Desk for Shared {
    fn look(&self) -> &'static Look {
        &LOOK
    }

    fn now(&self) -> Timestamp {
        self.shop().now()
    }

    /// Customers; those who work for the shop are left alone.
    fn people(&self) -> Vec<Person> {
        let shop = self.shop();
        let customers = shop.customers.iter();
        customers
            .filter(|(_, customer)| text_of(customer, "role") == "customer")
            .map(|(&id, customer)| person(id, customer, customer))
            .collect()
    }

    fn lists(&self) -> Vec<List> {
        let shop = self.shop();
        let products = shop
            .products
            .iter()
            .filter(|(_, product)| text_of(product, "status") != "trash");
        let products = products.map(|(&id, product)| product_row(&product::view(&shop, id, product, true)));
        let orders = shop
            .orders
            .iter()
            .filter(|(_, order)| !["checkout-draft", "trash"].contains(&text_of(order, "status")));
        let orders = orders.map(|(&id, order)| order_row(&order::view(&shop, id, order)));
        vec![
            List::new(
                "Products",
                &["Name", "SKU", "Price", "In stock", "Status"],
                PRODUCT,
                products.collect(),
            ),
            List::new(
                "Orders",
                &["Number", "Buyer", "E-mail", "Status", "Total"],
                ORDER,
                orders.collect(),
            ),
        ]
    }

    fn create(&self, key: &str, fields: Value) -> Result<(), String> {
        let given = object(fields);
        let mut shop = self.shop();
        if key == "order" {
            let email = given.get("billing").and_then(|billing| billing.get("email"));
            check_email(email)?;
            order::place(&mut shop, &given);
        } else {
            check_email(given.get("email"))?;
            if customer::by_email(&shop, text_of(&given, "email")).is_some() {
                return Err(TAKEN.to_owned());
            }
            customer::register(&mut shop, &given);
        }
        Ok(())
    }

    fn edit(&self, id: &str, fields: Value) -> Result<(), String> {
        let mut given = object(fields);
        let mut shop = self.shop();
        if let Some(id) = id.strip_prefix(PRODUCT_ID) {
            if given.get("stock_quantity") == Some(&json!("")) {
                given.remove("stock_quantity");
            }
            product::edit(&mut shop, number(id), &given);
            return Ok(());
        }
        if let Some(id) = id.strip_prefix(ORDER_ID) {
            let edited = order::Orders::check(&given, false)
                .and_then(|()| order::Orders.update(&mut shop, number(id), &given));
            return edited.map(drop).map_err(|_| UNKNOWN_STATUS.to_owned());
        }
        let id = number(id);
        if given.contains_key("email") {
            check_email(given.get("email"))?;
            if customer::by_email(&shop, text_of(&given, "email")).is_some_and(|owner| owner != id) {
                return Err(TAKEN.to_owned());
            }
        }
        if customer::edit(&mut shop, id, &given) {
            Ok(())
        } else {
            Err("This customer is no longer there.".to_owned())
        }
    }

    fn delete(&self, id: &str) -> bool {
        customer::remove(&mut self.shop(), number(id))
    }
}

const UNKNOWN_STATUS: &str = "The shop knows no such status.";
const TAKEN: &str = "Another customer has this e-mail address.";

fn check_email(email: Option<&Value>) -> Result<(), String> {
    if email.and_then(Value::as_str).is_some_and(is_email) {
        Ok(())
    } else {
        Err("This is not an e-mail address.".to_owned())
    }
}

/// No customer has the number 0.
fn number(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}

fn product_row(product: &Value) -> Row {
    let of = |name: &str| product[name].as_str().unwrap_or_default().to_owned();
    let stock = product["stock_quantity"].as_i64().map(|stock| stock.to_string());
    let stock = stock.unwrap_or_default();
    // WordPress keeps the names as HTML.
    let name = html_escape::decode_html_entities(&of("name")).into_owned();
    let mut fields = product.clone();
    fields["name"] = json!(name);
    fields["stock_quantity"] = json!(stock);
    Row {
        id: format!("{PRODUCT_ID}{}", product["id"]),
        name,
        cells: vec![of("sku"), of("price"), stock, of("status")],
        changed: text::read_gmt(&of("date_modified_gmt")).unwrap_or_default(),
        fields,
    }
}

fn order_row(order: &Value) -> Row {
    let of = |name: &str| order[name].as_str().unwrap_or_default().to_owned();
    let billing = |name: &str| order["billing"][name].as_str().unwrap_or_default();
    let buyer = [billing("first_name"), billing("last_name")].join(" ");
    Row {
        id: format!("{ORDER_ID}{}", order["id"]),
        name: format!("#{}", of("number")),
        cells: vec![
            buyer.trim().to_owned(),
            billing("email").to_owned(),
            of("status"),
            format!("{} {}", of("total"), of("currency")),
        ],
        changed: text::read_gmt(&of("date_modified_gmt")).unwrap_or_default(),
        fields: order.clone(),
    }
}

fn person(id: u64, record: &Fields, named: &Fields) -> Person {
    // WordPress keeps the names as HTML.
    let decode = |name: &str| html_escape::decode_html_entities(text_of(named, name)).into_owned();
    let (first_name, last_name) = (decode("first_name"), decode("last_name"));
    let billing = record.get("billing").and_then(Value::as_object);
    let in_billing = |name: &str| billing.map_or("", |billing| text_of(billing, name)).to_owned();
    let dates = ["date_modified_gmt", "date_created_gmt"];
    let changed = dates
        .iter()
        .find_map(|date| text::read_gmt(text_of(record, date)));
    let mut fields = record.clone();
    fields.insert("first_name".to_owned(), json!(first_name));
    fields.insert("last_name".to_owned(), json!(last_name));
    Person {
        id: id.to_string(),
        name: format!("{first_name} {last_name}").trim().to_owned(),
        email: text_of(named, "email").to_owned(),
        phone: in_billing("phone"),
        company: in_billing("company"),
        city: in_billing("city"),
        changed: changed.unwrap_or_default(),
        fields: fields.into(),
    }
}
