//! What is left once both systems are known: modules, what would be done, webhooks and callbacks, and the beginning.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{failed, path};
use crate::connections::{ConnectionsError, ModuleChoice, Preview, PreviewState, Registered, View};
use crate::history::{RunView, State};
use crate::store::RunKind;
use crate::sync::{Direction, Module, Side};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::{Act, Nothing};
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/connections/{name}", web::get().to(show))
        .route("/connections/{name}/modules", web::post().to(choose))
        .service(
            web::resource("/connections/{name}/preview")
                .route(web::get().to(previewed))
                .route(web::post().to(preview)),
        )
        .route("/connections/{name}/webhooks", web::post().to(register))
        .route("/connections/{name}/webhook-secret", web::post().to(rotate))
        .route("/connections/{name}/begin", web::post().to(begin))
        .route("/connections/{name}/progress", web::get().to(progress));
}

#[derive(Template)]
#[template(path = "connections/show.html")]
struct ShowPage {
    frame: Frame,
    view: View,
    choices: Vec<Choice>,
    preview: Option<Preview>,
    callback_secret: Option<String>,
    registered: Option<Registered>,
    has_address: bool,
    run: Option<RunView>,
}

/// A module as it is chosen.
struct Choice {
    module: Module,
    enabled: bool,
    direction: Direction,
}

#[derive(Template)]
#[template(path = "connections/preview.html")]
struct PreviewPart<'a> {
    view: &'a View,
    preview: Option<Preview>,
}

#[derive(Template)]
#[template(path = "connections/progress.html")]
struct ProgressPart<'a> {
    view: &'a View,
    run: Option<RunView>,
}

/// What is chosen; what is not sent is not to be kept in step.
#[derive(Debug, Deserialize)]
struct Chosen {
    #[serde(default)]
    enabled: Vec<Module>,
    contacts: Direction,
    products: Direction,
    sales_orders: Direction,
}

async fn show(
    web: web::Data<Web>,
    viewer: Viewer,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    shown(&web, &viewer, &name, None).await
}

async fn shown(
    web: &Web,
    viewer: &Viewer,
    name: &str,
    registered: Option<Registered>,
) -> Result<HttpResponse, PageError> {
    let view = web.connections.show(name).await.map_err(failed)?;
    let secret = if viewer.is_admin() && view.problem.is_none() {
        web.connections.callback_secret(name).await.map_err(failed)?
    } else {
        None
    };
    answer::page(&ShowPage {
        frame: Frame::new(web, viewer, Area::Connections),
        choices: view
            .modules
            .iter()
            .filter(|module| module.module != Module::Taxes)
            .map(|module| Choice {
                module: module.module,
                enabled: module.enabled,
                direction: module.direction,
            })
            .collect(),
        preview: web.connections.preview(name),
        callback_secret: secret.map(|secret| secret.expose_secret().to_owned()),
        registered,
        has_address: web.public_url.is_some(),
        run: first_sync(web, name).await?,
        view,
    })
}

/// The first sync that was begun last.
async fn first_sync(web: &Web, name: &str) -> Result<Option<RunView>, PageError> {
    let runs = web.history.list(Some(name), None, 50).await?;
    Ok(runs.runs.into_iter().find(|run| run.kind == RunKind::Backfill))
}

async fn choose(
    web: web::Data<Web>,
    name: web::Path<String>,
    act: Act<Chosen>,
) -> Result<HttpResponse, PageError> {
    let form = &act.form;
    let choices = [
        (Module::Contacts, form.contacts),
        (Module::Products, form.products),
        (Module::SalesOrders, form.sales_orders),
    ]
    .map(|(module, direction)| ModuleChoice {
        module,
        enabled: form.enabled.contains(&module),
        direction,
    });
    let by = &act.viewer.name;
    web.connections
        .choose(&name, &choices, by)
        .await
        .map_err(failed)?;
    let note = texts::say("connections-chosen");
    answer::see_other_with(&web, &act.viewer, &format!("{}#preview", path(&name)), &note).await
}

async fn preview(
    web: web::Data<Web>,
    name: web::Path<String>,
    _: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    web.connections.begin_preview(&name).await.map_err(failed)?;
    Ok(answer::see_other(&format!("{}#preview", path(&name))))
}

async fn previewed(
    web: web::Data<Web>,
    _: Viewer,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let view = web.connections.show(&name).await.map_err(failed)?;
    answer::page(&PreviewPart {
        preview: web.connections.preview(&name),
        view: &view,
    })
}

/// What came of it is in the answer alone, so this one sends the browser nowhere.
async fn register(
    web: web::Data<Web>,
    name: web::Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    let registered = match web.connections.register_webhooks(&name).await {
        Ok(registered) => registered,
        Err(ConnectionsError::Webhooks(error)) => Registered {
            done: Vec::new(),
            failure: Some(error.to_string()),
            is_reached: None,
        },
        Err(error) => return Err(failed(error)),
    };
    shown(&web, &act.viewer, &name, Some(registered)).await
}

/// The same is shown as after registering, and that the secret is another one.
async fn rotate(
    web: web::Data<Web>,
    name: web::Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    let rotated = web
        .connections
        .rotate_webhook_secret(&name)
        .await
        .map_err(failed)?;
    if rotated.failure.is_some() {
        return shown(&web, &act.viewer, &name, Some(rotated)).await;
    }
    let note = texts::say("connections-rotated");
    answer::see_other_with(&web, &act.viewer, &format!("{}#webhooks", path(&name)), &note).await
}

async fn begin(
    web: web::Data<Web>,
    name: web::Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    let view = web.connections.show(&name).await.map_err(failed)?;
    if !view.modules.iter().any(|module| module.enabled) {
        return Err(PageError::Refused(texts::say("connections-nothing-chosen")));
    }
    web.connections.begin(&name).await.map_err(failed)?;
    let note = texts::say("connections-begun");
    answer::see_other_with(&web, &act.viewer, &format!("{}#begin", path(&name)), &note).await
}

async fn progress(
    request: HttpRequest,
    web: web::Data<Web>,
    _: Viewer,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    if !request.headers().contains_key("HX-Request") {
        return Ok(answer::see_other(&path(&name)));
    }
    let view = web.connections.show(&name).await.map_err(failed)?;
    answer::page(&ProgressPart {
        run: first_sync(&web, &name).await?,
        view: &view,
    })
}
