//! What happens to an event: read what is needed, plan, write, remember.
//!
//! The engine knows the two systems only by their contract, and treats them alike. One record is worked on by one
//! worker at a time: whoever comes second parks the event with the lease, and the holder puts it back into the queue.

mod apply;
mod create;
mod deletion;
mod entry;
mod error;
mod interrupted;
mod lease;
mod meet;
mod preview;
mod references;
mod retry;
mod source;
mod stock;
mod storm;
mod subject;
mod take;
mod trial;
mod waiting;
mod worker;

use std::fmt;
use std::sync::Arc;

use crate::clock::{Clock, Timestamp};
use crate::queue::Queue;
use crate::store::Store;
use crate::sync::{Module, Record, RecordId, Side, Sides};
use crate::system::System;

pub use error::EngineError;
pub use lease::{Held, Keeper};
pub use preview::{Counterpart, Preview};
pub use retry::{Backoff, Disposition};
pub(crate) use stock::moved_stock;
pub use take::{is_same, takes_back};
pub use trial::MappingTrial;
pub use worker::{Engines, Worker, priority_of};

/// Deals with the events of one connection.
#[derive(Clone)]
pub struct Engine {
    pub(crate) connection: String,
    pub(crate) systems: Sides<Arc<dyn System>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keeper: Arc<Keeper>,
}

impl Engine {
    /// An engine for this connection, whose leases `keeper` prolongs.
    pub fn new(
        connection: &str,
        systems: Sides<Arc<dyn System>>,
        store: Arc<dyn Store>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        keeper: Arc<Keeper>,
    ) -> Self {
        Self {
            connection: connection.to_owned(),
            systems,
            store,
            queue,
            clock,
            keeper,
        }
    }

    /// When a record last changed, if that can be compared with what is told of it later.
    fn time_of(&self, side: Side, record: &Record) -> Option<Timestamp> {
        record.modified.filter(|_| self.system(side).tells_time())
    }

    /// A record's whole id, where Vtiger's may be the bare number.
    ///
    /// # Errors
    /// When the system has to be asked, and fails.
    pub async fn full_id(&self, side: Side, module: Module, id: &RecordId) -> Result<RecordId, EngineError> {
        Ok(self.system(side).full_id(module, id).await?)
    }

    /// Whether a record is there.
    ///
    /// # Errors
    /// When the system fails.
    pub async fn has(&self, side: Side, module: Module, id: &RecordId) -> Result<bool, EngineError> {
        Ok(self.system(side).fetch(module, id).await?.is_some())
    }

    pub(crate) fn system(&self, side: Side) -> &dyn System {
        &**self.systems.of(side)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
