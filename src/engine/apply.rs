//! Two records that are in step, of which one changed: plan, write, remember; again while others write, too.

use serde_json::Value as Json;

use crate::queue::Seen;
use crate::store::{Action, Entry, Link};
use crate::sync::{
    Base, Direction, FieldPlan, MatchKey, ModuleSettings, Plan, Record, RecordId, Side, Sides, Skip, advance,
    from_base, plan,
};
use crate::system::{Fault, SystemError};

use super::source::Source;
use super::subject::Case;
use super::{Engine, EngineError, Keeps};

/// How often one event is planned anew because others write to the same records meanwhile.
const ROUNDS: usize = 4;

/// Two records, as they show now.
pub(super) struct Pair {
    /// Their link, with the base from which changes are told.
    pub(super) link: Link,
    /// Whether the link was stored before.
    pub(super) known: bool,
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
        let settings = case.settings_for(&link);
        if !settings.direction.writes_to(other) {
            return Ok(());
        }
        if link.deleted_on == Some(other) {
            let record = self.seen_or_nothing(case, &link, seen).await?;
            return match record {
                None => Ok(()),
                Some(record) => {
                    self.skip(case, Some(&link), Some(&record), Skip::Deleted { side: other })
                        .await
                }
            };
        }
        let (record, fresh) = match self.source(case, &link, seen).await? {
            Source::Nothing => return Ok(()),
            Source::Gone => return self.bury(case, link, case.side).await,
            Source::Record { record, fresh } => (record, fresh),
        };
        // It was restored.
        link.deleted_on = None;
        let target = link.ids.of(other);
        let counterpart = if settings.direction == Direction::towards(other) {
            // Nothing ever travels back, so what the other side shows makes no difference.
            Some(from_base(&settings, &link.base, other, target))
        } else {
            self.system(other).fetch(case.at.module, target).await?
        };
        let Some(counterpart) = counterpart else {
            return self.bury(case, link, other).await;
        };
        let records = sides(case.side, record, counterpart);
        self.settle(
            case,
            &settings,
            Pair {
                link,
                known: true,
                records,
                fresh,
            },
            None,
        )
        .await
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
        settings: &ModuleSettings,
        mut pair: Pair,
        mut found: Option<(Side, RecordId)>,
    ) -> Result<(), EngineError> {
        let storage = Keeps(self, case.at.module);
        for _ in 0..ROUNDS {
            let base = pair.known.then_some(&pair.link.base);
            let Pair { records, .. } = &pair;
            let plan = plan(settings, base, records.as_ref_options(), &storage);
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
            let mut written = Vec::new();
            for side in Side::BOTH {
                let patch = plan.patches.of(side);
                if patch.is_empty() {
                    continue;
                }
                match self
                    .system(side)
                    .update(case.at.module, pair.link.ids.of(side), patch)
                    .await
                {
                    Ok(record) => *pair.records.of_mut(side) = record,
                    Err(error) => return self.refused(case, pair, side, error).await,
                }
                written.push(side);
            }
            let entries = entries(case, &pair, &plan, &written, found.as_ref());
            let now = advance(settings, pair.records.as_ref());
            if let Ok(key) = MatchKey::of(case.at.module, pair.records.of(case.side)) {
                key.as_str().clone_into(&mut pair.link.match_key);
            }
            let changed = !pair.known || before != pair.link.base || !entries.is_empty();
            pair.link.base = merge_bases(before, now, &plan);
            for side in Side::BOTH {
                let seen = pair.records.of(side).modified;
                let newest = pair.link.modified.of_mut(side);
                *newest = (*newest).max(seen);
            }
            if changed {
                self.commit(case, Some(pair.link.clone()), entries, found.take())
                    .await?;
                pair.known = true;
            }
            if written.is_empty() {
                return Ok(());
            }
            // The answers show the records as stored, and so what others changed meanwhile: look once more.
            pair.fresh = true;
            let again = crate::sync::plan(
                settings,
                Some(&pair.link.base),
                pair.records.as_ref_options(),
                &storage,
            );
            if again.is_empty() {
                return Ok(());
            }
        }
        Err(EngineError::Restless)
    }

    /// A write failed: what can't be helped by trying again is noted down.
    async fn refused(
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
                let link = pair.known.then_some(&pair.link);
                self.skip(case, link, Some(pair.records.of(case.side)), skip)
                    .await
            }
            Fault::Gone if pair.known => self.bury(case, pair.link, side).await,
            Fault::Gone | Fault::Denied | Fault::Unavailable { .. } => Err(error.into()),
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

/// The base after the plan's writes: what was planned from, and of the fields written what the answer shows. A
/// field that somebody else changed meanwhile so still differs from its base, and moves in the next round.
fn merge_bases(mut before: Base, mut now: Base, plan: &Plan) -> Base {
    for field in &plan.fields {
        if let Some(to) = field.decision.source().map(Side::opposite)
            && field.written.is_some()
            && let (Some(old), Some(new)) = (before.get_mut(&field.field), now.remove(&field.field))
        {
            *old.of_mut(to) = match to {
                Side::WooCommerce => new.woocommerce,
                Side::Vtiger => new.vtiger,
            };
        }
    }
    before
}

fn entries(
    case: &Case<'_>,
    pair: &Pair,
    plan: &Plan,
    written: &[Side],
    found: Option<&(Side, RecordId)>,
) -> Vec<Entry> {
    let entry = |side: Side, action: Action| {
        let fields: Vec<FieldPlan> = plan
            .notable()
            .filter(|field| field.decision.source() != Some(side))
            .cloned()
            .collect();
        Entry {
            side,
            action,
            ids: Sides::new(|side| Some(pair.link.ids.of(side).clone())),
            title: title(case.side, pair.records.of(case.side)),
            cause: case.event.cause,
            fields,
            skip: None,
        }
    };
    if let Some((side, _)) = found {
        return vec![entry(*side, Action::Created)];
    }
    if written.is_empty()
        && pair.known
        && let Some(missing) = plan.missing()
    {
        // What a person blanked stays on the other side; tell it once.
        let skip = Skip::Mandatory {
            field: missing.field.clone(),
        };
        return vec![case.entry(
            case.side.opposite(),
            Some(&pair.link),
            Some(pair.records.of(case.side)),
            skip,
        )];
    }
    if written.is_empty() && !pair.known {
        return vec![entry(case.side.opposite(), Action::Linked)];
    }
    written.iter().map(|side| entry(*side, Action::Updated)).collect()
}

impl Case<'_> {
    /// The settings that hold for this pair: a guest of the shop is no account that could be written to.
    pub(super) fn settings_for(&self, link: &Link) -> ModuleSettings {
        let mut settings = self.settings.clone();
        if link.ids.woocommerce.guest_email().is_some() {
            settings.direction = Direction::ToVtiger;
        }
        settings
    }

    /// An entry about something that was not done.
    pub(super) fn entry(
        &self,
        side: Side,
        link: Option<&Link>,
        record: Option<&Record>,
        skip: Skip,
    ) -> Entry {
        let mut ids = Sides::new(|side| link.map(|link| link.ids.of(side).clone()));
        *ids.of_mut(self.side) = Some(self.id.clone());
        Entry {
            side,
            action: Action::Skipped,
            ids,
            title: record.map(|record| title(self.side, record)).unwrap_or_default(),
            cause: self.event.cause,
            fields: Vec::new(),
            skip: Some(skip),
        }
    }
}

/// A record's name, for people.
pub(super) fn title(side: Side, record: &Record) -> String {
    let text = |name: &str| {
        record
            .fields
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .trim()
    };
    let names = match side {
        Side::WooCommerce => [text("first_name"), text("last_name")],
        Side::Vtiger => [text("firstname"), text("lastname")],
    };
    let name = names.join(" ");
    if name.trim().is_empty() {
        text("email").to_owned()
    } else {
        name.trim().to_owned()
    }
}
