//! The queue on RabbitMQ, for more events or more processes than one database carries.
//!
//! A lane is a quorum queue; what waits to be tried again waits in queues whose messages expire back into the lane. An
//! event counts as stored when the broker confirms it, and as dealt with when it is acknowledged: a crash in between
//! makes a duplicate, never a loss.
//!
//! There are two connections, each kept up by a task of its own: an alarm of the broker stops connections that publish,
//! and events must be worked off meanwhile. While there is no broker, publishing fails at once and taking waits.

mod address;
mod connection;
mod consume;
mod depth;
mod error;
mod inbox;
mod message;
mod publish;
mod topology;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Delivery, Event, Failure, Lane, Queue, QueueError};
use connection::{Line, Role};
use inbox::{Held, Inbox};
use message::Message;
use publish::Publisher;
use topology::Topology;

pub use error::RabbitMqError;

/// How long an event is kept in this process that RabbitMQ does not take back. RabbitMQ ends a channel that leaves one
/// unanswered for half an hour.
const LONGEST_HERE: Duration = Duration::from_mins(10);

/// How RabbitMQ is used.
#[derive(Clone, Debug)]
pub struct RabbitMqSettings {
    /// Where it is: `amqp://user:password@host:port/vhost`, or `amqps://…`.
    pub url: SecretString,
    /// What the names of the queues begin with.
    pub prefix: String,
    /// How many events of each lane this process holds at most; 0 where it only publishes.
    pub prefetch: u16,
    /// How long the broker may take to confirm what is published.
    pub confirm_timeout: Duration,
}

/// The queue on RabbitMQ.
#[derive(Debug)]
pub struct RabbitMqQueue {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

/// What the queue and the tasks that keep its connections up have in common.
#[derive(Debug)]
struct Shared {
    topology: Topology,
    prefetch: u16,
    publisher: Publisher,
    inbox: Inbox,
    /// The connection that events are taken from, while there is one.
    consuming: Mutex<Option<Arc<lapin::Connection>>>,
    /// Why there is no connection, by role.
    problems: Mutex<[Option<String>; 2]>,
    /// Whoever declares the queues, so that two don't create the same at once.
    declaring: tokio::sync::Mutex<()>,
    /// No events are to be taken any more.
    stop: CancellationToken,
    /// The connections are to be closed.
    closing: CancellationToken,
}

impl RabbitMqQueue {
    /// A queue that connects, and stays connected, in the background. Returns at once, whether or not there is a broker.
    ///
    /// From `stop` on no events are taken, and those not handed out yet are given back; the others can still be answered.
    ///
    /// # Errors
    /// When the address can't be read.
    pub fn connect(settings: &RabbitMqSettings, stop: CancellationToken) -> Result<Arc<Self>, RabbitMqError> {
        let uri = address::parse(&settings.url)?;
        let shared = Arc::new(Shared {
            topology: Topology::new(&settings.prefix),
            prefetch: settings.prefetch,
            publisher: Publisher::new(settings.confirm_timeout),
            inbox: Inbox::default(),
            consuming: Mutex::default(),
            problems: Mutex::new([(); 2].map(|()| Some(RabbitMqError::NotConnected.to_string()))),
            declaring: tokio::sync::Mutex::default(),
            stop,
            closing: CancellationToken::new(),
        });
        let tasks = TaskTracker::new();
        for role in Role::ALL {
            let line = Line::new(role, uri.clone(), Arc::clone(&shared));
            tasks.spawn(line.keep_up());
        }
        Ok(Arc::new(Self { shared, tasks }))
    }

    /// Keeps an event in this process that RabbitMQ does not take back, and hands it out again when it is due.
    fn keep(&self, id: &str, held: &Held, delay: Duration, attempts: u32, history: Vec<Failure>) {
        let shared = Arc::clone(&self.shared);
        let id = id.to_owned();
        let arrived = held.arrived;
        self.tasks.spawn(async move {
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = shared.closing.cancelled() => {}
                () = tokio::time::sleep(delay.min(LONGEST_HERE)) => if arrived.elapsed() < LONGEST_HERE {
                    return shared.inbox.put_back(&id, attempts, history);
                }
            }
            // It comes again without its history.
            if let Some(held) = shared.inbox.answered(&id) {
                consume::give_back(vec![held.acker]).await;
            }
        });
    }
}

impl Shared {
    fn problems(&self) -> MutexGuard<'_, [Option<String>; 2]> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn consuming(&self) -> MutexGuard<'_, Option<Arc<lapin::Connection>>> {
        self.consuming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RabbitMqQueue {
    fn drop(&mut self) {
        self.shared.closing.cancel();
    }
}

#[async_trait]
impl Queue for RabbitMqQueue {
    async fn publish(&self, lane: Lane, events: &[Event]) -> Result<(), QueueError> {
        let failed = |error: RabbitMqError| QueueError::new("publish", error);
        let queue = self.shared.topology.lane(lane);
        let messages = events
            .iter()
            .map(|event| Message::of(queue, lane, event))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        self.shared.publisher.publish(&messages).await.map_err(failed)
    }

    async fn take(&self, limit: usize) -> Result<Vec<Delivery>, QueueError> {
        Ok(self.shared.inbox.take(limit).await)
    }

    async fn done(&self, delivery: &Delivery) -> Result<(), QueueError> {
        match self.shared.inbox.answered(&delivery.id) {
            Some(held) => consume::acknowledge(&held.acker, &delivery.id).await,
            None => consume::tell_of_lost(&delivery.id),
        }
        Ok(())
    }

    async fn again(
        &self,
        delivery: &Delivery,
        delay: Duration,
        failure: Option<Failure>,
    ) -> Result<(), QueueError> {
        let Some(held) = self.shared.inbox.held(&delivery.id) else {
            consume::tell_of_lost(&delivery.id);
            return Ok(());
        };
        let attempts = delivery.attempts.saturating_add(u32::from(failure.is_some()));
        let history = match failure {
            Some(failure) => delivery.history_with(failure),
            None => delivery.history.clone(),
        };
        let queue = self.shared.topology.wait(held.lane, delay);
        let message = Message::again(queue, &held, attempts, &history);
        match self.shared.publisher.publish(&[message]).await {
            Ok(()) => {
                self.shared.inbox.answered(&delivery.id);
                consume::acknowledge(&held.acker, &delivery.id).await;
            }
            Err(error) => {
                tracing::warn!(
                    event.id = %delivery.id, %error,
                    "RabbitMQ does not take an event back, which waits in this process instead"
                );
                self.keep(&delivery.id, &held, delay, attempts, history);
            }
        }
        Ok(())
    }

    async fn depth(&self, lane: Lane) -> Result<u64, QueueError> {
        depth::depth(&self.shared, lane)
            .await
            .map_err(|error| QueueError::new("count events", error))
    }

    fn problem(&self) -> Option<String> {
        self.shared.problems().iter().flatten().next().cloned()
    }

    async fn close(&self) {
        self.shared.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
