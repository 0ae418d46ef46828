//! Signing in and out, and the first account.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::answer::{self, PageError, sentence};
use super::asset::VERSION;
use super::post::{Nothing, Post};
use super::{Web, filters, viewer};
use crate::accounts::AccountsError;

pub(super) fn configure(service: &mut web::ServiceConfig) {
    service
        .service(
            web::resource("/login")
                .route(web::get().to(ask))
                .route(web::post().to(sign_in)),
        )
        .service(
            web::resource("/setup")
                .route(web::get().to(first))
                .route(web::post().to(found)),
        )
        .route("/logout", web::post().to(sign_out));
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage<'a> {
    version: &'static str,
    name: &'a str,
    next: &'a str,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "accounts/first.html")]
struct FirstPage<'a> {
    version: &'static str,
    code: &'a str,
    name: &'a str,
    problem: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
struct SignIn {
    name: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
}

#[derive(Debug, Deserialize)]
struct First {
    code: String,
    name: String,
    password: SecretString,
}

/// Where to go next: a page of this site, or the first one.
fn inside(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    // Browsers take a backslash for a slash, and leave tabs and line breaks out.
    let is_plain = !next.contains(['\\', ' ']) && !next.contains(char::is_control);
    if is_path && is_plain { next } else { "/" }
}

async fn ask(
    request: HttpRequest,
    web: web::Data<Web>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let next = inside(&asked.next);
    if web.demo.is_some() {
        return Ok(answer::see_other(next));
    }
    if let Some(token) = viewer::shown(&request, &web)
        && web.accounts.session(&token).await?.is_some()
    {
        return Ok(answer::see_other(next));
    }
    if web.accounts.are_none().await? {
        return Ok(answer::see_other("/setup"));
    }
    answer::page(&SignInPage {
        version: VERSION,
        name: "",
        next,
        problem: None,
    })
}

async fn sign_in(
    request: HttpRequest,
    web: web::Data<Web>,
    body: web::Bytes,
) -> Result<HttpResponse, PageError> {
    let form: SignIn = super::post::parsed(&body)?;
    let next = inside(&form.next);
    match signed_in(&request, &web, &form.name, &form.password, next).await {
        Ok(response) => Ok(response),
        Err(error @ (AccountsError::Wrong | AccountsError::Wait(_))) => {
            let page = SignInPage {
                version: VERSION,
                name: &form.name,
                next,
                problem: Some(sentence(&error.to_string())),
            };
            let mut response = match error {
                AccountsError::Wait(wait) => {
                    let seconds = wait.as_secs().max(1).to_string();
                    let mut response = HttpResponse::TooManyRequests();
                    response.insert_header((header::RETRY_AFTER, seconds));
                    response
                }
                _ => HttpResponse::Unauthorized(),
            };
            Ok(response
                .content_type("text/html; charset=utf-8")
                .body(page.render()?))
        }
        Err(error) => Err(error.into()),
    }
}

/// Begins a session, and ends the one that the browser had.
async fn signed_in(
    request: &HttpRequest,
    web: &Web,
    name: &str,
    password: &SecretString,
    next: &str,
) -> Result<HttpResponse, AccountsError> {
    let agent = request.headers().get(header::USER_AGENT);
    let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let token = web.accounts.sign_in(name, password, agent).await?;
    if let Some(old) = viewer::shown(request, web)
        && let Some(session) = web.accounts.session(&old).await?
    {
        web.accounts.end_session(&session.account, &session.id).await?;
    }
    let mut response = answer::see_other(next);
    // A cookie of our own making is well formed.
    let _ = response.add_cookie(&viewer::cookie(request, web, &token));
    Ok(response)
}

async fn sign_out(
    request: HttpRequest,
    web: web::Data<Web>,
    post: Post<Nothing>,
) -> Result<HttpResponse, PageError> {
    if let Some(session) = &post.viewer.session {
        // It may have been ended elsewhere meanwhile.
        match web.accounts.end_session(&session.account, &session.id).await {
            Ok(()) | Err(AccountsError::Unknown) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut response = answer::see_other("/login");
    let _ = response.add_cookie(&viewer::forgotten(&request, &web));
    Ok(response)
}

async fn first(web: web::Data<Web>, code: web::Query<Code>) -> Result<HttpResponse, PageError> {
    if web.demo.is_some() || !web.accounts.are_none().await? {
        return Ok(answer::see_other("/"));
    }
    answer::page(&FirstPage {
        version: VERSION,
        code: &code.code,
        name: "",
        problem: None,
    })
}

async fn found(
    request: HttpRequest,
    web: web::Data<Web>,
    body: web::Bytes,
) -> Result<HttpResponse, PageError> {
    let form: First = super::post::parsed(&body)?;
    match web.accounts.found(&form.code, &form.name, &form.password).await {
        Ok(()) => Ok(signed_in(&request, &web, &form.name, &form.password, "/connections").await?),
        Err(AccountsError::NotFirst) => Ok(answer::see_other("/login")),
        Err(error @ (AccountsError::WrongCode | AccountsError::Name | AccountsError::Password)) => {
            let page = FirstPage {
                version: VERSION,
                code: &form.code,
                name: &form.name,
                problem: Some(sentence(&error.to_string())),
            };
            Ok(HttpResponse::UnprocessableEntity()
                .content_type("text/html; charset=utf-8")
                .body(page.render()?))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn only_pages_of_this_site_are_gone_to() {
        for next in ["/", "/runs?x=1", "/records/a/b"] {
            assert_eq!(inside(next), next);
        }
        for next in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(inside(next), "/", "{next}");
        }
    }
}
