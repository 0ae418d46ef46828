//! A record that is not yet in step: find its counterpart, or create it.

use crate::queue::Seen;
use crate::store::{Action, Entry, Link};
use crate::sync::{
    Base, MatchKey, MatchedBy, ModuleSettings, Record, RecordId, Side, Sides, Skip, advance, eligible, plan,
};
use crate::system::Fault;

use super::apply::{Pair, sides, title};
use super::lease::{Held, lease_of};
use super::source::Source;
use super::subject::{Case, Flow};
use super::{Engine, EngineError, Keeps};

impl Engine {
    /// A record that is not yet in step was created or changed.
    pub(super) async fn meet(
        &self,
        case: &Case<'_>,
        seen: &Seen,
        held: &mut Held,
    ) -> Result<Flow, EngineError> {
        let other = case.side.opposite();
        if !case.settings.direction.writes_to(other) {
            return Ok(Flow::Done);
        }
        let Source::Record { record, fresh } = self.newcomer(case, seen).await? else {
            return Ok(Flow::Done);
        };
        if !eligible(case.at.module, &case.settings, case.side, &record)
            || is_too_old(&case.settings, &record)
        {
            return Ok(Flow::Done);
        }
        let key = match MatchKey::of(case.at.module, case.side, &record) {
            Ok(Some(key)) => key,
            Ok(None) => return Ok(Flow::Done),
            Err(reason) => {
                return self
                    .skip(case, None, Some(&record), reason)
                    .await
                    .map(|()| Flow::Done);
            }
        };
        // Two events, one from each side, may be about to make the same pair.
        let name = format!("match:{}:{}:{}", case.at.connection, case.at.module, key.as_str());
        if !self.lease(&name, held).await? {
            return Ok(Flow::Busy(name));
        }
        if self.store.link_of(&case.at, case.side, &case.id).await?.is_some() {
            return Ok(Flow::Again);
        }
        let known = self.store.links_by_key(&case.at, key.as_str()).await?;
        if case.id.guest_email().is_some() && known.iter().any(|link| link.deleted_on.is_none()) {
            // The guest is a customer, too, and that record tells more.
            return Ok(Flow::Done);
        }
        self.pair(case, record, fresh, &key, held).await
    }

    async fn pair(
        &self,
        case: &Case<'_>,
        record: Record,
        fresh: bool,
        key: &MatchKey,
        held: &mut Held,
    ) -> Result<Flow, EngineError> {
        let skip = async |record: &Record, reason| {
            self.skip(case, None, Some(record), reason)
                .await
                .map(|()| Flow::Done)
        };
        let other = case.side.opposite();
        let mut found = self
            .system(other)
            .find(case.at.module, key.as_str(), None)
            .await?;
        let interrupted = self.store.is_creating(&case.at, other, &case.id).await?;
        let Some(counterpart) = found.pop() else {
            return self.create(case, record, key).await.map(|()| Flow::Done);
        };
        if !found.is_empty() {
            return skip(
                &record,
                Skip::Ambiguous {
                    side: other,
                    ids: Vec::new(),
                    by: MatchedBy::of(case.at.module),
                },
            )
            .await;
        }
        if !eligible(case.at.module, &case.settings, other, &counterpart) {
            return skip(&record, Skip::Staff).await;
        }
        let id = match self.store.link_of(&case.at, other, &counterpart.id).await? {
            None => uuid::Uuid::now_v7().to_string(),
            Some(link) if is_free(&link, case.side) => link.id,
            // The guest is a customer, too, and that record tells more.
            Some(_) if case.id.guest_email().is_some() => return Ok(Flow::Done),
            Some(_) => {
                let id = counterpart.id.to_string();
                return skip(
                    &record,
                    Skip::LinkedElsewhere {
                        side: other,
                        id,
                        by: MatchedBy::of(case.at.module),
                    },
                )
                .await;
            }
        };
        if !self.lease(&lease_of(&id), held).await? {
            return Ok(Flow::Busy(lease_of(&id)));
        }
        let records = sides(case.side, record, counterpart);
        let link = Link {
            id,
            ids: Sides::new(|side| records.of(side).id.clone()),
            match_key: key.as_str().to_owned(),
            base: Base::default(),
            modified: Sides::default(),
            deleted_on: None,
        };
        let created = interrupted.then(|| (other, case.id.clone()));
        let pair = Pair {
            link,
            known: false,
            noted: false,
            records,
            fresh,
        };
        self.settle(case, pair, created).await.map(|()| Flow::Done)
    }

    async fn create(&self, case: &Case<'_>, record: Record, key: &MatchKey) -> Result<(), EngineError> {
        let other = case.side.opposite();
        let one = |side| (side == case.side).then_some(&record);
        let records = Sides {
            woocommerce: one(Side::WooCommerce),
            vtiger: one(Side::Vtiger),
        };
        let plan = plan(&case.settings, None, records, &Keeps(self, case.at.module));
        if let Some(missing) = plan.missing() {
            let skip = Skip::Mandatory {
                field: missing.field.clone(),
            };
            return self.skip(case, None, Some(&record), skip).await;
        }
        self.store
            .begin_create(&case.at, other, &case.id, self.clock.now())
            .await?;
        let created = match self
            .system(other)
            .create(case.at.module, plan.patches.of(other))
            .await
        {
            Ok(created) => created,
            Err(error) => {
                let Fault::Rejected { field } = error.fault else {
                    return Err(error.into());
                };
                let skip = Skip::Rejected {
                    side: other,
                    field,
                    message: error.message,
                };
                self.commit(case, None, Vec::new(), Some((other, case.id.clone())))
                    .await?;
                return self.skip(case, None, Some(&record), skip).await;
            }
        };
        let name = title(case.side, &record);
        let records = sides(case.side, record, created);
        let link = Link {
            id: uuid::Uuid::now_v7().to_string(),
            ids: Sides::new(|side| records.of(side).id.clone()),
            match_key: key.as_str().to_owned(),
            base: advance(&case.settings, records.as_ref()),
            modified: Sides::new(|side| self.time_of(side, records.of(side))),
            deleted_on: None,
        };
        let entry = Entry {
            side: other,
            action: Action::Created,
            ids: Sides::new(|side| Some(link.ids.of(side).clone())),
            title: name,
            cause: case.event.cause,
            fields: plan.notable().cloned().collect(),
            skip: None,
        };
        self.commit(case, Some(link), vec![entry], Some((other, case.id.clone())))
            .await
    }
}

/// Whether a link may be taken over for another record of `side`: its own is gone, or is but a guest.
fn is_free(link: &Link, side: Side) -> bool {
    let id: &RecordId = link.ids.of(side);
    link.deleted_on == Some(side) || id.guest_email().is_some()
}

fn is_too_old(settings: &ModuleSettings, record: &Record) -> bool {
    match (settings.sync_from, record.modified) {
        (Some(from), Some(modified)) => modified < from,
        _ => false,
    }
}
