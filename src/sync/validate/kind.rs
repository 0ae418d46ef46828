//! Whether a field holds what a mapping takes it for.

use super::Severity;
use crate::sync::{FieldInfo, FieldKind, FieldMapping, FieldType, Transform};

/// Why a field does not hold what the mapping takes it for.
pub(super) fn misfit(mapping: &FieldMapping, field: &FieldInfo) -> Option<(Severity, String, String)> {
    let holds = match &field.kind {
        FieldType::Text => "text",
        FieldType::Number => "a number",
        FieldType::Boolean => "yes or no",
        FieldType::Date => "a date",
        FieldType::Picklist(_) => "a value of a list",
        FieldType::Reference => "another record",
        FieldType::Structure => "something with parts of its own",
    };
    // Any key of a list such as `meta_data` holds text.
    let kind = if field.path.ends_with("[]") && field.kind == FieldType::Structure {
        &FieldType::Text
    } else {
        &field.kind
    };
    let has = |is_it: fn(&Transform) -> bool| mapping.transforms.iter().any(is_it);
    // Of a field that is not read nothing is asked, and what is written is another matter.
    if has(|step| matches!(step, Transform::Fixed(_))) {
        return None;
    }
    let translates = has(|step| matches!(step, Transform::Map(_) | Transform::Table(_)));
    let error = |remedy: String| {
        let problem = format!(
            "it holds {holds}, which does not fit the kind `{}`",
            name_of(mapping.kind)
        );
        Some((Severity::Error, problem, remedy))
    };
    let note = |remedy: &str| {
        let problem = format!("it holds {holds}, but is compared as {}", name_of(mapping.kind));
        Some((Severity::Note, problem, remedy.to_owned()))
    };
    let other = || error("take another field, or give the mapping the kind that fits".to_owned());
    match (mapping.kind, kind) {
        (FieldKind::Text, FieldType::Text | FieldType::Date | FieldType::Picklist(_))
        | (FieldKind::Email | FieldKind::Html, FieldType::Text)
        | (FieldKind::Number, FieldType::Text | FieldType::Number)
        | (
            FieldKind::Boolean,
            FieldType::Boolean | FieldType::Text | FieldType::Number | FieldType::Picklist(_),
        )
        | (FieldKind::Contact, FieldType::Reference | FieldType::Text | FieldType::Number)
        | (FieldKind::Basket, FieldType::Structure) => None,
        (FieldKind::Text, FieldType::Number | FieldType::Boolean | FieldType::Reference) if translates => {
            None
        }
        (FieldKind::Text, FieldType::Number) => {
            note("set kind = \"number\", or 1.5 and 1.50 count as different")
        }
        (FieldKind::Text, FieldType::Boolean) => note("set kind = \"boolean\""),
        (FieldKind::Text | FieldKind::Email | FieldKind::Html, FieldType::Reference) => error(format!(
            "name a field of that record behind a dot, such as `{}.name`",
            field.path
        )),
        (FieldKind::Text, FieldType::Structure) => error(format!(
            "name one of its parts behind a dot, such as `{}.name`",
            field.path
        )),
        (FieldKind::Number, FieldType::Picklist(values))
            if values.iter().all(|value| value.trim().parse::<f64>().is_ok()) =>
        {
            None
        }
        _ => other(),
    }
}

fn name_of(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "text",
        FieldKind::Email => "email",
        FieldKind::Number => "number",
        FieldKind::Boolean => "boolean",
        FieldKind::Html => "html",
        FieldKind::Contact => "contact",
        FieldKind::Basket => "basket",
    }
}
