//! What is told of a state that isn't well.

use std::time::Duration;

use super::*;
use crate::clock::Timestamp;
use crate::health::{ProcessHealth, QueueHealth, WebhookHealth};
use crate::sync::Side;

fn well() -> HealthView {
    let system = |side| SystemHealth {
        side,
        state: Some(SystemState::Up),
        until: None,
        minute_limit: None,
        day_limit: Some(1000),
        day_left: Some(900),
    };
    HealthView {
        verdict: Grade::Well,
        at: Timestamp::from_seconds(1_700_000_000),
        problems: Vec::new(),
        queue: QueueHealth {
            connected: true,
            live: Some(0),
            bulk: Some(0),
            events_a_minute: Some(12),
            ..QueueHealth::default()
        },
        processes: Some(vec![ProcessHealth {
            name: "host:1".to_owned(),
            roles: "ingress, worker, sweeper, web".to_owned(),
            started_at: Timestamp::from_seconds(1_600_000_000),
            seen_at: Timestamp::from_seconds(1_700_000_000),
            events_a_minute: 12,
        }]),
        connections: vec![ConnectionHealth {
            name: "shop".to_owned(),
            paused: false,
            systems: Side::BOTH.map(system).to_vec(),
            webhooks: None,
            last_delivery_at: None,
            last_callback_at: None,
        }],
        modules: Some(Vec::new()),
        failed_events: Some(0),
        database_bytes: Some(1 << 20),
    }
}

/// The worst that is told of what this makes of a state that is well.
fn worst(change: impl FnOnce(&mut HealthView)) -> Problem {
    let mut view = well();
    change(&mut view);
    let found = problems(&view, &BTreeMap::new());
    found.first().unwrap().clone()
}

#[test]
fn nothing_is_told_of_what_is_well() {
    assert_eq!(problems(&well(), &BTreeMap::new()), []);
}

#[test]
fn what_stands_still_is_bad_and_what_goes_on_is_a_warning() {
    type Change = fn(&mut HealthView);
    let cases: [(Grade, &str, Change); 11] = [
        (Grade::Bad, "database does not answer", |view| {
            view.processes = None;
        }),
        (Grade::Bad, "No process works on events", |view| {
            view.processes = Some(Vec::new());
        }),
        (Grade::Bad, "queue does not answer", |view| view.queue.live = None),
        (Grade::Warning, "RabbitMQ can't be reached", |view| {
            view.queue.connected = false;
        }),
        (Grade::Bad, "3 events wait and nothing", |view| {
            view.queue.live = Some(3);
            view.queue.events_a_minute = Some(0);
            view.queue.oldest_seconds = Some(400);
        }),
        (Grade::Warning, "waiting for 6 minutes", |view| {
            view.queue.oldest_seconds = Some(400);
        }),
        (Grade::Warning, "that takes 2 hours", |view| {
            view.queue.drained_in_seconds = Some(7000);
        }),
        (Grade::Bad, "Vtiger CRM is down", |view| {
            view.connections[0].systems[1].state = Some(SystemState::Down);
        }),
        (Grade::Warning, "90 of 1000", |view| {
            view.connections[0].systems[0].day_left = Some(90);
        }),
        (Grade::Warning, "order.created is missing", |view| {
            view.connections[0].webhooks = Some(WebhookHealth {
                needed: 7,
                active: 6,
                missing: vec!["order.created is missing".to_owned()],
                failure: None,
            });
        }),
        (
            Grade::Warning,
            "1 event failed again and again and was set aside",
            |view| {
                view.failed_events = Some(1);
            },
        ),
    ];
    for (grade, told, change) in cases {
        let problem = worst(change);

        assert_eq!(problem.grade, grade, "{problem:?}");
        assert!(problem.problem.contains(told), "{told}: {problem:?}");
        assert!(problem.remedy.len() > 20, "{problem:?}");
    }
}

#[test]
fn the_worst_comes_first_and_names_its_connection() {
    let mut view = well();
    view.failed_events = Some(2);
    view.connections[0].paused = true;
    let idle = BTreeMap::from([("outlet".to_owned(), "its key is another one".to_owned())]);

    let found = problems(&view, &idle);

    let grades: Vec<Grade> = found.iter().map(|problem| problem.grade).collect();
    assert_eq!(grades, [Grade::Bad, Grade::Warning, Grade::Warning]);
    assert_eq!(found[0].connection.as_deref(), Some("outlet"));
    assert_eq!(found[1].connection.as_deref(), Some("shop"));
}

#[test]
fn a_module_that_was_not_swept_for_long_is_told() {
    let problem = worst(|view| {
        let standing = crate::history::Standing {
            connection: "shop".to_owned(),
            module: crate::sync::Module::SalesOrders,
            side: Side::Vtiger,
            in_step_as_of: None,
            swept_at: Some(view.at.before(Duration::from_hours(30))),
            compared_at: None,
            drift: None,
            held: 0,
        };
        view.modules = Some(vec![standing]);
    });

    assert!(
        problem.problem.starts_with("sales orders in Vtiger CRM"),
        "{problem:?}"
    );
}
