//! Notices fields that change back and forth without end: a plugin or a workflow that rewrites what was written. Pure.
//!
//! People change their minds, and edit on both sides; but not again and again in turn, each time to what it was.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Side, Sides, Value};
use crate::clock::Timestamp;

/// A field that rests for so long is in no storm. WP-Cron may take a minute for each round.
const CALM: Duration = Duration::from_mins(10);

/// So many moves in turn, each to the value that the side was given before, are a storm.
const REPEATS: u32 = 4;

/// So many moves in turn are a storm, whatever the values.
const TURNS: u32 = 12;

/// What was moved of one record lately, by [`super::FieldMapping::key`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trails(BTreeMap<String, Trail>);

/// What was moved of one field lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trail {
    /// The side that was written to last.
    to: Side,
    at: Timestamp,
    /// Hashes of what was written to each side last.
    written: Sides<Option<u64>>,
    turns: u32,
    repeats: u32,
}

impl Trails {
    /// Notes that `value` is about to be written to `to`. True when that has gone on for too long.
    pub fn note(&mut self, field: &str, to: Side, value: &Value, now: Timestamp) -> bool {
        self.0.retain(|_, trail| now - trail.at < CALM);
        let mut hasher = DefaultHasher::new();
        value.as_text().hash(&mut hasher);
        let hash = hasher.finish();
        let trail = self.0.entry(field.to_owned()).or_insert(Trail {
            to,
            at: now,
            written: Sides::default(),
            turns: 0,
            repeats: 0,
        });
        let is_turn = trail.to != to;
        trail.turns = if is_turn { trail.turns + 1 } else { 0 };
        let is_repeat = is_turn && *trail.written.of(to) == Some(hash);
        trail.repeats = if is_repeat { trail.repeats + 1 } else { 0 };
        (trail.to, trail.at) = (to, now);
        *trail.written.of_mut(to) = Some(hash);
        trail.repeats >= REPEATS || trail.turns >= TURNS
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storms(moves: impl IntoIterator<Item = (Side, String)>, apart: Duration) -> Option<usize> {
        let mut trails = Trails::default();
        let mut now = Timestamp::default();
        moves.into_iter().position(|(to, value)| {
            now = now + apart;
            trails.note("phone", to, &Value::Text(value), now)
        })
    }

    fn in_turn(nth: usize) -> Side {
        if nth.is_multiple_of(2) {
            Side::Vtiger
        } else {
            Side::WooCommerce
        }
    }

    #[test]
    fn two_that_correct_each_other_are_noticed_after_three_rounds() {
        let moves = (0..20).map(|nth| (in_turn(nth), format!("{}", nth % 2)));

        assert_eq!(storms(moves, Duration::from_secs(70)), Some(5));
    }

    #[test]
    fn one_that_adds_something_each_time_is_noticed_later() {
        let moves = (0..20).map(|nth| (in_turn(nth), "x".repeat(nth)));

        assert_eq!(storms(moves, Duration::from_secs(1)), Some(12));
    }

    #[test]
    fn busy_people_are_no_storm() {
        let one_side = (0..500).map(|nth| (Side::Vtiger, format!("{}", nth % 2)));
        let slowly = (0..100).map(|nth| (in_turn(nth), format!("{}", nth % 2)));

        assert_eq!(storms(one_side, Duration::from_millis(10)), None);
        assert_eq!(storms(slowly, Duration::from_mins(11)), None);
    }
}
