//! What surrounds every page: the name, the ways to the other pages, who is signed in, and what is to be told.

use super::Web;
use super::asset::VERSION;
use super::viewer::Viewer;

/// The areas that the menu leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    /// What was done.
    Log,
    /// Shops and CRMs that are kept in step.
    Connections,
    /// One record.
    Records,
    /// What needs a person.
    Attention,
    /// Events that failed too often.
    Failed,
    /// What can be set.
    Settings,
    /// How everything is.
    Health,
    /// What was said to the systems.
    DebugLog,
    /// Who may use the pages.
    Accounts,
    /// One's own account.
    Yours,
}

impl Area {
    /// Those in the menu, with where they are and the key of their name.
    const MENU: [(Self, &'static str, &'static str); 9] = [
        (Self::Log, "/", "frame-overview"),
        (Self::Records, "/records", "frame-records"),
        (Self::Attention, "/attention", "frame-attention"),
        (Self::Failed, "/failed", "frame-failed"),
        (Self::Connections, "/connections", "frame-connections"),
        (Self::Settings, "/settings", "settings-title"),
        (Self::Health, "/health", "frame-health"),
        (Self::DebugLog, "/debug", "frame-debug"),
        (Self::Accounts, "/accounts", "frame-accounts"),
    ];
}

/// What surrounds a page.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) version: &'static str,
    pub(super) area: Area,
    pub(super) name: String,
    pub(super) is_admin: bool,
    pub(super) is_demo: bool,
    pub(super) note: Option<String>,
    csrf: String,
}

impl Frame {
    /// What surrounds a page of that area.
    pub(super) fn new(web: &Web, viewer: &Viewer, area: Area) -> Self {
        Self {
            version: VERSION,
            area,
            name: viewer.name.clone(),
            is_admin: viewer.is_admin(),
            is_demo: web.demo.is_some(),
            note: viewer.note.clone(),
            csrf: viewer.csrf.clone(),
        }
    }

    /// The menu: where to, the key of the name, and whether it is this area.
    pub(super) fn menu(&self) -> Vec<(&'static str, &'static str, bool)> {
        let entries = Area::MENU.into_iter();
        entries
            .map(|(area, path, key)| (path, key, area == self.area))
            .collect()
    }

    /// What each form holds, so that no other site can send it. It is HTML: digits and letters alone.
    pub(super) fn csrf_field(&self) -> String {
        format!(r#"<input type="hidden" name="csrf" value="{}">"#, self.csrf)
    }
}
