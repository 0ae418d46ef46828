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
pub(super) const CHANGES: &str = "woovtigersync_changes";

/// The most changes that are told at once.
const MOST_CHANGES: usize = 500;

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
            "operations": [CAPABILITIES, SAVE_ORDER, DELETE_ORDER, CHANGES],
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

    /// What changed in a module after the cursor, in the order of time. The second that runs is left for later.
    pub(super) fn changes(&self, module: &str, cursor: &str, limit: &str, now: Timestamp) -> Answer {
        let module = self
            .data
            .schema
            .module(module)
            .filter(|module| module.is_entity());
        let module = module.ok_or_else(Failure::denied)?;
        let (time, number) = cursor.split_once('/').unwrap_or_default();
        let number: u64 = number.parse().unwrap_or_default();
        let limit = limit.parse().unwrap_or(100).clamp(1, MOST_CHANGES);
        let until = self.data.latest(now);
        let mut changed: Vec<_> = self
            .data
            .all(module)
            .map(|record| ((self.data.time(record.modified), record.id.number), record))
            .filter(|((at, id), _)| *at < until && (at.as_str(), *id) > (time, number))
            .collect();
        changed.sort_by(|(one, _), (other, _)| one.cmp(other));
        let more = changed.len() > limit;
        changed.truncate(limit);
        let cursor = changed.last().map_or_else(
            || cursor.to_owned(),
            |((time, number), _)| format!("{time}/{number}"),
        );
        let told = changed.into_iter().map(|((time, _), record)| {
            json!({
                "id": record.id.to_string(),
                "modifiedtime": time,
                "modified": record.modified,
                "modifiedby": record.modified_by.to_string(),
                "deleted": record.deleted,
            })
        });
        Ok(json!({
            "changes": told.collect::<Vec<_>>(), "cursor": cursor, "more": more, "now": now.as_seconds(),
        }))
    }

    fn by_extension(&self, now: Timestamp) -> Writer {
        Writer {
            moves_stock: false,
            fails_on_lines: false,
            ..self.by_api(now)
        }
    }
}
