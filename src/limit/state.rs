//! What one process knows of a system. No I/O.

use std::time::Duration;

use super::budget::Level;
use super::circuit::Circuit;
use super::spread::Spread;
use crate::clock::Timestamp;
use crate::store::{Budget, Down, Standing};
use crate::system::{Reply, ReplyKind};

/// How long to wait after the first 429 that doesn't say it; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest that this becomes.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// However long a system asks for, it is tried after this.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// How often what is left of a day is written down where nothing else has changed.
const BUDGET_EVERY: Duration = Duration::from_secs(5);

/// How often a failure of the store is told.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// Of a minute's requests so many are left to others, in percent.
const RESERVE: u32 = 5;

/// What one process knows of a system.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) circuit: Circuit,
    pub(super) paused_until: Timestamp,
    /// How many requests in a row were too many, those of one pause counted once.
    refusals: u32,
    pub(super) budget: Budget,
    level: Level,
    budget_written: Timestamp,
    pub(super) spread: Spread,
    read_at: Option<Timestamp>,
    /// Counts what was found out about the circuit here.
    changes: u64,
    /// How many of these are being written.
    writing: u32,
    complained: Timestamp,
}

/// What became known of whether a system is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It is down.
    Down(Down),
    /// It is back.
    Up,
}

impl Found {
    /// As it is written.
    pub(super) const fn down(self) -> Option<Down> {
        match self {
            Self::Down(down) => Some(down),
            Self::Up => None,
        }
    }
}

/// What is new after a reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether the system is up. When this was written, [`State::written`] must be called.
    pub(super) found: Option<Found>,
    pub(super) paused_until: Option<Timestamp>,
    pub(super) budget: Option<Budget>,
    pub(super) level: Option<Level>,
}

impl State {
    /// Begins to read what the other processes know, unless that is known well enough. What is returned is for
    /// [`State::learn`].
    pub(super) fn begin_refresh(&mut self, now: Timestamp, fresh: Duration) -> Option<u64> {
        if self.read_at.is_some_and(|at| now - at < fresh) {
            return None;
        }
        self.read_at = Some(now);
        Some(self.changes)
    }

    /// Lets the next one read at once.
    pub(super) fn forget_refresh(&mut self) {
        self.read_at = None;
    }

    /// Takes over what the other processes know. What was found out here since the reading began counts more.
    pub(super) fn learn(&mut self, standing: &Standing, before: u64) {
        if self.changes == before && self.writing == 0 {
            self.circuit.learn(standing.down);
        }
        self.paused_until = self.paused_until.max(standing.paused_until);
        if standing.budget.told_at > self.budget.told_at {
            self.budget = standing.budget;
        }
    }

    /// What was found out about the circuit is written.
    pub(super) fn written(&mut self) {
        self.writing = self.writing.saturating_sub(1);
    }

    /// Whether it is time to tell that the store fails.
    pub(super) fn may_complain(&mut self, now: Timestamp) -> bool {
        let may = now - self.complained >= COMPLAIN_EVERY;
        if may {
            self.complained = now;
        }
        may
    }

    /// Takes note of how a request went. `jitter` is between 0 and 1.
    pub(super) fn heard(&mut self, reply: &Reply, was_trial: bool, now: Timestamp, jitter: f64) -> Told {
        let mut told = self.hear_budget(reply, now);
        told.found = match reply.kind {
            ReplyKind::Failure => {
                let down = self.circuit.failed(now, was_trial, jitter);
                down.map(Found::Down)
            }
            ReplyKind::Answer | ReplyKind::TooMany => self.circuit.answered(was_trial).then_some(Found::Up),
        };
        if told.found.is_some() {
            self.changes += 1;
            self.writing += 1;
        }
        let pause = match reply.kind {
            ReplyKind::Answer => {
                self.refusals = 0;
                exhausted(reply)
            }
            ReplyKind::TooMany => Some(self.refused(reply.retry_after, now)),
            ReplyKind::Failure => reply.retry_after,
        };
        if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
            let until = now + pause.min(LONGEST_ASKED);
            if until > self.paused_until {
                self.paused_until = until;
                told.paused_until = Some(until);
            }
        }
        told
    }

    /// How long to wait after a request that was one too many.
    fn refused(&mut self, retry_after: Option<Duration>, now: Timestamp) -> Duration {
        if now >= self.paused_until {
            self.refusals = self.refusals.saturating_add(1);
        }
        let doubled =
            FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.refusals.saturating_sub(1).min(10)));
        let grown = doubled.min(LONGEST_PAUSE);
        match retry_after {
            // Vtiger tells when its minute is over also where it is the hour's limit that was reached.
            Some(asked) if self.refusals > 2 => asked.max(grown),
            Some(asked) => asked.max(Duration::from_secs(1)),
            None => grown,
        }
    }

    fn hear_budget(&mut self, reply: &Reply, now: Timestamp) -> Told {
        let mut told = Told::default();
        if reply.minute.limit.is_none() && reply.day.limit.is_none() {
            return told;
        }
        let before = self.budget;
        self.budget = Budget {
            minute_limit: reply.minute.limit.or(before.minute_limit),
            day_limit: reply.day.limit.or(before.day_limit),
            day_left: reply.day.left.or(before.day_left),
            told_at: now,
        };
        let level = Level::of(&self.budget, now);
        if level != self.level {
            self.level = level;
            told.level = Some(level);
        }
        let is_news = told.level.is_some()
            || before.minute_limit != self.budget.minute_limit
            || before.day_limit != self.budget.day_limit;
        if is_news || now - self.budget_written >= BUDGET_EVERY {
            self.budget_written = now;
            told.budget = Some(self.budget);
        }
        told
    }
}

/// How long to wait where next to nothing is left of a minute: others used more than was thought.
fn exhausted(reply: &Reply) -> Option<Duration> {
    let (limit, left) = (reply.minute.limit?, reply.minute.left?);
    let reserve = (limit.saturating_mul(RESERVE) / 100).max(1);
    (left < reserve).then_some(reply.minute.resets_in).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Quota;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn too_many(retry_after: Option<u64>) -> Reply {
        Reply {
            retry_after: retry_after.map(Duration::from_secs),
            ..Reply::new(ReplyKind::TooMany)
        }
    }

    fn pause(state: &mut State, reply: &Reply, now: Timestamp) -> Option<Duration> {
        let told = state.heard(reply, false, now, 0.0);
        told.paused_until.map(|until| until - now)
    }

    #[test]
    fn a_pause_is_as_long_as_the_system_says_and_grows_where_it_does_not() {
        let mut state = State::default();
        assert_eq!(
            pause(&mut state, &too_many(Some(7)), NOW),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            pause(&mut state, &too_many(Some(3)), NOW),
            None,
            "it waits already"
        );

        let mut state = State::default();
        let mut now = NOW;
        for seconds in [5, 10, 20, 40, 80, 160, 300, 300] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(pause(&mut state, &too_many(None), now), Some(wait));
            now = now + wait;
        }
        state.heard(&Reply::new(ReplyKind::Answer), false, now, 0.0);
        assert_eq!(
            pause(&mut state, &too_many(None), now),
            Some(Duration::from_secs(5))
        );
    }

    #[test]
    fn no_pause_is_for_ever() {
        let mut state = State::default();

        let asked = pause(&mut state, &too_many(Some(31_536_000)), NOW);

        assert_eq!(asked, Some(LONGEST_ASKED));
    }

    #[test]
    fn a_minute_that_is_used_up_is_waited_for() {
        let reply = |left| Reply {
            minute: Quota {
                limit: Some(60),
                left: Some(left),
                resets_in: Some(Duration::from_secs(20)),
            },
            ..Reply::new(ReplyKind::Answer)
        };
        let mut state = State::default();

        assert_eq!(pause(&mut state, &reply(3), NOW), None);
        assert_eq!(pause(&mut state, &reply(2), NOW), Some(Duration::from_secs(20)));
    }

    #[test]
    fn what_was_found_out_here_is_not_overwritten_by_what_was_read_before() {
        let mut state = State::default();
        let before = state.begin_refresh(NOW, Duration::ZERO).unwrap();
        for _ in 0..5 {
            state.heard(&Reply::new(ReplyKind::Failure), false, NOW, 0.0);
        }

        state.learn(&Standing::default(), before);
        assert!(state.circuit.is_down());
        let before = state.begin_refresh(NOW, Duration::ZERO).unwrap();
        state.learn(&Standing::default(), before);
        assert!(state.circuit.is_down(), "it is not written yet");

        state.written();
        let before = state.begin_refresh(NOW, Duration::ZERO).unwrap();
        state.learn(&Standing::default(), before);
        assert!(!state.circuit.is_down(), "another process found it back");
    }
}
