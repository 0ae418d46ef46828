//! Runs the parts: the listener, the worker, the sweepers; and stops them in order.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::{self, Health};
use super::parts::{BuildError, Parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::ingress::{self, Ingress, Secrets};
use crate::queue::Lane;
use crate::sweep::Schedule;
use crate::sync::Side;
use crate::system::System;
use crate::telemetry;
use crate::web::{SystemLink, Web};

/// How often events are looked for whose lease's holder crashed.
const RESCUE: Duration = Duration::from_secs(5);

/// How often metrics are brought up to date.
const UPKEEP: Duration = Duration::from_secs(5);

/// A running service.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    parts: Parts,
    stop: CancellationToken,
    listener: ServerHandle,
    tasks: TaskTracker,
    grace: Duration,
}

/// What the service works between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Real systems.
    Real,
    /// The demonstration's simulators.
    Simulated,
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
    /// Starts the service. It takes events from the moment this returns, whether or not the two systems are there.
    ///
    /// # Errors
    /// When a part can't be built or the address can't be listened on.
    pub async fn start(config: &Config, clock: Arc<dyn Clock>, stage: Stage) -> Result<Self, ServeError> {
        let parts = Parts::build(config, clock).await?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let failed = |source| ServeError::Listen {
            address: config.http.listen.clone(),
            source,
        };
        let socket = TcpListener::bind(&config.http.listen).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let listener = listen(config, stage, &parts, &stop, &tasks, socket).map_err(failed)?;
        let worker = parts.worker();
        tasks.spawn(worker.clone().run(stop.clone()));
        tasks.spawn(worker.rescue(RESCUE, stop.clone()));
        let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
        tasks.spawn(Arc::clone(&parts.keeper).run(store, clock, stop.clone()));
        let schedule = Schedule {
            interval: config.sweep.interval,
            at_start: config.sweep.at_start,
        };
        for (name, sweeper) in &parts.sweepers {
            tasks.spawn(sweeper.clone().run(Parts::places(name), schedule, stop.clone()));
        }
        for systems in parts.systems.values() {
            for side in Side::BOTH {
                tasks.spawn(sign_in(Arc::clone(systems.of(side)), stop.clone()));
            }
        }
        tasks.spawn(upkeep(Arc::clone(&parts.queue), stop.clone()));
        tracing::info!(http.listen = %address, connections = config.connections.len(), "ready");
        Ok(Self {
            address,
            parts,
            stop,
            listener,
            tasks,
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

    /// Stops: takes no more requests, finishes those and the events at hand, then closes the database. What is not
    /// finished in time comes again after the next start.
    pub async fn stop(self) {
        self.stop.cancel();
        self.listener.stop(true).await;
        self.tasks.close();
        if tokio::time::timeout(self.grace, self.tasks.wait()).await.is_err() {
            tracing::warn!("stopped with events at hand; they come again after the next start");
        }
        self.parts.close().await;
    }
}

fn listen(
    config: &Config,
    stage: Stage,
    parts: &Parts,
    stop: &CancellationToken,
    tasks: &TaskTracker,
    socket: TcpListener,
) -> Result<ServerHandle, std::io::Error> {
    let secrets: HashMap<String, Secrets> = config
        .connections
        .iter()
        .map(|(name, connection)| {
            let secrets = Secrets {
                webhook: connection.woocommerce.webhook_secrets.clone(),
                callback: connection.vtiger.callback_secrets.clone(),
            };
            (name.clone(), secrets)
        })
        .collect();
    let ingress = web::Data::new(Ingress {
        secrets,
        queue: Arc::clone(&parts.queue),
        clock: Arc::clone(&parts.clock),
        body_limit: config.http.body_limit,
    });
    let page = web::Data::new(Web {
        store: Arc::clone(&parts.store),
        queue: Arc::clone(&parts.queue),
        clock: Arc::clone(&parts.clock),
        systems: links(config, stage),
        demo: stage == Stage::Simulated,
    });
    let health = web::Data::new(Health {
        queue: Arc::clone(&parts.queue),
        stop: stop.clone(),
        metrics: telemetry::metrics(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .configure(ingress::configure(ingress.clone()))
            .configure(health::configure(health.clone()))
            .configure(crate::web::configure(page.clone()))
    })
    .workers(2)
    .shutdown_timeout(5)
    .disable_signals()
    .listen(socket)?
    .run();
    let handle = server.handle();
    tasks.spawn(async move {
        if let Err(error) = server.await {
            tracing::error!(error = %telemetry::chain(&error), "the listener ended");
        }
    });
    Ok(handle)
}

/// The systems, as the page shows them.
fn links(config: &Config, stage: Stage) -> Vec<SystemLink> {
    let link = |connection: &String, side, url: &url::Url| SystemLink {
        connection: connection.clone(),
        side,
        url: url.clone(),
        simulated: stage == Stage::Simulated,
    };
    config
        .connections
        .iter()
        .flat_map(|(name, connection)| {
            [
                link(name, Side::WooCommerce, &connection.woocommerce.url),
                link(name, Side::Vtiger, &connection.vtiger.url),
            ]
        })
        .collect()
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

/// Keeps metrics up to date.
async fn upkeep(queue: Arc<dyn crate::queue::Queue>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        telemetry::metrics().run_upkeep();
        for lane in Lane::ALL {
            if let Ok(depth) = queue.depth(lane).await {
                telemetry::queue_depth(lane, depth);
            }
        }
    }
}
