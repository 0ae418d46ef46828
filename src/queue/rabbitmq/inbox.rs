//! The events that the broker has handed to this process: those that wait to be taken, and those taken and unanswered.
//!
//! Nothing is awaited between removing an event here and handing it out, so a call that is cancelled loses none.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lapin::Acker;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::message::{self, Told};
use crate::queue::{Delivery, Event, Failure, Lane};
use crate::telemetry;

/// After this time an event goes before others: RabbitMQ ends a channel that has one unanswered for half an hour.
const OVERDUE: Duration = Duration::from_mins(5);

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Lane(Lane),
    /// The queue of those that were handed out too often.
    Failed,
}

impl Source {
    /// All of them, in the order in which their events are handed out.
    pub(super) const ALL: [Self; 3] = [Self::Failed, Self::Lane(Lane::Live), Self::Lane(Lane::Bulk)];

    const fn index(self) -> usize {
        match self {
            Self::Failed => 0,
            Self::Lane(Lane::Live) => 1,
            Self::Lane(Lane::Bulk) => 2,
        }
    }
}

/// An event that must be answered to the broker.
#[derive(Clone, Debug)]
pub(super) struct Held {
    source: Source,
    pub(super) lane: Lane,
    pub(super) acker: Acker,
    pub(super) message_id: Option<String>,
    pub(super) body: Arc<[u8]>,
    event: Result<Event, String>,
    pub(super) is_poisoned: bool,
    /// When the broker handed it to this process.
    pub(super) arrived: Instant,
}

#[derive(Debug)]
struct Waiting {
    held: Held,
    attempts: u32,
    history: Vec<Failure>,
}

#[derive(Debug, Default)]
struct State {
    waiting: [VecDeque<Waiting>; 3],
    /// Those handed out, by the id that they were given.
    held: HashMap<String, Held>,
    last: u64,
}

/// The events that the broker has handed to this process.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    arrived: Notify,
}

impl Inbox {
    /// Takes in an event that was handed to this process.
    pub(super) fn add(&self, source: Source, delivery: lapin::message::Delivery) {
        let Told {
            message_id,
            event,
            attempts,
            history,
            lane,
            is_poisoned,
        } = message::read(&delivery.properties, &delivery.data);
        if delivery.redelivered {
            telemetry::event_redelivered();
        }
        let (lane, is_poisoned) = match source {
            Source::Lane(lane) => (lane, is_poisoned),
            Source::Failed => (lane.unwrap_or(Lane::Live), true),
        };
        self.add_waiting(Waiting {
            held: Held {
                source,
                lane,
                acker: delivery.acker,
                message_id,
                body: delivery.data.into(),
                event,
                is_poisoned,
                arrived: Instant::now(),
            },
            attempts,
            history,
        });
    }

    fn add_waiting(&self, waiting: Waiting) {
        self.lock().waiting[waiting.held.source.index()].push_back(waiting);
        self.arrived.notify_one();
    }

    /// Waits for at least one event and hands out up to `limit`.
    pub(super) async fn take(&self, limit: usize) -> Vec<Delivery> {
        loop {
            // Interest is registered before looking, so that nothing added in between is overlooked.
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            let taken = self.lock().hand_out(limit.max(1));
            if !taken.is_empty() {
                return taken;
            }
            arrived.await;
        }
    }

    /// An event that was handed out and is unanswered.
    pub(super) fn held(&self, id: &str) -> Option<Held> {
        self.lock().held.get(id).cloned()
    }

    /// Forgets an event that was handed out, which must be answered now.
    pub(super) fn answered(&self, id: &str) -> Option<Held> {
        self.lock().held.remove(id)
    }

    /// Lets an event that was handed out wait again, unless its connection has ended.
    pub(super) fn put_back(&self, id: &str, attempts: u32, history: Vec<Failure>) {
        if let Some(held) = self.answered(id) {
            self.add_waiting(Waiting {
                held,
                attempts,
                history,
            });
        }
    }

    /// Removes the events that nobody has taken yet.
    pub(super) fn drain(&self) -> Vec<Acker> {
        let mut state = self.lock();
        let waiting = state.waiting.iter_mut().flat_map(|waiting| waiting.drain(..));
        waiting.map(|waiting| waiting.held.acker).collect()
    }

    /// Forgets everything: the connection has ended, and the broker hands all of it out again.
    pub(super) fn clear(&self) {
        let mut state = self.lock();
        state.waiting.iter_mut().for_each(VecDeque::clear);
        state.held.clear();
    }

    /// How many events of a lane are here.
    pub(super) fn count(&self, lane: Lane) -> usize {
        let state = self.lock();
        let waiting = state.waiting.iter().flatten().map(|waiting| &waiting.held);
        let all = waiting.chain(state.held.values());
        all.filter(|held| held.lane == lane).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hand_out(&mut self, limit: usize) -> Vec<Delivery> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(waiting) = self.next()
        {
            taken.push(self.delivery(waiting));
        }
        taken
    }

    fn next(&mut self) -> Option<Waiting> {
        let arrived = |queue: &VecDeque<Waiting>| queue.front().map(|waiting| waiting.held.arrived);
        let oldest = (0..self.waiting.len())
            .filter_map(|index| Some((arrived(&self.waiting[index])?, index)))
            .min()
            .filter(|(arrived, _)| arrived.elapsed() > OVERDUE);
        let index = match oldest {
            Some((_, index)) => index,
            None => self.waiting.iter().position(|queue| !queue.is_empty())?,
        };
        self.waiting[index].pop_front()
    }

    fn delivery(&mut self, waiting: Waiting) -> Delivery {
        // The same event may be here more than once.
        self.last += 1;
        let name = waiting.held.message_id.as_deref().unwrap_or("unnamed");
        let id = format!("{name}/{}", self.last);
        let delivery = Delivery {
            id: id.clone(),
            event: waiting.held.event.clone(),
            attempts: waiting.attempts,
            history: waiting.history,
            is_poisoned: waiting.held.is_poisoned,
        };
        self.held.insert(id, waiting.held);
        delivery
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events that can't be read, which do as well here.
    fn inbox(bodies: &[(Source, &str)]) -> Inbox {
        let inbox = Inbox::default();
        for (source, body) in bodies {
            let delivery = lapin::message::Delivery::mock(1, "".into(), "".into(), false, (*body).into());
            inbox.add(*source, delivery);
        }
        inbox
    }

    const LIVE: Source = Source::Lane(Lane::Live);
    const BULK: Source = Source::Lane(Lane::Bulk);

    async fn taken(inbox: &Inbox, limit: usize) -> Vec<String> {
        let taken = inbox.take(limit).await;
        taken
            .into_iter()
            .map(|delivery| delivery.event.unwrap_err())
            .collect()
    }

    #[tokio::test]
    async fn live_events_are_handed_out_before_bulk_ones() {
        let inbox = inbox(&[
            (BULK, "d"),
            (LIVE, "b"),
            (BULK, "e"),
            (Source::Failed, "a"),
            (LIVE, "c"),
        ]);

        assert_eq!((inbox.count(Lane::Live), inbox.count(Lane::Bulk)), (3, 2));
        assert_eq!(taken(&inbox, 3).await, ["a", "b", "c"]);
        assert_eq!(taken(&inbox, 3).await, ["d", "e"]);
        assert_eq!((inbox.count(Lane::Live), inbox.count(Lane::Bulk)), (3, 2));
    }

    #[tokio::test]
    async fn what_has_waited_too_long_goes_first() {
        let inbox = inbox(&[(BULK, "old"), (BULK, "new"), (LIVE, "live")]);
        let long_ago = Instant::now().checked_sub(OVERDUE * 2).unwrap();
        inbox.lock().waiting[BULK.index()][0].held.arrived = long_ago;

        assert_eq!(taken(&inbox, 3).await, ["old", "live", "new"]);
    }

    #[tokio::test]
    async fn an_event_is_answered_once_and_none_of_an_ended_connection() {
        let inbox = inbox(&[(LIVE, "a"), (Source::Failed, "b")]);
        let [one, other] = inbox.take(2).await.try_into().unwrap();

        assert!(one.is_poisoned && !other.is_poisoned);
        assert!(inbox.answered(&one.id).is_some() && inbox.answered(&one.id).is_none());
        inbox.put_back(&other.id, 7, Vec::new());
        assert_eq!(inbox.take(1).await[0].attempts, 7);
        inbox.clear();
        assert!(inbox.held(&other.id).is_none());
        inbox.put_back(&other.id, 8, Vec::new());
        assert_eq!(inbox.count(Lane::Live), 0);
    }
}
