//! `/api/v1/connections`: the connections, made, changed, tried and removed; `/api/v1/connection-tests`: what is entered, and not kept, tried.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Api;
use super::answer::Refusal;
use super::listing::resource;
use super::settings::CALLER;
use crate::connections::{Input, ModuleChoice, Trial};
use crate::extension;
use crate::store::Belongings;
use crate::sync::Side;
use crate::system::{Finding, Verdict};

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(
            resource("/connections", "GET, POST")
                .route(web::get().to(list))
                .route(web::post().to(create)),
        )
        .service(
            resource("/connections/{name}", "GET, PUT, DELETE")
                .route(web::get().to(show))
                .route(web::put().to(change))
                .route(web::delete().to(remove)),
        )
        .service(resource("/vtiger-extension.zip", "GET").route(web::get().to(extension)))
        .service(resource("/connections/{name}/test", "POST").route(web::post().to(test)))
        .service(resource("/connections/{name}/modules", "PUT").route(web::put().to(choose)))
        .service(
            resource("/connections/{name}/preview", "GET, POST")
                .route(web::get().to(preview))
                .route(web::post().to(begin_preview)),
        )
        .service(resource("/connections/{name}/webhooks", "POST").route(web::post().to(register_webhooks)))
        .service(resource("/connections/{name}/webhook-secret", "POST").route(web::post().to(rotate)))
        .service(resource("/connections/{name}/begin", "POST").route(web::post().to(begin)))
        .service(resource("/connections/{name}/pause", "POST").route(web::post().to(pause)))
        .service(resource("/connections/{name}/resume", "POST").route(web::post().to(resume)))
        .service(resource("/connection-tests", "POST").route(web::post().to(test_entered)));
}

/// What becomes of what belongs to a connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    #[serde(default)]
    forget: bool,
}

/// Which side is tried.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    side: Side,
}

/// What is tried, and which side of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TriedInput {
    side: Side,
    connection: Input,
}

/// What is kept in step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    modules: Vec<ModuleChoice>,
}

async fn extension() -> Result<HttpResponse, actix_web::Error> {
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .body(extension::zip()?))
}

async fn list(api: web::Data<Api>) -> Result<HttpResponse, Refusal> {
    let connections = api.connections.list().await?;
    Ok(HttpResponse::Ok().json(json!({ "connections": connections })))
}

async fn show(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.connections.show(&name).await?))
}

async fn create(api: web::Data<Api>, input: web::Json<Input>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Created().json(api.connections.create(&input).await?))
}

async fn change(
    api: web::Data<Api>,
    name: web::Path<String>,
    input: web::Json<Input>,
) -> Result<HttpResponse, Refusal> {
    let input = Input {
        name: name.into_inner(),
        ..input.into_inner()
    };
    Ok(HttpResponse::Ok().json(api.connections.change(&input).await?))
}

async fn remove(
    api: web::Data<Api>,
    name: web::Path<String>,
    removal: web::Query<Removal>,
) -> Result<HttpResponse, Refusal> {
    let belongings = if removal.forget {
        Belongings::Go
    } else {
        Belongings::Stay
    };
    api.connections.remove(&name, belongings).await?;
    Ok(HttpResponse::Ok().json(json!({ "removed": *name })))
}

async fn test(
    api: web::Data<Api>,
    name: web::Path<String>,
    tried: web::Json<Tried>,
) -> Result<HttpResponse, Refusal> {
    let findings = api.connections.test(Trial::Kept(&name), tried.side).await?;
    Ok(told(&findings))
}

async fn test_entered(api: web::Data<Api>, tried: web::Json<TriedInput>) -> Result<HttpResponse, Refusal> {
    let trial = Trial::Entered(&tried.connection);
    Ok(told(&api.connections.test(trial, tried.side).await?))
}

async fn choose(
    api: web::Data<Api>,
    name: web::Path<String>,
    choices: web::Json<Choices>,
) -> Result<HttpResponse, Refusal> {
    let chosen = api.connections.choose(&name, &choices.modules, CALLER).await?;
    Ok(HttpResponse::Ok().json(chosen))
}

async fn begin_preview(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Accepted().json(api.connections.begin_preview(&name).await?))
}

async fn preview(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    api.connections.show(&name).await?;
    match api.connections.preview(&name) {
        Some(preview) => Ok(HttpResponse::Ok().json(preview)),
        None => Err(Refusal::NotFound(
            "nobody has asked for a preview of this connection; POST here begins one".to_owned(),
        )),
    }
}

async fn register_webhooks(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.connections.register_webhooks(&name).await?))
}

async fn rotate(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.connections.rotate_webhook_secret(&name).await?))
}

async fn begin(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let run = api.connections.begin(&name).await?;
    Ok(HttpResponse::Accepted().json(json!({ "run": run })))
}

async fn pause(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.connections.pause(&name, true).await?))
}

async fn resume(api: web::Data<Api>, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(HttpResponse::Ok().json(api.connections.pause(&name, false).await?))
}

fn told(findings: &[Finding]) -> HttpResponse {
    let told: Vec<Json> = findings
        .iter()
        .map(|finding| {
            let (verdict, detail, remedy) = match &finding.verdict {
                Verdict::Good(detail) => ("good", detail, None),
                Verdict::Warning(detail, remedy) => ("warning", detail, Some(remedy)),
                Verdict::Bad(detail, remedy) => ("bad", detail, Some(remedy)),
            };
            json!({ "subject": finding.subject, "verdict": verdict, "detail": detail, "remedy": remedy })
        })
        .collect();
    HttpResponse::Ok().json(json!({ "findings": told }))
}
