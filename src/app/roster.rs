//! Builds the connections, be they of the configuration or of the database, and starts what each has done all the time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::clients::{delivery_address, secrets, vtiger_settings, woocommerce_settings};
use super::metered::{Metered, MeteredWebhooks};
use super::parts::Parts;
use crate::clock::Clock;
use crate::config::{self, Connection, Role, Roles};
use crate::connections::{UnreadableError, Written};
use crate::debug_log::Tap;
use crate::engine::{Engine, Keeper};
use crate::limit::{LimitSettings, Limiter};
use crate::queue::Queue;
use crate::roster::{Member, Origin, RosterError, Source};
use crate::store::{Place, Store, StoreError};
use crate::sweep::{Schedule, Sweeper};
use crate::sync::{Side, Sides};
use crate::system::System;
use crate::telemetry;
use crate::vault::Vault;
use crate::vtiger::Vtiger;
use crate::webhooks::{self, Registration};
use crate::woocommerce::WooCommerce;

/// What connections are built of.
#[derive(Debug)]
pub(super) struct Assembly {
    pub(super) store: Arc<dyn Store>,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) vault: Arc<Vault>,
    pub(super) stop: CancellationToken,
    pub(super) tap: Arc<Tap>,
    pub(super) roles: Roles,
    pub(super) public_url: Option<Url>,
    pub(super) sweep: config::Sweep,
    /// The names that the configuration uses.
    pub(super) configured: Vec<String>,
}

impl Assembly {
    /// Builds what a connection needs.
    pub(super) fn member(
        &self,
        name: &str,
        connection: Connection,
        origin: Origin,
        is_paused: bool,
    ) -> Result<Member, RosterError> {
        let (shop, crm) = (&connection.woocommerce, &connection.vtiger);
        let shop = self.limiter(name, Side::WooCommerce, shop.limits, shop.timeout);
        let crm = self.limiter(name, Side::Vtiger, crm.limits, crm.timeout);
        let (woocommerce, vtiger) = self.clients(name, &connection)?;
        let (shop_log, crm_log) = self.tap.recorders(name, secrets(&connection));
        let woocommerce = woocommerce.behind(Arc::new(shop.clone())).recorded_by(shop_log);
        let woocommerce = Arc::new(woocommerce);
        let vtiger = vtiger.behind(Arc::new(crm.clone())).recorded_by(crm_log);
        let registration = self.public_url.as_ref().map(|public_url| Registration {
            connection: name.to_owned(),
            address: delivery_address(public_url, name),
            secret: connection.woocommerce.webhook_secret.clone(),
            shop: Arc::new(MeteredWebhooks(Arc::clone(&woocommerce))),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            keeper: Arc::clone(&self.keeper),
        });
        let systems: Sides<Arc<dyn System>> = Sides {
            woocommerce: Arc::new(Metered(woocommerce)),
            vtiger: Arc::new(Metered(Arc::new(vtiger))),
        };
        let engine = Engine::new(
            name,
            systems.clone(),
            Arc::clone(&self.store),
            Arc::clone(&self.queue),
            Arc::clone(&self.clock),
            Arc::clone(&self.keeper),
        );
        let secrets = connection.woocommerce.webhook_secrets();
        Ok(Member {
            name: name.to_owned(),
            origin,
            is_paused,
            systems,
            sweeper: Sweeper::new(engine.clone(), self.sweep.most_deletions_percent),
            engine,
            registration,
            webhook_secrets: webhooks::Secrets::new(name, secrets, self.store.clone()),
            limiters: vec![shop, crm],
            connection,
            stop: self.stop.child_token(),
            tasks: TaskTracker::new(),
        })
    }

    /// Stores the settings that a connection's modules begin with. From the first start on, those in the database hold.
    pub(super) async fn put_settings(&self, member: &Member) -> Result<(), StoreError> {
        for (module, settings) in &member.connection.modules {
            let at = Place {
                connection: member.name.clone(),
                module: *module,
            };
            if self.store.settings(&at).await?.is_none() {
                let mut settings = settings.clone();
                // Of a connection that a person has just made, nothing moves before that person has chosen what.
                settings.enabled &= member.origin == Origin::Configuration;
                self.store.put_settings(&at, &settings, self.clock.now()).await?;
            }
        }
        Ok(())
    }

    fn clients(&self, name: &str, connection: &Connection) -> Result<(WooCommerce, Vtiger), RosterError> {
        let failed = |source: reqwest::Error| RosterError::Client {
            connection: name.to_owned(),
            source: source.into(),
        };
        let woocommerce = WooCommerce::new(woocommerce_settings(connection), Arc::clone(&self.clock));
        let vtiger = Vtiger::new(vtiger_settings(name, connection), Arc::clone(&self.clock));
        Ok((woocommerce.map_err(failed)?, vtiger.map_err(failed)?))
    }

    fn limiter(&self, connection: &str, side: Side, limits: config::Limits, timeout: Duration) -> Limiter {
        let settings = LimitSettings {
            rate: limits.rate,
            concurrency: limits.concurrency,
            timeout,
        };
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Limiter::new(connection, side, &settings, store, clock)
    }
}

#[async_trait]
impl Source for Assembly {
    async fn revisions(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut revisions = self.store.connection_revisions().await?;
        revisions.retain(|name, _| !self.configured.contains(name));
        Ok(revisions)
    }

    async fn build(&self, name: &str) -> Result<Option<Member>, RosterError> {
        let Some(kept) = self.store.kept_connection(name).await? else {
            return Ok(None);
        };
        let written = Written::open(&kept, &self.vault)?;
        let connection = written
            .connection(name, self.public_url.is_some())
            .map_err(UnreadableError::Invalid)?;
        let origin = Origin::Database {
            revision: kept.revision,
        };
        let member = self.member(name, connection, origin, written.is_paused)?;
        self.put_settings(&member).await?;
        Ok(Some(member))
    }

    fn start(&self, member: &Member) {
        for limiter in &member.limiters {
            member.spawn(limiter.clone().run(member.stop.clone()));
        }
        if self.roles.has(Role::Worker) {
            for side in Side::BOTH {
                member.spawn(sign_in(Arc::clone(member.systems.of(side)), member.stop.clone()));
            }
        }
        if member.is_paused || !self.roles.has(Role::Sweeper) {
            return;
        }
        let schedule = Schedule {
            interval: self.sweep.interval,
            full_interval: self.sweep.full_interval,
            at_start: self.sweep.at_start,
        };
        let places = Parts::places(&member.name);
        member.spawn(member.sweeper.clone().run(places, schedule, member.stop.clone()));
        if let Some(registration) = &member.registration
            && member.connection.woocommerce.register_webhooks
        {
            let interval = self.sweep.webhook_interval;
            member.spawn(registration.clone().keep(interval, member.stop.clone()));
        }
    }

    fn systems(&self, name: &str, connection: &Connection) -> Result<Sides<Arc<dyn System>>, RosterError> {
        let (woocommerce, vtiger) = self.clients(name, connection)?;
        Ok(Sides {
            woocommerce: Arc::new(Metered(Arc::new(woocommerce))),
            vtiger: Arc::new(Metered(Arc::new(vtiger))),
        })
    }
}

/// Signs in to a system ahead of the first event. Where that fails, the first event does it.
async fn sign_in(system: Arc<dyn System>, stop: CancellationToken) {
    let outcome = tokio::select! {
        () = stop.cancelled() => return,
        outcome = system.sign_in() => outcome,
    };
    if let Err(error) = outcome {
        tracing::warn!(system = %system.side(), error = %telemetry::chain(&error), "could not sign in; `check` tells more");
    }
}
