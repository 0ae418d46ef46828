//! The settings: defaults, then a file, then environment variables, checked into types that can't be wrong.
//!
//! Every key is described in `config/defaults.toml`. An unknown key is an error, never ignored. No other part reads
//! the environment or a settings file, and secrets are never printed.

mod connection;
mod kept;
mod layers;
mod problem;
mod raw;
mod scalar;
pub mod settings_file;
pub mod settings_tree;
mod validate;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

pub use connection::{Authentication, Connection, Limits, VtigerConnection, WooCommerceConnection};
pub use kept::{connection, is_connection_name};
pub use problem::{ConfigError, Problem};

/// All settings of one process.
#[derive(Clone, Debug)]
pub struct Config {
    /// What this process does.
    pub roles: Roles,
    /// Where to listen.
    pub http: Http,
    /// Where links and journal are kept.
    pub database: Database,
    /// Where events wait.
    pub queue: QueueBackend,
    /// How events are worked on.
    pub worker: Worker,
    /// When to look for what no event announced.
    pub sweep: Sweep,
    /// What is kept of what was done.
    pub sync_log: SyncLog,
    /// How much is kept of what was said to the systems, while somebody looks for a fault.
    pub debug_log: DebugLog,
    /// What is logged, and how.
    pub log: Log,
    /// What secrets in the database are sealed with, where that is set.
    pub encryption_key: Option<crate::vault::Key>,
    /// How long events in hand may take after SIGTERM.
    pub shutdown_grace: Duration,
    /// The pairs of a shop and a CRM, by name.
    pub connections: BTreeMap<String, Connection>,
    warnings: Vec<String>,
    redacted: String,
}

/// The listener of webhooks and pages.
#[derive(Clone, Debug)]
pub struct Http {
    /// `host:port`, as a socket address or with a host's name.
    pub listen: String,
    /// The address at which the shops reach the listener, where that is set.
    pub public_url: Option<Url>,
    /// What callers of the API show; without it, the API is closed.
    pub api_token: Option<SecretString>,
    /// The largest request body taken, in bytes.
    pub body_limit: usize,
}

/// The database.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, for one process.
    Sqlite(PathBuf),
    /// A PostgreSQL server's address, with its password.
    Postgres(SecretString),
}

/// What carries events.
#[derive(Clone, Debug)]
pub enum QueueBackend {
    /// The database.
    Embedded,
    /// A RabbitMQ server.
    RabbitMq {
        /// Its address, with its password.
        url: SecretString,
        /// What the names of the queues begin with.
        prefix: String,
    },
}

/// How events are worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// How many at the same time; at least 1.
    pub concurrency: usize,
    /// How many times one that failed is tried again.
    pub retry_limit: u32,
    /// How long a record stays reserved for a process that died while it worked on it.
    pub lease: Duration,
}

/// A part of the work, which a process has or leaves to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes webhooks and callbacks.
    Ingress,
    /// Works on events.
    Worker,
    /// Looks for what no event announced.
    Sweeper,
    /// Serves the pages.
    Web,
}

impl Role {
    /// All of them, as a process has them that is alone.
    pub const ALL: [Self; 4] = [Self::Ingress, Self::Worker, Self::Sweeper, Self::Web];

    /// The name used in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Worker => "worker",
            Self::Sweeper => "sweeper",
            Self::Web => "web",
        }
    }
}

/// What a process does: at least one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// Whether this is among them.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether this is the only one.
    pub fn are_only(&self, role: Role) -> bool {
        self.0.len() == 1 && self.has(role)
    }

    /// Whether nothing is left to other processes.
    pub fn are_all(&self) -> bool {
        self.0.len() == Role::ALL.len()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|role| role.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

/// When to look for what no event announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The time between two sweeps; not zero.
    pub interval: Duration,
    /// The time between two sweeps that look at everything; not zero.
    pub full_interval: Duration,
    /// Whether to sweep right after the start.
    pub at_start: bool,
    /// The time between two looks at the webhooks that are registered by themselves; not zero.
    pub webhook_interval: Duration,
    /// Where a sweep finds a larger share of the records in step deleted, their counterparts are not deleted before a
    /// person has looked; in percent.
    pub most_deletions_percent: u8,
}

/// What is kept of what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncLog {
    /// How long; not zero. What is the same on both sides is remembered for good.
    pub retention: Duration,
}

/// How much is kept of what was said to the systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugLog {
    /// How long; not zero.
    pub retention: Duration,
    /// So many bytes in all; the oldest go first.
    pub size_limit: u64,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// Which lines, in the syntax of `tracing_subscriber::EnvFilter`; known to be valid.
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the settings: defaults, then `file`, then the variables in `environment` that start with `WVS_`.
    ///
    /// # Errors
    /// With everything that is wrong, as far as it can be told at once.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut problems = ConfigError::default();
        let layers = layers::Layers::read(file, environment, &mut problems);
        match raw::read(&layers, &mut problems) {
            Some(raw) => validate::config(raw, &layers, problems),
            None => Err(problems),
        }
    }

    /// What works but is probably not meant, for a person to read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The settings in force as TOML, with `***` for each secret.
    pub fn to_toml_redacted(&self) -> &str {
        &self.redacted
    }
}

/// The process's environment, for [`Config::load`]. Nothing else reads it.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    // Not `std::env::vars`, which panics when any variable is not Unicode.
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    })
}
