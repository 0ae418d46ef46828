//! Events that failed too often: set aside with all that is known of them, shown, replayed, discarded.

mod api;
mod desk;
mod replays;

use serde_json::Value as Json;
use woo_vtiger_sync::queue::{Cause, Change, Event, Lane, Seen, Subject};
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::store::FailedFilter;
use woo_vtiger_sync::sync::{Module, RecordId, Side};

use crate::process::{Ended, Program};
use crate::scene::{Scene, ann, wait_until};
use crate::visitor::Visitor;

const ANN: &str = "ann@shop.example";

/// A scene whose events are set aside after the second attempt.
async fn impatient() -> Scene {
    Scene::with("[worker]\nretry_limit = 1").await
}

fn break_crm(scene: &Scene, is_broken: bool) {
    scene.crm.set_faults(FaultPlan {
        request_faults: if is_broken { 1.0 } else { 0.0 },
        ..FaultPlan::default()
    });
}

/// A customer of whom one webhook tells, in vain.
async fn fail(scene: &Scene, email: &str) -> u64 {
    scene.set_deaf(true);
    let customer = scene.shop.register_customer(ann(email));
    scene.quiet().await;
    scene.set_deaf(false);
    break_crm(scene, true);
    let subject = Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id: RecordId::new(customer.to_string()),
        change: Change::Changed(Seen::of(scene.shop.customer(customer).unwrap())),
    };
    let parts = scene.server.parts();
    let event = Event::new("shop", subject, Cause::Webhook, parts.clock.now());
    parts.queue.publish(Lane::Live, &[event]).await.unwrap();
    scene.quiet().await;
    customer
}

/// Runs the program on the scene's database, as a person does beside the service.
async fn run(scene: &Scene, arguments: &[&str]) -> Ended {
    Program::run(arguments, &scene.environment()).await
}

/// What the program prints when all is well.
async fn told(scene: &Scene, arguments: &[&str]) -> String {
    let ended = run(scene, arguments).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out
}

/// The ids of the failed events.
async fn failed_ids(scene: &Scene) -> Vec<String> {
    let store = &scene.server.parts().store;
    let all = FailedFilter::default();
    let failed = store.failed_after(&all, "", 10).await.unwrap();
    failed.into_iter().map(|failed| failed.id).collect()
}

/// The id of the only failed event.
async fn only_failed(scene: &Scene) -> String {
    wait_until("an event has failed", || async {
        !failed_ids(scene).await.is_empty()
    })
    .await;
    let mut ids = failed_ids(scene).await;
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_connection_that_is_not_known_is_not_lost() {
    let scene = impatient().await;
    let parts = scene.server.parts();
    let subject = Subject::Module {
        module: Module::Contacts,
    };
    let event = Event::new("elsewhere", subject, Cause::Webhook, parts.clock.now());
    parts.queue.publish(Lane::Live, &[event]).await.unwrap();
    scene.quiet().await;

    let id = only_failed(&scene).await;
    let show = told(&scene, &["failed", "show", &id]).await;
    assert!(show.contains("this process knows no such connection"), "{show}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_too_often_is_shown_and_arrives_once_it_is_replayed() {
    let scene = impatient().await;
    assert_eq!(
        told(&scene, &["failed", "list"]).await,
        "There are no failed events.\n"
    );
    let customer = fail(&scene, ANN).await;

    let id = only_failed(&scene).await;
    let list = told(&scene, &["failed", "list"]).await;
    let row = list.lines().nth(1).unwrap();
    assert!(row.starts_with(&id), "{list}");
    assert!(
        row.contains(&format!("contact {customer} in WooCommerce")),
        "{list}"
    );
    assert!(list.contains("\n1 failed event.\n"), "{list}");

    // A part of the id will do.
    let show = told(&scene, &["failed", "show", &id[..12]]).await;
    for part in [
        &format!("Failed event {id}\n"),
        &format!("contact {customer} in WooCommerce"),
        "Connection  shop\n",
        "it was created or changed",
        "told by a webhook of WooCommerce",
        "after 2 attempts",
        "\nAttempts, times in UTC\n",
        "failed in Vtiger CRM: trying failed again and again: ",
        &format!("woo-vtiger-sync failed replay {id}"),
        &format!("woo-vtiger-sync failed discard {id}"),
    ] {
        assert!(show.contains(part), "no `{part}` in {show}");
    }
    let attempts = show.split("times in UTC\n").nth(1).unwrap();
    assert_eq!(
        attempts.split("\n\n").next().unwrap().lines().count(),
        2,
        "{show}"
    );

    // What came with the event stays out of what is told of it.
    let json = told(&scene, &["failed", "list", "--json"]).await;
    let shown_json = told(&scene, &["failed", "show", &id, "--json"]).await;
    for output in [&list, &show, &json, &shown_json] {
        for value in [ANN, "Lee", "555 1000", "Oakland"] {
            assert!(!output.contains(value), "{value}: {output}");
        }
    }
    let listed: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["failed"][0]["id"], id.as_str());
    assert_eq!(listed["failed"][0]["module"], "contacts");
    let shown: Json = serde_json::from_str(&shown_json).unwrap();
    assert_eq!(shown["history"].as_array().unwrap().len(), 2);
    assert_eq!(shown["reason"], shown["history"][1]["error"]);

    // It fails again while the cause is there ...
    assert_eq!(
        told(&scene, &["failed", "replay", &id]).await,
        "1 event is in the queue again; `failed list` tells if it fails anew.\n"
    );
    scene.quiet().await;
    let again = only_failed(&scene).await;
    assert_ne!(again, id);
    assert!(scene.contact(ANN).is_none());

    // ... and arrives when that is mended.
    break_crm(&scene, false);
    told(&scene, &["failed", "replay", "--all"]).await;
    scene.quiet().await;
    assert_eq!(scene.contact(ANN).unwrap()["phone"], "555 1000");
    assert_eq!(
        told(&scene, &["failed", "list"]).await,
        "There are no failed events.\n"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_meanwhile_arrives_as_it_is_now() {
    let scene = impatient().await;
    let customer = fail(&scene, ANN).await;
    scene.set_deaf(true);
    let edit = serde_json::json!({ "billing": { "phone": "555 2000" } });
    assert!(scene.shop.edit_customer(customer, edit));
    scene.quiet().await;
    scene.set_deaf(false);

    told(&scene, &["failed", "replay", &only_failed(&scene).await]).await;
    scene.quiet().await;

    assert_eq!(scene.contact(ANN).unwrap()["phone"], "555 2000");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_discarded_is_forgotten_and_all_only_on_purpose() {
    // With several attempts each, the CRM would soon count as down, and nothing would fail any more.
    let scene = Scene::with("[worker]\nretry_limit = 0").await;
    for name in ["ann", "bob", "cy"] {
        fail(&scene, &format!("{name}@shop.example")).await;
    }
    let first = failed_ids(&scene).await.remove(0);

    let one = told(&scene, &["failed", "discard", &first]).await;
    let careless = run(&scene, &["failed", "discard", "--all"]).await;
    let left = failed_ids(&scene).await.len();
    let others = told(
        &scene,
        &["failed", "discard", "--all", "--yes", "--module", "products"],
    )
    .await;
    let done = told(
        &scene,
        &["failed", "discard", "--all", "--yes", "--module", "contacts"],
    )
    .await;

    assert_eq!(one, "1 event is discarded.\n");
    assert_eq!(careless.code, Some(1));
    assert_eq!(
        careless.log.lines().last().unwrap(),
        "error: this would discard 2 failed events for good; say --yes as well if that is meant"
    );
    assert_eq!(left, 2);
    assert_eq!(others, "There is nothing to discard about products.\n");
    assert_eq!(done, "2 events are discarded.\n");
    break_crm(&scene, false);
    scene.quiet().await;
    assert!(scene.crm.records("Contacts").is_empty());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_wrong_is_told_and_nothing_is_done() {
    let scene = impatient().await;
    fail(&scene, ANN).await;
    let id = only_failed(&scene).await;

    let short = run(&scene, &["failed", "show", "0198"]).await;
    let unknown = run(&scene, &["failed", "replay", &id, "11111111-2222"]).await;

    assert_eq!(short.code, Some(1));
    assert!(
        short
            .log
            .contains("`0198` is too short; give at least 8 characters"),
        "{}",
        short.log
    );
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown
            .log
            .contains("nothing was done: there is no failed event `11111111-2222`"),
        "{}",
        unknown.log
    );
    assert_eq!(only_failed(&scene).await, id);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_metrics_tell_how_many_failed() {
    let scene = impatient().await;
    let http = woo_vtiger_sync::http::client(std::time::Duration::from_secs(10)).unwrap();
    let get = async |path: &str| {
        let answer = http.get(format!("{}{path}", scene.url)).send().await.unwrap();
        answer.text().await.unwrap()
    };
    let visitor = Visitor::admin(&scene.server).await;
    assert!(!visitor.page("/").await.contains("1 event failed"));
    fail(&scene, ANN).await;

    let page = visitor.page("/").await;

    assert!(page.contains(r#"<a href="/failed">1 event failed</a>"#), "{page}");
    // Tests share one process and so its metrics: there is no saying how many.
    wait_until("the metrics tell of failed events", async || {
        get("/metrics").await.contains("\nwvs_failed_events ")
    })
    .await;
    scene.stop().await;
}
