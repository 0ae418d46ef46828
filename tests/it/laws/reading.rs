//! What was written can be read, and nothing that comes in makes anything panic: law 10.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use woo_vtiger_sync::clock::Timestamp;
use woo_vtiger_sync::queue::{Cause, Change, Event, Seen, Subject};
use woo_vtiger_sync::sync::{Base, FieldPath, Lines, MatchKey, Module, RecordId, Side, Sides, Value, plan};
use woo_vtiger_sync::vtiger::callback;
use woo_vtiger_sync::woocommerce::webhook;

use super::generate::{any_json, scalar, settings, text};
use super::scene::{history, scene};

fn there_and_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Values as records give them, and numbers with all their digits.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        scalar().prop_map(|json| Value::from_json(&json)),
        (any::<i64>(), 0_u32..29)
            .prop_map(|(digits, scale)| Value::Number(rust_decimal::Decimal::new(digits, scale))),
        any::<String>().prop_map(Value::Text),
    ]
}

/// Text that is nearly a path.
fn nearly_a_path() -> impl Strategy<Value = String> {
    let piece = select(vec!["a", "meta_data", ".", "[", "]", " ", "+", "|", "ä", "\n"]);
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn change() -> impl Strategy<Value = Change> {
    let body = |json| serde_json::json!({ "id": 1, "email": json });
    prop_oneof![
        Just(Change::Deleted),
        Just(()).prop_map(|()| Change::Changed(Seen::Nothing)),
        scalar().prop_map(move |json| Change::Changed(Seen::Body(body(json)))),
        history(Side::Vtiger).prop_map(|(_, record)| Change::Changed(Seen::Record(record))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let record =
        (select(Side::BOTH.to_vec()), text(), change()).prop_map(|(side, id, change)| Subject::Record {
            module: Module::Contacts,
            side,
            id: RecordId::new(id),
            change,
        });
    let module = Just(Subject::Module {
        module: Module::Contacts,
    });
    (
        text(),
        prop_oneof![4 => record, 1 => module],
        select(Cause::ALL.to_vec()),
        any::<i64>(),
    )
        .prop_map(|(connection, subject, cause, at)| {
            Event::new(&connection, subject, cause, Timestamp::from_millis(at))
        })
}

/// Bytes of any kind, and such as come near to what is expected.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let member = select(vec![
        "id",
        "module",
        "event",
        "data",
        "code",
        "email",
        "modifiedtime",
    ]);
    let known = select(vec![
        "12x34", "34", "Contacts", "updated", "deleted", "{}", "x", "",
    ]);
    let value = prop_oneof![
        2 => known.prop_map(|text| serde_json::Value::String(text.to_owned())),
        1 => any_json(),
    ];
    let json = btree_map(member.prop_map(str::to_owned), value, 0..7)
        .prop_map(|members| serde_json::to_vec(&members).unwrap());
    prop_oneof![
        2 => vec(any::<u8>(), 0..64),
        4 => json,
        1 => "[a-z\\[\\]%=&+0-9]{0,40}".prop_map(String::into_bytes),
    ]
}

fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(sha256=)?([0-9a-f]{64}|[A-Za-z0-9+/]{43}=)",
        "(Basic|bearer) [A-Za-z0-9+/]{0,12}={0,2}",
        "(customer|order|product|coupon|)\\.?(created|updated|deleted|restored|)",
    ]
}

proptest! {
    /// Law 10.
    #[test]
    fn a_path_reads_as_it_was_written(text in prop_oneof![nearly_a_path(), any::<String>()], json in scalar()) {
        if let Ok(path) = FieldPath::parse(&text) {
            let mut fields = serde_json::Map::new();
            path.set(&mut fields, json.clone());

            prop_assert_eq!(&FieldPath::parse(&path.to_string()), &Ok(path.clone()));
            prop_assert_eq!(there_and_back(&path), path.clone());
            prop_assert!(path.is_in(&fields));
            prop_assert_eq!(path.get(&fields), Value::from_json(&json));
        }
        if let Ok(lines) = Lines::parse(&text) {
            prop_assert_eq!(Lines::parse(&lines.to_string()), Ok(lines));
        }
    }

    /// Law 10.
    #[test]
    fn a_path_can_be_put_into_any_json(text in nearly_a_path(), json in any_json(), value in scalar()) {
        let (Ok(path), serde_json::Value::Object(mut fields)) = (FieldPath::parse(&text), json) else {
            return Ok(());
        };

        path.set(&mut fields, value.clone());

        prop_assert_eq!(path.get(&fields), Value::from_json(&value));
    }

    /// Law 10.
    #[test]
    fn a_value_reads_as_it_was_written(value in value()) {
        let back = there_and_back(&value);

        prop_assert_eq!(format!("{back:?}"), format!("{value:?}"));
    }

    /// Law 10.
    #[test]
    fn a_base_reads_as_it_was_written(fields in btree_map(text(), (value(), value()), 0..4)) {
        let sides = |(woocommerce, vtiger)| Sides { woocommerce, vtiger };
        let base: Base = fields.into_iter().map(|(field, values)| (field, sides(values))).collect();

        prop_assert_eq!(there_and_back(&base), base);
    }

    /// Law 10.
    #[test]
    fn settings_read_as_they_were_written(settings in settings()) {
        prop_assert_eq!(there_and_back(&settings), settings.clone());
        prop_assert!(settings.validate().is_ok());
    }

    /// Law 10.
    #[test]
    fn an_event_reads_as_it_was_written(event in event()) {
        prop_assert_eq!(there_and_back(&event), event);
    }

    /// Law 10.
    #[test]
    fn what_the_journal_keeps_of_a_plan_reads_as_it_was_written(scene in scene(settings())) {
        let plan = plan(&scene.settings, Some(&scene.base()), scene.both(), &scene.losses);

        prop_assert_eq!(there_and_back(&plan.fields), plan.fields);
    }

    /// Law 10.
    #[test]
    fn any_webhook_is_read_without_panic(topic in header(), secret in any::<String>(), body in body()) {
        let secrets = [SecretString::from(secret)];

        prop_assert!(!webhook::verify(&secrets, &body, &topic));
        webhook::is_ping(Some(&topic), &body);
        webhook::parse(&topic, &body);
    }

    /// Law 10.
    #[test]
    fn any_callback_is_read_without_panic(
        headers in prop::array::uniform3(option::of(header())),
        content_type in option::of(select(vec!["application/json", "application/x-www-form-urlencoded", ""])),
        body in body(),
    ) {
        let secrets = [SecretString::from("a secret that no header guesses".to_owned())];
        let [signature, authorization, token] = headers.each_ref().map(Option::as_deref);
        let credentials = callback::Credentials { signature, authorization, token };

        prop_assert!(!callback::authenticate(&secrets, &body, &credentials));
        if let Ok(callback) = callback::parse(content_type, &body) {
            prop_assert!(callback.into_body().is_object());
        }
    }

    /// Law 10.
    #[test]
    fn any_text_is_an_e_mail_address_or_not(text in prop_oneof![any::<String>(), "[a@. ]{0,6}"]) {
        if let Ok(key) = MatchKey::email(&text) {
            let again = MatchKey::email(key.as_str());
            prop_assert_eq!(again, Ok(key));
        }
    }
}
