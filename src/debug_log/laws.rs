//! Nothing that is secret or tells of a person gets into the debug log, whatever the systems say.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::exchange::Heard;
use super::mask::Mask;
use crate::clock::Timestamp;
use crate::store::DebugExchange;
use crate::sync::Side;
use crate::system::Exchange;

/// A word that nobody but this person has, told apart from what the formats hold by its first letter.
fn word() -> impl Strategy<Value = String> {
    "[qQ][a-zäöéłß]{3,9}"
}

fn secret() -> impl Strategy<Value = String> {
    "zk_[a-z0-9]{20}"
}

fn email() -> impl Strategy<Value = String> {
    (word(), word()).prop_map(|(local, host)| format!("{local}@{host}.example"))
}

fn phone() -> impl Strategy<Value = String> {
    "[+]9[0-9]{2} 9[0-9]{3}[- ]9[0-9]{3}"
}

/// What is personal: to be put into the formats, and not to be found afterwards.
#[derive(Clone, Debug)]
struct Person {
    words: Vec<String>,
    email: String,
    phone: String,
    secrets: Vec<String>,
}

fn person() -> impl Strategy<Value = Person> {
    (vec(word(), 8), email(), phone(), vec(secret(), 3)).prop_map(|(words, email, phone, secrets)| Person {
        words,
        email,
        phone,
        secrets,
    })
}

/// Says it and answers it in a form that both systems use.
#[expect(clippy::too_many_lines, reason = "it is one list of forms")]
fn exchange(person: &Person, form: &str) -> (Side, Exchange) {
    let [first, last, street, city, company, note, custom, state] = person.words.as_slice() else {
        unreachable!("there are eight words");
    };
    let Person {
        email,
        phone,
        secrets,
        ..
    } = person;
    let customer = json!({
        "id": 7, "first_name": first, "last_name": last, "email": email, "username": last,
        "billing": { "address_1": street, "city": city, "company": company, "phone": phone, "email": email, "state": state,
            "country": "US", "postcode": "94607" },
        "meta_data": [{ "id": 1, "key": "custom", "value": custom }, { "id": 2, "key": "sizes", "value": { "a": [note] } }],
        "consumer_secret": secrets[0],
    });
    let order = json!({
        "id": 70, "status": "processing", "currency": "USD", "total": "12.50", "order_key": secrets[1],
        "billing": customer["billing"], "customer_note": note, "customer_ip_address": "203.0.113.9",
        "line_items": [{ "id": 3, "name": "Oak table", "sku": "OAK-1", "total": "12.50",
            "meta_data": [{ "key": "engraving", "value": custom }] }],
    });
    let contact = json!({
        "id": "12x33", "firstname": first, "lastname": last, "email": email, "mailingstreet": street, "mailingcity": city,
        "phone": phone, "description": note, "cf_853": custom, "label": format!("{first} {last}"), "otherstate": state,
        "assigned_user_id": "19x5", "modifiedtime": "2026-01-31 12:34:56",
    });
    let sales_order = json!({
        "id": "6x9", "subject": format!("{first} {last}"), "sostatus": "Approved", "bill_street": street, "ship_city": city,
        "hdnGrandTotal": "12.50", "LineItems": [{ "productid": "14x2", "product_name": "Oak table", "comment": note }],
    });
    let plain = |answer: Json| answer.to_string().into_bytes();
    let woo = |method: &str, path: &str, body: Option<Json>, answer: Vec<u8>| {
        (
            Side::WooCommerce,
            Exchange {
                method: method.to_owned(),
                path: format!("/wp-json/wc/v3/{path}"),
                parameters: if path.starts_with("customers") {
                    vec![
                        ("search".to_owned(), last.clone()),
                        ("email".to_owned(), email.clone()),
                        ("page".to_owned(), "1".to_owned()),
                    ]
                } else {
                    Vec::new()
                },
                body,
                status: Some(200),
                answer,
                failure: None,
                took: Duration::from_millis(12),
                secrets: Vec::new(),
            },
        )
    };
    let vtiger = |method: &str, parameters: &[(&str, String)], answer: Vec<u8>| {
        (
            Side::Vtiger,
            Exchange {
                method: method.to_owned(),
                path: "/webservice.php".to_owned(),
                parameters: parameters
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .chain([("sessionName".to_owned(), secrets[2].clone())])
                    .collect(),
                body: None,
                status: Some(200),
                answer,
                failure: None,
                took: Duration::from_millis(12),
                secrets: vec![SecretString::from(secrets[2].clone())],
            },
        )
    };
    let told = |result: &Json| plain(json!({ "success": true, "result": result }));
    let refused = json!({ "success": false, "error": { "code": "DUPLICATE",
        "message": format!("{first} {last} has {email} and {phone} already (session {})", secrets[2]) } });
    match form {
        "customer" => woo("PUT", "customers/7", Some(customer.clone()), plain(customer)),
        "customers" => woo("GET", "customers", None, plain(json!([customer, customer]))),
        "batch" => woo(
            "POST",
            "customers/batch",
            Some(json!({ "update": [customer] })),
            plain(json!({ "update": [customer] })),
        ),
        "order" => woo("PUT", "orders/70", Some(order.clone()), plain(order)),
        "warned" => {
            let mut answer = format!("<br /><b>Warning</b>: for {email}\n").into_bytes();
            answer.extend(plain(customer));
            woo("GET", "customers/7", None, answer)
        }
        "cut" => {
            let answer = plain(customer);
            let half = answer.len() / 2;
            woo("GET", "customers/7", None, answer[..half].to_vec())
        }
        "webhook" => woo(
            "POST",
            "webhooks",
            Some(json!({ "secret": secrets[0] })),
            plain(json!({ "id": 1, "secret": secrets[0] })),
        ),
        "review" => woo(
            "GET",
            "products/reviews",
            None,
            plain(json!({ "review": format!("write to {email} or {phone}") })),
        ),
        "create" => vtiger(
            "POST",
            &[
                ("operation", "create".to_owned()),
                ("elementType", "Contacts".to_owned()),
                ("element", contact.to_string()),
            ],
            told(&contact),
        ),
        "revise" => vtiger(
            "POST",
            &[
                ("operation", "revise".to_owned()),
                ("element", sales_order.to_string()),
            ],
            told(&sales_order),
        ),
        "query" => vtiger(
            "GET",
            &[
                ("operation", "query".to_owned()),
                (
                    "query",
                    format!("select * from Contacts where email = '{email}' and lastname = '{last}';"),
                ),
            ],
            told(&json!([contact])),
        ),
        "refused" => vtiger(
            "POST",
            &[
                ("operation", "revise".to_owned()),
                ("element", contact.to_string()),
            ],
            plain(refused),
        ),
        "login" => vtiger(
            "POST",
            &[
                ("operation", "login".to_owned()),
                ("accessKey", secrets[0].clone()),
            ],
            told(&json!({ "sessionName": secrets[1], "userId": "19x5" })),
        ),
        _ => vtiger(
            "GET",
            &[("operation", "getchallenge".to_owned())],
            told(&json!({ "token": secrets[0], "serverTime": 1_769_862_896 })),
        ),
    }
}

const FORMS: [&str; 14] = [
    "customer",
    "customers",
    "batch",
    "order",
    "warned",
    "cut",
    "webhook",
    "review",
    "create",
    "revise",
    "query",
    "refused",
    "login",
    "challenge",
];

fn kept(side: Side, exchange: Exchange) -> DebugExchange {
    let heard = Heard {
        connection: "shop".to_owned(),
        side,
        at: Timestamp::default(),
        topics: Vec::new(),
        exchange,
    };
    heard.disguised(&Mask::new("key of the test"), &[])
}

fn texts(kept: &DebugExchange) -> String {
    let bodies = [&kept.request, &kept.answer];
    let bodies: Vec<&str> = bodies.into_iter().flatten().map(String::as_str).collect();
    format!("{} {} {}", kept.path, bodies.join(" "), kept.records.join(" "))
}

proptest! {
    #[test]
    fn no_secret_and_nothing_personal_is_kept(person in person(), form in select(FORMS.to_vec())) {
        let (side, exchange) = exchange(&person, form);

        let kept = kept(side, exchange);

        let texts = texts(&kept);
        let digits: String = person.phone.chars().filter(char::is_ascii_digit).collect();
        let mut private = person.words.clone();
        private.extend(person.secrets.clone());
        private.extend([person.email.clone(), person.phone.clone(), digits]);
        private.extend(person.email.split(['@', '.']).filter(|part| *part != "example").map(str::to_owned));
        for word in private {
            prop_assert!(!texts.contains(&word), "{form}: `{word}` in {texts}");
        }
    }
}

#[test]
fn what_helps_to_find_a_fault_stays() {
    let person = Person {
        words: [
            "Ann",
            "Lee",
            "Main Street",
            "Oakland",
            "Lee Ltd",
            "Ring twice",
            "VIP",
            "CA",
        ]
        .map(str::to_owned)
        .to_vec(),
        email: "ann@shop.example".to_owned(),
        phone: "+1 555 1000".to_owned(),
        secrets: ["one-secret", "two-secret", "three-secret"]
            .map(str::to_owned)
            .to_vec(),
    };

    let (side, order) = exchange(&person, "order");
    let order = kept(side, order);
    let (side, contact) = exchange(&person, "create");
    let contact = kept(side, contact);
    let (side, query) = exchange(&person, "query");
    let query = kept(side, query);

    let answer: Json = serde_json::from_str(order.answer.as_deref().unwrap()).unwrap();
    assert_eq!(answer["status"], "processing");
    assert_eq!(answer["total"], "12.50");
    assert_eq!(answer["billing"]["country"], "US");
    assert_eq!(answer["line_items"][0]["name"], "Oak table");
    assert_eq!(answer["order_key"], "(secret)");
    let sent: Json = serde_json::from_str(order.request.as_deref().unwrap()).unwrap();
    assert_eq!(
        sent["billing"]["email"], answer["billing"]["email"],
        "the same can be told"
    );
    let email = answer["billing"]["email"].as_str().unwrap();
    assert!(email.starts_with("a**@s***.e******~"), "{email}");
    assert!(order.records.contains(&"70".to_owned()), "{:?}", order.records);
    assert!(contact.path.contains("(create)"), "{}", contact.path);
    assert!(contact.request.unwrap().contains("2026-01-31 12:34:56"));
    assert_eq!(contact.records, ["12x33"]);
    assert!(
        query.path.contains("select * from Contacts where email = '"),
        "{}",
        query.path
    );
    assert!(query.path.contains("sessionName=(secret)"), "{}", query.path);
}
