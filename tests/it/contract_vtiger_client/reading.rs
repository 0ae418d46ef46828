//! Reading contacts: one, by address, page by page, out of a callback.

use super::*;

async fn names(crm: &Crm) {
    let query = "SELECT id, accountname FROM Accounts WHERE id IN ('11x2');";
    let names = json!([{ "id": "11x2", "accountname": "ACME & Söhne" }]);
    crm.answers("query_empty", json!({ "query": query }), names).await;
}

#[tokio::test]
async fn a_contact_comes_with_its_organizations_name_and_the_name_is_remembered() {
    let crm = Crm::open().await;
    crm.plays("retrieve_contact", json!({ "id": "12x7" })).await;
    names(&crm).await;
    let vtiger = crm.client();

    let record = fetch(&vtiger, "12x7").await.unwrap().unwrap();
    let again = fetch(&vtiger, "7").await.unwrap().unwrap();

    assert_eq!(record, again, "the bare number is the same record");
    assert_eq!(record.id, id("12x7"));
    assert_eq!(record.modified.unwrap().to_string(), "2026-11-23 11:24:55");
    assert_eq!(record.modified_by.as_deref(), Some("19x1"));
    assert_eq!(get(&record, "lastname"), "Müller");
    assert_eq!(get(&record, "mailingstreet"), "0 Mail St\nApt 0");
    assert_eq!(get(&record, "account_id.accountname"), "ACME & Söhne");
    assert_eq!(crm.operations().await, ["retrieve", "query", "retrieve"]);
}

#[tokio::test]
async fn a_name_is_asked_for_again_after_ten_minutes() {
    let crm = Crm::open().await;
    crm.plays("retrieve_contact", json!({})).await;
    names(&crm).await;
    let vtiger = crm.client();

    fetch(&vtiger, "12x7").await.unwrap();
    crm.clock.0.fetch_add(600, Ordering::Relaxed);
    fetch(&vtiger, "12x7").await.unwrap();

    assert_eq!(crm.operations().await, ["retrieve", "query", "retrieve", "query"]);
}

#[tokio::test]
async fn a_record_that_is_gone_is_told_from_one_that_is_denied() {
    let crm = Crm::open().await;
    crm.plays("retrieve_missing", json!({})).await;
    let probe = "SELECT id FROM Contacts WHERE id = '12x5';";
    crm.plays("query_empty", json!({ "query": probe })).await;
    let probe = "SELECT id FROM Contacts WHERE id = '12x6';";
    crm.answers(
        "query_empty",
        json!({ "query": probe }),
        json!([{ "id": "12x6" }]),
    )
    .await;
    let vtiger = crm.client();

    assert_eq!(fetch(&vtiger, "12x5").await, Ok(None));
    assert_eq!(fetch(&vtiger, "12x6").await.unwrap_err().fault, Fault::Denied);
}

#[tokio::test]
async fn a_bare_id_is_completed_with_the_modules_number() {
    let crm = Crm::open().await;
    crm.plays("describe_Contacts", json!({ "elementType": "Contacts" }))
        .await;
    let vtiger = crm.client();

    for (given, full) in [("378", "12x378"), ("379", "12x379"), ("11x2", "11x2")] {
        assert_eq!(vtiger.full_id(Module::Contacts, &id(given)).await, Ok(id(full)));
    }

    let calls = crm.calls().await;
    let described = calls.iter().filter(|call| call["operation"] == "describe");
    assert_eq!(described.count(), 1, "asked once");
}

#[tokio::test]
async fn pages_go_on_after_the_last_id_and_resolve_names_at_once() {
    let crm = Crm::open().await;
    let names = "SELECT id, accountname FROM Accounts WHERE id IN ('11x2','11x3','11x4');";
    crm.answers("query_empty", json!({ "query": names }), json!([]))
        .await;
    let first = "SELECT * FROM Contacts ORDER BY id LIMIT 100;";
    crm.answers("query_contacts", json!({ "query": first }), json!(rows(1..101)))
        .await;
    let second = "SELECT * FROM Contacts WHERE id > '12x100' ORDER BY id LIMIT 100;";
    crm.answers(
        "query_contacts",
        json!({ "query": second }),
        json!(rows(101..104)),
    )
    .await;
    let vtiger = crm.client();

    let page = vtiger.page(Module::Contacts, None).await.unwrap();
    let last = vtiger.page(Module::Contacts, page.next.as_deref()).await.unwrap();

    assert_eq!(page.records.len(), 100);
    assert_eq!(page.next.as_deref(), Some("12x100"));
    assert_eq!(last.records.len(), 3);
    assert_eq!(last.next, None);
}

#[tokio::test]
async fn only_the_same_address_in_any_case_is_found() {
    let crm = Crm::open().await;
    let query = "SELECT * FROM Contacts WHERE email = 'o''neil@example.test' LIMIT 10;";
    let mut found = rows(1..5);
    for (row, email) in found.iter_mut().zip([
        "ó'neil@example.test",
        "O'Neil@example.test",
        "o'neil@example.test ",
        "o'neil@example.test",
    ]) {
        row["email"] = json!(email);
        row["account_id"] = Json::Null;
    }
    crm.answers("query_contacts", json!({ "query": query }), json!(found))
        .await;
    let vtiger = crm.client();

    let records = vtiger
        .find(Module::Contacts, " o'neil@example.test", None)
        .await
        .unwrap();
    let none = vtiger.find(Module::Contacts, " ", None).await.unwrap();

    let ids: Vec<_> = records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["12x2", "12x3"], "two at most");
    assert_eq!(none, []);
    assert_eq!(crm.operations().await, ["query"]);
}

#[tokio::test]
async fn a_callbacks_data_is_a_record_when_it_holds_what_is_needed() {
    let crm = Crm::open().await;
    let mut described = recording::json("vtiger/describe_Contacts.json")["body"]["result"].clone();
    let fields = ["lastname", "account_id", "email"];
    described["fields"] = fields.map(|name| json!({ "name": name, "label": name })).into();
    crm.answers("describe_Contacts", json!({}), described).await;
    names(&crm).await;
    let vtiger = crm.client();
    let data = json!({
        "id": "7", "modifiedtime": "2026-11-23 11:24:55", "modifiedby": "19x5",
        "lastname": "Müller", "account_id": "11x2",
    });
    let read = async |needed: &[&str]| {
        let needed: Vec<_> = needed.iter().map(|text| path(text)).collect();
        vtiger.read(Module::Contacts, &data, &needed).await.unwrap()
    };

    let record = read(&["lastname", "account_id.accountname"]).await.unwrap();

    assert_eq!(record.id, id("12x7"));
    assert_eq!(get(&record, "account_id.accountname"), "ACME & Söhne");
    assert_eq!(read(&["lastname", "email"]).await, None);
    // What the installation doesn't have, nobody can send.
    assert!(read(&["lastname", "cf_999"]).await.is_some());
}

#[tokio::test]
async fn a_glance_tells_when_and_whether_by_us_without_a_call() {
    let crm = Crm::open().await;
    let vtiger = crm.client();
    let by = |user: &str| json!({ "id": "7", "modifiedtime": "2026-11-23 11:31:13", "modifiedby": user });

    assert_eq!(
        vtiger.glance(&by("19x1")).own,
        None,
        "who we are is not known yet"
    );
    vtiger.webservice().session().await.unwrap();

    let modified = Some(Timestamp::from_seconds(CREATE_AT));
    let own = Some(true);
    assert_eq!(vtiger.glance(&by("19x1")), Glance { modified, own });
    assert_eq!(vtiger.glance(&by("19x5")).own, Some(false));
    assert_eq!(vtiger.glance(&json!({ "id": "7" })), Glance::default());
    assert_eq!(crm.calls().await.len(), 2, "the sign-in");
}
