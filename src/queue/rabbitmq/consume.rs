//! Takes events from the broker, and answers them.

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::stream::{self, BoxStream, StreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{Acker, Channel, Connection};
use tokio::time::timeout;

use super::connection::PATIENCE;
use super::inbox::Source;
use super::{RabbitMqError, Shared};

/// The consumers of a connection.
pub(super) struct Consumers {
    /// A channel for each, as a channel's end is then told of the right queue; and what the consumer is called there.
    channels: Vec<(Channel, ShortString)>,
    /// What they bring; nothing where one has ended.
    arrivals: BoxStream<'static, (Source, Option<lapin::Result<Delivery>>)>,
}

/// Starts to take events, where this process takes any.
pub(super) async fn start(shared: &Shared, connection: &Arc<Connection>) -> Result<Consumers, RabbitMqError> {
    let mut channels = Vec::new();
    let mut arrivals = Vec::new();
    if shared.prefetch > 0 && !shared.stop.is_cancelled() {
        for source in Source::ALL {
            let consume = consume(connection, queue(shared, source), shared.prefetch);
            let (channel, consumer) = timeout(PATIENCE, consume).await??;
            channels.push((channel, consumer.tag()));
            let end = stream::iter([(source, None)]);
            arrivals.push(consumer.map(move |delivery| (source, Some(delivery))).chain(end));
        }
    }
    Ok(Consumers {
        channels,
        arrivals: stream::select_all(arrivals).boxed(),
    })
}

fn queue(shared: &Shared, source: Source) -> &str {
    match source {
        Source::Lane(lane) => shared.topology.lane(lane),
        Source::Failed => shared.topology.failed(),
    }
}

async fn consume(
    connection: &Connection,
    queue: &str,
    prefetch: u16,
) -> Result<(Channel, lapin::Consumer), RabbitMqError> {
    let channel = connection.create_channel().await?;
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let consumer = channel
        .basic_consume(
            queue.into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    Ok((channel, consumer))
}

impl Consumers {
    /// Takes events until told to stop, and then only keeps the channels open for the answers. Returns when a consumer
    /// has ended by itself.
    pub(super) async fn run(mut self, shared: &Shared) -> Result<(), RabbitMqError> {
        loop {
            let arrival = tokio::select! {
                biased;
                () = shared.stop.cancelled() => break,
                Some(arrival) = self.arrivals.next() => arrival,
            };
            match arrival {
                (source, Some(Ok(delivery))) => shared.inbox.add(source, delivery),
                (_, Some(Err(error))) => return Err(error.into()),
                (source, None) => return Err(RabbitMqError::Ended(queue(shared, source).to_owned())),
            }
        }
        self.stop(shared).await;
        std::future::pending().await
    }

    /// Has the broker hand out no more, and gives back what was not handed on.
    async fn stop(&mut self, shared: &Shared) {
        let cancel = |(channel, tag): &(Channel, ShortString)| {
            let (channel, tag) = (channel.clone(), tag.clone());
            async move { channel.basic_cancel(tag, BasicCancelOptions::default()).await }
        };
        let cancelled = join_all(self.channels.iter().map(cancel));
        if timeout(PATIENCE, cancelled).await.is_err() {
            tracing::debug!("RabbitMQ does not answer that it hands out no more");
        }
        let mut left = shared.inbox.drain();
        // What came until it heard of it is still under way here.
        let mut ended = 0;
        while ended < self.channels.len()
            && let Ok(Some((_, arrival))) = timeout(PATIENCE, self.arrivals.next()).await
        {
            match arrival {
                Some(Ok(delivery)) => left.push(delivery.acker),
                Some(Err(_)) => {}
                None => ended += 1,
            }
        }
        tracing::debug!(events = left.len(), "giving events back to RabbitMQ");
        give_back(left).await;
    }
}

/// Has the broker hand out these again, at once and to anybody.
///
/// RabbitMQ up to 4.2 counts this as one of the times that an event may be handed out; from 4.3 on, only a rejection or
/// the end of the connection counts.
pub(super) async fn give_back(ackers: Vec<Acker>) {
    let options = BasicNackOptions {
        multiple: false,
        requeue: true,
    };
    // One that fails is of a connection that has ended, which has the same effect.
    drop(join_all(ackers.iter().map(|acker| acker.nack(options))).await);
}

/// Tells the broker that an event is dealt with.
pub(super) async fn acknowledge(acker: &Acker, id: &str) {
    if !matches!(acker.ack(BasicAckOptions::default()).await, Ok(true)) {
        tell_of_lost(id);
    }
}

/// Tells of an event that can't be answered, as its connection has ended.
pub(super) fn tell_of_lost(id: &str) {
    tracing::debug!(event.id = %id, "RabbitMQ hands an event out again whose connection has ended");
}
