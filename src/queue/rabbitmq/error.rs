//! Why RabbitMQ was of no use.

/// Why RabbitMQ was of no use.
#[derive(Debug, thiserror::Error)]
pub enum RabbitMqError {
    /// The address can't be read. The text never repeats it, as it has a password.
    #[error(
        "the address of RabbitMQ can't be used: {0}; it has the form amqp://user:password@host:5672/vhost"
    )]
    Address(String),
    /// There is no connection.
    #[error("there is no connection to RabbitMQ")]
    NotConnected,
    /// The broker takes nothing, as it is short of memory or disk space.
    #[error("RabbitMQ takes nothing for now: it is short of memory or disk space")]
    Blocked,
    /// It did not answer in time.
    #[error("RabbitMQ did not answer in time")]
    Timeout,
    /// It said that it did not store an event.
    #[error("RabbitMQ refused an event for its queue {0}")]
    Refused(String),
    /// It has no such queue.
    #[error("RabbitMQ returned an event for its queue {queue}: {reason}")]
    Returned {
        /// The queue.
        queue: String,
        /// What the broker said.
        reason: String,
    },
    /// The queue is there, but is another one than this program needs.
    #[error(
        "RabbitMQ has a queue {queue} with other properties: {difference}. Set another queue.prefix, or delete the \
         queue once it is empty"
    )]
    Clash {
        /// The queue.
        queue: String,
        /// What the broker said is different.
        difference: String,
    },
    /// The broker ended the taking of events from a queue.
    #[error("RabbitMQ hands out no more events of its queue {0}")]
    Ended(String),
    /// An event could not be written as JSON.
    #[error("an event can't be written as JSON")]
    Unwritable(#[source] serde_json::Error),
    /// Anything else that the protocol has an error for.
    #[error("RabbitMQ: {0}")]
    Amqp(lapin::Error),
}

impl From<lapin::Error> for RabbitMqError {
    fn from(error: lapin::Error) -> Self {
        Self::Amqp(error)
    }
}

impl From<tokio::time::error::Elapsed> for RabbitMqError {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::Timeout
    }
}
