//! Creates a record's counterpart on the other side, once, whatever happens meanwhile.

use crate::store::{Action, Entry, Link};
use crate::sync::{
    FieldPath, Module, Patch, Plan, Record, RecordId, Side, Sides, Skip, Value, advance, from_base, plan,
};
use crate::system::{Fault, SystemError};

use super::apply::{basket_written, sides};
use super::entry::title;
use super::references::{Known, Pull};
use super::subject::Case;
use super::{Engine, EngineError};

/// Fields of the contact that a new order of the shop takes over: Vtiger's orders have none of them.
const BUYER: [(&str, &str); 5] = [
    ("first_name", "billing.first_name"),
    ("last_name", "billing.last_name"),
    ("email", "billing.email"),
    ("billing.phone", "billing.phone"),
    ("billing.company", "billing.company"),
];

impl Engine {
    /// Creates the counterpart of a record that has none.
    pub(super) async fn create(&self, case: &Case<'_>, record: Record, key: &str) -> Result<(), EngineError> {
        let link = Link::new(Sides::new(|_| case.id.clone()), key);
        self.create_linked(case, link, record, false).await
    }

    /// Creates a counterpart in place of one that was deleted.
    pub(super) async fn create_anew(
        &self,
        case: &Case<'_>,
        link: Link,
        record: Record,
    ) -> Result<(), EngineError> {
        self.create_linked(case, link, record, true).await
    }

    async fn create_linked(
        &self,
        case: &Case<'_>,
        mut link: Link,
        record: Record,
        is_known: bool,
    ) -> Result<(), EngineError> {
        let (other, module) = (case.side.opposite(), case.at.module);
        let known_link = is_known.then(|| link.clone());
        let one = |side| (side == case.side).then_some(&record);
        let records = Sides {
            woocommerce: one(Side::WooCommerce),
            vtiger: one(Side::Vtiger),
        };
        let references = match self.references(case, records, Pull::Now).await? {
            Ok(references) => references,
            Err(skip) => return self.skip(case, known_link.as_ref(), Some(&record), skip).await,
        };
        let known = Known {
            engine: self,
            module,
            references: &references,
        };
        let mut plan = plan(&case.settings, None, records, &known);
        if let Some(missing) = plan.missing() {
            let skip = Skip::Mandatory {
                field: missing.field.clone(),
            };
            return self.skip(case, known_link.as_ref(), Some(&record), skip).await;
        }
        self.complete(case, &mut plan).await?;
        if module == Module::SalesOrders && other == Side::Vtiger {
            let basket = basket_written(&case.settings, &plan.patches.vtiger);
            self.touch_stock(case, basket).await?;
        }
        self.store
            .begin_create(&case.at, other, &case.id, self.clock.now())
            .await?;
        let created = match self.system(other).create(module, plan.patches.of(other)).await {
            Ok(created) => created,
            Err(error) => {
                if self.bury_gone(case, &error, &references, other).await? {
                    return Err(EngineError::Unsettled);
                }
                return self.not_created(case, known_link.as_ref(), &record, error).await;
            }
        };
        let name = title(module, case.side, &record);
        let records = sides(case.side, record, created);
        link.ids = Sides::new(|side| records.of(side).id.clone());
        link.base = advance(&case.settings, records.as_ref());
        link.modified = Sides::new(|side| self.time_of(side, records.of(side)));
        link.deleted = Sides::default();
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

    async fn not_created(
        &self,
        case: &Case<'_>,
        link: Option<&Link>,
        record: &Record,
        error: SystemError,
    ) -> Result<(), EngineError> {
        let side = case.side.opposite();
        let skip = match error.fault {
            Fault::Rejected { field } => Skip::Rejected {
                side,
                field,
                message: error.message,
            },
            Fault::Unsupported { remedy } => Skip::Unsupported {
                side,
                message: error.message,
                remedy,
            },
            Fault::Gone | Fault::Denied | Fault::Unavailable { .. } | Fault::Paused { .. } => {
                return Err(error.into());
            }
        };
        self.commit(case, None, Vec::new(), Some((side, case.id.clone())))
            .await?;
        self.skip(case, link, Some(record), skip).await
    }

    /// Adds what a new record needs beyond its mapped fields: an owner; for an order, what it is found by after a
    /// crash, and who bought.
    async fn complete(&self, case: &Case<'_>, plan: &mut Plan) -> Result<(), EngineError> {
        let other = case.side.opposite();
        if other == Side::Vtiger
            && let Some(owner) = &case.settings.owner
        {
            put(plan.patches.of_mut(other), "assigned_user_id", Value::text(owner));
        }
        if case.at.module != Module::SalesOrders {
            return Ok(());
        }
        let patch = plan.patches.of_mut(other);
        put(patch, "counterpart", Value::text(case.id.as_str()));
        if other == Side::WooCommerce {
            let contact = FieldPath::parse("contact")?;
            let buyer = patch.0.get(&contact).map(ToString::to_string).unwrap_or_default();
            self.add_buyer(&RecordId::new(buyer), patch).await?;
        }
        Ok(())
    }

    async fn add_buyer(&self, buyer: &RecordId, patch: &mut Patch) -> Result<(), EngineError> {
        let at = self.place(Module::Contacts);
        let Some(link) = self.store.link_of(&at, Side::WooCommerce, buyer).await? else {
            return Ok(());
        };
        let settings = self.settings(&at).await?;
        let person = from_base(&settings, &link.base, Side::WooCommerce, buyer);
        for (from, to) in BUYER {
            let value = person.get(&FieldPath::parse(from)?);
            let target = FieldPath::parse(to)?;
            if !value.is_blank() && patch.0.get(&target).is_none_or(Value::is_blank) {
                patch.0.insert(target, value);
            }
        }
        Ok(())
    }
}

fn put(patch: &mut Patch, field: &str, value: Value) {
    if let Ok(path) = FieldPath::parse(field) {
        patch.0.entry(path).or_insert(value);
    }
}
