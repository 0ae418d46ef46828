//! Every recorded delivery is verified and read.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;

/// A recorded delivery: its headers that matter and its exact body.
struct Recorded {
    name: String,
    topic: Option<String>,
    signature: Option<String>,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Recorded {
    fn read(path: &PathBuf) -> Self {
        let json: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let header = |name: &str| {
            let pairs = json["headers"].as_array().unwrap().iter();
            let mut values = pairs.filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
            Some(values.next()?[1].as_str().unwrap().to_owned())
        };
        Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            topic: header("x-wc-webhook-topic"),
            signature: header("x-wc-webhook-signature"),
            content_type: header("content-type"),
            body: STANDARD.decode(json["body_base64"].as_str().unwrap()).unwrap(),
        }
    }

    fn named(name: &str) -> Self {
        Self::read(&folder().join(format!("{name}.json")))
    }

    fn delivery(&self) -> Delivery {
        parse(self.topic.as_deref().unwrap_or_default(), &self.body)
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/woo/webhooks")
}

fn all() -> Vec<Recorded> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let all: Vec<_> = files.map(|path| Recorded::read(&path)).collect();
    assert!(all.len() > 50, "recordings are missing");
    all
}

fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| SecretString::from(*text)).collect()
}

fn signed(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn every_recorded_delivery_is_genuine_and_no_other_secret_or_body_is() {
    let (right, wrong) = (
        secrets(&["old", "lab-webhook-secret"]),
        secrets(&["lab-webhook-secre"]),
    );
    for recorded in all() {
        let Some(signature) = &recorded.signature else {
            continue;
        };
        let mut changed = recorded.body.clone();
        changed[0] ^= 1;

        assert!(verify(&right, &recorded.body, signature), "{}", recorded.name);
        assert!(!verify(&wrong, &recorded.body, signature), "{}", recorded.name);
        assert!(!verify(&right, &changed, signature), "{}", recorded.name);
    }
}

#[test]
fn signatures_of_any_shape_are_refused_without_a_panic() {
    let secrets = secrets(&["secret", ""]);
    for signature in [
        "",
        "=",
        "not base64 ✗",
        "AAAA",
        &signed("", b"body"),
        &signed("secret", b"body")[..20],
    ] {
        assert!(!verify(&secrets, b"body", signature), "{signature}");
    }
    assert!(!verify(&[], b"body", &signed("secret", b"body")));
}

#[test]
fn a_secret_with_entities_is_used_as_woocommerce_uses_it() {
    let secrets = secrets(&["x&amp;y&amp;lt;&#039;"]);

    assert!(verify(&secrets, b"body", &signed("x&y&lt;'", b"body")));
    assert!(verify(
        &secrets,
        b"body",
        &signed("x&amp;y&amp;lt;&#039;", b"body")
    ));
    assert!(!verify(&secrets, b"body", &signed("x&y<'", b"body")));
}

#[test]
fn only_the_unsigned_form_is_a_ping() {
    for recorded in all() {
        let is_ping = is_ping(recorded.content_type.as_deref(), &recorded.body);

        assert_eq!(is_ping, recorded.signature.is_none(), "{}", recorded.name);
    }
    let form = Some("Application/x-www-form-urlencoded; charset=UTF-8");
    assert!(is_ping(form, b"webhook_id=12"));
    for body in ["webhook_id=", "webhook_id=12&x=1", "webhook_id=1x", "x=1", ""] {
        assert!(!is_ping(form, body.as_bytes()), "{body}");
    }
    assert!(!is_ping(None, b"webhook_id=12") && !is_ping(Some("application/json"), b"webhook_id=12"));
}

#[test]
fn every_recorded_delivery_is_read_by_its_topic_and_body() {
    for recorded in all() {
        let Some(topic) = &recorded.topic else {
            continue;
        };
        let (name, event) = topic.split_once('.').unwrap();
        let resource = Resource::from_name(name);
        let json: Json = serde_json::from_slice(&recorded.body).unwrap();
        let expected = match json["id"].as_u64() {
            None => Delivery::Unknown {
                resource: Some(resource),
            },
            Some(id) if event == "deleted" => Delivery::Deleted { resource, id },
            Some(id) => Delivery::Changed {
                resource,
                id,
                body: json,
            },
        };

        assert_eq!(recorded.delivery(), expected, "{}", recorded.name);
    }
}

#[test]
fn the_plain_cases_say_what_happened() {
    let Delivery::Changed {
        resource: Resource::Customer,
        id: 32,
        body,
    } = Recorded::named("customer.created").delivery()
    else {
        panic!("not a changed customer");
    };
    assert_eq!(body["email"], "hook1@shop.example");
    let deleted = Delivery::Deleted {
        resource: Resource::Customer,
        id: 32,
    };
    assert_eq!(Recorded::named("customer.deleted").delivery(), deleted);
    let restored = Recorded::named("order.restored").delivery();
    assert!(matches!(
        restored,
        Delivery::Changed {
            resource: Resource::Order,
            id: 124,
            ..
        }
    ));
    let variation = Recorded::named("product.updated-variation").delivery();
    assert!(matches!(
        variation,
        Delivery::Changed {
            resource: Resource::Product,
            id: 119,
            ..
        }
    ));
}

#[test]
fn an_error_body_says_that_some_record_is_unknown() {
    for (name, resource) in [
        ("customer.created-gone-1-customer.created", Resource::Customer),
        ("order.created-gone-2-order.updated", Resource::Order),
        ("product.created-gone", Resource::Product),
        ("payload-owner-gone", Resource::Customer),
    ] {
        let expected = Delivery::Unknown {
            resource: Some(resource),
        };

        assert_eq!(Recorded::named(name).delivery(), expected, "{name}");
    }
    let error = br#"{"code":"woocommerce_rest_cannot_view"}"#;
    assert_eq!(parse("", error), Delivery::Unknown { resource: None });
}

#[test]
fn topics_of_other_resources_are_of_no_concern() {
    assert_eq!(parse("coupon.updated", br#"{"id":1}"#), Delivery::Other);
    assert_eq!(
        parse("action.woocommerce_add_to_cart", b"not json"),
        Delivery::Other
    );
}

#[test]
fn what_woocommerce_does_not_send_is_unreadable_and_not_repeated() {
    let bodies = [
        json!({}),
        json!({"id": 0}),
        json!({"id": "a@b.example"}),
        json!([1]),
        json!(null),
    ];
    for body in bodies {
        let Delivery::Unreadable { reason } = parse("customer.updated", body.to_string().as_bytes()) else {
            panic!("{body} was read");
        };
        assert!(!reason.contains("example"), "{reason}");
    }
    for (topic, body) in [
        ("customer.updated", "<html>a@b.example"),
        ("customer.eaten", r#"{"id":1}"#),
        ("", r#"{"id":1}"#),
    ] {
        assert!(
            matches!(parse(topic, body.as_bytes()), Delivery::Unreadable { .. }),
            "{topic}"
        );
    }
}
