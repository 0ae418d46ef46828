//! Processes that answer HTTP: the program in one of its roles, or this benchmark in another.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use woo_vtiger_sync::http;

/// How many of the kernel's ticks are a second, on Linux wherever it runs.
const TICKS: u32 = 100;

/// A process that is killed when dropped.
pub(crate) struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// The program in these roles, once it is connected.
    pub(crate) async fn serve(roles: &str, environment: &[(String, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_woo-vtiger-sync"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WVS_") {
                command.env_remove(name);
            }
        }
        let address = free_address();
        command
            .args(["serve", "--roles", roles])
            .envs(environment.iter().cloned())
            .env("WVS_HTTP__LISTEN", &address);
        Self::start(command, address).await
    }

    /// This benchmark's program with these arguments, and the address to listen at.
    pub(crate) async fn again(role: &str, broker: &str, queue: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let address = free_address();
        command.args([role, broker, queue, &address]);
        Self::start(command, address).await
    }

    async fn start(mut command: Command, address: String) -> Self {
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let mut process = Self { child, address };
        let client = http::client(Duration::from_secs(5)).unwrap();
        let url = format!("{}/readyz", process.url());
        loop {
            if let Ok(answer) = client.get(&url).send().await
                && answer.status() == 200
                && !answer.text().await.unwrap().contains("can't be reached")
            {
                return process;
            }
            assert!(process.child.try_wait().unwrap().is_none(), "the process ended");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &command])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Ends it by SIGTERM, and waits for its end.
    pub(crate) async fn stop(mut self) {
        self.signal("TERM");
        while self.child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail where it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How long processors have worked for a process so far.
pub(crate) fn cpu(process: &Process) -> Duration {
    let path = Path::new("/proc")
        .join(process.child.id().to_string())
        .join("stat");
    let stat = std::fs::read_to_string(path).unwrap();
    // The name, which comes before, is in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: u32 = [fields[11], fields[12]]
        .iter()
        .map(|ticks| ticks.parse::<u32>().unwrap())
        .sum();
    Duration::from_secs(1) * ticks / TICKS
}

/// An address that nobody listens at.
fn free_address() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}
