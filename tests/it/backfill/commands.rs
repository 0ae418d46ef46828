//! What `backfill` prints, and how it shares the work with the service.

use super::{Years, with_file};
use crate::process::Program;
use crate::scene::wait_until;

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_foretells_what_is_then_done() {
    let years = Years::of(200).await;
    years
        .crm
        .add_record("Contacts", serde_json::json!({ "lastname": "Nameless" }));
    let environment = years.environment();

    let dry = Program::run(&["backfill", "--dry-run"], &environment).await;

    assert_eq!(dry.code, Some(0), "{}", dry.log);
    assert_eq!(
        dry.out,
        "shop: taxes: nothing to do\n\
         shop: products in WooCommerce: 10 would be created, 0 updated, 0 skipped\n\
         shop: products in Vtiger CRM: 30 would be created, 0 updated, 0 skipped\n\
         shop: products: 10 show the same on both sides\n\
         shop: contacts in WooCommerce: 20 would be created, 0 updated, 1 skipped\n  \
         1 skipped: it has no e-mail address\n\
         shop: contacts in Vtiger CRM: 40 would be created, 20 updated, 0 skipped\n\
         shop: sales_orders in Vtiger CRM: 40 would be created, 0 updated, 0 skipped\n\
         Nothing was written.\n"
    );
    let writes = |years: &Years| {
        let shop = years.shop.calls().into_iter().filter(|call| call.method != "GET");
        let crm = years
            .crm
            .calls()
            .into_iter()
            .filter(|call| ["create", "revise", "update"].contains(&call.operation.as_str()));
        shop.count() + crm.count()
    };
    assert_eq!(writes(&years), 0);

    let done = Program::run(&["backfill"], &environment).await;
    assert_eq!(done.code, Some(0), "{}", done.log);
    assert_eq!(done.out, "",);
    years.assert_complete();
    years.leave().await;
}
