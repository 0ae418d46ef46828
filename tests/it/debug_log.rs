//! The debug log and the health of a service at work between simulators: by the API, on pages, in a browser.

mod browser;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use woo_vtiger_sync::accounts::Accounts;
use woo_vtiger_sync::app::{Server, Stage};
use woo_vtiger_sync::clock::SystemClock;
use woo_vtiger_sync::config::Config;
use woo_vtiger_sync::store::{DebugExchange, DebugFilter, Role};
use woo_vtiger_sync::sync::Side;

use crate::scene::{self, Scene, wait_until};
use crate::visitor::Visitor;
use crate::wire::{customer, delivery};

/// Sends a request to the API with a token of this role. Says the answer's status and text.
async fn call(scene: &Scene, role: Role, method: Method, path: &str, body: Option<Json>) -> (u16, String) {
    let parts = scene.server.parts();
    let accounts = Accounts::new(parts.store.clone(), parts.clock.clone());
    let token = accounts.add_token("a test", role, "a test").await.unwrap();
    let client = woo_vtiger_sync::http::client(std::time::Duration::from_mins(1)).unwrap();
    let mut request = client
        .request(method, format!("{}/api/v1{path}", scene.url))
        .bearer_auth(token.expose_secret());
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn get(scene: &Scene, path: &str) -> Json {
    let (status, text) = call(scene, Role::Reader, Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Changes a customer until the log tells of what was said.
async fn hear_of(scene: &Scene, customer: u64, query: &str) -> Json {
    let mut number = 0;
    loop {
        number += 1;
        scene.shop.edit_customer(
            customer,
            json!({ "billing": { "phone": format!("555 {number:04}") } }),
        );
        scene.quiet().await;
        let told = get(scene, &format!("/debug-log?{query}")).await;
        if !told["exchanges"].as_array().unwrap().is_empty() || number > 500 {
            return told;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_kept_while_it_is_switched_on_and_masked() {
    let scene = Scene::start().await;
    let (customer, contact) = scene.pair("ann@shop.example").await;
    assert_eq!(
        get(&scene, "/debug-log").await["exchanges"],
        json!([]),
        "it was off"
    );
    let path = "/debug-log/switches/shop";
    let on = json!({ "hours": 2, "module": "contacts" });

    let refused = call(&scene, Role::Reader, Method::PUT, path, Some(on.clone())).await;
    let too_long = call(
        &scene,
        Role::Admin,
        Method::PUT,
        path,
        Some(json!({ "hours": 25 })),
    )
    .await;
    let switched = call(&scene, Role::Admin, Method::PUT, path, Some(on)).await;
    assert_eq!(
        (refused.0, too_long.0, switched.0),
        (403, 400, 200),
        "{}",
        switched.1
    );

    let heard = hear_of(&scene, customer, &format!("record={contact}&side=vtiger")).await;
    let first = &heard["exchanges"][0];
    assert!(
        first["path"].as_str().unwrap().starts_with("/webservice.php"),
        "{first}"
    );
    let id = first["id"].as_str().unwrap();
    let whole = get(&scene, &format!("/debug-log/{id}")).await;
    assert!(
        whole["records"].as_array().unwrap().contains(&json!(contact)),
        "{whole}"
    );
    assert!(whole["event"].is_string(), "{whole}");
    assert!(
        whole["answer"].as_str().unwrap().contains("\"lastname\""),
        "{whole}"
    );

    let (status, lines) = call(&scene, Role::Reader, Method::GET, "/debug-log/download", None).await;
    assert_eq!(status, 200);
    for line in lines.lines() {
        serde_json::from_str::<Json>(line).unwrap();
    }
    for private in ["ann@shop.example", "Ann", "Lee", "Oakland", "555 0", "lab-"] {
        assert!(!lines.contains(private), "{private} in {lines}");
    }

    call(&scene, Role::Admin, Method::DELETE, path, None).await;
    let told = get(&scene, "/debug-log/switches").await;
    assert_eq!(told["switches"][0]["on"], false);
    for (query, refusal) in [
        ("status=x", 400),
        ("since=then", 400),
        ("connection=other", 404),
        ("colour=red", 400),
    ] {
        let told = call(
            &scene,
            Role::Reader,
            Method::GET,
            &format!("/debug-log?{query}"),
            None,
        )
        .await;
        assert_eq!(told.0, refusal, "{query}: {}", told.1);
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_go_where_the_log_takes_too_much_room() {
    let scene = Scene::start().await;
    let parts = scene.server.parts();
    let exchange = |number: usize| DebugExchange {
        id: format!("{number:05}"),
        connection: "shop".to_owned(),
        side: Side::Vtiger,
        at: parts.clock.now(),
        module: None,
        event: None,
        records: vec![number.to_string()],
        method: "GET".to_owned(),
        path: "/webservice.php".to_owned(),
        status: Some(200),
        took_ms: 1,
        request: None,
        answer: Some("x".repeat(50_000)),
        failure: None,
    };
    let exchanges: Vec<DebugExchange> = (0..300).map(exchange).collect();
    parts.store.keep_exchanges(&exchanges).await.unwrap();

    let hour = std::time::Duration::from_hours(1);
    let forget = woo_vtiger_sync::debug_log::forget(&*parts.store, &*parts.clock, hour, 1 << 20);

    assert!(forget.await.unwrap() >= 200);
    let left = parts
        .store
        .exchanges(&DebugFilter::default(), None, 500, false)
        .await
        .unwrap();
    assert!(
        !left.is_empty() && left[0].id == "00299",
        "the newest stays: {}",
        left.len()
    );
    assert!(parts.store.debug_log_size().await.unwrap() <= 1 << 20);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_names_what_is_not_well() {
    let scene = Scene::start().await;
    wait_until("the process says that it is there", || async {
        let health = get(&scene, "/health").await;
        health["verdict"] == "well" && health["processes"][0]["roles"].is_string()
    })
    .await;
    let health = get(&scene, "/health").await;
    assert_eq!(
        (&health["queue"]["live"], &health["queue"]["connected"]),
        (&json!(0), &json!(true))
    );
    assert!(health["database_bytes"].as_u64() > Some(0), "{health}");
    assert_eq!(health["connections"][0]["name"], "shop");

    let parts = scene.server.parts();
    let down = woo_vtiger_sync::store::Down {
        until: parts.clock.now() + std::time::Duration::from_mins(5),
        times: 3,
    };
    parts.store.put_down("shop:vtiger", Some(down)).await.unwrap();

    let health = get(&scene, "/health").await;
    assert_eq!(health["verdict"], "bad");
    let problem = &health["problems"][0];
    assert_eq!(problem["connection"], "shop");
    assert!(
        problem["problem"]
            .as_str()
            .unwrap()
            .contains("Vtiger CRM is down"),
        "{problem}"
    );
    assert!(
        problem["remedy"].as_str().unwrap().contains("Nothing is lost"),
        "{problem}"
    );
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_broker_is_away_health_says_so_and_webhooks_are_kept() {
    woo_vtiger_sync::http::install_tls_provider();
    let (folder, nowhere) = (tempfile::tempdir().unwrap(), "http://127.0.0.1:9");
    let mut variables = scene::variables(nowhere, nowhere, folder.path());
    // Nothing listens at that port.
    variables.push(("WVS_QUEUE__URL".to_owned(), "amqp://127.0.0.1:9".to_owned()));
    let config = Config::load(None, variables.into_iter()).unwrap();
    let server = Server::start(&config, SystemClock::shared(), Stage::Real)
        .await
        .unwrap();
    let admin = Visitor::admin(&server).await;

    let taken = delivery("customer.updated", customer(1, "ann@shop.example").to_string());
    assert_eq!(taken.send(server.address()).status, 200);

    let page = admin.page("/health").await;
    let told = "the database keeps the events until it can (1 so far)";
    assert!(page.contains(told) && page.contains("Start RabbitMQ"), "{page}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_hold_what_their_description_says() {
    let scene = Scene::start().await;
    scene.pair("ann@shop.example").await;
    let described = get(&scene, "/openapi.json").await;
    let mut tried = 0;

    for (path, methods) in described["paths"].as_object().unwrap() {
        let operation = &methods["get"];
        let content = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        if content["required"].is_null() || path.contains('{') {
            continue;
        }
        let path = path.trim_start_matches("/api/v1");
        let question = if path == "/records" { "?q=ann" } else { "" };
        let answer = get(&scene, &format!("{path}{question}")).await;
        for key in content["required"].as_array().unwrap() {
            assert!(
                answer.get(key.as_str().unwrap()).is_some(),
                "{path}: no {key} in {answer}"
            );
        }
        tried += 1;
    }

    assert!(tried >= 9, "{tried}");
    scene.stop().await;
}
