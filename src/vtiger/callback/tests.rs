//! Callbacks as recorded from Vtiger 8.3.0 (signed with `lab-secret`), and as other senders might make them.

use serde_json::json;

use super::*;

const RECORDED: [&str; 6] = [
    include_str!("../../../tests/fixtures/vtiger/callbacks/workflow_save.json"),
    include_str!("../../../tests/fixtures/vtiger/callbacks/aftersave.json"),
    include_str!("../../../tests/fixtures/vtiger/callbacks/aftersave_final.json"),
    include_str!("../../../tests/fixtures/vtiger/callbacks/afterrestore.json"),
    include_str!("../../../tests/fixtures/vtiger/callbacks/beforedelete.json"),
    include_str!("../../../tests/fixtures/vtiger/callbacks/afterdelete.json"),
];

fn secrets(secrets: &[&str]) -> Vec<SecretString> {
    secrets.iter().map(|secret| SecretString::from(*secret)).collect()
}

/// A recorded callback's body and signature.
fn recorded(nth: usize) -> (String, String) {
    let recording: Json = serde_json::from_str(RECORDED[nth]).unwrap();
    let text = |name: &str| recording[name].as_str().unwrap().to_owned();
    (text("body_raw"), text("signature"))
}

fn is_accepted(body: &str, credentials: Credentials<'_>) -> bool {
    authenticate(&secrets(&["lab-secret"]), body.as_bytes(), &credentials)
}

#[test]
fn recorded_signatures_are_genuine() {
    for nth in 0..RECORDED.len() {
        let (body, signature) = recorded(nth);
        let signed = Credentials {
            signature: Some(&signature),
            ..Credentials::default()
        };

        assert!(is_accepted(&body, signed), "{body}");
        assert!(!is_accepted(&format!("{body} "), signed), "another body");
        assert!(!authenticate(&secrets(&["other"]), body.as_bytes(), &signed));
        assert!(
            authenticate(&secrets(&["other", "lab-secret"]), body.as_bytes(), &signed),
            "while the secret is changed, the old one is good too"
        );
    }
}

#[test]
fn a_signature_may_be_base64_and_without_prefix() {
    let (body, signature) = recorded(0);
    let hex = signature.strip_prefix("sha256=").unwrap();
    let base64 = STANDARD.encode(hex::decode(hex).unwrap());

    for signature in [
        hex,
        base64.as_str(),
        &hex.to_uppercase(),
        &format!("sha256={base64}"),
    ] {
        let signed = Credentials {
            signature: Some(signature),
            ..Credentials::default()
        };
        assert!(is_accepted(&body, signed), "{signature}");
    }
}

#[test]
fn the_secret_itself_is_accepted_in_three_places() {
    let basic = format!("Basic {}", STANDARD.encode("vtiger:lab-secret"));
    for authorization in ["Bearer lab-secret", "bearer  lab-secret", &basic] {
        let credentials = Credentials {
            authorization: Some(authorization),
            ..Credentials::default()
        };
        assert!(is_accepted("{}", credentials), "{authorization}");
    }
    let token = |token| Credentials {
        token: Some(token),
        ..Credentials::default()
    };
    assert!(is_accepted("{}", token("lab-secret")));
    assert!(!is_accepted("{}", token("lab-secre")));
}

#[test]
fn nothing_wrong_or_empty_is_accepted() {
    let wrong = format!("Basic {}", STANDARD.encode("lab-secret:other"));
    for authorization in ["", "Bearer", "Bearer x", "Basic", "Basic !", "lab-secret", &wrong] {
        let credentials = Credentials {
            signature: Some("sha256=00"),
            authorization: Some(authorization),
            token: Some(""),
        };
        assert!(!is_accepted("{}", credentials), "{authorization}");
        assert!(!authenticate(&secrets(&[""]), b"{}", &credentials), "no secret");
    }
    assert!(!is_accepted("{}", Credentials::default()));
}

#[test]
fn recorded_callbacks_are_understood() {
    let read = |nth: usize| parse(Some("application/json"), recorded(nth).0.as_bytes()).unwrap();

    let saved = read(0);
    assert_eq!(saved.module, "Contacts");
    assert_eq!(saved.id, "12x382");
    assert_eq!(saved.kind, CallbackKind::Changed);
    assert_eq!(saved.modifiedtime.as_deref(), Some("2026-11-23 11:40:53"));
    assert_eq!(saved.modifiedby.as_deref(), Some("19x1"));
    assert_eq!(saved.data, None);
    let kinds: Vec<_> = (1..RECORDED.len()).map(read).map(|it| (it.id, it.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("382".to_owned(), CallbackKind::Changed),
            ("382".to_owned(), CallbackKind::Changed),
            ("378".to_owned(), CallbackKind::Changed),
            ("375".to_owned(), CallbackKind::Ignored),
            ("375".to_owned(), CallbackKind::Deleted),
        ]
    );
}

#[test]
fn a_form_says_the_same_as_json() {
    let form = parse(
        Some("application/x-www-form-urlencoded; charset=UTF-8"),
        b"module=Contacts&id=12x7&event=updated&modifiedby=19x1&data%5Blastname%5D=M%C3%BCller&data[email]=",
    );
    let json = json!({
        "module": "Contacts", "id": "12x7", "event": "updated", "modifiedby": "19x1",
        "data": {"lastname": "Müller", "email": ""},
    });
    let json = parse(None, json.to_string().as_bytes());

    assert_eq!(form, json);
    assert_eq!(form.unwrap().data.unwrap()["lastname"], "Müller");
}

#[test]
fn a_callbacks_body_has_the_shape_of_a_row() {
    let with_data = parse(
        None,
        br#"{"event":"updated","module":"Contacts","id":7,"data":{"lastname":"x","modifiedby":"19x1"}}"#,
    );
    let bare = parse(None, recorded(0).0.as_bytes());

    assert_eq!(
        with_data.unwrap().into_body(),
        json!({"id": "7", "lastname": "x", "modifiedby": "19x1"})
    );
    assert_eq!(
        bare.unwrap().into_body(),
        json!({"id": "12x382", "modifiedtime": "2026-11-23 11:40:53", "modifiedby": "19x1"})
    );
}

#[test]
fn errors_name_field_problem_and_remedy() {
    for (body, expected) in [
        ("{", "`body` is no JSON object; send an object such as"),
        ("[]", "`event` is missing; send `created`"),
        (
            r#"{"event":"updated"}"#,
            "`module` is missing; send the module's name",
        ),
        (
            r#"{"event":"moved","module":"Contacts","id":1}"#,
            "`event` is none that is known; send",
        ),
        (
            r#"{"event":"updated","module":"Contacts"}"#,
            "`id` is missing; send the record's id",
        ),
        (
            r#"{"event":"updated","module":"Contacts","id":"$id"}"#,
            "`id` is no record's id; send a number",
        ),
        (
            r#"{"event":"updated","module":"Contacts","id":1.5}"#,
            "`id` is no record's id; send a number",
        ),
        (
            r#"{"event":"updated","module":"Contacts","id":1,"data":[]}"#,
            "`data` is no object; send",
        ),
    ] {
        let error = parse(None, body.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_extensions_test_is_taken_and_tells_nothing() {
    let body = br#"{"event":"test","module":"","id":"","delivery":"5f0c"}"#;

    let callback = parse(Some("application/json"), body).unwrap();

    assert_eq!(callback.kind, CallbackKind::Ignored);
}
