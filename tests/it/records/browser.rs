//! A browser without JavaScript, over HTTP.

use reqwest::header::{COOKIE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use woo_vtiger_sync::accounts::Accounts;

use crate::scene::Scene;

/// A browser without JavaScript.
pub(super) struct Browser {
    client: reqwest::Client,
    url: String,
}

impl Browser {
    /// That of an admin.
    pub(super) async fn new(scene: &Scene) -> Self {
        let parts = scene.server.parts();
        let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
        let (name, password) = ("Olga", SecretString::from("correct horse battery"));
        if let Some(code) = accounts.setup_code().await.unwrap() {
            accounts
                .found(code.expose_secret(), name, &password)
                .await
                .unwrap();
        }
        let session = accounts.sign_in(name, &password, "a test").await.unwrap();
        let mut headers = HeaderMap::new();
        let cookie = format!("wvs_session={}", session.expose_secret());
        headers.insert(COOKIE, HeaderValue::from_str(&cookie).unwrap());
        let client = reqwest::Client::builder().default_headers(headers);
        Self {
            client: client.build().unwrap(),
            url: scene.url.clone(),
        }
    }

    /// A page's status and text.
    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A page that must be there.
    pub(super) async fn page(&self, path: &str) -> String {
        let (status, page) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {page}");
        page
    }

    /// Sends a form of the page `from`, and returns the status and text of where that leads.
    pub(super) async fn try_to(&self, from: &str, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let page = self.page(from).await;
        let (_, rest) = page.split_once(r#"name="csrf" value=""#).expect("a form");
        let (csrf, _) = rest.split_once('"').unwrap();
        let mut fields = vec![("csrf", csrf)];
        fields.extend(form);
        let request = self.client.post(format!("{}{path}", self.url)).form(&fields);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The same where it must lead to a page.
    pub(super) async fn act(&self, from: &str, path: &str, form: &[(&str, &str)]) -> String {
        let (status, page) = self.try_to(from, path, form).await;
        assert_eq!(status, 200, "{path}: {page}");
        page
    }
}

/// The value of the first hidden or chosen input of this name in a page.
pub(super) fn value_of(page: &str, name: &str) -> String {
    let mark = format!(r#"name="{name}" value=""#);
    let (_, rest) = page
        .split_once(&mark)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split_once('"').unwrap().0.to_owned()
}
