//! Signing in to Vtiger, and again when the session has expired.

use super::*;

#[tokio::test]
async fn it_answers_the_challenge_and_calls_in_the_session() {
    let crm = Crm::open().await;
    crm.plays("retrieve_missing", json!({})).await;
    crm.plays("query_empty", json!({})).await;

    fetch(&crm.client(), "12x999999").await.unwrap();

    let calls = crm.calls().await;
    assert_eq!(calls[0]["username"], "admin");
    let expected = hex::encode(Md5::digest(format!("6b0423bd2454b{KEY}")));
    assert_eq!(calls[1]["accessKey"], expected);
    assert_eq!(calls[2]["sessionName"], "23c698356b0423bd25be3");
}

#[tokio::test]
async fn callers_at_once_sign_in_once() {
    let crm = Crm::open().await;
    crm.plays("retrieve_missing", json!({})).await;
    crm.plays("query_empty", json!({})).await;
    let vtiger = crm.client();

    join_all((1..=8).map(|_| fetch(&vtiger, "12x999999"))).await;

    let calls = crm.calls().await;
    let logins = calls.iter().filter(|call| call["operation"] == "login");
    assert_eq!(logins.count(), 1);
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_and_the_call_repeated() {
    let crm = Crm::closed().await;
    crm.plays("getchallenge", json!({})).await;
    crm.plays_times("login_ok", json!({}), 1).await;
    let mut second = recording::json("vtiger/login_ok.json")["body"]["result"].clone();
    second["sessionName"] = json!("second");
    crm.answers("login_ok", json!({}), second).await;
    let expired = json!({ "sessionName": "23c698356b0423bd25be3" });
    let refusal = recording::json("vtiger/error_session_expired_file_gone.json")["body"].clone();
    let delete = recording::json("vtiger/delete_contact.json");
    crm.mount(&delete, expired, refusal, u64::MAX).await;
    crm.plays("delete_contact", json!({ "sessionName": "second" }))
        .await;
    let vtiger = crm.client();

    join_all((1..=4).map(|_| async {
        vtiger.delete(Module::Contacts, &id("12x294")).await.unwrap();
    }))
    .await;

    let calls = crm.calls().await;
    let logins = calls.iter().filter(|call| call["operation"] == "login");
    assert_eq!(logins.count(), 2, "one caller renews for all");
}

#[tokio::test]
async fn a_session_that_expires_at_once_is_no_endless_loop() {
    let crm = Crm::open().await;
    let refusal = recording::json("vtiger/error_session_expired_file_gone.json")["body"].clone();
    let retrieve = recording::json("vtiger/retrieve_contact.json");
    crm.mount(&retrieve, json!({}), refusal, u64::MAX).await;

    let error = fetch(&crm.client(), "12x7").await.unwrap_err();

    assert_eq!(error.fault, Fault::Denied);
    assert_eq!(
        crm.operations().await,
        ["retrieve", "getchallenge", "login", "retrieve"]
    );
}

#[tokio::test]
async fn a_challenge_overwritten_by_another_process_is_no_wrong_key() {
    let crm = Crm::closed().await;
    crm.plays("getchallenge", json!({})).await;
    crm.plays_times("login_wrong_key", json!({}), 2).await;
    crm.plays("login_ok", json!({})).await;
    crm.plays("delete_contact", json!({})).await;

    let deleted = crm.client().delete(Module::Contacts, &id("12x294")).await;

    assert_eq!(deleted, Ok(()));
}

#[tokio::test]
async fn a_wrong_key_is_called_so_after_three_attempts() {
    let crm = Crm::closed().await;
    crm.plays("getchallenge", json!({})).await;
    crm.plays("login_wrong_key", json!({})).await;

    let error = fetch(&crm.client(), "12x7").await.unwrap_err();

    assert_eq!(error.fault, Fault::Denied);
    assert!(error.message.contains("INVALID_USER_CREDENTIALS"), "{error}");
    assert_eq!(crm.calls().await.len(), 6);
}

#[tokio::test]
async fn debug_output_holds_no_secrets() {
    let crm = Crm::open().await;
    crm.plays("delete_contact", json!({})).await;
    let vtiger = crm.client();
    vtiger.delete(Module::Contacts, &id("12x294")).await.unwrap();

    let shown = format!("{vtiger:?} {:?}", vtiger.webservice().known_session());

    assert!(
        !shown.contains(KEY) && !shown.contains("23c698356b0423bd25be3"),
        "{shown}"
    );
}
