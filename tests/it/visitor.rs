//! An admin's browser without a window: gets pages of a running service and sends forms.

use secrecy::{ExposeSecret, SecretString};
use woo_vtiger_sync::accounts::{Accounts, csrf_token};
use woo_vtiger_sync::app::Server;
use woo_vtiger_sync::http;
use woo_vtiger_sync::store::Role;

/// Who the admin is.
pub(crate) const ADMIN: &str = "Ann";
/// Who the reader is.
pub(crate) const READER: &str = "Rob";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
pub(crate) struct Visitor {
    client: reqwest::Client,
    url: String,
    session: String,
}

impl Visitor {
    /// Signs an admin in, whose account is made where there is none.
    pub(crate) async fn admin(server: &Server) -> Self {
        let parts = server.parts();
        let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
        let password = SecretString::from(PASSWORD);
        if let Some(code) = accounts.setup_code().await.unwrap() {
            let found = accounts.found(code.expose_secret(), ADMIN, &password);
            found.await.unwrap();
        }
        let session = accounts.sign_in(ADMIN, &password, "a test").await.unwrap();
        Self {
            client: http::client(std::time::Duration::from_secs(30)).unwrap(),
            url: format!("http://{}", server.address()),
            session: session.expose_secret().to_owned(),
        }
    }

    /// Signs a reader in, whose account is made.
    pub(crate) async fn reader(server: &Server) -> Self {
        let admin = Self::admin(server).await;
        let parts = server.parts();
        let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
        let password = SecretString::from(PASSWORD);
        accounts.add(READER, &password, Role::Reader).await.unwrap();
        let session = accounts.sign_in(READER, &password, "a test").await.unwrap();
        Self {
            session: session.expose_secret().to_owned(),
            ..admin
        }
    }

    /// What the browser shows, as the value of its cookie.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// The page at this path.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// What the page at this path is answered with.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// The answer to a request for what is at this path.
    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    /// Sends a form as a page of the site would.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> reqwest::Response {
        let csrf = csrf_token(&self.session);
        let mut form = form.to_vec();
        form.push(("csrf", &csrf));
        self.send(self.client.post(format!("{}{path}", self.url)).form(&form))
            .await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let cookie = format!("wvs_session={}", self.session);
        request.header("Cookie", cookie).send().await.unwrap()
    }
}
