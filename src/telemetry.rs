//! Logs and metrics: how they are set up, and what the metrics are called.
//!
//! Names and labels are fixed here; the parts only count. No label holds personal data or grows without bound.

use std::error::Error;
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::clock::Timestamp;
use crate::config::{Log, LogFormat};
use crate::queue::Lane;
use crate::store::Action;
use crate::sync::{Module, Side};
use crate::system::HeldReason;

/// Requests of the two systems. Labels: `source` (the side), `answer` (the HTTP status).
pub const EVENTS_RECEIVED: &str = "wvs_events_received_total";
/// Events worked off. Labels: `connection`, `outcome`.
pub const EVENTS_PROCESSED: &str = "wvs_events_processed_total";
/// Seconds from the moment an event was received until it was done, as a histogram.
pub const EVENT_SECONDS: &str = "wvs_event_seconds";
/// Records written or skipped. Labels: `connection`, `side`, `action`.
pub const RECORDS: &str = "wvs_records_total";
/// Calls to the two systems' APIs. Labels: `system`, `operation`, `result` (`good`, `failed`, `paused`).
pub const API_CALLS: &str = "wvs_api_calls_total";
/// Events that wait. Label: `lane`.
pub const QUEUE_DEPTH: &str = "wvs_queue_depth";
/// Events that were made durable, to be worked on. Labels: `lane`.
pub const EVENTS_QUEUED: &str = "wvs_events_queued_total";
/// Events that the broker did not take and the database kept.
pub const EVENTS_SPOOLED: &str = "wvs_events_spooled_total";
/// Events that the broker handed to this process after it had handed them out before.
pub const EVENTS_REDELIVERED: &str = "wvs_events_redelivered_total";
/// Events that failed too often and were set aside, until a person replays or discards them.
pub const FAILED_EVENTS: &str = "wvs_failed_events";
/// How many records were not in step when everything was compared last. Labels: `connection`, `module`, `system`.
pub const DRIFT_RECORDS: &str = "wvs_drift_records";
/// Since when a module is known to be in step, in seconds since 1970. Labels: `connection`, `module`, `system`.
pub const IN_STEP_SECONDS: &str = "wvs_in_step_as_of_seconds";
/// Seconds until nothing waits any more, at the present speed; `NaN` where that can't be told.
pub const BACKLOG_SECONDS: &str = "wvs_backlog_seconds";
/// Whether a system is down. Labels: `connection`, `system`.
pub const API_DOWN: &str = "wvs_api_down";
/// Seconds for which nothing is sent, as a system asked for that. Labels: `connection`, `system`.
pub const API_PAUSE_SECONDS: &str = "wvs_api_pause_seconds";
/// Requests that had to wait or were put off. Labels: `connection`, `system`, `reason`.
pub const API_WAITS: &str = "wvs_api_waits_total";
/// Requests that are left of a system's day. Labels: `connection`, `system`.
pub const API_DAY_LEFT: &str = "wvs_api_day_left";

/// The histogram's limits in seconds: "within seconds" is what people expect, so the most are about there.
const EVENT_SECONDS_BUCKETS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0, 600.0];

/// Sends logs to standard error. Has no effect where a subscriber was set before.
pub fn init(log: &Log) {
    let base = tracing_subscriber::fmt()
        // lapin logs whole messages that come back, with the personal data in them. Ours tell what matters.
        .with_env_filter(EnvFilter::new(format!("{},lapin=off", log.filter)))
        .with_writer(std::io::stderr);
    // An error only says that a subscriber was set before.
    drop(match log.format {
        LogFormat::Text => base.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => base.json().flatten_event(true).try_init(),
    });
}

/// The recorder of metrics, made the process's recorder at the first call.
///
/// Call its `run_upkeep` every few seconds; `render` gives the text for Prometheus.
pub fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new();
    let builder = builder
        .set_buckets_for_metric(Matcher::Full(EVENT_SECONDS.to_owned()), &EVENT_SECONDS_BUCKETS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("metrics stay empty: another recorder was installed before");
    }
    describe_counter!(
        EVENTS_RECEIVED,
        "Requests of the two systems, by source and answer"
    );
    describe_counter!(EVENTS_PROCESSED, "Events worked off, by connection and outcome");
    describe_histogram!(
        EVENT_SECONDS,
        Unit::Seconds,
        "Time from an event's receipt until it was done"
    );
    describe_counter!(
        RECORDS,
        "Records written or skipped, by connection, side and action"
    );
    describe_counter!(API_CALLS, "API calls, by system, operation and result");
    describe_gauge!(QUEUE_DEPTH, "Events that wait, by lane");
    describe_counter!(EVENTS_QUEUED, "Events that were made durable, by lane");
    describe_counter!(
        EVENTS_SPOOLED,
        "Events that the broker did not take and the database kept"
    );
    describe_counter!(
        EVENTS_REDELIVERED,
        "Events that the broker handed out once more: whoever had them ended or gave them back"
    );
    describe_gauge!(FAILED_EVENTS, "Events that failed too often and were set aside");
    describe_gauge!(
        DRIFT_RECORDS,
        "Records that were not in step when everything was compared last, by connection, module and system"
    );
    describe_gauge!(
        IN_STEP_SECONDS,
        Unit::Seconds,
        "Since when a module is known to be in step but for what changed later, in seconds since 1970, by connection, module and \
         system"
    );
    describe_gauge!(
        BACKLOG_SECONDS,
        Unit::Seconds,
        "Time until nothing waits any more, at the present speed"
    );
    describe_gauge!(API_DOWN, "Whether a system is down, by connection and system");
    describe_gauge!(
        API_PAUSE_SECONDS,
        Unit::Seconds,
        "Time for which a system asked to be left alone, by connection and system"
    );
    describe_counter!(
        API_WAITS,
        "Requests that had to wait or were put off, by connection, system and reason"
    );
    describe_gauge!(
        API_DAY_LEFT,
        "Requests that are left of a system's day, by connection and system"
    );
    handle
}

/// Counts a request of one of the two systems.
pub fn event_received(source: Side, answer: u16) {
    let labels = [("source", source.to_string()), ("answer", answer.to_string())];
    metrics::counter!(EVENTS_RECEIVED, &labels).increment(1);
}

/// Counts a call to one of the two systems' APIs.
pub fn api_called(system: Side, operation: &'static str, result: &'static str) {
    let labels = [
        ("system", system.as_str()),
        ("operation", operation),
        ("result", result),
    ];
    metrics::counter!(API_CALLS, &labels).increment(1);
}

/// Counts an event that was worked on.
pub fn event_dealt_with(connection: &str, outcome: &'static str, took: Duration) {
    metrics::counter!(EVENTS_PROCESSED, "connection" => connection.to_owned(), "outcome" => outcome)
        .increment(1);
    metrics::histogram!(EVENT_SECONDS).record(took.as_secs_f64());
}

/// Counts events that were made durable.
pub fn events_queued(lane: Lane, events: usize) {
    metrics::counter!(EVENTS_QUEUED, "lane" => lane.as_str()).increment(events as u64);
}

/// Counts events that the broker did not take and the database kept.
pub fn events_spooled(events: usize) {
    metrics::counter!(EVENTS_SPOOLED).increment(events as u64);
}

/// Counts an event that the broker handed out once more.
pub fn event_redelivered() {
    metrics::counter!(EVENTS_REDELIVERED).increment(1);
}

/// Tells how many events are in a lane.
pub fn queue_depth(lane: Lane, depth: u64) {
    metrics::gauge!(QUEUE_DEPTH, "lane" => lane.as_str()).set(float(depth));
}

/// Tells how many failed events there are.
pub fn failed_events(number: u64) {
    metrics::gauge!(FAILED_EVENTS).set(float(number));
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and nobody counts that many events"
)]
const fn float(number: u64) -> f64 {
    number as f64
}

/// Tells how a side of a module stands by its sweeps, where that is known.
pub fn swept(connection: &str, module: Module, system: Side, drift: Option<u64>, in_step: Option<Timestamp>) {
    let labels = [
        ("connection", connection.to_owned()),
        ("module", module.to_string()),
        ("system", system.to_string()),
    ];
    if let Some(drift) = drift {
        metrics::gauge!(DRIFT_RECORDS, &labels).set(float(drift));
    }
    if let Some(seconds) = in_step.and_then(|at| u64::try_from(at.as_seconds()).ok()) {
        metrics::gauge!(IN_STEP_SECONDS, &labels).set(float(seconds));
    }
}

/// Tells how long it takes until nothing waits any more, where that can be told.
pub fn backlog(time: Option<Duration>) {
    metrics::gauge!(BACKLOG_SECONDS).set(time.map_or(f64::NAN, |time| time.as_secs_f64()));
}

/// Counts a request that had to wait or was put off.
pub fn api_waited(connection: &str, system: Side, reason: HeldReason) {
    let labels = [
        ("connection", connection.to_owned()),
        ("system", system.to_string()),
        ("reason", reason.as_str().to_owned()),
    ];
    metrics::counter!(API_WAITS, &labels).increment(1);
}

/// Tells whether a system is down, and for how long it asked to be left alone.
pub fn api_state(connection: &str, system: Side, is_down: bool, pause: Duration) {
    let labels = [
        ("connection", connection.to_owned()),
        ("system", system.to_string()),
    ];
    metrics::gauge!(API_DOWN, &labels).set(f64::from(u8::from(is_down)));
    metrics::gauge!(API_PAUSE_SECONDS, &labels).set(pause.as_secs_f64());
}

/// Tells how many requests are left of a system's day, where it tells that.
pub fn api_budget(connection: &str, system: Side, day_left: Option<u32>) {
    let labels = [
        ("connection", connection.to_owned()),
        ("system", system.to_string()),
    ];
    if let Some(left) = day_left {
        metrics::gauge!(API_DAY_LEFT, &labels).set(f64::from(left));
    }
}

/// Counts a record that was written or skipped.
pub fn record_written(connection: &str, side: Side, action: Action) {
    let labels = [
        ("connection", connection.to_owned()),
        ("side", side.to_string()),
        ("action", action.as_str().to_owned()),
    ];
    metrics::counter!(RECORDS, &labels).increment(1);
}

/// An error with all its causes, as `what: why: why`.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_counted_however_often_the_recorder_is_asked_for() {
        let first = metrics();

        metrics::counter!(QUEUE_DEPTH_PROBE, "connection" => "shop").increment(1);
        metrics::histogram!(EVENT_SECONDS).record(0.3);

        let text = metrics().render();
        assert_eq!(first.render(), text);
        assert!(
            text.contains("telemetry_probe_total{connection=\"shop\"} 1"),
            "{text}"
        );
        assert!(text.contains("wvs_event_seconds_bucket{le=\"0.5\"}"), "{text}");
        assert!(text.contains("# HELP wvs_event_seconds Time from"), "{text}");
    }

    const QUEUE_DEPTH_PROBE: &str = "telemetry_probe_total";
}
