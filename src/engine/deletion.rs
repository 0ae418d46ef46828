//! Records that were deleted, restored, or merged with another one. The wrong record is never deleted: what was edited
//! meanwhile stays, and a duplicate that was merged into another one passes its link on.

use crate::queue::{Change, Lane, Seen, Subject};
use crate::store::{Action, Entry, Link};
use crate::sync::{
    Base, Decision, Deletes, FieldPlan, Module, Patch, Record, Side, Sides, Skip, from_base, tells_news,
};

use super::apply::{Pair, basket_in, sides};
use super::entry::title;
use super::subject::Case;
use super::{Engine, EngineError};

/// Who is left of those that a deleted record may have been merged into.
enum Survivor {
    /// Nobody: it is gone.
    Nobody,
    /// This one.
    One(Box<Record>),
    /// Nobody can tell which.
    Several,
}

impl Engine {
    /// A record that was in step was deleted, as an event says.
    pub(super) async fn deleted(&self, case: &Case<'_>, link: Link) -> Result<(), EngineError> {
        // The event is a hint: the record may have been restored since.
        let own = self
            .system(case.side)
            .fetch(case.at.module, link.ids.of(case.side));
        if own.await?.is_some() {
            return self.changed(case, link, &Seen::Nothing).await;
        }
        if *link.deleted.of(case.side) {
            return Ok(());
        }
        match self.survivor(case, &link).await? {
            Survivor::Nobody => self.bury(case, link, case.side).await,
            Survivor::One(survivor) => self.pass_on(case, link, *survivor).await,
            Survivor::Several => self.let_go(case, &link).await,
        }
    }

    /// Notes that `side`'s record is gone, and deletes its counterpart where that is wanted.
    pub(super) async fn bury(&self, case: &Case<'_>, mut link: Link, side: Side) -> Result<(), EngineError> {
        if *link.deleted.of(side) {
            return Ok(());
        }
        *link.deleted.of_mut(side) = true;
        if case.at.module == Module::SalesOrders {
            // Vtiger gives the goods of a deleted order back.
            self.touch_stock(case, basket_in(&case.settings, &link.base))
                .await?;
        }
        let other = side.opposite();
        if *link.deleted.of(other) {
            return self.commit(case, Some(link), Vec::new(), None).await;
        }
        let settings = &case.settings;
        let skip = if settings.deletes == Deletes::Propagate
            && settings.direction.writes_to(other)
            && !link.ids.of(other).is_guest()
        {
            let id = link.ids.of(other);
            match self.system(other).fetch(case.at.module, id).await? {
                None => {
                    *link.deleted.of_mut(other) = true;
                    return self.commit(case, Some(link), Vec::new(), None).await;
                }
                // What happens to a tax in Vtiger is nobody's business but the shop's; nor is a change of a field that
                // never travels from there, such as of the stock that orders move.
                Some(record)
                    if case.at.module == Module::Taxes
                        || !tells_news(settings, &link.base, other, &record) =>
                {
                    return self.delete_too(case, link, other, &record).await;
                }
                Some(_) => Skip::DeletedAndEdited { side },
            }
        } else {
            Skip::Deleted { side }
        };
        let entry = Entry {
            title: link.match_key.clone(),
            ..case.entry(other, Some(&link), None, skip)
        };
        self.commit(case, Some(link), vec![entry], None).await
    }

    async fn delete_too(
        &self,
        case: &Case<'_>,
        mut link: Link,
        side: Side,
        record: &Record,
    ) -> Result<(), EngineError> {
        self.system(side)
            .delete(case.at.module, link.ids.of(side))
            .await?;
        *link.deleted.of_mut(side) = true;
        let entry = Entry {
            side,
            action: Action::Deleted,
            ids: Sides::new(|side| Some(link.ids.of(side).clone())),
            title: title(case.at.module, side, record),
            cause: case.event.cause,
            fields: kept(&link.base),
            skip: None,
        };
        self.commit(case, Some(link), vec![entry], None).await
    }

    /// The record that a deleted one was merged into: the only other one with its match key, which is in step with
    /// nothing yet.
    async fn survivor(&self, case: &Case<'_>, link: &Link) -> Result<Survivor, EngineError> {
        let is_matched = matches!(case.at.module, Module::Contacts | Module::Products);
        if !is_matched || link.match_key.is_empty() || link.ids.of(case.side).is_guest() {
            return Ok(Survivor::Nobody);
        }
        let system = self.system(case.side);
        let mut left = Vec::new();
        for record in system.find(case.at.module, &link.match_key, None).await? {
            let known = self.store.link_of(&case.at, case.side, &record.id).await?;
            if known.is_none() && crate::sync::eligible(case.at.module, &case.settings, case.side, &record) {
                left.push(record);
            }
        }
        let one = left.pop();
        Ok(match (one, left.is_empty()) {
            (None, _) => Survivor::Nobody,
            (Some(one), true) => Survivor::One(Box::new(one)),
            (Some(_), false) => Survivor::Several,
        })
    }

    /// Forgets a link whose record was deleted while several others are left that may be the same: the counterpart
    /// stays, looks for its match anew, and the log tells that a person has to say which one it is.
    async fn let_go(&self, case: &Case<'_>, link: &Link) -> Result<(), EngineError> {
        self.store.unlink(&link.id).await?;
        let side = case.side.opposite();
        let subject = Subject::Record {
            module: case.at.module,
            side,
            id: link.ids.of(side).clone(),
            change: Change::Changed(Seen::Nothing),
        };
        let event = self.follow_up(case, subject);
        Ok(self.queue.publish(Lane::Live, &[event]).await?)
    }

    /// Links the counterpart of a record that was merged with the one that is left.
    async fn pass_on(&self, case: &Case<'_>, mut link: Link, survivor: Record) -> Result<(), EngineError> {
        let other = case.side.opposite();
        *link.ids.of_mut(case.side) = survivor.id.clone();
        *link.modified.of_mut(case.side) = None;
        link.base = Base::default();
        let Some(counterpart) = self
            .system(other)
            .fetch(case.at.module, link.ids.of(other))
            .await?
        else {
            *link.deleted.of_mut(other) = true;
            return self.commit(case, Some(link), Vec::new(), None).await;
        };
        let pair = Pair {
            link,
            known: false,
            noted: false,
            records: sides(case.side, survivor, counterpart),
            fresh: true,
        };
        self.settle(case, pair, None).await
    }

    /// A record is there again whose counterpart was deleted, too: the counterpart comes back, out of the trash or
    /// anew.
    pub(super) async fn revive(
        &self,
        case: &Case<'_>,
        mut link: Link,
        record: Record,
    ) -> Result<(), EngineError> {
        let other = case.side.opposite();
        let id = link.ids.of(other).clone();
        let found = self.system(other).fetch(case.at.module, &id).await?;
        let was_there = found.is_some();
        let back = if was_there {
            found
        } else {
            let patch = writable(self, case, &link, other);
            self.system(other).restore(case.at.module, &id, &patch).await?
        };
        let Some(counterpart) = back else {
            return self.create_anew(case, link, record).await;
        };
        link.deleted = Sides::default();
        if !was_there {
            let entry = Entry {
                side: other,
                action: Action::Restored,
                ids: Sides::new(|side| Some(link.ids.of(side).clone())),
                title: title(case.at.module, case.side, &record),
                cause: case.event.cause,
                fields: Vec::new(),
                skip: None,
            };
            self.commit(case, Some(link.clone()), vec![entry], None).await?;
        }
        let pair = Pair {
            link,
            known: true,
            noted: false,
            records: sides(case.side, record, counterpart),
            fresh: true,
        };
        self.settle(case, pair, None).await
    }
}

/// What a record showed when it was last in step, as far as it can be written: what a restored one should show. The
/// basket is left out, as it comes back with the order.
fn writable(engine: &Engine, case: &Case<'_>, link: &Link, side: Side) -> Patch {
    let record = from_base(&case.settings, &link.base, side, link.ids.of(side));
    let mut patch = Patch::default();
    for mapping in case.settings.active() {
        let is_scalar = !matches!(
            mapping.kind,
            crate::sync::FieldKind::Basket | crate::sync::FieldKind::Contact
        );
        if is_scalar && case.settings.direction.writes_to(side) && mapping.direction.writes_to(side) {
            for path in mapping.paths(side) {
                if engine
                    .system(side)
                    .is_writable(case.at.module, path, Some(&record))
                {
                    patch.0.insert(path.clone(), record.get(path));
                }
            }
        }
    }
    patch
}

/// The values of a record that is deleted, for the journal to keep.
fn kept(base: &Base) -> Vec<FieldPlan> {
    base.iter()
        .map(|(field, values)| FieldPlan {
            field: field.clone(),
            decision: Decision::Unchanged,
            before: values.clone(),
            written: None,
            lossy: false,
            note: None,
        })
        .collect()
}
