//! The client at work with the simulated Vtiger, which reckons orders as measured on a real one.

mod baskets;
mod extended;
mod orders;
mod others;
mod products;
mod taxes;

use std::time::Duration;

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::sync::{Basket, Item, Line, Module, Patch, Record, RecordId, Taxation, Value};
use woo_vtiger_sync::system::{Fault, System, SystemError, Verdict};
use woo_vtiger_sync::vtiger::{Vtiger, VtigerSettings};

use super::{get, path};

/// A simulated CRM and a client of it, which has signed in.
struct Shop {
    crm: VtigerSimulator,
    vtiger: Vtiger,
}

impl Shop {
    async fn open() -> Self {
        Self::of(VtigerKind::Repaired).await
    }

    async fn of(kind: VtigerKind) -> Self {
        woo_vtiger_sync::http::install_tls_provider();
        let options = VtigerOptions {
            kind,
            ..VtigerOptions::default()
        };
        let crm = VtigerSimulator::start(options).await.unwrap();
        let settings = VtigerSettings {
            url: crm.url().parse().unwrap(),
            username: "integration".to_owned(),
            access_key: "vtiger-access-key".into(),
            utc_offset: None,
            assigned_user_id: None,
            mark: "shop".to_owned(),
            order_reference_field: "vtiger_purchaseorder".to_owned(),
            stand_in_item: "WC-ITEM".to_owned(),
            fee_item: "WC-FEE".to_owned(),
            timeout: Duration::from_secs(5),
        };
        let vtiger = Vtiger::new(settings, SystemClock::shared()).unwrap();
        vtiger.sign_in().await.unwrap();
        // The organization of all orders.
        crm.add_record("Accounts", json!({ "accountname": "Lee" }));
        Self { crm, vtiger }
    }

    /// A product that is linked to taxes already.
    fn product(&self, taxes: &Json) -> String {
        let mut fields = json!({ "productname": "Cup", "unit_price": "10", "qtyinstock": "10" });
        fields
            .as_object_mut()
            .unwrap()
            .extend(taxes.as_object().unwrap().clone());
        self.crm.add_record("Products", fields)
    }

    async fn create(&self, order: &str, basket: &Basket) -> Result<Record, SystemError> {
        let patch = order_patch(order, basket);
        self.vtiger.create(Module::SalesOrders, &patch).await
    }

    async fn update(&self, order: &RecordId, basket: &Basket) -> Result<Record, SystemError> {
        let patch = Patch([(path("LineItems"), basket.to_value())].into());
        self.vtiger.update(Module::SalesOrders, order, &patch).await
    }

    async fn fetch(&self, order: &RecordId) -> Record {
        let record = self.vtiger.fetch(Module::SalesOrders, order).await;
        record.unwrap().unwrap()
    }

    /// The operations called since they were forgotten, with what they were about.
    fn calls(&self) -> Vec<String> {
        let calls = self.crm.calls().into_iter();
        let calls = calls
            .map(|call| format!("{} {}", call.operation, call.detail))
            .collect();
        self.crm.forget_calls();
        calls
    }
}

/// What makes WooCommerce's order of that number.
fn order_patch(order: &str, basket: &Basket) -> Patch {
    let texts = [
        ("subject", "WooCommerce order #7"),
        ("sostatus", "Approved"),
        ("account_id.accountname", "Lee"),
        ("bill_street", "1 Main St"),
        ("ship_street", "1 Main St"),
        ("counterpart", order),
    ];
    let mut patch = Patch(
        texts
            .into_iter()
            .map(|(field, text)| (path(field), Value::text(text)))
            .collect(),
    );
    patch.0.insert(path("LineItems"), basket.to_value());
    patch
}

fn line(item: Item, name: &str, quantity: &str, price: &str, taxes: &[(&str, &str)]) -> Line {
    Line {
        item,
        name: name.to_owned(),
        quantity: quantity.parse().unwrap(),
        price: price.parse().unwrap(),
        taxes: taxes
            .iter()
            .map(|(tax, percentage)| ((*tax).to_owned(), percentage.parse().unwrap()))
            .collect(),
        ..Line::default()
    }
}

fn product(id: &str) -> Item {
    Item::Product(RecordId::new(id))
}

/// A basket whose adjustment brings it to this total, as the core makes them.
fn basket(taxation: Taxation, lines: Vec<Line>, total: &str) -> Basket {
    let mut basket = Basket {
        currency: "USD".to_owned(),
        lines,
        taxation,
        total: total.parse().unwrap(),
        ..Basket::default()
    };
    basket.adjustment = basket.total - basket.reckoned();
    basket
}

fn basket_of(record: &Record) -> Basket {
    Basket::of(&record.get(&path("LineItems"))).unwrap()
}

/// What Vtiger's own total is.
fn total(shop: &Shop, order: &RecordId) -> String {
    let order = shop.crm.record(order.as_str()).unwrap();
    order["hdnGrandTotal"].as_str().unwrap().to_owned()
}

/// The values of a record that a person can see, without times.
fn visible(record: &Record) -> Json {
    let mut fields = record.fields.clone();
    fields.remove("modifiedtime");
    fields.into()
}

fn rejected(field: &str) -> Fault {
    Fault::Rejected {
        field: Some(field.to_owned()),
    }
}
