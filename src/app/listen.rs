//! What the process answers over HTTP: webhooks and pages where it has these roles, and always how it is.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::{self, Health};
use super::parts::Parts;
use crate::accounts::Accounts;
use crate::api::{self, Api};
use crate::config::{Config, Role};
use crate::ingress::{self, Ingress};
use crate::telemetry;
use crate::web::{Demonstration, Systems, Web};
use crate::webhooks::{NoteKeeper, Notes};

/// What the service works between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Real systems.
    Real,
    /// The demonstration's simulators.
    Simulated,
}

/// What takes webhooks and callbacks in, and what writes down that they come. Secrets that are in the database alone are
/// read; where it can't be, they are once it can.
pub(super) async fn ingress(config: &Config, parts: &Parts) -> (web::Data<Ingress>, NoteKeeper) {
    for member in parts.roster.all() {
        if member.connection.woocommerce.webhook_secret.is_none() {
            member.webhook_secrets.read().await;
        }
    }
    let (notes, note_keeper) = Notes::new(parts.store.clone(), Arc::clone(&parts.clock));
    let ingress = Ingress {
        roster: Arc::clone(&parts.roster),
        notes,
        queue: Arc::clone(&parts.queue),
        clock: Arc::clone(&parts.clock),
        body_limit: config.http.body_limit,
    };
    (web::Data::new(ingress), note_keeper)
}

/// Answers requests that come to this socket, as one of the tasks.
pub(super) fn listen(
    config: &Config,
    stage: Stage,
    parts: &Parts,
    ingress: Option<web::Data<Ingress>>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
    socket: TcpListener,
) -> Result<ServerHandle, io::Error> {
    let accounts = Accounts::new(parts.store.clone(), Arc::clone(&parts.clock));
    let connections = parts.connections();
    let desk = Arc::new(parts.settings());
    let page = config.roles.has(Role::Web).then(|| {
        web::Data::new(Web {
            store: Arc::clone(&parts.store),
            queue: Arc::clone(&parts.queue),
            clock: Arc::clone(&parts.clock),
            accounts: accounts.clone(),
            history: parts.history(),
            stop: stop.clone(),
            public_url: config.http.public_url.clone(),
            systems: Systems::OfRoster {
                roster: Arc::clone(&parts.roster),
                simulated: stage == Stage::Simulated,
            },
            connections: connections.clone(),
            settings: Arc::clone(&desk),
            demo: (stage == Stage::Simulated).then(Demonstration::default),
        })
    });
    let api = config.roles.has(Role::Web).then(|| {
        web::Data::new(Api {
            token: config.http.api_token.clone(),
            accounts: accounts.clone(),
            failed: parts.failed(),
            history: parts.history(),
            settings: Arc::clone(&desk),
            connections: connections.clone(),
        })
    });
    let records = web::Data::new(parts.records());
    let health = web::Data::new(Health {
        queue: Arc::clone(&parts.queue),
        stop: stop.clone(),
        metrics: telemetry::metrics(),
    });
    let server = HttpServer::new(move || {
        let mut app = App::new()
            .app_data(records.clone())
            .configure(health::configure(health.clone()));
        if let Some(ingress) = &ingress {
            app = app.configure(ingress::configure(ingress.clone()));
        }
        if let Some(api) = &api {
            app = app.configure(api::configure(api.clone()));
        }
        // The last, as it answers whatever nothing else does.
        if let Some(page) = &page {
            app = app.configure(crate::web::configure(page.clone()));
        }
        app
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
