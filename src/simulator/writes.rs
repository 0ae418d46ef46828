//! Notices writes to one record that overlap in time: two of the service's workers were at it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The writes under way, and those that overlapped.
#[derive(Debug, Default)]
pub(super) struct Writes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    under_way: HashMap<String, usize>,
    overlapping: Vec<String>,
}

/// A write under way, until this is dropped.
pub(super) struct Write<'a> {
    writes: &'a Writes,
    record: String,
}

impl Writes {
    /// A write to this record begins.
    pub(super) fn begin(&self, record: String) -> Write<'_> {
        let mut state = self.state();
        let writers = state.under_way.entry(record.clone()).or_default();
        *writers += 1;
        if *writers > 1 {
            state.overlapping.push(record.clone());
        }
        drop(state);
        Write { writes: self, record }
    }

    /// The records that were written to twice at the same time.
    pub(super) fn overlapping(&self) -> Vec<String> {
        self.state().overlapping.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        let mut state = self.writes.state();
        if let Some(writers) = state.under_way.get_mut(&self.record) {
            *writers -= 1;
            if *writers == 0 {
                state.under_way.remove(&self.record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Writes;

    #[test]
    fn only_writes_to_one_record_at_one_time_overlap() {
        let writes = Writes::default();
        drop(writes.begin("1".to_owned()));
        let first = writes.begin("1".to_owned());
        let other = writes.begin("2".to_owned());
        assert!(writes.overlapping().is_empty());

        let second = writes.begin("1".to_owned());

        assert_eq!(writes.overlapping(), ["1"]);
        drop((first, other, second));
        drop(writes.begin("1".to_owned()));
        assert_eq!(writes.overlapping(), ["1"]);
    }
}
