//! Whether events can be carried.

use std::time::Duration;

use crate::queue::{Lane, Queue};
use crate::system::{Finding, Verdict};

/// How long a broker may take to be connected.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// Looks whether the queue answers; waits for a broker until it is connected.
pub(super) async fn look(queue: &dyn Queue) -> Finding {
    let connected = async {
        while !queue.is_connected() {
            tokio::time::sleep(LOOK).await;
        }
    };
    // Whether it was in time is asked for below.
    drop(tokio::time::timeout(PATIENCE, connected).await);
    let verdict = match queue.problem() {
        Some(problem) => Verdict::Bad(
            problem,
            "start RabbitMQ, or mend queue.url; until then webhooks are kept in the database, and nothing is synced".to_owned(),
        ),
        None => match queue.depth(Lane::Live).await {
            Ok(1) => Verdict::Good("it answers; 1 event waits".to_owned()),
            Ok(waiting) => Verdict::Good(format!("it answers; {waiting} events wait")),
            Err(error) => Verdict::Bad(
                crate::telemetry::chain(&error),
                "see whether the database and RabbitMQ, where it is used, answer".to_owned(),
            ),
        },
    };
    Finding {
        subject: "queue".to_owned(),
        verdict,
    }
}
