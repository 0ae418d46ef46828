//! What would be done for a record, without doing it.

use crate::queue::{Cause, Change, Event, Seen, Subject};
use crate::store::Place;
use crate::sync::{MatchKey, Plan, Record, RecordId, Side, Sides, Skip, eligible, plan};

use super::meet::{is_too_old, is_unwanted_guest};
use super::references::{Known, Pull};
use super::subject::Case;
use super::{Engine, EngineError};

/// What would be done for a record.
#[derive(Debug, Default)]
pub struct Preview {
    /// The records' ids, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// Whether the two are linked already.
    pub is_linked: bool,
    /// What would be written, and why.
    pub plan: Plan,
    /// Why nothing would be done.
    pub skip: Option<Skip>,
    /// What else there is to say.
    pub remark: Option<&'static str>,
}

impl Preview {
    fn nothing(self, remark: &'static str) -> Self {
        Self {
            remark: Some(remark),
            ..self
        }
    }
}

/// What is known of a record's counterpart before it is looked for.
#[derive(Debug)]
pub enum Counterpart {
    /// Nothing: it is to be read or looked for.
    Unknown,
    /// Whether it is there, and what it shows.
    Known(Option<Record>),
}

impl Engine {
    /// Finds out what would be done for a record if it were looked at now. Reads both systems, and writes nothing.
    ///
    /// # Errors
    /// When one of the systems or the database fails.
    pub async fn preview(&self, at: &Place, side: Side, id: &RecordId) -> Result<Preview, EngineError> {
        let id = self.system(side).full_id(at.module, id).await?;
        if let Some(record) = self.system(side).fetch(at.module, &id).await? {
            return self.foresee(at, side, &record, Counterpart::Unknown).await;
        }
        let mut preview = Preview::default();
        *preview.ids.of_mut(side) = Some(id);
        Ok(preview.nothing("the record is not there"))
    }

    /// Finds out what would be done for a record that shows this. Writes nothing.
    ///
    /// # Errors
    /// When one of the systems or the database fails.
    pub async fn foresee(
        &self,
        at: &Place,
        side: Side,
        record: &Record,
        counterpart: Counterpart,
    ) -> Result<Preview, EngineError> {
        let subject = Subject::Record {
            module: at.module,
            side,
            id: record.id.clone(),
            change: Change::Changed(Seen::Nothing),
        };
        let event = Event::new(&at.connection, subject, Cause::Retry, self.clock.now());
        let held = self.hold();
        let case = Case {
            held: &held,
            begun: self.clock.now(),
            at: at.clone(),
            side,
            id: record.id.clone(),
            event: &event,
            settings: self.settings(at).await?,
        };
        let mut preview = Preview::default();
        *preview.ids.of_mut(side) = Some(record.id.clone());
        if !case.settings.enabled {
            return Ok(preview.nothing("the module is switched off"));
        } else if !eligible(at.module, &case.settings, side, record) {
            return Ok(preview.nothing("records of this kind are not kept in step"));
        }
        let other = side.opposite();
        let link = self.store.link_of(at, side, &record.id).await?;
        preview.is_linked = link.is_some();
        if link.is_none() && is_too_old(&case, record) {
            return Ok(preview.nothing("it was last changed before sync_from"));
        }
        if link.is_none() && is_unwanted_guest(&case, record) {
            preview.skip = Some(Skip::Guest);
            return Ok(preview);
        }
        let counterpart = match (counterpart, &link) {
            (Counterpart::Known(counterpart), _) => counterpart,
            (Counterpart::Unknown, Some(link)) => {
                self.system(other).fetch(at.module, link.ids.of(other)).await?
            }
            (Counterpart::Unknown, None) => self.match_of(&case, record, &mut preview).await?,
        };
        if preview.skip.is_some() {
            return Ok(preview);
        }
        *preview.ids.of_mut(other) = counterpart.as_ref().map(|record| record.id.clone());
        let one = |of| {
            if of == side {
                Some(record)
            } else {
                counterpart.as_ref()
            }
        };
        let records = Sides {
            woocommerce: one(Side::WooCommerce),
            vtiger: one(Side::Vtiger),
        };
        match self.references(&case, records, Pull::Never).await? {
            Err(skip) => preview.skip = Some(skip),
            Ok(references) => {
                let known = Known {
                    engine: self,
                    module: at.module,
                    references: &references,
                };
                let base = link.as_ref().map(|link| &link.base);
                preview.plan = plan(&case.settings, base, records, &known);
                if counterpart.is_none()
                    && let Some(missing) = preview.plan.missing()
                {
                    preview.skip = Some(Skip::Mandatory {
                        field: missing.field.clone(),
                    });
                }
            }
        }
        Ok(preview)
    }

    async fn match_of(
        &self,
        case: &Case<'_>,
        record: &Record,
        preview: &mut Preview,
    ) -> Result<Option<Record>, EngineError> {
        let found = match MatchKey::of(case.at.module, case.side, record) {
            Ok(Some(key)) => self.candidates(case, record, &key).await?,
            Ok(None) => Ok(None),
            Err(skip) => Err(skip),
        };
        match found {
            Ok(found) => Ok(found),
            Err(skip) => {
                preview.skip = Some(skip);
                Ok(None)
            }
        }
    }
}
