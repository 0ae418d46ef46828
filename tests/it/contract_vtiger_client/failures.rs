//! What refusals and failures of the webservice mean for the engine.

use super::*;

/// What a create fails with when it is answered so.
async fn create_answered(answer: ResponseTemplate) -> SystemError {
    let crm = Crm::open().await;
    let params = json!({ "operation": "create" }).as_object().unwrap().clone();
    let create = Call {
        method: "POST".to_owned(),
        params,
    };
    Mock::given(create).respond_with(answer).mount(&crm.server).await;
    let fields = patch(&[("lastname", "x")]);
    let error = crm.client().create(Module::Contacts, &fields).await.unwrap_err();
    assert_eq!(crm.operations().await, ["create"], "a write is never repeated");
    error
}

async fn create_played(name: &str) -> Fault {
    let recording = recording::json(&format!("vtiger/{name}.json"));
    let body = &recording["body"];
    let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
    create_answered(ResponseTemplate::new(status).set_body_string(text))
        .await
        .fault
}

#[tokio::test]
async fn refused_values_name_the_field() {
    for (name, field) in [
        ("create_missing_mandatory", "lastname"),
        ("create_bad_reference_type", "account_id"),
        ("create_bad_owner", "assigned_user_id"),
    ] {
        let field = Some(field.to_owned());
        assert_eq!(create_played(name).await, Fault::Rejected { field }, "{name}");
    }
}

#[tokio::test]
async fn what_isnt_the_webservices_answer_may_be_half_done() {
    assert_eq!(create_played("sync_STOCK_http500").await, unavailable());
    for (status, body) in [
        (200, ""),
        (200, "<br />\n<b>Fatal error</b>: Uncaught anna@example.test"),
        (200, r#"{"success":true,"result":"ok"}"#),
        (301, ""),
        (404, "Not Found"),
        (502, "Bad Gateway"),
    ] {
        let error = create_answered(ResponseTemplate::new(status).set_body_string(body)).await;
        assert_eq!(error.fault, unavailable(), "{status} {body}");
        assert!(!error.to_string().contains("anna"));
    }
}

#[tokio::test]
async fn the_wait_that_vtiger_asks_for_is_passed_on() {
    let refusal = json!({ "success": false, "error": { "code": "LIMIT", "message": "Too many" } });
    let answer = ResponseTemplate::new(429)
        .insert_header("X-FloodControl-MinuteLimit-Reset", "23")
        .set_body_json(refusal);

    let error = create_answered(answer).await;

    let retry_after = Some(Duration::from_secs(23));
    assert_eq!(error.fault, Fault::Unavailable { retry_after });
}

#[tokio::test]
async fn a_network_failure_shows_neither_the_session_nor_the_query() {
    let crm = Crm::open().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    let params = json!({ "operation": "query" }).as_object().unwrap().clone();
    let query = Call {
        method: "GET".to_owned(),
        params,
    };
    Mock::given(query).respond_with(slow).mount(&crm.server).await;
    let vtiger = crm.client_with(|settings| settings.timeout = Duration::from_millis(300));

    let error = vtiger
        .find(Module::Contacts, "anna@example.test", None)
        .await
        .unwrap_err();

    assert_eq!(error.fault, unavailable());
    assert_eq!(error.message, "it didn't answer in time");
}

#[tokio::test]
async fn an_update_of_what_is_gone_says_so() {
    let crm = Crm::open().await;
    let refusal = recording::json("vtiger/retrieve_missing.json")["body"].clone();
    let revise = recording::json("vtiger/revise_contact_partial.json");
    crm.mount(&revise, json!({}), refusal, u64::MAX).await;
    crm.plays("query_empty", json!({})).await;

    let updated = crm
        .client()
        .update(Module::Contacts, &id("12x999999"), &patch(&[("phone", "1")]))
        .await;

    assert_eq!(updated.unwrap_err().fault, Fault::Gone);
}
