//! Counts the calls to a system, so that neither client has to know of metrics.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use crate::clock::Timestamp;
use crate::sync::{FieldPath, Module, Patch, Record, RecordId, Side, Value};
use crate::system::{
    Census, Fault, FieldInfo, Finding, Glance, Page, Pulse, Reach, System, SystemError, Uses,
};
use crate::telemetry;
use crate::woocommerce::webhooks::{Webhook, WebhookPatch, Webhooks};

/// A system whose calls are counted.
#[derive(Debug)]
pub(super) struct Metered(pub(super) Arc<dyn System>);

/// A shop's webhooks, with calls that are counted.
#[derive(Debug)]
pub(super) struct MeteredWebhooks<T>(pub(super) Arc<T>);

impl Metered {
    fn counted<T>(&self, operation: &'static str, outcome: Result<T, SystemError>) -> Result<T, SystemError> {
        counted(self.0.side(), operation, outcome)
    }
}

fn counted<T>(
    side: Side,
    operation: &'static str,
    outcome: Result<T, SystemError>,
) -> Result<T, SystemError> {
    let result = match &outcome {
        Ok(_) => "good",
        Err(error) if matches!(error.fault, Fault::Paused { .. }) => "paused",
        Err(_) => "failed",
    };
    telemetry::api_called(side, operation, result);
    outcome
}

#[async_trait]
impl<T: Webhooks> Webhooks for MeteredWebhooks<T> {
    async fn webhooks(&self) -> Result<Vec<Webhook>, SystemError> {
        counted(Side::WooCommerce, "webhooks", self.0.webhooks().await)
    }

    async fn create_webhook(&self, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError> {
        counted(
            Side::WooCommerce,
            "create_webhook",
            self.0.create_webhook(patch).await,
        )
    }

    async fn update_webhook(&self, id: u64, patch: &WebhookPatch<'_>) -> Result<Webhook, SystemError> {
        counted(
            Side::WooCommerce,
            "update_webhook",
            self.0.update_webhook(id, patch).await,
        )
    }

    async fn delete_webhook(&self, id: u64) -> Result<(), SystemError> {
        counted(
            Side::WooCommerce,
            "delete_webhook",
            self.0.delete_webhook(id).await,
        )
    }
}

#[async_trait]
impl System for Metered {
    fn side(&self) -> Side {
        self.0.side()
    }

    async fn sign_in(&self) -> Result<(), SystemError> {
        self.counted("sign_in", self.0.sign_in().await)
    }

    async fn full_id(&self, module: Module, id: &RecordId) -> Result<RecordId, SystemError> {
        self.0.full_id(module, id).await
    }

    async fn fetch(&self, module: Module, id: &RecordId) -> Result<Option<Record>, SystemError> {
        self.counted("fetch", self.0.fetch(module, id).await)
    }

    async fn find(
        &self,
        module: Module,
        key: &str,
        since: Option<Timestamp>,
    ) -> Result<Vec<Record>, SystemError> {
        self.counted("find", self.0.find(module, key, since).await)
    }

    async fn find_created(
        &self,
        module: Module,
        name: &str,
        since: Timestamp,
    ) -> Result<Vec<Record>, SystemError> {
        self.counted("find", self.0.find_created(module, name, since).await)
    }

    async fn create(&self, module: Module, patch: &Patch) -> Result<Record, SystemError> {
        self.counted("create", self.0.create(module, patch).await)
    }

    async fn update(&self, module: Module, id: &RecordId, patch: &Patch) -> Result<Record, SystemError> {
        self.counted("update", self.0.update(module, id, patch).await)
    }

    async fn delete(&self, module: Module, id: &RecordId) -> Result<(), SystemError> {
        self.counted("delete", self.0.delete(module, id).await)
    }

    async fn restore(
        &self,
        module: Module,
        id: &RecordId,
        patch: &Patch,
    ) -> Result<Option<Record>, SystemError> {
        self.counted("restore", self.0.restore(module, id, patch).await)
    }

    async fn look(&self, module: Module, ids: &[RecordId]) -> Result<Page, SystemError> {
        self.counted("look", self.0.look(module, ids).await)
    }

    async fn fields(&self, module: Module) -> Result<Vec<FieldInfo>, SystemError> {
        self.counted("fields", self.0.fields(module).await)
    }

    async fn page(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        self.counted("page", self.0.page(module, cursor).await)
    }

    async fn changes(
        &self,
        module: Module,
        since: Timestamp,
        cursor: Option<&str>,
    ) -> Result<Page, SystemError> {
        self.counted("changes", self.0.changes(module, since, cursor).await)
    }

    async fn reach(&self, module: Module) -> Result<Reach, SystemError> {
        self.0.reach(module).await
    }

    async fn census(&self, module: Module, last: Census) -> Result<Census, SystemError> {
        self.counted("census", self.0.census(module, last).await)
    }

    async fn ids(&self, module: Module, cursor: Option<&str>) -> Result<Page, SystemError> {
        self.counted("ids", self.0.ids(module, cursor).await)
    }

    async fn read(
        &self,
        module: Module,
        body: &Json,
        needed: &[FieldPath],
    ) -> Result<Option<Record>, SystemError> {
        self.0.read(module, body, needed).await
    }

    fn is_writable(&self, module: Module, path: &FieldPath, record: Option<&Record>) -> bool {
        self.0.is_writable(module, path, record)
    }

    fn stored(&self, module: Module, path: &FieldPath, value: &Value) -> Value {
        self.0.stored(module, path, value)
    }

    fn glance(&self, body: &Json) -> Glance {
        self.0.glance(body)
    }

    fn created(&self, record: &Record) -> Option<Timestamp> {
        self.0.created(record)
    }

    fn modified(&self, record: &Record) -> Option<Timestamp> {
        self.0.modified(record)
    }

    fn tells_time(&self) -> bool {
        self.0.tells_time()
    }

    async fn pulse(&self, since: Timestamp, until: Timestamp) -> Result<Pulse, SystemError> {
        self.counted("pulse", self.0.pulse(since, until).await)
    }

    async fn check_for(&self, uses: &Uses) -> Vec<Finding> {
        self.0.check_for(uses).await
    }

    async fn check(&self) -> Vec<Finding> {
        self.0.check().await
    }
}
