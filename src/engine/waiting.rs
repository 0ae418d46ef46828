//! What waited for a lease while its holder worked. Of a record that changes all the time many events wait: one of them,
//! or one look at the record, does for all.

use crate::clock::Timestamp;
use crate::queue::{Change, Event, Seen, Subject};
use crate::sync::{Module, RecordId, Side, shows_the_same};

use super::lease::Held;
use super::{Engine, EngineError};

/// So many events that wait for one record are looked at one by one: echoes of our own writes mostly tell enough.
const FEW: usize = 3;

impl Engine {
    /// The next event that waits for these leases, and the ids of those that are dealt with by it.
    pub(super) async fn next_waiting(
        &self,
        held: &Held,
        tried: &[String],
    ) -> Result<Option<(Event, Vec<String>)>, EngineError> {
        let names = held.names().clone();
        let mut waiting = self.store.waiting(&names).await?;
        waiting.retain(|event| !tried.contains(&event.id));
        let timed = waiting.into_iter().map(|event| {
            let time = self.told_time(&event);
            (event, time)
        });
        let timed: Vec<_> = timed.collect();
        let Some(Next { told_by, newest }) = next_of(&timed) else {
            return Ok(None);
        };
        let event = match newest.as_slice() {
            [event] => (*event).clone(),
            [event, others @ ..] if self.tell_the_same(event, others).await? => (*event).clone(),
            _ => look(&timed[0].0),
        };
        Ok(Some((event, told_by)))
    }

    /// Whether these events, which tell of the same record, show the same in every mapped field.
    async fn tell_the_same(&self, event: &Event, others: &[&Event]) -> Result<bool, EngineError> {
        let Some((module, side, _, seen)) = changed(event) else {
            return Ok(false);
        };
        let settings = self.settings(&self.place(module)).await?;
        let Some(shown) = self.read(module, side, &settings, seen).await? else {
            return Ok(false);
        };
        for other in others {
            let seen = changed(other).map_or(&Seen::Nothing, |(.., seen)| seen);
            match self.read(module, side, &settings, seen).await? {
                Some(record) if shows_the_same(&settings, side, &shown, &record) => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// When the record that an event tells of was changed, as far as the event tells that.
    fn told_time(&self, event: &Event) -> Option<Timestamp> {
        let (_, side, _, seen) = changed(event)?;
        match seen {
            Seen::Body(body) => self.system(side).glance(body).modified,
            Seen::Record(record) => self.system(side).modified(record),
            Seen::Nothing => None,
        }
    }
}

/// What to deal with next.
#[derive(Debug, PartialEq)]
struct Next<'a> {
    /// The ids of the events that are dealt with by it.
    told_by: Vec<String>,
    /// The events that tell the newest: times have whole seconds. None where nobody can say which that is.
    newest: Vec<&'a Event>,
}

/// What to deal with next of the events that wait, each with the time that it tells.
fn next_of(waiting: &[(Event, Option<Timestamp>)]) -> Option<Next<'_>> {
    let (next, _) = waiting.first()?;
    let record = |event| changed(event).map(|(module, side, id, _)| (module, side, id));
    let of_record = record(next);
    let alike = waiting
        .iter()
        .filter(|(event, _)| of_record.is_some() && record(event) == of_record);
    let (events, times): (Vec<&Event>, Vec<Option<Timestamp>>) =
        alike.map(|(event, time)| (event, *time)).unzip();
    if events.len() <= FEW {
        return Some(Next {
            told_by: vec![next.id.clone()],
            newest: vec![next],
        });
    }
    let told_by = events.iter().map(|event| event.id.clone()).collect();
    let last = times.iter().max().filter(|_| times.iter().all(Option::is_some));
    let newest = events
        .into_iter()
        .zip(&times)
        .filter(|(_, time)| Some(*time) == last);
    Some(Next {
        told_by,
        newest: newest.map(|(event, _)| event).collect(),
    })
}

/// An event that asks for a look at the record that this one tells of.
fn look(event: &Event) -> Event {
    let mut event = event.clone();
    if let Subject::Record { change, .. } = &mut event.subject {
        *change = Change::Changed(Seen::Nothing);
    }
    event
}

/// The record that an event tells was changed, and what it tells of it, if that is what it tells.
fn changed(event: &Event) -> Option<(Module, Side, &RecordId, &Seen)> {
    match &event.subject {
        Subject::Record {
            module,
            side,
            id,
            change: Change::Changed(seen),
        } => Some((*module, *side, id, seen)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Cause;

    fn told(id: &str, seconds: Option<i64>) -> (Event, Option<Timestamp>) {
        let time = seconds.map(|seconds| Timestamp::from_millis(seconds * 1_000));
        (event(id, Change::Changed(Seen::Nothing)), time)
    }

    fn event(id: &str, change: Change) -> Event {
        let subject = Subject::Record {
            module: Module::SalesOrders,
            side: Side::WooCommerce,
            id: RecordId::new(id),
            change,
        };
        Event::new("shop", subject, Cause::Webhook, Timestamp::from_millis(0))
    }

    /// The places of the events that tell the newest, and how many are dealt with by them.
    fn chosen(waiting: &[(Event, Option<Timestamp>)]) -> (Vec<usize>, usize) {
        let Next { told_by, newest } = next_of(waiting).expect("one waits");
        let is_newest = |place: &usize| newest.contains(&&waiting[*place].0);
        ((0..waiting.len()).filter(is_newest).collect(), told_by.len())
    }

    fn one_a_second() -> Vec<(Event, Option<Timestamp>)> {
        (1..=4).map(|second| told("1", Some(second))).collect()
    }

    #[test]
    fn where_nothing_waits_nothing_is_next() {
        assert_eq!(next_of(&[]), None);
    }

    #[test]
    fn a_few_are_dealt_with_one_by_one() {
        assert_eq!(chosen(&one_a_second()[..3]), (vec![0], 1));
    }

    #[test]
    fn many_are_dealt_with_by_the_newest() {
        let mut many = one_a_second();
        assert_eq!(chosen(&many), (vec![3], 4));

        many.swap(1, 3);
        assert_eq!(chosen(&many), (vec![1], 4));

        many.push(told("1", Some(4)));
        assert_eq!(chosen(&many), (vec![1, 4], 5), "of one second");
    }

    #[test]
    fn where_one_tells_no_time_nobody_knows_the_newest() {
        let mut many = one_a_second();
        many.push(told("1", None));
        assert_eq!(chosen(&many), (vec![], 5));
    }

    #[test]
    fn only_changes_of_the_same_record_are_dealt_with_together() {
        let mut many = one_a_second();
        many.insert(0, (event("1", Change::Deleted), None));
        assert_eq!(chosen(&many), (vec![0], 1), "a deletion goes first, and alone");

        many.rotate_left(1);
        many.push(told("2", Some(9)));
        assert_eq!(chosen(&many), (vec![3], 4));
    }
}
