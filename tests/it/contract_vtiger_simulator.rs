//! Holds the simulated Vtiger to the recorded traffic of a real one.

#![expect(clippy::unwrap_used, reason = "a test may fail by it")]

mod behaviour;
mod callbacks;
mod crm;
mod orders;
mod products;
mod taxes;
mod totals;

use serde_json::json;
use woo_vtiger_sync::simulator::vtiger::VtigerKind::{Repaired, Stock830};

use crate::recording;
use crm::Crm;

/// What differs between two installations that made the same record.
const OF_A_NEW_RECORD: [&str; 4] = ["id", "contact_no", "createdtime", "modifiedtime"];

#[tokio::test]
async fn logging_in_is_answered_as_recorded() {
    let crm = Crm::start().await;
    let volatile = [
        "token",
        "serverTime",
        "expireTime",
        "sessionName",
        "first_name",
        "last_name",
        "email",
    ];

    for name in [
        "getchallenge",
        "getchallenge_unknown_user",
        "getchallenge_post",
        "login_wrong_key",
        "login_older_token_after_new_challenge",
        "login_unknown_user",
        "error_invalid_operation",
        "error_no_operation",
        "error_no_session",
        "error_invalid_session",
        "extendsession_anonymous",
    ] {
        crm.replay(name, &[], &volatile).await;
    }
    crm.replay("login_via_get", &[], &volatile).await;
    crm.replay("extendsession", &[], &volatile).await;
    let proof = crm.proof().await;
    crm.replay(
        "login_ok",
        &[("7415bf6b856fa7e4f3abbbb449a8d521", &proof)],
        &volatile,
    )
    .await;
    crm.replay("logout", &[], &volatile).await;
    crm.replay("after_logout", &[], &volatile).await;
}

#[tokio::test]
async fn an_unmodified_release_fails_as_recorded() {
    let crm = Crm::recorded(Stock830).await;

    crm.replay("sync_STOCK_http500", &[], &[]).await;
    crm.replay("logout_STOCK_http500", &[], &[]).await;

    let still_in = crm.call("GET", "retrieve", json!({"id": "12x7"})).await;
    assert_eq!(still_in.result()["firstname"], "Anna");
}

#[tokio::test]
async fn reading_is_answered_as_recorded() {
    let crm = Crm::recorded(Repaired).await;

    for name in [
        "retrieve_contact",
        "retrieve_currency",
        "retrieve_missing",
        "retrieve_empty_id",
        "retrieve_garbage_id",
        "retrieve_numeric_id",
        "retrieve_unknown_prefix",
        "retrieve_wrong_prefix",
        "describe_Accounts",
        "error_describe_unknown",
        "sync_accounts",
        "sync_contacts_zero",
        "sync_missing_time",
        "sync_time_as_string",
        "sync_unknown_module",
    ] {
        // Only this one bears an error's name and yet was sent in a session.
        let session = [("23c698356b0423bd25be3", crm.session.as_str())];
        crm.replay(name, &session, &[]).await;
    }
}

#[tokio::test]
async fn queries_are_answered_as_recorded() {
    let crm = Crm::recorded(Repaired).await;

    for name in [
        "ampersand",
        "contacts",
        "count",
        "count_where",
        "currency",
        "deleted",
        "doublequote",
        "empty",
        "id_greater_keyset",
        "id_unquoted",
        "in",
        "like",
        "lt",
        "no_semicolon",
        "or",
        "order_two",
        "paren",
        "quote_backslash",
        "quote_double",
        "syntax_error",
        "syntax_error2",
        "unknown_field",
        "unknown_module",
        "unknown_where_field",
        "users",
        "utf8",
        "via_post",
    ] {
        crm.replay(&format!("query_{name}"), &[], &[]).await;
    }
}

#[tokio::test]
async fn creating_is_answered_as_recorded() {
    let crm = Crm::recorded(Repaired).await;

    for name in [
        "contact_ok",
        "duplicate_email",
        "missing_mandatory",
        "missing_owner",
        "empty_mandatory",
        "empty_json",
        "invalid_json",
        "unknown_module",
        "unknown_field",
        "bad_reference_type",
        "bad_reference_missing",
        "bad_reference_garbage",
        "bad_owner",
        "bad_date",
        "bad_email",
        "wrong_picklist",
        "with_times",
        "via_get",
    ] {
        crm.replay(&format!("create_{name}"), &[], &OF_A_NEW_RECORD).await;
    }
    let but_label = [&OF_A_NEW_RECORD[..], &["label"]].concat();
    crm.replay("create_too_long", &[], &but_label).await;
}

#[tokio::test]
async fn changing_is_answered_as_recorded() {
    let crm = Crm::recorded(Repaired).await;
    let start = |lastname: &str, email: &str| {
        json!({"firstname": "F", "lastname": lastname, "email": email, "phone": "123", "mailingcity": "Berlin",
               "account_id": "11x2", "donotcall": "1"})
    };
    let revised = crm.create("Contacts", start("Rev", "rev@example.test")).await;
    let mut element = start("Upd", "upd@example.test");
    element["birthday"] = json!("1990-01-02");
    let updated = crm.create("Contacts", element).await;
    let replaced = [
        ("12x270", revised["id"].as_str().unwrap()),
        ("12x269", updated["id"].as_str().unwrap()),
    ];

    for name in [
        "revise_contact_partial",
        "revise_contact_blank",
        "revise_noop",
        "revise_blank_mandatory",
        "revise_no_id",
        "revise_missing_id",
        "update_contact_partial",
        "update_contact_missing_mandatory",
        "update_missing_id",
    ] {
        crm.replay(name, &replaced, &OF_A_NEW_RECORD).await;
    }
}

#[tokio::test]
async fn deleting_is_answered_as_recorded() {
    let crm = Crm::recorded(Repaired).await;
    let contact = crm.create("Contacts", json!({"lastname": "Gone"})).await;
    let replaced = [("12x294", contact["id"].as_str().unwrap())];
    crm.set_time(1_795_433_691);

    for name in [
        "delete_contact",
        "delete_again",
        "delete_missing",
        "retrieve_after_delete",
        "revise_after_delete",
        "update_after_delete",
        "query_deleted",
        "sync_contacts_user",
    ] {
        crm.replay(name, &replaced, &[]).await;
    }
}

#[tokio::test]
async fn odd_values_come_back_as_recorded() {
    let crm = Crm::start().await;

    for row in recording::json("vtiger/encoding.json").as_array().unwrap() {
        let (sent, expected) = (&row[1], &row[2]);
        let element = json!({"lastname": "Enc", "firstname": sent, "description": sent});

        let created = crm.create("Contacts", element).await;

        assert_eq!(&created["firstname"], expected, "{row}");
        assert_eq!(&created["description"], expected, "{row}");
    }
}

#[tokio::test]
async fn types_are_listed_in_the_recorded_shape() {
    let crm = Crm::start().await;
    let recorded = recording::json("vtiger/listtypes_email.json");
    let recorded = &recorded["body"]["result"];

    let types = json!({"fieldTypeList": r#"["email"]"#});
    let listed = crm.call("GET", "listtypes", types).await;

    assert_eq!(listed.result()["types"], json!(["Accounts", "Contacts"]));
    for module in ["Accounts", "Contacts"] {
        assert_eq!(
            listed.result()["information"][module],
            recorded["information"][module]
        );
    }
}
