//! The first sync of a shop and a CRM that have records of years.

mod commands;
mod kills;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use crate::scene::{set, variables};
use crate::stack::Stack;

/// How the API is reached.
const TOKEN: &str = "a-token-for-tests";

/// A shop and a CRM, each with records of its own, some of which are the other's, too. Nothing of it is in step.
struct Years {
    shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    stack: Stack,
    size: usize,
}

impl Years {
    /// With about so many records.
    async fn of(size: usize) -> Self {
        http::install_tls_provider();
        let shop = WooCommerceSimulator::start(WooCommerceOptions::default())
            .await
            .unwrap();
        let crm = VtigerSimulator::start(VtigerOptions::default()).await.unwrap();
        let years = Self {
            shop,
            crm,
            stack: Stack::empty().await,
            size,
        };
        years.fill();
        years
    }

    /// A share of all, in percent.
    const fn share(&self, percent: usize) -> usize {
        self.size * percent / 100
    }

    fn fill(&self) {
        let mut products = Vec::new();
        for nth in 0..self.share(20) {
            products.push(self.shop.add_product(json!({
                "name": format!("Cup {nth}"), "sku": format!("CUP-{nth}"), "regular_price": "3.50",
            })));
        }
        let mut customers = Vec::new();
        for nth in 0..self.share(30) {
            customers.push(self.shop.register_customer(json!({
                "email": format!("c{nth}@shop.example"), "first_name": "Ann", "last_name": format!("Lee {nth}"),
            })));
        }
        for nth in 0..self.share(20) {
            let (customer, product) = (
                customers[nth * 7 % customers.len()],
                products[nth * 5 % products.len()],
            );
            self.shop.place_order(json!({
                "customer_id": customer,
                "billing": {
                    "first_name": "Ann", "last_name": "Lee",
                    "email": format!("c{}@shop.example", nth * 7 % customers.len()),
                },
                "line_items": [{ "product_id": product, "quantity": 2 }],
            }));
        }
        // Every second one is in the shop, too.
        for nth in 0..self.share(20) {
            let email = if nth % 2 == 0 {
                format!("C{nth}@shop.example")
            } else {
                format!("v{nth}@crm.example")
            };
            let contact = json!({ "lastname": format!("Lee {nth}"), "firstname": "Ann", "email": email });
            self.crm.add_record("Contacts", contact);
        }
        for nth in 0..self.share(10) {
            let code = if nth % 2 == 0 {
                format!("CUP-{nth}")
            } else {
                format!("PLATE-{nth}")
            };
            let product = json!({
                "productname": format!("Cup {nth}"), "productcode": code, "unit_price": "3.5", "discontinued": "1",
            });
            self.crm.add_record("Products", product);
        }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut variables = variables(&self.shop.url(), &self.crm.url(), Path::new(""));
        set(&mut variables, self.stack.variables());
        // Nobody waits long for the leases of who was killed.
        variables.push(("WVS_WORKER__LEASE".to_owned(), "2s".to_owned()));
        variables.push(("WVS_HTTP__API_TOKEN".to_owned(), TOKEN.to_owned()));
        variables
    }

    /// Fails unless all is there once on either side.
    fn assert_complete(&self) {
        let contacts = self.share(30) + self.share(20) / 2;
        let emails = |records: Vec<Json>| count(&records, |record| text(record, "email").to_lowercase());
        let shop = emails(self.shop.customers());
        assert_eq!(shop.len(), contacts);
        assert_eq!(shop, emails(self.crm.records("Contacts")));
        assert!(shop.values().all(|number| *number == 1), "{shop:?}");

        let products = self.share(20) + self.share(10) / 2;
        let shop = count(&self.shop.products(), |product| {
            text(product, "sku").to_lowercase()
        });
        let crm = count(&self.crm.records("Products"), |product| {
            text(product, "productcode").to_lowercase()
        });
        assert_eq!(shop.len(), products);
        // Shipping is a service, and here none is charged.
        assert_eq!(shop, crm);
        assert!(shop.values().all(|number| *number == 1), "{shop:?}");

        let shop = count(&self.shop.orders(), |order| format!("shop #{}", order["id"]));
        let crm = count(&self.crm.records("SalesOrder"), |order| {
            text(order, "vtiger_purchaseorder").to_owned()
        });
        assert_eq!(shop.len(), self.share(20));
        assert_eq!(shop, crm);
        assert_eq!(self.shop.overlapping_writes(), [""; 0]);
        assert_eq!(self.crm.overlapping_writes(), [""; 0]);
    }

    async fn leave(self) {
        self.shop.stop().await;
        self.crm.stop().await;
    }
}

fn text<'a>(record: &'a Json, name: &str) -> &'a str {
    record[name].as_str().unwrap()
}

fn count(records: &[Json], key: impl Fn(&Json) -> String) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(key(record)).or_default() += 1;
    }
    counts
}
