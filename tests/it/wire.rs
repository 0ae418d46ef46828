//! Requests to the service, byte for byte, over plain TCP: as recorded, or as no decent client would send them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::recording::{fixture, json};
use crate::scene::{CALLBACK_SECRET, WEBHOOK_SECRET};

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request before it is put on the wire.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) framing: Framing,
}

/// How the server is told where the body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By a right `Content-Length`.
    Length,
    /// In chunks.
    Chunked,
    /// By the headers as they stand, be they right or wrong.
    AsTheyStand,
}

/// What the service answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.into(),
            framing: Framing::Length,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// The values of the header with this name.
    pub(crate) fn values(&self, name: &str) -> Vec<&[u8]> {
        let is_it = |(other, _): &&(String, Vec<u8>)| other.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(is_it)
            .map(|(_, value)| value.as_slice())
            .collect()
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        for (name, value) in &self.headers {
            line(name, value);
        }
        if self.values("Host").is_empty() {
            line("Host", b"service.example");
        }
        match self.framing {
            Framing::Length => line("Content-Length", self.body.len().to_string().as_bytes()),
            Framing::Chunked => line("Transfer-Encoding", b"chunked"),
            Framing::AsTheyStand => {}
        }
        bytes.extend_from_slice(b"\r\n");
        if self.framing == Framing::Chunked {
            for chunk in self.body.chunks(1000) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }

    /// Sends it on a connection of its own.
    pub(crate) fn send(&self, to: SocketAddr) -> Answer {
        Connection::open(to)
            .and_then(|mut connection| connection.exchange(&self.bytes(), self.method == "HEAD"))
            .expect("an answer")
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{} {}: {error}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A connection that several requests can go over.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::new(),
        })
    }

    /// Sends these bytes and reads one answer; `head` when it comes without the body that it speaks of.
    pub(crate) fn exchange(&mut self, bytes: &[u8], head: bool) -> io::Result<Answer> {
        // The service may refuse a request before it has read all of it, and close: the answer still counts.
        let written = self.stream.write_all(bytes);
        let answer = self.answer(head);
        if answer.is_err() {
            written.and(answer)
        } else {
            answer
        }
    }

    /// Tells the service that nothing more will come, and reads what it answers.
    pub(crate) fn last_exchange(&mut self, bytes: &[u8]) -> io::Result<Answer> {
        let written = self.stream.write_all(bytes);
        let closed = self.stream.shutdown(std::net::Shutdown::Write);
        self.answer(false)
            .or_else(|error| written.and(closed).and(Err(error)))
    }

    fn answer(&mut self, head: bool) -> io::Result<Answer> {
        loop {
            let end = self.read_until_blank_line()?;
            let text = String::from_utf8_lossy(&self.read[..end]).into_owned();
            self.read.drain(..end);
            let mut lines = text.lines();
            let status: u16 = lines
                .next()
                .and_then(|line| line.split(' ').nth(1))
                .and_then(|status| status.parse().ok())
                .ok_or_else(|| io::Error::other(format!("no status line: {text}")))?;
            if status < 200 {
                continue;
            }
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect();
            let mut answer = Answer {
                status,
                headers,
                body: Vec::new(),
            };
            if !head {
                let length = answer
                    .header("content-length")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0);
                while self.read.len() < length {
                    self.read_more()?;
                }
                answer.body = self.read.drain(..length).collect();
            }
            return Ok(answer);
        }
    }

    fn read_until_blank_line(&mut self) -> io::Result<usize> {
        loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                return Ok(at + 4);
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.read.extend_from_slice(&buffer[..count]);
                Ok(())
            }
        }
    }
}

/// A delivery as WooCommerce sent it, to the address of the scene's connection.
pub(crate) fn recorded_delivery(file: &str) -> Request {
    let recorded = json(&format!("woo/webhooks/{file}.json"));
    let mut request = Request::post("/webhooks/woocommerce/shop", body_of(&recorded));
    // The recorded headers hold the length, too.
    request.framing = Framing::AsTheyStand;
    request.headers = recorded["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            let text = |at: usize| pair[at].as_str().unwrap().to_owned();
            (text(0), text(1).into_bytes())
        })
        .collect();
    request
}

fn body_of(recorded: &Json) -> Vec<u8> {
    STANDARD
        .decode(recorded["body_base64"].as_str().unwrap())
        .unwrap()
}

/// The JSON of a recorded delivery.
pub(crate) fn recorded_body(file: &str) -> Json {
    serde_json::from_slice(&recorded_delivery(file).body).unwrap()
}

/// A callback as Vtiger sent it, to the address of the scene's connection.
pub(crate) fn recorded_callback(file: &str) -> Request {
    let recorded = json(&format!("vtiger/callbacks/{file}.json"));
    let text = |name: &str| recorded[name].as_str().unwrap();
    Request::post("/webhooks/vtiger/shop", text("body_raw"))
        .with("Accept", "*/*")
        .with("Content-Type", text("content_type"))
        .with("X-Vtiger-Signature", text("signature"))
}

/// The names of the fixtures in a folder, without `.json`, sorted.
pub(crate) fn names_in(folder: &str) -> Vec<String> {
    let files = std::fs::read_dir(fixture(folder)).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The HMAC-SHA256 of a body.
pub(crate) fn hmac(secret: &str, body: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.chain_update(body).finalize().into_bytes().to_vec()
}

/// A delivery of this topic, signed as WooCommerce does.
pub(crate) fn delivery(topic: &str, body: impl Into<Vec<u8>>) -> Request {
    let request = Request::post("/webhooks/woocommerce/shop", body);
    let signature = STANDARD.encode(hmac(WEBHOOK_SECRET, &request.body));
    request
        .with("Content-Type", "application/json")
        .with("X-WC-Webhook-Topic", topic)
        .with("X-WC-Webhook-Signature", signature)
}

/// A callback with this content, signed.
pub(crate) fn callback(body: impl Into<Vec<u8>>) -> Request {
    let request = Request::post("/webhooks/vtiger/shop", body);
    let signature = format!("sha256={}", hex::encode(hmac(CALLBACK_SECRET, &request.body)));
    request
        .with("Content-Type", "application/json")
        .with("X-Vtiger-Signature", signature)
}

/// A customer as WooCommerce shows it.
pub(crate) fn customer(id: u64, email: &str) -> Json {
    let mut customer = recorded_body("customer.created");
    customer["id"] = json!(id);
    customer["email"] = json!(email);
    customer
}
