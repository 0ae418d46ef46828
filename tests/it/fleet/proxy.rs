//! A proxy before the processes that take webhooks in, as users have one: who is to be restarted is taken out of it first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::scene::wait_until;

/// A process that connections are passed on to. There are as many clones of `connections` as there are connections, and one.
#[derive(Clone)]
struct Process {
    address: String,
    connections: Arc<()>,
}

type Processes = Arc<Mutex<Vec<Process>>>;

/// Passes connections on to processes, one after the other, until it is dropped.
pub(super) struct Proxy {
    port: u16,
    processes: Processes,
    stopping: CancellationToken,
}

impl Proxy {
    /// A proxy that knows no process yet.
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let processes = Processes::default();
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let passing = pass_on(listener, Arc::clone(&processes), tasks.clone());
        tasks.spawn(stopping.clone().run_until_cancelled_owned(passing));
        Self {
            port,
            processes,
            stopping,
        }
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Passes connections on to the process at this URL, too.
    pub(super) fn add(&self, url: &str) {
        known(&self.processes).push(Process {
            address: address(url),
            connections: Arc::default(),
        });
    }

    /// Passes no further connections on to it, and waits for those that there are.
    pub(super) async fn take_out(&self, url: &str) {
        let out: Vec<Process> = known(&self.processes)
            .extract_if(.., |process| process.address == address(url))
            .collect();
        wait_until("the last connection is closed", || async {
            out.iter()
                .all(|process| Arc::strong_count(&process.connections) == 1)
        })
        .await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

fn known(processes: &Processes) -> MutexGuard<'_, Vec<Process>> {
    processes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}

async fn pass_on(listener: TcpListener, processes: Processes, tasks: TaskTracker) {
    for turn in 0_usize.. {
        let (mut client, _) = listener.accept().await.unwrap();
        let process = {
            let known = known(&processes);
            known[turn % known.len()].clone()
        };
        tasks.spawn(async move {
            let mut server = TcpStream::connect(&process.address).await.unwrap();
            // Whoever closes first ends it.
            let _ended = copy_bidirectional(&mut client, &mut server).await;
            drop(process);
        });
    }
}
