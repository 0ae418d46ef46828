//! How many records may be sent together, as the shop's answers teach. Pure.
//!
//! To create 100 customers takes a small server 13 s, another one longer than a request may: so it begins with few, and
//! never asks for what would take longer than half of that time.

use std::time::Duration;

use tokio::time::Instant;

/// The most that WooCommerce takes.
const MOST: usize = 100;

/// So many are sent together before it is known how long the shop takes.
const FIRST: usize = 25;

/// How long nothing is sent together after a batch was lost; four times as long after each further one.
const CLOSED: Duration = Duration::from_secs(15);

/// The longest such time.
const LONGEST: Duration = Duration::from_hours(1);

/// How many records may be sent together.
pub(super) struct Size {
    limit: usize,
    /// What the shop doesn't refuse as too many.
    most: usize,
    /// Batches that were lost, one after the other.
    losses: u32,
    closed_until: Option<Instant>,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            limit: FIRST,
            most: MOST,
            losses: 0,
            closed_until: None,
        }
    }
}

impl Size {
    /// How many may be sent together; always more than one.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether nothing is to be sent together for now.
    pub(super) fn is_closed(&self, now: Instant) -> bool {
        self.closed_until.is_some_and(|until| now < until)
    }

    /// So many took so long, where a request may take at most `timeout`.
    pub(super) fn fits(&mut self, count: usize, took: Duration, timeout: Duration) {
        self.losses = 0;
        let took_ms = usize::try_from(took.as_millis()).unwrap_or(usize::MAX).max(1);
        let half_ms = usize::try_from(timeout.as_millis() / 2).unwrap_or(usize::MAX);
        let in_time = count.saturating_mul(half_ms) / took_ms;
        self.set(self.limit.max(count).saturating_mul(2).min(in_time));
    }

    /// Whether so many were written can't be told: fewer from now on, and none together for a while.
    pub(super) fn lost(&mut self, count: usize, now: Instant) {
        let longer = 4_u32.saturating_pow(self.losses);
        self.losses += 1;
        self.closed_until = Some(now + CLOSED.saturating_mul(longer).min(LONGEST));
        self.set(self.limit.min(count / 2));
    }

    /// So many are too many for the shop, now and later.
    pub(super) fn too_many(&mut self, count: usize) {
        self.most = (count / 2).clamp(2, MOST);
        self.set(self.limit);
    }

    fn set(&mut self, limit: usize) {
        self.limit = limit.clamp(2, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn seconds(tenths: u64) -> Duration {
        Duration::from_millis(100 * tenths)
    }

    #[test]
    fn it_grows_as_far_as_the_shop_is_fast() {
        let mut size = Size::default();
        let mut limits = vec![size.limit()];

        // As measured: 126 ms for a customer.
        for _ in 0..4 {
            let count = size.limit();
            size.fits(
                count,
                Duration::from_millis(126) * u32::try_from(count).unwrap(),
                TIMEOUT,
            );
            limits.push(size.limit());
        }

        assert_eq!(limits, [25, 50, 100, 100, 100]);
        size.fits(100, seconds(300), TIMEOUT);
        assert_eq!(size.limit(), 50, "so that it takes half of the time-out");
        size.fits(3, seconds(900), TIMEOUT);
        assert_eq!(size.limit(), 2);
        size.fits(2, Duration::ZERO, TIMEOUT);
        assert_eq!(size.limit(), 4);
    }

    #[test]
    fn after_a_loss_nothing_goes_together_for_a_while_and_then_less() {
        let mut size = Size::default();
        let now = Instant::now();
        assert!(!size.is_closed(now));

        size.lost(25, now);

        assert_eq!(size.limit(), 12);
        assert!(size.is_closed(now) && size.is_closed(now + seconds(149)));
        assert!(!size.is_closed(now + seconds(150)));
        size.lost(12, now);
        assert!(size.is_closed(now + seconds(599)) && !size.is_closed(now + seconds(600)));
        for _ in 0..40 {
            size.lost(2, now);
        }
        assert!(!size.is_closed(now + LONGEST));
        assert_eq!(size.limit(), 2);

        size.fits(2, seconds(1), TIMEOUT);
        size.lost(2, now);
        assert!(!size.is_closed(now + seconds(150)), "it had gone well meanwhile");
    }

    #[test]
    fn what_is_too_many_stays_too_many() {
        let mut size = Size::default();
        size.fits(25, seconds(1), TIMEOUT);

        size.too_many(50);
        size.fits(25, seconds(1), TIMEOUT);

        assert_eq!(size.limit(), 25);
        size.too_many(2);
        assert_eq!(size.limit(), 2);
    }
}
