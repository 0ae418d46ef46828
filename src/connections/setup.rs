//! The last steps of setting a connection up: what is kept in step, webhooks, the first sync.

use serde::{Deserialize, Serialize};

use super::input::Field;
use super::{Connections, ConnectionsError, View};
use crate::history::History;
use crate::roster::{Names, Origin};
use crate::settings::bring_into_force;
use crate::store::Signature;
use crate::sync::{Direction, Module, ModuleSettings};
use crate::vault::made_up;
use crate::webhooks::{self, Planned, Reached, Registration, Step};

/// Whether a module is to be kept in step, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleChoice {
    /// The module.
    pub module: Module,
    /// Whether it is kept in step.
    pub enabled: bool,
    /// Which way its records travel.
    pub direction: Direction,
}

/// What came of registering webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// What was done, topic by topic.
    pub done: Vec<RegisteredStep>,
    /// Why it came no further, where it did not.
    pub failure: Option<String>,
    /// Whether the shop reaches this service: false where its test did not come; `None` where it can't be told.
    pub is_reached: Option<bool>,
}

/// What was done about one webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisteredStep {
    /// Its topic, such as `order.updated`.
    pub topic: &'static str,
    /// Its number in the shop.
    pub id: Option<u64>,
    /// What was done: `kept`, `adopted`, `enabled`, `moved`, `created` or `dropped`.
    pub step: &'static str,
}

impl Registered {
    /// What came of it, once it is known whether the shop reaches this service.
    async fn of(
        registration: &Registration,
        registered: webhooks::Registered,
    ) -> Result<Self, ConnectionsError> {
        let tested = registered.tested();
        let is_reached = if tested.is_empty() {
            None
        } else {
            match registration.reached(&tested).await? {
                Reached::Yes => Some(true),
                Reached::No => Some(false),
                Reached::NobodyThere => None,
            }
        };
        Ok(Self {
            done: registered.done.iter().map(RegisteredStep::from).collect(),
            failure: registered.failure.map(|failure| failure.to_string()),
            is_reached,
        })
    }
}

impl From<&Planned> for RegisteredStep {
    fn from(planned: &Planned) -> Self {
        Self {
            topic: planned.topic,
            id: planned.id,
            step: match planned.step {
                Step::Keep => "kept",
                Step::Adopt { .. } => "adopted",
                Step::Enable => "enabled",
                Step::Move => "moved",
                Step::Create => "created",
                Step::Drop => "dropped",
            },
        }
    }
}

impl Connections {
    /// Chooses what a connection keeps in step; `by` tells who does. Taxes go along as soon as anything is.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn choose(
        &self,
        name: &str,
        choices: &[ModuleChoice],
        by: &str,
    ) -> Result<View, ConnectionsError> {
        let member = self.member(name).await?;
        let signature = Signature::new(by, "chosen for the connection");
        let is_any = choices.iter().any(|choice| choice.enabled);
        for at in Self::places(name) {
            let choice = choices.iter().find(|choice| choice.module == at.module);
            let stored = self.store.settings(&at).await?;
            let mut settings = match &stored {
                Some(settings) => settings.clone(),
                None => ModuleSettings::default_for(at.module).map_err(crate::engine::EngineError::from)?,
            };
            match choice {
                _ if at.module == Module::Taxes => settings.enabled = is_any,
                Some(choice) => {
                    settings.enabled = choice.enabled;
                    settings.direction = choice.direction;
                }
                None => continue,
            }
            if stored.as_ref() == Some(&settings) {
                continue;
            }
            let store = &*self.store;
            if member.is_paused {
                // Nothing is looked for before it begins, and that is with a first sync.
                let now = self.clock.now();
                store.save_settings(&at, &settings, &signature, None, now).await?;
            } else {
                bring_into_force(store, &at, &settings, &signature, None, &*self.clock).await?;
            }
        }
        self.view(&member).await
    }

    /// Registers the webhooks that a connection needs, has them kept active from now on, and waits a while for the shop to
    /// reach this service.
    ///
    /// # Errors
    /// When there is no such connection, `http.public_url` is not set, the shop can't be asked, or the store fails.
    pub async fn register_webhooks(&self, name: &str) -> Result<Registered, ConnectionsError> {
        let member = self.member(name).await?;
        if self.public_url.is_none() {
            return Err(ConnectionsError::NoPublicUrl);
        }
        let is_kept = matches!(member.origin, Origin::Database { .. });
        if is_kept && !member.connection.woocommerce.register_webhooks {
            self.rewrite(name, |written| {
                if let Some(field) = Field::named("shop_register_webhooks") {
                    written.put(field, "true".to_owned());
                }
            })
            .await?;
        }
        let member = self.member(name).await?;
        let Some(registration) = &member.registration else {
            return Err(ConnectionsError::NoPublicUrl);
        };
        Registered::of(registration, registration.register().await?).await
    }

    /// Gives a connection's webhooks a new secret. The one before stays good for what is under way.
    ///
    /// # Errors
    /// When there is no such connection, `http.public_url` is not set, the secret is in the configuration, the shop can't be
    /// asked, or the store fails.
    pub async fn rotate_webhook_secret(&self, name: &str) -> Result<Registered, ConnectionsError> {
        let member = self.member(name).await?;
        if member.origin == Origin::Configuration {
            let registration = member
                .registration
                .as_ref()
                .ok_or(ConnectionsError::NoPublicUrl)?;
            return Registered::of(registration, registration.rotate().await?).await;
        }
        // Only two secrets are good at a time: all webhooks must have the present one before there is a next.
        let registered = self.register_webhooks(name).await?;
        if registered.failure.is_some() {
            return Ok(registered);
        }
        self.rewrite(name, |written| {
            if let Some(field) = Field::named("shop_webhook_secret") {
                written.renew(field, &made_up());
            }
        })
        .await?;
        self.register_webhooks(name).await
    }

    /// Lets a connection begin, or go on, and has its first sync done; the id of the run.
    ///
    /// # Errors
    /// When there is no such connection, somebody else changed it meanwhile, or the store fails.
    pub async fn begin(&self, name: &str) -> Result<String, ConnectionsError> {
        let member = self.member(name).await?;
        let history = History {
            store: self.store.clone(),
            clock: self.clock.clone(),
            connections: self.roster.clone() as std::sync::Arc<dyn Names>,
        };
        // Asked for first: else a sweep could come before it.
        let run = history.backfill(name).await?;
        if member.is_paused {
            self.pause(name, false).await?;
        }
        Ok(run)
    }

    /// The secret that Vtiger's callbacks of a connection are to bring along, for a person to enter there.
    ///
    /// # Errors
    /// When there is no such connection.
    pub async fn callback_secret(
        &self,
        name: &str,
    ) -> Result<Option<secrecy::SecretString>, ConnectionsError> {
        let member = self.member(name).await?;
        Ok(member.connection.vtiger.callback_secrets.first().cloned())
    }
}
