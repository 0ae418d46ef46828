//! When a failed event is tried again. Pure: no clock, no randomness of its own.

use std::time::Duration;

use super::EngineError;
use crate::system::Fault;

/// No event that waits for a system comes again sooner.
const SHORTEST: Duration = Duration::from_millis(100);

/// How long an event waits while its connection is paused, before it is looked whether it still is.
const PAUSED: Duration = Duration::from_secs(15);

/// What to do with an event that could not be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Try again after this time, and count the attempt.
    Retry(Duration),
    /// Try again after this time; it is nobody's failure.
    Wait(Duration),
    /// Set it aside for a person.
    GiveUp,
}

/// How long to wait between attempts.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The wait after the first failure; doubled after each further one.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// After so many failed attempts an event is set aside.
    pub attempts: u32,
}

impl Default for Backoff {
    /// Half a second at first, 10 minutes at most, and about a day in all.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_mins(10),
            attempts: 200,
        }
    }
}

impl Backoff {
    /// What to do after `error`, when `attempts` failed before. `jitter` is between 0 and 1, and spreads the waits
    /// over half to all of their length, so that many events don't come back at once.
    pub fn after(&self, error: &EngineError, attempts: u32, jitter: f64) -> Disposition {
        let asked = match error {
            EngineError::ConnectionPaused => return Disposition::Wait(PAUSED),
            EngineError::Unsettled => return Disposition::Wait(Duration::from_millis(100)),
            EngineError::System(error) => match &error.fault {
                Fault::Unavailable { retry_after } => *retry_after,
                // However long a system is down, nothing is given up for that.
                Fault::Paused { wait } => {
                    let spread = (*wait / 10).mul_f64(jitter.clamp(0.0, 1.0));
                    return Disposition::Wait((*wait + spread).max(SHORTEST));
                }
                // A person has to mend this; asking often doesn't help.
                Fault::Denied => Some(Duration::from_secs(30)),
                Fault::Rejected { .. } | Fault::Gone | Fault::Unsupported { .. } => None,
            },
            _ => None,
        };
        if attempts >= self.attempts {
            return Disposition::GiveUp;
        }
        let doubled = self
            .first
            .saturating_mul(2_u32.saturating_pow(attempts.min(20)))
            .min(self.longest);
        let spread = doubled.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        Disposition::Retry(asked.unwrap_or_default().max(spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Side;
    use crate::system::SystemError;

    fn unavailable(retry_after: Option<Duration>) -> EngineError {
        EngineError::System(SystemError {
            system: Side::Vtiger,
            operation: "update contact",
            fault: Fault::Unavailable { retry_after },
            message: "busy".to_owned(),
        })
    }

    #[test]
    fn waits_grow_and_stay_within_bounds() {
        let backoff = Backoff::default();
        let wait = |attempts, jitter| match backoff.after(&unavailable(None), attempts, jitter) {
            Disposition::Retry(wait) => wait,
            other => panic!("{other:?}"),
        };
        assert_eq!(wait(0, 0.0), Duration::from_millis(250));
        assert_eq!(wait(0, 1.0), Duration::from_millis(500));
        assert_eq!(wait(3, 1.0), Duration::from_secs(4));
        assert_eq!(wait(100, 1.0), Duration::from_mins(10));
    }

    #[test]
    fn retry_after_is_honoured() {
        let asked = Duration::from_secs(42);
        assert_eq!(
            Backoff::default().after(&unavailable(Some(asked)), 0, 0.5),
            Disposition::Retry(asked)
        );
    }

    #[test]
    fn waiting_for_a_system_counts_as_no_attempt_however_often() {
        let wait = Duration::from_secs(10);
        let paused = EngineError::System(SystemError {
            system: Side::Vtiger,
            operation: "update contact",
            fault: Fault::Paused { wait },
            message: "it is down".to_owned(),
        });
        let after = |jitter| Backoff::default().after(&paused, 160, jitter);

        assert_eq!(after(0.0), Disposition::Wait(wait));
        assert_eq!(after(1.0), Disposition::Wait(Duration::from_secs(11)));
    }

    #[test]
    fn after_too_many_attempts_a_person_has_to_look() {
        assert_eq!(
            Backoff::default().after(&unavailable(None), 200, 0.5),
            Disposition::GiveUp
        );
    }

    #[test]
    fn by_default_that_is_after_about_a_day() {
        let backoff = Backoff::default();
        // The jitter of so many waits evens out.
        let waits = (0..).map_while(
            |attempts| match backoff.after(&unavailable(None), attempts, 0.5) {
                Disposition::Retry(wait) => Some(wait),
                _ => None,
            },
        );

        let hours = waits.sum::<Duration>().as_secs() / 3600;

        assert_eq!(hours, 23);
    }
}
