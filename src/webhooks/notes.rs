//! Notes what comes from a shop, that it tested our address and that deliveries arrive, and from a CRM, that callbacks
//! do. Whoever answers them does not wait for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Timestamp};
use crate::store::{StoreError, WebhookNotes};
use crate::sync::Side;
use crate::telemetry;

/// How many notes may wait. More are dropped.
const WAITING: usize = 256;

/// Deliveries are noted so often, and so are callbacks.
const ARRIVALS: Duration = Duration::from_mins(1);

/// So many tests are noted in a minute: anybody can send them.
const PINGS: u32 = 120;

/// After that they are forgotten.
const FORGET: Duration = Duration::from_mins(10);

#[derive(Debug)]
enum Note {
    Ping {
        connection: String,
        webhook: u64,
    },
    Delivery {
        connection: String,
        late_ms: Option<i64>,
    },
    Callback {
        connection: String,
    },
}

/// Takes notes, and never waits.
#[derive(Debug)]
pub struct Notes {
    sender: Sender<Note>,
    clock: Arc<dyn Clock>,
    /// When it was last noted that something came from each connection's system.
    noted: Mutex<HashMap<(Side, String), Timestamp>>,
}

/// Writes the notes down.
#[derive(Debug)]
pub struct NoteKeeper {
    receiver: Receiver<Note>,
    store: Arc<dyn WebhookNotes>,
    clock: Arc<dyn Clock>,
}

impl Notes {
    /// One that takes notes, and one that writes them down.
    pub fn new(store: Arc<dyn WebhookNotes>, clock: Arc<dyn Clock>) -> (Self, NoteKeeper) {
        let (sender, receiver) = channel(WAITING);
        let notes = Self {
            sender,
            clock: Arc::clone(&clock),
            noted: Mutex::default(),
        };
        let keeper = NoteKeeper {
            receiver,
            store,
            clock,
        };
        (notes, keeper)
    }

    /// The shop tested the address of this webhook, or somebody pretends to be it.
    pub fn pinged(&self, connection: &str, webhook: u64) {
        let connection = connection.to_owned();
        // Where there are too many, one more tells nothing.
        let _ = self.sender.try_send(Note::Ping { connection, webhook });
    }

    /// A genuine delivery came, and tells of what was changed then by the shop's clock.
    pub fn delivered(&self, connection: &str, changed: Option<Timestamp>) {
        self.arrived(Side::WooCommerce, connection, |connection, now| Note::Delivery {
            connection,
            late_ms: changed.map(|changed| now.as_millis() - changed.as_millis()),
        });
    }

    /// A genuine callback came.
    pub fn called_back(&self, connection: &str) {
        self.arrived(Side::Vtiger, connection, |connection, _| Note::Callback {
            connection,
        });
    }

    fn arrived(&self, side: Side, connection: &str, note: impl FnOnce(String, Timestamp) -> Note) {
        let now = self.clock.now();
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let of = (side, connection.to_owned());
        let is_noted = noted
            .get(&of)
            .is_some_and(|at| *at <= now && now - *at < ARRIVALS);
        if !is_noted && self.sender.try_send(note(connection.to_owned(), now)).is_ok() {
            noted.insert(of, now);
        }
    }
}

impl NoteKeeper {
    /// Writes down what is noted, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let (mut minute, mut pings) = (self.clock.now(), 0);
        loop {
            let note = tokio::select! {
                () = stop.cancelled() => return,
                note = self.receiver.recv() => note,
            };
            let now = self.clock.now();
            let written = match note {
                None => return,
                Some(Note::Delivery { connection, late_ms }) => {
                    self.store.note_delivery(&connection, now, late_ms).await
                }
                Some(Note::Callback { connection }) => self.store.note_callback(&connection, now).await,
                Some(Note::Ping { connection, webhook }) => {
                    if now < minute || now - minute >= Duration::from_mins(1) {
                        (minute, pings) = (now, 0);
                    }
                    pings += 1;
                    if pings > PINGS {
                        continue;
                    }
                    self.note_ping(&connection, webhook, now).await
                }
            };
            if let Err(error) = written {
                tracing::debug!(error = %telemetry::chain(&error), "what came can't be noted");
            }
        }
    }

    async fn note_ping(&self, connection: &str, webhook: u64, now: Timestamp) -> Result<(), StoreError> {
        let forgotten = now.before(FORGET);
        self.store.note_ping(connection, webhook, now, forgotten).await
    }
}
