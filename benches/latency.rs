//! How long an edit takes to the other side, and how many events a second the embedded queue carries through.
//!
//! Runs the whole service between the two simulators, which answer at once: what is measured is this program.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to the person at the terminal"
)]

use std::time::{Duration, Instant};

use serde_json::json;
use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::http;
use woo_vtiger_sync::queue::Lane;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

const EDITS: usize = 200;
const CUSTOMERS: u32 = 1000;

#[tokio::main]
async fn main() {
    http::install_tls_provider();
    let options = WooCommerceOptions {
        delivery_delay: Duration::ZERO,
        ..WooCommerceOptions::default()
    };
    let shop = WooCommerceSimulator::start(options).await.unwrap();
    let crm = VtigerSimulator::start(VtigerOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("bench.sqlite").display());
    let (shop_options, crm_options) = (WooCommerceOptions::default(), VtigerOptions::default());
    let variables = [
        ("WVS_HTTP__LISTEN", "127.0.0.1:0"),
        ("WVS_DATABASE__URL", &database),
        ("WVS_SWEEP__AT_START", "false"),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__URL", &shop.url()),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_KEY",
            &shop_options.consumer_key,
        ),
        (
            "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__CONSUMER_SECRET",
            &shop_options.consumer_secret,
        ),
        ("WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET", "secret"),
        ("WVS_CONNECTIONS__SHOP__VTIGER__URL", &crm.url()),
        ("WVS_CONNECTIONS__SHOP__VTIGER__USERNAME", &crm_options.username),
        (
            "WVS_CONNECTIONS__SHOP__VTIGER__ACCESS_KEY",
            &crm_options.access_key,
        ),
        ("WVS_CONNECTIONS__SHOP__VTIGER__CALLBACK_SECRET", "secret"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, variables.into_iter()).unwrap();
    let server = Server::start(&config, SystemClock::shared(), Stage::Simulated)
        .await
        .unwrap();
    let url = format!("http://{}", server.address());
    for topic in ["customer.created", "customer.updated"] {
        shop.add_webhook(topic, &format!("{url}/webhooks/woocommerce/shop"), "secret");
    }
    crm.set_callback(&format!("{url}/webhooks/vtiger/shop"), "secret");

    let customer = shop.register_customer(json!({ "email": "a@shop.example", "last_name": "Lee" }));
    until(|| crm.records("Contacts").len() == 1).await;
    let contact = crm.records("Contacts")[0]["id"].as_str().unwrap().to_owned();

    let mut times = Vec::new();
    for nth in 0..EDITS {
        let phone = format!("to crm {nth}");
        let start = Instant::now();
        shop.edit_customer(customer, json!({ "billing": { "phone": phone } }));
        until(|| crm.record(&contact).unwrap()["phone"] == phone).await;
        times.push(start.elapsed());
    }
    tell("WooCommerce → Vtiger", times);

    let mut times = Vec::new();
    for nth in 0..EDITS {
        let phone = format!("to shop {nth}");
        let start = Instant::now();
        crm.edit_record(&contact, json!({ "phone": phone }));
        until(|| shop.customer(customer).unwrap()["billing"]["phone"] == phone).await;
        times.push(start.elapsed());
    }
    tell("Vtiger → WooCommerce", times);

    let start = Instant::now();
    for nth in 0..CUSTOMERS {
        shop.register_customer(json!({ "email": format!("b{nth}@shop.example"), "last_name": "Lee" }));
    }
    // Counting all contacts is work, too.
    while crm.records("Contacts").len() <= CUSTOMERS as usize {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let created = start.elapsed();
    while server.parts().queue.depth(Lane::Live).await.unwrap() > 0 || shop.pending_deliveries() > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!(
        "{CUSTOMERS} new customers in {created:.2?} ({:.0} a second); with all echoes {:.2?}",
        f64::from(CUSTOMERS) / created.as_secs_f64(),
        start.elapsed()
    );
    server.stop().await;
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[times.len() * share / 100];
    println!(
        "{what}: median {:.1?}, 95th percentile {:.1?}, slowest {:.1?}",
        at(50),
        at(95),
        times[times.len() - 1]
    );
}
