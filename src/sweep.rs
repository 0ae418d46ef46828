//! Finds what no event announced: pages both systems, compares, and puts differences into the queue.
//!
//! A sweep never writes to either system. What differs goes through the engine like any other event.

use std::collections::HashSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Timestamp;
use crate::engine::{Backoff, Disposition, Engine, EngineError, Held};
use crate::queue::{Cause, Change, Event, Lane, Seen, Subject};
use crate::store::{Link, Place, StoreError};
use crate::sync::{Module, ModuleSettings, Record, RecordId, Side, Sides, eligible, tells_news};
use crate::system::{Page, Priority, work_for};
use crate::telemetry;

/// Failures in a row after which a sweep gives up; the next one begins anew.
const ATTEMPTS: u32 = 8;

/// How many links are looked at at once.
const LINKS: u32 = 500;

/// Sweeps one connection, for its engine to deal with what is found.
#[derive(Clone, Debug)]
pub struct Sweeper {
    engine: Engine,
}

/// What a sweep saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records read, per side.
    pub read: Sides<u64>,
    /// Records that may have changed and were put into the queue, per side.
    pub found: Sides<u64>,
}

impl Report {
    /// Whether no record seemed to have changed.
    pub const fn is_clean(&self) -> bool {
        self.found.woocommerce == 0 && self.found.vtiger == 0
    }
}

impl Sweeper {
    /// A sweeper for this engine's connection.
    pub const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Sweeps a module once.
    ///
    /// # Errors
    /// When one of the systems can't be read in spite of several attempts.
    pub async fn sweep(&self, at: &Place) -> Result<Report, EngineError> {
        let mut report = Report::default();
        let settings = self.engine.settings(at).await?;
        if !settings.enabled {
            return Ok(report);
        }
        for side in Side::BOTH {
            if settings.direction.writes_to(side.opposite()) {
                self.sweep_side(at, &settings, side, &mut report).await?;
            }
        }
        tracing::info!(
            connection = %at.connection, module = %at.module,
            read.woocommerce = report.read.woocommerce, read.vtiger = report.read.vtiger,
            found.woocommerce = report.found.woocommerce, found.vtiger = report.found.vtiger,
            "swept a module"
        );
        Ok(report)
    }

    async fn sweep_side(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        side: Side,
        report: &mut Report,
    ) -> Result<(), EngineError> {
        let mut cursor = None;
        let mut seen = HashSet::new();
        loop {
            let page = self.page(at, side, cursor.as_deref()).await?;
            *report.read.of_mut(side) += page.records.len() as u64;
            // Nothing else ever tells that a tax is gone; there are few enough to remember them all.
            if at.module == Module::Taxes {
                seen.extend(page.records.iter().map(|record| record.id.clone()));
            }
            let next = page.next.clone();
            let events = self.differences(at, settings, side, page).await?;
            self.publish(side, &events, report).await?;
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        if at.module == Module::Taxes {
            let events = self.gone(at, side, &seen).await?;
            self.publish(side, &events, report).await?;
        }
        Ok(())
    }

    async fn publish(&self, side: Side, events: &[Event], report: &mut Report) -> Result<(), EngineError> {
        *report.found.of_mut(side) += events.len() as u64;
        if !events.is_empty() {
            self.engine.queue.publish(Lane::Bulk, events).await?;
        }
        Ok(())
    }

    /// The records that are in step and were not seen on this side.
    async fn gone(
        &self,
        at: &Place,
        side: Side,
        seen: &HashSet<RecordId>,
    ) -> Result<Vec<Event>, EngineError> {
        let mut events = Vec::new();
        let mut after = String::new();
        loop {
            let links = self.engine.store.links_after(at, &after, LINKS).await?;
            let Some(last) = links.last() else {
                return Ok(events);
            };
            last.id.clone_into(&mut after);
            let gone = links
                .iter()
                .filter(|link| !link.deleted.of(side) && !seen.contains(link.ids.of(side)));
            events.extend(gone.map(|link| self.event(at, side, link.ids.of(side).clone(), Change::Deleted)));
        }
    }

    fn event(&self, at: &Place, side: Side, id: RecordId, change: Change) -> Event {
        let subject = Subject::Record {
            module: at.module,
            side,
            id,
            change,
        };
        Event::new(&at.connection, subject, Cause::Sweep, self.engine.clock.now())
    }

    /// Reads a page, again and again when the system is not available for the moment.
    async fn page(&self, at: &Place, side: Side, cursor: Option<&str>) -> Result<Page, EngineError> {
        let mut attempts = 0;
        loop {
            let page = self.engine.system(side).page(at.module, cursor);
            let error = match work_for(Priority::Sweep, page).await {
                Ok(page) => return Ok(page),
                Err(error) => EngineError::from(error),
            };
            let backoff = Backoff {
                attempts: ATTEMPTS,
                ..Backoff::default()
            };
            match backoff.after(&error, attempts, rand::random()) {
                Disposition::Retry(wait) | Disposition::Wait(wait) => tokio::time::sleep(wait).await,
                Disposition::GiveUp => return Err(error),
            }
            attempts += 1;
        }
    }

    async fn differences(
        &self,
        at: &Place,
        settings: &ModuleSettings,
        side: Side,
        page: Page,
    ) -> Result<Vec<Event>, EngineError> {
        let Page { records, partial, .. } = page;
        let ids: Vec<RecordId> = records.iter().map(|record| record.id.clone()).collect();
        let links = self.engine.store.links_of(at, side, &ids).await?;
        let link_of = |id: &RecordId| links.iter().find(|link| link.ids.of(side) == id);
        let mut customers = HashSet::new();
        for guest in ids.iter().filter_map(RecordId::guest_email) {
            if self
                .engine
                .store
                .links_by_key(at, guest)
                .await?
                .iter()
                .any(|link| !link.is_broken())
            {
                customers.insert(RecordId::guest(guest));
            }
        }
        if partial {
            let is_new = |record: &&Record| match link_of(&record.id) {
                // What was last seen within the second of its change may have changed once more since.
                Some(link) if !link.is_broken() => record.modified >= *link.modified.of(side),
                Some(link) => record.modified.is_none() || record.modified > *link.modified.of(side),
                None => !is_too_old(settings, record),
            };
            let ids = records.iter().filter(is_new).map(|record| record.id.clone());
            return Ok(ids
                .map(|id| self.event(at, side, id, Change::Changed(Seen::Nothing)))
                .collect());
        }
        let events = records.into_iter().filter(|record| match link_of(&record.id) {
            Some(link) => may_have_changed(settings, link, side, record),
            // A guest that is a customer, too, is not looked at.
            None => is_wanted(settings, at, side, record) && !customers.contains(&record.id),
        });
        let event = |record: Record| {
            let id = record.id.clone();
            self.event(at, side, id, Change::Changed(Seen::Record(record)))
        };
        Ok(events.map(event).collect())
    }

    /// Sweeps all modules every `interval`, and those that are asked for soon after that, until `stop`. Of several
    /// processes that do so for one connection one sweeps, and the others stand by.
    pub async fn run(self, places: Vec<Place>, plan: Schedule, stop: CancellationToken) {
        let lease = format!("sweep:{}", self.engine.connection);
        let mut shift = Shift::new(self.engine.clock.now(), plan);
        let mut held: Option<Held> = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK) => {}
            }
            if !shift.may_begin(self.engine.clock.now()) {
                continue;
            }
            let engine = &self.engine;
            held = match self.on_duty(held, &lease).await {
                Ok(held) => held,
                Err(error) => {
                    tracing::warn!(connection = engine.connection, error = %telemetry::chain(&error), "who sweeps can't be told");
                    None
                }
            };
            if held.is_none() {
                continue;
            }
            let mut asked = match engine.store.take_sweep_requests(&engine.connection).await {
                Ok(asked) => asked,
                Err(error) => {
                    tracing::warn!(error = %telemetry::chain(&error), "requests to sweep can't be read");
                    continue;
                }
            };
            if shift.is_due(engine.clock.now()) {
                asked.clone_from(&places);
                shift.next(engine.clock.now());
            }
            for at in asked {
                shift.rest(engine.clock.now());
                let swept = tokio::select! {
                    () = stop.cancelled() => break,
                    swept = self.sweep(&at) => swept,
                };
                if let Err(error) = swept {
                    tracing::warn!(
                        connection = %at.connection, module = %at.module, error = %telemetry::chain(&error),
                        "a sweep was broken off; the next one begins anew"
                    );
                }
            }
        }
        if let Some(held) = held
            && let Err(error) = held.free(&*self.engine.store).await
        {
            tracing::debug!(error = %telemetry::chain(&error), "the sweeper's lease runs out by itself");
        }
    }

    /// The lease of the one who sweeps: the one held, unless it was lost, or a new one where nobody has it.
    async fn on_duty(&self, held: Option<Held>, lease: &str) -> Result<Option<Held>, StoreError> {
        let (store, now) = (&*self.engine.store, self.engine.clock.now());
        match held {
            Some(held) => Ok(held.retake(store, now).await?.then_some(held)),
            None => self.engine.keeper.claim(store, lease, now).await,
        }
    }
}

/// When one sweeper sweeps.
struct Shift {
    plan: Schedule,
    due: Timestamp,
    rested: Timestamp,
}

impl Shift {
    fn new(now: Timestamp, plan: Schedule) -> Self {
        let due = if plan.at_start { now } else { now + plan.interval };
        Self {
            plan,
            due,
            rested: now,
        }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        now >= self.due
    }

    fn may_begin(&self, now: Timestamp) -> bool {
        self.is_due(now) || now >= self.rested
    }

    fn next(&mut self, now: Timestamp) {
        self.due = now + self.plan.interval;
    }

    fn rest(&mut self, now: Timestamp) {
        self.rested = now + REST;
    }
}

/// How often requests to sweep are looked for. Short, and not at once: several requests make one sweep.
const LOOK: Duration = Duration::from_millis(500);

/// How long a sweep that is asked for waits after the last one: many requests must not keep both systems busy.
const REST: Duration = Duration::from_secs(15);

/// When to sweep.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// The time between the beginnings of two sweeps.
    pub interval: Duration,
    /// Whether to sweep right away.
    pub at_start: bool,
}

fn may_have_changed(settings: &ModuleSettings, link: &Link, side: Side, record: &Record) -> bool {
    // An earlier order of the same guest tells nothing new.
    let is_older = record.modified.is_some() && record.modified < *link.modified.of(side);
    if record.id.guest_email().is_some() && is_older {
        return false;
    }
    // Other fields need no look, as nothing would come of it: Vtiger's stock, which each order moves, would have every
    // product sold read again by every sweep.
    tells_news(settings, &link.base, side, record) && !link.deleted.of(side.opposite())
        || *link.deleted.of(side)
}

/// Whether a record that is not in step should be. One that its system never saved has no time: an event about it tells
/// of a change, but a sweep doesn't, so that here it counts as old.
fn is_wanted(settings: &ModuleSettings, at: &Place, side: Side, record: &Record) -> bool {
    eligible(at.module, settings, side, record) && !is_too_old(settings, record)
}

fn is_too_old(settings: &ModuleSettings, record: &Record) -> bool {
    settings.sync_from.is_some() && record.modified < settings.sync_from
}
