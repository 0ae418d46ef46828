//! What the webhooks of a connection may be signed with.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::store::{StoreError, WebhookNotes};

/// How long the database is left alone after it was asked. Anybody can send what does not verify.
const GAP: Duration = Duration::from_secs(1);

/// How long it may take to answer. A shop waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// The secrets of one connection: those that are configured, and those that were made up, which may change at any time.
/// They are kept in memory, as webhooks are taken while the database is away, too.
#[derive(Debug)]
pub struct Secrets {
    connection: String,
    configured: Vec<SecretString>,
    store: Arc<dyn WebhookNotes>,
    known: RwLock<Vec<SecretString>>,
    /// When the database was last asked, and whether it answered.
    asked: Mutex<Option<(Instant, bool)>>,
}

impl Secrets {
    /// The configured secrets of a connection; those in the database are yet to be read.
    pub fn new(connection: &str, configured: Vec<SecretString>, store: Arc<dyn WebhookNotes>) -> Self {
        Self {
            connection: connection.to_owned(),
            known: RwLock::new(configured.clone()),
            configured,
            store,
            asked: Mutex::default(),
        }
    }

    /// Whether one of the secrets passes this test. Where none does, the database is asked whether there are new ones, unless
    /// it was just now.
    ///
    /// # Errors
    /// When it can't be told, as no secret is known and the database is away.
    pub async fn any(&self, test: impl Fn(&[SecretString]) -> bool) -> Result<bool, Unknown> {
        if self.test(&test) {
            return Ok(true);
        }
        let is_read = self.read().await;
        if self.test(&test) {
            return Ok(true);
        }
        if is_read || !self.known().is_empty() {
            return Ok(false);
        }
        Err(Unknown)
    }

    /// Reads the secrets in the database, unless that was tried just now. Says whether they are as they were there then.
    pub async fn read(&self) -> bool {
        let mut asked = self.asked.lock().await;
        if let Some((at, answered)) = *asked
            && at.elapsed() < GAP
        {
            return answered;
        }
        let answer = tokio::time::timeout(PATIENCE, self.stored()).await;
        let answered = match answer {
            Ok(Ok(stored)) => {
                let all = self.configured.iter().cloned().chain(stored).collect();
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = all;
                true
            }
            Ok(Err(_)) | Err(_) => false,
        };
        *asked = Some((Instant::now(), answered));
        answered
    }

    async fn stored(&self) -> Result<Vec<SecretString>, StoreError> {
        let stored = self.store.webhook_secret(&self.connection).await?;
        Ok(stored
            .into_iter()
            .flat_map(|secret| [secret.present].into_iter().chain(secret.previous))
            .collect())
    }

    fn test(&self, test: impl Fn(&[SecretString]) -> bool) -> bool {
        test(&self.known())
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Vec<SecretString>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No secret is known, and the database can't be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no secret is known, and the database is away")]
pub struct Unknown;
