//! WooCommerce's own consent screen: a person approves there, and the shop sends keys here.
//!
//! The shop's server posts the keys to an address of ours that nobody else knows: it ends in a state that is made up for
//! one consent, holds for a quarter of an hour, and is taken once. Of the state only its digest is kept, and of the keys
//! nothing that is not sealed. The keys are taken for the shop alone that was asked.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::{Host, Url};

use super::check::Problem;
use super::input::{Field, Input};
use super::{Connections, ConnectionsError, Written};
use crate::store::Consent;
use crate::vault::made_up;

/// How long a person may take to approve, and what was entered beside it to be saved.
const GOOD_FOR: Duration = Duration::from_mins(15);

/// What the shop tells the person who is to approve.
const APP_NAME: &str = "woo-vtiger-sync";

/// A shop that is asked for keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// What the keys are known by when they come.
    pub state: String,
    /// Where the person is to be sent.
    pub url: String,
}

/// Why a shop can't be asked for keys on its own consent screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoConsent {
    /// It is not known at which address the shop would reach us.
    NoPublicUrl,
    /// The shop sends keys to addresses with https alone.
    NotEncrypted,
}

/// How a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// The keys are yet to come.
    Waiting,
    /// The keys came.
    Granted,
    /// Nobody was asked, too much time has passed, or the keys were used.
    Gone,
}

/// What the shop sends.
#[derive(Deserialize)]
pub struct Keys {
    /// What was sent to it as such.
    pub user_id: String,
    /// The key.
    pub consumer_key: String,
    /// Its secret.
    pub consumer_secret: String,
    /// `read`, `write` or `read_write`.
    pub key_permissions: String,
}

/// Why keys are not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody was asked, too much time has passed, or keys came already.
    #[error("no keys are expected here (any more); begin anew on the page of the connection")]
    Unexpected,
    /// They don't allow enough.
    #[error("the keys must allow to read and write")]
    NotEnough,
    /// They can't be kept.
    #[error("the keys can't be kept")]
    Failed(#[from] ConnectionsError),
}

impl Connections {
    /// Whether shops can be asked for keys: they send them to addresses with https alone.
    ///
    /// # Errors
    /// With the reason where they can't.
    pub fn may_ask_consent(&self, shop: Option<&Url>) -> Result<(), NoConsent> {
        let ours = self.public_url.as_ref().ok_or(NoConsent::NoPublicUrl)?;
        // A shop on the same machine is a simulator or a developer's.
        let is_local = is_loopback(ours) && shop.is_none_or(is_loopback);
        if ours.scheme() == "https" || is_local {
            Ok(())
        } else {
            Err(NoConsent::NotEncrypted)
        }
    }

    /// Asks a shop for keys. Once the person has approved or denied, the shop sends that person to `return_path` of ours,
    /// with `success=1` or `success=0` and the state as `user_id`.
    ///
    /// # Errors
    /// When the shop's address is wrong, shops can't be asked, or the store fails.
    pub async fn ask_consent(&self, input: &Input, return_path: &str) -> Result<Asked, ConnectionsError> {
        let (written, problems) = self.checked(input, false).await?;
        let wrong: Vec<Problem> = problems
            .into_iter()
            .filter(|problem| problem.field == "shop_url")
            .collect();
        if !wrong.is_empty() {
            return Err(ConnectionsError::Invalid(wrong));
        }
        let shop_url = shop_url(&written).unwrap_or_default();
        let shop = Url::parse(&shop_url).ok();
        let (Some(shop), Some(ours)) = (shop, &self.public_url) else {
            return Err(ConnectionsError::NoPublicUrl);
        };
        if self.may_ask_consent(Some(&shop)).is_err() {
            return Err(ConnectionsError::Invalid(vec![Problem {
                field: "shop_url",
                message: "the shop sends keys to addresses with https alone, and http.public_url has none; set it to one with \
                          https, or enter keys by hand"
                    .to_owned(),
            }]));
        }
        let state = made_up().expose_secret().to_owned();
        let now = self.clock.now();
        let consent = Consent {
            digest: digest(&state),
            shop_url: shop.to_string(),
            sealed: None,
            asked: now,
        };
        self.store.ask_consent(&consent, now.before(GOOD_FOR)).await?;
        let base = ours.as_str().trim_end_matches('/');
        let mut url = beneath(&shop, &["wc-auth", "v1", "authorize"]);
        url.query_pairs_mut()
            .append_pair("app_name", APP_NAME)
            .append_pair("scope", "read_write")
            .append_pair("user_id", &state)
            .append_pair(
                "return_url",
                &format!("{base}/{}", return_path.trim_start_matches('/')),
            )
            .append_pair("callback_url", &format!("{base}/wc-auth/{state}"));
        Ok(Asked {
            state,
            url: url.into(),
        })
    }

    /// How a consent stands.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn consent(&self, state: &str) -> Result<ConsentState, ConnectionsError> {
        Ok(match self.asked(state).await? {
            Some(consent) if consent.sealed.is_some() => ConsentState::Granted,
            Some(_) => ConsentState::Waiting,
            None => ConsentState::Gone,
        })
    }

    /// Takes the keys that a shop sends.
    ///
    /// # Errors
    /// When none are expected under this state, they don't allow enough, or they can't be kept.
    pub async fn take_keys(&self, state: &str, keys: &Keys) -> Result<(), Refusal> {
        let is_same = bool::from(state.as_bytes().ct_eq(keys.user_id.as_bytes()));
        let consent = self.asked(state).await?;
        if !is_same || consent.is_none_or(|consent| consent.sealed.is_some()) {
            return Err(Refusal::Unexpected);
        }
        if keys.key_permissions != "read_write" {
            return Err(Refusal::NotEnough);
        }
        let is_first = self
            .store
            .any_sealed()
            .await
            .map_err(ConnectionsError::from)?
            .is_none();
        self.vault.prepare(is_first).map_err(ConnectionsError::from)?;
        let digest = digest(state);
        let text = serde_json::json!([keys.consumer_key, keys.consumer_secret]).to_string();
        let sealed = self.vault.seal(&label(&digest), &text);
        let sealed = sealed.map_err(ConnectionsError::from)?;
        let since = self.clock.now().before(GOOD_FOR);
        let granted = self.store.grant_consent(&digest, &sealed, since).await;
        if granted.map_err(ConnectionsError::from)? {
            Ok(())
        } else {
            Err(Refusal::Unexpected)
        }
    }

    /// Puts the keys of a consent where none are entered; and what is wrong with that.
    pub(super) async fn consented(
        &self,
        input: &Input,
        written: &mut Written,
    ) -> Result<Option<Problem>, ConnectionsError> {
        let fields = ["shop_key", "shop_secret"].map(Field::named);
        let [Some(key), Some(secret)] = fields else {
            return Ok(None);
        };
        if input.consent.is_empty() || written.get(key).is_some() || written.get(secret).is_some() {
            return Ok(None);
        }
        let problem = |message: &str| {
            Ok(Some(Problem {
                field: "consent",
                message: message.to_owned(),
            }))
        };
        let consent = self.asked(&input.consent).await?;
        let Some((consent, sealed)) = consent.and_then(|consent| {
            let sealed = consent.sealed.clone()?;
            Some((consent, sealed))
        }) else {
            return problem(
                "the shop sent no keys, or too long ago; connect once more, or enter keys by hand",
            );
        };
        let shop = shop_url(written).and_then(|url| Url::parse(&url).ok());
        if shop.map(String::from).as_deref() != Some(consent.shop_url.as_str()) {
            return problem(
                "the keys are of another shop than the address; connect once more, or enter keys by hand",
            );
        }
        let opened = self.vault.open(&label(&consent.digest), &sealed)?;
        let keys: [String; 2] = serde_json::from_str(opened.expose_secret()).unwrap_or_default();
        let [consumer_key, consumer_secret] = keys;
        written.put(key, consumer_key);
        written.put(secret, consumer_secret);
        Ok(None)
    }

    /// Forgets the keys of a consent, as they are kept with the connection now.
    pub(super) async fn use_up_consent(&self, input: &Input) -> Result<(), ConnectionsError> {
        if !input.consent.is_empty() {
            self.store.end_consent(&digest(&input.consent)).await?;
        }
        Ok(())
    }

    /// The consent of this state, where it still holds.
    async fn asked(&self, state: &str) -> Result<Option<Consent>, ConnectionsError> {
        let digest = digest(state);
        let since = self.clock.now().before(GOOD_FOR);
        let consent = self.store.consent(&digest).await?;
        Ok(consent.filter(|consent| {
            // The time that finding it takes tells of the digest at most, and not of the state.
            consent.asked >= since && bool::from(consent.digest.as_bytes().ct_eq(digest.as_bytes()))
        }))
    }
}

fn shop_url(written: &Written) -> Option<String> {
    let field = Field::named("shop_url")?;
    written.get(field).map(str::to_owned)
}

/// An address below another one.
fn beneath(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // Only an address that can't have a path is refused, and none of the web is so.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn digest(state: &str) -> String {
    hex::encode(Sha256::digest(state.as_bytes()))
}

/// What the keys of a consent are sealed under.
fn label(digest: &str) -> String {
    format!("consent {digest}")
}
