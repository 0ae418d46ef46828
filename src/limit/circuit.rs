//! Whether a system is up. Pure: no clock, no randomness of its own.
//!
//! Some failures in a row mean that it is down. Then nothing is sent for a while, and after that one request that tries
//! it: if that goes through the system is back, else the next while is longer.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::Down;

/// So many failures in a row mean that a system is down.
const FAILURES: u32 = 5;

/// How long a system is left alone when it is found to be down; doubled each time after that.
const FIRST: Duration = Duration::from_secs(1);

/// The longest that a system is left alone.
const LONGEST: Duration = Duration::from_secs(10);

/// How long nobody else tries while one does.
pub(super) const TRIAL: Duration = Duration::from_secs(10);

/// What is known of a system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Circuit {
    failures: u32,
    down: Option<Down>,
}

/// What may be done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may be sent.
    Go,
    /// It may be sent to try the system, if nobody else does.
    Try,
    /// It has to wait.
    Wait(Duration),
}

impl Circuit {
    pub(super) fn admit(&self, now: Timestamp) -> Admission {
        match self.down {
            None => Admission::Go,
            Some(down) if down.until <= now => Admission::Try,
            Some(down) => Admission::Wait(down.until - now),
        }
    }

    pub(super) const fn is_down(&self) -> bool {
        self.down.is_some()
    }

    /// Somebody tries the system.
    pub(super) fn trying(&mut self, now: Timestamp) {
        if let Some(down) = &mut self.down {
            down.until = now + TRIAL;
        }
    }

    /// A request failed. Returns what is new about that, if anything. `jitter` is between 0 and 1.
    pub(super) fn failed(&mut self, now: Timestamp, was_trial: bool, jitter: f64) -> Option<Down> {
        let times = match self.down {
            None => {
                self.failures += 1;
                if self.failures < FAILURES {
                    return None;
                }
                1
            }
            Some(down) if was_trial => down.times.saturating_add(1),
            // It was sent before the system was known to be down.
            Some(_) => return None,
        };
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow((times - 1).min(10)));
        let span = doubled.min(LONGEST).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 4.0);
        let down = Down {
            until: now + span,
            times,
        };
        self.down = Some(down);
        Some(down)
    }

    /// A request was answered. Returns whether that shows that the system is back.
    pub(super) fn answered(&mut self, was_trial: bool) -> bool {
        self.failures = 0;
        was_trial && self.down.take().is_some()
    }

    /// Another process found this.
    pub(super) fn learn(&mut self, down: Option<Down>) {
        if down != self.down {
            self.failures = 0;
            self.down = down;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_000_000);

    fn down() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES {
            circuit.failed(START, false, 0.0);
        }
        circuit
    }

    #[test]
    fn only_failures_in_a_row_count() {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES - 1 {
            assert_eq!(circuit.failed(START, false, 0.0), None);
        }
        circuit.answered(false);
        assert_eq!(circuit.failed(START, false, 0.0), None);
        assert_eq!(circuit.admit(START), Admission::Go);
    }

    #[test]
    fn a_system_that_is_down_is_left_alone_and_then_tried() {
        let mut circuit = down();

        assert_eq!(circuit.admit(START), Admission::Wait(FIRST));
        let later = START + FIRST;
        assert_eq!(circuit.admit(later), Admission::Try);
        circuit.trying(later);
        assert_eq!(circuit.admit(later), Admission::Wait(TRIAL));

        assert!(circuit.answered(true));
        assert_eq!(circuit.admit(later), Admission::Go);
    }

    #[test]
    fn what_was_sent_before_changes_nothing() {
        let mut circuit = down();
        let before = circuit;

        assert_eq!(circuit.failed(START, false, 0.0), None);
        assert!(!circuit.answered(false));

        assert_eq!(circuit.admit(START), before.admit(START));
    }

    #[test]
    fn what_another_process_found_holds_here_too() {
        let mut circuit = down();

        circuit.learn(None);

        assert_eq!(circuit.admit(START), Admission::Go);
        assert_eq!(
            circuit.failed(START, false, 0.0),
            None,
            "it takes as many failures again"
        );
    }

    proptest! {
        /// Whatever happens, the next request that tries the system is never further away than `LONGEST`, and while it
        /// is down nothing but that is sent.
        #[test]
        fn a_system_is_tried_again_in_time(steps in prop::collection::vec((0_u64..5_000, any::<bool>(), 0.0..1.0), 1..200)) {
            let mut circuit = Circuit::default();
            let mut now = START;
            for (passed, fails, jitter) in steps {
                now = now + Duration::from_millis(passed);
                let trial = match circuit.admit(now) {
                    Admission::Go => false,
                    Admission::Try => { circuit.trying(now); true }
                    Admission::Wait(wait) => {
                        prop_assert!(wait <= LONGEST.max(TRIAL));
                        prop_assert!(circuit.is_down());
                        continue;
                    }
                };
                if fails {
                    circuit.failed(now, trial, jitter);
                } else {
                    circuit.answered(trial);
                    prop_assert!(!circuit.is_down());
                }
            }
        }
    }
}
