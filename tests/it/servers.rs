//! Real PostgreSQL and RabbitMQ servers, as Debian installs them: the tests start them, and never use a system's own.
//!
//! Those that tests share are started by whichever comes first, in whatever process, and end some seconds after nobody
//! uses them any more. A test that takes a server down has one to itself. A server that isn't installed fails the test.
//!
//! Nothing here needs the other tests: benchmarks use this file too.

// Where this file is taken in by its path, the compiler looks beside it for its modules.
#[cfg(test)]
#[allow(dead_code, unused_imports, reason = "a benchmark is built without its tests")]
#[path = "servers/harness.rs"]
mod harness;
#[path = "servers/postgresql.rs"]
mod postgresql;
#[path = "servers/process.rs"]
mod process;
#[path = "servers/rabbitmq.rs"]
mod rabbitmq;
#[path = "servers/server.rs"]
mod server;
#[path = "servers/shared.rs"]
mod shared;

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use server::{Kind, Server};
use shared::Share;

/// A database of a server that tests share. It is dropped with the value.
pub(crate) struct TestDatabase {
    name: String,
    share: Share,
}

/// A fresh and empty database.
pub(crate) async fn database() -> TestDatabase {
    let share = blocking(|| shared::join(Kind::PostgreSql)).await;
    let name = format!("wvs_test_{}", Uuid::now_v7().simple());
    let create = format!("create database {name}");
    run(&postgresql::url(share.port, "postgres"), create)
        .await
        .expect("a new database");
    TestDatabase { name, share }
}

impl TestDatabase {
    pub(crate) fn url(&self) -> String {
        postgresql::url(self.share.port, &self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let url = postgresql::url(self.share.port, "postgres");
        let statement = format!("drop database {} with (force)", self.name);
        // The test's runtime waits for this, so it can't do it. A database that stays goes with its server.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.is_ok_and(|runtime| runtime.block_on(run(&url, statement)).is_ok())
        });
        drop(dropping.join());
    }
}

async fn run(url: &str, statement: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}

/// A broker that tests share.
pub(crate) struct TestBroker {
    prefix: String,
    share: Share,
}

/// The broker, and a prefix that no other test has.
pub(crate) async fn broker() -> TestBroker {
    let share = blocking(|| shared::join(Kind::RabbitMq)).await;
    let prefix = format!("wvs_test_{}.", Uuid::now_v7().simple());
    TestBroker { prefix, share }
}

impl TestBroker {
    pub(crate) fn url(&self) -> String {
        rabbitmq::url(self.share.port)
    }

    /// What the names of the test's queues and exchanges are to begin with. They stay until the broker ends.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// A database server that one test has to itself. It syncs what it writes. It ends with the value.
pub(crate) struct OwnDatabase {
    server: Arc<Server>,
}

/// A database server of the test's own, with an empty database.
pub(crate) async fn own_database() -> OwnDatabase {
    let server = blocking(|| Server::start_own(Kind::PostgreSql)).await;
    OwnDatabase {
        server: Arc::new(server),
    }
}

impl OwnDatabase {
    pub(crate) fn url(&self) -> String {
        postgresql::url(self.server.port(), "postgres")
    }

    /// Ends it as an administrator does; its connections are cut.
    pub(crate) async fn stop(&self) {
        on(&self.server, Server::stop).await;
    }

    /// Ends all its processes at once by SIGKILL.
    pub(crate) async fn kill(&self) {
        on(&self.server, Server::kill).await;
    }

    /// Starts it again on the same port with the same data, and returns when it answers.
    pub(crate) async fn start(&self) {
        on(&self.server, Server::start).await;
    }
}

/// A broker that one test has to itself. It ends with the value.
pub(crate) struct OwnBroker {
    server: Arc<Server>,
}

/// A broker of the test's own.
pub(crate) async fn own_broker() -> OwnBroker {
    let server = blocking(|| Server::start_own(Kind::RabbitMq)).await;
    OwnBroker {
        server: Arc::new(server),
    }
}

impl OwnBroker {
    pub(crate) fn url(&self) -> String {
        rabbitmq::url(self.server.port())
    }

    /// Ends it as an administrator does; its connections are closed.
    pub(crate) async fn stop(&self) {
        on(&self.server, Server::stop).await;
    }

    /// Ends all its processes at once by SIGKILL.
    pub(crate) async fn kill(&self) {
        on(&self.server, Server::kill).await;
    }

    /// Starts it again on the same port with the same data, and returns when it answers.
    pub(crate) async fn start(&self) {
        on(&self.server, Server::start).await;
    }
}

/// Does it to the server while the test's other tasks go on.
async fn on(server: &Arc<Server>, act: fn(&Server)) {
    let server = Arc::clone(server);
    blocking(move || act(&server)).await;
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(act).await {
        Ok(value) => value,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}
