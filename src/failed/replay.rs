//! Has failed events tried anew, or forgets them.

use std::collections::HashSet;

use serde::Serialize;

use super::{Failed, FailedError};
use crate::queue::{Change, Event, Lane, Seen, Subject};
use crate::store::{FailedEvent, FailedFilter};
use crate::sync::{Module, RecordId, Side};

/// More events than this go the way of a sweep's, so that they never delay a change that happens meanwhile.
const FEW: u64 = 100;

/// How many are dealt with at a time.
const BATCH: u32 = 500;

/// Which failed events are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those with these ids.
    Ids(Vec<String>),
    /// All of these.
    All(FailedFilter),
}

/// What became of events that were to be replayed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// How many were put into the queue again. Several of one record's changes are there as one.
    pub replayed: u64,
    /// Those that can't be read, and stay.
    pub unreadable: Vec<String>,
    /// Ids of which there is no failed event (any more).
    pub unknown: Vec<String>,
}

/// What became of events that were to be discarded.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Discarded {
    /// How many are gone.
    pub discarded: u64,
    /// Ids of which there is no failed event (any more).
    pub unknown: Vec<String>,
}

impl Failed {
    /// Puts failed events into the queue again, where their attempts begin anew.
    ///
    /// Each batch is published before it is forgotten: a crash in between doubles hints, which does no harm.
    ///
    /// # Errors
    /// When the store or the queue fails. What was replayed by then stays so.
    pub async fn replay(&self, selection: &Selection) -> Result<Replayed, FailedError> {
        let mut batches = self.batches(selection).await?;
        let lane = if batches.expected > FEW {
            Lane::Bulk
        } else {
            Lane::Live
        };
        let mut done = Replayed {
            replayed: 0,
            unreadable: Vec::new(),
            unknown: Vec::new(),
        };
        let mut changed = Changed::default();
        while let Some(batch) = batches.next(self).await? {
            let mut events = Vec::with_capacity(batch.len());
            let mut ids = Vec::with_capacity(batch.len());
            for FailedEvent { id, event, .. } in batch {
                let Ok(event) = event else {
                    done.unreadable.push(id);
                    continue;
                };
                ids.push(id);
                if let Some(subject) = changed.once(&event.connection, event.subject) {
                    // Received now: it didn't take the queue that long.
                    let now = self.clock.now();
                    let replayed = Event::new(&event.connection, subject, event.cause, now);
                    events.push(replayed.of_run(event.run.as_deref()));
                }
            }
            if !events.is_empty() {
                self.queue.publish(lane, &events).await?;
            }
            self.store.forget_failed(&ids).await?;
            done.replayed += ids.len() as u64;
        }
        done.unknown = batches.unknown;
        tracing::info!(
            replayed = done.replayed,
            unreadable = done.unreadable.len(),
            lane = lane.as_str(),
            "replayed failed events"
        );
        Ok(done)
    }

    /// Forgets failed events for good.
    ///
    /// # Errors
    /// When the store fails. What was discarded by then stays so.
    pub async fn discard(&self, selection: &Selection) -> Result<Discarded, FailedError> {
        let mut batches = self.batches(selection).await?;
        let mut discarded = 0;
        while let Some(batch) = batches.next(self).await? {
            let ids: Vec<String> = batch.into_iter().map(|failed| failed.id).collect();
            discarded += self.store.forget_failed(&ids).await?;
        }
        tracing::info!(discarded, "discarded failed events");
        Ok(Discarded {
            discarded,
            unknown: batches.unknown,
        })
    }

    async fn batches(&self, selection: &Selection) -> Result<Batches, FailedError> {
        Ok(match selection {
            Selection::Ids(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                Batches {
                    expected: ids.len() as u64,
                    source: Source::Ids(ids),
                    unknown: Vec::new(),
                }
            }
            Selection::All(filter) => {
                let filter = FailedFilter {
                    // What is replayed and fails again meanwhile must not come round for ever.
                    until: Some(self.clock.now()),
                    ..filter.clone()
                };
                Batches {
                    expected: self.store.failed_count(&filter).await?,
                    source: Source::All {
                        filter,
                        after: String::new(),
                    },
                    unknown: Vec::new(),
                }
            }
        })
    }
}

/// The selected events, some at a time.
struct Batches {
    expected: u64,
    source: Source,
    unknown: Vec<String>,
}

enum Source {
    /// The ids that are left.
    Ids(Vec<String>),
    /// Those after this one.
    All { filter: FailedFilter, after: String },
}

impl Batches {
    async fn next(&mut self, failed: &Failed) -> Result<Option<Vec<FailedEvent>>, FailedError> {
        let batch = match &mut self.source {
            Source::Ids(ids) if ids.is_empty() => return Ok(None),
            Source::Ids(ids) => {
                let some: Vec<String> = ids.drain(..ids.len().min(BATCH as usize)).collect();
                let found = failed.store.failed(&some).await?;
                self.unknown.extend(
                    some.into_iter()
                        .filter(|id| found.iter().all(|one| one.id != *id)),
                );
                found
            }
            Source::All { filter, after } => {
                let found = failed.store.failed_after(filter, after, BATCH).await?;
                let Some(last) = found.last() else {
                    return Ok(None);
                };
                after.clone_from(&last.id);
                found
            }
        };
        Ok(Some(batch))
    }
}

/// The records that are to be looked at as they may have changed.
#[derive(Default)]
struct Changed(HashSet<(String, Module, Side, RecordId)>);

impl Changed {
    /// What to say of a subject; nothing where that was said already. The values that came with an event may be long
    /// out of date, so that its record is read anew; and once is enough.
    fn once(&mut self, connection: &str, subject: Subject) -> Option<Subject> {
        let Subject::Record {
            module,
            side,
            id,
            change: Change::Changed(_),
        } = subject
        else {
            return Some(subject);
        };
        let is_new = self.0.insert((connection.to_owned(), module, side, id.clone()));
        is_new.then_some(Subject::Record {
            module,
            side,
            id,
            change: Change::Changed(Seen::Nothing),
        })
    }
}
