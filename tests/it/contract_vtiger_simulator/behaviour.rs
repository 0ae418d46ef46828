//! What single recordings don't show: sessions that end, paging, times, faults.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use woo_vtiger_sync::simulator::Zone;
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::VtigerOptions;

use super::crm::{Crm, SEEDED};

#[tokio::test]
async fn an_expired_session_is_refused_until_the_next_login() {
    let mut crm = Crm::start().await;
    let listed = crm.call("GET", "listtypes", json!({})).await;
    assert_eq!(listed.body["success"], true);

    crm.advance(1400);
    crm.call("GET", "listtypes", json!({})).await.result();
    crm.advance(1441);
    let late = crm.call("GET", "listtypes", json!({})).await;
    assert_eq!(late.code(), "INVALID_SESSIONID");

    crm.login().await;
    crm.call("GET", "listtypes", json!({})).await.result();
    crm.simulator.expire_sessions();
    let ended = crm.call("GET", "listtypes", json!({})).await;
    assert_eq!(ended.code(), "INVALID_SESSIONID");
}

#[tokio::test]
async fn a_new_challenge_makes_the_older_one_worthless() {
    let crm = Crm::start().await;
    let older = crm.proof().await;
    let newer = crm.proof().await;

    let login = |proof: &str| json!({"operation": "login", "username": "admin", "accessKey": proof});
    assert_eq!(
        crm.send("POST", &login(&older)).await.code(),
        "INVALID_USER_CREDENTIALS"
    );
    crm.send("POST", &login(&newer)).await.result();
    crm.send("POST", &login(&newer)).await.result();

    crm.advance(301);
    assert_eq!(
        crm.send("POST", &login(&newer)).await.code(),
        "INVALID_AUTH_TOKEN"
    );
}

#[tokio::test]
async fn what_is_too_long_is_cut_and_what_is_too_wide_replaced() {
    let crm = Crm::start().await;
    let element = json!({
        "firstname": "é".repeat(60),
        "lastname": "L".repeat(90),
        "mailingstreet": "s".repeat(300),
        "description": "d 🚲".repeat(1000),
    });

    let created = crm.create("Contacts", element).await;

    assert_eq!(created["firstname"], "é".repeat(40));
    assert_eq!(created["lastname"], "L".repeat(80));
    assert_eq!(created["mailingstreet"], "s".repeat(250));
    assert_eq!(created["description"], "d ????".repeat(1000));
}

#[tokio::test]
async fn a_revise_that_changes_nothing_moves_the_modified_time() {
    let crm = Crm::start_with(VtigerOptions {
        zone: Zone::fixed(-300),
        ..VtigerOptions::default()
    })
    .await;
    let created = crm.create("Contacts", json!({"lastname": "Same"})).await;
    assert_eq!(created["modifiedtime"], "2026-11-23 06:24:55");

    crm.advance(7);
    let revised = crm.revise(json!({"id": created["id"], "lastname": "Same"})).await;

    assert_eq!(revised.result()["createdtime"], "2026-11-23 06:24:55");
    assert_eq!(revised.result()["modifiedtime"], "2026-11-23 06:25:02");
}

#[tokio::test]
async fn the_last_writer_is_told_but_the_source_stays_the_creators() {
    let crm = Crm::start().await;
    let by_sales = crm.simulator.add_record("Contacts", json!({"lastname": "Sales"}));

    let record = crm.simulator.record(&by_sales).unwrap();
    assert_eq!(record["modifiedby"], "19x5");
    assert_eq!(record["assigned_user_id"], "19x5");
    assert_eq!(record["source"], "CRM");

    let revised = crm.revise(json!({"id": by_sales, "phone": "1"})).await;
    assert_eq!(revised.result()["modifiedby"], "19x1");
    assert_eq!(revised.result()["source"], "CRM");

    assert!(crm.simulator.edit_record(&by_sales, json!({"phone": "2"})));
    assert_eq!(crm.simulator.record(&by_sales).unwrap()["modifiedby"], "19x5");
    assert_eq!(crm.simulator.records("Contacts").len(), 1);

    assert!(crm.simulator.delete_record(&by_sales));
    assert!(!crm.simulator.delete_record(&by_sales));
    assert!(!crm.simulator.edit_record(&by_sales, json!({"phone": "3"})));
    assert_eq!(crm.simulator.record(&by_sales), None);
    assert!(crm.simulator.records("Contacts").is_empty());
    assert_eq!(
        crm.simulator
            .add_record("Contacts", json!({"firstname": "No last name"})),
        ""
    );
}

#[tokio::test]
async fn more_than_a_hundred_rows_are_read_by_keyset() {
    let crm = Crm::start().await;
    let added: Vec<String> = (0..230)
        .map(|number| {
            crm.simulator
                .add_record("Contacts", json!({"lastname": format!("Row {number}")}))
        })
        .collect();

    assert_eq!(crm.ids("SELECT id FROM Contacts;").await.len(), 100);
    assert_eq!(crm.ids("SELECT id FROM Contacts LIMIT 0, 500;").await.len(), 100);
    assert_eq!(
        crm.ids("SELECT id FROM Contacts LIMIT 200, 100;").await,
        added[200..]
    );

    let mut read = Vec::new();
    let mut after = "12x0".to_owned();
    loop {
        let query = format!("SELECT id, lastname FROM Contacts WHERE id > '{after}' ORDER BY id LIMIT 100;");
        let page = crm.ids(&query).await;
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        read.extend(page);
    }
    assert_eq!(read, added);
}

#[tokio::test]
async fn sync_pages_never_part_a_second() {
    let crm = Crm::start().await;
    for number in 0..120 {
        crm.simulator
            .add_record("Contacts", json!({"lastname": format!("Row {number}")}));
    }
    crm.advance(1);
    crm.simulator.add_record("Contacts", json!({"lastname": "Later"}));
    let since = |seconds: i64| json!({"elementType": "Contacts", "modifiedTime": seconds.to_string()});

    let first = crm.call("GET", "sync", since(1)).await;
    let second = crm.call("GET", "sync", since(SEEDED)).await;

    assert_eq!(first.result()["updated"].as_array().unwrap().len(), 120);
    assert_eq!(first.result()["more"], true);
    assert_eq!(first.result()["lastModifiedTime"], SEEDED);
    assert_eq!(second.result()["updated"][0]["lastname"], "Later");
    assert_eq!(second.result()["more"], false);
    assert_eq!(second.result()["lastModifiedTime"], SEEDED + 1);
}

#[tokio::test]
async fn texts_match_as_the_database_compares_them() {
    let crm = Crm::start().await;
    let created = crm
        .create(
            "Contacts",
            json!({"lastname": "Müller", "email": "Anna@Example.test"}),
        )
        .await;
    let found = vec![created["id"].as_str().unwrap().to_owned()];

    for condition in [
        "email = 'anna@example.TEST'",
        "lastname = 'muller'",
        "email LIKE '%@EXAMPLE.%'",
    ] {
        let query = format!("SELECT id FROM Contacts WHERE {condition};");
        assert_eq!(crm.ids(&query).await, found, "{condition}");
    }
    let none = crm.ids("SELECT id FROM Contacts WHERE birthday = '';").await;
    assert_eq!(none, Vec::<String>::new());
}

#[tokio::test]
async fn an_array_for_a_text_is_fatal() {
    let crm = Crm::start().await;
    let element = json!({"lastname": ["a"], "assigned_user_id": "19x1"}).to_string();

    let answer = crm
        .call(
            "POST",
            "create",
            json!({"elementType": "Contacts", "element": element}),
        )
        .await;

    assert_eq!((answer.status, answer.body), (500, json!("")));
    assert!(crm.simulator.records("Contacts").is_empty());
}

#[tokio::test]
async fn faults_strike_as_planned_and_calls_are_listed() {
    let crm = Crm::start().await;
    crm.simulator.forget_calls();
    crm.simulator.set_faults(FaultPlan {
        request_faults: 1.0,
        seed: 7,
        latency: Duration::from_millis(1),
        ..FaultPlan::default()
    });
    let create = json!({
        "operation": "create",
        "sessionName": crm.session,
        "elementType": "Contacts",
        "element": json!({"lastname": "Once", "assigned_user_id": "19x1"}).to_string(),
    });

    let mut seen = BTreeSet::new();
    for _ in 0..60 {
        let before = crm.simulator.records("Contacts").len();
        let outcome = match crm.try_send("POST", &create).await {
            Ok(answer) => answer.status.to_string(),
            Err(_) => "broken".to_owned(),
        };
        let done = crm.simulator.records("Contacts").len() > before;
        seen.insert(format!("{outcome} {}", if done { "done" } else { "not done" }));
    }

    let expected = ["429 not done", "500 done", "500 not done", "broken done"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let calls = crm.simulator.calls();
    assert_eq!(calls.len(), 60);
    assert!(
        calls
            .iter()
            .all(|call| call.operation == "create" && call.detail == "Contacts")
    );
    assert_eq!(
        calls.iter().filter(|call| call.success).count(),
        crm.simulator.records("Contacts").len()
    );

    crm.simulator.set_faults(FaultPlan::default());
    crm.simulator.stop().await;
}

#[tokio::test]
async fn calls_are_listed_with_what_they_were_about() {
    let crm = Crm::start().await;
    let created = crm.create("Contacts", json!({"lastname": "Listed"})).await;
    crm.revise(json!({"id": created["id"], "lastname": ""})).await;
    crm.ids("SELECT id FROM Contacts;").await;

    let calls = crm.simulator.calls();

    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.operation.as_str(), call.detail.as_str(), call.success))
        .collect();
    let expected = [
        ("getchallenge", "admin", true),
        ("login", "admin", true),
        ("create", "Contacts", true),
        ("revise", created["id"].as_str().unwrap(), false),
        ("query", "SELECT id FROM Contacts;", true),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_query_that_is_too_long_never_reaches_vtiger() {
    let crm = Crm::start().await;
    let ids = |count: usize| {
        format!(
            "SELECT id FROM Contacts WHERE id IN ({});",
            vec!["'12x1000'"; count].join(",")
        )
    };

    assert_eq!(crm.ids(&ids(100)).await, Vec::<String>::new());
    let answer = crm.call("GET", "query", json!({"query": ids(700)})).await;
    assert_eq!(answer.status, 414);
}

#[tokio::test]
async fn a_field_of_its_own_is_described_kept_and_found() {
    let crm = Crm::start().await;
    let kind = json!({"name": "picklist", "picklistValues": [{"label": "Gold", "value": "Gold"}]});
    crm.simulator.add_field("Contacts", "cf_851", "Loyalty", &kind);

    let described = crm
        .call("GET", "describe", json!({"elementType": "Contacts"}))
        .await;
    let made = crm
        .create("Contacts", json!({"lastname": "Ada", "cf_851": "Gold"}))
        .await;

    let fields = described.result()["fields"].as_array().unwrap().clone();
    assert!(
        fields
            .iter()
            .any(|field| field["name"] == "cf_851" && field["type"] == kind)
    );
    assert_eq!(made["cf_851"], "Gold");
    assert_eq!(
        crm.ids("SELECT id FROM Contacts WHERE cf_851 = 'Gold';").await,
        [made["id"].as_str().unwrap()]
    );
}
