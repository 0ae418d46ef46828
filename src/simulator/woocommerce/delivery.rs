//! Sends webhooks, one after the other, and their pings.
//!
//! A failed delivery is never sent again. The shop's state is not locked while something is on its way.

use std::sync::Arc;
use std::time::Duration;

use md5::{Digest, Md5};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::server::Shared;
use super::text::php_json;

/// Sends what the shop queues.
pub(super) struct Sender {
    deliveries: reqwest::Client,
    pings: reqwest::Client,
    queued: Arc<Notify>,
}

impl Sender {
    /// A sender that wakes up at each notice of `queued`.
    pub(super) fn new(queued: Arc<Notify>) -> Result<Self, reqwest::Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (USER_AGENT, "WooCommerce/9.9.5 Hookshot (WordPress/6.9)"),
            (ACCEPT, "*/*"),
            (ACCEPT_ENCODING, "deflate, gzip, br, zstd"),
            (CONNECTION, "close"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let client = |timeout, redirects| {
            reqwest::Client::builder()
                .timeout(Duration::from_secs(timeout))
                .default_headers(headers.clone())
                .redirect(redirects)
                .pool_max_idle_per_host(0)
                .build()
        };
        Ok(Self {
            deliveries: client(60, reqwest::redirect::Policy::none())?,
            pings: client(5, reqwest::redirect::Policy::limited(5))?,
            queued,
        })
    }

    /// Delivers until cancelled.
    pub(super) async fn run(&self, shared: &Shared, stopping: &CancellationToken) {
        let deliver_all = async {
            loop {
                let next = shared.shop().deliveries.front().map(|delivery| delivery.due);
                match next {
                    None => self.queued.notified().await,
                    Some(due) => {
                        tokio::time::sleep_until(due).await;
                        self.deliver_next(shared).await;
                    }
                }
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = deliver_all => {}
        }
    }

    /// Sends the ping that a new delivery URL gets. Nothing but 200 will do.
    pub(super) async fn ping(&self, shared: &Shared, webhook: u64) {
        let url = shared
            .shop()
            .webhooks
            .get(&webhook)
            .map(|webhook| webhook.delivery_url.clone());
        let Some(url) = url else {
            return;
        };
        let form = [("webhook_id", webhook)];
        let answer = self.pings.post(url).form(&form).send().await;
        if answer.is_ok_and(|answer| answer.status() == 200)
            && let Some(webhook) = shared.shop().webhooks.get_mut(&webhook)
        {
            webhook.pending = false;
        }
    }

    async fn deliver_next(&self, shared: &Shared) {
        let (id, request) = {
            let mut shop = shared.shop();
            let Some(delivery) = shop.take_due() else {
                return;
            };
            let now = shop.now();
            let Some(webhook) = shop.webhooks.get(&delivery.webhook) else {
                shop.delivering = false;
                return;
            };
            let (resource, event) = webhook.resource_and_event();
            let body = php_json(&shop.payload(resource, event, delivery.record));
            // All deliveries of one webhook in one second share it.
            let delivery_id = hex::encode(Md5::digest(format!("{}{}", delivery.webhook, now.as_seconds())));
            let request = self
                .deliveries
                .post(&webhook.delivery_url)
                .header(CONTENT_TYPE, "application/json")
                .header("X-WC-Webhook-Source", format!("{}/", shop.url))
                .header("X-WC-Webhook-Topic", &webhook.topic)
                .header("X-WC-Webhook-Resource", resource)
                .header("X-WC-Webhook-Event", event)
                .header("X-WC-Webhook-Signature", webhook.sign(body.as_bytes()))
                .header("X-WC-Webhook-ID", delivery.webhook)
                .header("X-WC-Webhook-Delivery-ID", delivery_id)
                .body(body);
            (delivery.webhook, request)
        };
        let success = if shared.faults.loses_webhook() {
            true
        } else {
            let answer = request.send().await;
            answer.is_ok_and(|answer| (200..=302).contains(&answer.status().as_u16()))
        };
        let still_pending = {
            let mut shop = shared.shop();
            shop.delivered(id, success);
            shop.webhooks.get(&id).is_some_and(|webhook| webhook.pending)
        };
        if still_pending {
            self.ping(shared, id).await;
        }
    }
}
