//! The operations that the extension brings (`deploy/vtiger`), as far as orders need them.

use serde_json::{Value as Json, json};

use super::answer::{Answer, Failure};
use super::data::Writer;
use super::operation::{State, read};
use super::schema::INTEGRATION_USER;
use crate::clock::Timestamp;

pub(super) const CAPABILITIES: &str = "woovtigersync_capabilities";
pub(super) const SAVE_ORDER: &str = "woovtigersync_save_order";
pub(super) const DELETE_ORDER: &str = "woovtigersync_delete_order";

impl State {
    /// What the extension tells of itself and its server.
    pub(super) fn capabilities(&self, now: Timestamp) -> Json {
        json!({
            "extension": env!("CARGO_PKG_VERSION"),
            "protocol": 1,
            "vtiger": "8.3.0",
            "php": "8.2.0",
            "time_zone": "UTC",
            "now": now.as_seconds(),
            "now_text": self.data.time(now.as_seconds()),
            "user": INTEGRATION_USER.to_string(),
            "is_admin": true,
            "operations": [CAPABILITIES, SAVE_ORDER, DELETE_ORDER],
            "callbacks": {
                "url": true,
                "modules": ["Contacts", "Accounts", "Products", "SalesOrder"],
                "waiting": 0,
                "failed": 0,
            },
        })
    }

    /// Saves a whole order and answers it as `retrieve` does.
    pub(super) fn save_whole_order(&mut self, element: &str, now: Timestamp) -> Answer {
        let element = read(element)?;
        let schema = std::sync::Arc::clone(&self.data.schema);
        let module = schema.module("SalesOrder").ok_or_else(Failure::denied)?;
        let writer = self.by_extension(now);
        let (id, is_changed) = self.data.save_whole_order(module, &element, writer)?;
        let id = id.to_string();
        if is_changed {
            self.announce(&id, "ws:save_order");
        }
        let record = self.data.find(&id)?;
        Ok(self.data.retrieved(record).into())
    }

    /// Moves an order to the recycle bin.
    pub(super) fn delete_order(&mut self, id: &str, now: Timestamp) -> Answer {
        self.delete_by(id, self.by_extension(now))
    }

    fn by_extension(&self, now: Timestamp) -> Writer {
        Writer {
            moves_stock: false,
            fails_on_lines: false,
            ..self.by_api(now)
        }
    }
}
