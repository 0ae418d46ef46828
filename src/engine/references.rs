//! What an order refers to: its contact, its products, its taxes. What is not yet in step is brought into step first.

use std::collections::{BTreeMap, BTreeSet};

use crate::queue::{Change, Seen, Subject};
use crate::store::{Link, Place};
use crate::sync::{
    Basket, Direction, FieldKind, FieldPath, Guests, Item, MatchKey, Module, Record, RecordId, Side, Sides,
    Skip, Storage, Value,
};
use crate::system::{Fault, SystemError};

use super::subject::{Case, Handled};
use super::{Engine, EngineError};

/// What is known of other modules' records that these refer to.
#[derive(Debug, Default)]
pub(super) struct References {
    /// What they are on the other side: for each side to write to, by module and id on the opposite one.
    counterparts: Sides<BTreeMap<(Module, String), String>>,
    /// Those of each side that were deleted there.
    gone: Sides<BTreeSet<(Module, String)>>,
}

impl References {
    fn get(&self, to: Side, module: Module, id: &str) -> Option<String> {
        self.counterparts.of(to).get(&(module, id.to_owned())).cloned()
    }
}

/// What is done about records that an order refers to and that are not yet in step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pull {
    /// They are brought into step first.
    Now,
    /// Nothing: what is to be found out is only what would be done.
    Never,
}

/// Stands for a record that would be created.
pub(super) const TO_BE_CREATED: &str = "(to be created)";

/// What the planner must know of the two systems.
pub(super) struct Known<'a> {
    pub(super) engine: &'a Engine,
    pub(super) module: Module,
    pub(super) references: &'a References,
}

impl Storage for Known<'_> {
    fn stored(&self, side: Side, path: &FieldPath, value: &Value) -> Value {
        self.engine.system(side).stored(self.module, path, value)
    }

    fn is_writable(&self, side: Side, path: &FieldPath, record: Option<&Record>) -> bool {
        self.engine.system(side).is_writable(self.module, path, record)
    }

    fn counterpart(&self, to: Side, module: Module, id: &str) -> Option<String> {
        self.references.get(to, module, id)
    }

    fn is_gone(&self, side: Side, module: Module, id: &str) -> bool {
        self.references.gone.of(side).contains(&(module, id.to_owned()))
    }
}

/// What became of a reference.
enum Found {
    /// The other side's record.
    Record(String),
    /// There is none, and there need not be one.
    Nothing,
    /// There should be one, but it was skipped.
    Skipped(Skip),
}

impl Engine {
    /// What the records refer to, as the other side knows it. A record that should be in step but is not gives the
    /// reason why this one can't be either.
    pub(super) async fn references(
        &self,
        case: &Case<'_>,
        records: Sides<Option<&Record>>,
        pull: Pull,
    ) -> Result<Result<References, Skip>, EngineError> {
        let mut references = References::default();
        if case.at.module != Module::SalesOrders {
            return Ok(Ok(references));
        }
        for side in Side::BOTH {
            let Some(record) = *records.of(side) else { continue };
            let to = side.opposite();
            if !case.settings.direction.writes_to(to) {
                continue;
            }
            for (module, ids) in named(case, side, record) {
                let at = self.place(module);
                let listed: Vec<RecordId> = ids.iter().map(RecordId::new).collect();
                let links = self.store.links_of(&at, side, &listed).await?;
                for id in ids {
                    let link = links.iter().find(|link| link.ids.of(side).as_str() == id);
                    if link.is_some_and(|link| *link.deleted.of(side)) {
                        references.gone.of_mut(side).insert((module, id.clone()));
                    }
                    let found = match link.filter(|link| !link.deleted.of(to)) {
                        Some(link) => Found::Record(link.ids.of(to).to_string()),
                        None => {
                            self.resolve(case, side, RecordId::new(&id), record, &at, pull)
                                .await?
                        }
                    };
                    match found {
                        Found::Record(other) => {
                            references.counterparts.of_mut(to).insert((module, id), other);
                        }
                        Found::Nothing => {}
                        Found::Skipped(skip) => return Ok(Err(skip)),
                    }
                }
            }
        }
        Ok(Ok(references))
    }

    /// Finds what a record that is not linked by its own id is on the other side.
    async fn resolve(
        &self,
        case: &Case<'_>,
        side: Side,
        id: RecordId,
        order: &Record,
        at: &Place,
        pull: Pull,
    ) -> Result<Found, EngineError> {
        let to = side.opposite();
        let id = match (id.guest_email(), &case.settings.sales_orders.guests) {
            (None, _) => id,
            (Some(_), Guests::House(contact)) => return Ok(Found::Record(contact.clone())),
            (Some(_), Guests::PerOrder) => {
                let id = RecordId::guest_order(order.id.as_str());
                if let Some(link) = self.store.link_of(at, side, &id).await? {
                    return Ok(Found::Record(link.ids.of(to).to_string()));
                }
                id
            }
            (Some(email), Guests::ByEmail | Guests::Skip) => {
                // The guest may be a customer by now.
                let links = self.store.links_by_key(at, email).await?;
                if let Some(link) = links.iter().find(|link| !link.is_broken()) {
                    return Ok(Found::Record(link.ids.of(to).to_string()));
                }
                id
            }
        };
        let settings = self.settings(at).await?;
        if !settings.enabled || !settings.direction.writes_to(to) {
            return self.by_key(at, side, &id).await;
        }
        if pull == Pull::Never {
            return Ok(Found::Record(TO_BE_CREATED.to_owned()));
        }
        let change = Change::Changed(Seen::Nothing);
        let subject = Subject::Record {
            module: at.module,
            side,
            id: id.clone(),
            change,
        };
        let event = case.event.about(subject);
        if let Handled::Parked = Box::pin(self.handle_event(&event)).await? {
            return Err(EngineError::Unsettled);
        }
        if let Some(link) = self.store.link_of(at, side, &id).await?
            && !link.deleted.of(to)
        {
            return Ok(Found::Record(link.ids.of(to).to_string()));
        }
        let last = self.store.entries_of(at, side, &id, 1).await?;
        let skip = last.into_iter().next().and_then(|stored| stored.entry.skip);
        Ok(match skip {
            // Nothing to mend: staff has no contact, and what was deleted is gone.
            None | Some(Skip::Staff | Skip::Deleted { .. } | Skip::DeletedAndEdited { .. } | Skip::Guest) => {
                Found::Nothing
            }
            Some(_) => Found::Skipped(Skip::Reference {
                module: at.module,
                side,
                id: id.to_string(),
            }),
        })
    }

    /// A write to `to` failed: if it was refused, that may be for what the order refers to there. Notes what of that is
    /// gone, as its end may never have been announced. True when something was: the order can be written without it.
    pub(super) async fn bury_gone(
        &self,
        case: &Case<'_>,
        error: &SystemError,
        references: &References,
        to: Side,
    ) -> Result<bool, EngineError> {
        if !matches!(error.fault, Fault::Rejected { .. }) {
            return Ok(false);
        }
        let mut was_gone = false;
        for ((module, _), id) in references.counterparts.of(to) {
            if *module == Module::Taxes {
                continue; // Lines name them by rate.
            }
            let (at, id) = (self.place(*module), RecordId::new(id));
            let is_linked = |link: Option<Link>| link.is_some_and(|link| !link.deleted.of(to));
            if !is_linked(self.store.link_of(&at, to, &id).await?)
                || self.system(to).fetch(*module, &id).await?.is_some()
            {
                continue;
            }
            let subject = Subject::Record {
                module: *module,
                side: to,
                id: id.clone(),
                change: Change::Deleted,
            };
            let event = case.event.about(subject);
            Box::pin(self.handle_event(&event)).await?;
            was_gone |= !is_linked(self.store.link_of(&at, to, &id).await?);
        }
        Ok(was_gone)
    }

    /// Finds a product of a module that is switched off, or does not travel this way, by its SKU.
    async fn by_key(&self, at: &Place, side: Side, id: &RecordId) -> Result<Found, EngineError> {
        if at.module != Module::Products {
            return Ok(Found::Nothing);
        }
        let Some(record) = self.system(side).fetch(at.module, id).await? else {
            return Ok(Found::Nothing);
        };
        let Ok(Some(key)) = MatchKey::of(at.module, side, &record) else {
            return Ok(Found::Nothing);
        };
        let mut found = self
            .system(side.opposite())
            .find(at.module, key.as_str(), None)
            .await?;
        Ok(match (found.pop(), found.is_empty()) {
            (Some(record), true) => Found::Record(record.id.to_string()),
            _ => Found::Nothing,
        })
    }
}

/// The records that an order names, by module.
fn named(case: &Case<'_>, side: Side, order: &Record) -> BTreeMap<Module, BTreeSet<String>> {
    let mut named: BTreeMap<Module, BTreeSet<String>> = BTreeMap::new();
    let to = Direction::towards(side.opposite());
    let moves = |direction: Direction| direction == Direction::Both || direction == to;
    for mapping in case.settings.active().filter(|mapping| moves(mapping.direction)) {
        let value = mapping.read(side, order);
        match mapping.kind {
            FieldKind::Contact if !value.is_blank() => {
                named
                    .entry(Module::Contacts)
                    .or_default()
                    .insert(value.to_string());
            }
            FieldKind::Basket => {
                for line in Basket::of(&value).unwrap_or_default().lines {
                    if let Item::Product(id) = &line.item {
                        named.entry(Module::Products).or_default().insert(id.to_string());
                    }
                    // Taxes are known by rate in the shop alone.
                    if side == Side::WooCommerce {
                        named
                            .entry(Module::Taxes)
                            .or_default()
                            .extend(line.taxes.into_keys());
                    }
                }
            }
            _ => {}
        }
    }
    named
}
