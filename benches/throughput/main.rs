//! How much the service carries as several processes on RabbitMQ and PostgreSQL, and what that costs.
//!
//! Starts the program in its roles between the two simulators, on servers of the tests' own, and prints how many webhooks
//! a second it takes beside what the broker and the HTTP server alone would take, how long an edit takes to the CRM, what
//! an event costs, and how much more several workers get done than one.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark talks to the person at the terminal"
)]

mod floor;
mod load;
mod process;
mod scene;
#[allow(dead_code, unused_imports, reason = "the tests need more of it")]
#[path = "../../tests/it/servers.rs"]
mod servers;

use std::sync::Arc;
use std::time::Duration;

use woo_vtiger_sync::http;

use load::{Measured, signed};
use process::{Process, cpu};
use scene::{CONNECTION, Scene, WEBHOOK_SECRET};

/// How long each kind of ingress is under load.
const LOAD: Duration = Duration::from_secs(8);
/// How many connections bring webhooks meanwhile.
const SENDERS: usize = 64;
/// A shop's webhook as WooCommerce sent it.
const ORDER: &str = include_str!("../../tests/fixtures/woo/webhooks/order.created.json");

/// How many edits a second are brought to the CRM, and how many in all.
const PACE: (u32, u32) = (50, 750);
/// How long each call to one of the two systems takes where latency decides.
const LATENCY: Duration = Duration::from_millis(50);
/// How many customers are edited for each worker there.
const EACH: usize = 200;

fn main() {
    http::install_tls_provider();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [role, url, queue, listen] if role == floor::ROLE => runtime.block_on(floor::run(url, queue, listen)),
        _ => runtime.block_on(measure()),
    }
}

async fn measure() {
    let (database, broker) = (servers::database().await, servers::broker().await);
    println!("load of the machine at the start: {}", machine_load());

    let scene = Scene::open(
        &database.url(),
        &broker.url(),
        &format!("{}edits", broker.prefix()),
    )
    .await;
    let scene = Arc::new(scene);
    measure_ingress(&broker.url(), &format!("{}floor", broker.prefix()), &scene).await;
    measure_edits(&scene).await;
    measure_scaling(&scene).await;

    println!("\nload of the machine at the end: {}", machine_load());
}

async fn measure_ingress(broker: &str, queue: &str, scene: &Scene) {
    let recorded: serde_json::Value = serde_json::from_str(ORDER).unwrap();
    let body = recorded["body_text"].as_str().unwrap();
    let head = format!(
        "POST /webhooks/woocommerce/{CONNECTION} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n\
         X-WC-Webhook-Topic: order.updated\r\nX-WC-Webhook-Signature: {}\r\nContent-Length: {}\r\n\r\n",
        signed(WEBHOOK_SECRET, body),
        body.len(),
    );
    println!(
        "\norder webhooks of {} bytes at {SENDERS} connections",
        body.len()
    );
    println!(
        "{:<28}{:>12}{:>10}{:>10}{:>14}",
        "", "requests/s", "p50", "p99", "CPU/request"
    );
    let request = format!("{head}{body}");
    let tell = |what: &str, measured: &Measured| {
        let (p50, p99) = (measured.at(50), measured.at(99));
        let rate = measured.rate();
        println!(
            "{what:<28}{rate:>12.0}{p50:>10.1?}{p99:>10.1?}{:>14.1?}",
            measured.cpu()
        );
        rate
    };

    scene.create_queue(queue).await;
    let floor = Process::again(floor::ROLE, broker, queue).await;
    let floor_rate = tell(
        "publish and confirm alone",
        &load::run(&floor, &request, SENDERS, LOAD).await,
    );
    drop(floor);
    scene.purge(queue).await;

    let ingress = scene.start("ingress", &[]).await;
    let rate = tell("ingress", &load::run(&ingress, &request, SENDERS, LOAD).await);
    drop(ingress);
    scene.purge(&scene.live_queue()).await;
    println!(
        "the ingress reaches {:.0} % of what is possible",
        100.0 * rate / floor_rate
    );
}

async fn measure_edits(scene: &Arc<Scene>) {
    let ingress = scene.start("ingress", &[]).await;
    let workers = [scene.start("worker", &[]).await, scene.start("worker", &[]).await];
    scene.post_to(&ingress);
    let customers = scene.register(&ingress, 500).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Twice: whatever is done only once is done after the first time.
    scene.edit_at(&ingress, &customers, PACE.0, 100).await;
    tokio::time::sleep(Duration::from_secs(2)).await;

    let processes = [&ingress, &workers[0], &workers[1]];
    let before = processes.map(cpu);
    let times = scene.edit_at(&ingress, &customers, PACE.0, PACE.1).await;
    // The echoes are part of what an edit costs.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = processes.map(cpu);

    let measured = Measured::of(times);
    println!(
        "\nedits of customers to the CRM at {} a second, two workers",
        PACE.0
    );
    println!(
        "{:<28}p50 {:.1?}, p99 {:.1?}",
        "until the CRM shows them",
        measured.at(50),
        measured.at(99)
    );
    let spent = |index: usize| after[index].saturating_sub(before[index]) / PACE.1;
    println!(
        "{:<28}{:.2?} (ingress {:.2?}, workers {:.2?})",
        "CPU/edit, with its echo",
        spent(0) + spent(1) + spent(2),
        spent(0),
        spent(1) + spent(2)
    );
    for process in [ingress].into_iter().chain(workers) {
        process.stop().await;
    }
}

async fn measure_scaling(scene: &Scene) {
    let ingress = scene.start("ingress", &[]).await;
    let first = scene.start("worker", &[]).await;
    scene.post_to(&ingress);
    let customers = scene.register(&ingress, 4 * EACH).await;
    first.stop().await;
    println!("\nedits where each call takes {LATENCY:?}, 4 at a time in each worker");
    let mut rates = Vec::new();
    for workers in [1, 2, 4] {
        let rate = scene
            .backlog(&ingress, &customers[..EACH * workers], workers, LATENCY)
            .await;
        println!("{:<28}{rate:>12.1} events/s", format!("{workers} workers"));
        rates.push(rate);
    }
    println!(
        "{:<28}{:>12.2} times as much",
        "from 1 to 4 workers",
        rates[2] / rates[0]
    );
    ingress.stop().await;
}

/// How busy the machine is, others' work included.
fn machine_load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
