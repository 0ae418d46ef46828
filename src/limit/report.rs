//! Says in the log and the metrics what became known of a system.

use super::budget::Level;
use super::state::{Found, Told};
use crate::clock::Timestamp;
use crate::sync::Side;
use crate::telemetry;

/// Tells people of what is new about a system, once.
pub(super) fn report(connection: &str, side: Side, told: &Told, now: Timestamp) {
    let system = side.title();
    match told.found {
        Some(Found::Down(down)) if down.times == 1 => tracing::warn!(
            connection,
            system,
            "the system is down: several requests in a row failed; events wait until it is back"
        ),
        Some(Found::Down(down)) => {
            tracing::debug!(connection, system, down.times, "the system is still down");
        }
        Some(Found::Up) => tracing::info!(connection, system, "the system is back"),
        None => {}
    }
    if let Some(until) = told.paused_until {
        let wait_ms = (until - now).as_millis();
        tracing::info!(
            connection,
            system,
            wait_ms,
            "the system asked for fewer requests; waiting"
        );
    }
    match told.level {
        Some(Level::All) => tracing::info!(connection, system, "enough of the day's requests is left again"),
        Some(Level::NoBackfill) => tracing::info!(
            connection,
            system,
            "less than 40 % of the day's requests is left: a first sync waits, all else goes on"
        ),
        Some(Level::LiveOnly) => tracing::warn!(
            connection,
            system,
            "less than 20 % of the day's requests is left: sweeps and what they found wait, live changes go on"
        ),
        Some(Level::Nothing) => tracing::warn!(
            connection,
            system,
            "the day's requests are spent: everything waits, and is tried again every 15 minutes"
        ),
        None => {}
    }
    if let Some(budget) = &told.budget {
        telemetry::api_budget(connection, side, budget.day_left);
    }
}
