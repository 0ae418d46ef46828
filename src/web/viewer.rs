//! Who looks at a page.

use std::sync::PoisonError;

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};

use super::Web;
use super::answer::PageError;
use crate::accounts::csrf_token;
use crate::store::{Role, Session};

/// The cookie's name; over HTTPS with a prefix by which browsers take it from this host alone.
const COOKIE: &str = "wvs_session";
const SECURE_COOKIE: &str = "__Host-wvs_session";

/// Somebody who is signed in, or the visitor of a demonstration.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    /// The account's name.
    pub(super) name: String,
    /// The session; none in a demonstration.
    pub(super) session: Option<Session>,
    /// What the forms of this session hold.
    pub(super) csrf: String,
    /// What the page is to tell first.
    pub(super) note: Option<String>,
    role: Role,
}

impl Viewer {
    /// Whether they may change something.
    pub(super) fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Has the next page tell something.
    pub(super) async fn tell(&self, web: &Web, note: &str) -> Result<(), PageError> {
        match (&self.session, &web.demo) {
            (Some(session), _) => web.accounts.note(&session.id, Some(note)).await?,
            (None, Some(demo)) => {
                *demo.note.lock().unwrap_or_else(PoisonError::into_inner) = Some(note.to_owned());
            }
            (None, None) => {}
        }
        Ok(())
    }

    async fn of(request: &HttpRequest) -> Result<Self, PageError> {
        let Some(web) = request.app_data::<web::Data<Web>>() else {
            return Err(PageError::NoAccount);
        };
        // What asks by itself for a part of a page must not take the note away from the page.
        let is_page = request.method() == Method::GET && !request.headers().contains_key("HX-Request");
        if let Some(demo) = &web.demo {
            let mut note = demo.note.lock().unwrap_or_else(PoisonError::into_inner);
            return Ok(Self {
                name: "demo".to_owned(),
                session: None,
                csrf: csrf_token(demo.token.expose_secret()),
                note: if is_page { note.take() } else { None },
                role: Role::Admin,
            });
        }
        let token = shown(request, web);
        let session = match &token {
            Some(token) => web.accounts.session(token).await?,
            None => None,
        };
        let Some((session, token)) = session.zip(token) else {
            return Err(if web.accounts.are_none().await? {
                PageError::NoAccount
            } else {
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let is_get = request.method() == Method::GET;
                PageError::SignIn(if is_get { path } else { "/" }.to_owned())
            });
        };
        if is_page && session.note.is_some() {
            web.accounts.note(&session.id, None).await?;
        }
        Ok(Self {
            name: session.name.clone(),
            csrf: csrf_token(&token),
            note: session.note.clone().filter(|_| is_page),
            role: session.role,
            session: Some(session),
        })
    }
}

impl FromRequest for Viewer {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move { Self::of(&request).await }.boxed_local()
    }
}

/// What the browser shows.
pub(super) fn shown(request: &HttpRequest, web: &Web) -> Option<String> {
    let name = if is_secure(request, web) {
        SECURE_COOKIE
    } else {
        COOKIE
    };
    request.cookie(name).map(|cookie| cookie.value().to_owned())
}

/// What the browser is to show from now on.
pub(super) fn cookie(request: &HttpRequest, web: &Web, token: &SecretString) -> Cookie<'static> {
    let is_secure = is_secure(request, web);
    let name = if is_secure { SECURE_COOKIE } else { COOKIE };
    Cookie::build(name, token.expose_secret().to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_secure)
        .finish()
}

/// Has the browser forget what it shows.
pub(super) fn forgotten(request: &HttpRequest, web: &Web) -> Cookie<'static> {
    let mut cookie = cookie(request, web, &SecretString::default());
    cookie.set_max_age(time::Duration::ZERO);
    cookie
}

/// Whether the browser came by HTTPS: the proxy in front tells, or the address is the one that is known to have it.
fn is_secure(request: &HttpRequest, web: &Web) -> bool {
    let connection = request.connection_info();
    let is_public = web.public_url.as_ref().is_some_and(|url| {
        let host = connection.host().split(':').next().unwrap_or_default();
        url.scheme() == "https" && url.host_str() == Some(host)
    });
    connection.scheme() == "https" || is_public
}
