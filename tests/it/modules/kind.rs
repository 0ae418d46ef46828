//! How the tests make, edit, delete and find a module's records on each side.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value as Json, json};
use woo_vtiger_sync::sync::{Module, Side};

use crate::scene::{Scene, ann, billing_of};

/// A module, by what people do with its records.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) module: Module,
    /// Vtiger's name of the module.
    element: &'static str,
    /// Vtiger's field of the text that is edited.
    field: &'static str,
}

pub(super) const KINDS: [Kind; 3] = [
    Kind {
        module: Module::Contacts,
        element: "Contacts",
        field: "phone",
    },
    Kind {
        module: Module::Products,
        element: "Products",
        field: "productname",
    },
    Kind {
        module: Module::SalesOrders,
        element: "SalesOrder",
        field: "description",
    },
];

const ANN: &str = "ann@shop.example";
const SKU: &str = "DESK";

static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Kind {
    /// What an order needs: somebody who buys, and something to buy.
    pub(super) async fn prepare(&self, scene: &Scene) {
        if self.module == Module::SalesOrders {
            scene.shop.register_customer(ann(ANN));
            scene
                .shop
                .add_product(json!({ "name": "Desk", "sku": SKU, "regular_price": "50" }));
            scene.quiet().await;
        }
    }

    pub(super) fn create(&self, scene: &Scene, side: Side) -> String {
        let nth = NUMBER.fetch_add(1, Ordering::Relaxed);
        match (self.module, side) {
            (Module::Contacts, Side::WooCommerce) => scene
                .shop
                .register_customer(ann(&format!("new{nth}@shop.example")))
                .to_string(),
            (Module::Contacts, _) => scene.crm.add_record(
                self.element,
                json!({ "email": format!("new{nth}@shop.example"), "firstname": "Ann", "lastname": "Lee" }),
            ),
            (Module::Products, Side::WooCommerce) => scene
                .shop
                .add_product(
                    json!({ "name": "Lamp", "sku": format!("LAMP-{nth}"), "regular_price": "12.50" }),
                )
                .to_string(),
            (Module::Products, _) => scene.crm.add_record(
                self.element,
                json!({ "productname": "Lamp", "productcode": format!("LAMP-{nth}"), "unit_price": "12.50",
                        "discontinued": "1" }),
            ),
            (_, Side::WooCommerce) => scene.shop.place_order(order(scene)).to_string(),
            (_, Side::Vtiger) => scene.crm.add_record(self.element, sales_order(scene)),
        }
    }

    /// The shop's records and the CRM's, how many there are.
    pub(super) fn counts(&self, scene: &Scene) -> (usize, usize) {
        let shop = match self.module {
            Module::Contacts => scene.shop.customers().len(),
            Module::Products => {
                let products = scene.shop.products();
                products
                    .iter()
                    .filter(|product| product["status"] != "trash")
                    .count()
            }
            _ => {
                let orders = scene.shop.orders();
                orders.iter().filter(|order| order["status"] != "trash").count()
            }
        };
        (shop, scene.crm.records(self.element).len())
    }

    pub(super) fn edit(&self, scene: &Scene, side: Side, id: &str, text: &str) {
        match (self.module, side) {
            (_, Side::Vtiger) => {
                assert!(scene.crm.edit_record(id, json!({ (self.field): text })));
            }
            (Module::Contacts, _) => {
                let fields = json!({ "billing": { "phone": text } });
                assert!(scene.shop.edit_customer(number(id), fields));
            }
            (Module::Products, _) => {
                assert!(scene.shop.edit_product(number(id), json!({ "name": text })));
            }
            _ => assert!(
                scene
                    .shop
                    .edit_order(number(id), json!({ "customer_note": text }))
            ),
        }
    }

    /// Saves a record as it is.
    pub(super) fn save(&self, scene: &Scene, side: Side, id: &str) {
        match (self.module, side) {
            (_, Side::Vtiger) => assert!(scene.crm.edit_record(id, json!({}))),
            (Module::Contacts, _) => assert!(scene.shop.edit_customer(number(id), json!({}))),
            (Module::Products, _) => assert!(scene.shop.edit_product(number(id), json!({}))),
            _ => assert!(scene.shop.edit_order(number(id), json!({}))),
        }
    }

    pub(super) fn delete(&self, scene: &Scene, side: Side, id: &str) {
        match (self.module, side) {
            (_, Side::Vtiger) => assert!(scene.crm.delete_record(id)),
            (Module::Contacts, _) => assert!(scene.shop.delete_customer(number(id))),
            (Module::Products, _) => assert!(scene.shop.trash_product(number(id))),
            _ => assert!(scene.shop.trash_order(number(id))),
        }
    }

    pub(super) fn restore(&self, scene: &Scene, side: Side, id: &str) {
        match (self.module, side) {
            (_, Side::Vtiger) => assert!(scene.crm.restore_record(id)),
            (Module::Contacts, _) => panic!("a customer can't be restored"),
            (Module::Products, _) => assert!(scene.shop.restore_product(number(id))),
            _ => assert!(scene.shop.restore_order(number(id))),
        }
    }

    pub(super) fn is_there(&self, scene: &Scene, side: Side, id: &str) -> bool {
        self.find(scene, side, id).is_some()
    }

    /// The text that is edited, as a side shows it.
    pub(super) fn text(&self, scene: &Scene, side: Side, id: &str) -> String {
        let record = self.find(scene, side, id).expect("the record");
        let text = match (self.module, side) {
            (_, Side::Vtiger) => &record[self.field],
            (Module::Contacts, _) => &record["billing"]["phone"],
            (Module::Products, _) => &record["name"],
            _ => &record["customer_note"],
        };
        text.as_str().unwrap_or_default().to_owned()
    }

    fn find(&self, scene: &Scene, side: Side, id: &str) -> Option<Json> {
        let found = match (self.module, side) {
            (_, Side::Vtiger) => scene.crm.record(id),
            (Module::Contacts, _) => scene.shop.customer(number(id)),
            (Module::Products, _) => scene.shop.product(number(id)),
            _ => scene.shop.order(number(id)),
        };
        found.filter(|record| record["status"] != "trash")
    }

    /// The id of the record on the other side, by what the two should find each other by.
    pub(super) fn counterpart(&self, scene: &Scene, side: Side, id: &str) -> Option<String> {
        let record = self.find(scene, side, id)?;
        let records = match (self.module, side) {
            (_, Side::WooCommerce) => scene.crm.records(self.element),
            (Module::Contacts, _) => scene.shop.customers(),
            (Module::Products, _) => scene.shop.products(),
            _ => scene.shop.orders(),
        };
        let is_it = |other: &&Json| match (self.module, side) {
            (Module::Contacts, _) => other["email"] == record["email"],
            (Module::Products, Side::WooCommerce) => other["productcode"] == record["sku"],
            (Module::Products, _) => other["sku"] == record["productcode"],
            // Whichever of the two was made from the other keeps its id.
            (_, Side::WooCommerce) => {
                let is_of_shop = other["vtiger_purchaseorder"] == format!("shop #{id}");
                is_of_shop || meta(&record) == other["id"].as_str()
            }
            (_, Side::Vtiger) => {
                let mark = format!("shop #{}", other["id"]);
                meta(other) == Some(id) || record["vtiger_purchaseorder"] == mark
            }
        };
        let mut found = records
            .iter()
            .filter(is_it)
            .filter(|other| other["status"] != "trash");
        let other = found.next()?;
        assert!(
            found.next().is_none(),
            "{} {id} of {side} is there once",
            self.module
        );
        Some(match &other["id"] {
            Json::String(id) => id.clone(),
            id => id.to_string(),
        })
    }
}

/// The CRM's order that an order of the shop was made from.
fn meta(order: &Json) -> Option<&str> {
    let entries = order["meta_data"].as_array()?;
    let entry = entries
        .iter()
        .find(|entry| entry["key"] == "_vtiger_salesorder")?;
    entry["value"].as_str()
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

fn order(scene: &Scene) -> Json {
    let customer = scene.customer(ANN).expect("a customer");
    let product = &scene.shop.products()[0];
    json!({
        "customer_id": customer["id"], "billing": billing_of(&customer), "customer_note": "none",
        "line_items": [{ "product_id": product["id"], "name": "Desk", "quantity": 2, "subtotal": "100.00",
                         "total": "100.00" }],
    })
}

fn sales_order(scene: &Scene) -> Json {
    let contact = scene.contact(ANN).expect("a contact");
    let products = scene.crm.records("Products");
    let product = products
        .iter()
        .find(|product| product["productcode"] == SKU)
        .expect("a product");
    let account = scene
        .crm
        .records("Accounts")
        .first()
        .map(|account| account["id"].clone());
    let account = account.unwrap_or_else(|| {
        json!(
            scene
                .crm
                .add_record("Accounts", json!({ "accountname": "Lee & Sons" }))
        )
    });
    json!({
        "subject": "By phone", "sostatus": "Created", "account_id": account, "contact_id": contact["id"],
        "bill_street": "1 Main St", "ship_street": "1 Main St", "invoicestatus": "Created",
        "hdnTaxType": "group", "currency_id": "21x1", "conversion_rate": "1", "description": "none",
        "productid": product["id"],
        "LineItems": [{ "productid": product["id"], "quantity": "2", "listprice": "50" }],
    })
}
