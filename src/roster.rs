//! The connections at work in this process: those of the configuration, and those that are kept in the database.
//!
//! Whoever needs a connection looks it up here each time. What is added, changed or removed in the database takes effect
//! without a restart: at once in the process that does it, and in others as soon as they look again, which they do every
//! few seconds and whenever they are asked for a connection that they don't know.

mod member;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Connection;
use crate::engine::{Engine, EngineError, Engines};
use crate::store::StoreError;
use crate::sync::Sides;
use crate::system::System;
use crate::telemetry;

pub use member::{Member, Origin};

/// How often is looked for what others changed in the database. Webhooks are given a new secret twice as long after it was
/// kept.
const LOOK: Duration = Duration::from_secs(1);

/// How long the database is left alone by those who ask for connections that there are not. Anybody can.
const GAP: Duration = Duration::from_secs(1);

/// Where connections come from, and what becomes of them. The composition root's.
#[async_trait]
pub trait Source: Send + Sync + fmt::Debug {
    /// The revisions of the connections that are kept in the database, by name.
    async fn revisions(&self) -> Result<BTreeMap<String, String>, StoreError>;

    /// Builds what a connection needs that is kept in the database; `None` where there is none (any more).
    async fn build(&self, name: &str) -> Result<Option<Member>, RosterError>;

    /// Starts what a connection has done all the time.
    fn start(&self, member: &Member);

    /// The two systems of a connection that is not kept (yet), to be tried.
    fn systems(&self, name: &str, connection: &Connection) -> Result<Sides<Arc<dyn System>>, RosterError>;
}

/// Why a connection can't be brought to work.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is kept of it can't be read.
    #[error(transparent)]
    Unreadable(#[from] crate::connections::UnreadableError),
    /// A client can't be built.
    #[error("the HTTP client of connection {connection} can't be set up")]
    Client {
        /// The connection.
        connection: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The connections at work in this process.
#[derive(Debug)]
pub struct Roster {
    source: Box<dyn Source>,
    members: RwLock<BTreeMap<String, Arc<Member>>>,
    /// Why those that are kept in the database and not at work are not.
    idle: RwLock<BTreeMap<String, String>>,
    /// One looks at a time. When somebody did last, and found the database there.
    looked: Mutex<Option<Instant>>,
    is_begun: AtomicBool,
}

/// Who knows the names of the connections.
pub trait Names: Send + Sync + fmt::Debug {
    /// The names, in their order.
    fn names(&self) -> Vec<String>;
}

impl Names for Vec<String> {
    fn names(&self) -> Vec<String> {
        self.clone()
    }
}

impl Names for Roster {
    fn names(&self) -> Vec<String> {
        self.members().keys().cloned().collect()
    }
}

impl Roster {
    /// A roster of the configuration's connections; those in the database are yet to be looked for.
    pub fn new(source: Box<dyn Source>, configured: Vec<Member>) -> Self {
        let members = configured
            .into_iter()
            .map(|member| (member.name.clone(), Arc::new(member)));
        Self {
            source,
            members: RwLock::new(members.collect()),
            idle: RwLock::default(),
            looked: Mutex::default(),
            is_begun: AtomicBool::new(false),
        }
    }

    /// A connection, where it is at work here.
    pub fn get(&self, name: &str) -> Option<Arc<Member>> {
        self.members().get(name).map(Arc::clone)
    }

    /// All connections at work here, by name.
    pub fn all(&self) -> Vec<Arc<Member>> {
        self.members().values().map(Arc::clone).collect()
    }

    /// The connections that are kept in the database and not at work, and why.
    pub fn idle(&self) -> BTreeMap<String, String> {
        self.idle.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection, looked for in the database where it is not known, unless that was done just now.
    ///
    /// # Errors
    /// When it is not known, and the database can't be asked.
    pub async fn find(&self, name: &str) -> Result<Option<Arc<Member>>, StoreError> {
        if let Some(member) = self.get(name) {
            return Ok(Some(member));
        }
        let mut looked = self.looked.lock().await;
        if looked.is_none_or(|at| at.elapsed() >= GAP) {
            self.look(&mut looked).await?;
        }
        Ok(self.get(name))
    }

    /// Brings to work what is in the database now.
    ///
    /// # Errors
    /// When the database can't be asked. What can't be brought to work is told by [`Roster::idle`].
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut looked = self.looked.lock().await;
        self.look(&mut looked).await
    }

    /// Starts what the connections have done all the time, also of those that come later.
    pub async fn begin(&self) {
        // What is brought to work meanwhile must not be started twice.
        let _looked = self.looked.lock().await;
        self.is_begun.store(true, Ordering::Relaxed);
        for member in self.all() {
            self.source.start(&member);
        }
    }

    /// Looks for what others changed, until `stop`.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let mut is_away = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            match self.refresh().await {
                Ok(()) => is_away = false,
                Err(error) if !is_away => {
                    is_away = true;
                    tracing::warn!(error = %telemetry::chain(&error), "whether connections changed can't be told for now");
                }
                Err(_) => {}
            }
        }
    }

    /// Waits until nothing of any connection is under way; for after they were told to stop.
    pub async fn ended(&self) {
        for member in self.all() {
            member.ended().await;
        }
    }

    /// Gives back what the connections hold.
    pub async fn close(&self) {
        for member in self.all() {
            member.close().await;
        }
    }

    /// The two systems of a connection that is not kept (yet), to be tried.
    ///
    /// # Errors
    /// When a client can't be built.
    pub fn systems(
        &self,
        name: &str,
        connection: &Connection,
    ) -> Result<Sides<Arc<dyn System>>, RosterError> {
        self.source.systems(name, connection)
    }

    /// Holds what is at work against what is in the database.
    async fn look(&self, looked: &mut Option<Instant>) -> Result<(), StoreError> {
        let revisions = self.source.revisions().await?;
        *looked = Some(Instant::now());
        for member in self.all() {
            let Origin::Database { .. } = &member.origin else {
                continue;
            };
            if !revisions.contains_key(&member.name) {
                self.members_mut().remove(&member.name);
                member.stop().await;
                tracing::info!(connection = member.name, "a connection was removed");
            }
        }
        let mut idle = BTreeMap::new();
        for (name, revision) in revisions {
            let known = self.get(&name);
            let is_changed = match known.as_deref().map(|member| &member.origin) {
                // The configuration's is the one.
                Some(Origin::Configuration) => false,
                Some(Origin::Database { revision: known }) => *known != revision,
                None => true,
            };
            if !is_changed {
                continue;
            }
            match self.source.build(&name).await {
                Ok(Some(member)) => self.put(member, known).await,
                Ok(None) => {}
                Err(RosterError::Store(error)) => return Err(error),
                Err(error) => drop(idle.insert(name, telemetry::chain(&error))),
            }
        }
        self.tell_idle(idle);
        Ok(())
    }

    /// Puts a connection to work, in the place of what it was before.
    async fn put(&self, member: Member, before: Option<Arc<Member>>) {
        let what = if before.is_some() { "changed" } else { "added" };
        if let Some(before) = before {
            before.stop().await;
        }
        let member = Arc::new(member);
        self.members_mut()
            .insert(member.name.clone(), Arc::clone(&member));
        if self.is_begun.load(Ordering::Relaxed) {
            self.source.start(&member);
            tracing::info!(connection = member.name, "a connection was {what}");
        }
    }

    /// Notes which are not at work, and logs of each once why.
    fn tell_idle(&self, idle: BTreeMap<String, String>) {
        let mut known = self.idle.write().unwrap_or_else(PoisonError::into_inner);
        let told: BTreeSet<_> = known.iter().collect();
        for one @ (name, error) in &idle {
            if !told.contains(&one) {
                tracing::error!(
                    connection = *name,
                    error = *error,
                    "a connection can't be brought to work"
                );
            }
        }
        *known = idle;
    }

    fn members(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<Member>>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn members_mut(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<String, Arc<Member>>> {
        self.members.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Engines for Roster {
    async fn engine(&self, connection: &str) -> Result<Engine, EngineError> {
        if self.get(connection).is_none() {
            // Another process may have just added it: however often such events come, each is a reason to look.
            self.refresh().await?;
        }
        match self.get(connection) {
            Some(member) if member.is_paused => Err(EngineError::ConnectionPaused),
            Some(member) => Ok(member.engine.clone()),
            None if self.idle().contains_key(connection) => Err(EngineError::ConnectionPaused),
            None => Err(EngineError::UnknownConnection),
        }
    }

    fn any(&self) -> Option<Engine> {
        let members = self.members();
        members.values().next().map(|member| member.engine.clone())
    }
}
