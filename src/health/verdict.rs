//! What isn't well, and what to do about it. Pure.

use std::collections::BTreeMap;

use super::view::{ConnectionHealth, Grade, HealthView, Problem, SystemHealth, SystemState};

/// After so long a change should have been dealt with.
const LATE_S: u64 = 5 * 60;

/// A backlog that takes longer than this is worth a word.
const LONG_S: u64 = 60 * 60;

/// A day without a finished sweep, and some patience.
const UNSWEPT_S: u64 = 26 * 60 * 60;

/// What isn't well, the worst first. `idle` are the connections that can't be brought to work, and why.
pub(super) fn problems(view: &HealthView, idle: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut found = Vec::new();
    processes(view, &mut found);
    queue(view, &mut found);
    for (name, reason) in idle {
        found.push(of(
            name,
            Grade::Bad,
            format!("It can't be brought to work: {reason}"),
            "Open the connection's settings and mend what is named; its events wait meanwhile.",
        ));
    }
    for connection in &view.connections {
        of_connection(connection, &mut found);
    }
    for module in view.modules.iter().flatten() {
        let side = module.side.title();
        if module.held > 0 {
            found.push(of(
                &module.connection,
                Grade::Warning,
                format!(
                    "{} records of {} are gone in {side} or show nothing where they showed something: too many at once to pass on",
                    module.held,
                    module.module.as_str().replace('_', " ")
                ),
                "Look whether that is meant. If so, let the next sweep pass it on: `sweep --allow-deletions`.",
            ));
        }
        let unswept = module.swept_at.map(|at| (view.at - at).as_secs());
        if unswept.is_some_and(|seconds| seconds > UNSWEPT_S) {
            found.push(of(
                &module.connection,
                Grade::Warning,
                format!(
                    "{} in {side} were not looked through for more than a day",
                    module.module.as_str().replace('_', " ")
                ),
                "Look whether a process with the role `sweeper` is at work, and whether the system answers.",
            ));
        }
    }
    if let Some(number) = view.failed_events.filter(|number| *number > 0) {
        found.push(general(
            Grade::Warning,
            format!(
                "{} failed again and again and {} set aside",
                count(number, "event"),
                was(number)
            ),
            "Open the failed events, mend what they name, and replay them.",
        ));
    }
    found.sort_by_key(|problem| std::cmp::Reverse(problem.grade));
    found
}

fn processes(view: &HealthView, found: &mut Vec<Problem>) {
    let Some(processes) = &view.processes else {
        found.push(general(
            Grade::Bad,
            "The database does not answer".to_owned(),
            "Look whether the database server runs and can be reached, and whether its disk is full.",
        ));
        return;
    };
    for (role, grade, problem) in [
        ("worker", Grade::Bad, "No process works on events"),
        (
            "ingress",
            Grade::Bad,
            "No process takes webhooks and callbacks in",
        ),
        (
            "sweeper",
            Grade::Warning,
            "No process looks for what no event announced",
        ),
    ] {
        if !processes.iter().any(|process| process.roles.contains(role)) {
            found.push(general(
                grade,
                problem.to_owned(),
                &format!("Start a process with the role `{role}` (`serve --roles {role}`)."),
            ));
        }
    }
}

fn queue(view: &HealthView, found: &mut Vec<Problem>) {
    let queue = &view.queue;
    if !queue.connected {
        let kept = queue
            .spooled
            .map_or(String::new(), |number| format!(" ({number} so far)"));
        found.push(general(
            Grade::Warning,
            format!("RabbitMQ can't be reached; the database keeps the events until it can{kept}"),
            "Start RabbitMQ, or look whether queue.url is right.",
        ));
    } else if queue.live.is_none() || queue.bulk.is_none() {
        found.push(general(
            Grade::Bad,
            "The queue does not answer".to_owned(),
            "Look whether the database or RabbitMQ runs and can be reached.",
        ));
    }
    let waiting = queue.live.unwrap_or(0) + queue.bulk.unwrap_or(0);
    let is_late = queue.oldest_seconds.is_some_and(|seconds| seconds > LATE_S);
    if waiting > 0 && queue.events_a_minute == Some(0) && is_late {
        found.push(general(
            Grade::Bad,
            format!("{} and nothing was dealt with in the last minute", waits(waiting)),
            "Look whether a system below is down or has spent its day's requests, and into the service's log.",
        ));
    } else if is_late {
        let minutes = queue.oldest_seconds.unwrap_or(0) / 60;
        found.push(general(
            Grade::Warning,
            format!(
                "The oldest change has been waiting for {}",
                count(minutes, "minute")
            ),
            "It may be one that is tried again and again: look at the sync log and at the failed events.",
        ));
    } else if queue.drained_in_seconds.is_some_and(|seconds| seconds > LONG_S) {
        found.push(general(
            Grade::Warning,
            format!(
                "{}; at the present speed that takes {}",
                waits(waiting),
                count(queue.drained_in_seconds.unwrap_or(0).div_ceil(3600), "hour")
            ),
            "A first sync takes its time. Else raise worker.concurrency or start more workers, as far as the systems' limits allow.",
        ));
    }
}

fn of_connection(connection: &ConnectionHealth, found: &mut Vec<Problem>) {
    let name = &connection.name;
    if connection.paused {
        found.push(of(
            name,
            Grade::Warning,
            "It is paused: nothing is kept in step, and its events wait".to_owned(),
            "Let it go on in the connection's settings when what you paused it for is done.",
        ));
    }
    for system in &connection.systems {
        of_system(name, system, found);
    }
    let Some(webhooks) = &connection.webhooks else {
        return;
    };
    if let Some(failure) = &webhooks.failure {
        found.push(of(
            name,
            Grade::Warning,
            format!("The shop could not be asked for its webhooks: {failure}"),
            "Look whether the shop can be reached; what its webhooks miss, sweeps find.",
        ));
    } else if !webhooks.missing.is_empty() {
        found.push(of(
            name,
            Grade::Warning,
            format!("Not all webhooks are as they should be: {}", webhooks.missing.join(", ")),
            "The service mends that within minutes; if not, `webhooks register` says why. What they missed, sweeps find.",
        ));
    }
}

fn of_system(connection: &str, system: &SystemHealth, found: &mut Vec<Problem>) {
    let side = system.side.title();
    match system.state {
        Some(SystemState::Down) => found.push(of(
            connection,
            Grade::Bad,
            format!("{side} is down: several requests in a row failed"),
            "Open it in a browser. Nothing is lost: events wait, and go on by themselves once it is back.",
        )),
        Some(SystemState::Paused) => found.push(of(
            connection,
            Grade::Warning,
            format!("{side} asked to be left alone for a while"),
            "Nothing needs to be done. If it happens often, set a lower rate_limit for it.",
        )),
        Some(SystemState::Up) | None => {}
    }
    let (Some(limit), Some(left)) = (system.day_limit, system.day_left) else {
        return;
    };
    if left == 0 {
        found.push(of(
            connection,
            Grade::Bad,
            format!("The day's requests to {side} are spent ({limit})"),
            "Events wait until it allows more. A plan with more requests a day, or fewer sweeps, helps for good.",
        ));
    } else if u64::from(left) * 5 < u64::from(limit) {
        found.push(of(
            connection,
            Grade::Warning,
            format!("Few of the day's requests to {side} are left: {left} of {limit}"),
            "Live changes go on; sweeps and first syncs wait for the next day.",
        ));
    }
}

fn general(grade: Grade, problem: String, remedy: &str) -> Problem {
    Problem {
        grade,
        connection: None,
        problem,
        remedy: remedy.to_owned(),
    }
}

fn of(connection: &str, grade: Grade, problem: String, remedy: &str) -> Problem {
    Problem {
        connection: Some(connection.to_owned()),
        ..general(grade, problem, remedy)
    }
}

fn count(number: u64, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

fn was(number: u64) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

fn waits(number: u64) -> String {
    let verb = if number == 1 { "waits" } else { "wait" };
    format!("{} {verb}", count(number, "event"))
}

#[cfg(test)]
mod tests;
