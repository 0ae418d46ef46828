//! What sweeps find that nobody announced.

mod deletions;

use woo_vtiger_sync::simulator::faults::FaultPlan;

use crate::scene::Scene;

/// From now on no webhook and no callback arrives.
fn lose_all(scene: &Scene) {
    let plan = FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    };
    scene.shop.set_faults(plan.clone());
    scene.crm.set_faults(plan);
}
