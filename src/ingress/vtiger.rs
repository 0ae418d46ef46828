//! Vtiger's callbacks.

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::{self, Refusal};
use super::{Ingress, body};
use crate::queue::{Cause, Change, Seen, Subject};
use crate::sync::{RecordId, Side};
use crate::vtiger::callback::{self, CallbackKind, Credentials};

pub(super) async fn receive(
    ingress: web::Data<Ingress>,
    connection: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    answer::counted(
        Side::Vtiger,
        answer(&ingress, &connection, &request, payload).await,
    )
}

async fn answer(
    ingress: &Ingress,
    connection: &str,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let member = ingress.member(connection).await?;
    let connection = &member.name;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let body = body::read(payload, ingress.body_limit).await?;
    let credentials = Credentials {
        signature: header("X-Vtiger-Signature"),
        authorization: header(AUTHORIZATION.as_str()),
        token: header("X-Webhook-Token"),
    };
    if !callback::authenticate(&member.connection.vtiger.callback_secrets, &body, &credentials) {
        return Err(Refusal::Unauthenticated(
            "neither X-Vtiger-Signature nor Authorization nor X-Webhook-Token shows the callback secret that is \
             configured here",
        ));
    }
    ingress.notes.called_back(connection);
    let callback = callback::parse(header(CONTENT_TYPE.as_str()), &body)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    // Other modules' callbacks are genuine, and of no concern.
    let Some(module) = crate::vtiger::module_named(&callback.module) else {
        return Ok(answer::accepted(0));
    };
    let id = RecordId::new(callback.id.clone());
    let change = match callback.kind {
        CallbackKind::Changed => Change::Changed(Seen::of(callback.into_body())),
        CallbackKind::Deleted => Change::Deleted,
        CallbackKind::Ignored => return Ok(answer::accepted(0)),
    };
    let subject = Subject::Record {
        module,
        side: Side::Vtiger,
        id,
        change,
    };
    ingress.accept(connection, Cause::Callback, vec![subject]).await
}
