//! Connections come to work, change and go while the service runs.

use std::time::Duration;

use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::connections::{ConnectionsError, Input, PreviewState, Trial};
use woo_vtiger_sync::queue::{Cause, Change, Event, Lane, Seen, Subject};
use woo_vtiger_sync::roster::Names;
use woo_vtiger_sync::store::{Belongings, FailedFilter};
use woo_vtiger_sync::sync::{Module, RecordId, Side};
use woo_vtiger_sync::system::Verdict;

use super::lab::{CONTACTS, Lab};
use crate::scene::{ann, wait_until};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_made_while_the_service_runs_keeps_a_shop_and_a_crm_in_step() {
    let lab = Lab::new().await;
    lab.shop.register_customer(ann("ann@shop.example"));
    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    connections.choose("shop", &CONTACTS, "Ann").await.unwrap();

    let registered = connections.register_webhooks("shop").await.unwrap();
    assert_eq!((registered.failure, registered.is_reached), (None, Some(true)));
    assert!(registered.done.iter().all(|done| done.step == "created"));
    lab.shop.register_customer(ann("ben@shop.example"));
    wait_until("the webhook was delivered", async || {
        lab.shop.pending_deliveries() == 0
    })
    .await;
    assert!(
        lab.crm.records("Contacts").is_empty(),
        "nothing moves while it is paused"
    );

    connections.begin("shop").await.unwrap();

    let emails = || {
        let contacts = lab.crm.records("Contacts");
        let mut emails: Vec<String> = contacts
            .iter()
            .map(|contact| contact["email"].as_str().unwrap().to_owned())
            .collect();
        emails.sort();
        emails
    };
    wait_until("both customers are contacts", async || {
        emails() == ["ann@shop.example", "ben@shop.example"]
    })
    .await;
    lab.shop.register_customer(ann("cem@shop.example"));
    wait_until("a new customer is a contact, too", async || emails().len() == 3).await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_counts_what_would_be_done_and_does_nothing() {
    let lab = Lab::new().await;
    lab.shop.register_customer(ann("ann@shop.example"));
    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    connections.choose("shop", &CONTACTS, "Ann").await.unwrap();
    assert_eq!(connections.preview("shop"), None);

    let begun = connections.begin_preview("shop").await.unwrap();

    assert_eq!(begun.state, PreviewState::Running);
    wait_until("the preview is done", async || {
        connections.preview("shop").unwrap().state != PreviewState::Running
    })
    .await;
    let preview = connections.preview("shop").unwrap();
    assert_eq!(preview.state, PreviewState::Done);
    let contacts = preview.modules.iter().find(|one| one.module == Module::Contacts);
    assert_eq!(contacts.unwrap().created.vtiger, 1);
    assert!(lab.crm.records("Contacts").is_empty());
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_field_by_field() {
    let lab = Lab::with(&[
        ("WVS_CONNECTIONS__FILED__WOOCOMMERCE__URL", "https://shop.example"),
        ("WVS_CONNECTIONS__FILED__WOOCOMMERCE__CONSUMER_KEY", "ck"),
        ("WVS_CONNECTIONS__FILED__WOOCOMMERCE__CONSUMER_SECRET", "cs"),
        ("WVS_CONNECTIONS__FILED__WOOCOMMERCE__WEBHOOK_SECRET", "s"),
        ("WVS_CONNECTIONS__FILED__VTIGER__URL", "https://crm.example"),
        ("WVS_CONNECTIONS__FILED__VTIGER__USERNAME", "sync"),
        ("WVS_CONNECTIONS__FILED__VTIGER__ACCESS_KEY", "key"),
        ("WVS_CONNECTIONS__FILED__VTIGER__CALLBACK_SECRET", "s"),
    ])
    .await;
    let connections = lab.connections();
    let told = async |input: Input| {
        let problems = connections.check_input(&input, false).await.unwrap();
        let mut told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        told.sort();
        told
    };

    let empty = told(Input::default()).await;
    let wrong = Input {
        name: "Shop 1".to_owned(),
        shop_url: "shop.example".to_owned(),
        crm_url: "https://crm.example/?a=b".to_owned(),
        crm_timeout: "soon".to_owned(),
        shop_authentication: "basics".to_owned(),
        ..lab.input("x")
    };
    let wrong = told(wrong).await;
    let taken = told(lab.input("filed")).await;
    let change = connections.change(&lab.input("filed")).await.unwrap_err();

    let fields: Vec<&str> = empty.iter().filter_map(|one| one.split(':').next()).collect();
    assert_eq!(
        fields,
        [
            "crm_access_key",
            "crm_url",
            "crm_username",
            "name",
            "shop_key",
            "shop_secret",
            "shop_url"
        ]
    );
    let fields: Vec<&str> = wrong.iter().filter_map(|one| one.split(':').next()).collect();
    assert_eq!(
        fields,
        [
            "crm_timeout",
            "crm_url",
            "name",
            "shop_authentication",
            "shop_url"
        ],
        "{wrong:?}"
    );
    assert_eq!(
        taken,
        ["name: there is a connection named `filed` already; choose another name"]
    );
    assert!(matches!(change, ConnectionsError::Configured(_)), "{change}");
    assert!(!connections.show("filed").await.unwrap().is_kept);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_side_can_be_tried_before_the_other_is_entered() {
    let lab = Lab::new().await;
    let connections = lab.connections();
    let entered = Input {
        crm_url: String::new(),
        crm_access_key: String::new(),
        ..lab.input("shop")
    };
    let good = |findings: &[woo_vtiger_sync::system::Finding]| {
        !findings.is_empty()
            && findings
                .iter()
                .all(|one| !matches!(one.verdict, Verdict::Bad(..)))
    };

    let shop = connections
        .test(Trial::Entered(&entered), Side::WooCommerce)
        .await;
    let crm = connections.test(Trial::Entered(&entered), Side::Vtiger).await;
    let wrong = Input {
        shop_secret: "cs_wrong".to_owned(),
        ..entered.clone()
    };
    let wrong = connections.test(Trial::Entered(&wrong), Side::WooCommerce).await;
    connections.create(&lab.input("shop")).await.unwrap();
    let kept = connections.test(Trial::Kept("shop"), Side::Vtiger).await;

    assert!(good(&shop.unwrap()));
    assert!(matches!(crm, Err(ConnectionsError::Invalid(_))));
    assert!(!good(&wrong.unwrap()));
    assert!(good(&kept.unwrap()));
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_finds_what_the_first_one_made_changed_and_removed() {
    let lab = Lab::new().await;
    let database = format!("sqlite:{}", lab.key().with_extension("").display());
    let config = Config::load(None, [("WVS_DATABASE__URL".to_owned(), database)].into_iter()).unwrap();
    let other = Parts::open(&config, SystemClock::shared()).await.unwrap();
    assert!(other.roster.names().is_empty());
    let made_there = other.connections();

    made_there.create(&lab.input("shop")).await.unwrap();
    let roster = &lab.server.parts().roster;
    wait_until("the service has it", async || roster.get("shop").is_some()).await;

    let changed = Input {
        crm_timeout: "9s".to_owned(),
        ..made_there.input("shop").await.unwrap()
    };
    made_there.change(&changed).await.unwrap();
    let timeout = || roster.get("shop").unwrap().connection.vtiger.timeout;
    wait_until("the service has the change", async || {
        timeout() == Duration::from_secs(9)
    })
    .await;

    let before = roster.get("shop").unwrap();
    made_there.remove("shop", Belongings::Stay).await.unwrap();
    wait_until(
        "the service has it no more, and nothing of it goes on",
        async || roster.get("shop").is_none() && before.stop.is_cancelled() && before.tasks.is_empty(),
    )
    .await;
    other.close().await;
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_connection_that_is_not_known_yet_waits_for_it() {
    let lab = Lab::with(&[("WVS_WORKER__RETRY_LIMIT", "1000")]).await;
    let customer = lab.shop.register_customer(ann("ann@shop.example"));
    let parts = lab.server.parts();
    let subject = Subject::Record {
        module: Module::Contacts,
        side: Side::WooCommerce,
        id: RecordId::new(customer.to_string()),
        change: Change::Changed(Seen::Nothing),
    };
    let event = Event::new("shop", subject, Cause::Webhook, parts.clock.now());
    parts.queue.publish(Lane::Live, &[event]).await.unwrap();

    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    connections.choose("shop", &CONTACTS, "Ann").await.unwrap();
    connections.pause("shop", false).await.unwrap();

    wait_until("the event was dealt with", async || {
        !lab.crm.records("Contacts").is_empty()
    })
    .await;
    assert_eq!(
        parts.store.failed_count(&FailedFilter::default()).await.unwrap(),
        0
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_connection_leaves_what_was_done_unless_asked_otherwise() {
    let lab = Lab::new().await;
    lab.shop.register_customer(ann("ann@shop.example"));
    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    connections.choose("shop", &CONTACTS, "Ann").await.unwrap();
    connections.begin("shop").await.unwrap();
    let store = &lab.server.parts().store;
    let entries = async || store.entries(100).await.unwrap().len();
    wait_until("it is in the sync log", async || entries().await > 0).await;

    connections.remove("shop", Belongings::Stay).await.unwrap();
    let refused = reqwest::Client::builder().build().unwrap();
    let refused = refused
        .post(format!("{}/webhooks/vtiger/shop", lab.url))
        .send()
        .await;
    assert_eq!(refused.unwrap().status(), 404);
    assert!(entries().await > 0);

    let view = connections.create(&lab.input("shop")).await.unwrap();
    assert!(view.is_paused);
    connections.remove("shop", Belongings::Go).await.unwrap();
    assert_eq!(entries().await, 0);
    assert!(matches!(
        connections.show("shop").await,
        Err(ConnectionsError::Unknown(_))
    ));
    lab.stop().await;
}
