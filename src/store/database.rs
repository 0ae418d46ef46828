//! The connection to the database: SQLite, or PostgreSQL.
//!
//! The same statements and migrations run on both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyPool, Transaction};

/// How many connections a process keeps to PostgreSQL at most.
const CONNECTIONS: u32 = 12;

/// In how many rows those count that write to PostgreSQL at once.
const SHARDS: u32 = 8;

/// An open database whose schema is up to date.
///
/// SQLite is in WAL mode and takes one writer at a time: writers queue for the one connection of their pool, rather
/// than fail with "database is locked"; readers go on meanwhile. PostgreSQL has one pool for both.
#[derive(Clone, Debug)]
pub struct Database {
    read: AnyPool,
    write: AnyPool,
    begin: &'static str,
    shards: u32,
}

/// Why the database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The folder for it can't be made.
    #[error("the folder of the database {path} can't be made")]
    Folder {
        /// The database's path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It can't be opened.
    #[error("the database {path} can't be opened")]
    Open {
        /// The database's path.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The server doesn't let us in, or isn't there.
    #[error("database.url: PostgreSQL can't be reached, or refuses the user or the database")]
    Connect(#[source] sqlx::Error),
    /// A newer version of this program was at work on it.
    #[error(
        "the database is of a newer version of this program (its schema has change {version}, which this one doesn't \
         know); start that version, or a newer one"
    )]
    Newer {
        /// The number of the change.
        version: i64,
    },
    /// Its schema can't be brought up to date.
    #[error("the schema of the database can't be brought up to date")]
    Migrate(#[source] MigrateError),
}

impl DatabaseError {
    /// Whether trying again may help, as the server is not there for the moment.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Connect(error) => is_outage(error),
            Self::Migrate(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                is_outage(error)
            }
            _ => false,
        }
    }
}

const fn is_outage(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Protocol(_)
    )
}

/// What must be escaped in the path of a URL.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'?').add(b'#').add(b'%');

impl Database {
    /// Opens an SQLite database, makes it if it isn't there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file can't be made or opened, or is of a newer version of this program.
    pub async fn sqlite(path: &Path) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| DatabaseError::Folder {
                path: path.clone(),
                source,
            })?;
        }
        let url = format!(
            "sqlite://{}?mode=rwc",
            utf8_percent_encode(&path.to_string_lossy(), PATH)
        );
        let open = |connections: u32| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(30))
                .after_connect(|connection, _| Box::pin(async move { prepare(connection).await }))
        };
        let failed = |source| DatabaseError::Open {
            path: path.clone(),
            source,
        };
        let write = open(1).connect(&url).await.map_err(failed)?;
        migrate(&write).await?;
        let read = open(4).connect(&url).await.map_err(failed)?;
        Ok(Self {
            read,
            write,
            begin: "begin immediate",
            shards: 1,
        })
    }

    /// Opens a database of a PostgreSQL server and brings its schema up to date; of several processes one does.
    ///
    /// # Errors
    /// When the server can't be reached or refuses, or the database is of a newer version of this program.
    pub async fn postgres(url: &SecretString) -> Result<Self, DatabaseError> {
        let pool = pool().connect(url.expose_secret()).await;
        let pool = pool.map_err(DatabaseError::Connect)?;
        migrate(&pool).await?;
        Ok(Self::of(pool))
    }

    /// A database of a PostgreSQL server that need not be there yet, and whose schema others bring up to date.
    ///
    /// # Errors
    /// When the address can't be used.
    pub fn postgres_later(url: &SecretString) -> Result<Self, DatabaseError> {
        let pool = pool().connect_lazy(url.expose_secret());
        Ok(Self::of(pool.map_err(DatabaseError::Connect)?))
    }

    fn of(pool: AnyPool) -> Self {
        Self {
            read: pool.clone(),
            write: pool,
            begin: "begin",
            shards: SHARDS,
        }
    }

    /// For statements that only read.
    pub(crate) const fn read(&self) -> &AnyPool {
        &self.read
    }

    /// For single statements that write.
    pub(crate) const fn write(&self) -> &AnyPool {
        &self.write
    }

    /// In how many rows what is written at once is to be counted: SQLite has one writer at a time.
    pub(super) const fn shards(&self) -> u32 {
        self.shards
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.write.begin_with(self.begin).await
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// How connections to PostgreSQL are kept.
fn pool() -> AnyPoolOptions {
    sqlx::any::install_default_drivers();
    AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        // An event waits rather than fail while connections are busy, but not long while the server is gone.
        .acquire_timeout(Duration::from_secs(5))
        // Asking before each statement whether the connection still stands would double what each costs.
        .test_before_acquire(false)
}

/// So many placeholders of a statement, of which the first has this number: `$3, $4`.
pub(super) fn placeholders(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count)
        .map(|number| format!("${number}"))
        .collect();
    names.join(", ")
}

/// Brings the schema up to date. PostgreSQL's migrations run under a lock, and SQLite's process is alone.
async fn migrate(pool: &AnyPool) -> Result<(), DatabaseError> {
    sqlx::migrate!().run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => DatabaseError::Newer { version },
        error => DatabaseError::Migrate(error),
    })
}

async fn prepare(connection: &mut sqlx::AnyConnection) -> Result<(), sqlx::Error> {
    // Full synchronisation: an answer of 200 promises that the event survives a power cut, too.
    for pragma in [
        "pragma busy_timeout = 10000",
        "pragma journal_mode = wal",
        "pragma synchronous = full",
        "pragma foreign_keys = on",
    ] {
        sqlx::query(pragma).execute(&mut *connection).await?;
    }
    Ok(())
}
