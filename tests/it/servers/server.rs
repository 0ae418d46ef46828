//! One server in a folder of its own: started, stopped, killed, and removed with the value.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::{alive, descendants, signal};
use super::{postgresql, rabbitmq};

/// How long a server may take for anything. Machines that run many tests at once are slow.
const LIMIT: Duration = Duration::from_mins(2);

/// What ends the server when nobody uses it any more, however they ended.
const WATCH: &str = include_str!("watch.sh");

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    PostgreSql,
    RabbitMq,
}

/// Whether what is written must outlive a crash of the machine.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Sync {
    Yes,
    No,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::RabbitMq => "rabbitmq",
        }
    }

    /// What makes it end cleanly.
    fn stop_signal(self) -> &'static str {
        match self {
            Self::PostgreSql => "INT",
            Self::RabbitMq => "TERM",
        }
    }

    /// What makes it end soonest where its data is of no use any more. PostgreSQL gives shared memory back.
    fn end_signal(self) -> &'static str {
        match self {
            Self::PostgreSql => "QUIT",
            Self::RabbitMq => "KILL",
        }
    }

    fn command(self, folder: &Path, port: u16, sync: Sync) -> Command {
        match self {
            Self::PostgreSql => postgresql::command(folder, port, sync),
            Self::RabbitMq => rabbitmq::command(folder, port),
        }
    }

    pub(super) fn answers(self, port: u16) -> bool {
        match self {
            Self::PostgreSql => postgresql::answers(port),
            Self::RabbitMq => rabbitmq::answers(port),
        }
    }
}

pub(super) struct Server {
    kind: Kind,
    sync: Sync,
    port: u16,
    /// The process that all its others descend from, while it runs.
    leader: Mutex<Option<Child>>,
    folder: TempDir,
    /// While this is held, the watch leaves the server alone.
    _use: Option<File>,
}

impl Server {
    /// Starts one that ends with the value, or with this process.
    pub(super) fn start_own(kind: Kind) -> Self {
        let folder = new_folder(kind);
        let path = folder.path().join("lock");
        let lock = File::create(&path).expect("a lock file");
        lock.lock().expect("a lock");
        let server = Self::prepare(kind, Sync::Yes, folder, Some(lock));
        server.watch(&path, Duration::ZERO);
        server.start();
        server
    }

    /// Starts one that runs until nobody has held the lock for `grace`. Its folder has its `pid` and `port`.
    pub(super) fn start_shared(kind: Kind, lock: &Path, grace: Duration) -> PathBuf {
        let server = Self::prepare(kind, Sync::No, new_folder(kind), None);
        server.watch(lock, grace);
        server.start();
        fs::write(server.folder.path().join("port"), server.port.to_string()).expect("a writable folder");
        server.leave()
    }

    fn prepare(kind: Kind, sync: Sync, folder: TempDir, in_use: Option<File>) -> Self {
        match kind {
            Kind::PostgreSql => postgresql::prepare(folder.path()),
            Kind::RabbitMq => rabbitmq::prepare(folder.path()),
        }
        Self {
            kind,
            sync,
            port: free_port(),
            leader: Mutex::default(),
            folder,
            _use: in_use,
        }
    }

    /// Lets the server run on, for its watch to end.
    fn leave(mut self) -> PathBuf {
        self.leader.get_mut().expect("no panic while held").take();
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Starts it where it doesn't run, and waits until it answers.
    pub(super) fn start(&self) {
        let mut leader = self.leader.lock().expect("no panic while held");
        assert!(leader.is_none(), "{} runs already", self.kind.name());
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log file");
        let child = self
            .kind
            .command(self.folder.path(), self.port, self.sync)
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn()
            .expect("a server that can be run");
        fs::write(self.folder.path().join("pid"), child.id().to_string()).expect("a writable folder");
        let child = leader.insert(child);
        self.wait_until("it answers", || {
            let ended = child.try_wait().expect("a child of ours");
            if let Some(status) = ended {
                panic!("{} ended by itself: {status}\n{}", self.kind.name(), self.log());
            }
            self.kind.answers(self.port)
        });
    }

    /// Ends it cleanly.
    pub(super) fn stop(&self) {
        self.end(|leader| signal(self.kind.stop_signal(), &[leader]));
    }

    /// Ends each of its processes by SIGKILL.
    pub(super) fn kill(&self) {
        self.end(|leader| {
            // Sessions of PostgreSQL are process groups of their own.
            let mut all = vec![leader];
            all.extend(descendants(leader));
            signal("KILL", &all);
        });
    }

    fn end(&self, act: impl FnOnce(u32)) {
        let mut leader = self.leader.lock().expect("no panic while held");
        let Some(mut child) = leader.take() else {
            return;
        };
        let others = descendants(child.id());
        act(child.id());
        self.wait_until("it has ended", || {
            child.try_wait().expect("a child of ours").is_some() && !others.iter().any(|pid| alive(*pid))
        });
        // Another process may come to have this number.
        drop(fs::remove_file(self.folder.path().join("pid")));
    }

    fn watch(&self, lock: &Path, grace: Duration) {
        let folder = self.folder.path();
        let child = watch(self.kind, folder, lock, grace);
        fs::write(folder.join("watch"), child.to_string()).expect("a writable folder");
    }

    fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            let in_time = begun.elapsed() < LIMIT;
            assert!(
                in_time,
                "{}: waited in vain until {what}\n{}",
                self.kind.name(),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The end of what it has logged.
    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let leader = self.leader.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut child) = leader.take() {
            let others = descendants(child.id());
            signal(self.kind.end_signal(), &[child.id()]);
            if self.kind == Kind::RabbitMq {
                signal("KILL", &others);
            }
            drop(child.wait());
            // Where the folder can't be removed, its watch tries, and must not end another process.
            drop(fs::remove_file(self.folder.path().join("pid")));
        }
    }
}

/// Starts what ends the server, and removes the folder, when nobody has held the lock for `grace`.
#[expect(clippy::zombie_processes, reason = "it outlives this process")]
pub(super) fn watch(kind: Kind, folder: &Path, lock: &Path, grace: Duration) -> u32 {
    // In a session of its own, it outlives the terminal too.
    let child = Command::new("setsid")
        .args(["sh", "-c", WATCH, "watch"])
        .arg(folder)
        .arg(lock)
        .args([&grace.as_secs().to_string(), kind.end_signal()])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("setsid and sh");
    child.id()
}

/// Where every user can come to: PostgreSQL's can't read the target folder of root's project.
fn new_folder(kind: Kind) -> TempDir {
    let prefix = format!("wvs-{}-", kind.name());
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir();
    folder.expect("a folder for temporary files")
}

/// A port below those that the system gives to whoever asks for any: a stopped server's port must stay free.
pub(super) fn free_port() -> u16 {
    loop {
        let port = rand::random_range(15_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
