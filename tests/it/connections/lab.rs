//! A simulated shop, a simulated CRM, and a service that has no connection of them yet.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::connections::{Connections, Input, ModuleChoice};
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::sync::{Direction, Module};

use crate::scene;

/// The three.
pub(super) struct Lab {
    pub(super) shop: WooCommerceSimulator,
    pub(super) crm: VtigerSimulator,
    pub(super) server: Server,
    pub(super) url: String,
    variables: Vec<(String, String)>,
    folder: TempDir,
}

impl Lab {
    pub(super) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these variables besides.
    pub(super) async fn with(more: &[(&str, &str)]) -> Self {
        http::install_tls_provider();
        let options = WooCommerceOptions {
            delivery_delay: Duration::ZERO,
            ..WooCommerceOptions::default()
        };
        let shop = WooCommerceSimulator::start(options).await.unwrap();
        let crm = VtigerSimulator::start(VtigerOptions::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let url = format!("http://127.0.0.1:{port}");
        let database = format!("sqlite:{}", folder.path().join("sync.sqlite").display());
        let mut variables: Vec<(String, String)> = [
            ("WVS_HTTP__LISTEN", format!("127.0.0.1:{port}")),
            ("WVS_HTTP__PUBLIC_URL", url.clone()),
            ("WVS_HTTP__API_TOKEN", "token".to_owned()),
            ("WVS_DATABASE__URL", database),
            ("WVS_SWEEP__AT_START", "false".to_owned()),
            ("WVS_SWEEP__INTERVAL", "24h".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let more = more.iter();
        let more = more.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        scene::set(&mut variables, more.collect());
        let server = Self::started(&variables).await;
        Self {
            shop,
            crm,
            server,
            url,
            variables,
            folder,
        }
    }

    async fn started(variables: &[(String, String)]) -> Server {
        let config = Config::load(None, variables.iter().cloned()).unwrap();
        Server::start(&config, SystemClock::shared(), Stage::Real)
            .await
            .unwrap()
    }

    /// Stops the service, does something, and starts the service again.
    pub(super) async fn restarted(self, meanwhile: impl FnOnce(&std::path::Path)) -> Self {
        let key = self.key();
        self.server.stop().await;
        meanwhile(&key);
        Self {
            server: Self::started(&self.variables).await,
            shop: self.shop,
            crm: self.crm,
            url: self.url,
            variables: self.variables,
            folder: self.folder,
        }
    }

    /// What another process of this service is given.
    pub(super) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The file with the key.
    pub(super) fn key(&self) -> PathBuf {
        self.folder.path().join("sync.sqlite.key")
    }

    pub(super) fn connections(&self) -> Connections {
        self.server.parts().connections()
    }

    /// What is entered of a connection of these two.
    pub(super) fn input(&self, name: &str) -> Input {
        let (shop, crm) = (WooCommerceOptions::default(), VtigerOptions::default());
        Input {
            name: name.to_owned(),
            shop_url: self.shop.url(),
            shop_key: shop.consumer_key,
            shop_secret: shop.consumer_secret,
            crm_url: self.crm.url(),
            crm_username: crm.username,
            crm_access_key: crm.access_key,
            ..Input::default()
        }
    }

    /// The same, for the API.
    pub(super) fn json(&self, name: &str) -> Json {
        let input = self.input(name);
        json!({
            "name": name, "shop_url": input.shop_url, "shop_key": input.shop_key, "shop_secret": input.shop_secret,
            "crm_url": input.crm_url, "crm_username": input.crm_username, "crm_access_key": input.crm_access_key,
        })
    }

    pub(super) async fn stop(self) {
        self.server.stop().await;
        self.shop.stop().await;
        self.crm.stop().await;
    }
}

/// Contacts both ways, and nothing else.
pub(super) const CONTACTS: [ModuleChoice; 1] = [ModuleChoice {
    module: Module::Contacts,
    enabled: true,
    direction: Direction::Both,
}];
