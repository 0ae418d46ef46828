//! What goes wrong on purpose: latency, 429, 5xx, connections that break, webhooks that get lost, outages.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// How often what goes wrong. All zero by default.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// Added to each request.
    pub latency: Duration,
    /// What goes wrong with the next requests, one after the other, before chance has its say.
    pub next: VecDeque<Option<Fault>>,
    /// Share of requests (0 to 1) that fail; the kinds of [`Fault`] take turns at random, but for those that only batches
    /// know.
    pub request_faults: f64,
    /// Only requests whose path ends like this go wrong, such as `/batch`.
    pub ending: &'static str,
    /// Share of webhooks (0 to 1) that are never delivered.
    pub lost_webhooks: f64,
    /// Whether each request is answered with 503, before anything was done.
    pub is_down: bool,
    /// Where the random numbers start, so that a run can be repeated.
    pub seed: u64,
}

/// One thing that goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After: 1`; nothing was done.
    TooManyRequests,
    /// A 5xx before anything was done.
    ErrorBefore,
    /// A 5xx after the work was done: the caller can't tell it from [`Fault::ErrorBefore`].
    ErrorAfter,
    /// The work is done and the connection breaks in the middle of the answer.
    Reset,
    /// A 5xx when half of a batch was done. Before anything was done, where it is no batch.
    Midway,
}

/// Draws faults by a plan.
#[derive(Debug)]
pub struct Faults {
    plan: Mutex<(FaultPlan, SmallRng)>,
}

impl Faults {
    /// Faults by this plan.
    pub fn new(plan: FaultPlan) -> Self {
        let random = SmallRng::seed_from_u64(plan.seed);
        Self {
            plan: Mutex::new((plan, random)),
        }
    }

    /// Goes on by another plan.
    pub fn replace(&self, plan: FaultPlan) {
        let random = SmallRng::seed_from_u64(plan.seed);
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = (plan, random);
    }

    /// What each request has to wait.
    pub fn latency(&self) -> Duration {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).0.latency
    }

    /// Whether the whole system is down.
    pub fn is_down(&self) -> bool {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).0.is_down
    }

    /// How many of the planned requests are yet to come.
    pub fn planned(&self) -> usize {
        self.plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .next
            .len()
    }

    /// What goes wrong with the next request, which is to this path, if anything.
    pub fn draw(&self, path: &str) -> Option<Fault> {
        let mut guard = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let (plan, random) = &mut *guard;
        if !path.ends_with(plan.ending) {
            return None;
        }
        if let Some(next) = plan.next.pop_front() {
            return next;
        }
        if !random.random_bool(plan.request_faults.clamp(0.0, 1.0)) {
            return None;
        }
        let kinds = [
            Fault::TooManyRequests,
            Fault::ErrorBefore,
            Fault::ErrorAfter,
            Fault::Reset,
        ];
        Some(kinds[random.random_range(0..kinds.len())])
    }

    /// Whether the next webhook gets lost.
    pub fn loses_webhook(&self) -> bool {
        let mut guard = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let (plan, random) = &mut *guard;
        random.random_bool(plan.lost_webhooks.clamp(0.0, 1.0))
    }
}
