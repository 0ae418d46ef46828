//! Single values as they are written: in a file with a type of their own, in the environment always as text.
//!
//! A secret is taken exactly as it stands, and none of these prints one.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::limit::Rate;
use crate::sync::Module;

/// What a printed secret shows as.
const HIDDEN: &str = "***";

/// A whole number, not negative.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Whole(pub(super) u64);

/// Yes or no.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Flag(pub(super) bool);

/// A module, as the name of a table.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct ModuleName(pub(super) Module);

/// A period of time, such as `15m`.
pub(super) struct Span {
    text: String,
    pub(super) duration: Duration,
}

/// How many requests there may be in a time, such as `10/s`.
pub(super) struct RateLimit {
    text: String,
    pub(super) rate: Rate,
}

/// A text that must not be shown.
pub(super) struct Secret(pub(super) SecretString);

/// An address that may hold a password.
pub(super) struct Address(pub(super) SecretString);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, not negative")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Whole, E> {
                text.trim().parse().map(Whole).map_err(|_| {
                    E::custom(format!(
                        "`{text}` is no whole number; write digits only, such as 8"
                    ))
                })
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Flag, E> {
                match text.trim().to_lowercase().as_str() {
                    "true" | "yes" | "on" | "1" => Ok(Flag(true)),
                    "false" | "no" | "off" | "0" => Ok(Flag(false)),
                    _ => Err(E::custom(format!(
                        "`{text}` is neither yes nor no; write true or false"
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Not derived, as an enum's name would be missing from the paths that problems are told with.
impl<'de> Deserialize<'de> for ModuleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = ModuleName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a module's name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<ModuleName, E> {
                // Taxes are none of them, as they have no settings.
                const NAMES: [&str; 3] = [
                    Module::Products.as_str(),
                    Module::Contacts.as_str(),
                    Module::SalesOrders.as_str(),
                ];
                Module::ALL
                    .into_iter()
                    .find(|module| module.as_str() == name && NAMES.contains(&name))
                    .map(ModuleName)
                    .ok_or_else(|| E::unknown_variant(name, &NAMES))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let duration = duration(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no period of time; write a number and ms, s, m, h or d, such as \"15m\""
            ))
        })?;
        Ok(Self { text, duration })
    }
}

fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..unit].parse().ok()?;
    let seconds = match text[unit..].trim_start() {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let rate = Rate::parse(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is no limit of requests in a time; write a number, a slash and s, m, h or d, such as \"10/s\""
            ))
        })?;
        Ok(Self { text, rate })
    }
}

impl Serialize for RateLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&shown(self.0.expose_secret()))
    }
}

/// An address without its password and its parameters, which may hold one, too.
fn shown(address: &str) -> String {
    if address.starts_with("sqlite:") || address.starts_with("embedded") {
        return address.to_owned();
    }
    let Ok(mut url) = Url::parse(address) else {
        return HIDDEN.to_owned();
    };
    url.set_query(None);
    if url.password().is_some() && url.set_password(Some(HIDDEN)).is_err() {
        return HIDDEN.to_owned();
    }
    url.to_string()
}
