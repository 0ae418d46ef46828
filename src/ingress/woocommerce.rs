//! WooCommerce's webhooks.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::{self, Refusal};
use super::{Ingress, body};
use crate::queue::{Cause, Change, Seen, Subject};
use crate::sync::{Module, RecordId, Side};
use crate::woocommerce::guest;
use crate::woocommerce::webhook::{self, Delivery, Resource};

pub(super) async fn receive(
    ingress: web::Data<Ingress>,
    connection: web::Path<String>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    answer::counted(
        Side::WooCommerce,
        answer(&ingress, &connection, &request, payload).await,
    )
}

async fn answer(
    ingress: &Ingress,
    connection: &str,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let (connection, secrets) = ingress.secrets_of(connection)?;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let body = body::read(payload, ingress.body_limit).await?;
    let Some(signature) = request.headers().get("X-WC-Webhook-Signature") else {
        // WooCommerce tests an address, unsigned, and needs a 200.
        return if webhook::is_ping(header(CONTENT_TYPE.as_str()), &body) {
            Ok(answer::accepted(0))
        } else {
            Err(Refusal::Unauthenticated(
                "the header X-WC-Webhook-Signature is missing",
            ))
        };
    };
    // What is no text is no signature either.
    let signature = signature.to_str().unwrap_or_default();
    if !webhook::verify(&secrets.webhook, &body, signature) {
        return Err(Refusal::Unauthenticated(
            "the signature does not fit; give the webhook in WooCommerce the secret that is configured here",
        ));
    }
    let delivery = webhook::parse(header("X-WC-Webhook-Topic").unwrap_or_default(), &body);
    ingress
        .accept(&connection, Cause::Webhook, subjects(&connection, delivery))
        .await
}

/// What a delivery speaks of, as far as it is kept in step.
fn subjects(connection: &str, delivery: Delivery) -> Vec<Subject> {
    let record = |id: RecordId, change| Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id,
        change,
    };
    let sweep = Subject::Module {
        module: Module::Contacts,
    };
    match delivery {
        Delivery::Changed {
            resource: Resource::Customer,
            id,
            body,
        } => {
            vec![record(
                RecordId::new(id.to_string()),
                Change::Changed(Seen::of(body)),
            )]
        }
        Delivery::Deleted {
            resource: Resource::Customer,
            id,
        } => {
            vec![record(RecordId::new(id.to_string()), Change::Deleted)]
        }
        Delivery::Changed {
            resource: Resource::Order,
            body,
            ..
        } => guest::from_order(&body)
            .map(|guest| record(guest.id, Change::Changed(Seen::of(body))))
            .into_iter()
            .collect(),
        Delivery::Unknown {
            resource: None | Some(Resource::Customer | Resource::Order),
        } => vec![sweep],
        Delivery::Unreadable { reason } => {
            tracing::warn!(
                connection,
                reason,
                "a genuine delivery is unreadable; a sweep will look for what it meant"
            );
            vec![sweep]
        }
        Delivery::Changed { .. } | Delivery::Deleted { .. } | Delivery::Unknown { .. } | Delivery::Other => {
            Vec::new()
        }
    }
}
