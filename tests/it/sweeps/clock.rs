//! A clock that tests set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use woo_vtiger_sync::clock::{Clock, SystemClock, Timestamp};
use woo_vtiger_sync::simulator::vtiger::{VtigerKind, VtigerOptions};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceOptions;

use crate::scene::Scene;

/// A clock that goes as the system's does, ahead of it by what it was set to, unless it stands still.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    ahead_ms: AtomicI64,
    /// 0 where it goes.
    stopped_at_ms: AtomicI64,
}

impl Watch {
    /// Sets it ahead, or back.
    pub(crate) fn set_ahead(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.ahead_ms.fetch_add(by, Ordering::Relaxed);
    }

    /// Sets it back.
    pub(crate) fn set_back(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.ahead_ms.fetch_sub(by, Ordering::Relaxed);
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        self.stopped_at_ms
            .store(self.now().as_millis(), Ordering::Relaxed);
    }
}

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        match self.stopped_at_ms.load(Ordering::Relaxed) {
            0 => {
                let now = SystemClock.now().as_millis() + self.ahead_ms.load(Ordering::Relaxed);
                Timestamp::from_millis(now)
            }
            stopped => Timestamp::from_millis(stopped),
        }
    }
}

/// A clock of the shop's, one of the CRM's, and one of the service's.
#[derive(Clone, Default)]
pub(crate) struct Watches {
    pub(crate) shop: Arc<Watch>,
    pub(crate) crm: Arc<Watch>,
    pub(crate) service: Arc<Watch>,
}

impl Watches {
    /// Lets so much time pass everywhere.
    pub(crate) fn pass(&self, time: Duration) {
        for watch in [&self.shop, &self.crm, &self.service] {
            watch.set_ahead(time);
        }
    }

    /// Lets time pass everywhere until it is so many minutes after that moment.
    pub(crate) fn pass_until(&self, moment: Timestamp, minutes: i64) {
        let then = moment.as_millis() + minutes * 60_000;
        let left = then - self.service.now().as_millis();
        self.pass(Duration::from_millis(left.try_into().expect("a moment to come")));
    }

    /// A scene with these clocks.
    pub(crate) async fn scene(&self, settings: &str, crm: VtigerOptions) -> Scene {
        let shop = WooCommerceOptions {
            delivery_delay: Duration::ZERO,
            clock: Arc::<Watch>::clone(&self.shop),
            ..WooCommerceOptions::default()
        };
        let crm = VtigerOptions {
            clock: Arc::<Watch>::clone(&self.crm),
            ..crm
        };
        let clock = Arc::<Watch>::clone(&self.service);
        Scene::with_clock(settings, shop, crm, ToOwned::to_owned, clock).await
    }
}

/// A CRM of this kind.
pub(crate) fn crm(kind: VtigerKind) -> VtigerOptions {
    VtigerOptions {
        kind,
        ..VtigerOptions::default()
    }
}
