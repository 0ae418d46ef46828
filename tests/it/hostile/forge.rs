//! Makes requests that no decent sender makes, out of recorded ones; the same seed makes the same requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value as Json, json};

use crate::scene::{CALLBACK_SECRET, WEBHOOK_SECRET};
use crate::wire::{Framing, Request, hmac, names_in, recorded_callback, recorded_delivery};

/// Ids of records that only forged requests tell of begin with this.
pub(super) const FORGED_ID: u64 = 31_415_926;
/// And so end their e-mail addresses.
pub(super) const FORGED_DOMAIN: &str = "never.example";
/// And so those of genuine ones.
pub(super) const GENUINE_DOMAIN: &str = "ever.example";

/// A request, and what is known of it.
pub(super) struct Attempt {
    pub(super) request: Request,
    /// Whether it is WooCommerce's, or Vtiger's.
    pub(super) is_delivery: bool,
    /// Whether it is signed with the right secret over the very body.
    pub(super) is_genuine: bool,
    /// Whether it arrives at its endpoint as it was signed.
    pub(super) is_intact: bool,
    /// What was done to it, for a failing test's message.
    pub(super) story: String,
}

impl Attempt {
    /// WooCommerce's test of an address, which is not signed.
    pub(super) fn is_ping(&self) -> bool {
        let body = &self.request.body;
        self.is_delivery
            && self.request.values("X-WC-Webhook-Signature").is_empty()
            && body
                .strip_prefix(b"webhook_id=")
                .is_some_and(|id| !id.is_empty() && id.iter().all(u8::is_ascii_digit))
    }
}

/// Makes attempts.
pub(super) struct Forge {
    random: SmallRng,
    deliveries: Vec<Request>,
    callbacks: Vec<Request>,
}

impl Forge {
    pub(super) fn new(seed: u64) -> Self {
        let request = |folder: &str, read: fn(&str) -> Request| {
            names_in(folder).iter().map(|name| read(name)).collect()
        };
        Self {
            random: SmallRng::seed_from_u64(seed),
            deliveries: request("woo/webhooks", recorded_delivery),
            callbacks: request("vtiger/callbacks", recorded_callback),
        }
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.random.random_range(0..all.len())].clone()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    /// The next attempt; `number` is in its ids and addresses.
    pub(super) fn attempt(&mut self, number: u64) -> Attempt {
        let is_delivery = self.chance(65);
        let is_genuine = self.chance(30);
        let recorded = if is_delivery {
            self.one_of(&self.deliveries.clone())
        } else {
            self.one_of(&self.callbacks.clone())
        };
        let original = recorded.body.clone();
        let (header, secret) = if is_delivery {
            ("X-WC-Webhook-Signature", WEBHOOK_SECRET)
        } else {
            ("X-Vtiger-Signature", CALLBACK_SECRET)
        };
        let recorded_signature = recorded.values(header).first().map(|value| value.to_vec());
        let mut request = recorded
            .without("Content-Length")
            .without("Connection")
            .without(header);
        request.framing = Framing::Length;
        let how_body = self.body(&mut request.body, number, is_genuine);
        let mac = hmac(secret, &request.body);
        let right = if is_delivery {
            STANDARD.encode(&mac)
        } else {
            format!("sha256={}", hex::encode(&mac))
        };
        let how_signed = if is_genuine {
            request = request.with(header, &right);
            "rightly signed"
        } else {
            let other = recorded_signature.filter(|_| original != request.body);
            self.sign_wrongly(&mut request, header, &mac, &right, other)
        };
        let (how_sent, is_intact) = self.wire(&mut request, is_genuine);
        let story = format!(
            "attempt {number}: {} {}, {how_body}, {how_signed}, {how_sent}",
            request.method, request.target
        );
        Attempt {
            request,
            is_delivery,
            is_genuine,
            is_intact,
            story,
        }
    }

    /// Marks the record that the body tells of, and then spoils the body.
    fn body(&mut self, body: &mut Vec<u8>, number: u64, is_genuine: bool) -> &'static str {
        let Ok(Json::Object(mut record)) = serde_json::from_slice::<Json>(body) else {
            return "the body as recorded";
        };
        let (id, domain) = if is_genuine {
            (2_000_000 + number, GENUINE_DOMAIN)
        } else {
            (FORGED_ID * 100_000 + number, FORGED_DOMAIN)
        };
        let email = json!(format!("p{number}@{domain}"));
        let is_text = record.get("id").is_some_and(Json::is_string);
        record.insert(
            "id".to_owned(),
            if is_text {
                json!(format!("12x{id}"))
            } else {
                json!(id)
            },
        );
        if record.contains_key("email") {
            record.insert("email".to_owned(), email.clone());
        }
        if let Some(Json::Object(billing)) = record.get_mut("billing") {
            billing.insert("email".to_owned(), email);
        }
        let keys: Vec<String> = record.keys().cloned().collect();
        let key = self.one_of(&keys);
        let how = self.random.random_range(0..12);
        let literal = match how {
            0 => {
                record.remove(&key);
                None
            }
            1 => Some(
                self.one_of(&[
                    "null",
                    "[]",
                    "{}",
                    "true",
                    "\"\"",
                    "\"\\u0000\"",
                    "-0",
                    "\"\\ud83d\\ude00\"",
                ])
                .to_owned(),
            ),
            2 => Some(
                self.one_of(&[
                    "1e400",
                    "-1e400",
                    "99999999999999999999999999999999",
                    "18446744073709551615",
                    "1E308",
                    "0.1e-999",
                ])
                .to_owned(),
            ),
            3 => {
                let depth = self.one_of(&[20, 90, 110, 120, 126, 127, 128, 1000, 20_000]);
                Some(format!("{}1{}", "[".repeat(depth), "]".repeat(depth)))
            }
            4 => {
                let depth = self.one_of(&[90, 110, 120, 126, 128, 20_000]);
                Some(format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth)))
            }
            5 => Some(format!(
                "\"{}\"",
                "x".repeat(self.one_of(&[300, 10_000, 300_000]))
            )),
            _ => None,
        };
        if literal.is_some() {
            record.insert(key, json!("@literal@"));
        }
        let mut text = Json::Object(record).to_string();
        if let Some(literal) = literal {
            text = text.replace("\"@literal@\"", &literal);
        }
        if how == 6 {
            let twin = self.one_of(&[
                r#"{"id":null,"#,
                r#"{"id":-1,"id":"x","#,
                r#"{"module":1,"role":"administrator","#,
            ]);
            text.replace_range(..1, twin);
        }
        *body = text.into_bytes();
        match how {
            0..=2 => "a member removed or replaced",
            3 | 4 => "nested",
            5 => "with a long member",
            6 => "with a member twice",
            7 => {
                for _ in 0..self.random.random_range(1..9) {
                    let at = self.random.random_range(0..body.len());
                    body[at] ^= 1 << self.random.random_range(0..8);
                }
                "bits flipped"
            }
            8 => {
                body.truncate(self.random.random_range(0..body.len()));
                "cut off"
            }
            9 => {
                let at = self.random.random_range(0..body.len());
                let bytes = self.one_of(&[&b"\xff\xfe"[..], b"\0", b"\xc3", b"\xed\xa0\x80", b"\r\n\r\n"]);
                body.splice(at..at, bytes.iter().copied());
                "bytes put in"
            }
            _ => "the body well-formed",
        }
    }

    fn sign_wrongly(
        &mut self,
        request: &mut Request,
        header: &str,
        mac: &[u8],
        right: &str,
        other: Option<Vec<u8>>,
    ) -> &'static str {
        let mut flipped = mac.to_vec();
        flipped[self.random.random_range(0..mac.len())] ^= 1 << self.random.random_range(0..8);
        let (value, how): (Vec<u8>, _) = match (self.random.random_range(0..9), other) {
            (0, Some(other)) => (other, "with another body's signature"),
            (1, _) => (Vec::new(), "with an empty signature"),
            (2, _) => (
                STANDARD.encode(flipped).into_bytes(),
                "with a signature of which a bit was flipped",
            ),
            (3, _) => (
                STANDARD.encode(hmac("", &request.body)).into_bytes(),
                "signed with an empty secret",
            ),
            (4, _) => (
                right.as_bytes()[..right.len() - 4].to_vec(),
                "with part of its signature",
            ),
            (5, _) => (format!("{right}{right}").into_bytes(), "with its signature twice"),
            (6, _) => (b"\xff\xfe\xfd".to_vec(), "with a signature that is no text"),
            (7, _) => {
                *request = request.clone().with("X-Hub-Signature-256", right);
                return "with its signature under another name";
            }
            _ => return "unsigned",
        };
        *request = request.clone().with(header, value);
        how
    }

    /// Spoils how the request is sent. Says how, and whether it still arrives as it was.
    fn wire(&mut self, request: &mut Request, is_genuine: bool) -> (&'static str, bool) {
        let length = request.body.len();
        let add = |request: &mut Request, name: &str, value: &[u8]| {
            *request = request.clone().with(name, value);
        };
        match self.random.random_range(0..24) {
            0 => {
                request.method = self
                    .one_of(&["GET", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "BREW"])
                    .to_owned();
                ("by another method", false)
            }
            1 => {
                let name = self.one_of(&[
                    "other",
                    "..",
                    "%2e%2e",
                    "shop%00",
                    "shop%2f",
                    "shop/",
                    "shop/../shop",
                    "",
                    "%",
                    "%ff",
                    "shop;x",
                    "shop%0d%0aX:1",
                ]);
                let (path, _) = request.target.rsplit_once('/').unwrap_or_default();
                request.target = format!("{path}/{name}");
                ("to another address", false)
            }
            2 => {
                let name = self.one_of(&["SHOP", "%73hop", "shop?connection=other", "shop?"]);
                let (path, _) = request.target.rsplit_once('/').unwrap_or_default();
                request.target = format!("{path}/{name}");
                ("to the same address in other words", true)
            }
            3 => {
                request.framing = Framing::Chunked;
                ("in chunks", true)
            }
            4 => {
                add(request, "Content-Encoding", b"gzip");
                ("called gzip", true)
            }
            5 => {
                add(request, "X-Long", &vec![b'x'; self.one_of(&[1000, 20_000])]);
                ("with a long header", true)
            }
            6 => {
                add(request, "X-Long", &vec![b'x'; 2_000_000]);
                ("with a header that is far too long", false)
            }
            7 => {
                add(request, "X-Odd", b"\xff\x80\xfe");
                ("with a header that is no text", true)
            }
            8 => {
                let content_type = self.one_of(&[
                    "text/plain",
                    "application/json; charset=x",
                    ";;;",
                    "",
                    "multipart/form-data",
                ]);
                *request = request.clone().without("Content-Type");
                add(request, "Content-Type", content_type.as_bytes());
                ("called something else", true)
            }
            9 => {
                let topic = self.one_of(&[
                    "",
                    "customer",
                    "customer.",
                    ".",
                    "order.moved",
                    "customer.deleted",
                    "\u{e4}.created",
                ]);
                *request = request.clone().without("X-WC-Webhook-Topic");
                add(request, "X-WC-Webhook-Topic", topic.as_bytes());
                ("under another topic", true)
            }
            10 => {
                *request = request
                    .clone()
                    .without("X-WC-Webhook-Topic")
                    .without("Content-Type")
                    .without("User-Agent");
                ("without headers", true)
            }
            11 if is_genuine => {
                add(request, "X-WC-Webhook-Signature", b"AAAA");
                add(request, "X-Vtiger-Signature", b"AAAA");
                ("with a wrong signature beside", false)
            }
            12 => {
                for count in 0..300 {
                    add(request, &format!("X-Many-{count}"), b"x");
                }
                ("with many headers", false)
            }
            13 => {
                request.framing = Framing::AsTheyStand;
                let text = self.one_of(&[
                    (length / 2).to_string(),
                    (length + 1).to_string(),
                    (length + 100_000).to_string(),
                    "99999999999999999999999".to_owned(),
                    "-1".to_owned(),
                    format!("+{length}"),
                    format!("{length}, {length}"),
                    "0x10".to_owned(),
                    String::new(),
                ]);
                add(request, "Content-Length", text.as_bytes());
                ("with an odd length", false)
            }
            14 => {
                request.framing = Framing::AsTheyStand;
                let coding =
                    self.one_of(&["chunked", "gzip", "chunked, chunked", "identity", "xchunked", ""]);
                add(request, "Transfer-Encoding", coding.as_bytes());
                if self.chance(50) {
                    add(request, "Content-Length", length.to_string().as_bytes());
                }
                ("with an odd coding", false)
            }
            15 => {
                request.framing = Framing::AsTheyStand;
                add(request, "Content-Length", length.to_string().as_bytes());
                add(request, "Content-Length", b"5");
                ("with two lengths", false)
            }
            16 => {
                add(request, "Expect", b"100-continue");
                ("asking first", true)
            }
            _ => ("as usual", true),
        }
    }
}
