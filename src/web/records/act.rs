//! What an admin does with one record.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::Named;
use super::address::path_of;
use crate::record::{Lost, Records};
use crate::sync::{RecordId, Sides};
use crate::web::answer::{self, PageError};
use crate::web::post::{Act, Nothing};
use crate::web::{Web, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    let at = |what: &str| format!("/records/{{connection}}/{{module}}/{{side}}/{{id}}/{what}");
    service
        .route(&at("sync"), web::post().to(sync))
        .route(&at("link"), web::post().to(link))
        .route(&at("unlink"), web::post().to(unlink))
        .route(&at("take"), web::post().to(take))
        .route(&at("leave"), web::post().to(leave));
}

#[derive(Debug, Deserialize)]
struct Other {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Taken {
    conflict: Option<String>,
    entry: Option<String>,
    field: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Left {
    conflict: String,
}

async fn sync(
    web: web::Data<Web>,
    records: web::Data<Records>,
    named: web::Path<Named>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    let meant = named.find(&records)?;
    records.sync_now(&meant.at, meant.side, &meant.id).await?;
    let note = texts::say("records-sync-asked");
    answer::see_other_with(&web, &act.viewer, &meant.path(), &note).await
}

async fn link(
    web: web::Data<Web>,
    records: web::Data<Records>,
    named: web::Path<Named>,
    act: Act<Other>,
) -> Result<HttpResponse, PageError> {
    let meant = named.find(&records)?;
    let other = act.form.id.trim();
    if other.is_empty() {
        return Err(PageError::Refused(texts::say_with(
            "records-link-blank",
            &[("system", meant.side.opposite().title().into())],
        )));
    }
    let mut ids = Sides::new(|_| RecordId::new(other));
    *ids.of_mut(meant.side) = meant.id.clone();
    let linked = records.link(&meant.at, ids).await?;
    let note = texts::say_with(
        "records-linked",
        &[
            ("woocommerce", linked.ids.woocommerce.to_string().into()),
            ("vtiger", linked.ids.vtiger.to_string().into()),
        ],
    );
    let id = linked.ids.of(meant.side);
    let path = path_of(&meant.at.connection, meant.at.module, meant.side, id);
    answer::see_other_with(&web, &act.viewer, &path, &note).await
}

async fn unlink(
    web: web::Data<Web>,
    records: web::Data<Records>,
    named: web::Path<Named>,
    act: Act<Nothing>,
) -> Result<HttpResponse, PageError> {
    let meant = named.find(&records)?;
    records.unlink(&meant.at, meant.side, &meant.id).await?;
    let note = texts::say("records-unlinked");
    answer::see_other_with(&web, &act.viewer, &meant.path(), &note).await
}

async fn take(
    web: web::Data<Web>,
    records: web::Data<Records>,
    named: web::Path<Named>,
    act: Act<Taken>,
) -> Result<HttpResponse, PageError> {
    let meant = named.find(&records)?;
    let lost = match (&act.form.conflict, &act.form.entry, &act.form.field) {
        (Some(conflict), _, _) => Lost::Conflict {
            conflict: conflict.clone(),
        },
        (None, Some(entry), Some(field)) => Lost::Entry {
            entry: entry.clone(),
            field: field.clone(),
        },
        _ => return Err(PageError::Malformed(texts::say("records-take-what"))),
    };
    records.take(&meant.at, meant.side, &meant.id, &lost).await?;
    let note = texts::say("records-taken");
    answer::see_other_with(&web, &act.viewer, &meant.path(), &note).await
}

async fn leave(
    web: web::Data<Web>,
    records: web::Data<Records>,
    named: web::Path<Named>,
    act: Act<Left>,
) -> Result<HttpResponse, PageError> {
    let meant = named.find(&records)?;
    let shown = records.show(&meant.at, meant.side, &meant.id).await?;
    let conflict = &act.form.conflict;
    if shown.conflicts.iter().any(|one| one.id == *conflict) {
        records.leave(conflict).await?;
    }
    let note = texts::say("records-left");
    answer::see_other_with(&web, &act.viewer, &meant.path(), &note).await
}
