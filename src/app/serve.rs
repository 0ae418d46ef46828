//! Runs the parts that the process's roles ask for, and stops them in order.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attend::RESCUE;
use super::heartbeat::Heartbeat;
use super::known::note_links;
use super::listen::{Stage, ingress, listen};
use super::parts::{BuildError, Parts};
use super::retention::{Kept, forget};
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::queue::Queue;
use crate::telemetry;

/// How long a process that takes events in waits at its start for somewhere to put them.
const READY: Duration = Duration::from_secs(10);

/// A running service.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    parts: Parts,
    /// Tells the tasks to take nothing more up.
    stop: CancellationToken,
    /// Tells what the tasks need that they are done.
    stopped: CancellationToken,
    listener: ServerHandle,
    tasks: TaskTracker,
    keepers: TaskTracker,
    grace: Duration,
}

/// Why the service can't be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A part can't be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The address can't be listened on.
    #[error("http.listen: {address} can't be listened on; is another program using it?")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Server {
    /// Starts the service in its roles. It takes events from the moment this returns, whether or not the two systems
    /// are there.
    ///
    /// # Errors
    /// When a part can't be built or the address can't be listened on.
    pub async fn start(config: &Config, clock: Arc<dyn Clock>, stage: Stage) -> Result<Self, ServeError> {
        let parts = Parts::build(config, clock).await?;
        let (stop, stopped) = (parts.stop.clone(), CancellationToken::new());
        let (tasks, keepers) = (TaskTracker::new(), TaskTracker::new());
        let failed = |source| ServeError::Listen {
            address: config.http.listen.clone(),
            source,
        };
        if parts.takes_events_only {
            until_ready(&*parts.queue).await;
        }
        let ingress = if config.roles.has(Role::Ingress) {
            let (ingress, note_keeper) = ingress(config, &parts).await;
            tasks.spawn(note_keeper.run(stop.clone()));
            Some(ingress)
        } else {
            None
        };
        let socket = TcpListener::bind(&config.http.listen).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let listener = listen(config, stage, &parts, ingress, &stop, &keepers, socket).map_err(failed)?;
        let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
        keepers.spawn(Arc::clone(&parts.keeper).run(store, clock, stopped.clone()));
        let worker = config.roles.has(Role::Worker).then(|| parts.worker());
        if let Some(worker) = &worker {
            tasks.spawn(worker.clone().run(stop.clone()));
            tasks.spawn(worker.clone().rescue(RESCUE, stop.clone()));
        }
        if config.roles.has(Role::Sweeper) {
            let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
            tasks.spawn(note_links(store, clock, stop.clone()));
            let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
            let kept = Kept {
                sync_log: config.sync_log.retention,
                debug_log: config.debug_log,
            };
            tasks.spawn(forget(store, clock, kept, stop.clone()));
        }
        parts.roster.begin().await;
        tasks.spawn(Arc::clone(&parts.roster).watch(stop.clone()));
        if let Some(scribe) = parts.tap.scribe() {
            tasks.spawn(scribe.run(stop.clone()));
        }
        if let Some(relay) = parts.relay() {
            tasks.spawn(relay);
        }
        tasks.spawn(Heartbeat::new(&parts, &config.roles, worker).run(stop.clone()));
        if config.roles.has(Role::Web) && stage == Stage::Real {
            invite(config, &parts, address).await;
        }
        tracing::info!(
            http.listen = %address, roles = %config.roles, connections = parts.roster.all().len(), "ready"
        );
        Ok(Self {
            address,
            parts,
            stop,
            stopped,
            listener,
            tasks,
            keepers,
            grace: config.shutdown_grace,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The parts that it runs.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Stops: takes no more events up, finishes those at hand, then the requests, and closes the database. What is not
    /// finished in time comes again after the next start.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        let ended = async {
            self.tasks.wait().await;
            // What is brought to work last is so by one of those tasks.
            self.parts.roster.ended().await;
        };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            tracing::warn!("stopped with events at hand; they come again after the next start");
        }
        // Not before: connections to the database that requests opened end with the listener. What comes meanwhile is
        // made durable as ever.
        self.listener.stop(true).await;
        self.stopped.cancel();
        self.keepers.close();
        self.keepers.wait().await;
        self.parts.close().await;
    }
}

/// Tells where the first account can be made, while there is none. The code in the link is of no use after that.
async fn invite(config: &Config, parts: &Parts, address: SocketAddr) {
    let accounts = Accounts::new(parts.store.clone(), Arc::clone(&parts.clock));
    match accounts.setup_code().await {
        Ok(Some(code)) => {
            let public = config
                .http
                .public_url
                .as_ref()
                .map(|url| url.as_str().trim_end_matches('/').to_owned());
            let base = public.unwrap_or_else(|| format!("http://{address}"));
            let link = format!("{base}/setup?code={}", code.expose_secret());
            tracing::warn!("there is no account yet; make the first one at {link}");
        }
        Ok(None) => {}
        Err(error) => {
            tracing::error!(error = %telemetry::chain(&error), "it can't be told whether there is an account");
        }
    }
}

/// Waits for RabbitMQ or the database for a moment, as nothing could be taken in before.
async fn until_ready(queue: &dyn Queue) {
    let ready = async {
        while queue.ready().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(READY, ready).await.is_err() {
        tracing::warn!("neither RabbitMQ nor the database is there yet; events can't be taken in before");
    }
}
