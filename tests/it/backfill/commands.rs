//! What `backfill` prints, and how it shares the work with the service.

use std::time::Duration;

use serde_json::{Value as Json, json};
use woo_vtiger_sync::http;

use super::{TOKEN, Years};
use crate::process::Program;
use crate::scene::wait_until;

/// Asks the service's API.
async fn ask(url: &str, path: &str) -> Json {
    let client = http::client(Duration::from_secs(10)).unwrap();
    let answer = client
        .get(format!("{url}/api/v1{path}"))
        .bearer_auth(TOKEN)
        .send();
    serde_json::from_str(&answer.await.unwrap().text().await.unwrap()).unwrap()
}

/// Asks the service's API to do something.
async fn tell(url: &str, path: &str, body: &Json) -> (u16, Json) {
    let client = http::client(Duration::from_secs(10)).unwrap();
    let request = client.post(format!("{url}/api/v1{path}")).bearer_auth(TOKEN);
    let request = request.header("content-type", "application/json");
    let answer = request.body(body.to_string()).send().await.unwrap();
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
    )
}

fn writes(years: &Years) -> usize {
    let shop = years.shop.calls().into_iter().filter(|call| call.method != "GET");
    let crm = years.crm.calls().into_iter().filter(|call| {
        let operation = call.operation.as_str();
        ["create", "revise", "update", "delete"].contains(&operation)
    });
    shop.count() + crm.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_foretells_what_is_then_done() {
    let years = Years::of(200).await;
    let nobody = json!({ "lastname": "Nobody", "email": "" });
    years.crm.add_record("Contacts", nobody);
    let environment = years.environment();

    let dry = Program::run(&["backfill", "--dry-run"], &environment).await;

    assert_eq!(dry.code, Some(0), "{}", dry.log);
    assert_eq!(
        dry.out,
        "shop: taxes: nothing to do\n\
         shop: products in WooCommerce: 10 would be created, 0 updated, 0 skipped\n\
         shop: products in Vtiger CRM: 30 would be created, 10 updated, 0 skipped\n\
         shop: contacts in WooCommerce: 20 would be created, 0 updated, 1 skipped\n\
         shop:   1 skipped: it has no e-mail address\n\
         shop: contacts in Vtiger CRM: 40 would be created, 0 updated, 0 skipped\n\
         shop: contacts: 20 show the same on both sides\n\
         shop: sales_orders in Vtiger CRM: 40 would be created, 0 updated, 0 skipped\n\
         Nothing was written.\n"
    );
    assert_eq!(writes(&years), 0);

    let done = Program::run(&["backfill"], &environment).await;
    assert_eq!(done.code, Some(0), "{}", done.log);
    assert_eq!(
        done.out,
        "shop: products in WooCommerce: 10 created\n\
         shop: products in Vtiger CRM: 30 created, 10 updated\n\
         shop: contacts in WooCommerce: 20 created, 1 skipped\n\
         shop: contacts in Vtiger CRM: 40 created, 20 linked\n\
         shop: sales_orders in Vtiger CRM: 40 created\n"
    );
    assert!(
        done.log.contains("shop: products in WooCommerce: 40 of 40 read"),
        "{}",
        done.log
    );

    let dry = Program::run(&["backfill", "--dry-run"], &environment).await;
    assert_eq!(dry.out.matches("created, 0 updated").count(), 6, "{}", dry.out);
    years.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_service_the_service_does_it_and_tells_what_it_did() {
    let years = Years::of(200).await;
    let environment = years.environment();
    let service = Program::start(&["serve"], &environment);
    let url = service.url().await;

    let done = Program::run(&["backfill"], &environment).await;

    assert_eq!(done.code, Some(0), "{}", done.log);
    assert!(
        done.out
            .contains("shop: sales_orders in Vtiger CRM: 40 created\n"),
        "{}",
        done.out
    );
    years.assert_complete();

    let runs = ask(&url, "/runs").await;
    let run = &runs["runs"][0];
    assert_eq!(
        (&run["kind"], &run["state"]),
        (&json!("backfill"), &json!("done")),
        "{runs:#}"
    );
    let counts = run["counts"].as_array().unwrap();
    let orders = counts
        .iter()
        .find(|counts| counts["module"] == "sales_orders")
        .unwrap();
    assert_eq!(
        (&orders["side"], &orders["created"]),
        (&json!("vtiger"), &json!(40))
    );
    let id = run["id"].as_str().unwrap();
    let first = ask(&url, &format!("/runs/{id}/records?limit=100")).await;
    assert_eq!(first["records"].as_array().unwrap().len(), 100);
    let after = first["next"].as_str().unwrap();
    let second = ask(&url, &format!("/runs/{id}/records?limit=100&after={after}")).await;
    assert_eq!(second["records"][99], Json::Null, "there are 170 in all");
    assert_eq!(second["records"][69]["action"], "created");
    assert_eq!(ask(&url, "/runs/none").await["error"], "not_found");

    let listed = Program::run(&["runs", "list"], &environment).await;
    assert!(listed.out.contains("first sync, done\n"), "{}", listed.out);
    let shown = Program::run(&["runs", "show", id], &environment).await;
    assert_eq!(shown.out.lines().count(), 1 + counts.len() + 170, "{}", shown.out);
    service.stop().await;
    years.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_may_ask_for_a_first_sync_and_for_sweeps() {
    let years = Years::of(100).await;
    let service = Program::start(&["serve"], &years.environment());
    let url = service.url().await;

    let (status, asked) = tell(&url, "/backfill", &json!({ "connection": "Shop" })).await;
    assert_eq!(status, 202, "{asked}");
    let again = tell(&url, "/backfill", &json!({ "connection": "shop" })).await;
    assert_eq!(again.1, asked, "it is under way");
    let run = format!("/runs/{}", asked["run"].as_str().unwrap());
    wait_until("the first sync is done", || async {
        ask(&url, &run).await["state"] == "done"
    })
    .await;
    years.assert_complete();

    let (status, _) = tell(&url, "/sweep", &json!({ "connection": "shop", "full": true })).await;
    assert_eq!(status, 202);
    wait_until("the sweep is done", || async {
        let newest = &ask(&url, "/runs?limit=1").await["runs"][0];
        newest["kind"] == "sync_now" && newest["state"] == "done"
    })
    .await;
    let modules = ask(&url, "/modules").await;
    let modules = modules["modules"].as_array().unwrap();
    assert_eq!(modules.len(), 7, "all sides that are read");
    assert!(
        modules.iter().all(|module| module["in_step_as_of"].is_string()),
        "{modules:?}"
    );
    assert!(modules.iter().all(|module| module["drift"] == 0), "{modules:?}");

    for (path, body) in [
        ("/sweep", json!({ "connection": "other" })),
        ("/backfill", json!({ "connection": "other" })),
    ] {
        let (status, answer) = tell(&url, path, &body).await;
        assert_eq!((status, &answer["error"]), (404, &json!("not_found")), "{path}");
    }
    assert_eq!(tell(&url, "/sweep", &json!({})).await.0, 400);
    service.stop().await;
    years.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_ended_goes_on_no_more() {
    let years = Years::of(400).await;
    let environment = years.environment();
    let program = Program::start(&["backfill"], &environment);
    wait_until("it is at work", || async { writes(&years) > 10 }).await;

    let ended = Program::run(&["backfill", "--end"], &environment).await;

    assert_eq!(
        ended.out,
        "The first sync is ended. What it found by then is dealt with.\n"
    );
    let done = program.ended().await;
    assert_eq!(done.code, Some(0), "{}", done.log);
    let again = Program::run(&["backfill", "--end"], &environment).await;
    assert_eq!(again.out, "No first sync is under way.\n");
    assert!(years.crm.records("SalesOrder").is_empty());

    // A new one does what is left.
    let anew = Program::run(&["backfill"], &environment).await;
    assert_eq!(anew.code, Some(0), "{}", anew.log);
    years.assert_complete();
    years.leave().await;
}
