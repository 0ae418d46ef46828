//! The queues that this program needs, and how they are declared.
//!
//! All are durable quorum queues, reached through the default exchange by their names. Their properties suit RabbitMQ
//! from 3.10 to 4.x without plugins. A queue's properties can't be changed: another version of this program that needs
//! others must use other names.

use std::time::Duration;

use lapin::Connection;
use lapin::options::QueueDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable};

use super::RabbitMqError;
use crate::queue::Lane;

/// So often an event is handed out and not answered before it is taken for poisoned.
const DELIVERY_LIMIT: i32 = 50;

/// The times that an event can wait before it comes again, in ascending order. Each has a queue of its own, as messages
/// expire only at a queue's head.
const WAITS: [(&str, Duration); 5] = [
    ("250ms", Duration::from_millis(250)),
    ("2s", Duration::from_secs(2)),
    ("10s", Duration::from_secs(10)),
    ("1m", Duration::from_mins(1)),
    ("10m", Duration::from_mins(10)),
];

/// To come again too early costs a look at each event: shorter waits are not cut.
const SHORT: Duration = Duration::from_secs(10);

/// The names of the queues.
#[derive(Debug)]
pub(super) struct Topology {
    lanes: [LaneQueues; 2],
    failed: String,
}

#[derive(Debug)]
struct LaneQueues {
    main: String,
    waits: [String; 5],
}

impl Topology {
    pub(super) fn new(prefix: &str) -> Self {
        let lane = |lane: Lane| LaneQueues {
            main: format!("{prefix}.{}", lane.as_str()),
            waits: WAITS.map(|(name, _)| format!("{prefix}.{}.wait.{name}", lane.as_str())),
        };
        Self {
            lanes: Lane::ALL.map(lane),
            failed: format!("{prefix}.failed"),
        }
    }

    fn queues(&self, lane: Lane) -> &LaneQueues {
        match lane {
            Lane::Live => &self.lanes[0],
            Lane::Bulk => &self.lanes[1],
        }
    }

    /// The queue of a lane.
    pub(super) fn lane(&self, lane: Lane) -> &str {
        &self.queues(lane).main
    }

    /// The queue for events that were handed out too often.
    pub(super) fn failed(&self) -> &str {
        &self.failed
    }

    /// The queue to wait in for about this time: a short wait is drawn out, a long one cut short, so that what waits for a
    /// system is there soon when that is back.
    pub(super) fn wait(&self, lane: Lane, delay: Duration) -> &str {
        let fit = if delay < SHORT {
            WAITS.iter().position(|(_, wait)| *wait >= delay)
        } else {
            WAITS.iter().rposition(|(_, wait)| *wait <= delay)
        };
        &self.queues(lane).waits[fit.unwrap_or_default()]
    }

    /// All queues in which events of a lane wait.
    pub(super) fn all_of(&self, lane: Lane) -> impl Iterator<Item = &str> {
        let queues = self.queues(lane);
        std::iter::once(queues.main.as_str()).chain(queues.waits.iter().map(String::as_str))
    }

    /// Creates the queues that are not there yet.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<(), RabbitMqError> {
        // The queues that others name come first. It could never leave `failed` on RabbitMQ 4, which drops what is
        // handed out 20 times where no limit is set.
        declare(connection, &self.failed, &[("x-delivery-limit", i32::MAX.into())]).await?;
        for queues in &self.lanes {
            let mut properties = dead_letters_to(&self.failed);
            properties.push(("x-delivery-limit", DELIVERY_LIMIT.into()));
            declare(connection, &queues.main, &properties).await?;
            for (queue, (_, wait)) in queues.waits.iter().zip(WAITS) {
                let mut properties = dead_letters_to(&queues.main);
                let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
                properties.push(("x-message-ttl", wait_ms.into()));
                declare(connection, queue, &properties).await?;
            }
        }
        Ok(())
    }
}

type Property = (&'static str, AMQPValue);

/// What is dead-lettered is removed only when the other queue has it. Queues that reject publishers are a condition of
/// that, though these have no length to reject at.
fn dead_letters_to(queue: &str) -> Vec<Property> {
    let text = |text: &str| AMQPValue::LongString(text.into());
    vec![
        ("x-dead-letter-exchange", text("")),
        ("x-dead-letter-routing-key", text(queue)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ]
}

async fn declare(connection: &Connection, queue: &str, properties: &[Property]) -> Result<(), RabbitMqError> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    for (name, value) in properties {
        arguments.insert((*name).into(), value.clone());
    }
    // A failure ends the channel.
    let channel = connection.create_channel().await?;
    let declared = channel
        .queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments)
        .await;
    match declared {
        Ok(_) => Ok(()),
        Err(error) => Err(clash(queue, &error).unwrap_or(RabbitMqError::Amqp(error))),
    }
}

fn clash(queue: &str, error: &lapin::Error) -> Option<RabbitMqError> {
    let lapin::ErrorKind::ProtocolError(error) = error.kind() else {
        return None;
    };
    let is_clash = matches!(
        error.kind(),
        AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED)
    );
    is_clash.then(|| RabbitMqError::Clash {
        queue: queue.to_owned(),
        difference: error
            .get_message()
            .as_str()
            .trim_start_matches("PRECONDITION_FAILED - ")
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_wait_is_drawn_out_and_a_long_one_cut_short() {
        let topology = Topology::new("sync");
        for (ms, name) in [
            (0, "250ms"),
            (250, "250ms"),
            (251, "2s"),
            (9_000, "10s"),
            (59_999, "10s"),
            (130_000, "1m"),
            (3_600_000, "10m"),
        ] {
            assert_eq!(
                topology.wait(Lane::Bulk, Duration::from_millis(ms)),
                format!("sync.bulk.wait.{name}")
            );
        }
    }
}
