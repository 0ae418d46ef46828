//! A record that changes all the time: it costs little, and holds up no other.

use std::time::Duration;

use serde_json::json;
use sqlx::{PgPool, query_scalar};
use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};

use super::{Fleet, free_port};
use crate::scene::{ann, asked, wait_until};
use crate::servers;
use crate::town::Town;

/// How often the one record is edited, and the others together, unless the environment says more.
const EDITS: usize = 400;
/// How many others there are.
const OTHERS: usize = 50;
/// How many writes the one may cost.
const A_FEW: usize = 10;
/// How long each call to one of the two systems takes.
const LATENCY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_changes_all_the_time_costs_a_few_writes_and_holds_up_no_other() {
    let edits = asked("WVS_TEST_EDITS").map_or(EDITS, |number| usize::try_from(number).unwrap());
    let (database, broker) = (servers::database().await, servers::broker().await);
    let port = free_port();
    let town = Town::found(&format!("http://127.0.0.1:{port}"), LATENCY).await;
    let fleet = Fleet::new(&town, port, &database.url(), &broker.url(), broker.prefix());
    let (ingress, first, second) = (
        fleet.start("ingress").await,
        fleet.start("worker").await,
        fleet.start("worker").await,
    );
    let hot = town.shop.register_customer(ann("hot@shop.example"));
    let others: Vec<u64> = (0..OTHERS)
        .map(|nth| town.shop.register_customer(ann(&format!("{nth}@shop.example"))))
        .collect();
    town.in_step(Duration::from_mins(1)).await;
    let journal = PgPool::connect(&database.url()).await.unwrap();

    let alone = edit(&town, &journal, edits, None, &others).await;
    town.crm.forget_calls();
    town.shop.forget_calls();
    let beside = edit(&town, &journal, edits, Some(hot), &others).await;
    let contact = town.crm.records("Contacts");
    let contact = contact
        .iter()
        .find(|contact| contact["email"] == "hot@shop.example");
    let id = contact.unwrap()["id"].as_str().unwrap();
    let path = format!("/customers/{hot}");
    let reads = town
        .shop
        .calls()
        .iter()
        .filter(|call| call.path.starts_with(&path))
        .count();
    let calls = town.crm.calls();
    let writes = calls
        .iter()
        .filter(|call| call.operation == "revise" && call.detail == id)
        .count();
    let figures = format!(
        "{edits} edits of the one cost {writes} writes and {reads} reads; an edit of another took {alone} ms in the \
         middle, and {beside} ms beside the one"
    );
    #[expect(
        clippy::print_stderr,
        reason = "who asks for a length of their own wants to see the figures"
    )]
    if asked("WVS_TEST_EDITS").is_some() {
        eprintln!("{figures}");
    }
    assert!(writes <= A_FEW && reads * 10 <= edits, "{figures}");
    assert!(beside <= 3 * alone.max(100), "{figures}");
    town.assert_no_write_overlapped();
    drop((ingress, first, second));
}

/// The others are edited so often in all, and the one as often in between. How long it took in the middle, in
/// milliseconds, until an edit of another was written.
async fn edit(town: &Town, journal: &PgPool, edits: usize, hot: Option<u64>, others: &[u64]) -> i64 {
    let begun = SystemClock.now();
    let mut edited: Vec<(u64, Timestamp)> = Vec::new();
    for nth in 0..edits {
        let phone = json!({ "billing": { "phone": format!("{} {nth}", begun.as_millis()) } });
        if let Some(hot) = hot {
            assert!(town.shop.edit_customer(hot, phone.clone()));
        }
        let other = others[nth % others.len()];
        assert!(town.shop.edit_customer(other, phone));
        edited.push((other, SystemClock.now()));
    }
    wait_until("all have been told of", || async {
        town.shop.pending_deliveries() == 0
    })
    .await;
    town.in_step(Duration::from_mins(1)).await;

    let mut took = Vec::new();
    for (customer, at) in edited {
        let statement =
            "select min(at) from journal where side = 'vtiger' and woocommerce_id = $1 and at >= $2";
        let written: Option<i64> = query_scalar(statement)
            .bind(customer.to_string())
            .bind(at.as_millis())
            .fetch_one(journal)
            .await
            .unwrap();
        took.extend(written.map(|written| written - at.as_millis()));
    }
    took.sort_unstable();
    took[took.len() / 2]
}
