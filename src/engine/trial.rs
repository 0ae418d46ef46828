//! What a mapping would make of a pair of records, before it is saved. Writes nothing.

use crate::queue::{Cause, Change, Event, Seen, Subject};
use crate::store::{Link, Place};
use crate::sync::{FieldMapping, ModuleSettings, RecordId, Side, Sides, Skip, Trial, try_mapping};

use super::references::{Known, Pull};
use super::subject::Case;
use super::{Engine, EngineError};

/// What a mapping would make of a pair of records.
#[derive(Debug)]
pub struct MappingTrial {
    /// The records.
    pub ids: Sides<RecordId>,
    /// What would be written, to each side that the mapping writes.
    pub trials: Vec<Trial>,
    /// The side on which the record is no more.
    pub gone: Option<Side>,
    /// Why the records can't be kept in step at all.
    pub skip: Option<Skip>,
}

impl Engine {
    /// Finds out what one mapping would make of two records as they are now. Reads both systems, and writes nothing.
    ///
    /// # Errors
    /// When one of the systems or the database fails.
    pub async fn try_mapping(
        &self,
        at: &Place,
        link: &Link,
        settings: &ModuleSettings,
        mapping: &FieldMapping,
    ) -> Result<MappingTrial, EngineError> {
        let mut trial = MappingTrial {
            ids: link.ids.clone(),
            trials: Vec::new(),
            gone: None,
            skip: None,
        };
        let (shop, crm) = (&link.ids.woocommerce, &link.ids.vtiger);
        let Some(woocommerce) = self.system(Side::WooCommerce).fetch(at.module, shop).await? else {
            trial.gone = Some(Side::WooCommerce);
            return Ok(trial);
        };
        let Some(vtiger) = self.system(Side::Vtiger).fetch(at.module, crm).await? else {
            trial.gone = Some(Side::Vtiger);
            return Ok(trial);
        };
        // Only this mapping's references are looked up.
        let alone = ModuleSettings {
            mappings: vec![FieldMapping {
                enabled: true,
                ..mapping.clone()
            }],
            ..settings.clone()
        };
        let subject = Subject::Record {
            module: at.module,
            side: Side::WooCommerce,
            id: link.ids.woocommerce.clone(),
            change: Change::Changed(Seen::Nothing),
        };
        let event = Event::new(&at.connection, subject, Cause::Retry, self.clock.now());
        let held = self.hold();
        let case = Case {
            held: &held,
            begun: self.clock.now(),
            at: at.clone(),
            side: Side::WooCommerce,
            id: link.ids.woocommerce.clone(),
            event: &event,
            settings: alone,
        };
        let records = Sides {
            woocommerce: &woocommerce,
            vtiger: &vtiger,
        };
        match self
            .references(&case, Sides::new(|side| Some(*records.of(side))), Pull::Never)
            .await?
        {
            Err(skip) => trial.skip = Some(skip),
            Ok(references) => {
                let known = Known {
                    engine: self,
                    module: at.module,
                    references: &references,
                };
                trial.trials = try_mapping(&case.settings, mapping, records, &known);
            }
        }
        Ok(trial)
    }
}
