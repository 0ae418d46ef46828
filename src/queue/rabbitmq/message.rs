//! How an event is written as a message, and read.

use std::sync::Arc;

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{from_slice, from_str, to_string, to_vec};

use super::RabbitMqError;
use super::inbox::Held;
use crate::queue::{Event, Failure, Lane};

const ATTEMPTS: &str = "wvs-attempts";
const HISTORY: &str = "wvs-history";
const LANE: &str = "wvs-lane";
const POISONED: &str = "wvs-poisoned";

/// How much of an error's text is kept.
const LONGEST_ERROR: usize = 500;

/// How long the history may be. Headers must fit into one frame.
const LONGEST_HISTORY: usize = 32 * 1024;

/// Where RabbitMQ is told to write it to disk.
const PERSISTENT: u8 = 2;

/// A message to publish.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) queue: String,
    pub(super) properties: BasicProperties,
    pub(super) body: Arc<[u8]>,
}

impl Message {
    /// A new event.
    pub(super) fn of(queue: &str, lane: Lane, event: &Event) -> Result<Self, RabbitMqError> {
        let body = to_vec(event).map_err(RabbitMqError::Unwritable)?;
        Ok(Self::new(queue, headers(lane), Some(&event.id), body.into()))
    }

    /// What was handed out, to come again.
    pub(super) fn again(queue: &str, held: &Held, attempts: u32, history: &[Failure]) -> Self {
        let mut headers = headers(held.lane);
        headers.insert(ATTEMPTS.into(), AMQPValue::LongLongInt(attempts.into()));
        headers.insert(HISTORY.into(), AMQPValue::LongString(written(history).into()));
        headers.insert(POISONED.into(), AMQPValue::Boolean(held.is_poisoned));
        Self::new(queue, headers, held.message_id.as_deref(), Arc::clone(&held.body))
    }

    fn new(queue: &str, headers: FieldTable, id: Option<&str>, body: Arc<[u8]>) -> Self {
        let mut properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_headers(headers);
        // Longer ones can't be written, nor are they of this program's making.
        if let Some(id) = id.and_then(|id| lapin::types::ShortString::try_new(id).ok()) {
            properties = properties.with_message_id(id);
        }
        Self {
            queue: queue.to_owned(),
            properties,
            body,
        }
    }
}

fn headers(lane: Lane) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert(LANE.into(), AMQPValue::LongString(lane.as_str().into()));
    headers
}

/// The history as JSON, with as many of its failures as fit.
fn written(history: &[Failure]) -> String {
    let mut history: Vec<Failure> = history
        .iter()
        .map(|failure| Failure {
            at: failure.at,
            error: failure.error.chars().take(LONGEST_ERROR).collect(),
        })
        .collect();
    loop {
        let text = to_string(&history).unwrap_or_default();
        if text.len() <= LONGEST_HISTORY || history.len() < 2 {
            return text;
        }
        // The first tells most, and then the latest.
        history.remove(1);
    }
}

/// What a message says of its event.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) message_id: Option<String>,
    /// The event; the text where it can't be read.
    pub(super) event: Result<Event, String>,
    pub(super) attempts: u32,
    pub(super) history: Vec<Failure>,
    /// The lane that it says it is of.
    pub(super) lane: Option<Lane>,
    pub(super) is_poisoned: bool,
}

/// Reads a message. Nothing in it is trusted to be there or to be right.
pub(super) fn read(properties: &BasicProperties, body: &[u8]) -> Told {
    let header = |name: &str| properties.headers().as_ref()?.inner().get(name);
    let text = |name: &str| match header(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    };
    Told {
        message_id: properties.message_id().as_ref().map(ToString::to_string),
        event: from_slice(body).map_err(|_| String::from_utf8_lossy(body).into_owned()),
        attempts: match header(ATTEMPTS) {
            Some(AMQPValue::LongLongInt(attempts)) => u32::try_from(*attempts).unwrap_or(0),
            _ => 0,
        },
        history: text(HISTORY)
            .and_then(|history| from_str(history).ok())
            .unwrap_or_default(),
        lane: text(LANE).and_then(|name| Lane::ALL.into_iter().find(|lane| lane.as_str() == name)),
        is_poisoned: matches!(header(POISONED), Some(AMQPValue::Boolean(true))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn failures(count: i64, error: &str) -> Vec<Failure> {
        let failure = |n| Failure {
            at: Timestamp::from_seconds(n),
            error: error.to_owned(),
        };
        (0..count).map(failure).collect()
    }

    #[test]
    fn a_long_history_fits_into_a_frame() {
        let text = written(&failures(10, &"é".repeat(5_000)));
        let read: Vec<Failure> = from_str(&text).unwrap();
        assert_eq!(read.len(), 10);
        assert_eq!(read[0].error.chars().count(), LONGEST_ERROR);

        // Each of these becomes six bytes.
        let text = written(&failures(20, &"\u{1}".repeat(500)));
        let read: Vec<Failure> = from_str(&text).unwrap();
        assert!(text.len() <= LONGEST_HISTORY);
        assert_eq!(read[0].at, Timestamp::from_seconds(0));
        assert_eq!(read.last().unwrap().at, Timestamp::from_seconds(19));
    }

    #[test]
    fn a_message_of_somebody_else_is_read_as_far_as_it_can_be() {
        let mut headers = FieldTable::default();
        headers.insert(ATTEMPTS.into(), AMQPValue::LongString("many".into()));
        headers.insert(HISTORY.into(), AMQPValue::LongString("[".into()));
        headers.insert(LANE.into(), AMQPValue::LongString("fast".into()));
        let told = read(&BasicProperties::default().with_headers(headers), b"\xff{}");

        assert_eq!(told.event, Err("\u{fffd}{}".to_owned()));
        assert_eq!(
            (told.message_id, told.attempts, told.history, told.lane),
            (None, 0, Vec::new(), None)
        );
    }
}
