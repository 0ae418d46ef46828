//! What a sweep costs where nothing changed: calls to each system, time, and the process's memory at its peak.
//!
//! `cargo bench --bench sweep` fills both simulators with 100,000 customers, 100,000 products and 50,000 orders that are in
//! step; `-- 1000000` has a million records in all.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to the person at the terminal"
)]

mod clock;
mod records;
mod run;

use woo_vtiger_sync::http;

use records::Filled;

/// How many records there are in all, unless another number is asked for.
const RECORDS: usize = 250_000;

#[tokio::main]
async fn main() {
    http::install_tls_provider();
    let asked = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let records: usize = asked.unwrap_or(RECORDS);
    let filled = Filled::with(records).await;
    println!(
        "{} customers, {} products, {} orders, all in step\n",
        filled.customers, filled.products, filled.orders
    );
    println!("                        calls to the shop   to the CRM      time   peak memory");
    for (name, arguments) in [
        ("everything", &["sweep", "--full"][..]),
        ("what changed and is gone", &["sweep"]),
        ("what changed", &["sweep", "--changes"]),
    ] {
        filled.forget_calls();
        let run = run::run(arguments, &filled.environment).await;
        let (shop, crm) = filled.calls();
        println!(
            "{name:24}{shop:>17}{crm:>13}{:>9.1}s{:>11} MB",
            run.took.as_secs_f64(),
            run.peak_kb / 1024,
        );
        assert!(!run.found_something, "{}", run.out);
    }
}
