//! Lets in who shows the token.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::Api;
use super::answer::Refusal;

/// Hands a request on if it may be.
pub(super) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admitted(&request) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(refusal) => Ok(request.into_response(refusal.error_response())),
    }
}

fn admitted(request: &ServiceRequest) -> Result<(), Refusal> {
    let token = request
        .app_data::<web::Data<Api>>()
        .and_then(|api| api.token.as_ref())
        .ok_or(Refusal::Closed)?;
    let shown = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| bearer(value.as_bytes()))
        .ok_or(Refusal::NoToken)?;
    // The time that this takes tells nothing of how much was right.
    if bool::from(shown.ct_eq(token.expose_secret().as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::WrongToken)
    }
}

/// The token in `Bearer <token>`; the scheme's case does not count.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked("Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}
