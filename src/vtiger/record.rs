//! Turns the webservice's rows into records.
//!
//! Pure. A query shows `null` where `retrieve` shows an empty text, and `label` comes with HTML entities:
//! both are evened out here, so that the same record always looks the same.

use serde_json::{Map, Value as Json};

use super::zone::Zone;
use crate::clock::Timestamp;
use crate::sync::{FieldPath, Record, RecordId};

/// A row as a record; `None` when it has no id.
pub(crate) fn record(mut row: Map<String, Json>, zone: &Zone, now: Timestamp) -> Option<Record> {
    let id = RecordId::new(row.get("id")?.as_str()?);
    let modified = row
        .get("modifiedtime")
        .and_then(Json::as_str)
        .and_then(|time| zone.read(time, now));
    let modified_by = row
        .get("modifiedby")
        .and_then(Json::as_str)
        .filter(|user| !user.is_empty())
        .map(str::to_owned);
    for (name, value) in &mut row {
        match value {
            Json::Null => *value = Json::String(String::new()),
            Json::String(text) if name == "label" => {
                *text = html_escape::decode_html_entities(text).into_owned();
            }
            _ => {}
        }
    }
    Some(Record {
        id,
        modified,
        modified_by,
        fields: row,
    })
}

/// Whether a callback's fields hold all that these paths need.
pub(crate) fn holds(fields: &Map<String, Json>, needed: &[FieldPath]) -> bool {
    let has_text = |name: &str| {
        fields
            .get(name)
            .is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()))
    };
    has_text("modifiedtime")
        && fields.contains_key("id")
        && needed.iter().all(|path| fields.contains_key(path.root()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(json: &Json) -> Map<String, Json> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn nulls_and_entities_are_evened_out() {
        let row = row(&json!({
            "id": "12x7", "label": "Anna M&uuml;ller &amp; Co", "lastname": "A &amp; B", "birthday": null,
            "modifiedtime": "2026-11-23 11:24:55", "modifiedby": "",
        }));

        let record = record(row, &Zone::new(None), Timestamp::from_seconds(0)).unwrap();

        assert_eq!(record.fields["label"], "Anna Müller & Co");
        assert_eq!(record.fields["lastname"], "A &amp; B", "fields come decoded");
        assert_eq!(record.fields["birthday"], "");
        assert_eq!(record.modified.unwrap().to_string(), "2026-11-23 11:24:55");
        assert_eq!(record.modified_by, None);
    }

    #[test]
    fn fields_hold_what_is_needed_or_the_record_must_be_fetched() {
        let needed: Vec<FieldPath> = ["lastname", "account_id.accountname"]
            .iter()
            .map(|path| path.parse().unwrap())
            .collect();
        let full =
            json!({"id": "12x7", "modifiedtime": "2026-11-23 11:24:55", "lastname": "", "account_id": ""});

        assert!(holds(&row(&full), &needed));
        for missing in ["id", "modifiedtime", "lastname", "account_id"] {
            let mut fields = row(&full);
            fields.remove(missing);
            assert!(!holds(&fields, &needed), "{missing}");
        }
    }
}
