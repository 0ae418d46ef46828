//! How the two systems are at present: whether their clocks go right, and whether they tell of changes by themselves.

use std::time::Duration;

use crate::app::Parts;
use crate::store::Arrivals;
use crate::sync::Side;
use crate::system::{Finding, Priority, Pulse, System, SystemError, Verdict, work_for};

/// So much a clock may be off: less than it takes a person to change the same on the other side, too.
const SKEW: Duration = Duration::from_secs(30);

/// What was changed is told of within this time, by WP-Cron that runs once a minute, and noted once a minute.
const SOON: Duration = Duration::from_mins(6);

/// What came later than this after the change had to wait for something to set it off.
const LATE: Duration = Duration::from_mins(10);

/// So far back is looked for changes where nothing has ever been told.
const BACK: Duration = Duration::from_hours(24);

/// The clock of a system, and what came from it by itself.
pub(super) async fn look(parts: &Parts, connection: &str, system: &dyn System) -> Vec<Finding> {
    let now = parts.clock.now();
    let arrivals = match parts.store.arrivals(connection).await {
        Ok(arrivals) => arrivals,
        Err(error) => {
            let remedy = "see whether the database can be read";
            return vec![unchecked("what comes by itself", &error, remedy)];
        }
    };
    let (side, last) = match system.side() {
        Side::WooCommerce => (Side::WooCommerce, arrivals.delivery),
        Side::Vtiger => (Side::Vtiger, arrivals.callback),
    };
    let since = last.map_or_else(|| now.before(BACK), |last| last + SOON);
    let pulse = work_for(Priority::Check, system.pulse(since, now.before(SOON))).await;
    let pulse: Pulse = match pulse {
        Ok(pulse) => pulse,
        Err(error) => return vec![unchecked_system(side, &error)],
    };
    let told = Told { arrivals, pulse };
    let (subject, verdict) = match side {
        Side::WooCommerce => ("deliveries", told.deliveries()),
        Side::Vtiger => ("callbacks", told.callbacks()),
    };
    let clock = pulse.ahead_ms.map(|ahead_ms| finding("clock", clock(ahead_ms)));
    clock.into_iter().chain([finding(subject, verdict)]).collect()
}

fn finding(subject: &str, verdict: Verdict) -> Finding {
    Finding {
        subject: subject.to_owned(),
        verdict,
    }
}

fn unchecked(subject: &str, error: &dyn std::error::Error, remedy: &str) -> Finding {
    finding(
        subject,
        Verdict::Warning(format!("it was not checked: {error}"), remedy.to_owned()),
    )
}

fn unchecked_system(side: Side, error: &SystemError) -> Finding {
    let subject = match side {
        Side::WooCommerce => "clock and deliveries",
        Side::Vtiger => "clock and callbacks",
    };
    unchecked(subject, error, "start the check again when that is mended")
}

fn clock(ahead_ms: i64) -> Verdict {
    let off = Duration::from_millis(ahead_ms.unsigned_abs());
    if off <= SKEW {
        return Verdict::Good("goes with this machine's".to_owned());
    }
    let way = if ahead_ms > 0 { "ahead of" } else { "behind" };
    Verdict::Warning(
        format!(
            "it is {} {way} this machine's; no change is missed by that, but \"last updated wins\" compares the times \
             that both systems tell, uncorrected, and may let the wrong one of two conflicting changes win",
            in_words(off)
        ),
        "have the clocks of both servers, and of this machine, set by NTP (`timedatectl set-ntp true`); where both \
         systems are off by the same, it is this machine's that is wrong"
            .to_owned(),
    )
}

fn in_words(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// What was told of by itself, and what was to be told.
struct Told {
    arrivals: Arrivals,
    pulse: Pulse,
}

impl Told {
    fn deliveries(&self) -> Verdict {
        let Arrivals {
            delivery,
            delivery_late_ms,
            ..
        } = self.arrivals;
        let Some(last) = delivery else {
            return Verdict::Warning(
                match self.pulse.changed {
                    Some(changed) => {
                        format!("none has come yet; an order or product was changed at {changed} UTC")
                    }
                    None => "none has come yet".to_owned(),
                },
                format!(
                    "change a customer in the shop while the service runs; where nothing comes within two minutes, see \
                     whether webhooks are there and active, and whether WP-Cron runs: {}",
                    self.wp_cron()
                ),
            );
        };
        if let Some(changed) = self.pulse.changed {
            return Verdict::Warning(
                format!(
                    "the last one came at {last} UTC, though an order or product was changed at {changed} UTC: WP-Cron \
                     does not run, or what it sends does not arrive; until then changes are found by sweeps"
                ),
                format!(
                    "see that the webhooks are active and the service runs; look in WooCommerce, under Status > Scheduled \
                     Actions, for pending ones named woocommerce_deliver_webhook_async, and under Status > Logs, \
                     webhooks-delivery, for failed ones; where they are pending: {}",
                    self.wp_cron()
                ),
            );
        }
        // By so much as the shop's clock is ahead it seems to come early. Its times have whole seconds.
        let late = delivery_late_ms.map(|late_ms| {
            let late_ms = late_ms + self.pulse.ahead_ms.unwrap_or_default();
            Duration::from_millis(late_ms.max(0).unsigned_abs())
        });
        match late {
            Some(late) if late > LATE => Verdict::Warning(
                format!(
                    "the last one came at {last} UTC, {} after the change that it tells of: WP-Cron seldom runs",
                    in_words(late)
                ),
                self.wp_cron(),
            ),
            Some(late) => Verdict::Good(format!(
                "the last one came at {last} UTC, {} after the change",
                in_words(late)
            )),
            None => Verdict::Good(format!("the last one came at {last} UTC")),
        }
    }

    /// What to do about WP-Cron.
    fn wp_cron(&self) -> String {
        let job = "on the shop's server, have a cron job call it each minute: `* * * * * curl -s \
                   https://SHOP/wp-cron.php?doing_wp_cron >/dev/null`";
        if self.pulse.runs_jobs == Some(false) {
            format!(
                "the site sets DISABLE_WP_CRON, so nothing is sent unless something calls wp-cron.php; {job}"
            )
        } else {
            format!("visits alone set WP-Cron off, and few or cached ones don't suffice; {job}")
        }
    }

    fn callbacks(&self) -> Verdict {
        let remedy = "see that the service runs and Vtiger's server reaches its address; with the extension, look in \
                      Vtiger, Settings, Integration, WooCommerce Sync, and press its test button; with workflows, see that \
                      they are active for contacts, products and sales orders, on each save";
        match (self.arrivals.callback, self.pulse.changed) {
            (Some(last), None) => Verdict::Good(format!("the last one came at {last} UTC")),
            (Some(last), Some(changed)) => Verdict::Warning(
                format!(
                    "the last one came at {last} UTC, though somebody changed a record at {changed} UTC; until then \
                     changes are found by sweeps"
                ),
                remedy.to_owned(),
            ),
            (None, changed) => Verdict::Warning(
                match changed {
                    Some(changed) => format!(
                        "none has come yet, though somebody changed a record at {changed} UTC; until then changes are \
                         found by sweeps"
                    ),
                    None => "none has come yet; until then changes are found by sweeps".to_owned(),
                },
                format!("change a contact in Vtiger while the service runs; where nothing comes, {remedy}"),
            ),
        }
    }
}
