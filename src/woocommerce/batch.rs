//! Writes of bulk work that go to the shop together: up to 100 in one request.
//!
//! Who writes for a sweep or a first sync joins a line, one for each collection. A task of its own serves the line as
//! long as anybody waits: it lets others join for a moment, or while the last request is under way, sends what waits as
//! one batch, and hands each caller the answer to its own item, as if that had been sent by itself. So a caller that
//! is cancelled takes nothing from the others; if its item was not sent yet, it is left out. Each batch passes the gate
//! once, as urgent as its items are.
//!
//! A caller that is alone, or whose write a batch would not check as the ordinary endpoint does, sends it itself. So do
//! all for a while after a batch was lost or refused as a whole: whatever is wrong then meets only whom it concerns.
//! What others wait for at once is never batched, and neither are deletions, which would be for good and silent.

mod answers;
mod fit;
mod line;
mod size;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value as Json;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use self::fit::Target;
use self::line::{Item, Line};
use self::size::Size;
use super::error;
use super::rest::{API, Answer, Failed, How, Request, Rest};
use crate::sync::Module;
use crate::system::{Fault, Priority, Share, SystemError, priority, share, work_for_all};

/// How long a line waits for others to join. Reading what a write is made of takes about as long.
const LINGER: Duration = Duration::from_millis(40);

const OPERATION: &str = "write several records";

/// A write of one record.
pub(super) struct Write {
    /// What it is for, as errors tell it.
    pub(super) operation: &'static str,
    pub(super) method: Method,
    /// Below `/wp-json/`.
    pub(super) path: String,
    pub(super) body: Json,
}

/// The lines of those who wait to write.
#[derive(Clone, Default)]
pub(super) struct Batches(Arc<Desk>);

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    /// Not waited for: each task ends with the last of those who wait for it.
    tasks: TaskTracker,
}

#[derive(Default)]
struct State {
    /// Only those that are served.
    lines: HashMap<Key, (Line<Ticket>, Arc<Notify>)>,
    sizes: HashMap<Module, Size>,
}

/// A line: the collection, and how urgent the work is.
type Key = (String, Priority);

/// Whom an item's answer is for.
struct Ticket {
    reply: oneshot::Sender<Turn>,
    share: Share,
}

/// What becomes of a caller that waited in line.
enum Turn {
    /// Its item was sent with others: the record as stored, or what is wrong.
    Told(Result<Json, SystemError>),
    /// It is to send its item itself. The line goes on when the other value is dropped.
    Alone(Write, oneshot::Sender<()>),
}

impl Batches {
    /// Writes one record, together with others where that can be done.
    pub(super) async fn write(&self, rest: &Arc<Rest>, write: Write) -> Result<Answer, SystemError> {
        let operation = write.operation;
        let turn = match self.join(rest, write) {
            Ok(turn) => turn.await,
            Err(write) => return alone(rest, write).await,
        };
        match turn {
            Ok(Turn::Told(outcome)) => outcome.map(|record| Answer::part(operation, record)),
            Ok(Turn::Alone(write, under_way)) => {
                let outcome = alone(rest, write).await;
                drop(under_way);
                outcome
            }
            Err(_) => Err(error::unavailable(operation, "the batch was broken off")),
        }
    }

    /// Joins a line, and has somebody serve it. Gives the write back where it has to go by itself.
    fn join(&self, rest: &Arc<Rest>, write: Write) -> Result<oneshot::Receiver<Turn>, Write> {
        let priority = priority();
        let is_bulk = matches!(priority, Priority::Sweep | Priority::Backfill);
        let Some(target) = is_bulk.then(|| Target::of(&write)).flatten() else {
            return Err(write);
        };
        let mut state = self.0.state();
        let size = state.sizes.entry(target.module).or_default();
        if size.is_closed(Instant::now()) {
            return Err(write);
        }
        let (reply, turn) = oneshot::channel();
        let share = share();
        let item = Item::new(write, target.id, Ticket { reply, share });
        let key = (target.collection, priority);
        if let Some((line, joined)) = state.lines.get_mut(&key) {
            line.join(item);
            joined.notify_one();
            return Ok(turn);
        }
        let mut line = Line::default();
        line.join(item);
        state.lines.insert(key.clone(), (line, Arc::default()));
        drop(state);
        let (desk, rest) = (Arc::clone(&self.0), Arc::clone(rest));
        self.0.tasks.spawn(desk.serve(rest, target.module, key));
        Ok(turn)
    }
}

impl Desk {
    /// Never held over an await; it is whole whatever happened.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a line until nobody waits.
    async fn serve(self: Arc<Self>, rest: Arc<Rest>, module: Module, key: Key) {
        let mut attendant = Attendant {
            desk: &self,
            key: &key,
            is_done: false,
        };
        loop {
            self.linger(module, &key).await;
            let items = self.take(module, &key);
            if items.is_empty() {
                attendant.is_done = true;
                return;
            }
            self.send(&rest, module, &key, items).await;
        }
    }

    /// Waits until as many wait as may be sent together, or none has joined for a moment.
    async fn linger(&self, module: Module, key: &Key) {
        loop {
            let joined = {
                let mut state = self.state();
                let limit = state.sizes.entry(module).or_default().limit();
                match state.lines.get(key) {
                    Some((line, joined)) if line.len() < limit => Arc::clone(joined),
                    _ => return,
                }
            };
            if timeout(LINGER, joined.notified()).await.is_err() {
                return;
            }
        }
    }

    /// Takes the next ones out of a line. Where there are none, the line is closed at the same moment.
    fn take(&self, module: Module, key: &Key) -> Vec<Item<Ticket>> {
        let mut state = self.state();
        let limit = state.sizes.entry(module).or_default().limit();
        let Some((line, _)) = state.lines.get_mut(key) else {
            return Vec::new();
        };
        let items = line.take(limit, |ticket| !ticket.reply.is_closed());
        if items.is_empty() {
            state.lines.remove(key);
        }
        items
    }

    async fn send(&self, rest: &Rest, module: Module, key: &Key, items: Vec<Item<Ticket>>) {
        let mut groups = vec![items];
        while let Some(group) = groups.pop() {
            let is_closed = self.size(module, |size| size.is_closed(Instant::now()));
            if is_closed || group.len() < 2 {
                send_alone(group).await;
                continue;
            }
            // The first half comes first.
            if let Some((first, second)) = self.send_together(rest, module, key, group).await {
                groups.extend([second, first]);
            }
        }
    }

    /// Sends items as one batch and tells each caller its answer; gives them back as two halves where they were too
    /// many.
    async fn send_together(
        &self,
        rest: &Rest,
        module: Module,
        (collection, priority): &Key,
        mut items: Vec<Item<Ticket>>,
    ) -> Option<(Vec<Item<Ticket>>, Vec<Item<Ticket>>)> {
        let count = items.len();
        let request = Request {
            operation: OPERATION,
            method: Method::POST,
            path: format!("{API}/{collection}/batch"),
            query: &[],
            body: Some(line::body(&items)),
        };
        let shares = items.iter().map(|item| item.ticket.share.clone()).collect();
        let outcome = work_for_all(*priority, shares, rest.attempt(&request)).await;
        tracing::debug!(
            collection,
            items = count,
            good = outcome.is_ok(),
            "records were sent to the shop together"
        );
        let now = Instant::now();
        let failed = match outcome {
            Ok(answer) => {
                let told = answers::of_each(&items, &answer.body, rest.now());
                if told.iter().any(Option::is_none) {
                    self.size(module, |size| size.lost(count, now));
                } else {
                    self.size(module, |size| size.fits(count, answer.took, rest.timeout()));
                }
                for (item, outcome) in items.into_iter().zip(told) {
                    let untold = || error::unavailable(item.write.operation, "the answer doesn't tell of it");
                    let outcome = outcome.unwrap_or_else(|| Err(untold()));
                    drop(item.ticket.reply.send(Turn::Told(outcome)));
                }
                return None;
            }
            Err(failed) => failed,
        };
        match verdict(&failed) {
            Verdict::All => {}
            Verdict::Halve => {
                self.size(module, |size| size.too_many(count));
                let second = items.split_off(count / 2);
                return Some((items, second));
            }
            Verdict::Lost => self.size(module, |size| size.lost(count, now)),
        }
        for item in items {
            let error = SystemError {
                operation: item.write.operation,
                ..of_all(&failed)
            };
            drop(item.ticket.reply.send(Turn::Told(Err(error))));
        }
        None
    }

    fn size<T>(&self, module: Module, learn: impl FnOnce(&mut Size) -> T) -> T {
        learn(self.state().sizes.entry(module).or_default())
    }
}

/// Whoever serves a line. Should the task be broken off, those who wait must not wait for ever.
struct Attendant<'a> {
    desk: &'a Desk,
    key: &'a Key,
    is_done: bool,
}

impl Drop for Attendant<'_> {
    fn drop(&mut self) {
        // Once it is done, there may be another line under this key.
        if !self.is_done {
            self.desk.state().lines.remove(self.key);
        }
    }
}

/// Sends a write by itself.
async fn alone(rest: &Rest, write: Write) -> Result<Answer, SystemError> {
    let request = Request {
        operation: write.operation,
        method: write.method,
        path: write.path,
        query: &[],
        body: Some(write.body),
    };
    rest.call(&request).await
}

/// Has each caller send its item itself, and waits until they have.
async fn send_alone(items: Vec<Item<Ticket>>) {
    let mut under_way = Vec::with_capacity(items.len());
    for item in items {
        let (sender, ended) = oneshot::channel();
        // A caller that was cancelled meanwhile drops it as well.
        drop(item.ticket.reply.send(Turn::Alone(item.write, sender)));
        under_way.push(ended);
    }
    for ended in under_way {
        // Nothing is ever sent: the end is all there is to hear.
        drop(ended.await);
    }
}

/// What is to be done about a batch without answers.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It concerns each of the items.
    All,
    /// They were too many.
    Halve,
    /// What was done can't be told, or something took offence at the batch, perhaps because of one of its items.
    Lost,
}

fn verdict(failed: &Failed) -> Verdict {
    match failed.how {
        How::Lost => Verdict::Lost,
        How::Held => Verdict::All,
        How::Refused { status, is_told } => match status {
            StatusCode::PAYLOAD_TOO_LARGE => Verdict::Halve,
            StatusCode::TOO_MANY_REQUESTS => Verdict::All,
            // The key's permissions. What a firewall forbids may be one item's fault.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_told => Verdict::All,
            _ => Verdict::Lost,
        },
    }
}

/// What a batch's failure means for each of its items: of no single one can be said that it is refused, or gone.
fn of_all(failed: &Failed) -> SystemError {
    let is_all = verdict(failed) == Verdict::All;
    let fault = match &failed.error.fault {
        Fault::Denied if !is_all => Fault::Unavailable { retry_after: None },
        Fault::Rejected { .. } | Fault::Gone | Fault::Unsupported { .. } => {
            Fault::Unavailable { retry_after: None }
        }
        fault => fault.clone(),
    };
    SystemError {
        fault,
        ..failed.error.clone()
    }
}
