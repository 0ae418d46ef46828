//! What travels one way only, travels one way only: whatever people edit on both sides, the side that the records come
//! from is never written to.

use woo_vtiger_sync::sync::Side;

use crate::people::{Licence, People};
use crate::scene::Scene;

/// How many edits there are in each direction.
const EDITS: usize = 1_000;
/// So many are made before what came of them is awaited.
const AT_A_TIME: usize = 25;

/// Everybody may edit everything on both sides.
const EVERYTHING: Licence = Licence {
    edits: |_, _| true,
    deletes: true,
};

/// Lets people edit on both sides, and tells the writes to `source`.
async fn writes_to(source: Side, direction: &str) -> Vec<String> {
    let modules = ["contacts", "products", "sales_orders"].map(|module| {
        format!("[connections.shop.modules.{module}]\ndirection = \"{direction}\"\ndeletes = \"propagate\"\n")
    });
    let scene = Scene::with(&modules.concat()).await;
    let mut people = People::new(&scene, 7, "one-way", EVERYTHING);
    let mut edits = 0;
    while edits < EDITS {
        for _ in 0..AT_A_TIME {
            edits += usize::from(people.act());
        }
        scene.quiet().await;
    }
    scene.sweep_all().await;
    let others = writes(&scene, source.opposite());
    assert!(others.len() > 20, "the other side is written to: {others:?}");
    let written = writes(&scene, source);
    scene.stop().await;
    written
}

fn writes(scene: &Scene, side: Side) -> Vec<String> {
    match side {
        Side::WooCommerce => {
            let calls = scene.shop.calls().into_iter();
            let writes = calls.filter(|call| call.method != "GET");
            writes
                .map(|call| format!("{} {}", call.method, call.path))
                .collect()
        }
        Side::Vtiger => {
            let calls = scene.crm.calls().into_iter();
            let writes =
                calls.filter(|call| ["create", "update", "revise", "delete"].contains(&&*call.operation));
            // Taxes are the shop's, whatever the direction of the others.
            let writes = writes.filter(|call| call.detail != "Tax" && !call.detail.starts_with("34x"));
            writes
                .map(|call| format!("{} {}", call.operation, call.detail))
                .collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_is_not_written_to_when_all_comes_from_it() {
    assert_eq!(
        writes_to(Side::WooCommerce, "to_vtiger").await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crm_is_not_written_to_when_all_comes_from_it() {
    assert_eq!(
        writes_to(Side::Vtiger, "to_woocommerce").await,
        Vec::<String>::new()
    );
}
