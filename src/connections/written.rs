//! A connection as it is written down: in the terms of the configuration file, what is secret apart from the rest.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use url::Url;

use super::input::{FIELDS, Field, Kind, NEEDED};
use crate::config::{self, ConfigError, Connection};
use crate::store::KeptConnection;
use crate::sync::Side;
use crate::vault::{Vault, VaultError};

/// Tables by name, each with its keys.
type Tables = Map<String, Json>;

/// The secrets that were in force before the present ones, and are still taken.
const PREVIOUS: [(&str, &str, &str); 2] = [
    ("woocommerce", "webhook_secret", "webhook_secret_previous"),
    ("vtiger", "callback_secret", "callback_secret_previous"),
];

/// A connection as it is written down.
#[derive(Clone, Default)]
pub struct Written {
    /// Whether nothing is to be done for now.
    pub is_paused: bool,
    plain: Tables,
    secret: Tables,
}

/// What is not secret, as it is stored.
#[derive(Default, Serialize, Deserialize)]
struct Plain {
    #[serde(default)]
    paused: bool,
    #[serde(flatten)]
    tables: Tables,
}

/// Why a connection that is kept can't be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableError {
    /// Its secrets can't be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What is stored is damaged.
    #[error("what the database keeps of the connection is damaged; remove the connection and make it anew")]
    Damaged,
    /// It does not fit the rules (any more).
    #[error("the connection does not fit the rules of this version: {0}")]
    Invalid(ConfigError),
}

impl Written {
    /// What is kept of a connection, with its secrets.
    ///
    /// # Errors
    /// When the secrets can't be opened, or what is stored is damaged.
    pub fn open(kept: &KeptConnection, vault: &Vault) -> Result<Self, UnreadableError> {
        let written = Self::plain(kept)?;
        let secret = vault.open(&label(&kept.name), &kept.sealed)?;
        let secret = serde_json::from_str(secret.expose_secret()).map_err(|_| UnreadableError::Damaged)?;
        Ok(Self { secret, ..written })
    }

    /// What is kept of a connection, without its secrets.
    pub(super) fn plain(kept: &KeptConnection) -> Result<Self, UnreadableError> {
        let plain: Plain = serde_json::from_str(&kept.settings).map_err(|_| UnreadableError::Damaged)?;
        Ok(Self {
            is_paused: plain.paused,
            plain: plain.tables,
            secret: Tables::new(),
        })
    }

    /// What is not secret, and what is, sealed under the connection's name: each as it is stored.
    pub(super) fn close(&self, name: &str, vault: &Vault) -> Result<(String, String), VaultError> {
        let plain = Plain {
            paused: self.is_paused,
            tables: self.plain.clone(),
        };
        let secret = Json::Object(self.secret.clone()).to_string();
        let sealed = vault.seal(&label(name), &secret)?;
        // Tables of texts can always be written.
        Ok((serde_json::to_string(&plain).unwrap_or_default(), sealed))
    }

    /// The connection, checked by the rules of the configuration.
    ///
    /// # Errors
    /// With everything that is wrong.
    pub fn connection(&self, name: &str, has_public_url: bool) -> Result<Connection, ConfigError> {
        let mut tables = self.plain.clone();
        for (table, keys) in &self.secret {
            let Json::Object(keys) = keys else { continue };
            if let Json::Object(into) = entry(&mut tables, table) {
                into.extend(keys.clone());
            }
        }
        config::connection(name, tables, has_public_url)
    }

    /// The connection, for one side of it to be tried alone: what is not filled in of the other one is put in its place.
    pub(super) fn to_be_tried(&self, side: Side, has_public_url: bool) -> Result<Connection, ConfigError> {
        let mut whole = self.clone();
        for (name, _) in NEEDED {
            let Some(field) = Field::named(name) else { continue };
            let is_other = match side {
                Side::WooCommerce => field.table == "vtiger",
                Side::Vtiger => field.table == "woocommerce",
            };
            if is_other {
                let stand_in = if field.key == "url" {
                    "https://invalid"
                } else {
                    "-"
                };
                whole.put(field, stand_in.to_owned());
            }
        }
        whole.connection("tried", has_public_url)
    }

    pub(super) fn get(&self, field: &Field) -> Option<&str> {
        let tables = match field.kind {
            Kind::Plain => &self.plain,
            Kind::Secret => &self.secret,
        };
        tables.get(field.table)?.get(field.key)?.as_str()
    }

    pub(super) fn put(&mut self, field: &Field, value: String) {
        let tables = match field.kind {
            Kind::Plain => &mut self.plain,
            Kind::Secret => &mut self.secret,
        };
        if let Json::Object(keys) = entry(tables, field.table) {
            keys.insert(field.key.to_owned(), Json::String(value));
        }
    }

    /// Puts a new secret in the place of the present one, which senders may still use for a while.
    pub(super) fn renew(&mut self, field: &Field, secret: &SecretString) {
        let old = self.clone();
        self.put(field, secret.expose_secret().to_owned());
        self.keep_secrets_of(&old);
    }

    /// Whether a side is reached at another host than before, or no longer over https.
    pub(super) fn is_moved(&self, old: &Self, table: &str) -> bool {
        let url = |written: &Self| {
            let url = written.get(Field::at(table, "url")?)?;
            Url::parse(url).ok()
        };
        let (Some(now), Some(before)) = (url(self), url(old)) else {
            return true;
        };
        now.host_str() != before.host_str()
            || now.port() != before.port()
            || now.scheme() == "http" && before.scheme() == "https"
    }

    /// Takes the secrets over that were not entered anew. Those that were take the place of the old ones, which senders
    /// may still use for a while. What is shown to a system is never sent to another host than it was entered for.
    pub(super) fn keep_secrets_of(&mut self, old: &Self) {
        let moved = ["woocommerce", "vtiger"].map(|table| (table, self.is_moved(old, table)));
        for field in FIELDS.iter().filter(|field| field.kind == Kind::Secret) {
            let is_shown = NEEDED.iter().any(|(name, _)| *name == field.name);
            let is_for_another = is_shown && moved.contains(&(field.table, true));
            if !is_for_another
                && self.get(field).is_none()
                && let Some(value) = old.get(field)
            {
                self.put(field, value.to_owned());
            }
        }
        for (table, key, previous) in PREVIOUS {
            let text = |written: &Self, key: &str| {
                let value = written.secret.get(table)?.get(key)?.as_str()?;
                Some(value.to_owned())
            };
            let before = text(old, key);
            let kept = if text(self, key) == before {
                text(old, previous)
            } else {
                before
            };
            if let Some(kept) = kept
                && let Json::Object(keys) = entry(&mut self.secret, table)
            {
                keys.insert(previous.to_owned(), Json::String(kept));
            }
        }
    }
}

fn entry<'a>(tables: &'a mut Tables, table: &str) -> &'a mut Json {
    tables.entry(table).or_insert_with(|| Json::Object(Map::new()))
}

/// What a connection's secrets are sealed under.
fn label(name: &str) -> String {
    format!("connection {name}")
}

/// Without secrets.
impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written")
            .field("is_paused", &self.is_paused)
            .finish_non_exhaustive()
    }
}
