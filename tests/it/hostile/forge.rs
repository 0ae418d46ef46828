//! Makes requests that no decent sender makes, out of recorded ones; the same seed makes the same requests.

mod body;
mod wire;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

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
}
