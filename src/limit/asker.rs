//! Who asks for leave to send a request, and how long they wait for it.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::sync::Side;
use crate::system::{HeldReason, Priority, has_begun, priority};

/// How long work waits for its first request, in line and for the end of a pause, before it is put back so that its
/// worker is free for others.
const PATIENCE: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(2)];

/// The same for its further ones: if it began anew, its first ones would be sent again.
const PATIENCE_ONCE_BEGUN: [Duration; 2] = [Duration::from_mins(1), Duration::from_secs(10)];

/// Who asks for leave, and since when.
pub(super) struct Asker {
    pub(super) priority: Priority,
    has_begun: bool,
    since: Timestamp,
}

impl Asker {
    /// Whoever's work the present task does.
    pub(super) fn new(side: Side, now: Timestamp) -> Self {
        Self {
            priority: priority(),
            has_begun: has_begun(side),
            since: now,
        }
    }

    /// How much longer it waits.
    pub(super) fn patience(&self, reason: HeldReason, now: Timestamp) -> Duration {
        let kinds = if self.has_begun {
            PATIENCE_ONCE_BEGUN
        } else {
            PATIENCE
        };
        let patience = kinds[usize::from(reason == HeldReason::Asked)];
        patience.saturating_sub(now - self.since)
    }
}
