//! Many processes on one RabbitMQ and one PostgreSQL: workers that are killed, servers that are away, systems that are
//! down. Nothing is lost, nothing is there twice, and no record is worked on by two at once.

mod hot;
mod outages;
mod proxy;
mod rolling;
mod scaling;

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use woo_vtiger_sync::telemetry::EVENTS_REDELIVERED;

use crate::process::Program;
use crate::scene::{asked, variables, wait_until};
use crate::town::Town;
use crate::{scene, servers, stack};

/// How many things people do, unless the environment says more.
const EVENTS: usize = 1200;
/// How often each worker is killed, unless the environment says more.
const KILLS: usize = 5;
const WORKERS: usize = 4;

/// A process of each kind, and what they work on.
struct Fleet {
    environment: Vec<(String, String)>,
    address: String,
}

impl Fleet {
    /// For these systems and servers; the process that takes webhooks listens at `port`.
    fn new(town: &Town, port: u16, database: &str, broker: &str, prefix: &str) -> Self {
        let folder = std::env::temp_dir();
        let mut environment = variables(&town.shop.url(), &town.crm.url(), &folder);
        let set = [
            ("WVS_DATABASE__URL", database),
            ("WVS_QUEUE__URL", broker),
            ("WVS_QUEUE__PREFIX", prefix),
            // Not half a minute, for which the record of each killed worker would wait.
            ("WVS_WORKER__LEASE", "4s"),
            ("WVS_CONNECTIONS__SHOP__VTIGER__TIME_ZONE_OFFSET", "+00:00"),
        ];
        let set = set.map(|(name, value)| (name.to_owned(), value.to_owned()));
        scene::set(&mut environment, set.into());
        Self {
            environment,
            address: format!("127.0.0.1:{port}"),
        }
    }

    /// A process with these roles, once it works.
    async fn start(&self, roles: &str) -> Program {
        let program = self.launch(roles);
        program.url().await;
        program
    }

    /// A process with these roles.
    fn launch(&self, roles: &str) -> Program {
        let mut environment = self.environment.clone();
        if roles.contains("ingress") {
            environment.push(("WVS_HTTP__LISTEN".to_owned(), self.address.clone()));
        }
        Program::start(&["serve", "--roles", roles], &environment)
    }
}

/// A port that nobody listens at.
fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_again_and_again_lose_nothing_and_double_nothing() {
    let events = asked("WVS_TEST_EVENTS").map_or(EVENTS, |number| usize::try_from(number).unwrap());
    let kills = asked("WVS_TEST_KILLS").map_or(KILLS, |number| usize::try_from(number).unwrap());
    let (database, broker) = (servers::database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::from_millis(5)).await;
    let fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    let ingress = fleet.start("ingress").await;
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(fleet.launch("worker"));
    }
    let seed = 20_261_125;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut deaths: Vec<(usize, usize)> = (0..WORKERS * kills)
        .map(|number| (random.random_range(20..events - 20), number % WORKERS))
        .collect();
    deaths.sort_unstable();

    let people = town.bustle(events, seed, None);
    for (moment, worker) in deaths {
        wait_until("the moment of the next kill has come", || async {
            town.accepted() >= moment || people.is_empty()
        })
        .await;
        // SIGKILL: nothing in the process can prepare for it.
        workers[worker] = fleet.launch("worker");
    }
    people.wait().await;
    town.in_step(Duration::from_mins(1)).await;

    town.assert_none_was_refused();
    assert_eq!(town.accepted(), events);
    town.assert_no_write_overlapped();
    for worker in workers {
        assert_eq!(worker.stop().await.code, Some(0));
    }
    assert_eq!(ingress.stop().await.code, Some(0));
    // Nothing is under way any more that could change something.
    assert_eq!(town.differences(), [] as [&str; 0]);
}

/// How many events were handed to a process after they had been handed out before.
async fn redelivered(program: &Program) -> u64 {
    let address = format!("{}/metrics", program.url().await);
    let metrics = reqwest::get(address).await.unwrap().text().await.unwrap();
    stack::sum(&metrics, EVENTS_REDELIVERED, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sweepers_one_sweeps_and_the_other_takes_over() {
    let (database, broker) = (servers::database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::ZERO).await;
    town.shop.register_customer(crate::scene::ann("ann@shop.example"));
    let mut fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    fleet
        .environment
        .push(("WVS_SWEEP__AT_START".to_owned(), "true".to_owned()));
    let swept = |program: &Program| program.log().contains("swept a module");

    let first = fleet.start("worker,sweeper").await;
    wait_until("the first sweeps", || async { swept(&first) }).await;
    let second = fleet.start("worker,sweeper").await;
    wait_until("the customer is in the CRM", || async {
        town.crm.records("Contacts").len() == 1
    })
    .await;
    assert!(!swept(&second), "{}", second.log());
    drop(first);

    wait_until("the second sweeps once the first is gone", || async {
        swept(&second)
    })
    .await;
}
