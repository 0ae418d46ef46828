//! The page for people: what was kept in step, what was not, and why.
//!
//! It only reads the journal and the queue; it never calls either system and changes nothing. It works without
//! JavaScript; with it, the page asks every second for what is new. Nothing is loaded from other hosts, and no
//! script or style stands in the page, so that the content security policy can forbid both.

mod answer;
mod asset;
mod change;
mod page;
mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::{HttpResponse, web};
use url::Url;

use crate::clock::Clock;
use crate::queue::Queue;
use crate::store::Store;
use crate::sync::Side;

use answer::Outage;

/// What the page needs.
#[derive(Debug)]
pub struct Web {
    /// Where the journal is.
    pub store: Arc<dyn Store>,
    /// Where events wait.
    pub queue: Arc<dyn Queue>,
    /// Tells how long ago something was.
    pub clock: Arc<dyn Clock>,
    /// The systems that are kept in step, connection by connection.
    pub systems: Vec<SystemLink>,
    /// Whether this is the demonstration.
    pub demo: bool,
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

/// Adds the page and its parts to a server.
pub fn configure(web: web::Data<Web>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |service| {
        service.app_data(web);
        service.app_data(web::Data::new(Outage(AtomicBool::new(false))));
        service.service(
            web::resource("/")
                .wrap(answer::private())
                .route(web::get().to(home)),
        );
        service.service(
            web::resource("/log")
                .wrap(answer::private())
                .route(web::get().to(log)),
        );
        service.service(
            web::resource("/assets/{file}")
                .wrap(answer::safe())
                .route(web::get().to(asset::file)),
        );
    }
}

/// What a page says that it shows already.
#[derive(Debug, serde::Deserialize)]
struct Shown {
    seen: Option<String>,
}

async fn home(web: web::Data<Web>, outage: web::Data<Outage>) -> HttpResponse {
    match page::whole(&web).await {
        Ok(html) => outage.over(answer::html(html)),
        Err(error) => outage.page(&error),
    }
}

async fn log(web: web::Data<Web>, outage: web::Data<Outage>, shown: web::Query<Shown>) -> HttpResponse {
    match page::news(&web, shown.seen.as_deref()).await {
        Ok(Some(html)) => outage.over(answer::html(html)),
        Ok(None) => outage.over(HttpResponse::NoContent().finish()),
        Err(error) => outage.fragment(&error),
    }
}
