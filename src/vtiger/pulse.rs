//! How a CRM is at present: its clock, and what people changed last.

use super::fault::system_error;
use super::operation::Doing;
use super::webservice::{PAGE_ROWS, literal};
use super::{Vtiger, element_type, row};
use crate::clock::Timestamp;
use crate::sync::Module;
use crate::system::{Pulse, SystemError};

impl Vtiger {
    /// Of changes by the user that this program works as nobody needs to tell.
    pub(super) async fn pulse_of(&self, since: Timestamp, until: Timestamp) -> Result<Pulse, SystemError> {
        let challenge = self.webservice.challenge().await;
        let challenge = challenge.map_err(|error| system_error("ask for the time", &error))?;
        let now = Timestamp::from_seconds(challenge.server_time);
        let ahead_ms = now.as_millis() - self.webservice.now().as_millis();
        let by_its_clock = |at: Timestamp| Timestamp::from_millis(at.as_millis() + ahead_ms);
        let (after, before) = (by_its_clock(since), by_its_clock(until));
        let session = self.webservice.session().await;
        let own = session
            .map_err(|error| system_error("sign in", &error))?
            .user_id
            .clone();
        let mut changed = None;
        if since < until {
            for module in [Module::Contacts, Module::Products, Module::SalesOrders] {
                let query = format!(
                    "SELECT id, modifiedtime, modifiedby FROM {} WHERE modifiedtime > {} ORDER BY modifiedtime, id \
                     LIMIT {PAGE_ROWS};",
                    element_type(module),
                    literal(&self.zone.write_latest(after))
                );
                let rows = self.webservice.query(&query).await;
                let rows = rows.map_err(|error| system_error(Doing::List.to(module), &error))?;
                let others = rows
                    .iter()
                    .filter(|fields| row::text(fields, "modifiedby") != own);
                let times = others.filter_map(|fields| {
                    let time = row::text(fields, "modifiedtime");
                    self.zone.read_earliest(time, now)
                });
                changed = changed.max(times.filter(|at| *at <= before).max());
            }
        }
        Ok(Pulse {
            ahead_ms: Some(ahead_ms),
            changed: changed.map(|at| Timestamp::from_millis(at.as_millis() - ahead_ms)),
            runs_jobs: None,
        })
    }
}
