//! That the servers are what the tests take them for.

use std::fs;
use std::time::{Duration, Instant};

use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection as Broker, ConnectionProperties};
use sqlx::{Connection, Executor, PgConnection, query_scalar};

use super::process::{signal, with_argument};
use super::server::Kind;
use super::shared::join_in;
use super::{broker, database, own_broker, own_database};

const WRITE: &str = "create table note (text text); insert into note values ('kept')";
const READ: &str = "select text from note";

async fn connect(url: &str) -> lapin::Result<Broker> {
    Broker::connect(url, ConnectionProperties::default()).await
}

/// A message that outlives the broker, in a queue that does.
async fn put(channel: &Channel, queue: &str, message: &[u8]) {
    channel
        .queue_declare(
            queue.into(),
            QueueDeclareOptions::durable(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    let properties = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish("".into(), queue.into(), options, message, properties);
    assert!(sent.await.unwrap().await.unwrap().is_ack());
}

async fn take(channel: &Channel, queue: &str) -> Vec<u8> {
    let got = channel.basic_get(queue.into(), BasicGetOptions::default()).await;
    let message = got.unwrap().expect("a message").delivery;
    message.ack(BasicAckOptions::default()).await.unwrap();
    message.data
}

async fn read(url: &str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    query_scalar(READ).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn databases_are_apart_and_go_with_their_tests() {
    let (one, other) = (database().await, database().await);
    let url = one.url();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute(WRITE).await.unwrap();

    let mut elsewhere = PgConnection::connect(&other.url()).await.unwrap();
    elsewhere.execute(READ).await.unwrap_err();
    assert_eq!(read(&url).await, "kept");

    // Its connections don't keep it.
    drop(one);
    PgConnection::connect(&url).await.unwrap_err();
    connection.execute(READ).await.unwrap_err();
    elsewhere.execute("select 1").await.unwrap();
}

#[tokio::test]
async fn tests_share_a_broker_under_different_names() {
    let (one, other) = (broker().await, broker().await);
    assert_eq!(one.url(), other.url());
    assert_ne!(one.prefix(), other.prefix());

    let connection = connect(&one.url()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = format!("{}work", one.prefix());
    put(&channel, &queue, b"one").await;
    assert_eq!(take(&channel, &queue).await, b"one");
    let deleted = channel.queue_delete(queue.into(), QueueDeleteOptions::default());
    deleted.await.unwrap();
}

#[tokio::test]
async fn a_broker_that_stops_or_crashes_keeps_what_it_confirmed() {
    let broker = own_broker().await;
    let url = broker.url();
    let connection = connect(&url).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    put(&channel, "work", b"before it stops").await;

    broker.stop().await;
    connect(&url).await.unwrap_err();
    broker.start().await;

    let connection = connect(&url).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    assert_eq!(take(&channel, "work").await, b"before it stops");
    put(&channel, "work", b"before it crashes").await;

    broker.kill().await;
    connect(&url).await.unwrap_err();
    broker.start().await;

    let connection = connect(&url).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    assert_eq!(take(&channel, "work").await, b"before it crashes");
}

#[tokio::test]
async fn a_database_server_that_stops_or_crashes_keeps_what_it_committed() {
    let database = own_database().await;
    let url = database.url();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute(WRITE).await.unwrap();

    database.stop().await;
    connection.execute(READ).await.unwrap_err();
    PgConnection::connect(&url).await.unwrap_err();
    database.start().await;

    let mut connection = PgConnection::connect(&url).await.unwrap();
    let rewrite = "update note set text = 'kept again'";
    connection.execute(rewrite).await.unwrap();

    database.kill().await;
    connection.execute(READ).await.unwrap_err();
    PgConnection::connect(&url).await.unwrap_err();
    database.start().await;

    assert_eq!(read(&url).await, "kept again");
}

#[test]
fn a_shared_server_is_replaced_after_a_crash_and_ends_when_unused() {
    let notes = tempfile::tempdir().unwrap();
    let kind = Kind::PostgreSql;
    let join = || join_in(notes.path(), kind, Duration::from_secs(1));
    let folder = || fs::read_to_string(notes.path().join("postgresql.folder")).unwrap();
    let first = join();
    let left = folder();

    // With what watches it.
    signal("KILL", &with_argument(left.as_ref()));
    let (second, third) = (join(), join());

    assert!(!fs::exists(left).unwrap());
    assert_eq!(second.port, third.port);
    assert!(kind.answers(second.port));

    let (port, last) = (second.port, folder());
    drop((first, second));
    assert!(kind.answers(port));
    drop(third);
    let begun = Instant::now();
    while fs::exists(&last).unwrap() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{last} stays");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!kind.answers(port));
}
