//! The webhooks that the program registers by itself, kept active, and given other secrets.

mod commands;
mod keeping;
pub(crate) mod street;

use std::time::Duration;

use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::http;
use woo_vtiger_sync::simulator::vtiger::{VtigerOptions, VtigerSimulator};
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::woocommerce::webhook::TOPICS;
use woo_vtiger_sync::woocommerce::webhooks::{Webhook, Webhooks};
use woo_vtiger_sync::woocommerce::{WooCommerce, WooCommerceSettings};

use crate::scene::{set, variables, wait_until};
use crate::stack::Stack;
use street::Street;

/// Where a webhook of somebody else sends to.
const ELSEWHERE: &str = "http://127.0.0.1:9/books";

/// A shop without webhooks of ours, a CRM, and the way by which the shop reaches the service.
pub(crate) struct Place {
    pub(crate) shop: WooCommerceSimulator,
    crm: VtigerSimulator,
    pub(crate) street: Street,
    pub(crate) stack: Stack,
    /// A client of the shop, beside the service's own.
    client: WooCommerce,
}

impl Place {
    pub(crate) async fn new() -> Self {
        http::install_tls_provider();
        let options = WooCommerceOptions {
            delivery_delay: Duration::ZERO,
            ..WooCommerceOptions::default()
        };
        let settings = WooCommerceSettings {
            url: "http://shop.invalid".parse().unwrap(),
            consumer_key: options.consumer_key.clone().into(),
            consumer_secret: options.consumer_secret.clone().into(),
            authentication: None,
            timeout: Duration::from_secs(30),
        };
        let shop = WooCommerceSimulator::start(options).await.unwrap();
        let settings = WooCommerceSettings {
            url: shop.url().parse().unwrap(),
            ..settings
        };
        Self {
            client: WooCommerce::new(settings, SystemClock::shared()).unwrap(),
            shop,
            crm: VtigerSimulator::start(VtigerOptions::default()).await.unwrap(),
            street: Street::new().await,
            stack: Stack::empty().await,
        }
    }

    /// The environment of a service whose secret is made up.
    fn environment(&self) -> Vec<(String, String)> {
        let mut all = variables(&self.shop.url(), &self.crm.url(), std::path::Path::new(""));
        all.retain(|(name, _)| name != "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__WEBHOOK_SECRET");
        set(&mut all, self.stack.variables());
        let more = [
            ("WVS_HTTP__PUBLIC_URL", self.street.url()),
            (
                "WVS_CONNECTIONS__SHOP__WOOCOMMERCE__REGISTER_WEBHOOKS",
                "true".to_owned(),
            ),
        ];
        all.extend(more.map(|(name, value)| (name.to_owned(), value)));
        all
    }

    /// The same with this variable.
    fn environment_with(&self, name: &str, value: &str) -> Vec<(String, String)> {
        let mut all = self.environment();
        set(&mut all, vec![(name.to_owned(), value.to_owned())]);
        all
    }

    /// Starts the service, which looks at the webhooks so often, and opens the way to it.
    pub(crate) async fn serve(&self, interval: &str) -> Server {
        let environment = self.environment_with("WVS_SWEEP__WEBHOOK_INTERVAL", interval);
        let config = Config::load(None, environment.into_iter()).unwrap();
        let server = Server::start(&config, SystemClock::shared(), Stage::Simulated)
            .await
            .unwrap();
        self.street.lead_to(server.address());
        server
    }

    fn address(&self) -> String {
        format!("{}/webhooks/woocommerce/shop", self.street.url())
    }

    /// The shop's webhooks.
    async fn webhooks(&self) -> Vec<Webhook> {
        self.client.webhooks().await.unwrap()
    }

    /// Waits until the shop has the needed webhooks, all active.
    pub(crate) async fn registered(&self) {
        wait_until("all webhooks are there and active", async || {
            let webhooks = self.webhooks().await;
            TOPICS.iter().all(|topic| {
                let is_it = |one: &&Webhook| one.topic == *topic && one.delivery_url == self.address();
                webhooks.iter().find(is_it).is_some_and(Webhook::is_active)
            })
        })
        .await;
    }

    pub(crate) fn phone_in_crm(&self, email: &str) -> Option<String> {
        let mut contacts = self.crm.records("Contacts").into_iter();
        let contact = contacts.find(|contact| contact["email"] == email)?;
        contact["phone"].as_str().map(str::to_owned)
    }

    pub(crate) async fn stop(self) {
        self.shop.stop().await;
        self.crm.stop().await;
    }
}

/// What the program registers, and nothing that never fires.
#[test]
fn each_topic_that_fires_is_registered() {
    assert_eq!(TOPICS.len(), 11);
    assert!(!TOPICS.contains(&"customer.restored"));
}
