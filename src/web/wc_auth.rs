//! Where a shop sends its keys to, once a person has approved on the shop's own consent screen.
//!
//! It is the shop's server that calls, and nobody is signed in: that the address is known at all is what admits. It tells
//! nothing about what there is, and a shop takes any answer but 200 as a refusal, and deletes the keys.

use actix_web::web::{Bytes, Data, Path, PayloadConfig, ServiceConfig};
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::answer;
use crate::connections::{Connections, Keys, Refusal};
use crate::telemetry;

/// The largest body taken, in bytes: some ten times what shops send.
const LIMIT: usize = 4 * 1024;

/// Adds the address.
pub(super) fn configure(connections: Connections) -> impl FnOnce(&mut ServiceConfig) {
    move |service| {
        service.service(
            web::resource("/wc-auth/{state}")
                .app_data(Data::new(connections))
                .app_data(PayloadConfig::new(LIMIT))
                .wrap(answer::private())
                .route(web::post().to(receive)),
        );
    }
}

async fn receive(connections: Data<Connections>, state: Path<String>, body: Bytes) -> HttpResponse {
    // The type that shops name is not held against them: the body is what counts.
    let Ok(keys) = serde_json::from_slice::<Keys>(&body) else {
        return HttpResponse::BadRequest().json(json!({ "error": "malformed" }));
    };
    match connections.take_keys(&state, &keys).await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "taken" })),
        Err(refusal) => {
            let error = telemetry::chain(&refusal);
            let (mut answer, name) = match &refusal {
                Refusal::Unexpected => (HttpResponse::NotFound(), "unexpected"),
                Refusal::NotEnough => (HttpResponse::Forbidden(), "not_enough"),
                Refusal::Failed(_) => (HttpResponse::ServiceUnavailable(), "unavailable"),
            };
            tracing::warn!(error, "a shop's keys were not taken");
            answer.json(json!({ "error": name, "detail": refusal.to_string() }))
        }
    }
}
