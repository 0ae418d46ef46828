//! A record that is not yet in step: find its counterpart, or have it created.

use crate::clock::Timestamp;
use crate::queue::Seen;
use crate::store::Link;
use crate::sync::{
    FieldPath, Guests, MatchKey, MatchedBy, MissingSku, Module, ModuleSettings, Patch, Record, RecordId,
    Side, Sides, Skip, Value, eligible,
};

use super::apply::{Pair, sides};
use super::lease::lease_of;
use super::source::Source;
use super::subject::{Case, Flow};
use super::{Engine, EngineError};

impl Engine {
    /// A record that is not yet in step was created or changed.
    pub(super) async fn meet(&self, case: &Case<'_>, seen: &Seen) -> Result<Flow, EngineError> {
        let other = case.side.opposite();
        if !case.settings.direction.writes_to(other) {
            return Ok(Flow::Done);
        }
        let Source::Record { record, fresh } = self.newcomer(case, seen).await? else {
            return self.let_be(case).await;
        };
        if !eligible(case.at.module, &case.settings, case.side, &record) || is_too_old(case, &record) {
            return self.let_be(case).await;
        }
        if is_unwanted_guest(case, &record) {
            let skip = self.skip(case, None, Some(&record), Skip::Guest);
            return skip.await.map(|()| Flow::Done);
        }
        let (record, key) = match MatchKey::of(case.at.module, case.side, &record) {
            Ok(Some(key)) => (record, Some(key)),
            Ok(None) => self.with_sku(case, record).await?,
            Err(reason) => {
                let skip = self.skip(case, None, Some(&record), reason);
                return skip.await.map(|()| Flow::Done);
            }
        };
        // A guest's contact of one order is created without a key, though it has one.
        let of_one_order =
            case.at.module == Module::Contacts && case.settings.sales_orders.guests == Guests::PerOrder;
        if (key.is_none() || of_one_order)
            && self.glance(case, seen).own != Some(false)
            && self.is_creating_on(&case.at, case.side).await?
        {
            // The echo of a create of our own can't be told from somebody else's work before that is noted down.
            return Err(EngineError::Unsettled);
        }
        let Some(key) = key else {
            return self.meet_unkeyed(case, record).await;
        };
        // Two events, one from each side, may be about to make the same pair.
        let name = match counterpart_of(&record) {
            Some(counterpart) => format!(
                "record:{}:{}:{other}:{counterpart}",
                case.at.connection, case.at.module
            ),
            None => format!("match:{}:{}:{}", case.at.connection, case.at.module, key.as_str()),
        };
        if !self.lease(&name, case.held).await? {
            return Ok(Flow::Busy(name));
        }
        if self.store.link_of(&case.at, case.side, &case.id).await?.is_some() {
            return Ok(Flow::Again);
        }
        if case.id.guest_email().is_some() {
            let known = self.store.links_by_key(&case.at, key.as_str()).await?;
            if known.iter().any(|link| !link.is_broken()) {
                // The guest is a customer, too, and that record tells more.
                return Ok(Flow::Done);
            }
        }
        let found = match self.candidates(case, &record, &key).await? {
            Ok(found) => found,
            Err(skip) => {
                let skip = self.skip(case, None, Some(&record), skip);
                return skip.await.map(|()| Flow::Done);
            }
        };
        if let Some(counterpart) = found {
            return self.pair(case, record, fresh, counterpart, &key).await;
        }
        let created = self.create(case, record, key.as_str());
        created.await.map(|()| Flow::Done)
    }

    /// The record on the other side that is the same, if there is one; or why nobody can tell.
    pub(super) async fn candidates(
        &self,
        case: &Case<'_>,
        record: &Record,
        key: &MatchKey,
    ) -> Result<Result<Option<Record>, Skip>, EngineError> {
        let (other, module) = (case.side.opposite(), case.at.module);
        if let Some(id) = counterpart_of(record) {
            // It was made from that one, and the link was lost.
            let found = self.system(other).fetch(module, &RecordId::new(id)).await?;
            return Ok(found.map(Some).ok_or(Skip::Deleted { side: other }));
        }
        if let Some(origin) = self.origin(case, Some(key)).await? {
            return Ok(Ok(Some(origin)));
        }
        let begun = self.store.creating_since(&case.at, other, &case.id).await?;
        let since = begun.or_else(|| self.system(case.side).created(record));
        let mut found = self.system(other).find(module, key.as_str(), since).await?;
        if module == Module::Taxes {
            // Rates of the same name and percentage are taxes of their own.
            return Ok(Ok(self.first_free(case, found).await?));
        }
        let by = MatchedBy::of(module);
        let Some(counterpart) = found.pop() else {
            return Ok(Ok(None));
        };
        if !found.is_empty() {
            found.push(counterpart);
            let ids = found.iter().map(|record| record.id.to_string()).collect();
            return Ok(Err(Skip::Ambiguous { side: other, ids, by }));
        }
        if !eligible(module, &case.settings, other, &counterpart) {
            return Ok(Err(Skip::Staff));
        }
        Ok(Ok(Some(counterpart)))
    }

    pub(super) async fn first_free(
        &self,
        case: &Case<'_>,
        found: Vec<Record>,
    ) -> Result<Option<Record>, EngineError> {
        let other = case.side.opposite();
        for record in found {
            if self.store.link_of(&case.at, other, &record.id).await?.is_none() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    async fn pair(
        &self,
        case: &Case<'_>,
        record: Record,
        fresh: bool,
        counterpart: Record,
        key: &MatchKey,
    ) -> Result<Flow, EngineError> {
        let other = case.side.opposite();
        let id = match self.store.link_of(&case.at, other, &counterpart.id).await? {
            None => uuid::Uuid::now_v7().to_string(),
            Some(link) if is_free(&link, case.side) => link.id,
            // The guest is a customer, too, and that record tells more.
            Some(_) if case.id.is_guest() => return Ok(Flow::Done),
            // Nothing told that the other one is gone, whose place this one took.
            Some(link) if self.is_gone(case, &link).await? => link.id,
            Some(_) => {
                let skip = Skip::LinkedElsewhere {
                    side: other,
                    id: counterpart.id.to_string(),
                    by: MatchedBy::of(case.at.module),
                };
                let skip = self.skip(case, None, Some(&record), skip);
                return skip.await.map(|()| Flow::Done);
            }
        };
        if !self.lease(&lease_of(&id), case.held).await? {
            return Ok(Flow::Busy(lease_of(&id)));
        }
        let created = self.create_of(case, &counterpart.id).await?;
        let pair = first_pair(id, key.as_str(), sides(case.side, record, counterpart), fresh);
        self.settle(case, pair, created).await.map(|()| Flow::Done)
    }

    async fn is_gone(&self, case: &Case<'_>, link: &Link) -> Result<bool, EngineError> {
        let id = link.ids.of(case.side);
        let record = self.system(case.side).fetch(case.at.module, id).await?;
        Ok(record.is_none())
    }

    /// A record without match key is in step with none that is there already; but a create that was interrupted may
    /// have left one.
    async fn meet_unkeyed(&self, case: &Case<'_>, record: Record) -> Result<Flow, EngineError> {
        let left = match self.offspring(case, &record).await? {
            Some(offspring) => Some(offspring),
            None => self.origin(case, None).await?,
        };
        let Some(counterpart) = left else {
            // Whoever created it may have noted that down since the link was looked for.
            if self.store.link_of(&case.at, case.side, &case.id).await?.is_some() {
                return Ok(Flow::Again);
            }
            return self.create(case, record, "").await.map(|()| Flow::Done);
        };
        let id = uuid::Uuid::now_v7().to_string();
        if !self.lease(&lease_of(&id), case.held).await? {
            return Ok(Flow::Busy(lease_of(&id)));
        }
        let created = self.create_of(case, &counterpart.id).await?;
        let pair = first_pair(id, "", sides(case.side, record, counterpart), false);
        self.settle(case, pair, created).await.map(|()| Flow::Done)
    }

    /// Gives a product without SKU one, where that is wanted. Where the product itself can't be written to, only its
    /// counterpart gets it.
    async fn with_sku(
        &self,
        case: &Case<'_>,
        mut record: Record,
    ) -> Result<(Record, Option<MatchKey>), EngineError> {
        let (field, prefix) = match case.side {
            Side::WooCommerce => ("sku", "WC"),
            Side::Vtiger => ("productcode", "VT"),
        };
        let mapping = case
            .settings
            .active()
            .find(|mapping| mapping.paths(case.side).iter().any(|path| path.root() == field));
        let is_wanted = case.at.module == Module::Products
            && case.settings.products.missing_sku == MissingSku::Write
            && mapping.is_some();
        let Some(target) = FieldPath::parse(field).ok().filter(|_| is_wanted) else {
            return Ok((record, None));
        };
        let number = case.id.as_str().rsplit('x').next().unwrap_or_default();
        let sku = Value::Text(format!("{prefix}-{number}"));
        if case.settings.direction.writes_to(case.side) {
            let patch = Patch([(target, sku)].into());
            record = self
                .system(case.side)
                .update(case.at.module, &case.id, &patch)
                .await?;
        } else {
            target.set(&mut record.fields, sku.to_json());
        }
        let key = MatchKey::of(case.at.module, case.side, &record).unwrap_or_default();
        Ok((record, key))
    }
}

/// Two records that were never in step.
fn first_pair(id: String, key: &str, records: Sides<Record>, fresh: bool) -> Pair {
    let ids = Sides::new(|side| records.of(side).id.clone());
    let link = Link {
        id,
        ..Link::new(ids, key)
    };
    Pair {
        link,
        known: false,
        noted: false,
        records,
        fresh,
    }
}

/// The counterpart that an order names itself: it was made from that one.
fn counterpart_of(record: &Record) -> Option<&str> {
    let counterpart = record.fields.get("counterpart")?.as_str()?;
    (!counterpart.is_empty()).then_some(counterpart)
}

/// Whether a link may be taken over for another record of `side`: its own is gone, or is but a guest.
fn is_free(link: &Link, side: Side) -> bool {
    *link.deleted.of(side) || link.ids.of(side).guest_email().is_some()
}

pub(super) fn is_unwanted_guest(case: &Case<'_>, order: &Record) -> bool {
    let contact = order.fields.get("contact").and_then(serde_json::Value::as_str);
    case.at.module == Module::SalesOrders
        && case.side == Side::WooCommerce
        && case.settings.sales_orders.guests == Guests::Skip
        && contact.is_some_and(|contact| contact.is_empty() || RecordId::new(contact).is_guest())
}

pub(super) fn is_too_old(case: &Case<'_>, record: &Record) -> bool {
    let settings: &ModuleSettings = &case.settings;
    let modified: Option<Timestamp> = record.modified;
    match (settings.sync_from, modified) {
        (Some(from), Some(modified)) => modified < from,
        _ => false,
    }
}
