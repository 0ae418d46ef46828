//! The parts of one process, built from the configuration.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::Clock;
use crate::config::{self, Config, Database as DatabaseConfig, QueueBackend, Role};
use crate::connections::Connections;
use crate::debug_log::{DebugLog, Tap};
use crate::engine::{Backoff, Engines, Held, Keeper, Worker};
use crate::failed::Failed;
use crate::health::Health;
use crate::history::History;
use crate::queue::{EmbeddedQueue, Queue, QueueError, RabbitMqError, RabbitMqQueue, RabbitMqSettings};
use crate::roster::{Names, Origin, Roster, RosterError};
use crate::settings::Desk;
use crate::store::{Database, DatabaseError, Leases, Place, SqlStore, Store, StoreError};
use crate::sync::Module;
use crate::telemetry;
use crate::vault::{KeySource, Vault};

use super::roster::Assembly;
use super::spooled::{CONFIRM, SpooledQueue};

/// The lease of whoever works on the embedded queue of a PostgreSQL database.
const QUEUE: &str = "embedded-queue";

/// Everything that works on events, ready to be run.
#[derive(Debug)]
pub struct Parts {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// The events that wait.
    pub queue: Arc<dyn Queue>,
    /// The connections.
    pub roster: Arc<Roster>,
    /// Seals what is secret of those that are kept in the database.
    pub vault: Arc<Vault>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Prolongs the leases of what is worked on.
    pub keeper: Arc<Keeper>,
    /// Tells the tasks of this process to take nothing more up.
    pub stop: CancellationToken,
    /// What is said to the systems goes in here.
    pub tap: Arc<Tap>,
    /// Whether this process does nothing but take webhooks in and hand them to RabbitMQ.
    pub takes_events_only: bool,
    claim: Claim,
    spooled: Option<Arc<SpooledQueue>>,
    worker: config::Worker,
    database: Database,
    public_url: Option<Url>,
}

/// What allows this process to work on the events of its queue.
#[derive(Debug)]
enum Claim {
    /// The lock of an SQLite database, which the system releases when the process ends, however it does.
    Lock(#[expect(dead_code, reason = "it is held, not read")] File),
    /// The lease of an embedded queue in PostgreSQL.
    Lease(Held),
    /// The queue is RabbitMQ's, which deals with many.
    Shared,
    /// Another process has it.
    Taken,
}

/// Why the parts can't be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Another process works on the SQLite database.
    #[error(
        "another process works on the database {path} already; an SQLite database serves one process. Stop the other \
         one, or give this one a database of its own"
    )]
    Taken {
        /// The database's path.
        path: PathBuf,
    },
    /// Another process works on the embedded queue.
    #[error(
        "another process works on the embedded queue of this database, or did so until a moment ago and ended without \
         notice. Stop it, or set queue.url to a RabbitMQ server, with which many processes can work"
    )]
    TakenQueue,
    /// The lock file can't be made.
    #[error("the lock file {path} can't be made")]
    Lock {
        /// The lock file's path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database can't be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A connection can't be built.
    #[error(transparent)]
    Connection(#[from] RosterError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// RabbitMQ's address can't be used.
    #[error(transparent)]
    RabbitMq(#[from] RabbitMqError),
}

impl Parts {
    /// Builds the parts for a process that works on events, and takes up what an earlier one left. Waits for a
    /// PostgreSQL server that isn't there yet.
    ///
    /// # Errors
    /// When another process works on the database or its queue, or something can't be opened.
    pub async fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, BuildError> {
        let mut wait = Duration::from_millis(250);
        let parts = loop {
            match Self::work(config, Arc::clone(&clock)).await {
                Err(BuildError::Database(error)) if error.is_passing() => {
                    tracing::warn!(error = %telemetry::chain(&error), "the database is not there; trying again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                built => break built?,
            }
        };
        match (&parts.claim, &config.database) {
            (Claim::Taken, DatabaseConfig::Sqlite(path)) => Err(BuildError::Taken { path: path.clone() }),
            (Claim::Taken, DatabaseConfig::Postgres(_)) => Err(BuildError::TakenQueue),
            _ => Ok(parts),
        }
    }

    /// Builds the parts, be it that another process works on the database, too. Such a process may add events to
    /// the queue, and leaves it to the other one to take them.
    ///
    /// # Errors
    /// When something can't be opened.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, BuildError> {
        Self::assemble(config, clock, 0).await
    }

    /// Builds the parts to work on events, unless another process does so that must be alone.
    ///
    /// # Errors
    /// When something can't be opened.
    pub async fn work(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, BuildError> {
        Self::assemble(config, clock, config.worker.concurrency).await
    }

    /// The same, with events at hand for so many to be worked on at a time.
    ///
    /// # Errors
    /// When something can't be opened.
    pub async fn work_in_bulk(
        config: &Config,
        clock: Arc<dyn Clock>,
        hands: usize,
    ) -> Result<Self, BuildError> {
        Self::assemble(config, clock, hands.max(config.worker.concurrency)).await
    }

    /// Builds the parts; RabbitMQ hands so many events at a time to a process that is to work on them.
    async fn assemble(config: &Config, clock: Arc<dyn Clock>, hands: usize) -> Result<Self, BuildError> {
        let database = match &config.database {
            DatabaseConfig::Sqlite(path) => Database::sqlite(path).await?,
            DatabaseConfig::Postgres(url) if takes_events_only(config) => Database::postgres_later(url)?,
            DatabaseConfig::Postgres(url) => Database::postgres(url).await?,
        };
        let store = Arc::new(SqlStore::new(database.clone()));
        let keeper = Keeper::new(config.worker.lease);
        let stop = CancellationToken::new();
        let mut spooled = None;
        let (queue, claim): (Arc<dyn Queue>, Claim) = match &config.queue {
            QueueBackend::RabbitMq { url, prefix } => {
                let settings = RabbitMqSettings {
                    url: url.clone(),
                    prefix: prefix.clone(),
                    prefetch: if config.roles.has(Role::Worker) {
                        u16::try_from(hands).unwrap_or(u16::MAX)
                    } else {
                        0
                    },
                    confirm_timeout: CONFIRM,
                };
                let broker = RabbitMqQueue::connect(&settings, stop.clone())?;
                let (store, clock) = (Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&clock));
                let queue = Arc::new(SpooledQueue::new(broker, store, clock));
                spooled = Some(Arc::clone(&queue));
                (queue, Claim::Shared)
            }
            QueueBackend::Embedded => {
                let queue = EmbeddedQueue::new(database.clone(), Arc::clone(&clock));
                let claim = match &config.database {
                    DatabaseConfig::Sqlite(path) => lock(path)?.map_or(Claim::Taken, Claim::Lock),
                    DatabaseConfig::Postgres(_) => {
                        let held = keeper.claim(&*store, QUEUE, clock.now()).await?;
                        held.map_or(Claim::Taken, Claim::Lease)
                    }
                };
                if !matches!(claim, Claim::Taken) {
                    // Nobody else is at work: what is taken was so by a process that is no more.
                    queue.recover().await?;
                }
                if matches!(claim, Claim::Lock(_)) {
                    store.drop_leases().await?;
                }
                (Arc::new(queue), claim)
            }
        };
        let vault = Arc::new(Vault::new(key_source(config)));
        let (kept_in, limit) = (Arc::clone(&store) as Arc<dyn Store>, config.debug_log.size_limit);
        let tap = Arc::new(Tap::new(kept_in, Arc::clone(&clock), limit));
        let assembly = Assembly {
            tap: Arc::clone(&tap),
            store: Arc::clone(&store) as Arc<dyn Store>,
            queue: Arc::clone(&queue),
            clock: Arc::clone(&clock),
            keeper: Arc::clone(&keeper),
            vault: Arc::clone(&vault),
            stop: stop.clone(),
            roles: config.roles.clone(),
            public_url: config.http.public_url.clone(),
            sweep: config.sweep,
            configured: config.connections.keys().cloned().collect(),
        };
        let roster = roster(config, assembly).await?;
        Ok(Self {
            store,
            queue,
            spooled,
            roster,
            vault,
            clock,
            keeper,
            stop,
            tap,
            takes_events_only: takes_events_only(config),
            claim,
            worker: config.worker,
            database,
            public_url: config.http.public_url.clone(),
        })
    }

    /// Whether this process may work on the events of the queue.
    pub const fn may_work(&self) -> bool {
        !matches!(self.claim, Claim::Taken)
    }

    /// How many events a worker deals with at a time.
    pub const fn concurrency(&self) -> usize {
        self.worker.concurrency
    }

    /// A worker for all connections.
    pub fn worker(&self) -> Worker {
        Worker::new(
            Arc::clone(&self.roster) as Arc<dyn Engines>,
            Arc::clone(&self.queue),
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            self.worker.concurrency,
            Backoff {
                attempts: self.worker.retry_limit,
                ..Backoff::default()
            },
        )
    }

    /// The events that were set aside.
    pub fn failed(&self) -> Failed {
        Failed {
            store: Arc::clone(&self.store),
            queue: Arc::clone(&self.queue),
            clock: Arc::clone(&self.clock),
        }
    }

    /// What was said to the systems, while somebody looks for a fault.
    pub fn debug_log(&self) -> DebugLog {
        DebugLog {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            connections: Arc::clone(&self.roster) as Arc<dyn Names>,
        }
    }

    /// What knows how everything is.
    pub fn health(&self) -> Health {
        let (store, queue) = (Arc::clone(&self.store), Arc::clone(&self.queue));
        let (clock, roster) = (Arc::clone(&self.clock), Arc::clone(&self.roster));
        Health::new(
            store,
            queue,
            clock,
            Arc::clone(&roster) as Arc<dyn Names>,
            Some(roster),
        )
    }

    /// What was done.
    pub fn history(&self) -> History {
        History {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            connections: Arc::clone(&self.roster) as Arc<dyn Names>,
        }
    }

    /// The connections, for people to make and change.
    pub fn connections(&self) -> Connections {
        Connections::new(
            Arc::clone(&self.store),
            Arc::clone(&self.roster),
            Arc::clone(&self.vault),
            Arc::clone(&self.clock),
            self.public_url.clone(),
        )
    }

    /// The modules' settings, to be shown and changed.
    pub fn settings(&self) -> Desk {
        Desk::new(
            Arc::clone(&self.store),
            Arc::clone(&self.clock),
            self.roster.clone(),
        )
    }

    /// The modules of a connection.
    pub fn places(connection: &str) -> Vec<Place> {
        Module::ALL
            .map(|module| Place {
                connection: connection.to_owned(),
                module,
            })
            .to_vec()
    }

    /// Passes events on that the broker did not take, until told to stop; where the queue is a broker's.
    pub fn relay(&self) -> Option<impl Future<Output = ()> + use<>> {
        let queue = Arc::clone(self.spooled.as_ref()?);
        Some(queue.relay(Arc::clone(&self.keeper), self.stop.clone()))
    }

    /// Parts from the broker and closes the database.
    pub async fn close(self) {
        self.roster.close().await;
        self.queue.close().await;
        if let Claim::Lease(held) = self.claim
            && let Err(error) = held.free(&*self.store).await
        {
            tracing::debug!(error = %telemetry::chain(&error), "the queue's lease runs out by itself");
        }
        self.database.close().await;
    }
}

/// Whether this process does nothing but take webhooks in and hand them to RabbitMQ.
fn takes_events_only(config: &Config) -> bool {
    config.roles.are_only(Role::Ingress) && matches!(config.queue, QueueBackend::RabbitMq { .. })
}

/// The connections of the configuration and of the database.
async fn roster(config: &Config, assembly: Assembly) -> Result<Arc<Roster>, BuildError> {
    let takes_events_only = takes_events_only(config);
    let mut configured = Vec::new();
    for (name, connection) in &config.connections {
        let member = assembly.member(name, connection.clone(), Origin::Configuration, false)?;
        // Webhooks are taken while the database is away, too.
        if !takes_events_only {
            assembly.put_settings(&member).await?;
        }
        configured.push(member);
    }
    let roster = Arc::new(Roster::new(Box::new(assembly), configured));
    // Else they are looked for once the database is there.
    if !takes_events_only {
        roster.refresh().await?;
    }
    Ok(roster)
}

/// Where the key is that secrets in the database are sealed with.
fn key_source(config: &Config) -> KeySource {
    match (&config.encryption_key, &config.database) {
        (Some(key), _) => KeySource::Given(key.clone()),
        (None, DatabaseConfig::Sqlite(path)) => KeySource::File(beside(path, ".key")),
        (None, DatabaseConfig::Postgres(_)) => KeySource::Nowhere,
    }
}

/// The path of what belongs to a database file.
fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

/// Takes the lock beside the database, unless another process has it. The system releases it when this one ends,
/// however it ends.
fn lock(database: &Path) -> Result<Option<File>, BuildError> {
    let path = beside(database, ".lock");
    let failed = |source| BuildError::Lock {
        path: path.clone(),
        source,
    };
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}
