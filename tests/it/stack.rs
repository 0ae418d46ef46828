//! What the service of a scene keeps events and records in: SQLite and the embedded queue, or PostgreSQL and RabbitMQ
//! where `WVS_TEST_STACK=servers` asks for them. The same tests run on both.

use std::path::PathBuf;

use tempfile::TempDir;
use woo_vtiger_sync::telemetry;

use crate::servers::{self, TestBroker, TestDatabase};

/// It lives as long as this.
pub(crate) enum Stack {
    Embedded(TempDir),
    Servers(TestDatabase, TestBroker),
}

impl Stack {
    /// An empty one of the kind that is asked for.
    pub(crate) async fn empty() -> Self {
        if Self::is_of_servers() {
            Self::Servers(servers::database().await, servers::broker().await)
        } else {
            Self::Embedded(tempfile::tempdir().unwrap())
        }
    }

    /// Whether PostgreSQL and RabbitMQ are asked for.
    pub(crate) fn is_of_servers() -> bool {
        let asked = std::env::var_os("WVS_TEST_STACK").map(|asked| asked.into_string().unwrap());
        match asked.as_deref() {
            None | Some("embedded") => false,
            Some("servers") => true,
            Some(other) => panic!("WVS_TEST_STACK is `{other}`, but there are `embedded` and `servers`"),
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

    /// How many events were taken in and not dealt with, by this process's own count: one that is between RabbitMQ and the
    /// service shows on neither end. Where tests share a process, so do they the count.
    pub(crate) fn under_way(&self) -> u64 {
        match self {
            Self::Embedded(_) => 0,
            Self::Servers(..) => {
                let metrics = telemetry::metrics().render();
                let dealt_with = ["outcome=\"done\"", "outcome=\"failed\""]
                    .map(|outcome| sum(&metrics, telemetry::EVENTS_PROCESSED, outcome));
                let taken_in = sum(&metrics, telemetry::EVENTS_QUEUED, "");
                taken_in.saturating_sub(dealt_with.iter().sum())
            }
        }
    }
}

/// The sum of a counter's values with this label.
pub(crate) fn sum(metrics: &str, name: &str, label: &str) -> u64 {
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with(name) && line.contains(label));
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}
