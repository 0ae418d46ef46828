//! The way from the shop to the service: it has an address before the service does, can be closed, and counts what the
//! service refuses.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) struct Street {
    address: SocketAddr,
    shared: Arc<Shared>,
    _open: DropGuard,
}

#[derive(Default)]
struct Shared {
    target: Mutex<Option<SocketAddr>>,
    closed: AtomicBool,
    refused: AtomicUsize,
}

impl Street {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (all, until, inner) = (Arc::clone(&shared), stop.clone(), tasks.clone());
        tasks.spawn(async move {
            loop {
                let (from, _) = tokio::select! {
                    () = until.cancelled() => return,
                    accepted = listener.accept() => accepted.unwrap(),
                };
                let shared = Arc::clone(&all);
                inner.spawn(async move {
                    // Whoever sent it sees that it broke.
                    let _ = shared.carry(from).await;
                });
            }
        });
        Self {
            address,
            shared,
            _open: stop.drop_guard(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to the service at this address from now on.
    pub(crate) fn lead_to(&self, target: SocketAddr) {
        *self.shared.target.lock().unwrap() = Some(target);
    }

    pub(crate) fn set_closed(&self, is_closed: bool) {
        self.shared.closed.store(is_closed, Ordering::SeqCst);
    }

    /// How many requests the service answered with anything but 200.
    pub(crate) fn refused(&self) -> usize {
        self.shared.refused.load(Ordering::SeqCst)
    }
}

impl Shared {
    async fn carry(&self, mut from: TcpStream) -> std::io::Result<()> {
        let target = *self.target.lock().unwrap();
        let Some(target) = target.filter(|_| !self.closed.load(Ordering::SeqCst)) else {
            return Ok(());
        };
        let mut to = TcpStream::connect(target).await?;
        let (mut request, mut response) = (from.split(), to.split());
        let mut first = true;
        let answer = async {
            let mut buffer = [0; 4096];
            loop {
                let length = response.0.read(&mut buffer).await?;
                if length == 0 {
                    return request.1.shutdown().await;
                }
                if std::mem::take(&mut first) && !buffer.starts_with(b"HTTP/1.1 200") {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
                request.1.write_all(&buffer[..length]).await?;
            }
        };
        let ask = async {
            tokio::io::copy(&mut request.0, &mut response.1).await?;
            response.1.shutdown().await
        };
        tokio::try_join!(answer, ask).map(drop)
    }
}
