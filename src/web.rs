//! The pages for people: what was kept in step, what was not and why, and how it is to be done.
//!
//! They go by services that they share with the API and the command line, and never call either system themselves.
//! They work without JavaScript; with it, they ask for what is new. Nothing is loaded from other hosts, and no script or
//! style stands in a page, so that the content security policy can forbid both.

mod accounts;
mod answer;
mod asked;
mod asset;
mod attention;
mod change;
mod connections;
mod debug_log;
mod failed;
mod filters;
mod frame;
mod guard;
mod health;
mod log;
mod post;
mod records;
mod settings;
mod signing;
mod texts;
mod viewer;
mod wc_auth;
mod words;

use std::sync::{Arc, Mutex};

use actix_web::middleware::from_fn;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::connections::Connections;
use crate::history::History;
use crate::queue::Queue;
use crate::roster::Roster;
use crate::settings::Desk;
use crate::store::Store;
use crate::sync::Side;
use crate::vault::made_up;

use answer::PageError;
use guard::Outage;
use viewer::Viewer;

/// The largest form taken, in bytes.
const FORM_LIMIT: usize = 1 << 20;

/// What the pages need.
#[derive(Debug)]
pub struct Web {
    /// Where the journal is.
    pub store: Arc<dyn Store>,
    /// Where events wait.
    pub queue: Arc<dyn Queue>,
    /// Tells how long ago something was.
    pub clock: Arc<dyn Clock>,
    /// Who may use the pages.
    pub accounts: Accounts,
    /// What was done.
    pub history: History,
    /// Ends what tells of things as they happen, when the service stops.
    pub stop: CancellationToken,
    /// The address at which the pages are reached, where that is set.
    pub public_url: Option<Url>,
    /// The systems that are kept in step.
    pub systems: Systems,
    /// The connections, for people to make and change.
    pub connections: Connections,
    /// The modules' settings.
    pub settings: Arc<Desk>,
    /// Set in the demonstration: whoever comes may do everything.
    pub demo: Option<Demonstration>,
}

/// The visitor of a demonstration, who needs not sign in.
#[derive(Debug)]
pub struct Demonstration {
    token: SecretString,
    note: Mutex<Option<String>>,
}

impl Default for Demonstration {
    fn default() -> Self {
        Self {
            token: made_up(),
            note: Mutex::default(),
        }
    }
}

/// Where it is known which systems are kept in step.
#[derive(Clone, Debug)]
pub enum Systems {
    /// Always these.
    These(Vec<SystemLink>),
    /// Those of the connections that are at work.
    OfRoster {
        /// The connections.
        roster: Arc<Roster>,
        /// Whether the systems are simulators.
        simulated: bool,
    },
}

impl Systems {
    /// The systems, connection by connection.
    pub fn all(&self) -> Vec<SystemLink> {
        let (roster, simulated) = match self {
            Self::These(links) => return links.clone(),
            Self::OfRoster { roster, simulated } => (roster, *simulated),
        };
        let mut links = Vec::new();
        for member in roster.all() {
            let (shop, crm) = (&member.connection.woocommerce, &member.connection.vtiger);
            for (side, url) in [(Side::WooCommerce, &shop.url), (Side::Vtiger, &crm.url)] {
                links.push(SystemLink {
                    connection: member.name.clone(),
                    side,
                    url: url.clone(),
                    simulated,
                });
            }
        }
        links
    }
}

/// One system of a connection, as the page links to it.
#[derive(Clone, Debug)]
pub struct SystemLink {
    /// The connection's name.
    pub connection: String,
    /// Which of the two systems it is.
    pub side: Side,
    /// Its address.
    pub url: Url,
    /// Whether it is a simulator, with a page of its own at that address.
    pub simulated: bool,
}

/// Adds the pages and their parts to a server, after all else: what nothing else answers is a page that isn't there.
pub fn configure(web: web::Data<Web>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |service| {
        service.service(
            web::resource("/assets/{file}")
                .wrap(answer::safe())
                .route(web::get().to(asset::file)),
        );
        // Where a page says nothing of an icon, browsers look here.
        service.route("/favicon.ico", web::get().to(asset::icon));
        service.configure(wc_auth::configure(web.connections.clone()));
        service.service(
            web::scope("")
                .app_data(web)
                .app_data(web::Data::new(Outage::default()))
                .app_data(web::PayloadConfig::new(FORM_LIMIT))
                .wrap(from_fn(guard::watch))
                .wrap(answer::private())
                .configure(signing::configure)
                .configure(accounts::configure)
                .configure(connections::configure)
                .configure(records::configure)
                .configure(attention::configure)
                .configure(failed::configure)
                .configure(settings::configure)
                .configure(log::configure)
                .configure(health::configure)
                .configure(debug_log::configure)
                .default_service(web::to(nothing_here)),
        );
    }
}

/// There is no such page. Only who could be looking for one is asked to sign in: a shop would take it for a good answer
/// to a delivery.
async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, PageError> {
    if request.method().is_safe() && !request.path().starts_with("/webhooks") {
        Viewer::extract(&request).await?;
    }
    Err(PageError::NotFound(texts::say("frame-no-page")))
}
