//! The endpoints that both systems tell of changes.
//!
//! Each request is checked against the secret of its connection, turned into events, and answered with 200 only
//! when these are durable. WooCommerce never repeats a delivery, and switches a webhook off after a few refusals:
//! what is genuine is never refused, whatever it holds.

mod answer;
mod body;
mod vtiger;
mod woocommerce;

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use crate::clock::Clock;
use crate::queue::{Cause, Event, Lane, Queue, Subject};
use crate::roster::{Member, Roster};
use crate::telemetry;
use crate::webhooks::Notes;

use answer::Refusal;

/// What the endpoints need.
#[derive(Debug)]
pub struct Ingress {
    /// The connections, with their secrets.
    pub roster: Arc<Roster>,
    /// Where it is noted that webhooks and callbacks arrive.
    pub notes: Notes,
    /// Where events go.
    pub queue: Arc<dyn Queue>,
    /// Tells when they came.
    pub clock: Arc<dyn Clock>,
    /// The largest body taken, in bytes.
    pub body_limit: usize,
}

/// Adds the endpoints to a server.
pub fn configure(ingress: web::Data<Ingress>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |service| {
        service.app_data(ingress);
        service.service(
            // The address may have been entered by hand.
            web::resource([
                "/webhooks/woocommerce/{connection}",
                "/webhooks/woocommerce/{connection}/",
            ])
            .route(web::post().to(woocommerce::receive))
            .default_service(web::to(answer::only_post)),
        );
        service.service(
            web::resource("/webhooks/vtiger/{connection}")
                .route(web::post().to(vtiger::receive))
                .default_service(web::to(answer::only_post)),
        );
    }
}

impl Ingress {
    /// The connection of this name, whose secrets the request is checked against. Several secrets may be valid at once, so
    /// that one can be changed without a gap.
    async fn member(&self, connection: &str) -> Result<Arc<Member>, Refusal> {
        let name = connection.to_lowercase();
        match self.roster.find(&name).await {
            Ok(Some(member)) => Ok(member),
            // It is there, and comes to work once its secrets can be opened.
            Ok(None) if self.roster.idle().contains_key(&name) => Err(Refusal::Unverifiable),
            Ok(None) => Err(Refusal::UnknownConnection),
            Err(_) => Err(Refusal::Unverifiable),
        }
    }

    /// Makes the subjects' events durable, and accepts the request.
    async fn accept(
        &self,
        connection: &str,
        cause: Cause,
        subjects: Vec<Subject>,
    ) -> Result<HttpResponse, Refusal> {
        let now = self.clock.now();
        let events: Vec<Event> = subjects
            .into_iter()
            .map(|subject| Event::new(connection, subject, cause, now))
            .collect();
        if !events.is_empty()
            && let Err(error) = self.queue.publish(Lane::Live, &events).await
        {
            tracing::error!(connection, error = %telemetry::chain(&error), "an event could not be made durable");
            return Err(Refusal::NotDurable);
        }
        for event in &events {
            tracing::debug!(connection, event.id = %event.id, cause = cause.as_str(), "accepted an event");
        }
        Ok(answer::accepted(events.len()))
    }
}
