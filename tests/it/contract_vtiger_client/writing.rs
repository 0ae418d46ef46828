//! Creating, changing and deleting contacts, and the organizations they belong to.

use super::*;

fn element(call: &Map<String, Json>) -> Json {
    serde_json::from_str(call["element"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_contact_is_created_as_recorded() {
    let crm = Crm::open().await;
    crm.plays("create_contact_ok", json!({ "elementType": "Contacts" }))
        .await;
    let fields = patch(&[
        ("lastname", "Created"),
        ("firstname", "Ok"),
        ("email", "ok@example.test"),
    ]);

    let record = crm.client().create(Module::Contacts, &fields).await.unwrap();

    assert_eq!(record.id, id("12x256"));
    assert_eq!(get(&record, "account_id.accountname"), "");
    assert_eq!(crm.operations().await, ["create"]);
    let recorded = recording::json("vtiger/create_contact_ok.json");
    assert_eq!(
        element(&crm.calls_of_records().await[0]),
        element(recorded["params"].as_object().unwrap())
    );
}

#[tokio::test]
async fn created_records_are_assigned_to_the_configured_user() {
    let crm = Crm::open().await;
    crm.plays("create_contact_ok", json!({})).await;
    let vtiger = crm.client_with(|settings| settings.assigned_user_id = Some("19x5".to_owned()));

    vtiger
        .create(Module::Contacts, &patch(&[("lastname", "x")]))
        .await
        .unwrap();

    let expected = json!({ "lastname": "x", "assigned_user_id": "19x5" });
    assert_eq!(element(&crm.calls_of_records().await[0]), expected);
}

#[tokio::test]
async fn an_update_is_one_revise_with_the_changed_fields_only() {
    let crm = Crm::open().await;
    crm.plays("revise_contact_blank", json!({})).await;
    let mut fields = patch(&[("phone", ""), ("account_id.accountname", " ")]);
    fields.0.insert(path("mailingcity"), Value::Null);
    fields.0.insert(path("donotcall"), Value::Bool(true));

    let record = crm
        .client()
        .update(Module::Contacts, &id("12x270"), &fields)
        .await
        .unwrap();

    assert_eq!(get(&record, "phone"), "");
    assert_eq!(crm.operations().await, ["revise"]);
    assert_eq!(
        element(&crm.calls_of_records().await[0]),
        json!({ "id": "12x270", "phone": "", "mailingcity": "", "account_id": "", "donotcall": "1" })
    );
}

#[tokio::test]
async fn an_organization_is_linked_by_name() {
    let crm = Crm::open().await;
    let query = "SELECT id, accountname FROM Accounts WHERE accountname = 'acme''s' ORDER BY id LIMIT 100;";
    let found = json!([
        { "id": "11x1", "accountname": "Acmé's" },
        { "id": "11x2", "accountname": "ACME's" },
    ]);
    crm.answers("query_empty", json!({ "query": query }), found).await;
    crm.plays("revise_contact_partial", json!({})).await;

    let record = crm
        .client()
        .update(
            Module::Contacts,
            &id("12x270"),
            &patch(&[("account_id.accountname", "acme's")]),
        )
        .await
        .unwrap();

    assert_eq!(get(&record, "account_id.accountname"), "ACME's");
    assert_eq!(crm.operations().await, ["query", "revise"]);
    let expected = json!({ "id": "12x270", "account_id": "11x2" });
    assert_eq!(element(&crm.calls_of_records().await[1]), expected);
}

#[tokio::test]
async fn an_organization_that_is_missing_is_created_under_the_name_that_vtiger_will_show() {
    let crm = Crm::open().await;
    let query =
        "SELECT id, accountname FROM Accounts WHERE accountname = 'Smile ????' ORDER BY id LIMIT 100;";
    crm.plays("query_empty", json!({ "query": query })).await;
    let account = json!({ "id": "11x2", "accountname": "Smile ????" });
    crm.answers("create_contact_ok", json!({ "elementType": "Accounts" }), account)
        .await;
    crm.plays("revise_contact_partial", json!({})).await;

    let record = crm
        .client()
        .update(
            Module::Contacts,
            &id("12x270"),
            &patch(&[("account_id.accountname", "Smile 😀")]),
        )
        .await
        .unwrap();

    assert_eq!(get(&record, "account_id.accountname"), "Smile ????");
    assert_eq!(crm.operations().await, ["query", "create", "revise"]);
    let expected = json!({ "accountname": "Smile ????", "assigned_user_id": "19x1" });
    assert_eq!(element(&crm.calls_of_records().await[1]), expected);
}

#[tokio::test]
async fn a_path_that_vtiger_doesnt_have_is_rejected_before_anything_is_sent() {
    let crm = Crm::open().await;
    let fields = patch(&[("billing.phone", "1")]);

    let error = crm.client().create(Module::Contacts, &fields).await.unwrap_err();

    let field = Some("billing.phone".to_owned());
    assert_eq!(error.fault, Fault::Rejected { field });
    assert!(crm.calls().await.is_empty());
}

#[tokio::test]
async fn the_time_zone_is_learned_from_a_write_though_the_clocks_differ() {
    let crm = Crm::open().await;
    let mut row = recording::json("vtiger/create_contact_ok.json")["body"]["result"].clone();
    row["modifiedtime"] = json!("2026-11-23 06:31:13");
    crm.answers("create_contact_ok", json!({}), row).await;
    let ahead_s = 20 * 60;
    crm.clock.0.store(CHALLENGE_AT + ahead_s, Ordering::Relaxed);
    let vtiger = crm.client();
    vtiger.webservice().session().await.unwrap();
    crm.clock.0.store(CREATE_AT + ahead_s, Ordering::Relaxed);

    let record = vtiger
        .create(Module::Contacts, &patch(&[("lastname", "x")]))
        .await
        .unwrap();

    assert_eq!(record.modified, Some(Timestamp::from_seconds(CREATE_AT)));
}

#[tokio::test]
async fn deleting_what_is_gone_is_no_error() {
    let crm = Crm::open().await;
    crm.plays_times("delete_contact", json!({}), 1).await;
    crm.plays("delete_again", json!({})).await;
    crm.plays("query_empty", json!({})).await;
    let vtiger = crm.client();

    for _ in 0..2 {
        assert_eq!(vtiger.delete(Module::Contacts, &id("12x294")).await, Ok(()));
    }

    assert_eq!(crm.operations().await, ["delete", "delete", "query"]);
}
