//! Ways to send a request that spoil it, or ought not to.

use rand::RngExt;

use super::Forge;
use crate::wire::{Framing, Request};

/// How a request is sent, and whether it still arrives as it was signed.
pub(super) type Sent = (&'static str, bool);

impl Forge {
    /// Decides how the request is sent.
    pub(super) fn wire(&mut self, request: &mut Request, is_genuine: bool) -> Sent {
        match self.random.random_range(0..24) {
            0..=2 => self.addressed(request),
            3..=9 => self.headed(request, is_genuine),
            10..=14 => self.framed(request),
            _ => ("as usual", true),
        }
    }

    fn addressed(&mut self, request: &mut Request) -> Sent {
        let (path, _) = request.target.rsplit_once('/').unwrap_or_default();
        let path = path.to_owned();
        match self.random.random_range(0..3) {
            0 => {
                let methods = ["GET", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "BREW"];
                self.one_of(&methods).clone_into(&mut request.method);
                ("by another method", false)
            }
            1 => {
                request.target = format!("{path}/{}", self.one_of(ELSEWHERE));
                ("to another address", false)
            }
            _ => {
                let name = self.one_of(&["SHOP", "%73hop", "shop?connection=other", "shop?"]);
                request.target = format!("{path}/{name}");
                ("to the same address in other words", true)
            }
        }
    }

    fn headed(&mut self, request: &mut Request, is_genuine: bool) -> Sent {
        match self.random.random_range(0..10) {
            0 => {
                add(request, "Content-Encoding", "gzip");
                ("called gzip", true)
            }
            1 => {
                add(request, "X-Long", "x".repeat(self.one_of(&[1000, 20_000])));
                ("with a long header", true)
            }
            2 => {
                add(request, "X-Long", "x".repeat(2_000_000));
                ("with a header that is far too long", false)
            }
            3 => {
                add(request, "X-Odd", b"\xff\x80\xfe");
                ("with a header that is no text", true)
            }
            4 => {
                let content_type = self.one_of(CONTENT_TYPES);
                replace(request, "Content-Type", content_type);
                ("called something else", true)
            }
            5 => {
                let topic = self.one_of(TOPICS);
                replace(request, "X-WC-Webhook-Topic", topic);
                ("under another topic", true)
            }
            6 => {
                for name in ["X-WC-Webhook-Topic", "Content-Type", "User-Agent"] {
                    *request = request.clone().without(name);
                }
                ("without headers", true)
            }
            7 if is_genuine => {
                add(request, "X-WC-Webhook-Signature", "AAAA");
                add(request, "X-Vtiger-Signature", "AAAA");
                ("with a wrong signature beside", false)
            }
            8 => {
                for count in 0..300 {
                    add(request, &format!("X-Many-{count}"), "x");
                }
                ("with many headers", false)
            }
            _ => {
                add(request, "Expect", "100-continue");
                ("asking first", true)
            }
        }
    }

    fn framed(&mut self, request: &mut Request) -> Sent {
        let length = request.body.len();
        let which = self.random.random_range(0..4);
        if which == 0 {
            request.framing = Framing::Chunked;
            return ("in chunks", true);
        }
        request.framing = Framing::AsTheyStand;
        match which {
            1 => {
                let text = self.one_of(&[
                    (length / 2).to_string(),
                    (length + 1).to_string(),
                    (length + 100_000).to_string(),
                    "99999999999999999999999".to_owned(),
                    "-1".to_owned(),
                    format!("+{length}"),
                    format!("{length}, {length}"),
                    "0x10".to_owned(),
                    String::new(),
                ]);
                add(request, "Content-Length", text);
                ("with an odd length", false)
            }
            2 => {
                let codings = ["chunked", "gzip", "chunked, chunked", "identity", "xchunked", ""];
                add(request, "Transfer-Encoding", self.one_of(&codings));
                if self.chance(50) {
                    add(request, "Content-Length", length.to_string());
                }
                ("with an odd coding", false)
            }
            _ => {
                add(request, "Content-Length", length.to_string());
                add(request, "Content-Length", "5");
                ("with two lengths", false)
            }
        }
    }
}

const ELSEWHERE: &[&str] = &[
    "other",
    "..",
    "%2e%2e",
    "shop%00",
    "shop%2f",
    "shop/",
    "shop/../shop",
    "",
    "%",
    "%ff",
    "shop;x",
    "shop%0d%0aX:1",
];

const CONTENT_TYPES: &[&str] = &[
    "text/plain",
    "application/json; charset=x",
    ";;;",
    "",
    "multipart/form-data",
];

const TOPICS: &[&str] = &[
    "",
    "customer",
    "customer.",
    ".",
    "order.moved",
    "customer.deleted",
    "\u{e4}.created",
];

fn add(request: &mut Request, name: &str, value: impl AsRef<[u8]>) {
    *request = request.clone().with(name, value);
}

fn replace(request: &mut Request, name: &str, value: &str) {
    *request = request.clone().without(name).with(name, value);
}
