//! How many events wait.

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use tokio::time::timeout;

use super::connection::PATIENCE;
use super::{RabbitMqError, Shared};
use crate::queue::Lane;

/// How many events of a lane wait in the broker or are in this process.
pub(super) async fn depth(shared: &Shared, lane: Lane) -> Result<u64, RabbitMqError> {
    let connection = shared.consuming().clone().ok_or(RabbitMqError::NotConnected)?;
    let waiting = timeout(PATIENCE, async {
        // A channel of its own, as an error ends it.
        let channel = connection.create_channel().await?;
        let mut waiting = 0;
        for queue in shared.topology.all_of(lane) {
            let options = QueueDeclareOptions::durable().passive();
            let queue = channel
                .queue_declare(queue.into(), options, FieldTable::default())
                .await?;
            waiting += u64::from(queue.message_count());
        }
        Ok::<_, lapin::Error>(waiting)
    })
    .await??;
    Ok(waiting + u64::try_from(shared.inbox.count(lane)).unwrap_or(u64::MAX))
}
