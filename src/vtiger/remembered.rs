//! What is asked for once and then believed for a while: lists that hardly change, such as the taxes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Timestamp};

/// How long an answer is believed without asking again.
pub(crate) const FRESH_FOR: Duration = Duration::from_mins(10);

/// An answer, and when it was given.
#[derive(Debug)]
pub(crate) struct Remembered<T> {
    clock: Arc<dyn Clock>,
    answer: Mutex<Option<(Arc<T>, Timestamp)>>,
}

impl<T> Remembered<T> {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            answer: Mutex::default(),
        }
    }

    /// The answer, unless it is too old to be believed.
    pub(crate) fn fresh(&self) -> Option<Arc<T>> {
        self.not_older_than(FRESH_FOR)
    }

    /// The answer, unless it is older than that.
    pub(crate) fn not_older_than(&self, most: Duration) -> Option<Arc<T>> {
        let answer = self.answer();
        let (answer, at) = answer.as_ref()?;
        (self.clock.now() - *at < most).then(|| Arc::clone(answer))
    }

    pub(crate) fn put(&self, answer: T) -> Arc<T> {
        let answer = Arc::new(answer);
        *self.answer() = Some((Arc::clone(&answer), self.clock.now()));
        answer
    }

    pub(crate) fn forget(&self) {
        *self.answer() = None;
    }

    fn answer(&self) -> MutexGuard<'_, Option<(Arc<T>, Timestamp)>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
