//! The way to the shop's own consent screen.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::failed;
use crate::connections::{Input, NoConsent};
use crate::web::answer::{self, PageError};
use crate::web::frame::{Area, Frame};
use crate::web::post::Act;
use crate::web::{Web, filters, texts};

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service.route("/connections/consent", web::post().to(ask));
}

/// A form may not lead to another site, so this page does.
#[derive(Template)]
#[template(path = "connections/consent.html")]
struct ConsentPage {
    frame: Frame,
    url: String,
    shop: String,
}

/// Why shops can't be asked for keys, where they can't.
pub(super) fn why_not(web: &Web) -> Option<String> {
    match web.connections.may_ask_consent(None) {
        Ok(()) => None,
        Err(NoConsent::NoPublicUrl) => Some(texts::say("connections-consent-no-url")),
        Err(NoConsent::NotEncrypted) => Some(texts::say("connections-consent-no-https")),
    }
}

async fn ask(web: web::Data<Web>, act: Act<Input>) -> Result<HttpResponse, PageError> {
    let Input { name, shop_url, .. } = &act.form;
    let path = "connections/new?";
    let back: String = form_urlencoded::Serializer::for_suffix(path.to_owned(), path.len())
        .append_pair("name", name)
        .append_pair("shop_url", shop_url)
        .finish();
    let asked = web
        .connections
        .ask_consent(&act.form, &back)
        .await
        .map_err(failed)?;
    answer::page(&ConsentPage {
        frame: Frame::new(&web, &act.viewer, Area::Connections),
        url: asked.url,
        shop: shop_url.clone(),
    })
}
