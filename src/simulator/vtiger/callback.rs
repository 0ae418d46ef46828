//! Tells a listener of saves and deletions, as the custom functions installed in a CRM do.
//!
//! Each callback is tried once. The real ones run inside the save; these don't hold it up, so that a listener may
//! write to the CRM before it answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Timestamp;

/// A listener that doesn't answer is given up after this.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How many callbacks are under way at once.
const AT_ONCE: usize = 4;

/// Where callbacks go, and the key that signs them.
#[derive(Clone)]
struct Listener {
    url: String,
    secret: String,
}

/// Delivers callbacks.
pub(super) struct Callbacks {
    client: reqwest::Client,
    listener: Mutex<Option<Listener>>,
    delay: Duration,
    pending: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
    tasks: TaskTracker,
    runtime: Handle,
    stopped: CancellationToken,
}

impl Callbacks {
    /// Without a listener; to be called within a runtime.
    pub(super) fn new(delay: Duration, tasks: TaskTracker) -> reqwest::Result<Self> {
        crate::http::install_tls_provider();
        Ok(Self {
            client: crate::http::client(TIMEOUT)?,
            listener: Mutex::new(None),
            delay,
            pending: Arc::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            tasks,
            runtime: Handle::current(),
            stopped: CancellationToken::new(),
        })
    }

    pub(super) fn listen(&self, url: &str, secret: &str) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(Listener {
            url: url.to_owned(),
            secret: secret.to_owned(),
        });
    }

    /// How many haven't been delivered, or given up, yet.
    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    /// Sends one, soon.
    pub(super) fn send(&self, body: &serde_json::Value, at: Timestamp) {
        let listener = self
            .listener
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(listener) = listener else {
            return;
        };
        let body = body.to_string();
        let request = self
            .client
            .post(listener.url)
            .header("Content-Type", "application/json")
            .header("X-Vtiger-Timestamp", at.as_seconds())
            .header(
                "X-Vtiger-Signature",
                format!("sha256={}", signature(&listener.secret, &body)),
            )
            .body(body);

        let pending = Pending::new(&self.pending);
        let permits = Arc::clone(&self.permits);
        let delay = self.delay;
        let delivery = async move {
            let _pending = pending;
            tokio::time::sleep(delay).await;
            let _permit = permits.acquire_owned().await;
            if let Err(error) = request.send().await {
                tracing::debug!("callback not delivered: {error}");
            }
        };
        let stopped = self.stopped.clone();
        let task = async move { stopped.run_until_cancelled_owned(delivery).await };
        self.tasks.spawn_on(task, &self.runtime);
    }

    /// Drops what hasn't been delivered.
    pub(super) fn stop(&self) {
        self.stopped.cancel();
    }
}

fn signature(secret: &str, body: &str) -> String {
    // HMAC takes keys of any length.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mac| hex::encode(mac.chain_update(body).finalize().into_bytes()),
    )
}

/// Counts as long as it is there.
struct Pending(Arc<AtomicUsize>);

impl Pending {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
