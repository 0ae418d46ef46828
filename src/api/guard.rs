//! Lets in who shows a token: the configured one, or one that an admin made.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::Api;
use super::answer::Refusal;
use crate::store::Role;

/// Hands a request on if it may be.
pub(super) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admitted(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(refusal) => Ok(request.into_response(refusal.error_response())),
    }
}

async fn admitted(request: &ServiceRequest) -> Result<(), Refusal> {
    let api = request.app_data::<web::Data<Api>>().ok_or(Refusal::Unavailable)?;
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| bearer(value.as_bytes()))
        .ok_or(Refusal::NoToken)?;
    // The time that this takes tells nothing of how much was right.
    let is_configured = api
        .token
        .as_ref()
        .is_some_and(|token| bool::from(shown.ct_eq(token.expose_secret().as_bytes())));
    if is_configured {
        return Ok(());
    }
    let shown = str::from_utf8(shown).map_err(|_| Refusal::WrongToken)?;
    let token = api.accounts.token(shown).await?.ok_or(Refusal::WrongToken)?;
    // To look is safe, to do is for admins.
    if token.role == Role::Admin || request.method().is_safe() {
        Ok(())
    } else {
        Err(Refusal::ReadersMayNot)
    }
}

/// The token in `Bearer <token>`; the scheme's case does not count.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}
