//! Makes an exchange with a system into a line of the debug log.

use serde_json::Value as Json;

use secrecy::SecretString;

use super::disguise::{Disguise, Kind};
use super::mask::Mask;
use crate::clock::Timestamp;
use crate::store::DebugExchange;
use crate::sync::{Module, RecordId, Side};
use crate::system::{Exchange, Topic};

/// So many records are noted of one exchange.
const MOST_RECORDS: usize = 250;

/// An exchange, where and when it was, and what for.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) connection: String,
    pub(super) side: Side,
    pub(super) at: Timestamp,
    pub(super) topics: Vec<Topic>,
    pub(super) exchange: Exchange,
}

impl Heard {
    /// The module that it is about, where that is known.
    pub(super) fn module(&self) -> Option<Module> {
        let topic = self.topics.first().map(|topic| topic.module);
        topic.or_else(|| module_of(self.resource()?))
    }

    /// The records that it is about, as the log knows them.
    pub(super) fn records(&self) -> Vec<String> {
        let mut found = Vec::new();
        let topics = self.topics.iter().filter_map(|topic| topic.record.as_ref());
        found.extend(topics.map(key_of));
        let exchange = &self.exchange;
        if self.side == Side::WooCommerce {
            let parts = exchange.path.split('/').skip_while(|part| *part != "v3");
            found.extend(parts.filter(|part| is_id(part)).map(str::to_owned));
        }
        for (name, value) in &exchange.parameters {
            match name.as_str() {
                "id" => found.push(value.clone()),
                "include" => found.extend(value.split(',').map(str::to_owned)),
                "element" => ids(&serde_json::from_str(value).unwrap_or_default(), &mut found),
                "query" => found.extend(value.split('\'').skip(1).step_by(2).map(str::to_owned)),
                _ => {}
            }
        }
        if let Some(body) = &exchange.body {
            ids(body, &mut found);
        }
        // What Vtiger answers to `describe` and `login` has ids of other things.
        if self.kind() == Kind::People || self.module().is_some() {
            ids(
                &serde_json::from_slice(&exchange.answer).unwrap_or_default(),
                &mut found,
            );
        }
        found.retain(|id| is_id(id) || id.starts_with("guest"));
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|id| seen.insert(id.clone()));
        found.truncate(MOST_RECORDS);
        found
    }

    /// The line of the log.
    pub(super) fn disguised(&self, mask: &Mask, secrets: &[SecretString]) -> DebugExchange {
        let exchange = &self.exchange;
        let kind = self.kind();
        let disguise = Disguise::new(mask, secrets.iter().chain(&exchange.secrets).collect());
        let parameters = || {
            let pairs = exchange.parameters.iter();
            pairs
                .map(|(name, value)| format!("{name}={}", disguise.parameter(kind, name, value)))
                .collect::<Vec<_>>()
        };
        let is_form = exchange.method == "POST" && exchange.body.is_none();
        // What is masked in one place may stand in another one that is read earlier: the first round is to learn of it.
        let _ = (parameters(), self.request(&disguise, kind, is_form));
        let answer = disguise.body(kind, &exchange.answer);
        let answer = if answer.is_empty() {
            answer
        } else {
            disguise.body(kind, &exchange.answer)
        };
        let path = match (is_form, self.parameter("operation")) {
            (true, operation) => format!("{} ({})", exchange.path, operation.unwrap_or("?")),
            (false, _) if exchange.parameters.is_empty() => exchange.path.clone(),
            (false, _) => format!("{}?{}", exchange.path, parameters().join("&")),
        };
        DebugExchange {
            id: uuid::Uuid::now_v7().to_string(),
            connection: self.connection.clone(),
            side: self.side,
            at: self.at,
            module: self.module(),
            event: self.topics.first().map(|topic| topic.event.clone()),
            records: self.records(),
            method: exchange.method.clone(),
            path,
            status: exchange.status,
            took_ms: u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX),
            request: self.request(&disguise, kind, is_form),
            answer: Some(answer).filter(|answer| !answer.is_empty()),
            failure: exchange.failure.map(str::to_owned),
        }
    }

    fn request(&self, disguise: &Disguise<'_>, kind: Kind, is_form: bool) -> Option<String> {
        let exchange = &self.exchange;
        match &exchange.body {
            Some(body) => Some(disguise.json(kind, body)),
            None if is_form => {
                let pairs = exchange.parameters.iter();
                let lines: Vec<String> = pairs
                    .map(|(name, value)| format!("{name}={}", disguise.parameter(kind, name, value)))
                    .collect();
                Some(lines.join("\n"))
            }
            None => None,
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.exchange.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What kind of record is spoken of, in the system's words.
    fn resource(&self) -> Option<&str> {
        match self.side {
            Side::WooCommerce => {
                let mut parts = self.exchange.path.split('/').skip_while(|part| *part != "v3");
                parts.nth(1)
            }
            Side::Vtiger => self.parameter("elementType").or_else(|| {
                let mut words = self.parameter("query")?.split_whitespace();
                words.find(|word| word.eq_ignore_ascii_case("from"))?;
                words.next().map(|word| word.trim_end_matches(';'))
            }),
        }
    }

    /// Whether people are spoken of; where that isn't known they may be.
    fn kind(&self) -> Kind {
        const GOODS: [&str; 13] = [
            "products",
            "taxes",
            "settings",
            "system_status",
            "webhooks",
            "data",
            "payment_gateways",
            "Products",
            "Services",
            "Tax",
            "Currency",
            "LineItem",
            "ProductTaxes",
        ];
        const ABOUT_MODULES: [&str; 5] = ["describe", "listtypes", "getchallenge", "login", "logout"];
        let is_about_modules = self.side == Side::Vtiger
            && self
                .parameter("operation")
                .is_some_and(|operation| ABOUT_MODULES.contains(&operation));
        let is_of_goods = self.resource().is_some_and(|name| GOODS.contains(&name));
        if is_about_modules || is_of_goods || self.exchange.method == "OPTIONS" {
            Kind::Goods
        } else {
            Kind::People
        }
    }
}

/// What the log knows a record by: its id, but for guests, whose ids hold their e-mail address.
pub(super) fn key_of(id: &RecordId) -> String {
    use sha2::{Digest, Sha256};
    match id.guest_email() {
        Some(email) => format!("guest-{}", hex::encode(&Sha256::digest(email)[..8])),
        None => id.as_str().to_owned(),
    }
}

fn module_of(resource: &str) -> Option<Module> {
    match resource {
        "customers" | "Contacts" | "Accounts" => Some(Module::Contacts),
        "products" | "Products" | "Services" => Some(Module::Products),
        "orders" | "SalesOrder" => Some(Module::SalesOrders),
        "taxes" | "Tax" => Some(Module::Taxes),
        _ => None,
    }
}

/// Whether a text is the id of a record in either system.
fn is_id(text: &str) -> bool {
    let is_number =
        |text: &str| !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(text)
        || text
            .split_once('x')
            .is_some_and(|(module, record)| is_number(module) && is_number(record))
}

/// The ids of the records that a body holds, or is.
fn ids(body: &Json, found: &mut Vec<String>) {
    const WRAPPERS: [&str; 6] = ["create", "update", "delete", "result", "updated", "deleted"];
    match body {
        Json::Array(list) => list.iter().for_each(|one| ids(one, found)),
        Json::Object(object) => {
            match object.get("id") {
                Some(Json::String(id)) => found.push(id.clone()),
                Some(Json::Number(id)) => found.push(id.to_string()),
                _ => {}
            }
            for wrapper in WRAPPERS {
                if let Some(inner @ (Json::Array(_) | Json::Object(_))) = object.get(wrapper) {
                    ids(inner, found);
                }
            }
        }
        _ => {}
    }
}
