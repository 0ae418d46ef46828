//! Events that were set aside, and what a person does with them: look, replay, discard.
//!
//! The command line, the API and the pages share this. What came with an event is people's data: they show the names of
//! its fields, and not what stands in them.

mod payload;
mod replay;
mod view;

use std::sync::Arc;

use crate::clock::Clock;
use crate::queue::{Queue, QueueError};
use crate::store::{FailedFilter, Place, Store, StoreError};

pub use replay::{Discarded, Replayed, Selection};
pub use view::{Attempt, Logged, Record, Remedy, Shown, Summary};

/// The fewest characters of an id that may stand for it.
const SHORTEST: usize = 8;

/// How many entries of the journal are shown of a record.
const ENTRIES: u32 = 5;

/// The events that were set aside.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Where they are kept.
    pub store: Arc<dyn Store>,
    /// Where they go when they are replayed.
    pub queue: Arc<dyn Queue>,
    /// Tells when that is.
    pub clock: Arc<dyn Clock>,
}

/// Some of them.
#[derive(Debug, serde::Serialize)]
pub struct Listing {
    /// The events, the oldest first.
    pub failed: Vec<Summary>,
    /// The id after which the next ones come, where there are more.
    pub next: Option<String>,
    /// How many there are in all.
    pub total: u64,
}

/// Why nothing could be shown or done.
#[derive(Debug, thiserror::Error)]
pub enum FailedError {
    /// There is none with this id.
    #[error("there is no failed event `{0}`; it may have been replayed or discarded meanwhile")]
    Unknown(String),
    /// Several ids begin like this.
    #[error("several failed events begin with `{start}`, such as {first} and {second}; give more of the id")]
    Ambiguous {
        /// What was given.
        start: String,
        /// One of them.
        first: String,
        /// Another one.
        second: String,
    },
    /// Too little was given of an id.
    #[error("`{0}` is too short; give at least {SHORTEST} characters of the id")]
    TooShort(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Failed {
    /// Up to `limit` of them, after the one with the id `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, filter: &FailedFilter, after: &str, limit: u32) -> Result<Listing, FailedError> {
        let total = self.store.failed_count(filter).await?;
        let mut found = self
            .store
            .failed_after(filter, after, limit.saturating_add(1))
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = found.len() > shown;
        found.truncate(shown);
        Ok(Listing {
            next: found.last().filter(|_| is_more).map(|last| last.id.clone()),
            failed: found.iter().map(Summary::new).collect(),
            total,
        })
    }

    /// All that is known of one, but what came with it.
    ///
    /// # Errors
    /// When there is none with this id, or the store fails.
    pub async fn show(&self, id: &str) -> Result<Shown, FailedError> {
        let Some(failed) = self.store.failed(&[id.to_owned()]).await?.pop() else {
            return Err(FailedError::Unknown(id.to_owned()));
        };
        let entries = match (&failed.event, failed.record()) {
            (Ok(event), Some((module, side, record))) => {
                let at = Place {
                    connection: event.connection.clone(),
                    module,
                };
                self.store.entries_of(&at, side, record, ENTRIES).await?
            }
            _ => Vec::new(),
        };
        Ok(Shown::new(&failed, entries))
    }

    /// The whole id that begins like this.
    ///
    /// # Errors
    /// When there is none or several, too little is given, or the store fails.
    pub async fn id_of(&self, start: &str) -> Result<String, FailedError> {
        let wanted = start.trim().to_lowercase();
        if wanted.chars().count() < SHORTEST {
            return Err(FailedError::TooShort(wanted));
        }
        let mut found = self.store.failed_like(&wanted, 2).await?.into_iter();
        match (found.next(), found.next()) {
            (None, _) => Err(FailedError::Unknown(wanted)),
            (Some(first), Some(second)) if first != wanted => Err(FailedError::Ambiguous {
                start: wanted,
                first,
                second,
            }),
            (Some(id), _) => Ok(id),
        }
    }
}
