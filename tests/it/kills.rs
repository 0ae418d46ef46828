//! The service is killed again and again while people edit: nothing is lost, and nothing is there twice.
//!
//! Sweeps are off: what is in step at the end is so because an accepted event survives a kill, whatever was being done
//! with it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value as Json;
use woo_vtiger_sync::http;

use crate::scene::{variables, wait_until};
use crate::town::Town;

const EVENTS: usize = 2000;
const KILLS: usize = 20;

/// The service as a process of its own; killed when dropped.
struct Service(Child);

impl Service {
    fn start(environment: &[(String, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_woo-vtiger-sync"));
        command
            .arg("serve")
            .envs(environment.iter().cloned())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SIGKILL: nothing in the process can prepare for it.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_during_two_thousand_events_lose_nothing_and_double_nothing() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("http://127.0.0.1:{port}");
    let town = Town::found(&address, Duration::from_millis(5)).await;
    let folder = tempfile::tempdir().unwrap();
    let mut environment = variables(&town.shop.url(), &town.crm.url(), folder.path());
    environment.push(("WVS_HTTP__LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    let seed = 20_261_124;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut moments: Vec<usize> = (0..KILLS).map(|_| random.random_range(20..EVENTS - 20)).collect();
    moments.sort_unstable();

    let people = town.bustle(EVENTS, seed, None);
    let mut service = Service::start(&environment);
    for moment in moments {
        wait_until("the moment of the next kill has come", || async {
            town.accepted() >= moment || people.is_empty()
        })
        .await;
        drop(service);
        service = Service::start(&environment);
    }
    people.wait().await;
    town.in_step(Duration::from_mins(2)).await;

    // What is still under way changes nothing any more.
    wait_until("no event waits", || async {
        let client = http::client(Duration::from_secs(10)).unwrap();
        let ready = client.get(format!("{address}/readyz")).send().await.unwrap();
        let ready: Json = serde_json::from_str(&ready.text().await.unwrap()).unwrap();
        ready["events_waiting"] == 0
    })
    .await;
    assert_eq!(town.differences(), [] as [&str; 0]);
    town.assert_no_write_overlapped();
    assert_eq!(town.accepted(), EVENTS);
    let count = |module: &str| town.crm.records(module).len();
    assert!(count("Products") > 20, "{} products", count("Products"));
    assert!(count("SalesOrder") > 100, "{} orders", count("SalesOrder"));
    drop(service);
}
