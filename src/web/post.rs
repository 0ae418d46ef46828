//! Forms that were sent: only those of a page of the same session count, and most only from an admin.

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::PageError;
use super::viewer::Viewer;
use crate::accounts::is_same;

/// A form that is but a button.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// A form from somebody who is signed in.
#[derive(Debug)]
pub(super) struct Post<T> {
    /// Who sent it.
    pub(super) viewer: Viewer,
    /// What it holds.
    pub(super) form: T,
}

/// A form from an admin.
#[derive(Debug)]
pub(super) struct Act<T> {
    /// Who sent it.
    pub(super) viewer: Viewer,
    /// What it holds. What may be there several times is a `Vec`.
    pub(super) form: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Post<T> {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Bytes::from_request(request, payload);
        let viewer = Viewer::from_request(request, payload);
        async move {
            let viewer = viewer.await?;
            let body = body
                .await
                .map_err(|error| PageError::Malformed(error.to_string()))?;
            let mut values = form_urlencoded::parse(&body);
            let csrf = values.find_map(|(name, value)| (name == "csrf").then_some(value));
            if !is_same(csrf.as_deref().unwrap_or_default(), &viewer.csrf) {
                return Err(PageError::Forged);
            }
            let form = parsed(&body)?;
            Ok(Self { viewer, form })
        }
        .boxed_local()
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Act<T> {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let post = Post::<T>::from_request(request, payload);
        async move {
            let Post { viewer, form } = post.await?;
            if viewer.is_admin() {
                Ok(Self { viewer, form })
            } else {
                Err(PageError::ReadersMayNot)
            }
        }
        .boxed_local()
    }
}

/// What a form holds.
pub(super) fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, PageError> {
    serde_html_form::from_bytes(body).map_err(|error| PageError::Malformed(error.to_string()))
}
