//! What both systems show of a record at this moment.

use std::time::Duration;

use serde::Serialize;

use super::act::is_passing;
use super::view::shown;
use super::{RecordError, Records};
use crate::engine::Preview;
use crate::store::Place;
use crate::sync::{Decision, FieldPlan, Reason, RecordId, Side, Sides};
use crate::telemetry;

/// Nobody who looks at a page waits longer for a system.
const PATIENCE: Duration = Duration::from_secs(10);

/// What both systems show of a record, or why that can't be told.
#[derive(Debug, Default, Serialize)]
pub struct Live {
    /// The fields.
    pub fields: Vec<LiveField>,
    /// Why nothing would be done, where nothing would be.
    pub reason: Option<String>,
    /// What to do about that.
    pub remedy: Option<String>,
    /// Why the systems could not be read.
    pub failure: Option<String>,
}

/// What both systems show of one field.
#[derive(Debug, Serialize)]
pub struct LiveField {
    /// The mapping's key.
    pub field: String,
    /// What each shows.
    pub shown: Sides<String>,
    /// How it stands.
    pub state: FieldState,
    /// What would be written, and where, if the record were looked at now.
    pub would_write: Option<(Side, String)>,
    /// Why.
    pub because: String,
}

/// How a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    /// Both hold the same fact.
    InStep,
    /// One side changed, and the other is to follow.
    Differs,
    /// The sides differ, and are meant to.
    Kept,
    /// Both changed to different values.
    Conflict,
}

impl FieldState {
    /// The name that texts know it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InStep => "in-step",
            Self::Differs => "differs",
            Self::Kept => "kept",
            Self::Conflict => "conflict",
        }
    }
}

impl Live {
    /// What is shown of a field.
    pub fn field(&self, key: &str) -> Option<&LiveField> {
        self.fields.iter().find(|field| field.field == key)
    }

    fn failed(failure: String) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }

    fn new(preview: Preview) -> Self {
        Self {
            reason: (preview.remark.map(ToOwned::to_owned))
                .or_else(|| preview.skip.as_ref().map(ToString::to_string)),
            remedy: preview.skip.map(|skip| skip.remedy()),
            fields: preview.plan.fields.iter().map(LiveField::new).collect(),
            failure: None,
        }
    }
}

impl LiveField {
    fn new(plan: &FieldPlan) -> Self {
        let to = plan.decision.source().map(Side::opposite);
        Self {
            field: plan.field.clone(),
            shown: Sides::new(|side| shown(plan.before.of(side))),
            state: match plan.decision {
                Decision::Unchanged | Decision::Agreed | Decision::Taken { .. } => FieldState::InStep,
                Decision::Moved { .. } | Decision::Kept(Reason::Mandatory | Reason::Unresolved) => {
                    FieldState::Differs
                }
                Decision::Kept(_) => FieldState::Kept,
                Decision::Conflict { .. } => FieldState::Conflict,
            },
            would_write: to.zip(plan.written.as_ref().map(shown)),
            because: plan.decision.to_string(),
        }
    }
}

impl Records {
    /// Reads a record in both systems. Where one of them is away, says so in time.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn live(&self, at: &Place, side: Side, id: &RecordId) -> Result<Live, RecordError> {
        match tokio::time::timeout(PATIENCE, self.plan(at, side, id)).await {
            Ok(Ok(preview)) => Ok(Live::new(preview)),
            Ok(Err(RecordError::Engine(error))) if is_passing(&error) => {
                Ok(Live::failed(telemetry::chain(&error)))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Ok(Live::failed(format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }
}
