//! What a WooCommerce webhook delivery says, and whether it is genuine. Pure: no I/O, never panics.
//!
//! A delivery holds the record's state at the time of sending, not of the change; it may come late, twice, or out of
//! order. Its delivery id repeats within a second, so nothing here relies on it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use sha2::Sha256;

use super::date::gmt;
use crate::clock::Timestamp;

/// The topics that tell of what is kept in step.
pub const TOPICS: [&str; 11] = [
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
];

/// A kind of record that has webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `customer.*`
    Customer,
    /// `order.*`
    Order,
    /// `product.*`, variations included.
    Product,
    /// Any other, such as `coupon.*` and `action.*`.
    Other,
}

impl Resource {
    fn from_name(name: &str) -> Self {
        match name {
            "customer" => Self::Customer,
            "order" => Self::Order,
            "product" => Self::Product,
            _ => Self::Other,
        }
    }
}

/// What a delivery says.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// A record was created, updated or restored; `body` is its state, as the REST API shows it.
    Changed {
        /// Its kind.
        resource: Resource,
        /// Its id.
        id: u64,
        /// The record's JSON.
        body: Json,
    },
    /// A record was deleted, or put into the trash.
    Deleted {
        /// Its kind.
        resource: Resource,
        /// Its id.
        id: u64,
    },
    /// WooCommerce couldn't read the record when it sent this and doesn't tell which one it was: it is gone by now,
    /// or the user that the webhook belongs to may not see it. Compare both systems to find it.
    Unknown {
        /// The kind of record, where the topic tells.
        resource: Option<Resource>,
    },
    /// A topic that is of no concern here.
    Other,
    /// Not what WooCommerce sends.
    Unreadable {
        /// Why, without any of the content.
        reason: String,
    },
}

impl Delivery {
    /// When the record was last changed, by the shop's clock, where the delivery tells.
    pub fn changed(&self) -> Option<Timestamp> {
        match self {
            Self::Changed { body, .. } => gmt(body, "date_modified_gmt"),
            _ => None,
        }
    }
}

/// Whether the signature (`X-WC-Webhook-Signature`) over the body's exact bytes was made with one of the secrets.
pub fn verify(secrets: &[SecretString], body: &[u8], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature.trim()) else {
        return false;
    };
    secrets.iter().map(ExposeSecret::expose_secret).any(|secret| {
        // WooCommerce decodes entities in the secret before it signs; the literal text serves other senders.
        is_signed(secret, body, &signature) || is_signed(&specialchars_decoded(secret), body, &signature)
    })
}

fn is_signed(secret: &str, body: &[u8], signature: &[u8]) -> bool {
    // Anyone can sign with an empty secret.
    if secret.is_empty() {
        return false;
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}

/// As PHP's `htmlspecialchars_decode`; `&amp;` comes last, so that nothing is decoded twice.
fn specialchars_decoded(secret: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(secret.to_owned(), |text, (entity, character)| {
        text.replace(entity, character)
    })
}

/// Whether this is the ping that WooCommerce sends, unsigned, for a new address: the form `webhook_id=N`.
///
/// Only an answer of 200 satisfies WooCommerce.
pub fn is_ping(content_type: Option<&str>, body: &[u8]) -> bool {
    let is_form = content_type
        .and_then(|text| text.split(';').next())
        .is_some_and(|text| {
            text.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    let id = body.strip_prefix(b"webhook_id=");
    is_form && id.is_some_and(|id| !id.is_empty() && id.iter().all(u8::is_ascii_digit))
}

/// The id of the webhook whose ping this is.
pub fn pinged(body: &[u8]) -> Option<u64> {
    let id = body.strip_prefix(b"webhook_id=")?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// Reads a delivery out of its topic (`X-WC-Webhook-Topic`) and body.
pub fn parse(topic: &str, body: &[u8]) -> Delivery {
    let named = topic.trim().split_once('.');
    let resource = named.map(|(name, _)| Resource::from_name(name));
    if resource == Some(Resource::Other) {
        return Delivery::Other;
    }
    let body: Json = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(error) => return unreadable(&format!("the body is no JSON ({:?} error)", error.classify())),
    };
    let Some(id) = body.get("id").and_then(Json::as_u64).filter(|id| *id > 0) else {
        return if body.get("code").is_some_and(Json::is_string) {
            Delivery::Unknown { resource }
        } else {
            unreadable("the body has no id")
        };
    };
    match (resource, named.map(|(_, event)| event)) {
        (Some(resource), Some("created" | "updated" | "restored")) => {
            Delivery::Changed { resource, id, body }
        }
        (Some(resource), Some("deleted")) => Delivery::Deleted { resource, id },
        _ => unreadable("the topic is none of WooCommerce's"),
    }
}

fn unreadable(reason: &str) -> Delivery {
    Delivery::Unreadable {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
