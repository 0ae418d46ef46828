//! Takes the value that lost a conflict.

use serde::Deserialize;

use super::live::FieldState;
use super::view::shown;
use super::{RecordError, Records};
use crate::engine::{is_same, takes_back};
use crate::queue::{Change, Lane, Taking};
use crate::store::{Link, Place};
use crate::sync::{Decision, RecordId, Side, Value};

/// Which losing value is meant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Lost {
    /// That of a conflict, by its id.
    Conflict {
        /// The conflict's id.
        conflict: String,
    },
    /// That which an entry of the journal tells of.
    Entry {
        /// The entry's id.
        entry: String,
        /// The mapping's key.
        field: String,
    },
}

/// A value that lost.
struct Loser {
    field: String,
    side: Side,
    value: Value,
}

impl Records {
    /// Has a value come back that lost a conflict: it is written to its own side again and moves to the other. The other
    /// fields stay as they are. Where the field was changed meanwhile, nothing is done.
    ///
    /// # Errors
    /// When there is no such connection, record or conflict, the value can't be taken, or the store or the queue fails.
    pub async fn take(&self, at: &Place, side: Side, id: &RecordId, lost: &Lost) -> Result<(), RecordError> {
        let link = self.linked(at, side, id).await?;
        let loser = self.loser(at, &link, lost).await?;
        let refuse = |reason| {
            Err(RecordError::NotTaken {
                field: loser.field.clone(),
                reason,
            })
        };
        let settings = self.engine(at)?.settings(at).await?;
        if link.is_broken() || Side::BOTH.into_iter().any(|side| link.ids.of(side).is_guest()) {
            return refuse("one of the two records is gone or can't be written to");
        }
        if takes_back(&settings, &loser.field).is_none() {
            return refuse("it doesn't travel both ways, or can only be edited in the record itself");
        }
        let Some(base) = link.base.get(&loser.field) else {
            return refuse("the two records never agreed on it; sync the record first");
        };
        let instead_of = base.of(loser.side);
        if is_same(&settings, &loser.field, instead_of, &loser.value) {
            return refuse("both records show this value already");
        }
        // What is about to move would be overtaken. Where a system is away, the engine looks once it is back.
        let live = self.live(at, side, id).await?;
        if let Some(field) = live.field(&loser.field)
            && (field.state != FieldState::InStep || field.shown.of(loser.side) != &shown(instead_of))
        {
            return refuse("it was changed again meanwhile; look at the record, and take the value then");
        }
        let taking = Taking {
            instead_of: instead_of.clone(),
            field: loser.field,
            value: loser.value,
        };
        let event = self.about(at, loser.side, link.ids.of(loser.side), Change::Take(taking));
        self.queue.publish(Lane::Live, &[event]).await?;
        tracing::info!(
            connection = %at.connection, module = %at.module, woocommerce.id = ?link.ids.woocommerce,
            vtiger.id = ?link.ids.vtiger, "the losing value of a conflict is taken"
        );
        Ok(())
    }

    async fn loser(&self, at: &Place, link: &Link, lost: &Lost) -> Result<Loser, RecordError> {
        match lost {
            Lost::Conflict { conflict } => {
                let found = self.store.dispute(conflict).await?;
                let found = found.filter(|found| found.at == *at && found.ids == link.ids);
                let found = found.ok_or(RecordError::NoConflict)?;
                Ok(Loser {
                    side: found.winner.opposite(),
                    field: found.field,
                    value: found.lost,
                })
            }
            Lost::Entry { entry, field } => {
                let found = self.store.entry(entry).await?.filter(|found| found.at == *at);
                let found = found.filter(|found| {
                    let is_of = |side: Side| found.entry.ids.of(side).as_ref() == Some(link.ids.of(side));
                    Side::BOTH.into_iter().all(is_of)
                });
                let found = found.ok_or(RecordError::NoConflict)?;
                let plan = found.entry.fields.into_iter().find(|plan| plan.field == *field);
                let Some((plan, Decision::Conflict { winner, .. })) = plan.map(|plan| {
                    let decision = plan.decision;
                    (plan, decision)
                }) else {
                    return Err(RecordError::NoConflict);
                };
                let side = winner.opposite();
                Ok(Loser {
                    side,
                    field: plan.field,
                    value: plan.before.of(side).clone(),
                })
            }
        }
    }
}
