//! What to leave out of the sync log, as a form.

use crate::history::LogQuery;
use crate::store::Action;
use crate::sync::{Module, Side};
use crate::web::Web;

/// The form, filled in as it was sent.
#[derive(Debug)]
pub(super) struct FilterForm {
    /// Where it is sent to.
    pub(super) path: &'static str,
    pub(super) connections: Vec<Choice>,
    pub(super) modules: Vec<Choice>,
    pub(super) sides: Vec<Choice>,
    pub(super) statuses: Vec<Choice>,
    pub(super) from: String,
    pub(super) until: String,
    /// What the address says for it; nothing where everything is shown.
    pub(super) address: String,
}

/// One of several that can be chosen.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

/// What can be asked for beside each action by itself.
const STATUSES: [(&str, &str); 2] = [("unsynced", "log-status-unsynced"), ("other", "log-status-other")];

impl FilterForm {
    pub(super) fn new(web: &Web, path: &'static str, query: &LogQuery) -> Self {
        let choice = |chosen: &Option<String>, value: &str, name: String| Choice {
            value: value.to_owned(),
            name,
            is_chosen: chosen.as_deref() == Some(value),
        };
        let mut statuses: Vec<Choice> = (STATUSES.iter())
            .map(|(value, key)| choice(&query.status, value, crate::web::texts::say(key)))
            .collect();
        statuses.extend(
            (Action::ALL.into_iter())
                .map(|action| choice(&query.status, action.as_str(), action.as_str().to_owned())),
        );
        let connections = web.history.connections.names();
        Self {
            path,
            connections: (connections.iter())
                .filter(|_| connections.len() > 1)
                .map(|name| choice(&query.connection, name, name.clone()))
                .collect(),
            modules: (Module::ALL.into_iter())
                .map(|module| choice(&query.module, module.as_str(), module.title().to_owned()))
                .collect(),
            sides: (Side::BOTH.into_iter())
                .map(|side| choice(&query.side, side.as_str(), side.title().to_owned()))
                .collect(),
            statuses,
            from: query.from.clone().unwrap_or_default(),
            until: query.until.clone().unwrap_or_default(),
            address: query.to_address(),
        }
    }

    /// The address of another page of the same part.
    pub(super) fn on(&self, path: &str) -> String {
        if self.address.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", self.address)
        }
    }

    /// The address of this page with one more value.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let value: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        let joint = if self.address.is_empty() { "" } else { "&" };
        format!("{}?{}{joint}{name}={value}", self.path, self.address)
    }
}
