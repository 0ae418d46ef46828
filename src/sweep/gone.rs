//! Records that are in step and that their system no longer shows: nothing else may ever tell that they are gone.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::differences::Differences;
use super::{Ground, Report, Sweeper};
use crate::engine::EngineError;
use crate::queue::{self, Change, Event};
use crate::sync::{Deletes, RecordId};
use crate::system::Page;

/// How many links are looked at at once.
const LINKS: u32 = 500;

/// How many records are looked at with one call.
const LOOK: usize = 100;

/// So many deletions are never too many.
const FEW: u64 = 20;

/// The ids that a sweep came across. Eight bytes each, as there may be a million.
#[derive(Debug, Default)]
pub(super) struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Seen {
    pub(super) fn note(&mut self, id: &RecordId) {
        self.hashes.insert(self.hasher.hash_one(id));
    }

    /// Two ids may be taken for one, by a chance of one to many millions: the next sweep has other luck.
    fn has(&self, id: &RecordId) -> bool {
        self.hashes.contains(&self.hasher.hash_one(id))
    }
}

/// What became of the records in step that were not seen.
struct Missing {
    gone: Vec<RecordId>,
    in_step: u64,
}

impl Sweeper {
    /// Has the deletion of the records seen to that are in step and were not seen on this side, unless there are so many
    /// of them that a person should look first.
    pub(super) async fn see_to_gone(
        &self,
        ground: Ground<'_>,
        seen: &Seen,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let missing = self.missing(ground, seen, report).await?;
        self.see_to(ground, missing, report).await
    }

    async fn see_to(
        &self,
        ground: Ground<'_>,
        Missing { gone, in_step }: Missing,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let Ground { at, settings, side } = ground;
        let found = gone.len() as u64;
        let most = self.most(in_step);
        if settings.deletes == Deletes::Propagate && found > most {
            *report.held.of_mut(side) += found;
            tracing::error!(
                connection = %at.connection, module = %at.module, %side, gone = found, in_step, most,
                "so many records are gone that their counterparts are not deleted before somebody has looked; where that \
                 is as it should be, run `woo-vtiger-sync sweep --allow-deletions`"
            );
            return Ok(());
        }
        let events: Vec<Event> = gone
            .into_iter()
            .map(|id| self.event(ground, id, Change::Deleted))
            .collect();
        self.publish(side, &events, report).await
    }

    /// Has these records looked at, which show nothing where they showed something, unless there are so many of them that a
    /// person should look first.
    pub(super) async fn see_to_blanked(
        &self,
        ground: Ground<'_>,
        blanked: Vec<RecordId>,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let Ground { at, side, .. } = ground;
        if blanked.is_empty() {
            return Ok(());
        }
        let found = blanked.len() as u64;
        let in_step = self.engine.store.count_present(at, side).await?;
        let most = self.most(in_step);
        if found > most {
            *report.held.of_mut(side) += found;
            tracing::error!(
                connection = %at.connection, module = %at.module, %side, blanked = found, in_step, most,
                "so many records show nothing in fields that they showed something in that this is not passed on before \
                 somebody has looked; where that is as it should be, run `woo-vtiger-sync sweep --allow-deletions`"
            );
            return Ok(());
        }
        let events: Vec<Event> = blanked.into_iter().map(|id| self.looked_at(ground, id)).collect();
        self.publish(side, &events, report).await
    }

    /// So many deletions at a time are not too many.
    fn most(&self, in_step: u64) -> u64 {
        FEW.max(in_step.saturating_mul(self.most_deletions_percent.into()) / 100)
    }

    fn looked_at(&self, ground: Ground<'_>, id: RecordId) -> Event {
        self.event(ground, id, Change::Changed(queue::Seen::Nothing))
    }

    /// Has the deletion of these records seen to, which their system tells, unless there are too many of them.
    pub(super) async fn see_to_told(
        &self,
        ground: Ground<'_>,
        told: &[RecordId],
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let Ground { at, side, .. } = ground;
        let links = self.engine.store.links_of(at, side, told).await?;
        let links = links.into_iter().filter(|link| !link.deleted.of(side));
        let gone: Vec<RecordId> = links.map(|link| link.ids.of(side).clone()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let in_step = self.engine.store.count_present(at, side).await?;
        self.see_to(ground, Missing { gone, in_step }, report).await
    }

    /// The records in step that were not seen and are gone. Those that are there all the same are compared: a page may
    /// leave out what moved meanwhile, or a customer of another role.
    async fn missing(
        &self,
        ground: Ground<'_>,
        seen: &Seen,
        report: &mut Report,
    ) -> Result<Missing, EngineError> {
        let Ground { at, side, .. } = ground;
        let mut missing = Missing {
            gone: Vec::new(),
            in_step: 0,
        };
        let mut after = String::new();
        loop {
            let known = self.engine.store.present_ids(at, side, &after, LINKS).await?;
            let Some(last) = known.last() else {
                return Ok(missing);
            };
            last.as_str().clone_into(&mut after);
            missing.in_step += known.len() as u64;
            let unseen: Vec<RecordId> = known
                .into_iter()
                // What a guest is, orders tell, and these are no record that could be deleted.
                .filter(|id| !id.is_guest() && !seen.has(id))
                .collect();
            for some in unseen.chunks(LOOK) {
                let page = self.look(ground, some).await?;
                let is_there = |id: &RecordId| page.records.iter().any(|record| record.id == *id);
                missing
                    .gone
                    .extend(some.iter().filter(|id| !is_there(id)).cloned());
                let Differences {
                    mut events, blanked, ..
                } = self.differences(ground, page).await?;
                events.extend(blanked.into_iter().map(|id| self.looked_at(ground, id)));
                self.publish(side, &events, report).await?;
            }
        }
    }

    /// Reads some records, again and again when the system is not available for the moment.
    async fn look(&self, Ground { at, side, .. }: Ground<'_>, ids: &[RecordId]) -> Result<Page, EngineError> {
        self.patiently(|| self.engine.system(side).look(at.module, ids))
            .await
    }
}
