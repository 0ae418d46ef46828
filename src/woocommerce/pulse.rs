//! How a shop is at present: its clock, what was changed last, and whether WP-Cron is switched on.

use serde_json::Value as Json;

use super::WooCommerce;
use super::date::to_gmt;
use super::rest::API;
use crate::clock::Timestamp;
use crate::system::{Pulse, SystemError};

impl WooCommerce {
    /// Of customers nobody can tell what was changed last: WooCommerce neither filters nor sorts them by that.
    pub(super) async fn pulse_of(&self, since: Timestamp, until: Timestamp) -> Result<Pulse, SystemError> {
        let now = self.last_change("orders", &[]).await?;
        let ahead_ms = now.ahead_ms.unwrap_or_default();
        let by_its_clock = |at: Timestamp| to_gmt(Timestamp::from_millis(at.as_millis() + ahead_ms));
        let (after, before) = (by_its_clock(since), by_its_clock(until));
        let filters = [
            ("modified_after", after.as_str()),
            ("modified_before", before.as_str()),
            ("dates_are_gmt", "true"),
        ];
        let mut changed = None;
        if since < until {
            for collection in ["orders", "products"] {
                changed = changed.max(self.last_change(collection, &filters).await?.mark);
            }
        }
        Ok(Pulse {
            ahead_ms: now.ahead_ms,
            changed: changed.map(|at| Timestamp::from_millis(at.as_millis() - ahead_ms)),
            runs_jobs: self.runs_wp_cron().await,
        })
    }

    /// Whether WP-Cron is switched on. Few fields are asked for, as others have the shop call other sites.
    async fn runs_wp_cron(&self) -> Option<bool> {
        let path = format!("{API}/system_status");
        let query = [("_fields", "environment.wp_cron")];
        let answer = self.rest.get("read the system status", path, &query).await.ok()?;
        answer
            .body
            .pointer("/environment/wp_cron")
            .and_then(Json::as_bool)
    }
}
