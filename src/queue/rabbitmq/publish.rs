//! Publishes messages, and waits until the broker confirms that it has stored them.
//!
//! A call has a channel to itself. lapin numbers a message and sends it in two steps, and gives returned messages to
//! whichever confirmation comes next: on a shared channel one event's failure could be told of another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::RabbitMqError;
use super::message::Message;

/// How many calls publish at a time. The broker syncs what comes at the same time to disk together.
const CHANNELS: usize = 32;

/// Publishes messages.
#[derive(Debug)]
pub(super) struct Publisher {
    timeout: Duration,
    slots: Semaphore,
    line: Mutex<Option<Line>>,
    /// A queue is missing.
    missing: Notify,
}

/// A connection, and its channels that are not in use.
#[derive(Debug)]
struct Line {
    connection: Arc<Connection>,
    idle: Vec<Channel>,
}

impl Publisher {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            slots: Semaphore::new(CHANNELS),
            line: Mutex::default(),
            missing: Notify::new(),
        }
    }

    /// Uses this connection from now on, or none.
    pub(super) fn set(&self, connection: Option<Arc<Connection>>) {
        *self.lock() = connection.map(|connection| Line {
            connection,
            idle: Vec::new(),
        });
    }

    /// Waits until a message came back because its queue is missing.
    pub(super) async fn missing(&self) {
        self.missing.notified().await;
    }

    /// Publishes messages. The broker has stored all of them when this returns; some of them, when it fails.
    pub(super) async fn publish(&self, messages: &[Message]) -> Result<(), RabbitMqError> {
        // What can't go out is not to wait for its turn first.
        self.connection()?;
        timeout(self.timeout, async {
            let _slot = self.slots.acquire().await;
            let connection = self.connection()?;
            let channel = match self.idle(&connection) {
                Some(channel) => channel,
                None => open(&connection).await?,
            };
            // After a failure or a cancellation the channel ends here: confirmations may still come.
            let sent = send(&channel, messages).await;
            if matches!(sent, Err(RabbitMqError::Returned { .. })) {
                self.missing.notify_one();
            }
            sent?;
            self.give_back(&connection, channel);
            Ok(())
        })
        .await?
    }

    fn connection(&self) -> Result<Arc<Connection>, RabbitMqError> {
        let line = self.lock();
        let connection = &line.as_ref().ok_or(RabbitMqError::NotConnected)?.connection;
        if !connection.status().connected() {
            return Err(RabbitMqError::NotConnected);
        }
        // lapin would keep the message and send it whenever the alarm ends.
        if connection.status().blocked() {
            return Err(RabbitMqError::Blocked);
        }
        Ok(Arc::clone(connection))
    }

    fn idle(&self, connection: &Arc<Connection>) -> Option<Channel> {
        let mut line = self.lock();
        let line = line
            .as_mut()
            .filter(|line| Arc::ptr_eq(&line.connection, connection))?;
        std::iter::from_fn(|| line.idle.pop()).find(|channel| channel.status().connected())
    }

    fn give_back(&self, connection: &Arc<Connection>, channel: Channel) {
        let mut line = self.lock();
        if let Some(line) = line
            .as_mut()
            .filter(|line| Arc::ptr_eq(&line.connection, connection))
        {
            line.idle.push(channel);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn open(connection: &Connection) -> Result<Channel, RabbitMqError> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

async fn send(channel: &Channel, messages: &[Message]) -> Result<(), RabbitMqError> {
    let options = BasicPublishOptions {
        mandatory: true,
        immediate: false,
    };
    let publish = |message: &Message| {
        let (queue, properties) = (message.queue.as_str().into(), message.properties.clone());
        let body = Arc::clone(&message.body);
        async move {
            channel
                .basic_publish("".into(), queue, options, &body, properties)
                .await
        }
    };
    let confirmations = try_join_all(messages.iter().map(publish)).await?;
    let confirmations = try_join_all(confirmations).await?;
    for (message, confirmation) in messages.iter().zip(confirmations) {
        match confirmation {
            Confirmation::Ack(None) => {}
            Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
                return Err(RabbitMqError::Returned {
                    queue: returned.routing_key.to_string(),
                    reason: returned.reply_text.to_string(),
                });
            }
            Confirmation::Nack(None) | Confirmation::NotRequested => {
                return Err(RabbitMqError::Refused(message.queue.clone()));
            }
        }
    }
    Ok(())
}
