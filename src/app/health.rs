//! What a supervisor and Prometheus ask.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::queue::{Lane, Queue};
use crate::telemetry;

/// How long counting may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the answers are made from.
pub(super) struct Health {
    pub(super) queue: Arc<dyn Queue>,
    pub(super) stop: CancellationToken,
    pub(super) metrics: PrometheusHandle,
}

/// Adds `/livez`, `/readyz` and `/metrics`.
pub(super) fn configure(health: web::Data<Health>) -> impl FnOnce(&mut web::ServiceConfig) {
    move |service| {
        service
            .app_data(health)
            .route("/livez", web::get().to(live))
            .route("/readyz", web::get().to(ready))
            .route("/metrics", web::get().to(metrics));
    }
}

/// The process is alive.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// Events can be taken in. That doesn't depend on either system: events wait until it is there.
async fn ready(health: web::Data<Health>) -> HttpResponse {
    if health.stop.is_cancelled() {
        return HttpResponse::ServiceUnavailable().json(json!({ "status": "stopping" }));
    }
    match health.queue.ready().await {
        // Who asks waits only so long, be it that part of the queue doesn't answer.
        Ok(()) if health.queue.is_connected() => {
            match timeout(PATIENCE, health.queue.depth(Lane::Live)).await {
                Ok(Ok(waiting)) => {
                    HttpResponse::Ok().json(json!({ "status": "ready", "events_waiting": waiting }))
                }
                Ok(Err(_)) | Err(_) => HttpResponse::Ok().json(json!({ "status": "ready" })),
            }
        }
        Ok(()) => HttpResponse::Ok().json(json!({
            "status": "ready",
            "detail": "RabbitMQ can't be reached; the database keeps events until it can",
        })),
        Err(error) => {
            tracing::error!(error = %telemetry::chain(&error), "not ready: events can't be taken in");
            HttpResponse::ServiceUnavailable().json(json!({
                "status": "not ready",
                "detail": "neither the queue nor the database takes events; look at the log, and whether a disk is full",
            }))
        }
    }
}

async fn metrics(health: web::Data<Health>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(health.metrics.render())
}
