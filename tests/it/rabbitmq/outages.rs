//! A broker that goes and comes back, while events are published and worked off.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::queue::{Failure, Lane, Queue, RabbitMqQueue};

use crate::queues::{connected, event, events, ids, settings, until};
use crate::servers::own_broker;

/// Publishes until told to stop, and says what the broker has confirmed.
async fn publish(queue: &RabbitMqQueue, stop: &CancellationToken) -> BTreeSet<String> {
    let mut confirmed = BTreeSet::new();
    // More than is worked off meanwhile would only have to be waited for.
    let mut ticks = tokio::time::interval(Duration::from_millis(30));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !stop.is_cancelled() {
        ticks.tick().await;
        let some = events(3);
        if queue.publish(Lane::Live, &some).await.is_ok() {
            confirmed.extend(ids(&some));
        }
    }
    confirmed
}

/// Works events off until told to stop, and says which. Each fails at first.
async fn work(queue: &RabbitMqQueue, stop: &CancellationToken, done: &tokio::sync::Mutex<BTreeSet<String>>) {
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => return,
            taken = queue.take(10) => taken.unwrap(),
        };
        for delivery in taken {
            if delivery.attempts == 0 {
                let failure = Failure {
                    at: Timestamp::from_seconds(1),
                    error: "not yet".to_owned(),
                };
                queue
                    .again(&delivery, Duration::ZERO, Some(failure))
                    .await
                    .unwrap();
            } else {
                queue.done(&delivery).await.unwrap();
                done.lock().await.insert(event(&delivery).id.clone());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_crashes_and_stops_loses_nothing_that_it_confirmed() {
    let broker = own_broker().await;
    let mut settings = settings(&broker.url(), "sync", 20);
    settings.confirm_timeout = Duration::from_secs(2);
    let queue = connected(&settings, &CancellationToken::new()).await;
    let (stop_publishing, stop_working) = (CancellationToken::new(), CancellationToken::new());
    let done = tokio::sync::Mutex::new(BTreeSet::new());

    let outages = async {
        for crash in [true, false] {
            let before = done.lock().await.len();
            until("events are worked off", async || {
                done.lock().await.len() > before + 50
            })
            .await;
            if crash {
                broker.kill().await;
            } else {
                broker.stop().await;
            }
            until("the queue is not connected", async || !queue.is_connected()).await;
            queue.publish(Lane::Live, &events(1)).await.unwrap_err();
            broker.start().await;
            until("the queue is connected", async || queue.is_connected()).await;
        }
        let before = done.lock().await.len();
        until("events are worked off", async || {
            done.lock().await.len() > before + 50
        })
        .await;
        stop_publishing.cancel();
    };
    let check = async {
        let (confirmed, ()) = tokio::join!(publish(&queue, &stop_publishing), outages);
        assert!(confirmed.len() > 150);
        until("all that was confirmed is worked off", async || {
            confirmed.is_subset(&*done.lock().await)
        })
        .await;
        stop_working.cancel();
    };
    tokio::join!(check, work(&queue, &stop_working, &done));

    until("nothing is left", async || {
        queue.depth(Lane::Live).await.is_ok_and(|depth| depth == 0)
    })
    .await;
    queue.close().await;
}
