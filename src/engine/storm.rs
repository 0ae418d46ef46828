//! Leaves records alone for a while that change back and forth without end, so that the rest goes on.

use std::time::Duration;

use crate::sync::{Plan, Side, Skip, Value};

use super::apply::Pair;
use super::subject::Case;
use super::{Engine, EngineError};

/// How long a record that changes without end is left alone.
const QUARANTINE: Duration = Duration::from_hours(1);

impl Engine {
    /// The field, if any, that changes back and forth without end and is about to be written to `side` once more.
    pub(super) fn storm(&self, pair: &mut Pair, plan: &Plan, side: Side) -> Option<String> {
        let now = self.clock.now();
        let trails = &mut pair.link.trails;
        let written = plan
            .fields
            .iter()
            .filter(|field| field.decision.source() == Some(side.opposite()) && field.written.is_some());
        let mut stormy = None;
        for field in written {
            let value = field.written.as_ref().unwrap_or(&Value::Null);
            if trails.note(&field.field, side, value, now) {
                stormy = Some(field.field.clone());
            }
        }
        stormy
    }

    /// Leaves a pair alone for a while that changes without end, and tells so.
    pub(super) async fn quarantine(
        &self,
        case: &Case<'_>,
        mut pair: Pair,
        field: String,
    ) -> Result<(), EngineError> {
        pair.link.quarantined_until = Some(self.clock.now() + QUARANTINE);
        pair.link.trails.clear();
        let skip = Skip::Storm { field };
        let record = pair.records.of(case.side);
        let entry = case.entry(case.side.opposite(), Some(&pair.link), Some(record), skip);
        tracing::warn!(
            connection = %case.at.connection, module = %case.at.module, side = %case.side, record.id = ?case.id,
            "a record changes back and forth without end and is left alone; the sync log tells more"
        );
        self.commit(case, Some(pair.link), vec![entry], None).await
    }
}
