//! Keeps the webhooks there and active while the service runs, and which of several processes does it.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{Planned, Reached, Registered, Registration, Step, WebhooksError};
use crate::engine::Held;
use crate::telemetry;

impl Registration {
    /// Registers what is missing or switched off, now and every `interval`, until `stop`. Of several processes that do so for
    /// one connection one does it, and the others stand by.
    pub async fn keep(self, interval: Duration, stop: CancellationToken) {
        let lease = format!("webhooks:{}", self.connection);
        let mut held: Option<Held> = None;
        let mut enabled = BTreeSet::new();
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            let (store, now) = (&*self.store, self.clock.now());
            held = match self.keeper.on_duty(store, &lease, held, now).await {
                Ok(held) => held,
                Err(error) => {
                    tracing::warn!(
                        connection = self.connection, error = %telemetry::chain(&error),
                        "who keeps the webhooks can't be told"
                    );
                    None
                }
            };
            if held.is_none() {
                continue;
            }
            let kept = tokio::select! {
                () = stop.cancelled() => break,
                kept = self.keep_once(&mut enabled) => kept,
            };
            if let Err(error) = kept {
                tracing::warn!(
                    connection = self.connection, error = %telemetry::chain(&error),
                    "the webhooks can't be looked after; tried again later"
                );
            }
        }
        if let Some(held) = held
            && let Err(error) = held.free(&*self.store).await
        {
            tracing::debug!(error = %telemetry::chain(&error), "the lease of the webhooks runs out by itself");
        }
    }

    /// Looks after them once. `enabled`: the topics that had to be switched on the last time.
    async fn keep_once(&self, enabled: &mut BTreeSet<&'static str>) -> Result<(), WebhooksError> {
        let registered = self.register().await?;
        self.log(&registered);
        let now_enabled: BTreeSet<_> = registered
            .done
            .iter()
            .filter(|done| done.step == Step::Enable)
            .map(|done| done.topic)
            .collect();
        let again: Vec<_> = now_enabled.intersection(enabled).copied().collect();
        if !again.is_empty() {
            tracing::warn!(
                connection = self.connection,
                topics = again.join(", "),
                "webhooks were switched off again at once: the shop's deliveries don't arrive; WooCommerce tells why under \
                 Status > Logs, webhooks-delivery"
            );
        }
        *enabled = now_enabled;
        let tested = registered.tested();
        if let Some(failure) = registered.failure {
            return Err(failure);
        }
        if !tested.is_empty() && self.reached(&tested).await? == Reached::No {
            tracing::warn!(
                connection = self.connection, address = %self.address,
                "the shop does not seem to reach http.public_url: its test did not arrive; look at the proxy, the certificate \
                 and the firewall"
            );
        }
        Ok(())
    }

    fn log(&self, registered: &Registered) {
        let done: Vec<String> = registered.done.iter().filter_map(in_words).collect();
        if !done.is_empty() {
            tracing::info!(
                connection = self.connection,
                done = done.join(", "),
                "brought the shop's webhooks in order"
            );
        }
    }
}

/// What was done, where something was.
fn in_words(done: &Planned) -> Option<String> {
    let what = match done.step {
        Step::Keep => return None,
        Step::Adopt { .. } => "adopted",
        Step::Enable => "enabled",
        Step::Move => "moved",
        Step::Create => "created",
        Step::Drop => "dropped a double of",
    };
    Some(format!("{what} {}", done.topic))
}
