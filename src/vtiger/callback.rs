//! The callbacks that Vtiger sends when a record was changed or deleted: who may send them, and what they say.
//!
//! Pure, no I/O. Vtiger has no webhooks of its own in the open source release, so callbacks come from a workflow's
//! custom function, an event handler, or Vtiger Cloud's webhook action; this accepts what each of them can send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value as Json};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The headers that can prove where a callback comes from.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `X-Vtiger-Signature`: the HMAC-SHA256 of the raw body in hex or base64, with or without `sha256=` before it.
    pub signature: Option<&'a str>,
    /// `Authorization`: the secret as bearer token or as basic authentication's password.
    pub authorization: Option<&'a str>,
    /// `X-Webhook-Token`: the secret itself.
    pub token: Option<&'a str>,
}

/// Whether one of the credentials proves knowledge of one of the secrets.
pub fn authenticate(secrets: &[SecretString], body: &[u8], credentials: &Credentials<'_>) -> bool {
    let signature = credentials.signature.and_then(decode_signature);
    let bearer = credentials.authorization.and_then(bearer);
    let password = credentials.authorization.and_then(password);
    secrets
        .iter()
        .map(|secret| secret.expose_secret().as_bytes())
        .filter(|secret| !secret.is_empty())
        .any(|secret| {
            let is_secret = |given: &[u8]| bool::from(given.ct_eq(secret));
            signature
                .as_ref()
                .is_some_and(|signature| is_signed(secret, body, signature))
                || credentials.token.is_some_and(|token| is_secret(token.as_bytes()))
                || bearer.is_some_and(|token| is_secret(token.as_bytes()))
                || password.as_ref().is_some_and(|password| is_secret(password))
        })
}

fn is_signed(secret: &[u8], body: &[u8], signature: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret)
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok())
}

fn decode_signature(header: &str) -> Option<Vec<u8>> {
    let header = header.trim();
    let digest = header.strip_prefix("sha256=").unwrap_or(header);
    hex::decode(digest).or_else(|_| STANDARD.decode(digest)).ok()
}

fn bearer(header: &str) -> Option<&str> {
    after_scheme(header, "bearer")
}

fn password(header: &str) -> Option<Vec<u8>> {
    let pair = STANDARD.decode(after_scheme(header, "basic")?).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    Some(pair[colon + 1..].to_vec())
}

fn after_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let (given, rest) = header.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// What a callback says.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// The record's module, such as `Contacts`.
    pub module: String,
    /// The record's id as sent: `12x34`, or `34` from an event handler.
    pub id: String,
    /// What happened.
    pub kind: CallbackKind,
    /// The record's `modifiedtime`, in the server's time zone.
    pub modifiedtime: Option<String>,
    /// The user who changed it, such as `19x1`.
    pub modifiedby: Option<String>,
    /// All the record's fields, where they were sent.
    pub data: Option<Json>,
}

impl Callback {
    /// All that the callback tells of the record, in the shape of the webservice's rows: what
    /// [`crate::system::System::glance`] and [`crate::system::System::read`] take.
    pub fn into_body(self) -> Json {
        let mut body = match self.data {
            Some(Json::Object(data)) => data,
            _ => Map::new(),
        };
        body.insert("id".to_owned(), Json::String(self.id));
        for (name, value) in [
            ("modifiedtime", self.modifiedtime),
            ("modifiedby", self.modifiedby),
        ] {
            if let Some(value) = value {
                body.insert(name.to_owned(), Json::String(value));
            }
        }
        Json::Object(body)
    }
}

/// What happened to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackKind {
    /// It was created, changed or restored.
    Changed,
    /// It was deleted.
    Deleted,
    /// Nothing yet: something is about to happen, and another callback will tell.
    Ignored,
}

/// Why a callback can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}; {remedy}")]
pub struct CallbackError {
    /// The field at fault, or `body`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Reads a callback's body: a JSON object, or form fields.
///
/// # Errors
/// When the body is neither, or `module`, `id` or `event` is missing or can't be understood.
pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Callback, CallbackError> {
    let mut fields = if is_json(content_type, body) {
        json_fields(body)?
    } else {
        form_fields(body)
    };
    let event = text(&fields, "event").ok_or(CallbackError {
        field: "event",
        problem: "is missing",
        remedy: "send `created`, `updated` or `deleted`",
    })?;
    let kind = kind(&event).ok_or(CallbackError {
        field: "event",
        problem: "is none that is known",
        remedy: "send `created`, `updated` or `deleted`",
    })?;
    if event == TEST {
        return Ok(Callback {
            module: String::new(),
            id: String::new(),
            kind,
            modifiedtime: None,
            modifiedby: None,
            data: None,
        });
    }
    let module = text(&fields, "module").ok_or(CallbackError {
        field: "module",
        problem: "is missing",
        remedy: "send the module's name, such as `Contacts`",
    })?;
    let id = text(&fields, "id").ok_or(CallbackError {
        field: "id",
        problem: "is missing",
        remedy: "send the record's id, such as `12x34`",
    })?;
    if !is_id(&id) {
        return Err(CallbackError {
            field: "id",
            problem: "is no record's id",
            remedy: "send a number such as `34`, or one with the module's number before it such as `12x34`",
        });
    }
    let data = match fields.remove("data") {
        None | Some(Json::Null) => None,
        Some(data @ Json::Object(_)) => Some(data),
        Some(Json::String(json)) if json.trim().is_empty() => None,
        Some(Json::String(json)) => Some(serde_json::from_str(&json).ok().filter(Json::is_object).ok_or(
            CallbackError {
                field: "data",
                problem: "is no JSON object",
                remedy: "send the record's fields as a JSON object, or leave it out",
            },
        )?),
        Some(_) => {
            return Err(CallbackError {
                field: "data",
                problem: "is no object",
                remedy: "send the record's fields as an object, or leave it out",
            });
        }
    };
    Ok(Callback {
        module,
        id,
        kind,
        modifiedtime: text(&fields, "modifiedtime"),
        modifiedby: text(&fields, "modifiedby"),
        data,
    })
}

/// What the extension's test button sends: only to see whether it arrives.
const TEST: &str = "test";

fn kind(event: &str) -> Option<CallbackKind> {
    match event {
        "created"
        | "updated"
        | "workflow.save"
        | "vtiger.entity.aftersave"
        | "vtiger.entity.aftersave.final"
        | "vtiger.entity.afterrestore" => Some(CallbackKind::Changed),
        "deleted" | "vtiger.entity.afterdelete" => Some(CallbackKind::Deleted),
        TEST => Some(CallbackKind::Ignored),
        _ if event.starts_with("vtiger.entity.before") => Some(CallbackKind::Ignored),
        _ => None,
    }
}

fn is_json(content_type: Option<&str>, body: &[u8]) -> bool {
    match content_type {
        Some(content_type) if content_type.contains("json") => true,
        Some(content_type) if content_type.starts_with("application/x-www-form-urlencoded") => false,
        // Vtiger's custom functions are written by hand: a wrong content type is no reason to lose a change.
        _ => body.trim_ascii_start().starts_with(b"{"),
    }
}

fn json_fields(body: &[u8]) -> Result<Map<String, Json>, CallbackError> {
    serde_json::from_slice(body).map_err(|_| CallbackError {
        field: "body",
        problem: "is no JSON object",
        remedy: "send an object such as {\"module\":\"Contacts\",\"id\":\"12x34\",\"event\":\"updated\"}",
    })
}

/// The form's fields; `data[email]` becomes a member of the object `data`.
fn form_fields(body: &[u8]) -> Map<String, Json> {
    let mut fields = Map::new();
    let mut data = Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        let value = Json::String(value.into_owned());
        match name.strip_prefix("data[").and_then(|rest| rest.strip_suffix(']')) {
            Some(member) => data.insert(member.to_owned(), value),
            None => fields.insert(name.into_owned(), value),
        };
    }
    if !data.is_empty() {
        fields.insert("data".to_owned(), Json::Object(data));
    }
    fields
}

/// A field as text; `None` where there is nothing. Event handlers send ids as numbers.
fn text(fields: &Map<String, Json>, name: &str) -> Option<String> {
    let text = match fields.get(name)? {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn is_id(id: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match id.split_once('x') {
        Some((module, record)) => is_number(module) && is_number(record),
        None => is_number(id),
    }
}

#[cfg(test)]
mod tests;
