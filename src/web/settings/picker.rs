//! The fields that can be picked, as a list to search in.

use std::fmt::Write as _;

use crate::settings::{Field, Listed};
use crate::web::texts;

/// The fields of one side, for an input that offers them.
pub(super) struct Picker {
    /// Path, and what else there is to say of it.
    pub(super) options: Vec<(String, String)>,
    /// Why the fields aren't known.
    pub(super) away: Option<String>,
}

impl Picker {
    pub(super) fn new(listed: &Listed) -> Self {
        let options = listed
            .fields
            .iter()
            .map(|field| (field.path.clone(), described(field)));
        Self {
            options: options.collect(),
            away: listed.away.clone(),
        }
    }
}

/// A field in words: its name, what it holds, and whether a record needs it or nobody can write it.
pub(super) fn described(field: &Field) -> String {
    let holds = match field.holds {
        "number" => texts::say("settings-holds-number"),
        "boolean" => texts::say("settings-holds-boolean"),
        "date" => texts::say("settings-holds-date"),
        "picklist" => texts::say("settings-holds-picklist"),
        "reference" => texts::say("settings-holds-reference"),
        "structure" => texts::say("settings-holds-structure"),
        _ => texts::say("settings-holds-text"),
    };
    let mut text = format!("{} · {holds}", field.label);
    for (is_so, key) in [
        (field.mandatory, "settings-field-mandatory"),
        (!field.writable, "settings-field-read-only"),
    ] {
        if is_so {
            // Writing to a string can't fail.
            let _ = write!(text, " · {}", texts::say(key));
        }
    }
    text
}
