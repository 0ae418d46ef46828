//! What sweeps find that nobody announced.

mod broken_off;
mod changes;
pub(crate) mod clock;
mod daylight;
mod deletions;
mod lost;
mod meanwhile;

use woo_vtiger_sync::sweep::{Report, Scope};
use woo_vtiger_sync::sync::{Module, Side};

use crate::scene::{Scene, place};

/// Sweeps all modules once, those that others refer to first, and waits until what was found is dealt with.
async fn sweep(scene: &Scene, scope: Scope) -> Vec<Report> {
    let mut reports = Vec::new();
    for module in Module::ALL {
        let sweeper = &scene.server.parts().roster.get("shop").unwrap().sweeper.clone();
        reports.push(sweeper.sweep(&place(module), scope).await.unwrap());
        scene.quiet().await;
    }
    reports
}

/// How many records were found not to be in step.
fn found(reports: &[Report]) -> u64 {
    let counts = reports
        .iter()
        .flat_map(|report| Side::BOTH.map(|side| *report.found.of(side)));
    counts.sum()
}
