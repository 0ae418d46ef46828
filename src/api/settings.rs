//! `/api/v1/settings`: the modules' settings, their versions, the fields of both systems, and mappings that are tried.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::Api;
use super::answer::Refusal;
use super::listing::{limit, resource};
use crate::clock::iso;
use crate::settings::{Desk, InForce};
use crate::store::{Place, Signature};
use crate::sync::Module;

/// Who changes settings through the API.
pub(super) const CALLER: &str = "API";

/// Adds the addresses.
pub(super) fn configure(service: &mut web::ServiceConfig) {
    let of_module = |path: &str, methods| {
        let path = format!("/settings/{{connection}}/{{module}}{path}");
        resource(&path, methods)
    };
    service
        .service(resource("/settings", "GET").route(web::get().to(list)))
        .service(
            of_module("", "GET, PUT")
                .route(web::get().to(show))
                .route(web::put().to(save)),
        )
        .service(of_module("/versions", "GET").route(web::get().to(versions)))
        .service(of_module("/rollback", "POST").route(web::post().to(roll_back)))
        .service(of_module("/fields", "GET").route(web::get().to(fields)))
        .service(of_module("/mappings/check", "POST").route(web::post().to(check)));
}

/// Settings to be brought into force.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    settings: Map<String, Json>,
    /// The version that they were made from, where no `If-Match` tells it.
    version: Option<u32>,
    #[serde(default)]
    note: String,
}

/// A version to be brought back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    version: u32,
    /// The version in force, where no `If-Match` tells it.
    over: Option<u32>,
}

/// What is listed of the versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    before: Option<u32>,
    limit: Option<u32>,
}

/// A mapping to be checked and tried.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Drafted {
    mapping: Map<String, Json>,
    /// The row that it takes the place of.
    row: Option<usize>,
    /// The link of the records to try it on; without it, the newest.
    link: Option<String>,
}

type Addressed = web::Path<(String, String)>;

async fn list(api: web::Data<Api>) -> Result<HttpResponse, Refusal> {
    let mut shown = Vec::new();
    for connection in api.settings.connections() {
        for module in Module::ALL {
            let at = api.settings.place(&connection, module)?;
            shown.push(view(&api.settings.in_force(&at).await?));
        }
    }
    Ok(HttpResponse::Ok().json(json!({ "settings": shown })))
}

async fn show(api: web::Data<Api>, at: Addressed) -> Result<HttpResponse, Refusal> {
    let at = place(&api.settings, &at)?;
    let now = api.settings.in_force(&at).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, etag(now.version)))
        .json(view(&now)))
}

async fn save(
    api: web::Data<Api>,
    at: Addressed,
    request: HttpRequest,
    changed: web::Json<Changed>,
) -> Result<HttpResponse, Refusal> {
    let at = place(&api.settings, &at)?;
    let over = over(&request, changed.version)?;
    let Changed { settings, note, .. } = changed.into_inner();
    let settings = api.settings.read(&at, settings)?;
    let signature = Signature::new(CALLER, note);
    let saved = api.settings.save(&at, &settings, &signature, over).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, etag(saved.version)))
        .json(saved))
}

async fn versions(
    api: web::Data<Api>,
    at: Addressed,
    listed: web::Query<Listed>,
) -> Result<HttpResponse, Refusal> {
    let at = place(&api.settings, &at)?;
    let limit = limit(listed.limit)?;
    Ok(HttpResponse::Ok().json(api.settings.versions(&at, listed.before, limit).await?))
}

async fn roll_back(
    api: web::Data<Api>,
    at: Addressed,
    request: HttpRequest,
    back: web::Json<Back>,
) -> Result<HttpResponse, Refusal> {
    let at = place(&api.settings, &at)?;
    let over = over(&request, back.over)?;
    let saved = api.settings.roll_back(&at, back.version, CALLER, over).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, etag(saved.version)))
        .json(saved))
}

async fn fields(api: web::Data<Api>, at: Addressed) -> Result<HttpResponse, Refusal> {
    let at = place(&api.settings, &at)?;
    let fields = api.settings.fields(&at).await?;
    Ok(HttpResponse::Ok().json(json!({
        "woocommerce": *fields.woocommerce,
        "vtiger": *fields.vtiger,
    })))
}

async fn check(
    api: web::Data<Api>,
    at: Addressed,
    drafted: web::Json<Drafted>,
) -> Result<HttpResponse, Refusal> {
    let at = place(&api.settings, &at)?;
    let Drafted { mapping, row, link } = drafted.into_inner();
    let checked = api.settings.check_mapping(&at, row, mapping).await?;
    let tried = api.settings.try_mapping(&at, &checked, link.as_deref()).await?;
    Ok(HttpResponse::Ok().json(json!({
        "good": checked.is_good(),
        "problems": checked.findings,
        "tried": tried,
    })))
}

fn place(desk: &Desk, (connection, module): &(String, String)) -> Result<Place, Refusal> {
    let known = Module::ALL.into_iter().find(|known| known.as_str() == module);
    let known = known.ok_or_else(|| Refusal::NotFound(format!("there is no module `{module}`")))?;
    Ok(desk.place(connection, known)?)
}

/// The version that a change was made from.
fn over(request: &HttpRequest, told: Option<u32>) -> Result<u32, Refusal> {
    let tag = request.headers().get(header::IF_MATCH);
    let tag = tag.and_then(|tag| tag.to_str().ok()?.trim().trim_matches('"').parse().ok());
    tag.or(told).ok_or_else(|| {
        Refusal::Malformed(
            "say which version this was made from: the header `If-Match` with the ETag of the settings, or the version's \
             number in the body"
                .to_owned(),
        )
    })
}

fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

fn view(now: &InForce) -> Json {
    let saved = now.saved.as_ref();
    json!({
        "connection": now.at.connection,
        "module": now.at.module,
        "version": now.version,
        "saved_at": saved.map(|saved| iso::text(saved.saved_at)),
        "saved_by": saved.map(|saved| &saved.signature.by),
        "note": saved.map(|saved| &saved.signature.note),
        "settings": now.tree(),
    })
}
