//! Turns the settings as written into checked ones; goes on after a problem, to tell all at once.

mod connection;
mod mapping;
mod module;
mod value;

pub(super) use mapping::{CONFLICTS, DIRECTIONS, KINDS};
pub(super) use module::{DELETES, MISSING_SKUS, TAXINGS};

use super::layers::{Layers, join};
use super::problem::ConfigError;
use super::raw::{
    Raw, RawAddress, RawConnections, RawDebugLog, RawHttp, RawLog, RawQueue, RawSettings, RawSweep,
    RawSyncLog, RawWorker,
};
use super::scalar::{ModuleName, Span, Whole};
use super::settings_file::AllSettings;
use super::{
    Config, Connection, Database, DebugLog, Http, Log, LogFormat, QueueBackend, Role, Roles, Sweep, SyncLog,
    Worker,
};
use crate::sync::{nearest, one_of};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// Checks all settings.
pub(super) fn config(raw: Raw, layers: &Layers, problems: ConfigError) -> Result<Config, ConfigError> {
    let mut check = Check {
        layers,
        problems,
        warnings: Vec::new(),
        has_public_url: false,
    };
    match check.config(raw) {
        Some(config) if check.problems.is_empty() => Ok(Config {
            warnings: check.warnings,
            ..config
        }),
        _ => Err(check.problems),
    }
}

/// Checks a settings file. Modules that the file does not speak of are left out.
pub(super) fn settings(
    raw: RawSettings,
    layers: &Layers,
    problems: ConfigError,
) -> Result<AllSettings, ConfigError> {
    let mut check = Check {
        layers,
        problems,
        warnings: Vec::new(),
        has_public_url: false,
    };
    let mut all = AllSettings::new();
    for (name, connection) in raw.connections.unwrap_or_default() {
        let modules = all.entry(name.clone()).or_default();
        for (ModuleName(module), raw) in connection.modules.unwrap_or_default() {
            let at = join("connections", &format!("{name}.modules.{module}"));
            if layers.is_default(&at) {
                continue;
            }
            if let Some(settings) = check.module(&at, module, raw) {
                modules.insert(module, settings);
            }
        }
    }
    if check.problems.is_empty() {
        Ok(all)
    } else {
        Err(check.problems)
    }
}

/// Checks one connection that stands alone.
pub(super) fn connection(
    raw: RawConnections,
    layers: &Layers,
    problems: ConfigError,
    has_public_url: bool,
) -> Result<Connection, ConfigError> {
    let mut check = Check {
        layers,
        problems,
        warnings: Vec::new(),
        has_public_url,
    };
    let mut connections = raw.connections.unwrap_or_default();
    let checked = connections
        .pop_first()
        .and_then(|(name, raw)| check.connection(&join("connections", &name), raw));
    match checked {
        Some(connection) if check.problems.is_empty() => Ok(connection),
        _ => Err(check.problems),
    }
}

/// The check under way. Its methods return `None` after they told a problem.
struct Check<'a> {
    layers: &'a Layers,
    problems: ConfigError,
    warnings: Vec<String>,
    /// Whether `http.public_url` is set, be it wrong.
    has_public_url: bool,
}

impl Check<'_> {
    fn config(&mut self, raw: Raw) -> Option<Config> {
        let redacted = match toml::to_string(&raw) {
            Ok(redacted) => Some(redacted),
            Err(error) => self.fail("", format!("it can't be printed: {error}")),
        };
        self.has_public_url = raw.http.as_ref().is_some_and(|http| http.public_url.is_some());
        let roles = self.roles(raw.roles);
        let shutdown_grace = self.required("shutdown_grace", raw.shutdown_grace);
        let http = self.http(raw.http.unwrap_or_default());
        let database = self.database(raw.database.unwrap_or_default());
        let queue = self.queue(raw.queue.unwrap_or_default());
        let worker = self.worker(raw.worker.unwrap_or_default());
        if let (Some(roles), Some(database), Some(queue)) = (&roles, &database, &queue) {
            self.shares(roles, database, queue);
        }
        let sweep = self.sweep(raw.sweep.unwrap_or_default());
        let sync_log = self.sync_log(raw.sync_log.unwrap_or_default());
        let debug_log = self.debug_log(raw.debug_log.unwrap_or_default());
        let log = self.log(raw.log.unwrap_or_default());
        let encryption_key = self.encryption_key(raw.encryption.unwrap_or_default());
        let connections = raw.connections.unwrap_or_default();
        if connections.is_empty() {
            self.warnings.push(
                "no connection is set up here: make one in the browser, or add [connections.<name>.woocommerce] and \
                 [connections.<name>.vtiger]"
                    .to_owned(),
            );
        }
        let connections = connections
            .into_iter()
            .filter_map(|(name, raw)| {
                let connection = self.connection(&format!("connections.{name}"), raw)?;
                Some((name, connection))
            })
            .collect();
        Some(Config {
            roles: roles?,
            http: http?,
            database: database?,
            queue: queue?,
            worker: worker?,
            sweep: sweep?,
            sync_log: sync_log?,
            debug_log: debug_log?,
            log: log?,
            encryption_key: encryption_key?,
            shutdown_grace: shutdown_grace?.duration,
            connections,
            warnings: Vec::new(),
            redacted: redacted?,
        })
    }

    fn roles(&mut self, text: Option<String>) -> Option<Roles> {
        let text = self.required("roles", text)?;
        let names: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let known = Role::ALL.map(Role::as_str);
        if names.is_empty() {
            return self.fail(
                "roles",
                format!("it must name at least one of {}", one_of(&known)),
            );
        }
        let choices = Role::ALL.map(|role| (role.as_str(), role));
        let roles = names
            .into_iter()
            .map(|name| self.choice("roles", Some(name.to_owned()), &choices))
            .collect::<Option<BTreeSet<Role>>>();
        roles.map(Roles)
    }

    /// Whether several processes can work together as they are to.
    fn shares(&mut self, roles: &Roles, database: &Database, queue: &QueueBackend) {
        if roles.are_all() {
            return;
        }
        if matches!(database, Database::Sqlite(_)) {
            self.told(
                "roles",
                "SQLite serves one process, which must have all roles; to share them among processes, set \
                 database.url to a PostgreSQL database (postgres://…) and queue.url to a RabbitMQ server (amqp://…)",
            );
        } else if matches!(queue, QueueBackend::Embedded) {
            self.told(
                "roles",
                "the embedded queue serves one process, which must have all roles; to share them among processes, \
                 set queue.url to a RabbitMQ server (amqp://…)",
            );
        }
    }

    fn http(&mut self, raw: RawHttp) -> Option<Http> {
        let listen = self.required("http.listen", raw.listen).and_then(|listen| {
            let port = listen.rsplit_once(':').filter(|(host, _)| !host.is_empty());
            if port.is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
                return Some(listen);
            }
            self.fail(
                "http.listen",
                format!("`{listen}` is no address with a port; write it like 0.0.0.0:8080"),
            )
        });
        let public_url = self.public_url(raw.public_url);
        let body_limit = self.whole("http.body_limit", raw.body_limit, 1);
        let api_token = self.secret(
            "http.api_token",
            raw.api_token.map(|token| token.0),
            raw.api_token_file,
        );
        Some(Http {
            listen: listen?,
            public_url,
            api_token,
            body_limit: body_limit?,
        })
    }

    fn database(&mut self, raw: RawAddress) -> Option<Database> {
        let url = self.address("database", raw)?;
        let text = url.expose_secret();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Database::Postgres(url));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.trim_start_matches('/').is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Some(Database::Sqlite(PathBuf::from(path)))
            }
            _ => self.fail(
                "database.url",
                "it must be sqlite:<path> or postgres://<user>:<password>@<host>/<database>",
            ),
        }
    }

    fn queue(&mut self, raw: RawQueue) -> Option<QueueBackend> {
        let address = RawAddress {
            url: raw.url,
            url_file: raw.url_file,
        };
        let url = self.address("queue", address);
        let prefix = self.required("queue.prefix", raw.prefix).and_then(|prefix| {
            let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if !prefix.is_empty() && prefix.len() <= 200 && prefix.chars().all(is_fit) {
                return Some(prefix);
            }
            self.fail(
                "queue.prefix",
                "it must be 1 to 200 letters, digits, `-`, `_` and `.`, as queues are named with it",
            )
        });
        let (url, prefix) = (url?, prefix?);
        let text = url.expose_secret();
        if text == "embedded:" || text == "embedded" {
            return Some(QueueBackend::Embedded);
        }
        if text.starts_with("amqp://") || text.starts_with("amqps://") {
            return Some(QueueBackend::RabbitMq { url, prefix });
        }
        self.fail(
            "queue.url",
            "it must be `embedded:` or amqp://<user>:<password>@<host>/<vhost>",
        )
    }

    /// The address in `url`, or else in the file that `url_file` names. The built-in address gives way to the file.
    fn address(&mut self, table: &str, raw: RawAddress) -> Option<SecretString> {
        let url = format!("{table}.url");
        let is_default = self.layers.is_default(&url);
        let given = raw.url.filter(|_| raw.url_file.is_none() || !is_default);
        self.required_secret(&url, given.map(|address| address.0), raw.url_file)
    }

    fn worker(&mut self, raw: RawWorker) -> Option<Worker> {
        let concurrency = self.whole("worker.concurrency", raw.concurrency, 1);
        let retry_limit = self.whole("worker.retry_limit", raw.retry_limit, 0);
        let lease = self.period("worker.lease", raw.lease);
        Some(Worker {
            concurrency: concurrency?,
            retry_limit: retry_limit?,
            lease: lease?,
        })
    }

    fn sweep(&mut self, raw: RawSweep) -> Option<Sweep> {
        let interval = self.period("sweep.interval", raw.interval);
        let full_interval = self.period("sweep.full_interval", raw.full_interval);
        let at_start = self.required("sweep.at_start", raw.at_start);
        let webhook_interval = self.period("sweep.webhook_interval", raw.webhook_interval);
        let most_deletions_percent = self.percent("sweep.most_deletions_percent", raw.most_deletions_percent);
        Some(Sweep {
            interval: interval?,
            full_interval: full_interval?,
            at_start: at_start?.0,
            webhook_interval: webhook_interval?,
            most_deletions_percent: most_deletions_percent?,
        })
    }

    fn sync_log(&mut self, raw: RawSyncLog) -> Option<SyncLog> {
        let retention = self.period("sync_log.retention", raw.retention)?;
        Some(SyncLog { retention })
    }

    fn debug_log(&mut self, raw: RawDebugLog) -> Option<DebugLog> {
        let retention = self.period("debug_log.retention", raw.retention);
        // A single exchange may take some 130 kB.
        let size_limit = self.whole("debug_log.size_limit", raw.size_limit, 1 << 20);
        Some(DebugLog {
            retention: retention?,
            size_limit: size_limit?,
        })
    }

    fn log(&mut self, raw: RawLog) -> Option<Log> {
        let format = self.required("log.format", raw.format);
        let format = self.choice(
            "log.format",
            format,
            &[("text", LogFormat::Text), ("json", LogFormat::Json)],
        );
        let filter = self.required("log.filter", raw.filter).and_then(|filter| {
            match tracing_subscriber::EnvFilter::try_new(&filter) {
                Ok(_) => Some(filter),
                Err(error) => self.fail(
                    "log.filter",
                    format!(
                        "`{filter}` is no filter ({error}); write it like \"info\" or \"info,woo_vtiger_sync=debug\""
                    ),
                ),
            }
        });
        Some(Log {
            format: format?,
            filter: filter?,
        })
    }

    fn told(&mut self, path: &str, message: impl Into<String>) {
        self.problems.add(path, self.layers.origin(path), message);
    }

    fn fail<T>(&mut self, path: &str, message: impl Into<String>) -> Option<T> {
        self.told(path, message);
        None
    }

    fn choice<T: Copy>(&mut self, path: &str, text: Option<String>, choices: &[(&str, T)]) -> Option<T> {
        let text = text?;
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*choice);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let hint =
            nearest(&text, &names).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        self.fail(
            path,
            format!("it is `{text}` but must be {}{hint}", one_of(&names)),
        )
    }

    fn whole<T: TryFrom<u64>>(&mut self, path: &str, number: Option<Whole>, least: u64) -> Option<T> {
        let Whole(number) = self.required(path, number)?;
        if number < least {
            return self.fail(path, format!("it is {number} but must be at least {least}"));
        }
        match T::try_from(number) {
            Ok(number) => Some(number),
            Err(_) => self.fail(path, format!("{number} is too large")),
        }
    }

    fn percent(&mut self, path: &str, number: Option<Whole>) -> Option<u8> {
        let percent: u8 = self.whole(path, number, 0)?;
        if percent > 100 {
            return self.fail(path, format!("it is {percent}, and percent are no more than 100"));
        }
        Some(percent)
    }

    fn period(&mut self, path: &str, span: Option<Span>) -> Option<Duration> {
        let Span { duration, .. } = self.required(path, span)?;
        if duration.is_zero() {
            return self.fail(path, "it must be longer than nothing, such as \"15m\"");
        }
        Some(duration)
    }
}
