//! The connection to the database: SQLite in WAL mode, one writer and several readers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyPool, Transaction};

/// An open database whose schema is up to date.
///
/// SQLite takes one writer at a time. Writers queue for the one connection of their pool, rather than fail with
/// "database is locked"; readers go on meanwhile (WAL).
#[derive(Clone, Debug)]
pub struct Database {
    read: AnyPool,
    write: AnyPool,
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
    /// Its schema can't be brought up to date.
    #[error("the schema of the database can't be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// What must be escaped in the path of a URL.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'?').add(b'#').add(b'%');

impl Database {
    /// Opens an SQLite database, makes it if it isn't there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file can't be made or opened, or is of a newer version of this program.
    pub async fn open(path: &Path) -> Result<Self, DatabaseError> {
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
        sqlx::migrate!().run(&write).await?;
        let read = open(4).connect(&url).await.map_err(failed)?;
        Ok(Self { read, write })
    }

    /// For statements that only read.
    pub(crate) const fn read(&self) -> &AnyPool {
        &self.read
    }

    /// For single statements that write.
    pub(crate) const fn write(&self) -> &AnyPool {
        &self.write
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.write.begin_with("begin immediate").await
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
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
