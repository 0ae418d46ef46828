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
    let member = ingress.member(connection).await?;
    let connection = &member.name;
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let body = body::read(payload, ingress.body_limit).await?;
    let Some(signature) = request.headers().get("X-WC-Webhook-Signature") else {
        // WooCommerce tests an address, unsigned, and needs a 200.
        return if webhook::is_ping(header(CONTENT_TYPE.as_str()), &body) {
            if let Some(id) = webhook::pinged(&body) {
                ingress.notes.pinged(connection, id);
            }
            Ok(answer::accepted(0))
        } else {
            Err(Refusal::Unauthenticated(
                "the header X-WC-Webhook-Signature is missing",
            ))
        };
    };
    // What is no text is no signature either.
    let signature = signature.to_str().unwrap_or_default();
    let verified = member
        .webhook_secrets
        .any(|secrets| webhook::verify(secrets, &body, signature));
    match verified.await {
        Ok(true) => {}
        Ok(false) => {
            return Err(Refusal::Unauthenticated(
                "the signature does not fit; give the webhook in WooCommerce the secret that is configured here",
            ));
        }
        Err(_) => return Err(Refusal::Unverifiable),
    }
    let delivery = webhook::parse(header("X-WC-Webhook-Topic").unwrap_or_default(), &body);
    ingress.notes.delivered(connection, delivery.changed());
    ingress
        .accept(connection, Cause::Webhook, subjects(connection, delivery))
        .await
}

/// What a delivery speaks of, as far as it is kept in step.
fn subjects(connection: &str, delivery: Delivery) -> Vec<Subject> {
    match delivery {
        Delivery::Changed {
            resource: Resource::Order,
            id,
            body,
        } => {
            // An order of somebody without an account is all that the shop knows of that person.
            let guest = guest::from_order(&body);
            let guest = guest.map(|guest| {
                record(
                    Module::Contacts,
                    guest.id,
                    Change::Changed(Seen::of(body.clone())),
                )
            });
            let order = record(Module::SalesOrders, numbered(id), Change::Changed(Seen::of(body)));
            guest.into_iter().chain([order]).collect()
        }
        Delivery::Changed { resource, id, body } => module_of(resource)
            .map(|module| record(module, numbered(id), Change::Changed(Seen::of(body))))
            .into_iter()
            .collect(),
        Delivery::Deleted { resource, id } => module_of(resource)
            .map(|module| record(module, numbered(id), Change::Deleted))
            .into_iter()
            .collect(),
        Delivery::Unknown { resource } => sweeps(resource),
        Delivery::Unreadable { reason } => {
            tracing::warn!(
                connection,
                reason,
                "a genuine delivery is unreadable; a sweep will look for what it meant"
            );
            sweeps(None)
        }
        Delivery::Other => Vec::new(),
    }
}

fn record(module: Module, id: RecordId, change: Change) -> Subject {
    Subject::Record {
        module,
        side: Side::WooCommerce,
        id,
        change,
    }
}

fn numbered(id: u64) -> RecordId {
    RecordId::new(id.to_string())
}

const fn module_of(resource: Resource) -> Option<Module> {
    match resource {
        Resource::Customer => Some(Module::Contacts),
        Resource::Order => Some(Module::SalesOrders),
        Resource::Product => Some(Module::Products),
        Resource::Other => None,
    }
}

/// The modules to look through for a record that nobody names. Orders tell of guests, too.
fn sweeps(resource: Option<Resource>) -> Vec<Subject> {
    let modules: &[Module] = match resource {
        Some(Resource::Customer) => &[Module::Contacts],
        Some(Resource::Order) => &[Module::Contacts, Module::SalesOrders],
        Some(Resource::Product) => &[Module::Products],
        Some(Resource::Other) => &[],
        None => &[Module::Products, Module::Contacts, Module::SalesOrders],
    };
    modules
        .iter()
        .map(|module| Subject::Module { module: *module })
        .collect()
}
