//! What a sweep costs where nothing changed: calls to each system, time, and the process's memory at its peak.
//!
//! `cargo bench --bench sweep` fills both simulators with 100,000 customers, 100,000 products and 50,000 orders that are in
//! step; `-- 1000000` has a million records in all. The sweeps are run by the program as a process of its own.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark talks to the person at the terminal"
)]

mod calls;
mod clock;
mod link;
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
        "{} customers, {} products, {} orders, all in step",
        filled.customers, filled.products, filled.orders
    );
    for arguments in [&["sweep", "--full"][..], &["sweep"], &["sweep", "--changes"]] {
        measure(&filled, arguments, "").await;
    }
    filled.install_extension();
    for arguments in [&["sweep"][..], &["sweep", "--changes"]] {
        measure(&filled, arguments, ", where Vtiger has the extension").await;
    }
}

async fn measure(filled: &Filled, arguments: &[&str], remark: &str) {
    filled.forget_calls();
    let run = run::run(arguments, &filled.environment).await;
    let (shop, crm) = filled.calls();
    println!(
        "\n{}{remark}: {:.1} s, {} MB at the peak",
        arguments.join(" "),
        run.took.as_secs_f64(),
        run.peak_kb / 1024
    );
    for (system, counts) in [("the shop", shop), ("the CRM", crm)] {
        let all: usize = counts.values().sum();
        println!("    {all} calls to {system}: {}", calls::in_words(&counts));
    }
    assert!(!run.found_something, "{}", run.out);
}
