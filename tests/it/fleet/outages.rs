//! RabbitMQ, PostgreSQL or one of the two systems is away for a while, under load.

use std::time::Duration;

use woo_vtiger_sync::simulator::faults::FaultPlan;

use super::{Fleet, free_port};
use crate::scene::{asked, wait_until};
use crate::servers;
use crate::town::Town;

/// How many webhooks are sent in each outage, unless the environment says more.
const DURING: usize = 150;
/// How many are sent before the first and after the last outage.
const AROUND: usize = 50;
/// How many are sent a second.
const PACE: Option<u32> = Some(50);

fn during() -> usize {
    asked("WVS_TEST_OUTAGE").map_or(DURING, |number| usize::try_from(number).unwrap())
}

async fn until_accepted(town: &Town, number: usize) {
    // A minute at a time is as long as is waited for anything.
    for some in (town.accepted()..number).step_by(500).chain([number]) {
        wait_until("so many webhooks are accepted", || async {
            town.accepted() >= some
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_rabbitmq_is_away_every_webhook_is_taken_and_all_are_dealt_with_after_its_return() {
    let (database, broker) = (servers::database().await, servers::own_broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::ZERO).await;
    let fleet = Fleet::new(&town, port, &database.url(), &broker.url(), "sync");
    let (ingress, _worker) = (fleet.start("ingress").await, fleet.start("worker").await);
    let people = town.bustle(during() + 2 * AROUND, 1, PACE);
    until_accepted(&town, AROUND).await;

    broker.stop().await;
    until_accepted(&town, AROUND + during()).await;
    broker.start().await;
    people.wait().await;
    town.in_step(Duration::from_mins(1)).await;

    town.assert_none_was_refused();
    drop(ingress);
    town.assert_no_write_overlapped();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_away_every_webhook_is_taken_and_all_are_dealt_with_after_its_return() {
    let (database, broker) = (servers::own_database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::ZERO).await;
    let fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    // A process that only takes webhooks starts without the database.
    database.stop().await;
    let ingress = fleet.start("ingress").await;
    database.start().await;
    let _worker = fleet.start("worker").await;
    let people = town.bustle(during() + 2 * AROUND, 2, PACE);
    until_accepted(&town, AROUND).await;

    database.stop().await;
    until_accepted(&town, AROUND + during()).await;
    database.start().await;
    people.wait().await;
    town.in_step(Duration::from_mins(1)).await;

    town.assert_none_was_refused();
    drop(ingress);
    town.assert_no_write_overlapped();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_system_is_down_events_wait_and_none_fails() {
    let (database, broker) = (servers::database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), Duration::ZERO).await;
    let mut fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    // Were attempts counted while a system is down, these few would soon be used up.
    fleet
        .environment
        .push(("WVS_WORKER__RETRY_LIMIT".to_owned(), "8".to_owned()));
    let (ingress, worker) = (fleet.start("ingress").await, fleet.start("worker").await);
    let down = FaultPlan {
        is_down: true,
        ..FaultPlan::default()
    };
    let people = town.bustle(2 * during() + 2 * AROUND, 3, PACE);
    until_accepted(&town, AROUND).await;

    town.crm.set_faults(down.clone());
    until_accepted(&town, AROUND + during()).await;
    town.crm.set_faults(FaultPlan::default());
    town.shop.set_faults(down);
    until_accepted(&town, AROUND + 2 * during()).await;
    town.shop.set_faults(FaultPlan::default());
    people.wait().await;
    town.in_step(Duration::from_mins(1)).await;

    town.assert_none_was_refused();
    drop(ingress);
    assert!(!worker.log().contains("is set aside"), "{}", worker.log());
}
