//! The webservice's operations on the CRM's state, as `webservice.php` runs them.
//!
//! Knows no HTTP beyond which of a request's parameters an operation reads; does no I/O.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::access::Access;
use super::answer::{Answer, Failure};
use super::data::{Data, Mandatory, Writer};
use super::schema::INTEGRATION_USER;
use super::select::{changes, select};
use super::{Call, VtigerKind, extension};
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

    /// The record that it writes to, where it writes to one that is there.
    pub(super) fn written(&self) -> Option<String> {
        let writes = [
            "update",
            "revise",
            "delete",
            extension::SAVE_ORDER,
            extension::DELETE_ORDER,
        ];
        let record = writes.contains(&self.operation()).then(|| self.detail())?;
        (!record.is_empty()).then_some(record)
    }

    /// What it is about, for [`Call::detail`].
    fn detail(&self) -> String {
        let name = match self.operation() {
            "getchallenge" | "login" => "username",
            "retrieve" | "delete" | extension::DELETE_ORDER => "id",
            "query" => "query",
            extension::CHANGES => "module",
            "update" | "revise" | extension::SAVE_ORDER => {
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
        "getchallenge"
        | "listtypes"
        | "describe"
        | "retrieve"
        | "query"
        | "sync"
        | extension::CAPABILITIES
        | extension::CHANGES => Some(Verb::Get),
        "login"
        | "extendsession"
        | "logout"
        | "create"
        | "update"
        | "revise"
        | "delete"
        | extension::SAVE_ORDER
        | extension::DELETE_ORDER => Some(Verb::Post),
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
        self.note(request, answer.is_ok(), now);
        answer
    }

    /// Adds to the list of calls.
    pub(super) fn note(&mut self, request: &Request, success: bool, now: Timestamp) {
        self.calls.push(Call {
            at: now,
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
            extension::CAPABILITIES
            | extension::SAVE_ORDER
            | extension::DELETE_ORDER
            | extension::CHANGES
                if self.kind != VtigerKind::Extended =>
            {
                return Err(Failure::Fatal);
            }
            _ => {}
        }
        let session = request.anywhere("sessionName");
        self.enter(operation, session, now)?;
        match operation {
            "extendsession" => Ok(Access::extend(session)),
            "logout" if self.kind.is_unmended() => Err(Failure::Fatal),
            "logout" => Ok(self.access.logout(session)),
            "listtypes" => Ok(self.list_types(parameter("fieldTypeList"))),
            "describe" => self.describe(parameter("elementType")),
            "retrieve" => self.retrieve(parameter("id")),
            "query" if parameter("query").is_empty() => Err(Failure::denied_for(" for query")),
            "query" => select(&self.data, parameter("query")),
            "sync" => self.sync(parameter("elementType"), parameter("modifiedTime")),
            "create" => self.create(parameter("elementType"), parameter("element"), now),
            extension::CAPABILITIES => Ok(self.capabilities(now)),
            extension::CHANGES => {
                self.changes(parameter("module"), parameter("cursor"), parameter("limit"), now)
            }
            extension::SAVE_ORDER => self.save_whole_order(parameter("element"), now),
            "update" => self.save("ws:update", parameter("element"), Mandatory::Demanded, now),
            "revise" => self.save("ws:revise", parameter("element"), Mandatory::IfSent, now),
            extension::DELETE_ORDER => self.delete_order(parameter("id"), now),
            _ => self.delete_by(parameter("id"), self.by_api(now)),
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
        if self.kind.is_unmended() || module.is_empty() || since <= 0 {
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

    pub(super) fn delete_by(&mut self, id: &str, writer: Writer) -> Answer {
        let found = self.data.find(id)?.id;
        let before = self.data.delete(found, writer)?;
        self.announce_deletion(&before, "ws:delete");
        Ok(json!({"status": "successful"}))
    }

    pub(super) fn by_api(&self, at: Timestamp) -> Writer {
        Writer {
            user: INTEGRATION_USER,
            source: "WEBSERVICE",
            at,
            moves_stock: true,
            fails_on_lines: self.kind.is_unmended(),
        }
    }
}

/// An empty list is an empty map, too: in PHP both are arrays.
pub(super) fn read(element: &str) -> Result<Map<String, Json>, Failure> {
    match serde_json::from_str(element) {
        Ok(Json::Object(element)) => Ok(element),
        Ok(Json::Array(_)) => Ok(Map::new()),
        _ => Err(Failure::internal()),
    }
}
