//! `/api/v1/openapi.json`: what every address of the interface takes and answers, for programs that read `OpenAPI`.
//!
//! The addresses are told in `openapi/addresses.json`, a line each; a test holds them against those that are served.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::listing::resource;

/// What is told of each address.
const ADDRESSES: &str = include_str!("openapi/addresses.json");

static DESCRIPTION: LazyLock<Json> = LazyLock::new(describe);

/// Adds the address.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.service(resource("/openapi.json", "GET").route(web::get().to(show)));
}

async fn show() -> HttpResponse {
    HttpResponse::Ok().json(&*DESCRIPTION)
}

/// What an address does by one method.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    method: String,
    path: String,
    tag: String,
    does: String,
    /// The parameters of the address, each with what it means.
    #[serde(default)]
    query: Map<String, Json>,
    /// The keys of the body, each with what it means; those in `must` have to be there.
    #[serde(default)]
    body: Map<String, Json>,
    #[serde(default)]
    must: Vec<String>,
    /// The status of what went well, where it isn't 200.
    #[serde(default = "ok")]
    status: u16,
    /// The keys that are in every such answer.
    #[serde(default)]
    answer: Vec<String>,
    /// The answer's type, where it isn't JSON.
    kind: Option<String>,
}

const fn ok() -> u16 {
    200
}

fn describe() -> Json {
    // It is part of the program, and a test reads it.
    let told: Vec<Told> = serde_json::from_str(ADDRESSES).unwrap_or_default();
    let mut paths = Map::new();
    for one in &told {
        let path = paths
            .entry(format!("/api/v1{}", one.path))
            .or_insert_with(|| json!({}));
        path[one.method.to_lowercase()] = operation(one);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "woo-vtiger-sync",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the pages offer, for programs. Times are in UTC. Lists come in pages: pass `next` of one \
                            on as `after` or `before` for the following one."
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": {
                "type": "http", "scheme": "bearer",
                "description": "A token that an admin made on the page Accounts, or http.api_token. A reader's token may \
                                only look."
            } },
            "schemas": { "Error": {
                "type": "object",
                "required": ["error", "detail"],
                "properties": {
                    "error": { "type": "string", "description": "What kind of failure it is." },
                    "detail": { "type": "string", "description": "What it is and what to do, for people." }
                }
            } },
            "responses": { "Error": {
                "description": "It was not done.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } }
            } }
        }
    })
}

fn operation(told: &Told) -> Json {
    let in_path = told
        .path
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next());
    let mut parameters: Vec<Json> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    for (name, means) in &told.query {
        let schema = json!({ "type": "string" });
        parameters.push(json!({
            "name": name, "in": "query", "required": told.must.contains(name), "description": means, "schema": schema
        }));
    }
    let kind = told.kind.as_deref().unwrap_or("application/json");
    let schema = if told.kind.is_some() {
        json!({ "type": "string" })
    } else {
        json!({ "type": "object", "required": told.answer })
    };
    let mut operation = json!({
        "tags": [told.tag],
        "summary": told.does,
        "operationId": format!("{} {}", told.method, told.path),
        "parameters": parameters,
        "responses": {
            told.status.to_string(): { "description": "It was done.", "content": { kind: { "schema": schema } } },
            "default": { "$ref": "#/components/responses/Error" }
        }
    });
    if !told.body.is_empty() {
        let described = told.body.iter();
        let properties: Map<String, Json> = described
            .map(|(name, means)| (name.clone(), json!({ "description": means })))
            .collect();
        let schema = json!({ "type": "object", "properties": properties, "required": told.must });
        operation["requestBody"] = json!({
            "required": !told.must.is_empty(),
            "content": { "application/json": { "schema": schema } }
        });
    }
    operation
}
