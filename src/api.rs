//! The interface for programs under `/api/v1`: failed events can be looked at, replayed and discarded; what was done can
//! be read run by run, and sweeps be asked for; records can be found, looked at with their history, and settled by hand; the
//! modules' settings can be read, changed and brought back.
//!
//! It is open only to who shows `http.api_token`, or a token that an admin made. Cookies count for nothing, so that no
//! page elsewhere can make a browser do anything here. It reads the store and fills the queue; it never calls
//! either system.

mod answer;
mod connections;
mod debug_log;
mod failed;
mod guard;
mod health;
mod listing;
mod log;
mod openapi;
mod records;
mod runs;
mod settings;

use std::sync::Arc;

use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{http::header, web};
use secrecy::SecretString;

use crate::accounts::Accounts;
use crate::connections::Connections;
use crate::failed::Failed;
use crate::history::History;
use crate::settings::Desk;

use answer::Refusal;

/// The largest body taken: the ids of some 50,000 events.
const BODY_LIMIT: usize = 2 << 20;

/// What the interface needs.
#[derive(Debug)]
pub struct Api {
    /// What callers may show to do everything, where it is configured.
    pub token: Option<SecretString>,
    /// The tokens that admins made.
    pub accounts: Accounts,
    /// The failed events.
    pub failed: Failed,
    /// What was done.
    pub history: History,
    /// The modules' settings.
    pub settings: Arc<Desk>,
    /// The connections.
    pub connections: Connections,
}

/// Adds the interface to a server.
pub fn configure(api: web::Data<Api>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |service| {
        let json = web::JsonConfig::default()
            .limit(BODY_LIMIT)
            .error_handler(|error, _| Refusal::Malformed(error.to_string()).into());
        let query = web::QueryConfig::default()
            .error_handler(|error, _| Refusal::Malformed(error.to_string()).into());
        service.service(
            web::scope("/api/v1")
                .app_data(api)
                .app_data(json)
                .app_data(query)
                .wrap(from_fn(guard::admit))
                .wrap(
                    DefaultHeaders::new()
                        .add((header::CACHE_CONTROL, "no-store"))
                        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff")),
                )
                .configure(routes)
                .default_service(web::to(answer::nothing_here)),
        );
    }
}

/// Adds the addresses, as they are below `/api/v1`.
fn routes(service: &mut web::ServiceConfig) {
    service
        .configure(connections::configure)
        .configure(failed::configure)
        .configure(runs::configure)
        .configure(records::configure)
        .configure(settings::configure)
        .configure(log::configure)
        .configure(debug_log::configure)
        .configure(health::configure)
        .configure(openapi::configure);
}
