//! What is secret of the connections that are kept in the database, and the key that it is sealed with.

use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::ExposeSecret;
use serde_json::json;
use woo_vtiger_sync::app::Parts;
use woo_vtiger_sync::check::check;
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::connections::{ConnectionsError, Input, Trial};
use woo_vtiger_sync::store::Belongings;
use woo_vtiger_sync::sync::Side;

use super::lab::{CONTACTS, Lab};
use crate::process::Program;
use crate::scene::{ann, wait_until};
use crate::servers;
use crate::visitor::Visitor;
use crate::webhooks::street::Street;

#[tokio::test(flavor = "multi_thread")]
async fn a_connections_secrets_are_sealed_and_shown_nowhere() {
    let lab = Lab::new().await;
    assert!(
        !lab.key().exists(),
        "no key is made before there is anything to seal"
    );

    let view = lab.connections().create(&lab.input("shop")).await.unwrap();

    assert!(lab.key().exists());
    assert!(view.is_kept && view.is_paused);
    let kept = lab
        .server
        .parts()
        .store
        .kept_connection("shop")
        .await
        .unwrap()
        .unwrap();
    let entered = lab.connections().input("shop").await.unwrap();
    for secret in [lab.input("shop").shop_secret, lab.input("shop").crm_access_key] {
        assert!(!kept.settings.contains(&secret) && !kept.sealed.contains(&secret));
        assert!(!format!("{view:?}{entered:?}").contains(&secret));
        assert!(!format!("{:?}", lab.server.parts()).contains(&secret));
    }
    assert_eq!(
        (entered.shop_url.as_str(), entered.shop_secret.as_str()),
        (lab.shop.url().as_str(), "")
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_blank_stays_as_it_was_and_a_changed_secret_is_taken_beside_the_new_one() {
    let lab = Lab::new().await;
    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    let made_up = connections.callback_secret("shop").await.unwrap().unwrap();

    let changed = Input {
        crm_timeout: "7s".to_owned(),
        crm_callback_secret: "another one".to_owned(),
        ..connections.input("shop").await.unwrap()
    };
    connections.change(&changed).await.unwrap();

    let member = lab.server.parts().roster.get("shop").unwrap();
    let secrets: Vec<&str> = member
        .connection
        .vtiger
        .callback_secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .collect();
    assert_eq!(secrets, ["another one", made_up.expose_secret()]);
    assert_eq!(member.connection.vtiger.timeout.as_secs(), 7);
    assert_eq!(
        member.connection.woocommerce.consumer_secret.expose_secret(),
        lab.input("shop").shop_secret
    );
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_changes_the_webhooks_secret_without_a_delivery_being_refused() {
    let street = Street::new().await;
    let lab = Lab::with(&[("WVS_HTTP__PUBLIC_URL", &street.url())]).await;
    street.lead_to(lab.server.address());
    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    connections.choose("shop", &CONTACTS, "Ann").await.unwrap();
    connections.register_webhooks("shop").await.unwrap();
    connections.begin("shop").await.unwrap();
    let customer = lab.shop.register_customer(ann("ann@shop.example"));
    let call = |number: u32| json!({ "billing": { "phone": format!("555 {number:04}") } });
    let is_over = AtomicBool::new(false);

    let rotate = async {
        for _ in 0..2 {
            let told = Program::run(&["webhooks", "rotate"], lab.variables()).await;
            assert_eq!(told.code, Some(0), "{told:?}");
            assert!(
                told.out.contains("the webhooks have a new secret"),
                "{}",
                told.out
            );
        }
        is_over.store(true, Ordering::SeqCst);
    };
    let edit = async {
        let mut edits = 0;
        while !is_over.load(Ordering::SeqCst) {
            edits += 1;
            assert!(lab.shop.edit_customer(customer, call(edits)));
            wait_until("the edit is delivered", async || {
                lab.shop.pending_deliveries() == 0
            })
            .await;
        }
        assert!(lab.shop.edit_customer(customer, call(9999)));
        edits
    };
    let ((), edits) = tokio::join!(rotate, edit);

    wait_until("the CRM shows the last edit", async || {
        let contacts = lab.crm.records("Contacts");
        contacts.iter().any(|contact| contact["phone"] == "555 9999")
    })
    .await;
    assert!(edits > 10, "{edits}");
    assert_eq!(street.refused(), 0);
    // And by the page, which shows how it came out.
    let admin = Visitor::admin(&lab.server).await;
    let path = "/connections/shop/webhook-secret";
    assert_eq!(admin.post(path, &[]).await.status(), 303);
    assert!(
        admin
            .page("/connections/shop")
            .await
            .contains("The webhooks have a new secret")
    );
    let reader = Visitor::reader(&lab.server).await;
    assert_eq!(reader.post(path, &[]).await.status(), 403);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_keys_are_never_sent_to_another_host() {
    let lab = Lab::new().await;
    let connections = lab.connections();
    connections.create(&lab.input("shop")).await.unwrap();
    let moved = Input {
        shop_url: "https://elsewhere.example".to_owned(),
        ..connections.input("shop").await.unwrap()
    };

    let tried = connections.test(Trial::Entered(&moved), Side::WooCommerce).await;
    let changed = connections.change(&moved).await;

    for refused in [tried.map(drop), changed.map(drop)] {
        let Err(ConnectionsError::Invalid(problems)) = refused else {
            panic!("{refused:?}");
        };
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["shop_key", "shop_secret"], "{problems:?}");
        assert!(problems[0].message.contains("former address"));
    }
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_gone_is_told_and_the_connection_can_be_removed() {
    let lab = Lab::new().await;
    lab.connections().create(&lab.input("shop")).await.unwrap();

    let lab = lab.restarted(|key| std::fs::remove_file(key).unwrap()).await;

    let shown = lab.connections().show("shop").await.unwrap();
    assert!(shown.problem.unwrap().contains("put it back from a backup"));
    assert_eq!(shown.shop_url, lab.shop.url());
    let checked = check(lab.server.parts()).await;
    assert!(
        !checked.good && checked.report.contains("FAIL"),
        "{}",
        checked.report
    );
    let other = lab.connections().create(&lab.input("other")).await.unwrap_err();
    assert!(
        matches!(other, ConnectionsError::Vault(_)),
        "no second key is made: {other}"
    );
    assert!(!lab.key().exists());

    lab.connections().remove("shop", Belongings::Stay).await.unwrap();
    lab.connections().create(&lab.input("shop")).await.unwrap();
    assert!(lab.key().exists());
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_opens_nothing_and_is_left_as_it_is() {
    let lab = Lab::new().await;
    lab.connections().create(&lab.input("shop")).await.unwrap();
    let (mut right, wrong) = (String::new(), "ab".repeat(32));

    let lab = lab
        .restarted(|key| {
            right = std::fs::read_to_string(key).unwrap();
            std::fs::write(key, &wrong).unwrap();
        })
        .await;

    let problem = lab.connections().show("shop").await.unwrap().problem.unwrap();
    assert!(problem.contains("set the former key again"), "{problem}");
    assert_eq!(std::fs::read_to_string(lab.key()).unwrap(), wrong);
    let lab = lab.restarted(|key| std::fs::write(key, &right).unwrap()).await;
    assert_eq!(lab.connections().show("shop").await.unwrap().problem, None);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgresql_the_key_must_be_configured() {
    let lab = Lab::new().await;
    let database = servers::database().await;
    let variables = |key: Option<&str>| {
        let mut variables = vec![("WVS_DATABASE__URL".to_owned(), database.url())];
        variables.extend(key.map(|key| ("WVS_ENCRYPTION__KEY".to_owned(), key.to_owned())));
        variables
    };
    let open = async |key: Option<&str>| {
        let config = Config::load(None, variables(key).into_iter()).unwrap();
        Parts::open(&config, SystemClock::shared()).await.unwrap()
    };

    let without = open(None).await;
    let refused = without
        .connections()
        .create(&lab.input("shop"))
        .await
        .unwrap_err();
    without.close().await;
    let with = open(Some(&"0f".repeat(32))).await;
    let made = with.connections().create(&lab.input("shop")).await.unwrap();
    with.close().await;

    assert!(refused.to_string().contains("openssl rand -hex 32"), "{refused}");
    assert!(made.is_kept);
    lab.stop().await;
}

#[test]
fn a_key_in_the_configuration_must_be_one() {
    let load = |name: &str, value: &str| {
        let variables = [(name.to_owned(), value.to_owned())];
        Config::load(None, variables.into_iter()).map_err(|error| error.to_string())
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{}\n", "1b".repeat(32))).unwrap();

    assert!(
        load("WVS_ENCRYPTION__KEY", &"1b".repeat(32))
            .unwrap()
            .encryption_key
            .is_some()
    );
    assert!(load("WVS_ENCRYPTION__KEY_FILE", file.to_str().unwrap()).is_ok());
    let error = load("WVS_ENCRYPTION__KEY", "a password").unwrap_err();
    assert!(
        error.contains("encryption.key") && error.contains("openssl rand -hex 32"),
        "{error}"
    );
    assert!(!error.contains("a password"));
}
