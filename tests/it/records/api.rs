//! The same for programs.

use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::accounts::Accounts;
use woo_vtiger_sync::store::Role;

use super::{ANN, conflict};
use crate::scene::{Scene, ann};

/// A program with a token.
struct Program {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Program {
    async fn new(scene: &Scene, role: Role) -> Self {
        let parts = scene.server.parts();
        let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
        let token = accounts.add_token("a test", role, "a test").await.unwrap();
        Self {
            client: woo_vtiger_sync::http::client(std::time::Duration::from_secs(30)).unwrap(),
            url: format!("{}/api/v1", scene.url),
            token: token.expose_secret().to_owned(),
        }
    }

    async fn get(&self, path: &str) -> (u16, Json) {
        let request = self.client.get(format!("{}{path}", self.url));
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        read(response).await
    }

    async fn post(&self, path: &str, body: Json) -> (u16, Json) {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let response = request.bearer_auth(&self.token).send().await.unwrap();
        read(response).await
    }
}

async fn read(response: reqwest::Response) -> (u16, Json) {
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_and_told_with_their_history() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    let program = Program::new(&scene, Role::Reader).await;

    let (status, found) = program.get("/records?q=ann%40").await;
    assert_eq!(
        (status, found["records"].as_array().unwrap().len()),
        (200, 1),
        "{found}"
    );
    assert_eq!(
        found["records"][0]["ids"],
        json!({ "woocommerce": customer.to_string(), "vtiger": contact })
    );

    let path = format!("/records/shop/contacts/vtiger/{contact}");
    let (status, told) = program.get(&format!("{path}?live=true")).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&told["title"], &told["linked"]),
        (&json!("Ann Lee"), &json!(true))
    );
    assert_eq!(told["history"]["past"][0]["action"], "created");
    let is_phone = |field: &&Json| field["field"] == "billing.phone = phone";
    let phone = told["fields"].as_array().unwrap().iter().find(is_phone).unwrap();
    assert_eq!(phone["base"]["vtiger"], "555 1000");
    let phone = told["live"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(is_phone)
        .unwrap();
    assert_eq!(
        (&phone["state"], &phone["shown"]["vtiger"]),
        (&json!("in_step"), &json!("555 1000"))
    );

    for path in [
        format!("/records/other/contacts/vtiger/{contact}"),
        format!("/records/shop/contacts/side/{contact}"),
        "/records/shop/contacts/vtiger/12x999".to_owned(),
    ] {
        assert_eq!(program.get(&path).await.0, 404, "{path}");
    }
    let (status, _) = program.post(&format!("{path}/sync"), json!({})).await;
    assert_eq!(status, 403, "a reader may not");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_settled() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair(ANN).await;
    conflict(&scene, customer, &contact).await;
    let program = Program::new(&scene, Role::Admin).await;
    let path = format!("/records/shop/contacts/woocommerce/{customer}");

    let (_, needed) = program.get("/attention").await;
    assert_eq!(needed["conflicts"], 1, "{needed}");
    let id = needed["latest_conflicts"][0]["id"].clone();
    let (status, _) = program
        .post(&format!("{path}/take"), json!({ "conflict": "x" }))
        .await;
    assert_eq!(status, 404);
    let (status, _) = program
        .post(&format!("{path}/take"), json!({ "conflict": id }))
        .await;
    scene.quiet().await;
    assert_eq!(status, 202);
    assert_eq!(
        scene.shop.customer(customer).unwrap()["billing"]["phone"],
        "crm's"
    );

    let (status, _) = program.post(&format!("{path}/sync"), json!({})).await;
    assert_eq!(status, 202);
    scene.quiet().await;
    let (status, unlinked) = program.post(&format!("{path}/unlink"), json!({})).await;
    assert_eq!((status, &unlinked["ids"]["vtiger"]), (200, &json!(contact)));
    let (status, _) = program.post(&format!("{path}/unlink"), json!({})).await;
    assert_eq!(status, 409);
    let (status, linked) = program
        .post(&format!("{path}/link"), json!({ "id": contact }))
        .await;
    assert_eq!(
        (status, &linked["ids"]["woocommerce"]),
        (200, &json!(customer.to_string()))
    );
    scene.quiet().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_person_is_listed_and_retried() {
    let scene = Scene::start().await;
    let mut nameless = ann(ANN);
    nameless["last_name"] = json!("");
    scene.shop.register_customer(nameless);
    scene.quiet().await;
    let program = Program::new(&scene, Role::Admin).await;

    let (_, needed) = program.get("/attention?kind=mandatory").await;
    assert_eq!(needed["groups"], json!([{ "kind": "mandatory", "number": 1 }]));
    assert_eq!(needed["problems"][0]["title"], "Ann");
    let (status, _) = program.get("/attention?kind=nonsense").await;
    assert_eq!(status, 400);

    let ids = json!({ "ids": [needed["problems"][0]["id"]] });
    let (status, retried) = program.post("/attention/retry", ids).await;
    assert_eq!((status, retried), (202, json!({ "retried": 1 })));
    let all = json!({ "all": true, "kind": "no_email" });
    assert_eq!(
        program.post("/attention/retry", all).await.1,
        json!({ "retried": 0 })
    );
    assert_eq!(program.post("/attention/retry", json!({})).await.0, 400);
    scene.quiet().await;
    scene.stop().await;
}
