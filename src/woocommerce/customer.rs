//! A customer's JSON as a record, and a patch as the JSON to send. Pure.

use serde_json::{Map, Value as Json};

use super::date::gmt;
use super::text;
use crate::sync::{Patch, Record, RecordId};

/// The record of a customer's JSON; nothing when it has no id.
pub(super) fn record(json: &Json) -> Option<Record> {
    let id = json.get("id")?.as_u64().filter(|id| *id > 0)?;
    let mut fields = json.as_object()?.clone();
    // Noise that changes with the reader and the verb.
    fields.remove("_links");
    fields.remove("avatar_url");
    for name in ["first_name", "last_name"] {
        if let Some(Json::String(text)) = fields.get_mut(name) {
            *text = text::decoded(text);
        }
    }
    Some(Record {
        id: RecordId::new(id.to_string()),
        modified: gmt(json, "date_modified_gmt"),
        modified_by: None,
        fields,
    })
}

/// The JSON that writes a patch.
pub(super) fn to_wire(patch: &Patch) -> Map<String, Json> {
    let mut body = Map::new();
    for (path, value) in &patch.0 {
        // WooCommerce refuses an empty billing.email, and with it the whole request.
        if path.as_reference() == Some(("billing", "email")) && value.is_blank() {
            continue;
        }
        path.set(&mut body, text::to_wire(path, value));
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::sync::{FieldPath, Value};

    #[test]
    fn a_customer_becomes_a_record_in_plain_text_without_noise() {
        let json = json!({
            "id": 7, "date_modified_gmt": "2026-11-23T11:36:33", "first_name": "A &amp; B", "role": "customer",
            "billing": {"company": "C &amp; D"}, "avatar_url": "https://x", "_links": {},
        });

        let record = record(&json).unwrap();

        assert_eq!(record.id.as_str(), "7");
        assert_eq!(record.modified, Some(Timestamp::from_seconds(1_795_433_793)));
        assert_eq!(record.fields["first_name"], "A & B");
        assert_eq!(record.fields["billing"]["company"], "C &amp; D");
        assert_eq!(record.fields["role"], "customer");
        assert!(!record.fields.contains_key("_links") && !record.fields.contains_key("avatar_url"));
    }

    #[test]
    fn a_customer_that_woocommerce_never_saved_has_no_modified_time() {
        let record = record(&json!({"id": 1, "date_modified_gmt": null})).unwrap();

        assert_eq!(record.modified, None);
    }

    #[test]
    fn what_has_no_id_is_no_customer() {
        for json in [
            json!(null),
            json!([]),
            json!({"email": "a@b.c"}),
            json!({"id": "x"}),
            json!({"id": 0}),
        ] {
            assert_eq!(record(&json), None, "{json}");
        }
    }

    #[test]
    fn a_patch_becomes_nested_json_without_nulls() {
        let patch = [
            ("first_name", Value::text("A & <b>")),
            ("billing.phone", Value::Null),
            ("billing.city", Value::text("Bonn")),
            ("billing.email", Value::text(" ")),
            ("meta_data[vat_id]", Value::text("DE1")),
        ]
        .map(|(path, value)| (FieldPath::parse(path).unwrap(), value));

        let body = to_wire(&Patch(patch.into()));

        let expected = json!({
            "first_name": "A &amp; &lt;b&gt;", "billing": {"phone": "", "city": "Bonn"},
            "meta_data": [{"key": "vat_id", "value": "DE1"}],
        });
        assert_eq!(Json::Object(body), expected);
    }
}
