//! What the service of a scene keeps events and records in: SQLite and the embedded queue, or PostgreSQL and RabbitMQ
//! where `WVS_TEST_STACK=servers` asks for them. The same tests run on both.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::servers::{self, TestBroker, TestDatabase};

/// It lives as long as this.
pub(crate) enum Stack {
    Embedded(TempDir),
    Servers(TestDatabase, TestBroker),
}

impl Stack {
    /// An empty one of the kind that is asked for.
    pub(crate) async fn empty() -> Self {
        match std::env::var("WVS_TEST_STACK").as_deref() {
            Err(_) | Ok("embedded") => Self::Embedded(tempfile::tempdir().unwrap()),
            Ok("servers") => Self::Servers(servers::database().await, servers::broker().await),
            Ok(other) => panic!("WVS_TEST_STACK is `{other}`, but there are `embedded` and `servers`"),
        }
    }

    /// The SQLite database; fails where there is none.
    pub(crate) fn database(&self) -> PathBuf {
        match self {
            Self::Embedded(folder) => folder.path().join("sync.sqlite"),
            Self::Servers(..) => panic!("this test looks into the embedded queue"),
        }
    }

    /// How the service is told of it.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let variables = match self {
            Self::Embedded(_) => vec![(
                "WVS_DATABASE__URL",
                format!("sqlite:{}", self.database().display()),
            )],
            Self::Servers(database, broker) => vec![
                ("WVS_DATABASE__URL", database.url()),
                ("WVS_QUEUE__URL", broker.url()),
                ("WVS_QUEUE__PREFIX", broker.prefix().to_owned()),
            ],
        };
        variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// How often in a row nothing must be found under way: an event that is between RabbitMQ and the service shows on
    /// neither end.
    pub(crate) const fn looks(&self) -> usize {
        match self {
            Self::Embedded(_) => 1,
            Self::Servers(..) => 5,
        }
    }
}
