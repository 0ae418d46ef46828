//! Runs as people and programs are shown them.

use serde::Serialize;

use crate::clock::{Timestamp, iso};
use crate::queue::Cause;
use crate::store::{Action, Place, Run, RunKind, Stored, SweepState, Tally};
use crate::sync::{Module, RecordId, Side};

/// A run and what came of it.
#[derive(Debug, Serialize)]
pub struct RunView {
    /// The run's id.
    pub id: String,
    /// The connection's name.
    pub connection: String,
    /// What it was for.
    pub kind: RunKind,
    /// When it began.
    #[serde(serialize_with = "iso::one")]
    pub begun_at: Timestamp,
    /// When all was dealt with that could be.
    #[serde(serialize_with = "iso::some")]
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub state: State,
    /// Why it was broken off, where it was.
    pub failure: Option<String>,
    /// What came of it.
    pub counts: Vec<Counts>,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is at work, or what it found is.
    UnderWay,
    /// All is dealt with that could be.
    Done,
    /// It did not come to its end.
    BrokenOff,
}

impl State {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Done => "done",
            Self::BrokenOff => "broken off",
        }
    }
}

/// How often something was done with one side's records of a module.
#[derive(Debug, Serialize)]
pub struct Counts {
    /// The module.
    pub module: Module,
    /// The side that was written to, or would have been.
    pub side: Side,
    /// Records created.
    pub created: u64,
    /// Records updated.
    pub updated: u64,
    /// Records found to be the same as one of the other side.
    pub linked: u64,
    /// Records deleted.
    pub deleted: u64,
    /// Records taken out of the trash.
    pub restored: u64,
    /// Records skipped for a reason.
    pub skipped: u64,
    /// Records that failed again and again.
    pub failed: u64,
}

/// How one side of a module stands by its sweeps.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// The side that was swept.
    pub side: Side,
    /// What was changed there before then is in step, but for what was skipped.
    #[serde(serialize_with = "iso::some")]
    pub in_step_as_of: Option<Timestamp>,
    /// When the last sweep began that was finished.
    #[serde(serialize_with = "iso::some")]
    pub swept_at: Option<Timestamp>,
    /// When everything was compared last.
    #[serde(serialize_with = "iso::some")]
    pub compared_at: Option<Timestamp>,
    /// How many records were not in step then.
    pub drift: Option<u64>,
    /// So many records are gone or blank that a person must allow it to be passed on.
    pub held: u64,
}

impl Standing {
    pub(super) fn new(at: Place, side: Side, state: &SweepState) -> Self {
        Self {
            connection: at.connection,
            module: at.module,
            side,
            in_step_as_of: state.in_step,
            swept_at: state.swept,
            compared_at: state.swept_all,
            drift: state.drift,
            held: state.held,
        }
    }
}

/// What was done with one record.
#[derive(Debug, Serialize)]
pub struct Record {
    /// The id of what was done.
    pub id: String,
    /// When.
    #[serde(serialize_with = "iso::one")]
    pub at: Timestamp,
    /// The connection's name.
    pub connection: String,
    /// The module.
    pub module: Module,
    /// The side that was written to, or would have been.
    pub side: Side,
    /// What was done.
    pub action: &'static str,
    /// The record's id in WooCommerce.
    pub woocommerce_id: Option<RecordId>,
    /// The record's id in Vtiger.
    pub vtiger_id: Option<RecordId>,
    /// The record's name.
    pub title: String,
    /// Who told that it changed.
    pub cause: Cause,
    /// The mappings of the fields that this was about.
    pub fields: Vec<String>,
    /// Why nothing was done, where nothing was.
    pub reason: Option<String>,
    /// What to do about that.
    pub remedy: Option<String>,
}

impl RunView {
    pub(super) fn new(run: &Run, tallies: &[Tally], now: Timestamp) -> Self {
        let mut counts = Vec::new();
        for module in Module::ALL {
            for side in Side::BOTH {
                let of = |action: Action| {
                    let is_it = |tally: &&Tally| {
                        tally.run == run.id
                            && (tally.module, tally.side, tally.action) == (module, side, action)
                    };
                    tallies.iter().find(is_it).map_or(0, |tally| tally.number)
                };
                if Action::ALL.into_iter().any(|action| of(action) > 0) {
                    counts.push(Counts {
                        module,
                        side,
                        created: of(Action::Created),
                        updated: of(Action::Updated),
                        linked: of(Action::Linked),
                        deleted: of(Action::Deleted),
                        restored: of(Action::Restored),
                        skipped: of(Action::Skipped),
                        failed: of(Action::Failed),
                    });
                }
            }
        }
        Self {
            id: run.id.clone(),
            connection: run.connection.clone(),
            kind: run.kind,
            begun_at: run.begun,
            ended_at: run.ended.filter(|ended| *ended <= now),
            state: match (run.ended, &run.failure) {
                (_, Some(_)) => State::BrokenOff,
                // Changes as they happen have their end set from the beginning.
                (Some(ended), None) if ended <= now => State::Done,
                _ => State::UnderWay,
            },
            failure: run.failure.clone(),
            counts,
        }
    }
}

impl Record {
    pub(super) fn new(stored: Stored) -> Self {
        let entry = stored.entry;
        Self {
            id: stored.id,
            at: stored.when,
            connection: stored.at.connection,
            module: stored.at.module,
            side: entry.side,
            action: entry.action.as_str(),
            woocommerce_id: entry.ids.woocommerce,
            vtiger_id: entry.ids.vtiger,
            title: entry.title,
            cause: entry.cause,
            fields: entry.fields.into_iter().map(|plan| plan.field).collect(),
            reason: entry.skip.as_ref().map(ToString::to_string),
            remedy: entry.skip.map(|skip| skip.remedy()),
        }
    }
}
