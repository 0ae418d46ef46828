//! What was done, run by run, and requests to do it now.
//!
//! The pages, the command line and the API share this.

mod export;
mod filter;
mod log;
mod series;
mod view;

use std::sync::Arc;

use crate::clock::Clock;
use crate::roster::Names;
use crate::store::{Place, Run, RunKind, Store, StoreError, SweepRequest, SweepState};
use crate::sync::Module;

pub use filter::{FilterError, LogQuery, MINUTE, status_of};
pub use log::{Line, Lines, Progress};
pub use series::{Point, Series};
pub use view::{Counts, Record, RunView, Standing, State};

/// The runs, and what they did.
#[derive(Clone, Debug)]
pub struct History {
    /// Where they are noted.
    pub store: Arc<dyn Store>,
    /// Tells when something was asked for.
    pub clock: Arc<dyn Clock>,
    /// Who knows the names of the connections.
    pub connections: Arc<dyn Names>,
}

/// Some runs.
#[derive(Debug, serde::Serialize)]
pub struct Runs {
    /// The runs, the newest first.
    pub runs: Vec<RunView>,
    /// The id of the run before which the next ones began, where there are more.
    pub next: Option<String>,
}

/// Some of what a run did.
#[derive(Debug, serde::Serialize)]
pub struct Records {
    /// What was done, in this order.
    pub records: Vec<Record>,
    /// The id after which the next ones come, where there are more.
    pub next: Option<String>,
}

/// Why nothing could be shown or asked for.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is no run with this id.
    #[error("there is no run `{0}`; what is older than sync_log.retention is forgotten")]
    UnknownRun(String),
    /// There is no connection with this name.
    #[error("there is no connection named `{0}`")]
    UnknownConnection(String),
    /// What is to be left out can't be understood.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl History {
    /// Up to `limit` runs, those that began before the run with the id `before`.
    ///
    /// # Errors
    /// When there is no such run, or the store fails.
    pub async fn list(
        &self,
        connection: Option<&str>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Runs, HistoryError> {
        let before = match before {
            Some(id) => Some(self.run(id).await?),
            None => None,
        };
        let mut found = self
            .store
            .runs(connection, before.as_ref(), limit.saturating_add(1))
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = found.len() > shown;
        found.truncate(shown);
        let ids: Vec<&str> = found.iter().map(|run| run.id.as_str()).collect();
        let tallies = self.store.tallies(&ids).await?;
        Ok(Runs {
            next: found.last().filter(|_| is_more).map(|last| last.id.clone()),
            runs: found
                .iter()
                .map(|run| RunView::new(run, &tallies, self.clock.now()))
                .collect(),
        })
    }

    /// One run.
    ///
    /// # Errors
    /// When there is none with this id, or the store fails.
    pub async fn show(&self, id: &str) -> Result<RunView, HistoryError> {
        let run = self.run(id).await?;
        let tallies = self.store.tallies(&[&run.id]).await?;
        Ok(RunView::new(&run, &tallies, self.clock.now()))
    }

    /// Up to `limit` of the things that a run did, after the one with the id `after`.
    ///
    /// # Errors
    /// When there is no run with this id, or the store fails.
    pub async fn records(&self, id: &str, after: &str, limit: u32) -> Result<Records, HistoryError> {
        let run = self.run(id).await?;
        let mut found = self
            .store
            .entries_of_run(&run.id, after, limit.saturating_add(1))
            .await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_more = found.len() > shown;
        found.truncate(shown);
        Ok(Records {
            next: found.last().filter(|_| is_more).map(|last| last.id.clone()),
            records: found.into_iter().map(Record::new).collect(),
        })
    }

    /// How the modules stand by their sweeps.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn standing(&self) -> Result<Vec<Standing>, HistoryError> {
        let states = self.store.sweep_states().await?;
        let is_known = |state: &SweepState| state.swept.is_some();
        let known = states.into_iter().filter(|(_, _, state)| is_known(state));
        Ok(known
            .map(|(at, side, state)| Standing::new(at, side, &state))
            .collect())
    }

    /// Has a connection's modules swept soon, or one of them.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn sweep(
        &self,
        connection: &str,
        module: Option<Module>,
        is_full: bool,
    ) -> Result<(), HistoryError> {
        let connection = &self.connection(connection)?;
        for one in Module::ALL
            .into_iter()
            .filter(|one| module.is_none_or(|module| module == *one))
        {
            let at = Place {
                connection: connection.clone(),
                module: one,
            };
            let request = SweepRequest {
                is_full,
                ..SweepRequest::new(at)
            };
            self.store.request_sweep(&request, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Has a connection's first sync done, unless one is under way; the id of its run.
    ///
    /// # Errors
    /// When there is no such connection, or the store fails.
    pub async fn backfill(&self, connection: &str) -> Result<String, HistoryError> {
        let connection = &self.connection(connection)?;
        let asked = self.store.open_backfill(connection).await?;
        let run = asked.unwrap_or_else(|| Run::new(connection, RunKind::Backfill, self.clock.now()));
        self.store.begin_run(&run).await?;
        Ok(run.id)
    }

    async fn run(&self, id: &str) -> Result<Run, HistoryError> {
        let found = self.store.run(id).await?;
        found.ok_or_else(|| HistoryError::UnknownRun(id.to_owned()))
    }

    /// A connection's name as the configuration has it, where capital letters don't count.
    ///
    /// # Errors
    /// When there is no such connection.
    pub fn connection(&self, name: &str) -> Result<String, HistoryError> {
        let lower = name.to_lowercase();
        let found = self.connections.names().into_iter().find(|known| *known == lower);
        found.ok_or_else(|| HistoryError::UnknownConnection(name.to_owned()))
    }
}
