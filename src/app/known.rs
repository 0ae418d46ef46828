//! Notes what records are found by that were linked before that was noted.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::Store;
use crate::telemetry;

/// So many at once: nobody shall wait long for the database.
const AT_ONCE: u32 = 200;

/// Notes it once, until all is noted or `stop`.
pub(super) async fn note_links(store: Arc<dyn Store>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut after = String::new();
    while !stop.is_cancelled() {
        match store.know_links(&after, AT_ONCE, clock.now()).await {
            Ok(Some(last)) => after = last,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(
                    error = %telemetry::chain(&error),
                    "not all records can be found by their names before the next start"
                );
                return;
            }
        }
    }
}
