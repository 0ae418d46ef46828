//! The program as a process of its own, run as people run it: by arguments, environment, signals and output.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::scene::wait_until;

/// A run of the program. It is killed when dropped.
pub(crate) struct Program {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    out: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) log: String,
}

impl Program {
    /// Starts it with these variables, and no others of its own.
    pub(crate) fn start(arguments: &[&str], environment: &[(String, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_woo-vtiger-sync"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WVS_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, log) = (Arc::default(), Arc::default());
        let readers = vec![
            read(child.stdout.take().unwrap(), &out),
            read(child.stderr.take().unwrap(), &log),
        ];
        Self {
            child,
            readers,
            out,
            log,
        }
    }

    /// Runs it to its end.
    pub(crate) async fn run(arguments: &[&str], environment: &[(String, String)]) -> Ended {
        Self::start(arguments, environment).ended().await
    }

    /// Where it listens, once it says so in its log.
    pub(crate) async fn url(&self) -> String {
        let address = || {
            let log = self.log();
            let (_, rest) = log
                .split_once("http.listen=")
                .or_else(|| log.split_once("\"http.listen\":\""))?;
            let end = rest.find([' ', '"', '\n'])?;
            Some(format!("http://{}", &rest[..end]))
        };
        wait_until("the service says where it listens", || async {
            address().is_some()
        })
        .await;
        address().unwrap()
    }

    /// What it has written to standard output so far.
    pub(crate) fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    /// What it has written to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        // The shell has `kill` built in; a small system has it nowhere else.
        let status = Command::new("sh").args(["-c", &command]).status().unwrap();
        assert!(status.success(), "{command}");
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it by SIGTERM.
    pub(crate) async fn stop(self) -> Ended {
        self.signal("TERM");
        self.ended().await
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ended {
        let status = self.wait().await;
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        Ended {
            code: status.code(),
            out: self.out(),
            log: self.log(),
        }
    }

    async fn wait(&mut self) -> ExitStatus {
        let mut ended = None;
        let child = &mut self.child;
        wait_until("the program has ended", || {
            ended = child.try_wait().unwrap();
            std::future::ready(ended.is_some())
        })
        .await;
        ended.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read(from: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let line = line.unwrap();
            let mut text = into.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    })
}
