//! What a first sync would do, found out without doing it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Ground, Sweeper, swept_sides};
use crate::engine::{Counterpart, EngineError, Preview};
use crate::store::{Link, Place};
use crate::sync::{MatchKey, MatchedBy, Module, Record, RecordId, Side, Sides, Skip};
use crate::system::Page;

/// How many records are looked at with one call.
const LOOK: usize = 100;

/// What a first sync of a module would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// Records read, per side.
    pub read: Sides<u64>,
    /// Records that would be created, by the side that they would be created on.
    pub created: Sides<u64>,
    /// Records that would be written to, per side.
    pub updated: Sides<u64>,
    /// Records of which nothing would be written, as both sides show the same.
    pub in_step: u64,
    /// Records of each side that are left out, as the settings or their kind want it.
    pub left_out: Sides<u64>,
    /// Records that would be skipped, by the side that would not be written to and the reason.
    pub skipped: Sides<BTreeMap<String, u64>>,
}

impl Forecast {
    fn skip(&mut self, side: Side, skip: &Skip) {
        let reason = match skip {
            Skip::Reference { module, .. } => {
                format!("one of the {module} that it refers to can't be kept in step")
            }
            other => other.to_string(),
        };
        *self.skipped.of_mut(side).entry(reason).or_default() += 1;
    }

    fn note(&mut self, from: Side, preview: &Preview) {
        let to = from.opposite();
        if let Some(skip) = &preview.skip {
            self.skip(to, skip);
        } else if preview.remark.is_some() {
            *self.left_out.of_mut(from) += 1;
        } else if preview.ids.of(to).is_none() {
            *self.created.of_mut(to) += 1;
        } else {
            let written = Side::BOTH
                .into_iter()
                .filter(|side| !preview.plan.patches.of(*side).is_empty());
            let mut is_written = false;
            for side in written {
                *self.updated.of_mut(side) += 1;
                is_written = true;
            }
            self.in_step += u64::from(!is_written);
        }
    }
}

/// The records of one side by what those of the other side find them by.
#[derive(Debug, Default)]
struct Directory(HashMap<MatchKey, Listed>);

#[derive(Debug)]
enum Listed {
    One(RecordId),
    Several,
}

/// What was found out of a module so far.
#[derive(Default)]
struct Rehearsal {
    forecast: Forecast,
    /// Records that were dealt with along with their counterparts.
    met: HashSet<RecordId>,
    /// What records that would be created would be found by.
    created: HashSet<MatchKey>,
}

impl Sweeper {
    /// Reads both sides of a module, and tells what a first sync would do now. Writes nothing.
    ///
    /// # Errors
    /// When one of the systems can't be read in spite of several attempts.
    pub async fn rehearse(&self, at: &Place) -> Result<Forecast, EngineError> {
        let settings = self.engine.settings(at).await?;
        let mut rehearsal = Rehearsal::default();
        for side in swept_sides(&settings) {
            let ground = Ground {
                at,
                settings: &settings,
                side,
            };
            // Of other modules, each record is looked for: orders know their counterparts, and taxes are few.
            let directory = match at.module {
                Module::Contacts | Module::Products => Some(self.directory(at, side.opposite()).await?),
                Module::Taxes | Module::SalesOrders => None,
            };
            rehearsal.created.clear();
            let mut cursor = None;
            loop {
                let page = self.any_page(at, side, cursor.as_deref()).await?;
                cursor.clone_from(&page.next);
                *rehearsal.forecast.read.of_mut(side) += page.records.len() as u64;
                self.rehearse_page(ground, page, directory.as_ref(), &mut rehearsal)
                    .await?;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(rehearsal.forecast)
    }

    async fn any_page(&self, at: &Place, side: Side, cursor: Option<&str>) -> Result<Page, EngineError> {
        let system = self.engine.system(side);
        self.patiently(|| system.page(at.module, cursor)).await
    }

    async fn directory(&self, at: &Place, side: Side) -> Result<Directory, EngineError> {
        let mut directory = Directory::default();
        let mut cursor = None;
        loop {
            let page = self.any_page(at, side, cursor.as_deref()).await?;
            for record in &page.records {
                // A guest is no record that could be found.
                if record.id.is_guest() {
                    continue;
                }
                let Ok(Some(key)) = MatchKey::of(at.module, side, record) else {
                    continue;
                };
                match directory.0.entry(key) {
                    Entry::Vacant(entry) => drop(entry.insert(Listed::One(record.id.clone()))),
                    Entry::Occupied(mut entry) => drop(entry.insert(Listed::Several)),
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(directory);
            }
        }
    }

    async fn rehearse_page(
        &self,
        ground: Ground<'_>,
        page: Page,
        directory: Option<&Directory>,
        rehearsal: &mut Rehearsal,
    ) -> Result<(), EngineError> {
        let Ground { at, side, .. } = ground;
        let other = side.opposite();
        let ids: Vec<RecordId> = page.records.iter().map(|record| record.id.clone()).collect();
        let links = self.engine.store.links_of(at, side, &ids).await?;
        let mut records = page.records;
        records.retain(|record| !rehearsal.met.contains(&record.id));
        if page.partial {
            let ids: Vec<RecordId> = records.into_iter().map(|record| record.id).collect();
            records = self.whole(at, side, &ids).await?;
        }
        let wanted: Vec<RecordId> = records
            .iter()
            .filter_map(|record| counterpart_id(ground, record, &links, directory))
            .collect();
        let counterparts = self.whole(at, other, &wanted).await?;
        let taken = self.engine.store.links_of(at, other, &wanted).await?;
        for record in records {
            let key = directory.and(MatchKey::of(at.module, side, &record).ok().flatten());
            let id = counterpart_id(ground, &record, &links, directory);
            let link = links.iter().find(|link| *link.ids.of(side) == record.id);
            if link.is_some_and(Link::is_broken) {
                *rehearsal.forecast.left_out.of_mut(side) += 1;
                continue;
            }
            let is_linked = link.is_some();
            let elsewhere = id.as_ref().filter(|id| {
                !is_linked
                    && taken
                        .iter()
                        .any(|link| link.ids.of(other) == *id && !link.is_broken())
            });
            let is_second = !is_linked && key.as_ref().is_some_and(|key| rehearsal.created.contains(key));
            if elsewhere.is_some() || is_second {
                let skip = Skip::LinkedElsewhere {
                    side: other,
                    id: elsewhere.map(ToString::to_string).unwrap_or_default(),
                    by: MatchedBy::of(at.module),
                };
                rehearsal.forecast.skip(other, &skip);
                continue;
            }
            let known = match (&id, &key, directory) {
                (Some(id), ..) => {
                    let found = counterparts.iter().find(|record| record.id == *id);
                    Counterpart::Known(found.cloned())
                }
                (None, Some(key), Some(directory)) if !directory.0.contains_key(key) => {
                    Counterpart::Known(None)
                }
                _ => Counterpart::Unknown,
            };
            let preview = self.engine.foresee(at, side, &record, known).await?;
            if preview.skip.is_none() && preview.remark.is_none() {
                match preview.ids.of(other) {
                    Some(id) => drop(rehearsal.met.insert(id.clone())),
                    None => rehearsal.created.extend(key),
                }
            }
            rehearsal.forecast.note(side, &preview);
        }
        Ok(())
    }

    /// These records as a whole.
    async fn whole(&self, at: &Place, side: Side, ids: &[RecordId]) -> Result<Vec<Record>, EngineError> {
        let system = self.engine.system(side);
        let mut records = Vec::new();
        for some in ids.chunks(LOOK) {
            let page = self.patiently(|| system.look(at.module, some)).await?;
            if page.partial {
                for record in &page.records {
                    records.extend(self.patiently(|| system.fetch(at.module, &record.id)).await?);
                }
            } else {
                records.extend(page.records);
            }
        }
        Ok(records)
    }
}

/// The id of a record's counterpart, where it is known without a call.
fn counterpart_id(
    Ground { side, at, .. }: Ground<'_>,
    record: &Record,
    links: &[Link],
    directory: Option<&Directory>,
) -> Option<RecordId> {
    if let Some(link) = links.iter().find(|link| *link.ids.of(side) == record.id) {
        return Some(link.ids.of(side.opposite()).clone());
    }
    let key = MatchKey::of(at.module, side, record).ok()??;
    match directory?.0.get(&key)? {
        Listed::One(id) => Some(id.clone()),
        Listed::Several => None,
    }
}
