//! Processes of the system, seen through `/proc`, and signals to them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether it runs. One that has ended, and that its parent hasn't asked for yet, doesn't.
pub(super) fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// All children of this process, their children and so on.
pub(super) fn descendants(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = all()
        .into_iter()
        .filter_map(|child| Some((child, stat(child)?.1)))
        .collect();
    let mut family = vec![pid];
    let mut next = 0;
    while next < family.len() {
        let parent = family[next];
        let children = parents.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    family.split_off(1)
}

/// Those that were started with this folder in their arguments.
pub(super) fn with_argument(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy();
    let mut found = all();
    found.retain(|pid| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(&*folder)
    });
    found
}

/// Sends a signal, such as `TERM`, to those of them that still run.
pub(super) fn signal(name: &str, pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    let command = format!("kill -{name} {}", pids.join(" "));
    // The shell has `kill` built in; a small system has it nowhere else.
    let status = Command::new("sh")
        .args(["-c", &command])
        .stderr(Stdio::null())
        .status();
    // It fails where one has ended already.
    status.expect("a shell");
}

/// Whether this process is root's.
pub(super) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|of| of.uid() == 0)
}

fn all() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("a Linux system");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

/// The state and the parent.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets, and may have any in it.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}
