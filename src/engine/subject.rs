//! One event from lease to release.

use crate::clock::Timestamp;
use crate::queue::{Cause, Change, Event, Lane, Seen, Subject};
use crate::store::{Action, Awaited, Commit, Entry, Link, Place, SweepRequest};
use crate::sync::{MatchKey, Module, ModuleSettings, Record, RecordId, Side, Skip};

use super::lease::{Held, lease_of};
use super::{Engine, EngineError};

/// What one event is about, and what is needed all along.
pub(super) struct Case<'a> {
    pub(super) at: Place,
    pub(super) side: Side,
    pub(super) id: RecordId,
    pub(super) event: &'a Event,
    /// Whatever is read for it is read after this.
    pub(super) begun: Timestamp,
    pub(super) settings: ModuleSettings,
    /// The leases under which it is worked on.
    pub(super) held: &'a Held,
}

/// How far an event came.
pub(super) enum Flow {
    /// It is dealt with.
    Done,
    /// This lease is held by somebody else.
    Busy(String),
    /// Things changed before all leases were taken: begin anew.
    Again,
}

/// Whether an event was dealt with here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Handled {
    /// It was.
    Here,
    /// It waits for a lease that somebody else holds.
    Parked,
}

impl Engine {
    /// Deals with one event.
    ///
    /// # Errors
    /// When it could not be dealt with for now and should be tried again.
    pub async fn handle(&self, event: &Event) -> Result<(), EngineError> {
        if let Subject::Module { module } = &event.subject {
            let at = self.place(*module);
            let request = SweepRequest::new(at);
            return Ok(self.store.request_sweep(&request, self.clock.now()).await?);
        }
        self.handle_event(event).await?;
        // Records that woke each other would do so for ever.
        if event.cause != Cause::Retry
            && let Subject::Record { module, side, id, .. } = &event.subject
        {
            let id = self.system(*side).full_id(*module, id).await?;
            let awaited = Awaited {
                module: *module,
                side: *side,
                id,
            };
            self.wake(&awaited, event).await?;
        }
        Ok(())
    }

    /// Deals with an event about a record.
    pub(super) async fn handle_event(&self, event: &Event) -> Result<Handled, EngineError> {
        let held = self.hold();
        match self.case(event, &held).await? {
            Some((case, change)) => self.with_lease(&case, change).await,
            None => Ok(Handled::Here),
        }
    }

    /// An event that comes of what is done for another one.
    pub(super) fn follow_up(&self, case: &Case<'_>, subject: Subject) -> Event {
        let event = Event::new(&self.connection, subject, Cause::Retry, self.clock.now());
        event.of_run(case.event.run.as_deref())
    }

    /// Tries the records anew that were skipped and wait for this one, after what an event told of it was done.
    async fn wake(&self, awaited: &Awaited, done: &Event) -> Result<(), EngineError> {
        let waiting = self.store.take_waiting(&self.connection, awaited).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let events: Vec<Event> = waiting
            .into_iter()
            .map(|(module, side, id)| {
                let change = Change::Changed(Seen::Nothing);
                let subject = Subject::Record {
                    module,
                    side,
                    id,
                    change,
                };
                Event::new(&self.connection, subject, Cause::Retry, now).of_run(done.run.as_deref())
            })
            .collect();
        Ok(self.queue.publish(Lane::Live, &events).await?)
    }

    /// What an event about a record is about; `None` for other events, and where the module is switched off.
    async fn case<'a>(
        &self,
        event: &'a Event,
        held: &'a Held,
    ) -> Result<Option<(Case<'a>, &'a Change)>, EngineError> {
        let Subject::Record {
            module,
            side,
            id,
            change,
        } = &event.subject
        else {
            return Ok(None);
        };
        let at = self.place(*module);
        let settings = self.settings(&at).await?;
        if !settings.enabled {
            return Ok(None);
        }
        let id = self.system(*side).full_id(*module, id).await?;
        Ok(Some((
            Case {
                at,
                side: *side,
                id,
                event,
                begun: self.clock.now(),
                settings,
                held,
            },
            change,
        )))
    }

    /// A module of this connection.
    pub fn place(&self, module: Module) -> Place {
        Place {
            connection: self.connection.clone(),
            module,
        }
    }

    /// A module's settings: those stored, or those that it starts with. Whose contacts guests are is set for orders, and
    /// contacts follow that.
    pub(crate) async fn settings(&self, at: &Place) -> Result<ModuleSettings, EngineError> {
        let mut settings = self.stored_settings(at).await?;
        // Whether guests are contacts is settled where their orders are.
        if at.module == Module::Contacts {
            let orders = self.stored_settings(&self.place(Module::SalesOrders)).await?;
            settings.sales_orders = orders.sales_orders;
        }
        Ok(settings)
    }

    async fn stored_settings(&self, at: &Place) -> Result<ModuleSettings, EngineError> {
        match self.store.settings(at).await? {
            Some(settings) => Ok(settings),
            None => Ok(ModuleSettings::default_for(at.module)?),
        }
    }

    async fn with_lease(&self, case: &Case<'_>, change: &Change) -> Result<Handled, EngineError> {
        loop {
            let outcome = self.work(case, change).await;
            self.release(case.held).await?;
            match outcome? {
                Flow::Done => return Ok(Handled::Here),
                // When the lease is free by now nobody would see to the event: go on at once.
                Flow::Busy(name) if self.store.park(&name, case.event, self.clock.now()).await? => {
                    return Ok(Handled::Parked);
                }
                Flow::Busy(_) | Flow::Again => {}
            }
        }
    }

    /// Deals with an event that waited for a lease that is held here. False when it needs another one, too.
    pub(super) async fn catch_up(&self, event: &Event, held: &Held) -> Result<bool, EngineError> {
        match self.case(event, held).await? {
            Some((case, change)) => Ok(matches!(self.work(&case, change).await?, Flow::Done)),
            None => Ok(true),
        }
    }

    async fn work(&self, case: &Case<'_>, change: &Change) -> Result<Flow, EngineError> {
        if self.is_echo(case, change).await? {
            return Ok(Flow::Done);
        }
        let link = self.store.link_of(&case.at, case.side, &case.id).await?;
        let name = if let Some(link) = &link {
            lease_of(&link.id)
        } else {
            let Place { connection, module } = &case.at;
            format!("record:{connection}:{module}:{}:{}", case.side, case.id)
        };
        if !self.lease(&name, case.held).await? {
            return Ok(Flow::Busy(name));
        }
        // What was read before the lease may be out of date.
        let now = self.store.link_of(&case.at, case.side, &case.id).await?;
        if now.as_ref().map(|link| &link.id) != link.as_ref().map(|link| &link.id) {
            return Ok(Flow::Again);
        }
        match (now, change) {
            (_, Change::StockTouched(ids)) => self.follow_stock(case, ids).await.map(|()| Flow::Done),
            (Some(link), Change::Changed(_) | Change::StockMoved(_))
                if link.quarantined_until > Some(self.clock.now()) =>
            {
                Ok(Flow::Done)
            }
            (Some(link), Change::StockMoved(stock)) => {
                self.stock_moved(case, link, stock).await.map(|()| Flow::Done)
            }
            (Some(link), Change::Changed(seen)) => self.changed(case, link, seen).await.map(|()| Flow::Done),
            (Some(link), Change::Deleted) => self.deleted(case, link).await.map(|()| Flow::Done),
            (Some(link), Change::Take(taking)) => self.take(case, link, taking).await.map(|()| Flow::Done),
            (None, Change::Changed(seen)) => self.meet(case, seen).await,
            // A record that was never in step is gone: nothing to do.
            (None, Change::Deleted) => self.let_be(case).await,
            (None, Change::StockMoved(_) | Change::Take(_)) => Ok(Flow::Done),
        }
    }

    /// Writes down that nothing was done and why, unless that was the last thing written about this record.
    pub(super) async fn skip(
        &self,
        case: &Case<'_>,
        link: Option<&Link>,
        record: Option<&Record>,
        skip: Skip,
    ) -> Result<(), EngineError> {
        self.store
            .wait_for(
                &case.at,
                case.side,
                &case.id,
                &awaited(&case.at, &skip),
                self.clock.now(),
            )
            .await?;
        if self.is_told(case, &skip).await? {
            return Ok(());
        }
        tracing::info!(
            event.id = %case.event.id, connection = %case.at.connection, module = %case.at.module,
            side = %case.side, record.id = ?case.id, "skipped a record; the sync log tells why"
        );
        let entry = case.entry(case.side.opposite(), link, record, skip);
        if let Some(Ok(Some(key))) = record.map(|record| MatchKey::of(case.at.module, case.side, record))
            && link.is_none()
        {
            let now = self.clock.now();
            self.store
                .know(&case.at, &entry.ids, &entry.title, key.as_str(), now)
                .await?;
        }
        self.commit(case, None, vec![entry], None).await
    }

    /// Whether this was the last thing written about a record, and keeps it or its counterpart from being in step yet.
    async fn is_told(&self, case: &Case<'_>, skip: &Skip) -> Result<bool, EngineError> {
        let last = self.store.entries_of(&case.at, case.side, &case.id, 1).await?;
        let Some(last) = last.first().filter(|last| last.entry.skip.as_ref() == Some(skip)) else {
            return Ok(false);
        };
        for side in Side::BOTH {
            if let Some(id) = last.entry.ids.of(side)
                && let Some(known) = self.store.problem_of(&case.at, side, id).await?
                && known.skip == *skip
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The record need not be in step with any.
    pub(super) async fn let_be(&self, case: &Case<'_>) -> Result<Flow, EngineError> {
        self.store.mend(&case.at, case.side, &case.id).await?;
        Ok(Flow::Done)
    }

    /// Writes down that an event failed for good.
    pub(super) async fn give_up(&self, event: &Event, failure: &str) -> Result<(), EngineError> {
        let Subject::Record { module, side, id, .. } = &event.subject else {
            return Ok(());
        };
        let at = self.place(*module);
        let settings = self.settings(&at).await?;
        let link = self.store.link_of(&at, *side, id).await?;
        let held = self.hold();
        let case = Case {
            at,
            side: *side,
            id: id.clone(),
            event,
            begun: self.clock.now(),
            settings,
            held: &held,
        };
        self.skip(
            &case,
            link.as_ref(),
            None,
            Skip::Failed {
                message: failure.to_owned(),
            },
        )
        .await
    }

    /// Writes down what was done, in one transaction.
    pub(super) async fn commit(
        &self,
        case: &Case<'_>,
        link: Option<Link>,
        entries: Vec<Entry>,
        created: Option<(Side, RecordId)>,
    ) -> Result<(), EngineError> {
        for entry in &entries {
            crate::telemetry::record_written(&case.at.connection, entry.side, entry.action);
        }
        let commit = Commit {
            at: case.at.clone(),
            now: self.clock.now(),
            link,
            entries,
            created,
            fence: case.held.fence(),
            run: case.event.run.clone(),
            told_at: matches!(case.event.cause, Cause::Webhook | Cause::Callback)
                .then_some(case.event.received),
        };
        self.store.commit(&commit).await?;
        let is_in_step =
            |entry: &Entry| !matches!(entry.action, Action::Skipped | Action::Failed | Action::Deleted);
        if let Some(link) = commit.link.filter(|_| commit.entries.iter().any(is_in_step)) {
            for side in Side::BOTH {
                let awaited = Awaited {
                    module: case.at.module,
                    side,
                    id: link.ids.of(side).clone(),
                };
                self.wake(&awaited, case.event).await?;
            }
        }
        Ok(())
    }
}

/// The records with whose change a skipped one may come into step.
fn awaited(at: &Place, skip: &Skip) -> Vec<Awaited> {
    let one = |module: Module, side: Side, id: &str| Awaited {
        module,
        side,
        id: RecordId::new(id),
    };
    match skip {
        Skip::Ambiguous { side, ids, .. } => ids.iter().map(|id| one(at.module, *side, id)).collect(),
        Skip::LinkedElsewhere { side, id, .. } => vec![one(at.module, *side, id)],
        Skip::Reference { module, side, id } => vec![one(*module, *side, id)],
        _ => Vec::new(),
    }
}
