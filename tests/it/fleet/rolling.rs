//! Processes are replaced one after the other while people work.

use std::time::Duration;

use super::proxy::Proxy;
use super::{Fleet, redelivered};
use crate::scene::wait_until;
use crate::servers;
use crate::town::Town;

/// How many processes of either kind are restarted one after the other.
const RESTARTS: usize = 4;
/// How many events each of the workers works on at a time.
const CONCURRENCY: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_refuses_no_webhook_and_repeats_nothing_beyond_what_was_under_way() {
    let (database, broker) = (servers::database().await, servers::broker().await);
    let proxy = Proxy::open().await;
    let port = proxy.port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::from_millis(5)).await;
    let mut fleet = Fleet::new(&town, 0, &database.url(), &broker.url(), broker.prefix());
    let concurrency = ("WVS_WORKER__CONCURRENCY".to_owned(), CONCURRENCY.to_string());
    fleet.environment.push(concurrency);
    let mut doors = Vec::new();
    for _ in 0..2 {
        let door = fleet.start("ingress").await;
        proxy.add(&door.url().await);
        doors.push(door);
    }
    let mut workers = vec![fleet.start("worker").await, fleet.start("worker").await];

    let people = town.bustle(400, 1, None);
    let mut again = 0;
    for round in 0..RESTARTS {
        wait_until("it is time for the next restart", || async {
            town.accepted() >= 60 * (round + 1) || people.is_empty()
        })
        .await;
        let next = fleet.start("worker").await;
        again += redelivered(&workers[0]).await;
        let ended = workers.remove(0).stop().await;
        workers.push(next);
        assert_eq!(ended.code, Some(0), "{}", ended.log);
        assert!(!ended.log.contains("events at hand"), "{}", ended.log);

        let next = fleet.start("ingress").await;
        proxy.add(&next.url().await);
        let last = doors.remove(0);
        proxy.take_out(&last.url().await).await;
        doors.push(next);
        let ended = last.stop().await;
        assert_eq!(ended.code, Some(0), "{}", ended.log);
    }
    people.wait().await;
    town.in_step(Duration::from_mins(1)).await;

    for worker in &workers {
        again += redelivered(worker).await;
    }
    // The broker hands a worker no more than it can work on.
    assert!(
        again <= RESTARTS as u64 * CONCURRENCY,
        "{again} events came again"
    );
    town.assert_none_was_refused();
    town.assert_no_write_overlapped();
    drop((doors, workers));
}
