//! Finds what no event announced: pages both systems, compares, and puts differences into the queue.
//!
//! A sweep never writes to either system. What differs goes through the engine like any other event.

mod differences;
mod gone;
mod schedule;

use self::gone::Seen;
pub use self::schedule::Schedule;
use crate::engine::{Backoff, Disposition, Engine, EngineError};
use crate::queue::{Cause, Change, Event, Lane, Subject};
use crate::store::Place;
use crate::sync::{ModuleSettings, RecordId, Side, Sides};
use crate::system::{Page, Priority, SystemError, work_for};

/// Failures in a row after which a sweep gives up; the next one begins anew.
const ATTEMPTS: u32 = 8;

/// Sweeps one connection, for its engine to deal with what is found.
#[derive(Clone, Debug)]
pub struct Sweeper {
    engine: Engine,
    most_deletions_percent: u8,
}

/// What a sweep saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records read, per side.
    pub read: Sides<u64>,
    /// Records that may have changed and were put into the queue, per side.
    pub found: Sides<u64>,
    /// Records that are gone, per side, whose counterparts are not deleted as there are too many of them.
    pub held: Sides<u64>,
}

impl Report {
    /// Whether no record seemed to have changed.
    pub fn is_clean(&self) -> bool {
        [self.found, self.held]
            .iter()
            .all(|count| count.woocommerce == 0 && count.vtiger == 0)
    }
}

impl Sweeper {
    /// A sweeper for this engine's connection, which has at most so many of the records in step deleted at a time, in
    /// percent of them.
    pub const fn new(engine: Engine, most_deletions_percent: u8) -> Self {
        Self {
            engine,
            most_deletions_percent,
        }
    }

    /// The same sweeper, which has any number of records deleted.
    #[must_use]
    pub fn without_brake(&self) -> Self {
        Self::new(self.engine.clone(), 100)
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
        let mut seen = Seen::default();
        loop {
            let page = self.page(at, side, cursor.as_deref()).await?;
            *report.read.of_mut(side) += page.records.len() as u64;
            for record in &page.records {
                seen.note(&record.id);
            }
            let next = page.next.clone();
            let events = self.differences(at, settings, side, page).await?;
            self.publish(side, &events, report).await?;
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        self.see_to_gone(at, settings, side, &seen, report).await
    }

    async fn publish(&self, side: Side, events: &[Event], report: &mut Report) -> Result<(), EngineError> {
        *report.found.of_mut(side) += events.len() as u64;
        if !events.is_empty() {
            self.engine.queue.publish(Lane::Bulk, events).await?;
        }
        Ok(())
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
        patiently(|| work_for(Priority::Sweep, self.engine.system(side).page(at.module, cursor))).await
    }
}

/// What a system answers, be it after several attempts.
async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T, EngineError>
where
    F: Future<Output = Result<T, SystemError>>,
{
    let backoff = Backoff {
        attempts: ATTEMPTS,
        ..Backoff::default()
    };
    let mut attempts = 0;
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => EngineError::from(error),
        };
        match backoff.after(&error, attempts, rand::random()) {
            Disposition::Retry(wait) | Disposition::Wait(wait) => tokio::time::sleep(wait).await,
            Disposition::GiveUp => return Err(error),
        }
        attempts += 1;
    }
}
