//! The extension at work: orders of the shop written through it to a Vtiger, the simulated one or an installed one.
//!
//! `WVS_TEST_VTIGER="<address> <user> <access key>" WVS_TEST_ORDERS=1000 cargo test --release --test it installed::` takes an
//! installation with the extension, whose contacts, organizations and products it adds to; its orders are deleted.

use rust_decimal::Decimal;
use serde_json::Value as Json;
use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::http;
use woo_vtiger_sync::queue::Lane;
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::sweep::Scope;
use woo_vtiger_sync::sync::{FieldPath, Module, Patch, Record, RecordId, Side};

use crate::order_generator::Generator;
use crate::sales_orders::amount;
use crate::scene::{asked, place, variables, wait_until};

/// How many orders are written where no other number is asked for.
const ORDERS: u64 = 60;

/// Where the Vtiger is, and who works with it.
struct Installation {
    url: String,
    username: String,
    access_key: String,
    /// The simulated one, where no other is named.
    simulated: Option<VtigerSimulator>,
}

impl Installation {
    async fn find() -> Self {
        if let Some(named) = std::env::var_os("WVS_TEST_VTIGER") {
            let words: Vec<&str> = named.to_str().unwrap().split_whitespace().collect();
            let [url, username, access_key] = words.try_into().expect("address, user and access key");
            return Self {
                url: url.to_owned(),
                username: username.to_owned(),
                access_key: access_key.to_owned(),
                simulated: None,
            };
        }
        let options = VtigerOptions {
            kind: VtigerKind::Extended,
            ..VtigerOptions::default()
        };
        let (username, access_key) = (options.username.clone(), options.access_key.clone());
        let crm = VtigerSimulator::start(options).await.unwrap();
        Self {
            url: crm.url(),
            username,
            access_key,
            simulated: Some(crm),
        }
    }
}

async fn sweep(server: &Server) {
    for module in Module::ALL {
        let parts = server.parts();
        parts
            .roster
            .get("shop")
            .unwrap()
            .sweeper
            .clone()
            .sweep(&place(module), Scope::Full)
            .await
            .unwrap();
        loop {
            let depth = async || {
                let mut depth = 0;
                for lane in Lane::ALL {
                    depth += parts.queue.depth(lane).await.unwrap();
                }
                depth
            };
            let before = depth().await;
            if before == 0 {
                break;
            }
            wait_until("an event is dealt with", async || depth().await != before).await;
        }
    }
}

/// The one order of the CRM that this order of the shop was made to.
async fn arrived(server: &Server, order: &Json) -> Record {
    let (crm, store) = (
        &server.parts().roster.get("shop").unwrap().systems.clone().vtiger,
        &server.parts().store,
    );
    let (id, at) = (RecordId::new(order["id"].to_string()), place(Module::SalesOrders));
    let mut found = crm.find(at.module, id.as_str(), None).await.unwrap();
    let last = store.entries_of(&at, Side::WooCommerce, &id, 1).await.unwrap();
    assert_eq!(found.len(), 1, "the order {id} is there once: {last:?}");
    let found = found.remove(0);
    // The whole order, as others read it.
    let whole = crm.fetch(Module::SalesOrders, &found.id).await.unwrap();
    whole.expect("an order that was just found")
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_have_the_shops_total_and_writing_them_twice_changes_nothing() {
    http::install_tls_provider();
    let crm = Installation::find().await;
    let shop = WooCommerceSimulator::start(WooCommerceOptions::default())
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut variables = variables(&shop.url(), &crm.url, folder.path());
    for (name, value) in &mut variables {
        match name.rsplit("__").next() {
            Some("USERNAME") => value.clone_from(&crm.username),
            Some("ACCESS_KEY") => value.clone_from(&crm.access_key),
            _ => {}
        }
    }
    // What else there is in the CRM is no concern of the shop's.
    let settings = ["contacts", "products", "sales_orders"]
        .map(|module| format!("[connections.shop.modules.{module}]\ndirection = \"to_vtiger\"\n"));
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, settings.concat()).unwrap();
    let config = Config::load(Some(&file), variables.into_iter()).unwrap();
    let server = Server::start(&config, SystemClock::shared(), Stage::Simulated)
        .await
        .unwrap();
    let made_up = Generator::with_own_catalogue(11).catalogue().put_into(&shop);
    let mut generator = Generator::new(11, made_up);
    for _ in 0..asked("WVS_TEST_ORDERS").unwrap_or(ORDERS) {
        shop.place_order(generator.order());
    }

    sweep(&server).await;

    let vtiger = &server.parts().roster.get("shop").unwrap().systems.clone().vtiger;
    let lines = FieldPath::parse("LineItems").unwrap();
    let total = FieldPath::parse("hdnGrandTotal").unwrap();
    let half_a_cent = Decimal::new(5, 3);
    let mut written = Vec::new();
    for order in shop.orders() {
        let record = arrived(&server, &order).await;
        let there: Decimal = record.get(&total).to_string().parse().unwrap();
        let difference = (there - amount(&order["total"])).abs();
        assert!(difference < half_a_cent, "{}: {there}", order["total"]);
        written.push(record);
    }
    for record in &written {
        let again = Patch([(lines.clone(), record.get(&lines))].into());
        let again = vtiger.update(Module::SalesOrders, &record.id, &again).await;
        assert_eq!(&again.unwrap(), record, "written twice");
    }
    for record in &written {
        vtiger.delete(Module::SalesOrders, &record.id).await.unwrap();
    }
    server.stop().await;
    shop.stop().await;
    if let Some(simulated) = crm.simulated {
        simulated.stop().await;
    }
}
