//! What needs a person: records that are not in step, conflicts whose losing value can be taken, deletions that are held
//! back; and having many records looked at anew.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::view::DisputeView;
use super::{RecordError, Records};
use crate::clock::{Timestamp, iso};
use crate::queue::{Change, Event, Lane, Subject};
use crate::store::{DisputeFilter, Place, Problem, ProblemFilter, SweepRequest};
use crate::sync::{Module, RecordId, Side, Sides, Skip};

/// Conflicts of so long ago are nobody's concern any more; the record's history keeps them.
const RECENT: Duration = Duration::from_hours(24 * 30);

/// More records than this are looked at the way of a sweep's, so that they never delay a change that happens meanwhile.
const FEW: u64 = 100;

/// How many are dealt with at a time.
const BATCH: u32 = 500;

/// Which of it is meant; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct AttentionFilter {
    /// Only of this connection.
    pub connection: Option<String>,
    /// Only of this module.
    pub module: Option<Module>,
}

/// What needs a person.
#[derive(Debug, Serialize)]
pub struct Attention {
    /// How many records are not in step, by kind of reason.
    pub groups: Vec<Group>,
    /// How many conflicts of the last 30 days have a losing value that can be taken.
    pub conflicts: u64,
    /// Deletions that are held back.
    pub held: Vec<HeldSweep>,
}

/// The records that are not in step for one kind of reason.
#[derive(Debug, Serialize)]
pub struct Group {
    /// The kind's name.
    pub kind: String,
    /// How many.
    pub number: u64,
}

/// So many records of a side are gone or blank that a person must allow it to be passed on.
#[derive(Debug, Serialize)]
pub struct HeldSweep {
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// The side where they are gone.
    pub side: Side,
    /// How many.
    pub number: u64,
}

/// A record that is not in step.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemView {
    /// The problem's id.
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// The system that the record is of.
    pub side: Side,
    /// Its id there.
    pub record_id: RecordId,
    /// Both ids, as far as there are any.
    pub ids: Sides<Option<RecordId>>,
    /// The record's name.
    pub title: String,
    /// The kind of reason.
    pub kind: &'static str,
    /// Why it is not in step.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
    /// Since when.
    #[serde(serialize_with = "iso::one")]
    pub since: Timestamp,
}

/// Records that are to be looked at anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Those with these problems.
    Ids(Vec<String>),
    /// All of these.
    All(ProblemFilter),
}

/// What became of that.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// How many records are looked at anew.
    pub retried: u64,
}

impl ProblemView {
    pub(super) fn new(problem: Problem) -> Self {
        Self {
            id: problem.id,
            connection: problem.at.connection,
            module: problem.at.module,
            side: problem.side,
            record_id: problem.record_id,
            ids: problem.ids,
            title: problem.title,
            kind: problem.skip.kind(),
            reason: problem.skip.to_string(),
            remedy: problem.skip.remedy(),
            since: problem.since,
        }
    }
}

impl Records {
    /// What needs a person, in numbers.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn attention(&self, filter: &AttentionFilter) -> Result<Attention, RecordError> {
        let problems = ProblemFilter {
            connection: filter.connection.clone(),
            module: filter.module,
            kind: None,
        };
        let counts = self.store.problem_counts(&problems).await?;
        let is_meant = |at: &Place| {
            let connection = filter.connection.as_ref();
            connection.is_none_or(|name| *name == at.connection)
                && filter.module.is_none_or(|module| module == at.module)
        };
        let states = self.store.sweep_states().await?;
        let held = states
            .into_iter()
            .filter(|(at, _, state)| state.held > 0 && is_meant(at));
        Ok(Attention {
            groups: counts
                .into_iter()
                .map(|count| Group {
                    kind: count.kind,
                    number: count.number,
                })
                .collect(),
            conflicts: self.store.dispute_count(&self.recent(filter)).await?,
            held: held
                .map(|(at, side, state)| HeldSweep {
                    connection: at.connection,
                    module: at.module,
                    side,
                    number: state.held,
                })
                .collect(),
        })
    }

    /// Up to `limit` records that are not in step, in the order in which that came about, after the problem with the id
    /// `after`; and the id after which the next ones come, where there are more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn problems(
        &self,
        filter: &ProblemFilter,
        after: &str,
        limit: u32,
    ) -> Result<(Vec<ProblemView>, Option<String>), RecordError> {
        let mut found = self
            .store
            .problems(filter, after, limit.saturating_add(1))
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = found.len() > shown;
        found.truncate(shown);
        let next = found.last().filter(|_| is_more).map(|last| last.id.clone());
        Ok((found.into_iter().map(ProblemView::new).collect(), next))
    }

    /// Up to `limit` conflicts of the last 30 days, the newest first, before the one with the id `before`; and the id
    /// before which the next ones come, where there are more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn conflicts(
        &self,
        filter: &AttentionFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<DisputeView>, Option<String>), RecordError> {
        let filter = self.recent(filter);
        let mut found = self
            .store
            .disputes(&filter, before, limit.saturating_add(1))
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = found.len() > shown;
        found.truncate(shown);
        let next = found.last().filter(|_| is_more).map(|last| last.id.clone());
        Ok((found.into_iter().map(DisputeView::new).collect(), next))
    }

    /// Leaves a conflict as the rule decided it.
    ///
    /// # Errors
    /// When there is no such conflict, or the store fails.
    pub async fn leave(&self, conflict: &str) -> Result<(), RecordError> {
        if self.store.dispute(conflict).await?.is_none() {
            return Err(RecordError::NoConflict);
        }
        Ok(self.store.forget_dispute(conflict).await?)
    }

    /// Has records looked at anew that are not in step. What is in quarantine leaves it.
    ///
    /// # Errors
    /// When the store or the queue fails. What is in the queue by then stays there.
    pub async fn retry(&self, chosen: &Chosen) -> Result<Retried, RecordError> {
        let expected = match chosen {
            Chosen::Ids(ids) => ids.len() as u64,
            Chosen::All(filter) => {
                let counts = self.store.problem_counts(filter).await?;
                counts.iter().map(|count| count.number).sum()
            }
        };
        let lane = if expected > FEW { Lane::Bulk } else { Lane::Live };
        let mut retried = 0;
        match chosen {
            Chosen::Ids(ids) => {
                retried += self
                    .retry_some(self.store.problems_with(ids).await?, lane)
                    .await?;
            }
            Chosen::All(filter) => {
                let mut after = String::new();
                loop {
                    let some = self.store.problems(filter, &after, BATCH).await?;
                    let Some(last) = some.last() else {
                        break;
                    };
                    after.clone_from(&last.id);
                    retried += self.retry_some(some, lane).await?;
                }
            }
        }
        tracing::info!(
            retried,
            lane = lane.as_str(),
            "records that are not in step are looked at anew"
        );
        Ok(Retried { retried })
    }

    async fn retry_some(&self, problems: Vec<Problem>, lane: Lane) -> Result<u64, RecordError> {
        let mut events: Vec<Event> = Vec::with_capacity(problems.len());
        let mut looked_for = Vec::new();
        for problem in problems {
            if self.roster.get(&problem.at.connection).is_none() {
                continue;
            }
            let (at, side, id) = (&problem.at, problem.side, &problem.record_id);
            match problem.skip {
                Skip::Storm { .. } => {
                    if let Some(link) = self.store.link_of(at, side, id).await? {
                        self.store.release_link(&link.id).await?;
                    }
                }
                Skip::Failed { .. } => looked_for.extend(self.looked_for(at, side, id).await?),
                _ => {}
            }
            events.push(self.look(at, side, id));
        }
        self.queue.publish(lane, &events).await?;
        // Not before: a crash in between doubles hints, which does no harm.
        self.store.forget_failed(&looked_for).await?;
        Ok(events.len() as u64)
    }

    /// Events that were set aside and ask for no more than a look at a record.
    async fn looked_for(&self, at: &Place, side: Side, id: &RecordId) -> Result<Vec<String>, RecordError> {
        let failed = self.store.failed_of(at, side, id).await?;
        let is_look = |subject: &Subject| {
            matches!(
                subject,
                Subject::Record {
                    change: Change::Changed(_),
                    ..
                }
            )
        };
        let looks = failed
            .into_iter()
            .filter(|failed| failed.event.as_ref().is_ok_and(|event| is_look(&event.subject)));
        Ok(looks.map(|failed| failed.id).collect())
    }

    /// Lets the deletions be passed on that are held back for a module, with the next sweep, which is soon.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn allow_deletions(&self, at: &Place) -> Result<(), RecordError> {
        let request = SweepRequest {
            allows_deletions: true,
            ..SweepRequest::full(at.clone())
        };
        tracing::info!(connection = %at.connection, module = %at.module, "deletions that were held back are allowed");
        Ok(self.store.request_sweep(&request, self.clock.now()).await?)
    }

    fn recent(&self, filter: &AttentionFilter) -> DisputeFilter {
        DisputeFilter {
            connection: filter.connection.clone(),
            module: filter.module,
            since: self.clock.now().before(RECENT),
        }
    }
}
