//! The queue on RabbitMQ: what only a broker can do to it.

mod outages;

use std::time::{Duration, Instant};

use lapin::options::{
    BasicGetOptions, BasicNackOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tokio_util::sync::CancellationToken;
use woo_vtiger_sync::queue::{Lane, Queue, RabbitMqQueue};

use crate::queues::{connected, depths_are, event, events, ids, settings, take, until};
use crate::servers::{TestBroker, broker};

/// A channel beside the queue's own.
async fn channel(broker: &TestBroker) -> (Connection, Channel) {
    let connection = Connection::connect(&broker.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

fn name(broker: &TestBroker, queue: &str) -> lapin::types::ShortString {
    format!("{}{queue}", broker.prefix()).into()
}

#[tokio::test]
async fn what_nobody_answered_comes_again_when_its_connection_has_ended() {
    let broker = broker().await;
    let settings = settings(&broker.url(), broker.prefix(), 5);
    let stop = CancellationToken::new();
    let first = connected(&settings, &stop).await;
    let published = events(3);
    first.publish(Lane::Live, &published).await.unwrap();
    let taken = take(&*first, 3, 3).await;
    first.done(&taken[0]).await.unwrap();

    first.close().await;
    // Too late, which is no error.
    first.done(&taken[1]).await.unwrap();
    first.again(&taken[2], Duration::ZERO, None).await.unwrap();
    assert!(!first.is_connected());

    let second = connected(&settings, &stop).await;
    let again = take(&*second, 2, 3).await;
    assert_eq!(ids(again.iter().map(event)), ids(taken[1..].iter().map(event)));
    depths_are(&*second, 2, 0).await;
    second.close().await;
}

#[tokio::test]
async fn what_is_not_handed_out_is_given_back_at_the_end() {
    let broker = broker().await;
    let settings = settings(&broker.url(), broker.prefix(), 10);
    let stop = CancellationToken::new();
    let ending = connected(&settings, &stop).await;
    ending.publish(Lane::Live, &events(5)).await.unwrap();
    ending.publish(Lane::Bulk, &events(5)).await.unwrap();
    let held = take(&*ending, 1, 1).await;

    stop.cancel();

    let other = connected(&settings, &CancellationToken::new()).await;
    let given_back = take(&*other, 9, 9).await;
    for delivery in &given_back {
        other.done(delivery).await.unwrap();
    }
    // What it had handed out can still be answered, and it can publish.
    assert!(ending.is_connected());
    ending.done(&held[0]).await.unwrap();
    ending.publish(Lane::Bulk, &events(1)).await.unwrap();
    depths_are(&*other, 0, 1).await;
    let empty = tokio::time::timeout(Duration::from_millis(50), ending.take(1)).await;
    empty.unwrap_err();
    ending.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_is_handed_out_too_often_is_poisoned() {
    let broker = broker().await;
    let publisher = connected(
        &settings(&broker.url(), broker.prefix(), 0),
        &CancellationToken::new(),
    )
    .await;
    let sent = events(1);
    publisher.publish(Lane::Bulk, &sent).await.unwrap();
    let (_connection, channel) = channel(&broker).await;
    let mut handed_out = 0;
    until("it is handed out no more", async || {
        let got = channel
            .basic_get(name(&broker, "bulk"), BasicGetOptions::default())
            .await
            .unwrap();
        let Some(got) = got else {
            return handed_out > 50;
        };
        handed_out += 1;
        let requeue = BasicNackOptions {
            requeue: true,
            multiple: false,
        };
        assert!(got.delivery.nack(requeue).await.unwrap());
        false
    })
    .await;

    let worker = connected(
        &settings(&broker.url(), broker.prefix(), 5),
        &CancellationToken::new(),
    )
    .await;
    let poisoned = take(&*worker, 1, 5).await.remove(0);
    assert_eq!((event(&poisoned), poisoned.is_poisoned), (&sent[0], true));
    // It stays so, that it may not be tried once more.
    worker.again(&poisoned, Duration::ZERO, None).await.unwrap();
    depths_are(&*worker, 0, 1).await;
    let again = take(&*worker, 1, 5).await.remove(0);
    assert!(again.is_poisoned);
    worker.done(&again).await.unwrap();
    depths_are(&*worker, 0, 0).await;
    assert_eq!(handed_out, 51);
}

#[tokio::test]
async fn what_cannot_be_read_is_handed_out_as_text() {
    let broker = broker().await;
    let queue = connected(
        &settings(&broker.url(), broker.prefix(), 5),
        &CancellationToken::new(),
    )
    .await;
    let (_connection, channel) = channel(&broker).await;
    let sent = channel.basic_publish(
        "".into(),
        name(&broker, "live"),
        BasicPublishOptions::default(),
        b"{\"id\": 7\xff",
        BasicProperties::default(),
    );
    sent.await.unwrap();

    let delivery = take(&*queue, 1, 1).await.remove(0);
    assert_eq!(delivery.event, Err("{\"id\": 7\u{fffd}".to_owned()));
    queue.again(&delivery, Duration::ZERO, None).await.unwrap();
    let again = take(&*queue, 1, 1).await.remove(0);
    assert_eq!(again.event, delivery.event);
    queue.done(&again).await.unwrap();
    depths_are(&*queue, 0, 0).await;
}

#[tokio::test]
async fn what_a_missing_queue_returns_is_a_failure() {
    let broker = broker().await;
    let queue = connected(
        &settings(&broker.url(), broker.prefix(), 0),
        &CancellationToken::new(),
    )
    .await;
    let (_connection, channel) = channel(&broker).await;
    let deleted = channel.queue_delete(name(&broker, "live"), QueueDeleteOptions::default());
    deleted.await.unwrap();

    let failure = queue.publish(Lane::Live, &events(3)).await.unwrap_err();
    let failure = format!("{:?}", std::error::Error::source(&failure).unwrap());
    assert!(failure.starts_with("Returned"), "{failure}");

    // The queue is made anew.
    until("events can be published again", async || {
        queue.publish(Lane::Live, &events(1)).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn another_queue_of_the_same_name_is_named() {
    let broker = broker().await;
    let (_connection, channel) = channel(&broker).await;
    let lane = name(&broker, "bulk");
    let declared = channel.queue_declare(
        lane.clone(),
        QueueDeclareOptions::durable(),
        FieldTable::default(),
    );
    declared.await.unwrap();

    let settings = settings(&broker.url(), broker.prefix(), 5);
    let queue = RabbitMqQueue::connect(&settings, CancellationToken::new()).unwrap();
    let mut problem = String::new();
    until("the problem is found", async || {
        problem = queue.problem().unwrap_or_default();
        problem.contains(lane.as_str())
    })
    .await;
    for part in ["inequivalent arg 'x-", "queue.prefix", "delete"] {
        assert!(problem.contains(part), "{problem}");
    }
    assert!(!queue.is_connected());
    queue.publish(Lane::Live, &events(1)).await.unwrap_err();

    let deleted = channel.queue_delete(lane, QueueDeleteOptions::default());
    deleted.await.unwrap();
    until("the queue is connected", async || queue.is_connected()).await;
}

#[tokio::test]
async fn without_a_broker_publishing_fails_at_once_and_taking_waits() {
    let stop = CancellationToken::new();
    for url in ["amqp:", "http://127.0.0.1", "nonsense"] {
        RabbitMqQueue::connect(&settings(url, "sync", 1), stop.clone()).unwrap_err();
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("amqp://user:secret@{}/", free.local_addr().unwrap());
    drop(free);
    let queue = RabbitMqQueue::connect(&settings(&url, "sync", 1), stop).unwrap();

    let begun = Instant::now();
    queue.publish(Lane::Live, &events(1)).await.unwrap_err();
    queue.depth(Lane::Live).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let taken = tokio::time::timeout(Duration::from_millis(50), queue.take(1)).await;
    taken.unwrap_err();
    until("it is refused", async || {
        let problem = queue.problem().unwrap();
        assert!(!problem.contains("secret"), "{problem}");
        problem.contains("refused")
    })
    .await;
    assert!(!format!("{queue:?}").contains("secret"));
    queue.close().await;
}
