//! Creates that a crash interrupted before they were noted down: what they left is found, from either end, before
//! anything is created again.

use std::time::Duration;

use crate::store::Place;
use crate::sync::{MatchKey, Module, Record, RecordId, Side};

use super::entry::title;
use super::subject::Case;
use super::{Engine, EngineError};

/// How long a create takes at most, unless whoever began it crashed.
const LONGEST: Duration = Duration::from_mins(1);

impl Engine {
    /// Whether somebody is creating a record on `side` at the moment.
    pub(super) async fn is_creating_on(&self, at: &Place, side: Side) -> Result<bool, EngineError> {
        let since = self.clock.now().before(LONGEST);
        let open = self.store.creates_open(at, side).await?;
        Ok(open.iter().any(|(_, begun)| *begun >= since))
    }

    /// What a create of a counterpart of the case's record, which has no match key, has left, if one was begun.
    pub(super) async fn offspring(
        &self,
        case: &Case<'_>,
        record: &Record,
    ) -> Result<Option<Record>, EngineError> {
        let (other, module) = (case.side.opposite(), case.at.module);
        let Some(since) = self.store.creating_since(&case.at, other, &case.id).await? else {
            return Ok(None);
        };
        let name = title(module, case.side, record);
        let found = self.system(other).find_created(module, &name, since).await?;
        self.first_free(case, found).await
    }

    /// The record that the case's own was created for, where that was not noted down and the match key does not tell:
    /// guests and records without match key can't be looked for.
    pub(super) async fn origin(
        &self,
        case: &Case<'_>,
        key: Option<&MatchKey>,
    ) -> Result<Option<Record>, EngineError> {
        let (side, module) = (case.side, case.at.module);
        let other = side.opposite();
        let is_looked_for = key.is_none() || (module == Module::Contacts && side == Side::Vtiger);
        if !is_looked_for {
            return Ok(None);
        }
        for (source, begun) in self.store.creates_open(&case.at, side).await? {
            if key.is_some() && !source.is_guest()
                || self.store.link_of(&case.at, other, &source).await?.is_some()
            {
                continue;
            }
            let Some(record) = self.system(other).fetch(module, &source).await? else {
                continue;
            };
            let is_it = match MatchKey::of(module, other, &record) {
                Ok(Some(found)) => key == Some(&found),
                Ok(None) => {
                    let name = title(module, other, &record);
                    let created = self.system(side).find_created(module, &name, begun).await?;
                    created.iter().any(|record| record.id == case.id)
                }
                Err(_) => false,
            };
            if is_it {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The create that two records that met are the outcome of, if they are: on which side, and of which record.
    pub(super) async fn create_of(
        &self,
        case: &Case<'_>,
        counterpart: &RecordId,
    ) -> Result<Option<(Side, RecordId)>, EngineError> {
        for (side, source) in [(case.side.opposite(), &case.id), (case.side, counterpart)] {
            if self.store.creating_since(&case.at, side, source).await?.is_some() {
                return Ok(Some((side, source.clone())));
            }
        }
        Ok(None)
    }
}
