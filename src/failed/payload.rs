//! What came with a failed event, without what people have in it: the names of the fields, and what kind of value each
//! holds.

use serde_json::{Map, Value as Json, json};

use crate::queue::{Change, Event, Seen, Subject};

/// Fields that tell nothing of a person, and much of what went wrong.
const PLAIN: [&str; 14] = [
    "id",
    "parent_id",
    "status",
    "type",
    "currency",
    "quantity",
    "date_created",
    "date_created_gmt",
    "date_modified",
    "date_modified_gmt",
    "createdtime",
    "modifiedtime",
    "sostatus",
    "discontinued",
];

/// So many members of an object or list are shown.
const MOST: usize = 60;

/// So deep the layers are shown.
const DEEPEST: usize = 6;

/// What came with an event; none where nothing did.
pub(super) fn masked(event: &Event) -> Option<Json> {
    let Subject::Record { change, .. } = &event.subject else {
        return None;
    };
    match change {
        Change::Changed(Seen::Body(body)) => Some(mask(body, DEEPEST)),
        Change::Changed(Seen::Record(record)) => Some(mask(&Json::Object(record.fields.clone()), DEEPEST)),
        Change::Take(taking) => {
            Some(json!({ "field": taking.field, "value": text(&taking.value.as_text()) }))
        }
        Change::StockTouched(ids) => Some(json!({ "products": ids })),
        Change::Changed(Seen::Nothing) | Change::Deleted | Change::StockMoved(_) => None,
    }
}

fn mask(json: &Json, layers: usize) -> Json {
    match json {
        Json::Object(_) | Json::Array(_) if layers == 0 => json!("…"),
        Json::Object(members) => {
            let mut shown: Map<String, Json> = members
                .iter()
                .take(MOST)
                .map(|(name, value)| {
                    let is_plain = PLAIN.contains(&name.as_str()) && !value.is_object() && !value.is_array();
                    let value = if is_plain {
                        value.clone()
                    } else {
                        mask(value, layers - 1)
                    };
                    (name.clone(), value)
                })
                .collect();
            if members.len() > MOST {
                shown.insert("…".to_owned(), json!(members.len() - MOST));
            }
            Json::Object(shown)
        }
        Json::Array(items) => items
            .iter()
            .take(MOST)
            .map(|item| mask(item, layers - 1))
            .collect(),
        Json::String(value) => text(value),
        Json::Number(_) => json!("•"),
        Json::Bool(_) | Json::Null => json.clone(),
    }
}

/// That there is a text is told, and whether it is blank, not what it says.
fn text(value: &str) -> Json {
    if value.trim().is_empty() {
        json!("")
    } else {
        json!("•••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_and_what_people_wrote_is_not_shown() {
        let body = json!({
            "id": 7, "status": "processing", "email": "ann@shop.example", "first_name": " ",
            "billing": { "phone": "555 1000", "id": { "email": "ann@shop.example" } },
            "line_items": [{ "name": "Desk", "quantity": 2, "total": 19.5, "taxes": null }],
        });

        let shown = mask(&body, DEEPEST);

        assert_eq!(
            shown,
            json!({
                "id": 7, "status": "processing", "email": "•••", "first_name": "",
                "billing": { "phone": "•••", "id": { "email": "•••" } },
                "line_items": [{ "name": "•••", "quantity": 2, "total": "•", "taxes": null }],
            })
        );
    }

    #[test]
    fn what_is_deep_or_long_is_cut_short() {
        let deep = (0..20).fold(json!("secret"), |inner, _| json!({ "a": inner }));
        let long: Map<String, Json> = (0..100).map(|nth| (format!("f{nth:03}"), json!(true))).collect();

        assert!(!mask(&deep, DEEPEST).to_string().contains("secret"));
        assert_eq!(mask(&Json::Object(long), DEEPEST)["…"], 40);
    }
}
