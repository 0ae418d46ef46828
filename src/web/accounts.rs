//! Accounts and tokens, for admins; one's own account, for everybody.

mod yours;

use actix_web::{HttpResponse, web};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::answer::{self, PageError};
use super::frame::{Area, Frame};
use super::post::{Act, Nothing};
use super::viewer::Viewer;
use super::{Web, filters, texts};
use crate::store::{Account, ApiToken, Role};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(
            web::resource("/accounts")
                .route(web::get().to(list))
                .route(web::post().to(add)),
        )
        .route("/accounts/tokens", web::post().to(add_token))
        .route("/accounts/tokens/{id}/remove", web::post().to(remove_token))
        .route("/accounts/{id}/role", web::post().to(set_role))
        .route("/accounts/{id}/password", web::post().to(reset_password))
        .route("/accounts/{id}/remove", web::post().to(remove))
        .configure(yours::configure);
}

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct ListPage {
    frame: Frame,
    accounts: Vec<Account>,
    tokens: Vec<ApiToken>,
    /// A token that was just made, which is shown this once.
    made: Option<SecretString>,
}

#[derive(Debug, Deserialize)]
struct Added {
    name: String,
    password: SecretString,
    role: Role,
}

#[derive(Debug, Deserialize)]
struct AddedToken {
    name: String,
    role: Role,
}

#[derive(Debug, Deserialize)]
struct Changed {
    role: Role,
}

#[derive(Debug, Deserialize)]
struct Reset {
    password: SecretString,
}

async fn list(web: web::Data<Web>, viewer: Viewer) -> Result<HttpResponse, PageError> {
    shown(&web, &viewer, None).await
}

async fn shown(web: &Web, viewer: &Viewer, made: Option<SecretString>) -> Result<HttpResponse, PageError> {
    answer::page(&ListPage {
        frame: Frame::new(web, viewer, Area::Accounts),
        accounts: web.accounts.list().await?,
        tokens: web.accounts.tokens().await?,
        made,
    })
}

async fn add(web: web::Data<Web>, act: Act<Added>) -> Result<HttpResponse, PageError> {
    let Added { name, password, role } = &act.form;
    web.accounts.add(name, password, *role).await?;
    let note = texts::say_with("accounts-added", &[("name", name.trim().into())]);
    answer::see_other_with(&web, &act.viewer, "/accounts", &note).await
}

async fn set_role(
    web: web::Data<Web>,
    id: web::Path<String>,
    act: Act<Changed>,
) -> Result<HttpResponse, PageError> {
    web.accounts.set_role(&id, act.form.role).await?;
    answer::see_other_with(&web, &act.viewer, "/accounts", &texts::say("accounts-changed")).await
}

async fn reset_password(
    web: web::Data<Web>,
    id: web::Path<String>,
    act: Act<Reset>,
) -> Result<HttpResponse, PageError> {
    web.accounts.reset_password(&id, &act.form.password).await?;
    answer::see_other_with(&web, &act.viewer, "/accounts", &texts::say("accounts-reset-done")).await
}

async fn remove(
    web: web::Data<Web>,
    id: web::Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    web.accounts.remove(&id).await?;
    answer::see_other_with(&web, &act.viewer, "/accounts", &texts::say("accounts-removed")).await
}

/// The token is in the answer and nowhere else, so this one sends the browser nowhere.
async fn add_token(web: web::Data<Web>, act: Act<AddedToken>) -> Result<HttpResponse, PageError> {
    let AddedToken { name, role } = &act.form;
    let token = web.accounts.add_token(name, *role, &act.viewer.name).await?;
    shown(&web, &act.viewer, Some(token)).await
}

async fn remove_token(
    web: web::Data<Web>,
    id: web::Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    web.accounts.remove_token(&id).await?;
    answer::see_other_with(
        &web,
        &act.viewer,
        "/accounts",
        &texts::say("accounts-token-removed"),
    )
    .await
}
