//! One's own account: the password, and where one is signed in.

use actix_web::{HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use crate::accounts::AccountsError;
use crate::store::Session;
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::{Nothing, Post};
use crate::web::viewer::Viewer;
use crate::web::{Web, filters, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .route("/account", web::get().to(show))
        .route("/account/password", web::post().to(change_password))
        .route("/account/sessions/{id}/end", web::post().to(end));
}

#[derive(Template)]
#[template(path = "accounts/yours.html")]
struct YoursPage {
    frame: Frame,
    sessions: Vec<(Session, bool)>,
}

#[derive(Debug, Deserialize)]
struct Passwords {
    present: SecretString,
    new: SecretString,
}

/// The session of who is signed in; in a demonstration nobody is.
fn session(viewer: &Viewer) -> Result<&Session, PageError> {
    let none = || PageError::NotFound(texts::say("frame-no-page"));
    viewer.session.as_ref().ok_or_else(none)
}

async fn show(web: web::Data<Web>, viewer: Viewer) -> Result<HttpResponse, PageError> {
    let this = session(&viewer)?;
    let sessions = web.accounts.sessions(&this.account).await?;
    let sessions = sessions.into_iter();
    answer::page(&YoursPage {
        sessions: sessions
            .map(|one| {
                let is_this = one.id == this.id;
                (one, is_this)
            })
            .collect(),
        frame: Frame::new(&web, &viewer, Area::Yours),
    })
}

async fn change_password(web: web::Data<Web>, post: Post<Passwords>) -> Result<HttpResponse, PageError> {
    let Passwords { present, new } = &post.form;
    let done = web
        .accounts
        .change_password(session(&post.viewer)?, present, new)
        .await;
    match done {
        Ok(()) => {}
        Err(AccountsError::Wrong) => return Err(PageError::Refused(texts::say("accounts-present-wrong"))),
        Err(error) => return Err(error.into()),
    }
    let note = texts::say("accounts-password-changed");
    answer::see_other_with(&web, &post.viewer, "/account", &note).await
}

async fn end(
    web: web::Data<Web>,
    id: web::Path<String>,
    post: Post<Nothing>,
) -> Result<HttpResponse, PageError> {
    web.accounts
        .end_session(&session(&post.viewer)?.account, &id)
        .await?;
    let note = texts::say("accounts-session-ended");
    answer::see_other_with(&web, &post.viewer, "/account", &note).await
}
