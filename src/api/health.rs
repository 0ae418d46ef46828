//! `/api/v1/health`: how everything is, and what to do about what isn't well.

use actix_web::{HttpResponse, web};

use super::listing::resource;
use crate::health::Health;

/// Adds the address.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.service(resource("/health", "GET").route(web::get().to(show)));
}

async fn show(health: web::Data<Health>) -> HttpResponse {
    HttpResponse::Ok().json(health.view().await)
}
