//! Registers the webhooks that a connection needs with its shop, keeps them active, and knows their secrets.
//!
//! WooCommerce switches a webhook off after a few failures and never sends what it missed. So what is found switched off
//! is switched on again, and a sweep is asked for that makes the gap good. A webhook that is not ours is never touched.
//!
//! A secret is kept before any webhook is given it, and those who check signatures have time to learn of it: no
//! delivery is refused while secrets change. No secret is ever logged.

mod keeper;
mod notes;
mod plan;
mod secrets;

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

pub use self::notes::{NoteKeeper, Notes};
pub use self::plan::{Planned, Step, Wanted, plan};
pub use self::secrets::Secrets;
use crate::clock::{Clock, Timestamp};
use crate::engine::Keeper;
use crate::store::{GONE, Place, Store, StoreError, SweepRequest, WebhookSecret};
use crate::sync::Module;
use crate::system::SystemError;
use crate::vault::made_up;
use crate::woocommerce::webhook::TOPICS;
use crate::woocommerce::webhooks::{Webhook, WebhookPatch, Webhooks};

/// How long a new secret is known before webhooks are given it: longer than those who check signatures may take to look
/// for it.
const SETTLE: Duration = Duration::from_secs(2);

/// How long a test of our address may take to be known.
const REACH: Duration = Duration::from_secs(10);

/// How often to look whether it is.
const LOOK: Duration = Duration::from_millis(100);

/// The webhooks of one connection's shop.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The connection's name.
    pub connection: String,
    /// Where the webhooks send to.
    pub address: Url,
    /// The secret that is configured; without it one is made up.
    pub secret: Option<SecretString>,
    /// The shop.
    pub shop: Arc<dyn Webhooks>,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Prolongs the lease of whoever keeps the webhooks.
    pub keeper: Arc<Keeper>,
}

/// Why webhooks can't be dealt with.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// The shop refuses, or does not answer.
    #[error(transparent)]
    Shop(#[from] SystemError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secret is a person's to change.
    #[error(
        "the secret is from the configuration, and is changed there: move the present one to webhook_secret_previous, enter \
         a new one as webhook_secret, restart the service, and then start `webhooks register`"
    )]
    Configured,
    /// Another process changes it, too.
    #[error(
        "another process has just changed the secret; look with `webhooks status` before you change it once more"
    )]
    Changed,
}

/// What was done, as far as it came.
#[derive(Debug, Default)]
pub struct Registered {
    /// The steps that were done, each with its webhook's id.
    pub done: Vec<Planned>,
    /// Why it came no further, where it did not.
    pub failure: Option<WebhooksError>,
}

impl Registered {
    /// The webhooks whose address the shop has tested, if it could.
    pub fn tested(&self) -> Vec<u64> {
        let is_tested = |done: &&Planned| matches!(done.step, Step::Create | Step::Move);
        self.done
            .iter()
            .filter(is_tested)
            .filter_map(|done| done.id)
            .collect()
    }
}

/// Whether the shop reaches our address, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Its tests came.
    Yes,
    /// They did not come.
    No,
    /// No process is at work that they could have come to.
    NobodyThere,
}

/// How the webhooks stand.
#[derive(Debug)]
pub struct Standing {
    /// Those of our topics, whoever they belong to, each with whether it is ours.
    pub webhooks: Vec<(Webhook, bool)>,
    /// What is to be done about them.
    pub planned: Vec<Planned>,
    /// When the last genuine delivery came.
    pub last_delivery: Option<Timestamp>,
}

impl Registration {
    /// Creates, adopts and activates what is needed. Where that fails it tells how far it came; to do it again does the
    /// rest.
    ///
    /// # Errors
    /// When the store fails, or the shop can't be asked what it has.
    pub async fn register(&self) -> Result<Registered, WebhooksError> {
        let secret = self.known_secret().await?;
        let fingerprint = self.fingerprint(&secret);
        let given = self.store.webhook_secret_given(&self.connection).await?;
        let is_given = given.as_deref() == Some(fingerprint.as_str());
        let existing = self.shop.webhooks().await?;
        if !is_given {
            tokio::time::sleep(SETTLE).await;
        }
        let planned = plan(&existing, &self.wanted());
        if planned
            .iter()
            .any(|one| matches!(one.step, Step::Create | Step::Move))
        {
            self.store.forget_pings(&self.connection).await?;
        }
        let mut registered = Registered::default();
        for one in planned {
            match self.take(&one, &secret, !is_given).await {
                Ok(done) => registered.done.push(done),
                Err(error) => {
                    registered.failure = Some(error.into());
                    break;
                }
            }
        }
        self.make_good(&registered.done).await?;
        if !is_given && registered.failure.is_none() {
            self.store
                .note_webhook_secret_given(&self.connection, &fingerprint)
                .await?;
        }
        Ok(registered)
    }

    /// How the webhooks stand.
    ///
    /// # Errors
    /// When the store fails, or the shop can't be asked.
    pub async fn standing(&self) -> Result<Standing, WebhooksError> {
        let wanted = self.wanted();
        let mut existing = self.shop.webhooks().await?;
        let planned = plan(&existing, &wanted);
        existing.retain(|webhook| TOPICS.contains(&webhook.topic.as_str()));
        let with_owner = |webhook: Webhook| {
            let is_ours = wanted.is_ours(&webhook);
            (webhook, is_ours)
        };
        Ok(Standing {
            webhooks: existing.into_iter().map(with_owner).collect(),
            planned,
            last_delivery: self.store.last_delivery(&self.connection).await?,
        })
    }

    /// Deletes the webhooks that are ours, and says which.
    ///
    /// # Errors
    /// When the shop refuses, or can't be asked.
    pub async fn remove(&self) -> Result<Vec<Webhook>, WebhooksError> {
        let wanted = self.wanted();
        let mut ours = self.shop.webhooks().await?;
        ours.retain(|webhook| wanted.is_ours(webhook));
        for webhook in &ours {
            self.shop.delete_webhook(webhook.id).await?;
        }
        Ok(ours)
    }

    /// Gives the webhooks a new secret. The one before stays good for what is under way.
    ///
    /// # Errors
    /// When the secret is configured, another process changes it at the same time, or the shop or the store fails. The new
    /// secret may be in force then: to register gives it to the webhooks that don't have it yet.
    pub async fn rotate(&self) -> Result<Registered, WebhooksError> {
        if self.secret.is_some() {
            return Err(WebhooksError::Configured);
        }
        // Only two secrets are good at a time: all webhooks must have the present one before there is a next.
        let registered = self.register().await?;
        if registered.failure.is_some() {
            return Ok(registered);
        }
        let old = self.known_secret().await?;
        let now = self.clock.now();
        let is_changed = self
            .store
            .put_webhook_secret(&self.connection, &made_up(), Some(&old), now)
            .await?;
        if !is_changed {
            return Err(WebhooksError::Changed);
        }
        self.register().await
    }

    /// Whether the shop's tests of our address came; waits for them for a while.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reached(&self, tested: &[u64]) -> Result<Reached, StoreError> {
        let looks = REACH.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            let pings = self.store.pings(&self.connection).await?;
            if tested.iter().all(|id| pings.contains(id)) {
                return Ok(Reached::Yes);
            }
            let at_work = self.store.processes(self.clock.now().before(GONE)).await?;
            if !at_work.iter().any(|process| process.roles.contains("ingress")) {
                return Ok(Reached::NobodyThere);
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(Reached::No)
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            connection: &self.connection,
            address: &self.address,
            topics: &TOPICS,
        }
    }

    /// The secret in force: the configured one, or the one that was made up, now if need be.
    async fn known_secret(&self) -> Result<SecretString, StoreError> {
        if let Some(secret) = &self.secret {
            return Ok(secret.clone());
        }
        loop {
            if let Some(WebhookSecret { present, .. }) = self.store.webhook_secret(&self.connection).await? {
                return Ok(present);
            }
            // Another process may be faster, and then its secret is the one.
            self.store
                .put_webhook_secret(&self.connection, &made_up(), None, self.clock.now())
                .await?;
        }
    }

    /// Does one step. `gives_secret`: also what is kept is given the secret.
    async fn take(
        &self,
        one: &Planned,
        secret: &SecretString,
        gives_secret: bool,
    ) -> Result<Planned, SystemError> {
        let name = self.wanted().name(one.topic);
        let with_secret = WebhookPatch {
            secret: Some(secret),
            ..WebhookPatch::default()
        };
        // It may have been disabled as its secret was wrong: whatever is switched on is given the secret, too.
        let activated = WebhookPatch {
            activate: true,
            ..with_secret.clone()
        };
        let moved = WebhookPatch {
            delivery_url: Some(self.address.as_str()),
            ..activated.clone()
        };
        let mut done = one.clone();
        match (one.step, one.id) {
            (Step::Keep, Some(id)) if gives_secret => {
                self.shop.update_webhook(id, &with_secret).await?;
            }
            (Step::Keep, _) => {}
            (Step::Enable, Some(id)) => {
                self.shop.update_webhook(id, &activated).await?;
            }
            (Step::Adopt { .. }, Some(id)) => {
                let adopted = WebhookPatch {
                    name: Some(&name),
                    ..moved
                };
                self.shop.update_webhook(id, &adopted).await?;
            }
            (Step::Move, Some(id)) => {
                self.shop.update_webhook(id, &moved).await?;
            }
            (Step::Drop, Some(id)) => self.shop.delete_webhook(id).await?,
            (Step::Create | Step::Enable | Step::Adopt { .. } | Step::Move | Step::Drop, _) => {
                let created = WebhookPatch {
                    name: Some(&name),
                    topic: Some(one.topic),
                    ..moved
                };
                done.id = Some(self.shop.create_webhook(&created).await?.id);
            }
        }
        Ok(done)
    }

    /// Asks for sweeps of what may have changed while a webhook did not send.
    async fn make_good(&self, done: &[Planned]) -> Result<(), StoreError> {
        for module in Module::ALL {
            let was_silent = done.iter().any(|one| {
                let was_silent = match one.step {
                    Step::Create | Step::Enable | Step::Move => true,
                    Step::Adopt { was_active } => !was_active,
                    Step::Keep | Step::Drop => false,
                };
                was_silent && modules_of(one.topic).contains(&module)
            });
            if was_silent {
                let at = Place {
                    connection: self.connection.clone(),
                    module,
                };
                let request = SweepRequest::new(at);
                self.store.request_sweep(&request, self.clock.now()).await?;
            }
        }
        Ok(())
    }

    /// Tells whether a secret is another one, without telling the secret.
    fn fingerprint(&self, secret: &SecretString) -> String {
        let digest = Sha256::new()
            .chain_update(self.connection.as_bytes())
            .chain_update([0])
            .chain_update(secret.expose_secret().as_bytes())
            .finalize();
        hex::encode(digest)
    }
}

/// What a topic tells of. Orders tell of guests, too.
fn modules_of(topic: &str) -> &'static [Module] {
    match topic.split_once('.').map(|(resource, _)| resource) {
        Some("customer") => &[Module::Contacts],
        Some("order") => &[Module::Contacts, Module::SalesOrders],
        Some("product") => &[Module::Products],
        _ => &[],
    }
}
