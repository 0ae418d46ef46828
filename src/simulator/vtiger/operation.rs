//! The webservice's operations on the CRM's state, as `webservice.php` runs them.
//!
//! Knows no HTTP beyond which of a request's parameters an operation reads; does no I/O.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::access::Access;
use super::answer::{Answer, Failure};
use super::data::{Data, Mandatory, Record, Writer};
use super::id::WebserviceId;
use super::schema::{INTEGRATION_USER, Module};
use super::select::{changes, select};
use super::{Call, VtigerKind};
use crate::clock::Timestamp;

/// Later moments, such as milliseconds taken for seconds, are no dates to the database, which then finds everything.
const LAST_DATE: i64 = 253_402_300_799;

/// The parameters of a request.
pub(super) struct Request {
    pub(super) in_query: BTreeMap<String, String>,
    pub(super) in_form: BTreeMap<String, String>,
}

impl Request {
    /// Operation and session are taken from where they are.
    fn anywhere(&self, name: &str) -> &str {
        let found = self.in_form.get(name).or_else(|| self.in_query.get(name));
        found.map_or("", String::as_str)
    }

    pub(super) fn operation(&self) -> &str {
        self.anywhere("operation")
    }

    /// A parameter where the operation looks for it; empty when it isn't there.
    fn parameter(&self, name: &str) -> &str {
        let parameters = match verb(self.operation()) {
            Some(Verb::Get) => &self.in_query,
            Some(Verb::Post) | None => &self.in_form,
        };
        parameters.get(name).map_or("", String::as_str)
    }

    /// What it is about, for [`Call::detail`].
    fn detail(&self) -> String {
        let name = match self.operation() {
            "getchallenge" | "login" => "username",
            "retrieve" | "delete" => "id",
            "query" => "query",
            "update" | "revise" => {
                let element = read(self.parameter("element")).unwrap_or_default();
                return element
                    .get("id")
                    .and_then(Json::as_str)
                    .unwrap_or_default()
                    .to_owned();
            }
            _ => "elementType",
        };
        self.parameter(name).to_owned()
    }
}

/// Where an operation looks for its parameters, whatever the request's method is.
#[derive(Clone, Copy)]
enum Verb {
    Get,
    Post,
}

fn verb(operation: &str) -> Option<Verb> {
    match operation {
        "getchallenge" | "listtypes" | "describe" | "retrieve" | "query" | "sync" => Some(Verb::Get),
        "login" | "extendsession" | "logout" | "create" | "update" | "revise" | "delete" => Some(Verb::Post),
        _ => None,
    }
}

/// Whether it is an operation for those who have logged in.
pub(super) fn needs_session(operation: &str) -> bool {
    verb(operation).is_some() && !matches!(operation, "getchallenge" | "login")
}

/// All that the CRM remembers.
pub(super) struct State {
    pub(super) kind: VtigerKind,
    pub(super) callback_with_data: bool,
    pub(super) access: Access,
    pub(super) data: Data,
    pub(super) calls: Vec<Call>,
    /// Callbacks to be sent.
    pub(super) outbox: Vec<Json>,
}

impl State {
    /// Runs the operation that a request asks for.
    pub(super) fn perform(&mut self, request: &Request, now: Timestamp) -> Answer {
        let answer = self.answer(request, now);
        self.note(request, answer.is_ok());
        answer
    }

    /// Adds to the list of calls.
    pub(super) fn note(&mut self, request: &Request, success: bool) {
        self.calls.push(Call {
            operation: request.operation().to_owned(),
            detail: request.detail(),
            success,
        });
    }

    fn answer(&mut self, request: &Request, now: Timestamp) -> Answer {
        let operation = request.operation();
        let parameter = |name: &str| request.parameter(name);
        match operation {
            "getchallenge" => return self.access.get_challenge(parameter("username"), now),
            "login" => {
                return self
                    .access
                    .login(parameter("username"), parameter("accessKey"), now);
            }
            unknown if verb(unknown).is_none() => return Err(Failure::Fatal),
            _ => {}
        }
        let session = request.anywhere("sessionName");
        self.enter(operation, session, now)?;
        match operation {
            "extendsession" => Ok(Access::extend(session)),
            "logout" if self.kind == VtigerKind::Stock830 => Err(Failure::Fatal),
            "logout" => Ok(self.access.logout(session)),
            "listtypes" => Ok(self.list_types(parameter("fieldTypeList"))),
            "describe" => self.describe(parameter("elementType")),
            "retrieve" => self.retrieve(parameter("id")),
            "query" if parameter("query").is_empty() => Err(Failure::denied_for(" for query")),
            "query" => select(&self.data, parameter("query")),
            "sync" => self.sync(parameter("elementType"), parameter("modifiedTime")),
            "create" => self.create(parameter("elementType"), parameter("element"), now),
            "update" => self.save("ws:update", parameter("element"), Mandatory::Demanded, now),
            "revise" => self.save("ws:revise", parameter("element"), Mandatory::IfSent, now),
            _ => self.delete(parameter("id"), now),
        }
    }

    fn enter(&mut self, operation: &str, session: &str, now: Timestamp) -> Result<(), Failure> {
        match (operation, session) {
            ("extendsession", "") => Err(Failure::refused("AUTHENTICATION_FAILURE", "Authencation Failed")),
            (_, "") => Err(Failure::refused(
                "AUTHENTICATION_REQUIRED",
                "Authencation required",
            )),
            _ => self.access.enter(session, now),
        }
    }

    fn list_types(&self, field_types: &str) -> Json {
        let types: Option<Vec<String>> = serde_json::from_str(field_types).ok();
        self.data.schema.list(types.as_deref())
    }

    fn describe(&self, module: &str) -> Answer {
        self.data
            .schema
            .module(module)
            .and_then(|module| module.describe.clone())
            .ok_or_else(|| Failure::denied_for(&format!(" for name : {module}")))
    }

    fn retrieve(&self, id: &str) -> Answer {
        let record = self.data.find(id)?;
        Ok(self.data.retrieved(record).into())
    }

    fn sync(&self, module: &str, since: &str) -> Answer {
        let since: i64 = since.parse().unwrap_or_default();
        if self.kind == VtigerKind::Stock830 || module.is_empty() || since <= 0 {
            return Err(Failure::Fatal);
        }
        changes(&self.data, module, if since > LAST_DATE { 0 } else { since })
    }

    fn create(&mut self, module: &str, element: &str, now: Timestamp) -> Answer {
        if module.is_empty() {
            return Err(Failure::denied());
        }
        let element = read(element)?;
        let id = self.data.create(module, &element, self.by_api(now))?.to_string();
        self.announce(&id, "ws:create");
        let record = self.data.find(&id)?;
        Ok(self.data.saved(record, &element, true).into())
    }

    fn save(&mut self, source: &str, element: &str, mandatory: Mandatory, now: Timestamp) -> Answer {
        let element = read(element)?;
        let id = element.get("id").and_then(Json::as_str).unwrap_or_default();
        if id.is_empty() {
            return Err(Failure::invalid_id());
        }
        let found = self.data.find(id)?.id;
        self.data.save(found, &element, mandatory, self.by_api(now))?;
        self.announce(id, source);
        let record = self.data.find(id)?;
        Ok(self.data.saved(record, &element, false).into())
    }

    fn delete(&mut self, id: &str, now: Timestamp) -> Answer {
        let found = self.data.find(id)?.id;
        let before = self.data.delete(found, self.by_api(now))?;
        self.announce_deletion(&before, "ws:delete");
        Ok(json!({"status": "successful"}))
    }

    /// Runs the workflow of a save: for each save, whoever made it and whether it changed anything or not.
    pub(super) fn announce(&mut self, id: &str, request_source: &str) {
        let Ok(record) = self.data.find(id) else {
            return;
        };
        if !self.is_entity(record.id) {
            return;
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
        let body = json!({
            "module": self.module_of(before.id),
            "id": before.id.number.to_string(),
            "event": "vtiger.entity.afterdelete",
            "modifiedtime": self.data.time(before.modified),
            "isNew": false,
            "request_source": request_source,
            "data_class": "TrackableObject",
        });
        self.outbox.push(body);
    }

    /// Runs what a restoration runs: the workflows of a save, and then the handler, which gets the bare number.
    pub(super) fn announce_restoration(&mut self, id: &str, request_source: &str) {
        self.announce(id, request_source);
        let Ok(record) = self.data.find(id) else {
            return;
        };
        let body = json!({
            "module": self.module_of(record.id),
            "id": record.id.number.to_string(),
            "event": "vtiger.entity.afterrestore",
            "modifiedtime": self.data.time(record.modified),
            "isNew": false,
            "request_source": request_source,
            "data_class": "TrackableObject",
        });
        self.outbox.push(body);
    }

    fn by_api(&self, at: Timestamp) -> Writer {
        Writer {
            user: INTEGRATION_USER,
            source: "WEBSERVICE",
            at,
            moves_stock: true,
            fails_on_lines: self.kind == VtigerKind::Stock830,
        }
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

/// An empty list is an empty map, too: in PHP both are arrays.
fn read(element: &str) -> Result<Map<String, Json>, Failure> {
    match serde_json::from_str(element) {
        Ok(Json::Object(element)) => Ok(element),
        Ok(Json::Array(_)) => Ok(Map::new()),
        _ => Err(Failure::internal()),
    }
}
