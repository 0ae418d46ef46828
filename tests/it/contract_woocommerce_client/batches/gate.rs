//! How batches pass the gate.

use std::sync::Mutex;

use async_trait::async_trait;
use woo_vtiger_sync::sync::Side;
use woo_vtiger_sync::system::{Gate, Held, HeldReason, Pass, Reply, begin, has_begun, priority};

use super::*;

/// A gate that notes whose requests pass, and may be shut.
#[derive(Clone, Debug, Default)]
struct Counter {
    passed: Arc<Mutex<Vec<(Priority, bool)>>>,
    is_shut: bool,
}

#[derive(Debug)]
struct Passed;

#[async_trait]
impl Gate for Counter {
    async fn pass(&self) -> Result<Box<dyn Pass>, Held> {
        if self.is_shut {
            return Err(Held {
                wait: Duration::from_secs(7),
                reason: HeldReason::Rate,
            });
        }
        let asker = (priority(), has_begun(Side::WooCommerce));
        self.passed.lock().unwrap().push(asker);
        begin(Side::WooCommerce);
        Ok(Box::new(Passed))
    }
}

#[async_trait]
impl Pass for Passed {
    async fn replied(self: Box<Self>, _: &Reply) -> Option<Duration> {
        None
    }
}

/// Creates three customers behind this gate; one of the callers has sent a request before. Tells the outcomes and who
/// has begun then.
async fn behind(gate: &Counter, shop: WooCommerce) -> Vec<(Outcome, bool)> {
    let shop = shop.behind(Arc::new(gate.clone()));
    let writes = (0..3).map(|nth| {
        let shop = &shop;
        work_for(Priority::Backfill, async move {
            if nth == 2 {
                begin(Side::WooCommerce);
            }
            let email = format!("c{nth}@shop.example");
            let outcome = write(shop, None, &[("email", &email)]).await;
            (outcome, has_begun(Side::WooCommerce))
        })
    });
    join_all(writes).await
}

#[tokio::test]
async fn a_batch_passes_the_gate_once_for_all_of_them() {
    let (simulator, shop) = open().await;
    let gate = Counter::default();

    let outcomes = behind(&gate, shop).await;

    assert!(outcomes.iter().all(|(outcome, begun)| outcome.is_ok() && *begun));
    assert_eq!(calls(&simulator).len(), 1);
    let passed = gate.passed.lock().unwrap().clone();
    assert_eq!(
        passed,
        [(Priority::Backfill, true)],
        "as patient as the one that began"
    );
}

#[tokio::test]
async fn a_gate_that_is_shut_holds_all_of_them_back() {
    let (simulator, shop) = open().await;
    let gate = Counter {
        is_shut: true,
        ..Counter::default()
    };

    let outcomes = behind(&gate, shop).await;

    let wait = Duration::from_secs(7);
    let begun: Vec<_> = outcomes.iter().map(|(_, begun)| *begun).collect();
    assert!(
        outcomes
            .iter()
            .all(|(outcome, _)| fault(outcome) == Fault::Paused { wait })
    );
    assert_eq!(begun, [false, false, true], "nothing was sent for them");
    assert!(calls(&simulator).is_empty());
}
