//! Why an event could not be dealt with.

use crate::queue::QueueError;
use crate::store::StoreError;
use crate::sync::PathError;
use crate::system::SystemError;

/// Why an event could not be dealt with for now.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A call to one of the two systems failed.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The settings that a module starts with are wrong.
    #[error(transparent)]
    Defaults(#[from] PathError),
    /// The records changed again and again while they were worked on.
    #[error("the records keep changing while they are worked on")]
    Restless,
    /// A part of this program panicked.
    #[error("a part of the program failed unexpectedly; please report this with the log")]
    Panic,
    /// The event is of a connection that this process does not know; another one may.
    #[error(
        "this process knows no such connection, neither from its configuration nor from the database: add it there, or \
         discard the event if the connection is gone for good"
    )]
    UnknownConnection,
    /// Nothing is done for the event's connection for now.
    #[error("its connection is paused, or can't be brought to work for now")]
    ConnectionPaused,
    /// Our own create has been announced, but is not yet noted down.
    #[error("a create of our own is not yet noted down")]
    Unsettled,
}
