//! While calls to the two systems are what takes time, more workers get more done, up to what a system may be asked.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgPool, query_scalar};
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::simulator::faults::FaultPlan;

use super::{Fleet, free_port};
use crate::process::Program;
use crate::scene::{ann, next_second, wait_until};
use crate::servers;
use crate::town::Town;

/// How many customers are edited for each worker.
const EACH: usize = 40;
/// How long each call to one of the two systems takes.
const LATENCY: Duration = Duration::from_millis(50);
/// How much more four workers must get done than one.
const FACTOR: f64 = 3.6;
/// How often it is measured before it counts as failed: others may need the machine meanwhile.
const TRIES: usize = 3;

/// How many requests a second the CRM may be sent.
const RATE: usize = 30;
/// The time over which the rate is kept.
const WINDOW: Duration = Duration::from_secs(10);

/// Customers and contacts that are in step, and what works on them.
struct Yard {
    town: Arc<Town>,
    fleet: Fleet,
    customers: Vec<u64>,
    journal: PgPool,
    edits: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn four_workers_get_nearly_four_times_as_much_done_as_one() {
    let (database, broker) = (servers::database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::ZERO).await;
    let fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    let _ingress = fleet.start("ingress").await;
    let mut yard = Yard::found(town, fleet, &database.url()).await;

    let mut factors = Vec::new();
    for _ in 0..TRIES {
        let (one, four) = (yard.pace(1).await, yard.pace(4).await);
        factors.push(four / one);
        if four / one >= FACTOR {
            return;
        }
    }
    panic!("four workers got only so many times as much done as one: {factors:.2?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_workers_reach_the_rate_that_is_set_and_do_not_exceed_it() {
    let (database, broker) = (servers::database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), LATENCY).await;
    let mut fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    let rate = ("WVS_CONNECTIONS__SHOP__VTIGER__RATE_LIMIT", format!("{RATE}/s"));
    fleet.environment.push((rate.0.to_owned(), rate.1));
    let ingress = fleet.start("ingress").await;
    let mut workers = Vec::new();
    for _ in 0..4 {
        workers.push(fleet.start("worker").await);
    }

    // A contact is looked for, and then made.
    let customers = RATE * 10;
    for nth in 0..customers {
        town.shop.register_customer(ann(&format!("{nth}@shop.example")));
    }
    town.in_step(Duration::from_mins(1)).await;

    let calls: Vec<Timestamp> = town.crm.calls().iter().map(|call| call.at).collect();
    assert!(calls.len() >= 2 * customers);
    let within = |start: &Timestamp| {
        let end = *start + WINDOW;
        calls.iter().filter(|at| (*start..end).contains(at)).count()
    };
    let most = calls.iter().map(within).max().unwrap_or_default();
    let allowed = RATE * 10;
    assert!(most * 100 <= allowed * 105, "{most} requests in ten seconds");
    assert!(most * 100 >= allowed * 90, "only {most} requests in ten seconds");
    drop((ingress, workers));
}

impl Yard {
    async fn found(town: Arc<Town>, fleet: Fleet, database: &str) -> Self {
        let first = fleet.start("worker").await;
        let customers = (0..4 * EACH)
            .map(|nth| town.shop.register_customer(ann(&format!("{nth}@shop.example"))))
            .collect();
        let mut yard = Self {
            town,
            fleet,
            customers,
            journal: PgPool::connect(database).await.unwrap(),
            edits: 0,
        };
        yard.until("created", 4 * EACH).await;
        assert_eq!(first.stop().await.code, Some(0));
        // One at a time, so that it is the calls that take time, and not this machine, whatever else it does.
        let one = ("WVS_WORKER__CONCURRENCY".to_owned(), "1".to_owned());
        yard.fleet.environment.push(one);
        let slow = FaultPlan {
            latency: LATENCY,
            ..FaultPlan::default()
        };
        yard.town.shop.set_faults(slow.clone());
        yard.town.crm.set_faults(FaultPlan {
            // Echoes would cost the machine something and take no call.
            lost_webhooks: 1.0,
            ..slow
        });
        yard
    }

    /// How many edits a second so many workers deal with.
    async fn pace(&mut self, workers: usize) -> f64 {
        let mut programs = Vec::new();
        for _ in 0..workers {
            programs.push(self.fleet.start("worker").await);
        }
        // What a worker asks once is not to be counted.
        self.edit(10 * workers).await;
        self.until("updated", self.edits).await;
        next_second().await;

        // All begin at the same moment, with everything there is to do.
        let tell_all = |signal: &str| programs.iter().for_each(|program| program.signal(signal));
        tell_all("STOP");
        self.edit(EACH * workers).await;
        tell_all("CONT");
        let times = self.until("updated", self.edits).await;
        for ended in futures_util::future::join_all(programs.into_iter().map(Program::stop)).await {
            assert_eq!(ended.code, Some(0), "{}", ended.log);
        }
        next_second().await;

        let times = &times[times.len() - EACH * workers..];
        let (first, last) = (times.len() / 10, times.len() * 9 / 10);
        let events = i32::try_from(last - first).unwrap();
        let took_ms = i32::try_from(times[last] - times[first]).unwrap();
        f64::from(events) * 1000.0 / f64::from(took_ms)
    }

    /// Somebody edits so many customers, each once. Returns when the queue has all events.
    async fn edit(&mut self, number: usize) {
        for id in &self.customers[..number] {
            let phone = serde_json::json!({ "billing": { "phone": format!("555 {}", self.edits) } });
            assert!(self.town.shop.edit_customer(*id, phone));
            self.edits += 1;
        }
        wait_until("the shop has told of all edits", || async {
            self.town.shop.pending_deliveries() == 0
        })
        .await;
    }

    /// When contacts were so changed, in milliseconds and in order, once that was so often.
    async fn until(&self, action: &str, number: usize) -> Vec<i64> {
        wait_until("so many contacts were changed", || async {
            self.times(action).await.len() >= number
        })
        .await;
        self.times(action).await
    }

    async fn times(&self, action: &str) -> Vec<i64> {
        let statement = "select at from journal where side = 'vtiger' and action = $1 order by at";
        let times = query_scalar(statement).bind(action).fetch_all(&self.journal);
        times.await.unwrap()
    }
}
