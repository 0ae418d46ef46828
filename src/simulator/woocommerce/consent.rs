//! The consent screen on which a person lets a program have API keys: `/wc-auth/v1/authorize`.
//!
//! Whoever comes counts as signed in to the shop as one who may manage it. The keys are posted to the program from server to
//! server, and only where it takes them the person is sent back; else they are deleted again.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use form_urlencoded::Serializer;
use serde_json::json;
use url::{Host, Url};

use super::query::Query;
use super::server::Shared;

/// Where its pages are.
pub(super) const PATH: &str = "/wc-auth/v1/";

/// How long the program may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What must be given, in the order in which it is looked for.
const PARAMETERS: [&str; 5] = ["app_name", "user_id", "return_url", "callback_url", "scope"];

/// What the shop lists as what the keys allow.
const PERMISSIONS: [&str; 5] = [
    "Create webhooks",
    "View and manage coupons",
    "View and manage customers",
    "View and manage orders and sales reports",
    "View and manage products",
];

/// The page with the question.
#[derive(Template)]
#[template(path = "wc_auth.html")]
struct Page<'a> {
    app: &'a str,
    scope: &'a str,
    permissions: &'a [&'a str],
    approve: String,
    deny: String,
}

/// What the shop is asked.
struct Asked {
    app: String,
    user: String,
    scope: String,
    return_url: Url,
    callback_url: Url,
}

/// Answers a request for one of its pages.
pub(super) async fn handle(request: &HttpRequest, route: &str, shared: &Shared) -> HttpResponse {
    let query = Query::parse(request.query_string());
    let answer = match Asked::read(&query) {
        Ok(asked) => match route.to_lowercase().as_str() {
            "authorize" => Ok(asked.page(request.query_string(), shared)),
            "login" => Ok(to(&format!("{PATH}authorize?{}", request.query_string()))),
            "access_granted" => asked.grant(&query, shared).await,
            _ => Err("You do not have permission to access this page".to_owned()),
        },
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error| {
        HttpResponse::Unauthorized()
            .content_type("text/html; charset=UTF-8")
            .body(format!("Error: {}.", html_escape::encode_text(&error)))
    })
}

impl Asked {
    fn read(query: &Query) -> Result<Self, String> {
        let value = |name: &str| query.get(name).unwrap_or_default().to_owned();
        for name in PARAMETERS {
            if value(name).is_empty() {
                return Err(format!("Missing parameter {name}"));
            }
        }
        let scope = value("scope");
        if !["read", "write", "read_write"].contains(&scope.as_str()) {
            return Err(format!("Invalid scope {scope}"));
        }
        let url = |name: &str| {
            let text = formatted(&value(name));
            Url::parse(&text).map_err(|_| format!("The {text} is not a valid URL"))
        };
        let (return_url, callback_url) = (url("return_url")?, url("callback_url")?);
        // A real shop takes no address without https, nor one on its own machine: tests and the demonstration have no others.
        if callback_url.scheme() != "https" && !is_loopback(&callback_url) {
            return Err("The callback_url needs to be over SSL".to_owned());
        }
        Ok(Self {
            app: value("app_name"),
            user: value("user_id"),
            scope,
            return_url,
            callback_url,
        })
    }

    fn page(&self, query: &str, shared: &Shared) -> HttpResponse {
        let nonce = hex::encode(rand::random::<[u8; 5]>());
        shared.gate.granted().nonces.insert(nonce.clone());
        let page = Page {
            app: &self.app,
            scope: match self.scope.as_str() {
                "read" => "Read",
                "write" => "Write",
                _ => "Read/Write",
            },
            permissions: &PERMISSIONS,
            approve: format!("{PATH}access_granted?{query}&wc_auth_nonce={nonce}"),
            deny: self.back(false).into(),
        };
        HttpResponse::Ok()
            .content_type("text/html; charset=UTF-8")
            .body(page.render().unwrap_or_default())
    }

    /// Makes keys and sends them to the program.
    async fn grant(&self, query: &Query, shared: &Shared) -> Result<HttpResponse, String> {
        let nonce = query.get("wc_auth_nonce").unwrap_or_default();
        if !shared.gate.granted().nonces.contains(nonce) {
            return Err("Invalid nonce verification".to_owned());
        }
        let hash = || hex::encode(rand::random::<[u8; 20]>());
        let (key, secret) = (format!("ck_{}", hash()), format!("cs_{}", hash()));
        let number = {
            let mut granted = shared.gate.granted();
            granted.keys.insert(key.clone(), secret.clone());
            granted.keys.len() + 1
        };
        let body = json!({
            "key_id": number, "user_id": self.user, "consumer_key": key, "consumer_secret": secret,
            "key_permissions": self.scope,
        });
        match self.send(&body.to_string()).await {
            Ok(()) => Ok(to(self.back(true).as_str())),
            Err(error) => {
                shared.gate.granted().keys.remove(&key);
                Err(error)
            }
        }
    }

    async fn send(&self, body: &str) -> Result<(), String> {
        let client = crate::http::client(PATIENCE).map_err(|error| error.to_string())?;
        let answer = client
            .post(self.callback_url.clone())
            .header("Content-Type", "application/json;charset=UTF-8")
            .body(body.to_owned())
            .send()
            .await
            .map_err(|error| error.without_url().to_string())?;
        if answer.status() == 200 {
            return Ok(());
        }
        Err(
            "An error occurred in the request and at the time were unable to send the consumer data"
                .to_owned(),
        )
    }

    /// Where the person is sent in the end.
    fn back(&self, success: bool) -> Url {
        let mut url = self.return_url.clone();
        let more = Serializer::new(String::new())
            .append_pair("success", if success { "1" } else { "0" })
            .append_pair("user_id", &self.user)
            .finish();
        let query = url
            .query()
            .map_or_else(|| more.clone(), |query| format!("{query}&{more}"));
        url.set_query(Some(&query));
        url
    }
}

/// An address as it is meant: with https where no scheme is given.
fn formatted(url: &str) -> String {
    if url.contains("://") {
        url.to_owned()
    } else {
        format!("https://{url}")
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn to(url: &str) -> HttpResponse {
    HttpResponse::Found()
        .insert_header((header::LOCATION, url.to_owned()))
        .finish()
}
