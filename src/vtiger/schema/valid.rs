//! Refuses what Vtiger would accept without a word and keep as something else.
//!
//! Pure. Vtiger checks no picklist, and cuts a key so that the record is never found by it again.

use super::Description;
use crate::sync::{Module, Patch, Value};
use crate::system::FieldType;
use crate::vtiger::{match_field, stored};

/// How many of a picklist's values a message lists.
const LISTED: usize = 8;

/// How much of a value a message quotes.
const QUOTED: usize = 40;

/// What stands between the values of a picklist that may have several.
const BETWEEN_VALUES: &str = "|##|";

/// Why a value can't be written, and to which field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid {
    pub(crate) field: String,
    pub(crate) message: String,
}

/// Whether Vtiger would keep what is to be written.
pub(crate) fn validate(
    module: Module,
    description: Option<&Description>,
    patch: &Patch,
) -> Result<(), Invalid> {
    for (path, value) in &patch.0 {
        let field = path.to_string();
        key_is_kept(module, &field, value)?;
        if let Some(description) = description {
            is_listed(module, description, &field, value)?;
        }
    }
    Ok(())
}

/// A key that is cut or loses a character would never be found again, and so be made again and again.
fn key_is_kept(module: Module, field: &str, value: &Value) -> Result<(), Invalid> {
    if !matches!(module, Module::Products | Module::Contacts) || field != match_field(module) {
        return Ok(());
    }
    let written = value.as_text();
    let shown = stored::text(module, field, &written);
    if shown == written {
        return Ok(());
    }
    let message = if shown.chars().count() < written.chars().count() {
        format!(
            "{field} is longer than the {} characters that Vtiger keeps, and the record would not be found by it again; \
             shorten it",
            shown.chars().count()
        )
    } else {
        format!(
            "{field} has characters that Vtiger can't keep, such as emoji, and the record would not be found by it \
             again; take them out"
        )
    };
    Err(Invalid {
        field: field.to_owned(),
        message,
    })
}

fn is_listed(module: Module, description: &Description, field: &str, value: &Value) -> Result<(), Invalid> {
    // A shop has categories of its own, and Vtiger keeps any.
    if (module, field) == (Module::Products, "productcategory") || value.is_blank() {
        return Ok(());
    }
    let Some(described) = description.field(field) else {
        return Ok(());
    };
    let FieldType::Picklist(values) = &described.kind else {
        return Ok(());
    };
    let written = value.as_text();
    let is_there = |part: &str| values.iter().any(|value| value == part.trim());
    if values.is_empty() || is_there(&written) || written.split(BETWEEN_VALUES).all(is_there) {
        return Ok(());
    }
    let mut listed: Vec<&str> = values.iter().take(LISTED).map(String::as_str).collect();
    if values.len() > LISTED {
        listed.push("…");
    }
    let quoted: String = written.chars().take(QUOTED).collect();
    Err(Invalid {
        field: field.to_owned(),
        message: format!(
            "`{quoted}` is none of the values of {} ({field}): {}; map it to one of these, or add it in Vtiger, \
             Settings, Picklist Field Values",
            described.label,
            listed.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn described(module: &str) -> Description {
        let path = format!(
            "{}/tests/fixtures/vtiger/describe_{module}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let recording: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        Description::read(recording["body"]["result"].as_object().unwrap())
    }

    fn problem(module: Module, description: &str, field: &str, value: &str) -> Option<String> {
        let patch = Patch([(field.parse().unwrap(), Value::text(value))].into());
        let invalid = validate(module, Some(&described(description)), &patch).err()?;
        assert_eq!(invalid.field, field);
        Some(invalid.message)
    }

    #[test]
    fn a_picklists_value_must_be_one_of_its_values() {
        let status = |value| problem(Module::SalesOrders, "SalesOrder", "sostatus", value);

        assert_eq!(status("Delivered"), None);
        assert_eq!(status(""), None);
        let message = status("Shipped").unwrap();
        assert!(
            message.starts_with("`Shipped` is none of the values of Status (sostatus): Created, Approved")
        );
        let unit = |value| problem(Module::Products, "Products", "usageunit", value);
        assert_eq!(unit("Box |##| Each"), None);
        assert!(unit("Box |##| Fathom").unwrap().contains("…"), "the list is long");
    }

    #[test]
    fn a_category_may_be_any() {
        let category = |value| problem(Module::Products, "Products", "productcategory", value);

        assert_eq!(category("Hats & Caps"), None);
    }

    #[test]
    fn a_key_must_be_kept_whole() {
        let code = |value: &str| problem(Module::Products, "Products", "productcode", value);

        assert_eq!(code(&"S".repeat(40)), None);
        assert!(
            code(&"S".repeat(41))
                .unwrap()
                .contains("longer than the 40 characters")
        );
        assert!(code("SKU-😀").unwrap().contains("emoji"));
        let email = format!("{}@shop.example", "a".repeat(100));
        assert!(problem(Module::Contacts, "Contacts", "email", &email).is_some());
    }
}
