//! Requests from many connections at once, and how long each took.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::{Process, cpu};

/// How long a server is under load before it counts.
const WARM_UP: Duration = Duration::from_secs(2);

/// What was measured.
pub(crate) struct Measured {
    /// In ascending order.
    times: Vec<Duration>,
    took: Duration,
    cpu: Duration,
}

impl Measured {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self {
            times,
            took: Duration::ZERO,
            cpu: Duration::ZERO,
        }
    }

    /// The time that so many of a hundred kept below.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        self.times[self.times.len() * percent / 100]
    }

    /// How many there were a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.count()) / self.took.as_secs_f64()
    }

    /// What each cost the process.
    pub(crate) fn cpu(&self) -> Duration {
        self.cpu / self.count()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.times.len()).unwrap()
    }
}

/// Sends the same request again and again, each sender as soon as the last one is answered.
pub(crate) async fn run(to: &Process, request: &str, senders: usize, load: Duration) -> Measured {
    let begin = Instant::now() + WARM_UP;
    let end = begin + load;
    let mut tasks = JoinSet::new();
    for _ in 0..senders {
        let stream = TcpStream::connect(to.address()).await.unwrap();
        tasks.spawn(send(stream, request.to_owned(), begin, end));
    }
    tokio::time::sleep_until(begin.into()).await;
    let before = cpu(to);
    tokio::time::sleep_until(end.into()).await;
    let spent = cpu(to).saturating_sub(before);
    let times = tasks.join_all().await.into_iter().flatten().collect();
    Measured {
        took: load,
        cpu: spent,
        ..Measured::of(times)
    }
}

async fn send(mut stream: TcpStream, request: String, begin: Instant, end: Instant) -> Vec<Duration> {
    stream.set_nodelay(true).unwrap();
    let mut times = Vec::new();
    let mut answer = Vec::with_capacity(4096);
    loop {
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        answer.clear();
        while !is_whole(&answer) {
            let read = stream.read_buf(&mut answer).await.unwrap();
            assert_ne!(read, 0, "the server hung up");
        }
        let now = Instant::now();
        assert!(
            answer.starts_with(b"HTTP/1.1 200 "),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        if now >= end {
            return times;
        }
        if sent >= begin {
            times.push(now - sent);
        }
    }
}

/// Whether an answer has arrived to its last byte.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.is_some_and(|(_, length)| length.parse() == Ok(body.len()))
}

/// WooCommerce's signature of a body.
pub(crate) fn signed(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    STANDARD.encode(mac.chain_update(body.as_bytes()).finalize().into_bytes())
}
