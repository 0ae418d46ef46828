//! The servers that all tests share, whatever process they run in.
//!
//! Each user holds a lock on a file while it lives; who finds no server starts one, under a second lock, and notes its
//! folder. A watch takes the first lock for itself before it ends a server, so no user is ever left without.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::process::{alive, signal, with_argument};
use super::server::{Kind, Server, watch};

/// How long a server runs on when nobody uses it.
const GRACE: Duration = Duration::from_secs(20);

/// A server to use as long as this is there.
pub(super) struct Share {
    pub(super) port: u16,
    _use: File,
}

/// The server of this kind, started where it doesn't run yet.
pub(super) fn join(kind: Kind) -> Share {
    join_in(
        &Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers"),
        kind,
        GRACE,
    )
}

/// The one that is noted in this folder, and that runs on so long when nobody uses it.
pub(super) fn join_in(notes: &Path, kind: Kind, grace: Duration) -> Share {
    fs::create_dir_all(notes).expect("a writable target folder");
    let path = |what: &str| notes.join(format!("{}.{what}", kind.name()));
    let lock = path("lock");
    let in_use = open(&lock);
    in_use.lock_shared().expect("a lock");
    let starting = open(&path("starting"));
    starting.lock().expect("a lock");

    let note = path("folder");
    let last = fs::read_to_string(&note).ok().map(PathBuf::from);
    let port = last
        .as_deref()
        .and_then(|folder| running(kind, folder, &lock, grace));
    let port = port.unwrap_or_else(|| {
        if let Some(folder) = last {
            clear(&folder);
        }
        let folder = Server::start_shared(kind, &lock, grace);
        fs::write(&note, folder.to_str().expect("a readable path")).expect("a writable target folder");
        number(&folder, "port").expect("the port that was just noted")
    });
    Share { port, _use: in_use }
}

/// The port of the server in this folder, where it is one that can be used.
fn running(kind: Kind, folder: &Path, lock: &Path, grace: Duration) -> Option<u16> {
    let port = number(folder, "port")?;
    let ours = with_argument(folder);
    let is_ours = |pid: u32| ours.contains(&pid) && alive(pid);
    if !number(folder, "pid").is_some_and(is_ours) || !kind.answers(port) {
        return None;
    }
    if !number(folder, "watch").is_some_and(is_ours) {
        let pid = watch(kind, folder, lock, grace);
        fs::write(folder.join("watch"), pid.to_string()).ok()?;
    }
    Some(port)
}

/// Ends and removes what is left of a server.
fn clear(folder: &Path) {
    signal("KILL", &with_argument(folder));
    // A folder that isn't there needn't be removed, and one that can't be is in nobody's way.
    drop(fs::remove_dir_all(folder));
}

fn number<T: std::str::FromStr>(folder: &Path, name: &str) -> Option<T> {
    fs::read_to_string(folder.join(name)).ok()?.parse().ok()
}

fn open(path: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .expect("a writable target folder")
}
