//! Which of the records that a system shows are to be looked at.

use std::collections::HashSet;

use super::{Ground, Sweeper};
use crate::clock::Timestamp;
use crate::engine::{EngineError, moved_stock};
use crate::queue::{Change, Event, Seen};
use crate::store::{Link, Place};
use crate::sync::{Module, ModuleSettings, Record, RecordId, Side, blanks, eligible, tells_news};
use crate::system::Page;

/// What is not in step, or may not be.
pub(super) struct Differences {
    /// What is to be looked at.
    pub(super) events: Vec<Event>,
    /// Records that show nothing where they showed something: a person should look first when there are many.
    pub(super) blanked: Vec<RecordId>,
}

impl Sweeper {
    /// The records of a page that are not in step, or may not be.
    pub(super) async fn differences(
        &self,
        ground: Ground<'_>,
        page: Page,
    ) -> Result<Differences, EngineError> {
        let Ground { at, settings, side } = ground;
        let Page { records, partial, .. } = page;
        let ids: Vec<RecordId> = records.iter().map(|record| record.id.clone()).collect();
        let links = self.engine.store.links_of(at, side, &ids).await?;
        let mut events = self.moved(ground, &links, &records);
        let link_of = |id: &RecordId| links.iter().find(|link| link.ids.of(side) == id);
        let guests: Vec<&str> = ids.iter().filter_map(RecordId::guest_email).collect();
        let known = self.engine.store.links_by_keys(at, &guests).await?;
        let customers: HashSet<RecordId> = known
            .iter()
            .filter(|link| !link.is_broken())
            .map(|link| RecordId::guest(&link.match_key))
            .collect();
        if partial {
            let is_new = |record: &&Record| match link_of(&record.id) {
                // What was last seen within the second of its change may have changed once more since.
                Some(link) if !link.is_broken() => {
                    record.modified >= *link.modified.of(side) || is_earlier(link, side, record)
                }
                Some(link) => {
                    record.modified.is_none()
                        || record.modified > *link.modified.of(side)
                        || is_earlier(link, side, record)
                }
                None => !is_too_old(settings, record),
            };
            let ids = records.iter().filter(is_new).map(|record| record.id.clone());
            events.extend(ids.map(|id| self.event(ground, id, Change::Changed(Seen::Nothing))));
            return Ok(Differences {
                events,
                blanked: Vec::new(),
            });
        }
        let mut blanked = Vec::new();
        let changed = records.into_iter().filter(|record| match link_of(&record.id) {
            Some(link) => may_have_changed(settings, link, side, record),
            // A guest that is a customer, too, is not looked at.
            None => is_wanted(settings, at, side, record) && !customers.contains(&record.id),
        });
        for record in changed {
            let id = record.id.clone();
            let link = link_of(&id).filter(|link| !link.is_broken());
            if link.is_some_and(|link| blanks(settings, &link.base, side, &record)) {
                blanked.push(id);
            } else {
                events.push(self.event(ground, id, Change::Changed(Seen::Record(record))));
            }
        }
        Ok(Differences { events, blanked })
    }

    /// Vtiger's stock, which orders move without moving a time: what of it is not as it should be.
    pub(super) async fn stock(
        &self,
        ground: Ground<'_>,
        products: &[Record],
    ) -> Result<Vec<Event>, EngineError> {
        if !has_stock(ground) {
            return Ok(Vec::new());
        }
        let ids: Vec<RecordId> = products.iter().map(|product| product.id.clone()).collect();
        let links = self.engine.store.links_of(ground.at, ground.side, &ids).await?;
        Ok(self.moved(ground, &links, products))
    }

    fn moved(&self, ground: Ground<'_>, links: &[Link], records: &[Record]) -> Vec<Event> {
        if !has_stock(ground) {
            return Vec::new();
        }
        let moved = moved_stock(ground.settings, links, records).into_iter();
        moved
            .map(|(id, stock)| self.event(ground, id, Change::StockMoved(stock)))
            .collect()
    }
}

/// Whether orders move a stock there.
pub(super) fn has_stock(ground: Ground<'_>) -> bool {
    (ground.at.module, ground.side) == (Module::Products, Side::Vtiger)
}

fn may_have_changed(settings: &ModuleSettings, link: &Link, side: Side, record: &Record) -> bool {
    // An earlier order of the same guest tells nothing new.
    let is_older = record.modified.is_some() && record.modified < *link.modified.of(side);
    if record.id.guest_email().is_some() && is_older {
        return false;
    }
    // Other fields need no look, as nothing would come of it: Vtiger's stock, which each order moves, would have every
    // product sold read again by every sweep.
    tells_news(settings, &link.base, side, record) && !link.deleted.of(side.opposite())
        || *link.deleted.of(side)
}

/// Whether a record that is not in step should be. One that its system never saved has no time: an event about it tells
/// of a change, but a sweep doesn't, so that here it counts as old.
fn is_wanted(settings: &ModuleSettings, at: &Place, side: Side, record: &Record) -> bool {
    eligible(at.module, settings, side, record) && !is_too_old(settings, record)
}

/// Whether a record shows an earlier time than it did. It has changed, then, after a clock was put back, as when daylight
/// saving ends.
fn is_earlier(link: &Link, side: Side, record: &Record) -> bool {
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_seconds);
    record.modified.is_some() && seconds(record.modified) < seconds(*link.modified.of(side))
}

fn is_too_old(settings: &ModuleSettings, record: &Record) -> bool {
    settings.sync_from.is_some() && record.modified < settings.sync_from
}
