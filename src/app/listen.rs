//! What the process answers over HTTP: webhooks and pages where it has these roles, and always how it is.

use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::health::{self, Health};
use super::parts::Parts;
use crate::api::{self, Api};
use crate::config::{Config, Role};
use crate::ingress::{self, Ingress, Secrets};
use crate::sync::Side;
use crate::telemetry;
use crate::web::{SystemLink, Web};

/// What the service works between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Real systems.
    Real,
    /// The demonstration's simulators.
    Simulated,
}

/// Answers requests that come to this socket, as one of the tasks.
pub(super) fn listen(
    config: &Config,
    stage: Stage,
    parts: &Parts,
    stop: &CancellationToken,
    tasks: &TaskTracker,
    socket: TcpListener,
) -> Result<ServerHandle, io::Error> {
    let ingress = config.roles.has(Role::Ingress).then(|| {
        web::Data::new(Ingress {
            secrets: secrets(config),
            queue: Arc::clone(&parts.queue),
            clock: Arc::clone(&parts.clock),
            body_limit: config.http.body_limit,
        })
    });
    let page = config.roles.has(Role::Web).then(|| {
        web::Data::new(Web {
            store: Arc::clone(&parts.store),
            queue: Arc::clone(&parts.queue),
            clock: Arc::clone(&parts.clock),
            systems: links(config, stage),
            demo: stage == Stage::Simulated,
        })
    });
    let api = config.roles.has(Role::Web).then(|| {
        web::Data::new(Api {
            token: config.http.api_token.clone(),
            failed: parts.failed(),
        })
    });
    let health = web::Data::new(Health {
        queue: Arc::clone(&parts.queue),
        stop: stop.clone(),
        metrics: telemetry::metrics(),
    });
    let server = HttpServer::new(move || {
        let mut app = App::new().configure(health::configure(health.clone()));
        if let Some(ingress) = &ingress {
            app = app.configure(ingress::configure(ingress.clone()));
        }
        if let Some(page) = &page {
            app = app.configure(crate::web::configure(page.clone()));
        }
        if let Some(api) = &api {
            app = app.configure(api::configure(api.clone()));
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

fn secrets(config: &Config) -> HashMap<String, Secrets> {
    let of = |(name, connection): (&String, &crate::config::Connection)| {
        let secrets = Secrets {
            webhook: connection.woocommerce.webhook_secrets.clone(),
            callback: connection.vtiger.callback_secrets.clone(),
        };
        (name.clone(), secrets)
    };
    config.connections.iter().map(of).collect()
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
