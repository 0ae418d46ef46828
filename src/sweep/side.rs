//! The sweep of one side of a module: page by page, and on where it was broken off.

use std::time::Duration;

use super::differences::has_stock;
use super::gone::Seen;
use super::{Ground, Report, Scope, Sweeper};
use crate::clock::Timestamp;
use crate::engine::EngineError;
use crate::queue::Cause;
use crate::store::{SweepState, SweepUnderWay};
use crate::system::{Page, Reach};

/// So long after a change was seen its second is over, and so is whatever request may have changed something in it.
const SETTLED_AFTER: Duration = Duration::from_mins(2);

/// A sweep that was broken off longer ago is begun anew.
const STALE: Duration = Duration::from_hours(24);

impl Sweeper {
    pub(super) async fn sweep_side(
        &self,
        ground: Ground<'_>,
        scope: Scope,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let Ground { at, side, .. } = ground;
        let mut state = self.engine.store.sweep_state(at, side).await?;
        let now = self.engine.clock.now();
        let known = state.under_way.take();
        let known = known.filter(|known| self.serves(known, scope, now));
        let resumed = known.is_some();
        let reach = self
            .patiently(|| self.engine.system(side).reach(at.module))
            .await?;
        let sweep = match known {
            Some(known) => known,
            None => self.begin(ground, scope, &state, reach).await?,
        };
        (*report.read.of_mut(side), *report.found.of_mut(side)) = (sweep.read, sweep.found);
        state.under_way = Some(sweep);
        let mut seen = Seen::default();
        self.read_pages(ground, &mut state, &mut seen, resumed, report)
            .await?;
        let Some(sweep) = state.under_way.take() else {
            return Ok(());
        };
        let is_told = sweep.since.is_some() && reach == Reach::ChangedAndDeleted;
        let saw_all = sweep.since.is_none() || reach == Reach::All;
        let is_complete = sweep.census.is_complete_since(state.census);
        if scope == Scope::First {
            // Nothing can be gone.
        } else if is_told {
            self.see_to_told(ground, &sweep.deleted, report).await?;
            // It tells of what people save, and not of what orders move.
            if scope != Scope::Changes && has_stock(ground) {
                self.present(ground, report).await?;
            }
        } else if saw_all && !resumed {
            self.see_to_gone(ground, &seen, report).await?;
        } else if saw_all || scope != Scope::Changes || is_complete == Some(false) {
            let present = self.present(ground, report).await?;
            self.see_to_gone(ground, &present, report).await?;
        }
        self.see_to_blanked(ground, sweep.blanked, report).await?;
        state.held = *report.held.of(side);
        (state.read, state.found) = (*report.read.of(side), *report.found.of(side));
        // What is held back must be found again.
        if state.held == 0 {
            let is_over = state
                .swept
                .is_some_and(|last| sweep.begun - last >= SETTLED_AFTER);
            state.settled = is_over && sweep.census.mark == state.census.mark;
            state.census = sweep.census;
        }
        state.swept = Some(sweep.begun);
        if sweep.since.is_none() {
            state.swept_all = Some(sweep.begun);
        }
        self.note(ground, &state).await
    }

    /// How a sweep begins.
    async fn begin(
        &self,
        Ground { at, side, .. }: Ground<'_>,
        scope: Scope,
        state: &SweepState,
        reach: Reach,
    ) -> Result<SweepUnderWay, EngineError> {
        let begun = self.engine.clock.now();
        let system = self.engine.system(side);
        let census = self.patiently(|| system.census(at.module, state.census)).await?;
        let set_back = census.set_back_since(state.census);
        let since = state.census.mark.filter(|_| !scope.is_full());
        let is_idle = since.is_some()
            && state.settled
            && census.mark == state.census.mark
            && set_back.is_zero()
            && reach == Reach::Changed;
        Ok(SweepUnderWay {
            begun,
            census,
            since: since.map(|since| since.before(set_back)),
            is_idle,
            cursor: None,
            read: 0,
            found: 0,
            deleted: Vec::new(),
            blanked: Vec::new(),
        })
    }

    /// Reads the pages that are left, and has what may have changed looked at.
    async fn read_pages(
        &self,
        ground: Ground<'_>,
        state: &mut SweepState,
        seen: &mut Seen,
        resumed: bool,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let mut is_first = true;
        while let Some(sweep) = &mut state.under_way
            && !sweep.is_idle
        {
            if self.cause() == Cause::Backfill {
                self.until_room().await;
            }
            let page = match self.page(ground, sweep).await {
                Ok(page) => page,
                Err(error) => {
                    // Where it can't go on where it was broken off, it begins anew.
                    if resumed && is_first {
                        state.under_way = None;
                        self.note(ground, state).await?;
                    }
                    return Err(error);
                }
            };
            is_first = false;
            *report.read.of_mut(ground.side) += page.records.len() as u64;
            for record in &page.records {
                seen.note(&record.id);
            }
            sweep.deleted.extend_from_slice(&page.deleted);
            let next = page.next.clone();
            let differences = self.differences(ground, page).await?;
            self.publish(ground.side, &differences.events, report).await?;
            sweep.blanked.extend(differences.blanked);
            if next.is_none() {
                break;
            }
            // What was found up to here is in the queue.
            sweep.cursor = next;
            (sweep.read, sweep.found) = (*report.read.of(ground.side), *report.found.of(ground.side));
            self.note(ground, state).await?;
        }
        Ok(())
    }

    /// Reads a page, again and again when the system is not available for the moment.
    async fn page(
        &self,
        Ground { at, side, .. }: Ground<'_>,
        sweep: &SweepUnderWay,
    ) -> Result<Page, EngineError> {
        let system = self.engine.system(side);
        let cursor = sweep.cursor.as_deref();
        match sweep.since {
            Some(since) => self.patiently(|| system.changes(at.module, since, cursor)).await,
            None => self.patiently(|| system.page(at.module, cursor)).await,
        }
    }

    /// The records that there are.
    async fn present(&self, ground: Ground<'_>, report: &mut Report) -> Result<Seen, EngineError> {
        let Ground { at, side, .. } = ground;
        let mut present = Seen::default();
        let mut cursor: Option<String> = None;
        loop {
            let system = self.engine.system(side);
            let page = self
                .patiently(|| system.ids(at.module, cursor.as_deref()))
                .await?;
            for record in &page.records {
                present.note(&record.id);
            }
            let events = self.stock(ground, &page.records).await?;
            self.publish(side, &events, report).await?;
            cursor = page.next;
            if cursor.is_none() {
                return Ok(present);
            }
        }
    }

    /// Whether a sweep that was broken off does what is asked for, too.
    fn serves(&self, sweep: &SweepUnderWay, scope: Scope, now: Timestamp) -> bool {
        match scope {
            Scope::Changes | Scope::ChangesAndGone => now - sweep.begun < STALE,
            Scope::Full => sweep.since.is_none() && now - sweep.begun < STALE,
            // That may take days.
            Scope::First => {
                sweep.since.is_none() && self.run.as_ref().is_some_and(|run| sweep.begun >= run.begun)
            }
        }
    }

    async fn note(&self, Ground { at, side, .. }: Ground<'_>, state: &SweepState) -> Result<(), EngineError> {
        let now = self.engine.clock.now();
        Ok(self.engine.store.put_sweep_state(at, side, state, now).await?)
    }
}
