//! One record, or a pair: found, shown side by side with its history, and what a person does with it by hand.
//!
//! The command line, the API and the pages share this. A record is always looked for within its connection, so that
//! nobody reaches one connection's records by way of another.

mod act;
mod attention;
mod find;
mod live;
mod past;
mod take;
mod view;

use std::sync::Arc;

use crate::clock::Clock;
use crate::engine::{Engine, EngineError};
use crate::queue::{Queue, QueueError};
use crate::roster::{Names, Roster};
use crate::store::{Link, Place, Store, StoreError};
use crate::sync::{Module, RecordId, Side, Sides};
use crate::system::SystemError;

pub use act::Linked;
pub use attention::{Attention, AttentionFilter, Chosen, Group, HeldSweep, ProblemView, Retried};
pub use find::{Found, Results};
pub use live::{FieldState, Live, LiveField};
pub use past::{FailedHere, History, Past, PastField};
pub use take::Lost;
pub use view::{DisputeView, FieldView, RecordView, Writer};

/// The records, and what is done with them by hand.
#[derive(Clone, Debug)]
pub struct Records {
    /// What is known of them.
    pub store: Arc<dyn Store>,
    /// Where the service is told to look at one.
    pub queue: Arc<dyn Queue>,
    /// Tells when that was.
    pub clock: Arc<dyn Clock>,
    /// The connections, with the engine of each.
    pub roster: Arc<Roster>,
}

/// Why nothing could be shown or done.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such connection.
    #[error("there is no connection named `{0}` in the configuration")]
    UnknownConnection(String),
    /// Nothing is known of the record.
    #[error("nothing is known of {what} {id} of {system}; it may be told of by the next sweep")]
    Unknown {
        /// What kind of record it would be.
        what: &'static str,
        /// Its id.
        id: RecordId,
        /// The system that it would be of.
        system: &'static str,
    },
    /// The system has no such record.
    #[error("there is no {what} {id} in {system}; nothing was changed")]
    NotThere {
        /// What kind of record it would be.
        what: &'static str,
        /// Its id.
        id: RecordId,
        /// The system that it would be of.
        system: &'static str,
    },
    /// The record is not linked.
    #[error("{what} {id} of {system} is not linked")]
    NotLinked {
        /// What kind of record it is.
        what: &'static str,
        /// Its id.
        id: RecordId,
        /// The system that it is of.
        system: &'static str,
    },
    /// There is no such conflict of this record (any more).
    #[error("there is no such conflict of this record any more; its value was taken or changed meanwhile")]
    NoConflict,
    /// The value can't be taken, for this reason.
    #[error("`{field}` was left as it is: {reason}")]
    NotTaken {
        /// The mapping's key.
        field: String,
        /// Why.
        reason: &'static str,
    },
    /// One of the systems, the store or the queue failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<QueueError> for RecordError {
    fn from(error: QueueError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<SystemError> for RecordError {
    fn from(error: SystemError) -> Self {
        Self::Engine(error.into())
    }
}

impl Records {
    /// The names of the connections, in order.
    pub fn connections(&self) -> Vec<String> {
        self.roster.names()
    }

    /// A module of a connection that there is. As in the configuration, capital letters don't count.
    ///
    /// # Errors
    /// When there is no such connection.
    pub fn place(&self, connection: &str, module: Module) -> Result<Place, RecordError> {
        let lower = connection.to_lowercase();
        match self.roster.get(&lower) {
            Some(member) => Ok(member.engine.place(module)),
            None => Err(RecordError::UnknownConnection(connection.to_owned())),
        }
    }

    fn engine(&self, at: &Place) -> Result<Engine, RecordError> {
        match self.roster.get(&at.connection) {
            Some(member) => Ok(member.engine.clone()),
            None => Err(RecordError::UnknownConnection(at.connection.clone())),
        }
    }

    /// The whole id of a record, and its link.
    async fn find(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
    ) -> Result<(Option<Link>, RecordId), RecordError> {
        let id = self.engine(at)?.full_id(side, at.module, id).await?;
        Ok((self.store.link_of(at, side, &id).await?, id))
    }

    async fn linked(&self, at: &Place, side: Side, id: &RecordId) -> Result<Link, RecordError> {
        let (link, id) = self.find(at, side, id).await?;
        link.ok_or_else(|| RecordError::NotLinked {
            what: at.module.one(),
            id,
            system: side.title(),
        })
    }
}

/// The ids of a record, and of the one that it is linked with.
fn ids_of(link: Option<&Link>, side: Side, id: &RecordId) -> Sides<Option<RecordId>> {
    let mut ids = Sides::new(|side| link.map(|link| link.ids.of(side).clone()));
    *ids.of_mut(side) = Some(id.clone());
    ids
}
