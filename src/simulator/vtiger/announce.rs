//! What is told of saves, deletions and restorations: as the recorded custom functions do, or as the extension does.

use serde_json::{Value as Json, json};

use super::VtigerKind;
use super::data::Record;
use super::id::WebserviceId;
use super::operation::State;
use super::schema::Module;

/// The modules that the extension tells of.
const TOLD_OF: [&str; 4] = ["Contacts", "Accounts", "Products", "SalesOrder"];

impl State {
    /// Runs the workflow of a save: for each save, whoever made it and whether it changed anything or not.
    pub(super) fn announce(&mut self, id: &str, request_source: &str) {
        let Ok(record) = self.data.find(id) else {
            return;
        };
        if !self.is_entity(record.id) {
            return;
        }
        if self.kind == VtigerKind::Extended {
            let body = self.told(record, "vtiger.entity.aftersave.final", request_source);
            return self.tell(body);
        }
        let shown = self.data.retrieved(record);
        let mut body = json!({
            "module": self.module_of(record.id),
            "id": record.id.to_string(),
            "event": "workflow.save",
            "modifiedtime": shown.get("modifiedtime"),
            "createdtime": shown.get("createdtime"),
            "source": record.source,
            "modifiedby": record.modified_by.to_string(),
            "request_source": request_source,
            "fields": shown.len(),
            "has_LineItems": shown.contains_key("LineItems"),
        });
        if self.callback_with_data {
            body["data"] = shown.into();
        }
        self.outbox.push(body);
    }

    /// Runs the handler of deletions, which gets the bare number and the times of the last save.
    pub(super) fn announce_deletion(&mut self, before: &Record, request_source: &str) {
        if !self.is_entity(before.id) {
            return;
        }
        if self.kind == VtigerKind::Extended {
            let body = self.told(before, "vtiger.entity.afterdelete", request_source);
            return self.tell(body);
        }
        let body = self.handled(before, "vtiger.entity.afterdelete", request_source);
        self.outbox.push(body);
    }

    /// Runs what a restoration runs: the workflows of a save, and then the handler, which gets the bare number.
    pub(super) fn announce_restoration(&mut self, id: &str, request_source: &str) {
        if self.kind != VtigerKind::Extended {
            self.announce(id, request_source);
        }
        let Ok(record) = self.data.find(id) else {
            return;
        };
        if self.kind == VtigerKind::Extended {
            let body = self.told(record, "vtiger.entity.afterrestore", request_source);
            return self.tell(body);
        }
        let body = self.handled(record, "vtiger.entity.afterrestore", request_source);
        self.outbox.push(body);
    }

    /// What an event's handler tells of a record.
    fn handled(&self, record: &Record, event: &str, request_source: &str) -> Json {
        json!({
            "module": self.module_of(record.id),
            "id": record.id.number.to_string(),
            "event": event,
            "modifiedtime": self.data.time(record.modified),
            "isNew": false,
            "request_source": request_source,
            "data_class": "TrackableObject",
        })
    }

    /// What the extension tells of a record.
    fn told(&self, record: &Record, event: &str, request_source: &str) -> Json {
        let is_webservice = request_source.starts_with("ws:");
        json!({
            "module": self.module_of(record.id),
            "id": record.id.to_string(),
            "event": event,
            "modifiedtime": self.data.time(record.modified),
            "modified": record.modified,
            "modifiedby": record.modified_by.to_string(),
            "origin": if is_webservice { "webservice" } else { "person" },
        })
    }

    /// Sends what the extension tells, and of each product whose stock was moved meanwhile.
    fn tell(&mut self, body: Json) {
        let is_told_of = |body: &Json| TOLD_OF.iter().any(|module| body["module"] == *module);
        let moved = self.data.take_moved();
        let mut bodies = vec![body];
        for record in moved.iter().filter_map(|id| self.data.find(&id.to_string()).ok()) {
            let mut body = self.told(record, "updated", "");
            if let Some(body) = body.as_object_mut() {
                body.remove("modifiedby");
            }
            bodies.push(body);
        }
        self.outbox.extend(bodies.into_iter().filter(is_told_of));
    }

    /// Whether users make such records, so that workflows run.
    fn is_entity(&self, id: WebserviceId) -> bool {
        self.data
            .schema
            .by_prefix(id.prefix)
            .is_some_and(Module::is_entity)
    }

    fn module_of(&self, id: WebserviceId) -> &str {
        let module = self.data.schema.by_prefix(id.prefix);
        module.map_or("", |module| module.name.as_str())
    }
}
