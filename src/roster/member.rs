//! One connection at work: what it is made of, and what it has done all the time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Connection;
use crate::engine::Engine;
use crate::limit::Limiter;
use crate::sweep::Sweeper;
use crate::sync::Sides;
use crate::system::System;
use crate::webhooks::{Registration, Secrets};

/// How long what is under way may take to end once it was told to. What takes longer is left to end by itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a connection is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the configuration, where alone it can be changed.
    Configuration,
    /// In the database.
    Database {
        /// Another one after each change.
        revision: String,
    },
}

/// One connection at work in this process.
#[derive(Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where it is set up.
    pub origin: Origin,
    /// Whether nothing is to be done for now: its events wait, and nothing is looked for.
    pub is_paused: bool,
    /// Its settings.
    pub connection: Connection,
    /// The two systems.
    pub systems: Sides<Arc<dyn System>>,
    /// Deals with its events.
    pub engine: Engine,
    /// Finds what no event announced.
    pub sweeper: Sweeper,
    /// The webhooks of its shop, where `http.public_url` tells what they are to send to.
    pub registration: Option<Registration>,
    /// What its webhooks may be signed with.
    pub webhook_secrets: Secrets,
    /// What the requests to each system pass.
    pub limiters: Vec<Limiter>,
    /// Tells what it has done all the time to end.
    pub stop: CancellationToken,
    /// What it has done all the time.
    pub tasks: TaskTracker,
}

impl Member {
    /// Has something done, all the time until the member's `stop`.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(&self, task: F) {
        self.tasks.spawn(task);
    }

    /// Ends what it has done all the time. Events at hand are finished by who has them.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                connection = self.name,
                "what a connection had under way takes long to end"
            );
        }
        self.close().await;
    }

    /// Waits until nothing is under way.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Gives back what it holds.
    pub(super) async fn close(&self) {
        for limiter in &self.limiters {
            limiter.close().await;
        }
    }
}
