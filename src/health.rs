//! How everything is, and what to do about what isn't well.
//!
//! Each part is asked at the same time and for a moment only: what doesn't answer is not known, and keeps nobody waiting.
//! The pages and the API share this.

mod verdict;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::clock::{Clock, Timestamp};
use crate::history::History;
use crate::limit::drain_time;
use crate::queue::{Lane, Queue};
use crate::roster::{Names, Roster};
use crate::store::{Arrivals, FailedFilter, GONE, Standing, Store};
use crate::sync::Side;
use crate::telemetry;
use crate::webhooks::{Planned, Registration, Step};

pub use view::{
    ConnectionHealth, Grade, HealthView, Problem, ProcessHealth, QueueHealth, SystemHealth, SystemState,
    WebhookHealth,
};

/// How long each part may take to answer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long what a shop told of its webhooks is good for: asking costs it a request.
const WEBHOOKS_GOOD_FOR: Duration = Duration::from_mins(1);

/// What knows how everything is.
#[derive(Debug)]
pub struct Health {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// The events that wait.
    pub queue: Arc<dyn Queue>,
    /// Tells how old something is.
    pub clock: Arc<dyn Clock>,
    /// Who knows the names of the connections.
    pub connections: Arc<dyn Names>,
    /// The connections at work in this process, where there are any.
    pub roster: Option<Arc<Roster>>,
    /// What the shops told last of their webhooks.
    webhooks: Mutex<HashMap<String, (Timestamp, WebhookHealth)>>,
}

/// What is asked for, if it comes in time.
async fn known<T, E>(answer: impl Future<Output = Result<T, E>>) -> Option<T> {
    timeout(PATIENCE, answer).await.ok()?.ok()
}

impl Health {
    /// What knows how the connections of this roster are.
    pub fn new(
        store: Arc<dyn Store>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        connections: Arc<dyn Names>,
        roster: Option<Arc<Roster>>,
    ) -> Self {
        Self {
            store,
            queue,
            clock,
            connections,
            roster,
            webhooks: Mutex::default(),
        }
    }

    /// How everything is.
    pub async fn view(&self) -> HealthView {
        let now = self.clock.now();
        let names = self.connections.names();
        let history = History {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            connections: Arc::clone(&self.connections),
        };
        let filter = FailedFilter::default();
        let (queue, processes, connections, modules, failed_events, database_bytes) = tokio::join!(
            self.queue(now),
            known(self.store.processes(now.before(GONE))),
            join_all(names.iter().map(|name| self.connection(name, now))),
            known(history.standing()),
            known(self.store.failed_count(&filter)),
            known(self.store.database_size()),
        );
        let shown = |process: crate::store::Process| ProcessHealth {
            name: process.name,
            roles: process.roles,
            started_at: process.started,
            seen_at: process.seen,
            events_a_minute: process.events_a_minute,
        };
        let mut view = HealthView {
            verdict: Grade::Well,
            at: now,
            problems: Vec::new(),
            queue,
            processes: processes.map(|all| all.into_iter().map(shown).collect()),
            connections,
            modules: modules.map(|all| {
                let is_there = |name: &String| names.contains(name);
                all.into_iter().filter(|one| is_there(&one.connection)).collect()
            }),
            failed_events,
            database_bytes,
        };
        let idle = self
            .roster
            .as_ref()
            .map(|roster| roster.idle())
            .unwrap_or_default();
        view.problems = verdict::problems(&view, &idle);
        let grades = view.problems.iter().map(|problem| problem.grade);
        view.verdict = grades.max().unwrap_or(Grade::Well);
        view
    }

    async fn queue(&self, now: Timestamp) -> QueueHealth {
        let spooled = async {
            let live = self.store.spool_depth(Lane::Live).await?;
            Ok::<_, crate::store::StoreError>(live + self.store.spool_depth(Lane::Bulk).await?)
        };
        let (live, bulk, oldest, events_a_minute, spooled) = tokio::join!(
            known(self.queue.depth(Lane::Live)),
            known(self.queue.depth(Lane::Bulk)),
            known(self.queue.oldest(Lane::Live)),
            known(self.store.events_a_minute(now)),
            known(spooled),
        );
        let drained = live
            .zip(bulk)
            .zip(events_a_minute)
            .and_then(|((live, bulk), speed)| drain_time(live + bulk, speed));
        QueueHealth {
            connected: self.queue.is_connected(),
            live,
            bulk,
            oldest_seconds: oldest.flatten().map(|came| (now - came).as_secs()),
            events_a_minute,
            drained_in_seconds: drained.map(|time| time.as_secs()),
            spooled,
        }
    }

    async fn connection(&self, name: &str, now: Timestamp) -> ConnectionHealth {
        let member = self.roster.as_ref().and_then(|roster| roster.get(name));
        let registration = member.as_ref().and_then(|member| {
            let is_ours = member.connection.woocommerce.register_webhooks && !member.is_paused;
            member.registration.as_ref().filter(|_| is_ours)
        });
        let asked_webhooks = async {
            match registration {
                Some(registration) => Some(self.webhooks(registration, now).await),
                None => None,
            }
        };
        let (systems, webhooks, arrivals) = tokio::join!(
            join_all(Side::BOTH.map(|side| self.system(name, side, now))),
            asked_webhooks,
            known(self.store.arrivals(name)),
        );
        let Arrivals {
            delivery, callback, ..
        } = arrivals.unwrap_or_default();
        ConnectionHealth {
            name: name.to_owned(),
            paused: member.is_some_and(|member| member.is_paused),
            systems,
            webhooks,
            last_delivery_at: delivery,
            last_callback_at: callback,
        }
    }

    /// A system by what all processes know of it.
    async fn system(&self, connection: &str, side: Side, now: Timestamp) -> SystemHealth {
        let name = format!("{connection}:{side}");
        let standing = known(self.store.standing(&name)).await;
        let Some(Standing {
            paused_until,
            down,
            budget,
        }) = standing
        else {
            return SystemHealth {
                side,
                state: None,
                until: None,
                minute_limit: None,
                day_limit: None,
                day_left: None,
            };
        };
        let (state, until) = match down {
            Some(down) => (SystemState::Down, Some(down.until)),
            None if paused_until > now => (SystemState::Paused, Some(paused_until)),
            None => (SystemState::Up, None),
        };
        // Yesterday's budget tells nothing of today's.
        let is_of_today = now - budget.told_at < Duration::from_hours(24);
        SystemHealth {
            side,
            state: Some(state),
            until,
            minute_limit: budget.minute_limit,
            day_limit: budget.day_limit.filter(|_| is_of_today),
            day_left: budget.day_left.filter(|_| is_of_today),
        }
    }

    /// The webhooks, as the shop told them in the last minute, or does now.
    async fn webhooks(&self, registration: &Registration, now: Timestamp) -> WebhookHealth {
        let name = &registration.connection;
        {
            let told = self.webhooks.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, told)) = told.get(name)
                && *at <= now
                && now - *at < WEBHOOKS_GOOD_FOR
            {
                return told.clone();
            }
        }
        let told = match timeout(PATIENCE, registration.standing()).await {
            Ok(Ok(standing)) => webhook_health(&standing.planned),
            Ok(Err(error)) => WebhookHealth {
                failure: Some(telemetry::chain(&error)),
                ..WebhookHealth::default()
            },
            Err(_) => WebhookHealth {
                failure: Some("the shop did not answer in time".to_owned()),
                ..WebhookHealth::default()
            },
        };
        let mut known = self.webhooks.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(name.clone(), (now, told.clone()));
        told
    }
}

fn webhook_health(planned: &[Planned]) -> WebhookHealth {
    let needed: Vec<&Planned> = planned.iter().filter(|one| one.step != Step::Drop).collect();
    let missing = needed.iter().filter(|one| one.step != Step::Keep);
    WebhookHealth {
        needed: needed.len(),
        active: needed.iter().filter(|one| one.step == Step::Keep).count(),
        missing: missing.map(|one| missing_of(one)).collect(),
        failure: None,
    }
}

fn missing_of(planned: &Planned) -> String {
    let what = match planned.step {
        Step::Create => "is missing",
        Step::Enable => "is switched off",
        Step::Move => "sends to an old address",
        Step::Adopt { .. } => "was made by somebody else",
        Step::Keep | Step::Drop => "is as it should be",
    };
    format!("{} {what}", planned.topic)
}
