//! A record's history: what was done with it, what was not and why, and what failed.

use serde::Serialize;

use super::view::shown;
use super::{RecordError, Records, ids_of};
use crate::clock::{Timestamp, iso};
use crate::engine::takes_back;
use crate::queue::Cause;
use crate::store::{FailedEvent, Place, Stored};
use crate::sync::{Decision, FieldPlan, ModuleSettings, Reason, RecordId, Side, Sides};

/// What happened to a record, page by page.
#[derive(Debug, Serialize)]
pub struct History {
    /// What was done, the newest first.
    pub past: Vec<Past>,
    /// The id of the entry before which the next ones come, where there are more.
    pub next: Option<String>,
    /// Events about it that failed too often and were set aside.
    pub failed: Vec<FailedHere>,
}

/// What was done once.
#[derive(Debug, Serialize)]
pub struct Past {
    /// Its id.
    pub id: String,
    /// When.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// The side that was written to, or would have been.
    pub side: Side,
    /// What was done.
    pub action: &'static str,
    /// Who told that it changed.
    pub cause: Cause,
    /// The ids, as far as there were any.
    pub ids: Sides<Option<RecordId>>,
    /// What it was about.
    pub fields: Vec<PastField>,
    /// Why nothing was done, where nothing was.
    pub reason: Option<String>,
    /// What to do about that.
    pub remedy: Option<String>,
}

/// What became of one field.
#[derive(Debug, Serialize)]
pub struct PastField {
    /// The mapping's key.
    pub field: String,
    /// What stood there before.
    pub before: String,
    /// What was written; none where nothing was.
    pub written: Option<String>,
    /// Why.
    pub because: String,
    /// The value that lost a conflict, and the side that it was of.
    pub lost: Option<(Side, String)>,
    /// Whether that value can be taken instead.
    pub can_be_taken: bool,
    /// Whether the side that was written to can't hold all of the value.
    pub lossy: bool,
    /// What else there is to know.
    pub note: Option<String>,
}

/// An event that was set aside.
#[derive(Debug, Serialize)]
pub struct FailedHere {
    /// Its id.
    pub id: String,
    /// When it was set aside.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub reason: String,
}

impl Records {
    /// What happened to a record, before the entry of the journal with the id `before`.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn history(
        &self,
        at: &Place,
        side: Side,
        id: &RecordId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<History, RecordError> {
        let (link, id) = self.find(at, side, id).await?;
        let ids = ids_of(link.as_ref(), side, &id);
        let settings = self.engine(at)?.settings(at).await?;
        let mut entries = self.entries(at, &ids, before, limit.saturating_add(1)).await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = entries.len() > shown;
        entries.truncate(shown);
        let next = entries.last().filter(|_| is_more).map(|last| last.id.clone());
        let mut failed = Vec::new();
        for side in Side::BOTH {
            if let Some(id) = ids.of(side) {
                failed.extend(self.store.failed_of(at, side, id).await?);
            }
        }
        let can_take = |past: &Stored| {
            let same = |side: Side| past.entry.ids.of(side) == ids.of(side);
            link.as_ref().is_some_and(|link| !link.is_broken()) && Side::BOTH.into_iter().all(same)
        };
        Ok(History {
            past: (entries.into_iter())
                .map(|stored| {
                    let can_take = can_take(&stored);
                    Past::new(stored, &settings, can_take)
                })
                .collect(),
            next,
            failed: failed.into_iter().map(FailedHere::new).collect(),
        })
    }

    /// What the journal tells of either record, the newest first.
    pub(super) async fn entries(
        &self,
        at: &Place,
        ids: &Sides<Option<RecordId>>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Stored>, RecordError> {
        let mut entries = Vec::new();
        for side in Side::BOTH {
            if let Some(id) = ids.of(side) {
                entries.extend(self.store.entries_before(at, side, id, before, limit).await?);
            }
        }
        entries.sort_unstable_by(|one, other| other.id.cmp(&one.id));
        entries.dedup_by(|one, other| one.id == other.id);
        entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(entries)
    }
}

impl Past {
    fn new(stored: Stored, settings: &ModuleSettings, can_take: bool) -> Self {
        let entry = stored.entry;
        Self {
            id: stored.id,
            at: stored.when,
            side: entry.side,
            action: entry.action.as_str(),
            cause: entry.cause,
            ids: entry.ids,
            fields: (entry.fields.iter())
                .map(|plan| PastField::new(plan, entry.side, can_take.then_some(settings)))
                .collect(),
            reason: entry.skip.as_ref().map(ToString::to_string),
            remedy: entry.skip.map(|skip| skip.remedy()),
        }
    }
}

impl PastField {
    fn new(plan: &FieldPlan, to: Side, settings: Option<&ModuleSettings>) -> Self {
        let (lost, ruled) = match plan.decision {
            Decision::Conflict { winner, because } => {
                let loser = winner.opposite();
                let lost = (loser, shown(plan.before.of(loser)));
                (Some(lost), matches!(because, Reason::Rule(_)))
            }
            _ => (None, false),
        };
        Self {
            field: plan.field.clone(),
            before: shown(plan.before.of(to)),
            written: plan.written.as_ref().map(shown),
            because: plan.decision.to_string(),
            lost,
            can_be_taken: ruled
                && settings.is_some_and(|settings| takes_back(settings, &plan.field).is_some()),
            lossy: plan.lossy,
            note: plan.note.clone(),
        }
    }
}

impl FailedHere {
    fn new(failed: FailedEvent) -> Self {
        Self {
            id: failed.id,
            at: failed.at,
            attempts: failed.attempts,
            reason: failed.reason,
        }
    }
}
