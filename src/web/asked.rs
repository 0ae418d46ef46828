//! Which records or events a page shows: the filters of a list, and where its page begins.

use serde::Deserialize;

use super::records::module_of;
use crate::sync::Module;

/// What is meant of a list.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// A connection's name; blank for all.
    #[serde(default)]
    pub(super) connection: String,
    /// A module's name; blank for all.
    #[serde(default)]
    pub(super) module: String,
    /// The id after which the page begins.
    #[serde(default)]
    pub(super) after: String,
}

impl Asked {
    /// The connection, where one is asked for.
    pub(super) fn connection(&self) -> Option<&str> {
        (!self.connection.is_empty()).then_some(self.connection.as_str())
    }

    /// The module, where one is asked for.
    pub(super) fn module(&self) -> Option<Module> {
        module_of(&self.module)
    }

    /// The filters, as the end of an address.
    pub(super) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("connection", &self.connection)
            .append_pair("module", &self.module)
            .finish()
    }
}
