//! The schema: brought up to date once however many processes start at once, and never taken back.

use secrecy::SecretString;
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio_util::task::TaskTracker;
use woo_vtiger_sync::store::{Database, DatabaseError};

use crate::servers;

const NEWER: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                     select 9999, description, success, checksum, execution_time from _sqlx_migrations limit 1";

#[tokio::test]
async fn processes_that_start_at_once_bring_the_schema_up_to_date_once() {
    let server = servers::database().await;
    let opened = (0..6).map(|_| {
        let url = SecretString::from(server.url());
        TaskTracker::new().spawn(async move { Database::postgres(&url).await })
    });

    for database in futures_util::future::join_all(opened).await {
        database.unwrap().unwrap().close().await;
    }
}

#[tokio::test]
async fn a_newer_programs_postgresql_database_is_refused() {
    let server = servers::database().await;
    let url = SecretString::from(server.url());
    Database::postgres(&url).await.unwrap().close().await;
    let mut connection = PgConnection::connect(&server.url()).await.unwrap();
    sqlx::query(NEWER).execute(&mut connection).await.unwrap();

    let refused = Database::postgres(&url).await.unwrap_err();

    assert!(
        matches!(refused, DatabaseError::Newer { version: 9999 }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("newer version"), "{refused}");
    assert!(!refused.is_passing());
}

#[tokio::test]
async fn a_newer_programs_sqlite_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sync.sqlite");
    Database::sqlite(&path).await.unwrap().close().await;
    let url = format!("sqlite://{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(NEWER).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let refused = Database::sqlite(&path).await.unwrap_err();

    assert!(
        matches!(refused, DatabaseError::Newer { version: 9999 }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_as_passing() {
    let url = SecretString::from("postgres://sync:hidden-word@127.0.0.1:1/sync");

    let error = Database::postgres(&url).await.unwrap_err();

    assert!(error.is_passing(), "{error:?}");
    let told = woo_vtiger_sync::telemetry::chain(&error);
    assert!(!told.contains("hidden-word"), "{told}");
}
