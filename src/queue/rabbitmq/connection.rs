//! Keeps a connection up: connects, declares the queues, does what the connection is for, and starts over when it ends.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::tcp::{AMQPUriTcpExt, AsyncTcpStream, OwnedTLSConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties, Event};
use tokio::time::{Instant, timeout};

use super::{RabbitMqError, Shared, consume};

/// The shortest and the longest time between two attempts to connect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// A connection that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(10);

/// How long anything may take that the broker is asked, other than to store an event.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long the end of a connection may go unnoticed where no event tells of it.
const LOOK: Duration = Duration::from_millis(500);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Publish,
    Consume,
}

impl Role {
    pub(super) const ALL: [Self; 2] = [Self::Publish, Self::Consume];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Consume => "consume",
        }
    }
}

/// A connection that is kept up.
pub(super) struct Line {
    role: Role,
    uri: AMQPUri,
    shared: Arc<Shared>,
}

impl Line {
    pub(super) fn new(role: Role, uri: AMQPUri, shared: Arc<Shared>) -> Self {
        Self { role, uri, shared }
    }

    /// Keeps the connection up until the queue is closed.
    pub(super) async fn keep_up(self) {
        let closing = self.shared.closing.clone();
        let mut failures = 0;
        while !closing.is_cancelled() {
            let begun = Instant::now();
            let ended = self.connect_and_use().await;
            self.detach();
            let Err(error) = ended else {
                break;
            };
            self.tell(&error);
            failures = if begun.elapsed() > GOOD { 0 } else { failures + 1 };
            tokio::select! {
                () = closing.cancelled() => {}
                () = tokio::time::sleep(pause(failures, rand::random())) => {}
            }
        }
        self.shared.problems()[self.role as usize] = Some(RabbitMqError::NotConnected.to_string());
    }

    /// Returns without an error when the queue is closed.
    async fn connect_and_use(&self) -> Result<(), RabbitMqError> {
        let closing = &self.shared.closing;
        let connection = tokio::select! {
            () = closing.cancelled() => return Ok(()),
            connection = self.open() => Arc::new(connection?),
        };
        let mut end = std::pin::pin!(end(Arc::clone(&connection), connection.events_listener()));
        let used = tokio::select! {
            () = closing.cancelled() => Ok(()),
            error = &mut end => Err(error),
            used = self.use_it(&connection) => used,
        };
        // What has ended already can't be closed, and nobody waits for it.
        let closed = connection.close(200, "closing".into());
        drop(timeout(PATIENCE, closed).await);
        used
    }

    /// Lets nobody use the connection any more.
    fn detach(&self) {
        match self.role {
            Role::Publish => self.shared.publisher.set(None),
            Role::Consume => {
                *self.shared.consuming() = None;
                self.shared.inbox.clear();
            }
        }
    }

    async fn use_it(&self, connection: &Arc<Connection>) -> Result<(), RabbitMqError> {
        self.declare(connection).await?;
        match self.role {
            Role::Publish => {
                self.shared.publisher.set(Some(Arc::clone(connection)));
                self.tell_connected();
                loop {
                    self.shared.publisher.missing().await;
                    self.declare(connection).await?;
                }
            }
            Role::Consume => {
                let consumers = consume::start(&self.shared, connection).await?;
                *self.shared.consuming() = Some(Arc::clone(connection));
                self.tell_connected();
                consumers.run(&self.shared).await
            }
        }
    }

    async fn declare(&self, connection: &Connection) -> Result<(), RabbitMqError> {
        let _alone = self.shared.declaring.lock().await;
        timeout(PATIENCE, self.shared.topology.declare(connection)).await?
    }

    async fn open(&self) -> Result<Connection, RabbitMqError> {
        let properties = ConnectionProperties::default()
            .with_connection_name(format!("woo-vtiger-sync {}", self.role.as_str()).into());
        let runtime = lapin::runtime::default_runtime()?;
        let socket = Socket::default();
        let opening = Opening(socket.clone());
        let reactor = runtime.clone();
        let connect = async move |uri: AMQPUri, _| {
            let mut plain = uri.clone();
            plain.scheme = AMQPScheme::AMQP;
            let tls = OwnedTLSConfig::default();
            let stream = async {
                let stream = plain.connect_async(&reactor).await?;
                if let AsyncTcpStream::Plain(stream) = &stream {
                    socket.keep(stream.get_ref())?;
                }
                match uri.scheme {
                    AMQPScheme::AMQP => Ok(stream),
                    AMQPScheme::AMQPS => stream.into_tls(&uri.authority.host, tls.as_ref()).await,
                }
            };
            // lapin's thread would wait as long as the system does, also when nobody waits for it any more.
            let stream = timeout(PATIENCE / 2, stream).await;
            Ok(stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?)
        };
        let connection = Connection::connector(self.uri.clone(), runtime, connect, properties);
        let connection = timeout(PATIENCE, connection).await??;
        opening.succeeded();
        Ok(connection)
    }

    fn tell_connected(&self) {
        let mut problems = self.shared.problems();
        problems[self.role as usize] = None;
        tracing::info!(
            role = self.role.as_str(), host = %self.uri.authority.host, port = self.uri.authority.port,
            vhost = %self.uri.vhost, "connected to RabbitMQ"
        );
    }

    /// Tells of a problem once, however often it comes again.
    fn tell(&self, error: &RabbitMqError) {
        let text = error.to_string();
        let mut problems = self.shared.problems();
        let known = &mut problems[self.role as usize];
        let (role, host, port) = (
            self.role.as_str(),
            &self.uri.authority.host,
            self.uri.authority.port,
        );
        if known.as_ref() == Some(&text) {
            tracing::debug!(role, %host, port, error = %text, "still no connection to RabbitMQ");
        } else if matches!(error, RabbitMqError::Clash { .. }) {
            tracing::error!(role, %host, port, error = %text, "RabbitMQ can't be used");
        } else {
            tracing::warn!(role, %host, port, error = %text, "no connection to RabbitMQ; trying again");
        }
        *known = Some(text);
    }
}

/// How long to wait after so many failures. `jitter` is between 0 and 1, so that many processes don't come at once.
fn pause(failures: u32, jitter: f64) -> Duration {
    let (shortest, longest) = PAUSES;
    let doubled = shortest.saturating_mul(2_u32.saturating_pow(failures.min(20)));
    doubled.min(longest).mul_f64(0.5 + jitter / 2.0).max(shortest)
}

/// Waits until the connection has ended.
async fn end(connection: Arc<Connection>, events: impl Stream<Item = Event>) -> RabbitMqError {
    let mut events = std::pin::pin!(events);
    let mut last = None;
    loop {
        match timeout(LOOK, events.next()).await {
            // A channel's errors come here too.
            Ok(Some(Event::Error(error))) => last = Some(error),
            Ok(Some(Event::ConnectionBlocked(reason))) => {
                tracing::warn!(%reason, "RabbitMQ takes nothing for now");
            }
            Ok(Some(Event::ConnectionUnblocked)) => tracing::info!("RabbitMQ takes events again"),
            Ok(Some(_)) | Err(_) => {}
            Ok(None) => tokio::time::sleep(LOOK).await,
        }
        if !connection.status().connected() {
            return last.map_or(RabbitMqError::NotConnected, RabbitMqError::Amqp);
        }
    }
}

/// The socket of a connection that is being made.
#[derive(Clone, Default)]
struct Socket(Arc<Mutex<Option<TcpStream>>>);

impl Socket {
    fn keep(&self, socket: &impl AsFd) -> io::Result<()> {
        let socket = socket.as_fd().try_clone_to_owned()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket.into());
        Ok(())
    }

    fn take(&self) -> Option<TcpStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Ends the connection unless it succeeded: lapin's thread would wait for ever for a broker that keeps silent.
struct Opening(Socket);

impl Opening {
    fn succeeded(&self) {
        self.0.take();
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take() {
            // An error only says that it has ended already.
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_within_bounds() {
        assert_eq!(pause(0, 0.0), PAUSES.0);
        assert_eq!(pause(1, 1.0), Duration::from_millis(500));
        assert_eq!(pause(40, 0.0), PAUSES.1 / 2);
        assert_eq!(pause(u32::MAX, 1.0), PAUSES.1);
    }
}
