//! Two simulators full of records that are in step.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::calls::{self, Counts};
use super::clock::EarlierClock;
use super::link::link_all;

/// How long the systems may take to answer: a simulator looks through all its records for what changed.
const TIMEOUT: &str = "120s";

/// The time in which the records were made, one after the other.
const HISTORY: Duration = Duration::from_hours(365 * 24);

/// How long ago the last one was made.
const SINCE: Duration = Duration::from_hours(3);

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
        let clock = Arc::new(EarlierClock::set_back(HISTORY + SINCE));
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
        filled.fill(&clock, HISTORY / u32::try_from(records).unwrap());
        clock.set_right();
        link_all(&filled.environment).await;
        filled
    }

    /// Fills both systems in the same order. So much time passes between two records.
    fn fill(&self, clock: &EarlierClock, time: Duration) {
        let account = self
            .crm
            .add_record("Accounts", json!({ "accountname": "Example Ltd" }));
        let customer = self.shop.register_customer(json!({
            "email": "c0@shop.example", "first_name": "Ann", "last_name": "Example", "role": "customer",
            "billing": { "first_name": "Ann", "last_name": "Example", "address_1": "1 Main St", "city": "Berkeley",
                         "postcode": "94607", "country": "US", "state": "CA", "phone": "555 0100" },
        }));
        let contact = self.crm.add_record(
            "Contacts",
            json!({ "email": "c0@shop.example", "firstname": "Ann", "lastname": "Example", "mailingstreet": "1 Main St",
                    "mailingcity": "Berkeley", "phone": "555 0100" }),
        );
        for nth in 1..self.customers {
            clock.pass(time);
            let email = format!("c{nth}@shop.example");
            self.shop
                .copy_customer(customer, json!({ "email": email, "username": email }))
                .unwrap();
            self.crm
                .copy_record(&contact, &json!({ "email": email }))
                .unwrap();
        }
        let product = self.shop.add_product(json!({
            "name": "Cup", "sku": "SKU-0", "regular_price": "9.90",
            "description": "<p>Made <em>by hand</em>, as ever.</p>",
        }));
        let in_crm = self.crm.add_record(
            "Products",
            json!({ "productname": "Cup", "productcode": "SKU-0", "unit_price": "9.90",
                    "description": "Made by hand, as ever.", "discontinued": "1" }),
        );
        for nth in 1..self.products {
            clock.pass(time);
            let sku = format!("SKU-{nth}");
            self.shop.copy_product(product, json!({ "sku": sku })).unwrap();
            self.crm
                .copy_record(&in_crm, &json!({ "productcode": sku }))
                .unwrap();
        }
        let order = self.shop.place_order(json!({
            "customer_id": customer, "line_items": [{ "product_id": product, "quantity": 1 }],
            "billing": { "first_name": "Ann", "last_name": "Example", "email": "c0@shop.example" },
        }));
        let sales_order = self.crm.add_record(
            "SalesOrder",
            json!({
                "subject": "WooCommerce order", "vtiger_purchaseorder": format!("shop #{order}"),
                "account_id": account, "sostatus": "Created", "invoicestatus": "Created",
                "bill_street": "1 Main St", "ship_street": "1 Main St",
                "LineItems": [{ "productid": in_crm, "quantity": "1", "listprice": "9.90" }],
            }),
        );
        for _ in 1..self.orders {
            clock.pass(time);
            let copy = self.shop.copy_order(order, json!({})).unwrap();
            let reference = format!("shop #{copy}");
            self.crm
                .copy_record(&sales_order, &json!({ "vtiger_purchaseorder": reference }))
                .unwrap();
        }
    }

    pub(crate) fn forget_calls(&self) {
        self.shop.forget_calls();
        self.crm.forget_calls();
    }

    /// How many calls the shop and the CRM have had.
    pub(crate) fn calls(&self) -> (Counts, Counts) {
        (
            calls::of_shop(&self.shop.calls()),
            calls::of_crm(&self.crm.calls()),
        )
    }

    /// From now on the CRM has the extension.
    pub(crate) fn install_extension(&self) {
        self.crm.install_extension();
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
