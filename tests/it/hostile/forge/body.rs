//! Bodies that tell of records of their own, and are then spoilt.

use rand::RngExt;
use serde_json::{Map, Value as Json, json};

use super::{FORGED_DOMAIN, FORGED_ID, Forge, GENUINE_DOMAIN};

/// Stands for JSON that the library at hand would not write.
const LITERAL: &str = "\"@literal@\"";

impl Forge {
    /// Marks the record that the body tells of, and then spoils the body. Says how.
    pub(super) fn body(&mut self, body: &mut Vec<u8>, number: u64, is_genuine: bool) -> &'static str {
        let Ok(Json::Object(mut record)) = serde_json::from_slice::<Json>(body) else {
            return "the body as recorded";
        };
        mark(&mut record, number, is_genuine);
        match self.random.random_range(0..12) {
            0..=5 => {
                *body = self.with_literal(record).into_bytes();
                "a member replaced"
            }
            6 => {
                let key = self.key(&record);
                record.remove(&key);
                *body = Json::Object(record).to_string().into_bytes();
                "a member removed"
            }
            7 => {
                let twins = self.one_of(&[
                    r#"{"id":null,"#,
                    r#"{"id":-1,"id":"x","#,
                    r#"{"module":1,"role":"administrator","#,
                ]);
                let text = Json::Object(record).to_string();
                *body = format!("{twins}{}", &text[1..]).into_bytes();
                "a member twice"
            }
            8..=10 => {
                *body = Json::Object(record).to_string().into_bytes();
                self.damage(body)
            }
            _ => {
                *body = Json::Object(record).to_string().into_bytes();
                "the body well-formed"
            }
        }
    }

    fn key(&mut self, record: &Map<String, Json>) -> String {
        let keys: Vec<&String> = record.keys().collect();
        self.one_of(&keys).clone()
    }

    fn with_literal(&mut self, mut record: Map<String, Json>) -> String {
        let key = self.key(&record);
        record.insert(key, json!("@literal@"));
        let literal = match self.random.random_range(0..6) {
            0 => self.nested("[", "]"),
            1 => self.nested(r#"{"a":"#, "}"),
            2 => format!("\"{}\"", "x".repeat(self.one_of(&[300, 10_000, 300_000]))),
            3 => self.one_of(NUMBERS).to_owned(),
            _ => self.one_of(VALUES).to_owned(),
        };
        Json::Object(record).to_string().replace(LITERAL, &literal)
    }

    fn nested(&mut self, open: &str, close: &str) -> String {
        let depth = self.one_of(&[20, 90, 110, 120, 125, 126, 127, 128, 1000, 20_000]);
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    }

    fn damage(&mut self, body: &mut Vec<u8>) -> &'static str {
        let at = self.random.random_range(0..body.len());
        match self.random.random_range(0..3) {
            0 => {
                for _ in 0..self.random.random_range(1..9) {
                    let at = self.random.random_range(0..body.len());
                    body[at] ^= 1 << self.random.random_range(0..8);
                }
                "bits flipped"
            }
            1 => {
                body.truncate(at);
                "cut off"
            }
            _ => {
                let bytes = self.one_of(&[&b"\xff\xfe"[..], b"\0", b"\xc3", b"\xed\xa0\x80", b"\r\n\r\n"]);
                body.splice(at..at, bytes.iter().copied());
                "bytes put in"
            }
        }
    }
}

const NUMBERS: &[&str] = &[
    "1e400",
    "-1e400",
    "99999999999999999999999999999999",
    "18446744073709551615",
    "1E308",
    "0.1e-999",
    "-0",
];

const VALUES: &[&str] = &[
    "null",
    "[]",
    "{}",
    "true",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
];

/// Gives the record an id and an e-mail address that no other attempt has.
fn mark(record: &mut Map<String, Json>, number: u64, is_genuine: bool) {
    let (id, domain) = if is_genuine {
        (2_000_000 + number, GENUINE_DOMAIN)
    } else {
        (FORGED_ID * 100_000 + number, FORGED_DOMAIN)
    };
    let is_text = record.get("id").is_some_and(Json::is_string);
    let id = if is_text {
        json!(format!("12x{id}"))
    } else {
        json!(id)
    };
    record.insert("id".to_owned(), id);
    let email = json!(format!("p{number}@{domain}"));
    if record.contains_key("email") {
        record.insert("email".to_owned(), email.clone());
    }
    if let Some(Json::Object(billing)) = record.get_mut("billing") {
        billing.insert("email".to_owned(), email);
    }
}
