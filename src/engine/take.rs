//! A person takes the value that lost a conflict: it is written back to the side that it is of, as if somebody had
//! entered it there, and moves to the other side as any change does.
//!
//! All other fields are planned as ever. Where the field shows something else than the person saw, nothing is taken.

use crate::queue::Taking;
use crate::store::{Action, Entry, Link};
use crate::sync::{
    Decision, FieldKind, FieldMapping, FieldPlan, ModuleSettings, Patch, Side, Sides, Skip, Value,
};

use super::apply::{Pair, sides};
use super::entry::title;
use super::subject::Case;
use super::{Engine, EngineError};

impl Engine {
    /// Has the value of `case`'s own side come back that lost a conflict.
    pub(super) async fn take(
        &self,
        case: &Case<'_>,
        mut link: Link,
        taking: &Taking,
    ) -> Result<(), EngineError> {
        let (own, other) = (case.side, case.side.opposite());
        let Some(mapping) = takes_back(&case.settings, &taking.field).filter(|_| can_be_written(&link))
        else {
            return self.overtaken(case, &link, taking).await;
        };
        let module = case.at.module;
        let Some(record) = self.system(own).fetch(module, link.ids.of(own)).await? else {
            return self.bury(case, link, own).await;
        };
        let Some(counterpart) = self.system(other).fetch(module, link.ids.of(other)).await? else {
            return self.bury(case, link, other).await;
        };
        let records = sides(own, record, counterpart);
        let shown = Sides::new(|side| mapping.read(side, records.of(side)));
        let is_there = mapping.kind.same(shown.of(own), &taking.value);
        let is_as_seen = is_there || mapping.kind.same(shown.of(own), &taking.instead_of);
        let is_agreed = link
            .base
            .get(&taking.field)
            .is_some_and(|base| mapping.kind.same(base.of(other), shown.of(other)));
        let pair = |link: Link, records| Pair {
            link,
            known: true,
            noted: true,
            records,
            fresh: true,
        };
        if !is_as_seen || !is_agreed {
            self.settle(case, pair(link.clone(), records), None).await?;
            return self.overtaken(case, &link, taking).await;
        }
        if is_there {
            // Somebody entered it, or a crash came between the two writes.
            return self.settle(case, pair(link, records), None).await;
        }
        let mut patch = Patch::default();
        mapping.write(own, &taking.value, &mut patch);
        let entry = Entry {
            side: own,
            action: Action::Updated,
            ids: Sides::new(|side| Some(link.ids.of(side).clone())),
            title: title(module, own, records.of(own)),
            cause: case.event.cause,
            fields: vec![FieldPlan {
                field: taking.field.clone(),
                decision: Decision::Taken { side: own },
                before: shown,
                written: Some(taking.value.clone()),
                lossy: false,
                note: None,
            }],
            skip: None,
        };
        let mut pair = pair(link.clone(), records);
        match self.system(own).update(module, link.ids.of(own), &patch).await {
            Ok(record) => *pair.records.of_mut(own) = record,
            Err(error) => return self.refused(case, pair, own, error).await,
        }
        // A crash from here on must not lose what is yet to move.
        link.unsettled_since = Some(self.clock.now());
        self.commit(case, Some(link.clone()), vec![entry], None).await?;
        pair.link = link;
        self.settle(case, pair, None).await
    }

    async fn overtaken(&self, case: &Case<'_>, link: &Link, taking: &Taking) -> Result<(), EngineError> {
        let skip = Skip::Overtaken {
            field: taking.field.clone(),
        };
        self.skip(case, Some(link), None, skip).await
    }
}

/// The mapping with this key, where a value can be written to both sides by it. An order's lines are no value that could
/// be taken back: they name lines that may not be there any more.
pub fn takes_back<'a>(settings: &'a ModuleSettings, field: &str) -> Option<&'a FieldMapping> {
    let mapping = settings.active().find(|mapping| mapping.key() == field)?;
    let travels = |to: Side| settings.direction.writes_to(to) && mapping.direction.writes_to(to);
    (mapping.kind != FieldKind::Basket && Side::BOTH.into_iter().all(travels)).then_some(mapping)
}

/// Whether both records of a link can be written to.
fn can_be_written(link: &Link) -> bool {
    !link.is_broken() && Side::BOTH.into_iter().all(|side| !link.ids.of(side).is_guest())
}

/// Whether two values of a field are the same to the mapping with this key.
pub fn is_same(settings: &ModuleSettings, field: &str, one: &Value, other: &Value) -> bool {
    let mapping = settings.active().find(|mapping| mapping.key() == field);
    mapping.map_or(one == other, |mapping| mapping.kind.same(one, other))
}
