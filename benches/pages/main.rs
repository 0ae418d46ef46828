//! How long the pages take where the journal is long: the server's time for each address, over HTTP.
//!
//! `cargo bench --bench pages` fills a database with 1,000,000 entries of the journal and 250,000 links, and asks for each
//! address of [`addresses`] two hundred times. It fails where one page of twenty takes more than 50 ms. `-- 10000` has so
//! many entries, and a quarter as many links; `-- postgresql` does the same on a PostgreSQL of its own instead of SQLite.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark talks to the person at the terminal"
)]

mod addresses;
mod filled;
#[allow(dead_code, unused_imports, reason = "the tests need more of it")]
#[path = "../../tests/it/servers.rs"]
mod servers;
#[allow(dead_code, clippy::expect_used, reason = "the tests need more of it")]
#[path = "../../tests/it/visitor.rs"]
mod visitor;

use std::time::{Duration, Instant};

use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::http;

use visitor::Visitor;

/// How many entries there are, unless another number is asked for.
const ENTRIES: u32 = 1_000_000;

/// How often each page is asked for.
const TIMES: usize = 200;

/// What a page may take, but for one of twenty.
const MOST: Duration = Duration::from_millis(50);

#[actix_web::main]
async fn main() {
    http::install_tls_provider();
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let entries = asked.iter().find_map(|argument| argument.parse().ok());
    let entries = entries.unwrap_or(ENTRIES);
    let folder = tempfile::tempdir().unwrap();
    let (url, _database) = if asked.iter().any(|argument| argument == "postgresql") {
        let database = servers::database().await;
        (database.url(), Some(database))
    } else {
        let path = folder.path().join("sync.sqlite");
        (format!("sqlite:{}", path.display()), None)
    };
    let begun = Instant::now();
    filled::fill(&url, entries).await;
    println!(
        "{entries} entries of the journal and {} links, written in {:.0} s",
        entries / 4,
        begun.elapsed().as_secs_f64()
    );
    let environment = variables(&url);
    let config = Config::load(None, environment.into_iter()).unwrap();
    let server = Server::start(&config, SystemClock::shared(), Stage::Real)
        .await
        .unwrap();
    let visitor = Visitor::admin(&server).await;
    let mut is_slow = false;
    println!("{:>9} {:>9} {:>9}", "median", "95 %", "slowest");
    for (name, address) in addresses::all(&visitor).await {
        let times = measured(&visitor, &address).await;
        let [median, usual, slowest] = [TIMES / 2, TIMES * 95 / 100, TIMES - 1].map(|nth| times[nth]);
        is_slow |= usual > MOST;
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
        let mark = if usual > MOST { "TOO SLOW " } else { "" };
        println!(
            "{:>9} {:>9} {:>9}  {mark}{name}: {address}",
            ms(median),
            ms(usual),
            ms(slowest)
        );
    }
    server.stop().await;
    assert!(!is_slow, "a page takes too long");
}

/// How long a page took each time, in their order.
async fn measured(visitor: &Visitor, address: &str) -> Vec<Duration> {
    visitor.page(address).await;
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        visitor.page(address).await;
        times.push(begun.elapsed());
    }
    times.sort();
    times
}

/// Two connections of systems that are not there: only pages are served.
fn variables(url: &str) -> Vec<(String, String)> {
    let mut variables = vec![
        ("WVS_DATABASE__URL".to_owned(), url.to_owned()),
        ("WVS_SWEEP__AT_START".to_owned(), "false".to_owned()),
        ("WVS_SWEEP__INTERVAL".to_owned(), "24h".to_owned()),
        ("WVS_HTTP__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
    ];
    for connection in filled::CONNECTIONS {
        let of_connection = [
            ("WOOCOMMERCE__URL", "https://shop.invalid/"),
            ("WOOCOMMERCE__CONSUMER_KEY", "ck_key"),
            ("WOOCOMMERCE__CONSUMER_SECRET", "cs_secret"),
            ("WOOCOMMERCE__WEBHOOK_SECRET", "webhook-secret"),
            ("VTIGER__URL", "https://crm.invalid/"),
            ("VTIGER__USERNAME", "sync"),
            ("VTIGER__ACCESS_KEY", "key"),
            ("VTIGER__CALLBACK_SECRET", "callback-secret"),
        ];
        let connection = connection.to_uppercase();
        variables.extend(
            of_connection
                .map(|(key, value)| (format!("WVS_CONNECTIONS__{connection}__{key}"), value.to_owned())),
        );
    }
    variables
}
