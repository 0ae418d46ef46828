//! What every queue promises, tried on each of them.

use std::any::Any;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use woo_vtiger_sync::clock::{SystemClock, Timestamp};
use woo_vtiger_sync::queue::{
    Cause, Change, Delivery, EmbeddedQueue, Event, Failure, Lane, Queue, RabbitMqQueue, RabbitMqSettings,
    Seen, Subject,
};
use woo_vtiger_sync::store::Database;
use woo_vtiger_sync::sync::{Module, RecordId, Side};

use crate::servers;

/// How long anything may take. Machines that run many tests at once are slow.
const LIMIT: Duration = Duration::from_mins(1);

/// A queue that no other test uses, and what it needs to live.
struct Fixture {
    queue: Arc<dyn Queue>,
    _life: Box<dyn Any>,
}

async fn embedded() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite(&folder.path().join("queue.sqlite"))
        .await
        .unwrap();
    Fixture {
        queue: Arc::new(EmbeddedQueue::new(database, SystemClock::shared())),
        _life: Box::new(folder),
    }
}

async fn rabbitmq() -> Fixture {
    let broker = servers::broker().await;
    let stop = CancellationToken::new();
    let queue = connected(&settings(&broker.url(), broker.prefix(), 20), &stop).await;
    Fixture {
        queue,
        _life: Box::new((broker, stop.drop_guard())),
    }
}

pub(crate) fn settings(url: &str, prefix: &str, prefetch: u16) -> RabbitMqSettings {
    RabbitMqSettings {
        url: url.into(),
        prefix: prefix.trim_end_matches('.').to_owned(),
        prefetch,
        confirm_timeout: Duration::from_secs(20),
    }
}

/// A queue that is connected.
pub(crate) async fn connected(settings: &RabbitMqSettings, stop: &CancellationToken) -> Arc<RabbitMqQueue> {
    let queue = RabbitMqQueue::connect(settings, stop.clone()).unwrap();
    until("the queue is connected", async || queue.is_connected()).await;
    queue
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < LIMIT, "waited in vain until {what}");
        ticks.tick().await;
    }
}

pub(crate) fn events(count: u64) -> Vec<Event> {
    let event = |id: u64| {
        let subject = Subject::Record {
            module: Module::Products,
            side: Side::WooCommerce,
            id: RecordId::new(id.to_string()),
            change: Change::Changed(Seen::Nothing),
        };
        Event::new("shop", subject, Cause::Webhook, Timestamp::from_seconds(1))
    };
    (0..count).map(event).collect()
}

/// Takes up to `limit` at a time, and more until there are `count`.
pub(crate) async fn take(queue: &dyn Queue, count: usize, limit: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let more = tokio::time::timeout(LIMIT, queue.take(limit)).await;
        let more = more
            .unwrap_or_else(|_| panic!("{} of {count} came", taken.len()))
            .unwrap();
        assert!(!more.is_empty() && more.len() <= limit);
        taken.extend(more);
    }
    taken
}

pub(crate) fn event(delivery: &Delivery) -> &Event {
    delivery.event.as_ref().unwrap()
}

pub(crate) fn ids<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeSet<String> {
    events.into_iter().map(|event| event.id.clone()).collect()
}

pub(crate) async fn depths_are(queue: &dyn Queue, live: u64, bulk: u64) {
    let mut seen = (0, 0);
    until(&format!("{live} and {bulk} events wait"), async || {
        seen = (
            queue.depth(Lane::Live).await.unwrap(),
            queue.depth(Lane::Bulk).await.unwrap(),
        );
        seen == (live, bulk)
    })
    .await;
}

async fn what_is_dealt_with_is_gone(queue: &dyn Queue) {
    let published = events(3);
    queue.publish(Lane::Live, &published).await.unwrap();
    depths_are(queue, 3, 0).await;

    let taken = take(queue, 3, 2).await;
    depths_are(queue, 3, 0).await;
    for delivery in &taken {
        assert_eq!((delivery.attempts, delivery.is_poisoned), (0, false));
        assert!(published.contains(event(delivery)));
        queue.done(delivery).await.unwrap();
    }

    assert_eq!(ids(taken.iter().map(event)), ids(&published));
    depths_are(queue, 0, 0).await;
}

async fn live_events_go_before_bulk_ones(queue: &dyn Queue) {
    let (bulk, live) = (events(3), events(3));
    queue.publish(Lane::Bulk, &bulk).await.unwrap();
    queue.publish(Lane::Live, &live).await.unwrap();
    depths_are(queue, 3, 3).await;

    for expected in [live, bulk] {
        let taken = take(queue, 3, 3).await;
        assert_eq!(ids(taken.iter().map(event)), ids(&expected));
        for delivery in &taken {
            queue.done(delivery).await.unwrap();
        }
    }

    depths_are(queue, 0, 0).await;
}

async fn an_event_put_back_comes_again_later_with_its_history(queue: &dyn Queue) {
    let failure = |n: i64| Failure {
        at: Timestamp::from_seconds(n),
        error: format!("failure {n}: \"é\""),
    };
    let published = events(1);
    queue.publish(Lane::Bulk, &published).await.unwrap();
    let first = take(queue, 1, 9).await.remove(0);
    let begun = Instant::now();
    let delay = Duration::from_millis(200);

    queue.again(&first, delay, Some(failure(1))).await.unwrap();
    depths_are(queue, 0, 1).await;
    let second = take(queue, 1, 9).await.remove(0);
    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
    queue
        .again(&second, Duration::ZERO, Some(failure(2)))
        .await
        .unwrap();
    let third = take(queue, 1, 9).await.remove(0);
    queue.again(&third, Duration::ZERO, None).await.unwrap();
    let fourth = take(queue, 1, 9).await.remove(0);

    assert_eq!(event(&fourth), &published[0]);
    assert_eq!((second.attempts, &second.history), (1, &vec![failure(1)]));
    for later in [third, fourth] {
        assert_eq!(
            (later.attempts, &later.history),
            (2, &vec![failure(1), failure(2)])
        );
        assert!(!later.is_poisoned);
        // Of those answered before, this does nothing.
        queue.done(&later).await.unwrap();
    }
    depths_are(queue, 0, 0).await;
}

async fn a_cancelled_take_loses_nothing(queue: &dyn Queue) {
    let published = events(20);
    let publish = async {
        for event in &published {
            queue
                .publish(Lane::Live, std::slice::from_ref(event))
                .await
                .unwrap();
        }
    };
    let mut taken = Vec::new();
    let take = async {
        let begun = Instant::now();
        while taken.len() < published.len() && begun.elapsed() < LIMIT {
            // Many of these end before anything has come, and some just then.
            let cancelled = tokio::time::timeout(Duration::from_micros(500), queue.take(3)).await;
            taken.extend(cancelled.into_iter().flat_map(Result::unwrap));
        }
    };

    tokio::join!(publish, take);

    assert_eq!(taken.len(), published.len());
    assert_eq!(ids(taken.iter().map(event)), ids(&published));
}

async fn many_publish_at_the_same_time(queue: &dyn Queue) {
    let published = events(100);
    let publish = |events| queue.publish(Lane::Live, events);

    let done = join_all(published.chunks(2).map(publish)).await;

    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let mut seen = BTreeSet::new();
    while seen.len() < published.len() {
        for delivery in take(queue, 1, 30).await {
            assert!(seen.insert(event(&delivery).id.clone()), "an event came twice");
            queue.done(&delivery).await.unwrap();
        }
    }
    assert_eq!(seen, ids(&published));
    depths_are(queue, 0, 0).await;
}

macro_rules! promises {
    ($($queue:ident: $($promise:ident),+;)+) => {$(
        mod $queue {$(
            #[tokio::test]
            async fn $promise() {
                let fixture = super::$queue().await;
                super::$promise(&*fixture.queue).await;
            }
        )+}
    )+};
}

promises! {
    embedded: what_is_dealt_with_is_gone, live_events_go_before_bulk_ones,
        an_event_put_back_comes_again_later_with_its_history, many_publish_at_the_same_time;
    rabbitmq: what_is_dealt_with_is_gone, an_event_put_back_comes_again_later_with_its_history, a_cancelled_take_loses_nothing,
        many_publish_at_the_same_time;
}
