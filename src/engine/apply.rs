//! Two records that are in step, of which one changed: plan, write, remember; again while others write, too.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::queue::Seen;
use crate::store::Link;
use crate::sync::{
    Base, Basket, Deletes, Direction, FieldKind, FieldMapping, MatchKey, Module, ModuleSettings, Patch, Plan,
    Record, RecordId, Side, Sides, Skip, advance, from_base, plan, unchanged_since,
};
use crate::system::{Fault, SystemError};

use super::entry::entries;
use super::references::{Known, Pull};
use super::source::Source;
use super::subject::Case;
use super::{Engine, EngineError};

/// How often one event is planned anew because others write to the same records meanwhile.
const ROUNDS: usize = 4;
/// How old a change must be for its second to be over, in spite of clocks that differ a little.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// Two records, as they show now.
pub(super) struct Pair {
    /// Their link, with the base from which changes are told.
    pub(super) link: Link,
    /// Whether they were in step before, so that the link's base tells what changed.
    pub(super) known: bool,
    /// Whether the link is stored as it is here.
    pub(super) noted: bool,
    /// What both show.
    pub(super) records: Sides<Record>,
    /// Whether what the event's own side shows was read just now, rather than taken from the event.
    pub(super) fresh: bool,
}

impl Engine {
    /// A record that is in step may have changed.
    pub(super) async fn changed(
        &self,
        case: &Case<'_>,
        mut link: Link,
        seen: &Seen,
    ) -> Result<(), EngineError> {
        let other = case.side.opposite();
        let settings = &case.settings;
        if !settings.direction.writes_to(other) || link.ids.of(other).is_guest() {
            return Ok(());
        }
        let was_deleted = *link.deleted.of(case.side);
        if *link.deleted.of(other) && !was_deleted {
            return self.changed_alone(case, &link, seen).await;
        }
        let source = if was_deleted {
            self.deleted_source(case, &link, seen).await?
        } else {
            self.source(case, &link, seen).await?
        };
        let (record, fresh) = match source {
            Source::Nothing => return Ok(()),
            Source::Gone => return self.bury(case, link, case.side).await,
            Source::Record { record, fresh } => (record, fresh),
        };
        if fresh {
            // It is there, or there again.
            *link.deleted.of_mut(case.side) = false;
        }
        let restored = was_deleted && fresh;
        if *link.deleted.of(other) {
            return if restored {
                self.revive(case, link, record).await
            } else {
                Ok(())
            };
        }
        let target = link.ids.of(other);
        let counterpart = if settings.direction == Direction::towards(other) {
            // Nothing ever travels back, so what the other side shows makes no difference.
            Some(from_base(settings, &link.base, other, target))
        } else {
            self.system(other).fetch(case.at.module, target).await?
        };
        let Some(counterpart) = counterpart else {
            return self.bury(case, link, other).await;
        };
        let records = sides(case.side, record, counterpart);
        let pair = Pair {
            link,
            known: true,
            noted: !restored,
            records,
            fresh,
        };
        self.settle(case, pair, None).await
    }

    /// A record changed whose counterpart was deleted: nothing is created again silently.
    async fn changed_alone(&self, case: &Case<'_>, link: &Link, seen: &Seen) -> Result<(), EngineError> {
        let side = case.side.opposite();
        let Some(record) = self.seen_or_nothing(case, link, seen).await? else {
            return Ok(());
        };
        if case.at.module == Module::SalesOrders && case.side == Side::Vtiger {
            self.check_stock(case, known_baskets(&case.settings, link, &record))
                .await?;
        }
        if unchanged_since(&case.settings, &link.base, case.side, &record) {
            return Ok(());
        }
        let skip = match case.settings.deletes {
            Deletes::Ignore => Skip::Deleted { side },
            Deletes::Propagate => Skip::DeletedAndEdited { side },
        };
        self.skip(case, Some(link), Some(&record), skip).await
    }

    /// What is known of a record that was deleted: what it shows if it was restored, else its last words if they
    /// came after the news of its end.
    async fn deleted_source(&self, case: &Case<'_>, link: &Link, seen: &Seen) -> Result<Source, EngineError> {
        let source = self.fetched(case).await?;
        if matches!(source, Source::Gone)
            && let Some(record) = self.newer(case, link, seen).await?
        {
            return Ok(Source::Record { record, fresh: false });
        }
        Ok(source)
    }

    async fn seen_or_nothing(
        &self,
        case: &Case<'_>,
        link: &Link,
        seen: &Seen,
    ) -> Result<Option<Record>, EngineError> {
        match self.source(case, link, seen).await? {
            Source::Record { record, .. } => Ok(Some(record)),
            Source::Nothing | Source::Gone => Ok(None),
        }
    }

    /// Brings two records into step. `found` is the record that was found on the other side, where one of a create
    /// that a crash interrupted was found.
    pub(super) async fn settle(
        &self,
        case: &Case<'_>,
        mut pair: Pair,
        mut found: Option<(Side, RecordId)>,
    ) -> Result<(), EngineError> {
        let settings = &case.settings;
        self.see_to_saved_lines(case, &pair).await?;
        for _ in 0..ROUNDS {
            let base = pair.known.then_some(&pair.link.base);
            let records = pair.records.as_ref_options();
            let references = match self.references(case, records, Pull::Now).await? {
                Ok(references) => references,
                Err(skip) => return self.unsettled(case, pair, skip).await,
            };
            let known = Known {
                engine: self,
                module: case.at.module,
                references: &references,
            };
            let mut plan = plan(settings, base, records, &known);
            if let Some(side) = spared(&pair.link) {
                plan.spare(side);
            }
            if !plan.patches.of(case.side).is_empty() && !pair.fresh {
                // What came with the event may be out of date by now. Where only the other side is written to, the
                // next event puts that right; but nothing is written over what wasn't seen.
                match self.fetched(case).await? {
                    Source::Record { record, .. } => *pair.records.of_mut(case.side) = record,
                    Source::Gone | Source::Nothing => return self.bury(case, pair.link, case.side).await,
                }
                pair.fresh = true;
                continue;
            }
            let before = advance(settings, pair.records.as_ref());
            // One side a round, and noted down at once: a failure of the second write takes nothing from the first.
            let written = Side::BOTH
                .into_iter()
                .find(|side| !plan.patches.of(*side).is_empty());
            if let Some(side) = written {
                if let Some(field) = self.storm(&mut pair, &plan, side) {
                    return self.quarantine(case, pair, field).await;
                }
                let (id, patch) = (pair.link.ids.of(side), plan.patches.of(side));
                if plan.writes_basket(settings, side) {
                    let written = basket_written(settings, patch);
                    let lines = known_baskets(settings, &pair.link, &pair.records.vtiger)
                        .chain(written.filter(|_| side == Side::Vtiger));
                    self.touch_stock(case, lines).await?;
                }
                match self.system(side).update(case.at.module, id, patch).await {
                    Ok(record) => *pair.records.of_mut(side) = record,
                    Err(error) => {
                        if self.bury_gone(case, &error, &references, side).await? {
                            continue;
                        }
                        return self.refused(case, pair, side, error).await;
                    }
                }
            }
            let entries = entries(case, &pair, &plan, written, found.as_ref());
            let base = after(settings, &plan, &pair, before, written);
            pair.noted &= pair.known && base == pair.link.base && entries.is_empty();
            pair.link.base = base;
            // A crash before the next round must not lose what is yet to move. And where a time can't be noted, because
            // Vtiger's zone isn't known after a start, what was told earlier and comes late would count as newer.
            let is_settled = Side::BOTH.into_iter().all(|side| {
                let is_noted = self.system(side).tells_time() || pair.link.modified.of(side).is_none();
                is_noted && unchanged_since(settings, &pair.link.base, side, pair.records.of(side))
            });
            pair.noted &= is_settled == pair.link.unsettled_since.is_none();
            pair.link.unsettled_since = (!is_settled).then(|| self.clock.now());
            for side in Side::BOTH {
                let mut seen = self.time_of(side, pair.records.of(side));
                if side == case.side && pair.fresh && written.is_none() {
                    seen = seen.map(|seen| known_until(seen, case.begun));
                }
                let newest = pair.link.modified.of_mut(side);
                pair.noted &= seen <= *newest;
                *newest = (*newest).max(seen);
            }
            if case.at.module != Module::SalesOrders
                && let Ok(Some(key)) = MatchKey::of(case.at.module, case.side, pair.records.of(case.side))
            {
                key.as_str().clone_into(&mut pair.link.match_key);
            }
            if !pair.noted {
                self.commit(case, Some(pair.link.clone()), entries, found.take())
                    .await?;
            }
            if written.is_none() {
                return self.is_in_step(case, &pair, &plan).await;
            }
            // The answer shows the record as stored, and so what others changed meanwhile: look once more.
            (pair.known, pair.noted) = (true, true);
            pair.fresh |= written == Some(case.side);
        }
        Err(EngineError::Restless)
    }

    /// What kept a pair from being in step does so no more, unless a mandatory value is still missing.
    async fn is_in_step(&self, case: &Case<'_>, pair: &Pair, plan: &Plan) -> Result<(), EngineError> {
        if plan.missing().is_none() {
            for side in Side::BOTH {
                self.store.mend(&case.at, side, pair.link.ids.of(side)).await?;
            }
        }
        Ok(())
    }

    /// Vtiger's order may have been saved by somebody since it was last seen.
    async fn see_to_saved_lines(&self, case: &Case<'_>, pair: &Pair) -> Result<(), EngineError> {
        let may_be_saved = match case.side {
            Side::Vtiger => pair.fresh,
            Side::WooCommerce => {
                pair.link.unsettled_since.is_some()
                    || pair.records.vtiger.modified > pair.link.modified.vtiger
            }
        };
        if case.at.module != Module::SalesOrders || !pair.known || !may_be_saved {
            return Ok(());
        }
        let lines = known_baskets(&case.settings, &pair.link, &pair.records.vtiger);
        self.check_stock(case, lines).await
    }

    /// A pair can't be brought into step for this reason.
    async fn unsettled(&self, case: &Case<'_>, pair: Pair, skip: Skip) -> Result<(), EngineError> {
        let link = pair.known.then_some(&pair.link);
        self.skip(case, link, Some(pair.records.of(case.side)), skip)
            .await
    }

    /// A write failed: what can't be helped by trying again is noted down.
    pub(super) async fn refused(
        &self,
        case: &Case<'_>,
        pair: Pair,
        side: Side,
        error: SystemError,
    ) -> Result<(), EngineError> {
        match error.fault {
            Fault::Rejected { field } => {
                let skip = Skip::Rejected {
                    side,
                    field,
                    message: error.message,
                };
                self.unsettled(case, pair, skip).await
            }
            Fault::Unsupported { remedy } => {
                let skip = Skip::Unsupported {
                    side,
                    message: error.message,
                    remedy,
                };
                self.unsettled(case, pair, skip).await
            }
            Fault::Gone if pair.known => self.bury(case, pair.link, side).await,
            Fault::Gone | Fault::Denied | Fault::Unavailable { .. } | Fault::Paused { .. } => {
                Err(error.into())
            }
        }
    }
}

impl Sides<Record> {
    /// References to both, as [`plan`] takes them.
    fn as_ref_options(&self) -> Sides<Option<&Record>> {
        Sides {
            woocommerce: Some(&self.woocommerce),
            vtiger: Some(&self.vtiger),
        }
    }
}

/// The side that can't be written to: a guest of the shop is no account, but what orders tell; and a record that was
/// deleted is gone.
fn spared(link: &Link) -> Option<Side> {
    Side::BOTH
        .into_iter()
        .find(|side| *link.deleted.of(*side) || link.ids.of(*side).is_guest())
}

/// The mapping of an order's lines, where there is one.
fn basket_mapping(settings: &ModuleSettings) -> Option<&FieldMapping> {
    settings
        .active()
        .find(|mapping| mapping.kind == FieldKind::Basket)
}

/// What Vtiger's order held when it was last in step, and what it holds now.
fn known_baskets(settings: &ModuleSettings, link: &Link, order: &Record) -> impl Iterator<Item = Basket> {
    let now = basket_mapping(settings).and_then(|mapping| Basket::of(&mapping.read(Side::Vtiger, order)));
    basket_in(settings, &link.base).into_iter().chain(now)
}

/// What is written to an order of Vtiger's.
pub(super) fn basket_written(settings: &ModuleSettings, patch: &Patch) -> Option<Basket> {
    Basket::of(patch.0.get(&basket_mapping(settings)?.vtiger)?)
}

/// What Vtiger's order held when it was last in step.
pub(super) fn basket_in(settings: &ModuleSettings, base: &Base) -> Option<Basket> {
    Basket::of(&base.get(&basket_mapping(settings)?.key())?.vtiger)
}

impl Plan {
    /// Whether it writes an order's lines to `side`.
    pub(super) fn writes_basket(&self, settings: &ModuleSettings, side: Side) -> bool {
        basket_mapping(settings).is_some_and(|mapping| {
            let mut paths = mapping.paths(side).iter();
            paths.any(|path| self.patches.of(side).0.contains_key(path))
        })
    }
}

/// One side's record, and that of the other.
pub(super) fn sides(side: Side, record: Record, counterpart: Record) -> Sides<Record> {
    match side {
        Side::WooCommerce => Sides {
            woocommerce: record,
            vtiger: counterpart,
        },
        Side::Vtiger => Sides {
            woocommerce: counterpart,
            vtiger: record,
        },
    }
}

/// The base after the plan's writes to one side: what was planned from, and of the fields written what the answer
/// shows. A field that somebody else changed meanwhile so still differs from its base, and moves in the next round;
/// and so does one that is yet to be written to the other side.
fn after(
    settings: &ModuleSettings,
    plan: &Plan,
    pair: &Pair,
    mut before: Base,
    written: Option<Side>,
) -> Base {
    let mut now = advance(settings, pair.records.as_ref());
    let mut base = pair.link.base.clone();
    base.retain(|field, _| before.contains_key(field));
    for field in &plan.fields {
        let Some(mut values) = before.remove(&field.field) else {
            continue;
        };
        if let Some(to) = field.decision.source().map(Side::opposite) {
            if written != Some(to) {
                continue;
            }
            if let Some(now) = now.remove(&field.field) {
                *values.of_mut(to) = match to {
                    Side::WooCommerce => now.woocommerce,
                    Side::Vtiger => now.vtiger,
                };
            }
        }
        base.insert(field.field.clone(), values);
    }
    base
}

/// Until when nothing can have happened to a record that was last changed at `modified` and was read after `begun`. Times
/// have whole seconds: as long as that second lasts, the record may change once more and show the same time.
fn known_until(modified: Timestamp, begun: Timestamp) -> Timestamp {
    if begun - modified < SETTLED_AFTER {
        return modified;
    }
    Timestamp::from_millis(modified.as_millis() + 999)
}
