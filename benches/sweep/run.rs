//! The program as a process of its own, watched.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How a run went.
pub(crate) struct Run {
    pub(crate) took: Duration,
    /// Its resident memory at the peak, in kilobytes.
    pub(crate) peak_kb: u64,
    /// What it printed.
    pub(crate) out: String,
    /// Whether it found a record that is not in step.
    pub(crate) found_something: bool,
}

pub(crate) async fn run(arguments: &[&str], environment: &[(String, String)]) -> Run {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_woo-vtiger-sync"))
        .args(arguments)
        .envs(environment.iter().cloned())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0;
    while child.try_wait().unwrap().is_none() {
        peak_kb = peak_kb.max(high_water_mark(&status).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{out}");
    let found_something = out.lines().any(|line| !line.ends_with(" 0 of them not in step"));
    Run {
        took,
        peak_kb,
        out,
        found_something,
    }
}

/// The most memory that a process had, as the kernel tells.
fn high_water_mark(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
