//! What the event's own record shows: from the event where that is enough, from its system where it is not.

use crate::queue::{Change, Seen};
use crate::store::Link;
use crate::sync::{Module, ModuleSettings, Record, Side, unchanged_since};
use crate::system::Glance;

use super::lease::lease_of;
use super::subject::Case;
use super::{Engine, EngineError};

/// What is known of an event's own record.
pub(super) enum Source {
    /// The event tells nothing new: it is an echo of our own write, older than what was seen, or without change.
    Nothing,
    /// The record is gone.
    Gone,
    /// The record, and whether it was read just now.
    Record { record: Record, fresh: bool },
}

/// What an event tells of a record.
enum Told {
    /// Not enough: the record must be read.
    Little,
    /// What it showed when the event was made.
    Record(Record),
}

impl Engine {
    /// What a record that is in step shows now.
    pub(super) async fn source(
        &self,
        case: &Case<'_>,
        link: &Link,
        seen: &Seen,
    ) -> Result<Source, EngineError> {
        let Some(told) = self.told(case, link, seen).await? else {
            return Ok(Source::Nothing);
        };
        let Told::Record(record) = told else {
            return self.fetched(case).await;
        };
        if !self.is_newer(case, link, &record) {
            return self.fetched(case).await;
        }
        Ok(Source::Record { record, fresh: false })
    }

    /// What an event shows of a record, if that is certainly newer than what was seen.
    pub(super) async fn newer(
        &self,
        case: &Case<'_>,
        link: &Link,
        seen: &Seen,
    ) -> Result<Option<Record>, EngineError> {
        let told = self.told(case, link, seen).await?;
        Ok(match told {
            Some(Told::Record(record)) if self.is_newer(case, link, &record) => Some(record),
            _ => None,
        })
    }

    /// Times have whole seconds: what is of the second of the last change seen may be older or newer.
    fn is_newer(&self, case: &Case<'_>, link: &Link, record: &Record) -> bool {
        let last = *link.modified.of(case.side);
        self.system(case.side).tells_time() && last.is_some() && record.modified > last
    }

    /// What an event tells of a record that is in step; `None` when that is nothing new: an echo of our own write,
    /// older than what was seen, or no change in any mapped field.
    async fn told(&self, case: &Case<'_>, link: &Link, seen: &Seen) -> Result<Option<Told>, EngineError> {
        if link.unsettled_since.is_some() {
            return Ok(Some(Told::Little));
        }
        let glance = self.glance(case, seen);
        let last = *link.modified.of(case.side);
        let is_late = glance.modified.is_some() && glance.modified < last;
        if is_late && self.system(case.side).tells_time() && matches!(seen, Seen::Body(_)) {
            return Ok(None);
        }
        if glance.own == Some(true) && glance.modified.is_some() && glance.modified == last {
            return Ok(None);
        }
        let Some(record) = self.seen(case, seen).await? else {
            return Ok(Some(Told::Little));
        };
        let is_new = !unchanged_since(&case.settings, &link.base, case.side, &record);
        Ok(is_new.then_some(Told::Record(record)))
    }

    /// Whether an event tells nothing new of a record that nobody works on: most echoes of our own writes. They are
    /// done with after three reads of the database, without a lease.
    pub(super) async fn is_echo(&self, case: &Case<'_>, change: &Change) -> Result<bool, EngineError> {
        let Change::Changed(seen @ (Seen::Body(_) | Seen::Record(_))) = change else {
            return Ok(false);
        };
        let Some(link) = self.store.link_of(&case.at, case.side, &case.id).await? else {
            return Ok(false);
        };
        // Whoever works on the record may be about to change what the event is compared with.
        if self
            .store
            .is_leased(&lease_of(&link.id), self.clock.now())
            .await?
        {
            return Ok(false);
        }
        let Some(link) = self.store.link_of(&case.at, case.side, &case.id).await? else {
            return Ok(false);
        };
        Ok(!link.is_broken() && self.told(case, &link, seen).await?.is_none())
    }

    /// What a record that is not yet in step shows now.
    pub(super) async fn newcomer(&self, case: &Case<'_>, seen: &Seen) -> Result<Source, EngineError> {
        if let Some(record) = self.seen(case, seen).await? {
            Ok(Source::Record { record, fresh: false })
        } else {
            // The echo of a create of our own that is not yet noted down can't be told from somebody else's
            // work by its id. It can soon.
            if self.glance(case, seen).own == Some(true) && self.is_creating_on(&case.at, case.side).await? {
                return Err(EngineError::Unsettled);
            }
            self.fetched(case).await
        }
    }

    /// Reads the event's own record from its system.
    pub(super) async fn fetched(&self, case: &Case<'_>) -> Result<Source, EngineError> {
        let record = self.system(case.side).fetch(case.at.module, &case.id).await?;
        Ok(record.map_or(Source::Gone, |record| Source::Record { record, fresh: true }))
    }

    pub(super) fn glance(&self, case: &Case<'_>, seen: &Seen) -> Glance {
        match seen {
            Seen::Nothing => Glance::default(),
            Seen::Body(body) => self.system(case.side).glance(body),
            Seen::Record(record) => Glance {
                modified: self.system(case.side).modified(record),
                own: None,
            },
        }
    }

    /// The record as the event holds it, if it holds all of it.
    async fn seen(&self, case: &Case<'_>, seen: &Seen) -> Result<Option<Record>, EngineError> {
        let record = self.read(case.at.module, case.side, &case.settings, seen).await?;
        Ok(record.filter(|record| record.id == case.id))
    }

    /// The record that was seen, if all that is mapped was.
    pub(super) async fn read(
        &self,
        module: Module,
        side: Side,
        settings: &ModuleSettings,
        seen: &Seen,
    ) -> Result<Option<Record>, EngineError> {
        Ok(match seen {
            Seen::Nothing => None,
            Seen::Record(record) => Some(Record {
                modified: self.system(side).modified(record),
                ..record.clone()
            }),
            Seen::Body(body) => {
                let needed = settings.needed(side);
                self.system(side).read(module, body, &needed).await?
            }
        })
    }
}
