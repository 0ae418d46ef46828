//! What a listener in the place of this program is told.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::vtiger::VtigerOptions;

use super::crm::{Crm, SEEDED};
use crate::recording;
use crate::scene::wait_until;

const SECRET: &str = "lab-secret";

async fn listener(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/webhooks/vtiger"))
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    server
}

fn listen(crm: &Crm, server: &MockServer) {
    crm.simulator
        .set_callback(&format!("{}/webhooks/vtiger", server.uri()), SECRET);
}

/// The callbacks, once none is pending.
async fn delivered(crm: &Crm, server: &MockServer) -> Vec<Request> {
    wait_until("no callback is pending", || async {
        crm.simulator.pending_callbacks() == 0
    })
    .await;
    server.received_requests().await.unwrap()
}

fn body(request: &Request) -> Json {
    serde_json::from_slice(&request.body).unwrap()
}

fn keys(json: &Json) -> BTreeSet<String> {
    json.as_object().unwrap().keys().cloned().collect()
}

fn recorded(name: &str) -> Json {
    let exchange = recording::json(&format!("vtiger/callbacks/{name}.json"));
    serde_json::from_str(exchange["body_raw"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_save_is_told_in_the_recorded_shape() {
    let crm = Crm::start_with(VtigerOptions {
        callback_with_data: false,
        ..VtigerOptions::default()
    })
    .await;
    let server = listener(200).await;
    listen(&crm, &server);

    let created = crm.create("Contacts", json!({"lastname": "New"})).await;

    let told = delivered(&crm, &server).await;
    let mut expected = recorded("workflow_save");
    for name in ["id", "createdtime", "modifiedtime"] {
        expected[name] = created[name].clone();
    }
    assert_eq!(told.len(), 1);
    assert_eq!(body(&told[0]), expected);
}

#[tokio::test]
async fn callbacks_are_signed() {
    let crm = Crm::start().await;
    let server = listener(200).await;
    listen(&crm, &server);

    crm.create("Contacts", json!({"lastname": "New"})).await;

    let told = delivered(&crm, &server).await;
    let headers = &told[0].headers;
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&told[0].body);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(headers["x-vtiger-signature"], expected.as_str());
    assert_eq!(headers["x-vtiger-timestamp"], SEEDED.to_string().as_str());
    assert_eq!(headers["content-type"], "application/json");
}

#[tokio::test]
async fn each_save_is_told_with_the_record_whoever_made_it() {
    let crm = Crm::start().await;
    let server = listener(200).await;
    listen(&crm, &server);

    let created = crm.create("Contacts", json!({"lastname": "New"})).await;
    let told = delivered(&crm, &server).await;
    assert_eq!(body(&told[0])["data"], created);

    let id = created["id"].as_str().unwrap();
    crm.advance(1);
    crm.revise(json!({"id": id, "lastname": "New"})).await;
    delivered(&crm, &server).await;
    crm.simulator.edit_record(id, json!({"phone": "5"}));

    let told: Vec<Json> = delivered(&crm, &server).await.iter().map(body).collect();
    let seen: Vec<_> = told
        .iter()
        .map(|body| {
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            (text("request_source"), text("modifiedby"), text("modifiedtime"))
        })
        .collect();
    let expected = [
        ("ws:create", "19x1", "2026-11-23 11:24:55"),
        ("ws:revise", "19x1", "2026-11-23 11:24:56"),
        ("ui:Save", "19x5", "2026-11-23 11:24:56"),
    ];
    assert_eq!(
        seen,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
    assert_eq!(told[2]["data"]["phone"], "5");
}

#[tokio::test]
async fn a_deletion_is_told_with_the_bare_number() {
    let crm = Crm::start().await;
    let by_api = crm.simulator.add_record("Contacts", json!({"lastname": "A"}));
    let by_hand = crm.simulator.add_record("Contacts", json!({"lastname": "B"}));
    let server = listener(200).await;
    listen(&crm, &server);
    crm.advance(60);

    crm.call("POST", "delete", json!({"id": by_api})).await.result();
    delivered(&crm, &server).await;
    crm.simulator.delete_record(&by_hand);

    let told: Vec<Json> = delivered(&crm, &server).await.iter().map(body).collect();
    let mut expected = recorded("afterdelete");
    expected["id"] = json!(by_api.trim_start_matches("12x"));
    expected["modifiedtime"] = json!("2026-11-23 11:24:55");
    assert_eq!(told[0], expected);
    assert_eq!(told[1]["request_source"], "ui:DeleteAjax");
    assert_eq!(keys(&told[1]), keys(&expected));
}

#[tokio::test]
async fn a_refused_or_lost_callback_is_never_repeated() {
    let crm = Crm::start().await;
    let server = listener(500).await;
    listen(&crm, &server);

    crm.create("Contacts", json!({"lastname": "Refused"})).await;
    delivered(&crm, &server).await;
    crm.simulator.set_faults(FaultPlan {
        lost_webhooks: 1.0,
        ..FaultPlan::default()
    });
    crm.create("Contacts", json!({"lastname": "Lost"})).await;

    assert_eq!(delivered(&crm, &server).await.len(), 1);
}

#[tokio::test]
async fn saves_and_deletions_of_orders_are_told_in_the_recorded_shape() {
    let crm = Crm::start().await;
    crm.create("Accounts", json!({"accountname": "A"})).await;
    let product = crm.create("Products", json!({"productname": "P"})).await;
    let server = listener(200).await;
    listen(&crm, &server);
    let order = json!({"subject": "O", "sostatus": "Created", "account_id": "11x2", "bill_street": "B",
                       "ship_street": "S", "invoicestatus": "Created", "productid": product["id"],
                       "LineItems": [{"productid": product["id"], "quantity": "1", "listprice": "5"}]});

    let created = crm.create("SalesOrder", order).await;
    crm.create("Tax", json!({"taxlabel": "Silent", "percentage": "1"}))
        .await;
    delivered(&crm, &server).await;
    crm.call("POST", "delete", json!({"id": created["id"]}))
        .await
        .result();

    // The stock that moved to and fro is nobody's save.
    let told: Vec<Json> = delivered(&crm, &server).await.iter().map(body).collect();
    assert_eq!(told.len(), 2);
    let mut expected = recorded("salesorder_workflow_save");
    expected["request_source"] = json!("ws:create");
    for name in ["id", "createdtime", "modifiedtime"] {
        expected[name] = created[name].clone();
    }
    let mut saved = told[0].clone();
    let data = saved["data"].take();
    assert_eq!(data["LineItems"], created["LineItems"]);
    for told in [&mut saved, &mut expected] {
        let told = told.as_object_mut().unwrap();
        told.remove("data");
        // How many fields depends on what is left out of an order here.
        told.remove("fields");
    }
    assert_eq!(saved, expected);
    let mut expected = recorded("salesorder_afterdelete");
    expected["id"] = json!(created["id"].as_str().unwrap().trim_start_matches("6x"));
    expected["modifiedtime"] = created["modifiedtime"].clone();
    assert_eq!(told[1], expected);
}

#[tokio::test]
async fn a_restored_order_has_its_lines_again_and_is_told_in_the_recorded_shape() {
    let crm = Crm::start().await;
    let account = crm.simulator.add_record("Accounts", json!({"accountname": "A"}));
    let product = crm
        .simulator
        .add_record("Products", json!({"productname": "P", "qtyinstock": "9"}));
    let stock = || crm.simulator.record(&product).unwrap()["qtyinstock"].clone();
    let order = crm.simulator.add_record(
        "SalesOrder",
        json!({"subject": "O", "account_id": account, "bill_street": "B", "ship_street": "S",
               "LineItems": [{"productid": product, "quantity": "2", "listprice": "5"}]}),
    );
    assert_eq!(
        crm.simulator.record(&order).unwrap()["hdnGrandTotal"],
        "10.00000000"
    );
    assert_eq!(stock(), "9.000", "a person's order takes nothing from the stock");
    let changed =
        json!({"LineItems": [{"productid": product, "quantity": "3", "listprice": "5", "tax1": "10"}]});
    assert!(crm.simulator.edit_record(&order, changed));
    let before = crm.simulator.record(&order).unwrap();
    assert_eq!(before["hdnGrandTotal"], "16.50000000");

    assert!(!crm.simulator.restore_record(&order));
    assert!(crm.simulator.delete_record(&order));
    assert_eq!(crm.simulator.records("LineItem"), Vec::<Json>::new());
    assert!(crm.simulator.records("SalesOrder").is_empty());
    let server = listener(200).await;
    listen(&crm, &server);
    assert!(crm.simulator.restore_record(&order));

    assert_eq!(
        crm.simulator.records("SalesOrder")[0]["LineItems"],
        before["LineItems"]
    );
    assert_eq!(stock(), "9.000");
    let mut told: Vec<Json> = delivered(&crm, &server).await.iter().map(body).collect();
    told.sort_by_key(|told| told["event"] != "workflow.save");
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["request_source"], "ui:RecycleBinAjax");
    assert_eq!(told[0]["data"]["LineItems"], before["LineItems"]);
    let expected = recorded("afterrestore");
    assert_eq!(keys(&told[1]), keys(&expected));
    assert_eq!(told[1]["event"], expected["event"]);
    assert_eq!(told[1]["id"], json!(order.trim_start_matches("6x")));
}
