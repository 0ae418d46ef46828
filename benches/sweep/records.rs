//! Two simulators full of records that are in step.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::{SystemClock, Timestamp};
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::store::{Commit, Link, Place};
use woo_vtiger_sync::sync::{Module, ModuleSettings, Record, Sides, advance};
use woo_vtiger_sync::system::System;

use super::clock::EarlierClock;

/// How long the systems may take to answer: a simulator looks through all its records for each page.
const TIMEOUT: &str = "120s";

/// A shop and a CRM that are in step, and a program's database that knows it.
pub(crate) struct Filled {
    shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    /// Of the program.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) customers: usize,
    pub(crate) products: usize,
    pub(crate) orders: usize,
    _folder: TempDir,
}

impl Filled {
    /// Two fifths of so many records are customers, two products, one is orders.
    pub(crate) async fn with(records: usize) -> Self {
        let clock = Arc::new(EarlierClock::hours_ago(3));
        let shop = WooCommerceSimulator::start(WooCommerceOptions {
            clock: Arc::<EarlierClock>::clone(&clock),
            delivery_delay: Duration::ZERO,
            ..WooCommerceOptions::default()
        });
        let crm = VtigerSimulator::start(VtigerOptions {
            clock: Arc::<EarlierClock>::clone(&clock),
            ..VtigerOptions::default()
        });
        let (shop, crm) = (shop.await.unwrap(), crm.await.unwrap());
        let folder = tempfile::tempdir().unwrap();
        let environment = environment(&shop.url(), &crm.url(), &folder);
        let filled = Self {
            customers: records * 2 / 5,
            products: records * 2 / 5,
            orders: records / 5,
            shop,
            crm,
            environment,
            _folder: folder,
        };
        filled.fill();
        clock.set_right();
        filled.link().await;
        filled
    }

    fn fill(&self) {
        let account = self
            .crm
            .add_record("Accounts", json!({ "accountname": "Example Ltd" }));
        for nth in 0..self.customers {
            let email = format!("c{nth}@shop.example");
            let (first, last) = (format!("Ann {nth}"), "Example");
            self.shop.register_customer(json!({
                "email": email, "first_name": first, "last_name": last, "role": "customer",
                "billing": { "first_name": first, "last_name": last, "address_1": "1 Main St", "city": "Berkeley",
                             "postcode": "94607", "country": "US", "state": "CA", "phone": "555 0100" },
            }));
            self.crm.add_record(
                "Contacts",
                json!({ "email": email, "firstname": first, "lastname": last, "mailingstreet": "1 Main St",
                        "mailingcity": "Berkeley", "phone": "555 0100" }),
            );
        }
        let mut product = (0, String::new());
        for nth in 0..self.products {
            let (name, sku) = (format!("Product {nth}"), format!("SKU-{nth}"));
            let fields = json!({ "name": name, "sku": sku, "regular_price": "9.90",
                                 "description": "<p>Made <em>by hand</em>, as ever.</p>" });
            let fields_in_crm = json!({ "productname": name, "productcode": sku, "unit_price": "9.90",
                                        "description": "Made by hand, as ever.", "discontinued": "1" });
            product = (
                self.shop.add_product(fields),
                self.crm.add_record("Products", fields_in_crm),
            );
        }
        for nth in 0..self.orders {
            let line = json!({ "product_id": product.0, "quantity": 1 });
            let order = self.shop.place_order(json!({
                "customer_id": 2, "line_items": [line],
                "billing": { "first_name": "Ann", "last_name": "Example", "email": "c0@shop.example" },
            }));
            self.crm.add_record(
                "SalesOrder",
                json!({
                    "subject": format!("WooCommerce order #{nth}"), "vtiger_purchaseorder": format!("shop #{order}"),
                    "account_id": account, "sostatus": "Created", "invoicestatus": "Created",
                    "bill_street": "1 Main St", "ship_street": "1 Main St",
                    "LineItems": [{ "productid": product.1, "quantity": "1", "listprice": "9.90" }],
                }),
            );
        }
    }

    /// Writes down which record is which, as if all had been brought into step.
    async fn link(&self) {
        let config = Config::load(None, self.environment.clone().into_iter()).unwrap();
        let parts = Parts::open(&config, SystemClock::shared()).await.unwrap();
        let systems = &parts.systems["shop"];
        for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
            let at = Place {
                connection: "shop".to_owned(),
                module,
            };
            let settings = parts.store.settings(&at).await.unwrap().unwrap();
            let shop = all(&*systems.woocommerce, module).await;
            let crm = all(&*systems.vtiger, module).await;
            assert_eq!(shop.len(), crm.len(), "{module}");
            // Both were filled in the same order.
            let pairs: HashMap<usize, (Record, Record)> = shop.into_iter().zip(crm).enumerate().collect();
            for (woocommerce, vtiger) in pairs.into_values() {
                let commit = Commit {
                    at: at.clone(),
                    now: parts.clock.now(),
                    link: Some(link(&settings, &Sides { woocommerce, vtiger })),
                    entries: Vec::new(),
                    created: None,
                    fence: None,
                    run: None,
                };
                parts.store.commit(&commit).await.unwrap();
            }
        }
        parts.close().await;
    }

    pub(crate) fn forget_calls(&self) {
        self.shop.forget_calls();
        self.crm.forget_calls();
    }

    /// How many calls each of the two has had.
    pub(crate) fn calls(&self) -> (usize, usize) {
        (self.shop.calls().len(), self.crm.calls().len())
    }
}

fn link(settings: &ModuleSettings, records: &Sides<Record>) -> Link {
    let ids = Sides {
        woocommerce: records.woocommerce.id.clone(),
        vtiger: records.vtiger.id.clone(),
    };
    // The end of the second in which it was last changed, as it was looked at long afterwards.
    let seen = |record: &Record| {
        record
            .modified
            .map(|at| Timestamp::from_millis(at.as_millis() + 999))
    };
    let key = records
        .woocommerce
        .fields
        .get("email")
        .and_then(|email| email.as_str());
    let references = Sides {
        woocommerce: &records.woocommerce,
        vtiger: &records.vtiger,
    };
    Link {
        base: advance(settings, references),
        modified: Sides {
            woocommerce: seen(&records.woocommerce),
            vtiger: seen(&records.vtiger),
        },
        ..Link::new(ids, key.unwrap_or_default())
    }
}

/// All of a module's records.
async fn all(system: &dyn System, module: Module) -> Vec<Record> {
    let mut records = Vec::new();
    let mut cursor = None;
    loop {
        let page = system.page(module, cursor.as_deref()).await.unwrap();
        records.extend(page.records);
        cursor = page.next;
        if cursor.is_none() {
            return records;
        }
    }
}

fn environment(shop: &str, crm: &str, folder: &TempDir) -> Vec<(String, String)> {
    let (shop_options, crm_options) = (WooCommerceOptions::default(), VtigerOptions::default());
    let database = format!("sqlite:{}", folder.path().join("bench.sqlite").display());
    [
        ("WVS_DATABASE__URL", database.as_str()),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL", shop),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__TIMEOUT", TIMEOUT),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY",
            &shop_options.consumer_key,
        ),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET",
            &shop_options.consumer_secret,
        ),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET", "secret"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__URL", crm),
        ("WVS_CONNECTIONS__SHOP__VTIGER__TIMEOUT", TIMEOUT),
        ("WVS_CONNECTIONS__SHOP__VTIGER__TIME_ZONE_OFFSET", "+00:00"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__USERNAME", &crm_options.username),
        (
            "WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY",
            &crm_options.access_key,
        ),
        ("WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET", "secret"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}
