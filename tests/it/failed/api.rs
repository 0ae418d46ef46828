//! The failed events over HTTP.

use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, test, web};
use serde_json::{Value as Json, json};
use woo_vtiger_sync::accounts::Accounts;
use woo_vtiger_sync::api::{Api, configure};
use woo_vtiger_sync::history::History;
use woo_vtiger_sync::settings;
use woo_vtiger_sync::sync::Module;

use super::desk::{Desk, record};

const TOKEN: &str = "a-token-for-tests";

/// Sends a request with this header, if any.
async fn send(
    desk: &Desk,
    token: Option<&str>,
    shown: Option<&str>,
    request: (Method, &str, Option<Json>),
) -> ServiceResponse {
    let api = web::Data::new(Api {
        token: token.map(Into::into),
        accounts: Accounts::new(desk.failed.store.clone(), desk.failed.clock.clone()),
        failed: desk.failed.clone(),
        history: History {
            store: desk.failed.store.clone(),
            clock: desk.failed.clock.clone(),
            connections: std::sync::Arc::new(vec!["shop".to_owned()]),
        },
        settings: Arc::new(settings::Desk::new(
            desk.failed.store.clone(),
            desk.failed.clock.clone(),
            [],
        )),
    });
    let app = test::init_service(App::new().configure(configure(api))).await;
    let (method, path, body) = request;
    let mut request = test::TestRequest::default()
        .method(method)
        .uri(&format!("/api/v1{path}"));
    if let Some(shown) = shown {
        request = request.insert_header((header::AUTHORIZATION, shown));
    }
    if let Some(body) = body {
        request = request.set_json(body);
    }
    let response = test::call_service(&app, request.to_request()).await;
    assert_eq!(
        response.headers().get(header::CACHE_CONTROL).unwrap(),
        "no-store",
        "{path}"
    );
    response
}

async fn body_of(response: ServiceResponse) -> Json {
    serde_json::from_slice(&test::read_body(response).await).unwrap()
}

/// Sends a request with the token, and says the answer's status and body.
async fn call(desk: &Desk, method: Method, path: &str, body: Option<Json>) -> (u16, Json) {
    let response = send(
        desk,
        Some(TOKEN),
        Some(&format!("Bearer {TOKEN}")),
        (method, path, body),
    )
    .await;
    (response.status().as_u16(), body_of(response).await)
}

async fn get(desk: &Desk, path: &str) -> (u16, Json) {
    call(desk, Method::GET, path, None).await
}

async fn post(desk: &Desk, path: &str, body: Json) -> (u16, Json) {
    call(desk, Method::POST, path, Some(body)).await
}

#[actix_web::test]
async fn nobody_gets_in_without_the_token() {
    let desk = Desk::new().await;
    let id = desk.fail("shop", "7").await;
    let one = format!("/failed/{id}");
    let replay = format!("/failed/{id}/replay");

    for (method, path) in [
        (Method::GET, "/failed"),
        (Method::GET, one.as_str()),
        (Method::DELETE, one.as_str()),
        (Method::POST, replay.as_str()),
        (Method::POST, "/failed/replay"),
        (Method::POST, "/failed/discard"),
        (Method::GET, "/elsewhere"),
    ] {
        let request = || (method.clone(), path, Some(json!({ "all": true })));
        // Where no token is configured, none is right.
        let closed = send(&desk, None, Some(&format!("Bearer {TOKEN}")), request()).await;
        assert_eq!(closed.status(), StatusCode::UNAUTHORIZED, "{path}");

        for shown in [
            None,
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer wrong"),
            Some("Bearer a-token-for-test"),
            Some("Bearer a-token-for-tests-"),
            Some("Basic a-token-for-tests"),
            Some("a-token-for-tests"),
        ] {
            let refused = send(&desk, Some(TOKEN), shown, request()).await;
            assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{path} {shown:?}");
            let challenge = refused.headers().get(header::WWW_AUTHENTICATE).unwrap();
            assert!(
                challenge.to_str().unwrap().starts_with("Bearer realm="),
                "{challenge:?}"
            );
            assert_eq!(body_of(refused).await["error"], "unauthenticated");
        }
    }
    assert_eq!((desk.left().await, desk.waiting().await), (1, [0, 0]));
    let shown = send(
        &desk,
        Some(TOKEN),
        Some("bearer a-token-for-tests"),
        (Method::GET, "/failed", None),
    )
    .await;
    assert_eq!(shown.status(), StatusCode::OK);
}

#[actix_web::test]
async fn the_list_comes_in_pages() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for customer in 0..5 {
        ids.push(desk.fail("shop", &customer.to_string()).await);
    }
    desk.fail_with("outlet", record(Module::Products, "9")).await;

    let mut listed = Vec::new();
    let mut after = String::new();
    for expected in [2, 2, 1] {
        let (status, page) = get(&desk, &format!("/failed?connection=shop&limit=2&after={after}")).await;
        assert_eq!((status, &page["total"]), (200, &json!(5)), "{page}");
        let failed = page["failed"].as_array().unwrap();
        assert_eq!(failed.len(), expected, "{page}");
        listed.extend(failed.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        after = page["next"].as_str().unwrap_or_default().to_owned();
    }
    let (_, products) = get(&desk, "/failed?module=products").await;

    assert_eq!(listed, ids);
    assert_eq!(after, "");
    assert_eq!(products["total"], 1);
    let one = &products["failed"][0];
    assert_eq!(one["record"], json!({ "side": "woocommerce", "id": "9" }));
    assert_eq!(one["connection"], "outlet");
    assert_eq!(one["failed_at"], "2026-01-31T12:34:56Z");
    assert_eq!(one["received_at"], "2026-01-30T12:34:56Z");
    assert_eq!(one["change"], "changed");
    assert_eq!(one["cause"], "webhook");
    assert_eq!(one["attempts"], 201);
    assert_eq!(one["reason"], "failed 0 minutes ago");
}

#[actix_web::test]
async fn one_is_shown_with_its_history_and_without_the_values_that_came_with_it() {
    let desk = Desk::new().await;
    let id = desk.fail("shop", "7").await;

    let (status, shown) = get(&desk, &format!("/failed/{id}")).await;

    assert_eq!(status, 200);
    assert_eq!(shown["id"], id.as_str());
    assert_eq!(shown["history"].as_array().unwrap().len(), 3);
    assert_eq!(
        shown["history"][0],
        json!({ "at": "2026-01-30T12:34:56Z", "error": "failed 1440 minutes ago" })
    );
    assert_eq!(shown["journal"], json!([]));
    assert_eq!(shown["title"], Json::Null);
    assert!(!shown.to_string().contains("persons.example"), "{shown}");
    assert_eq!(get(&desk, "/failed/nothing").await.0, 404);
}

#[actix_web::test]
async fn one_is_replayed_or_discarded_by_its_address() {
    let desk = Desk::new().await;
    let replayed = desk.fail("shop", "7").await;
    let discarded = desk.fail("shop", "8").await;
    let unreadable = desk.fail_unreadable().await;
    let replay = |id: &str| format!("/failed/{id}/replay");

    let first = call(&desk, Method::POST, &replay(&replayed), None).await;
    let again = call(&desk, Method::POST, &replay(&replayed), None).await;
    let cant = call(&desk, Method::POST, &replay(&unreadable), None).await;
    let gone = call(&desk, Method::DELETE, &format!("/failed/{discarded}"), None).await;
    let gone_again = call(&desk, Method::DELETE, &format!("/failed/{discarded}"), None).await;

    assert_eq!(first, (200, json!({ "replayed": 1 })));
    assert_eq!((again.0, &again.1["error"]), (404, &json!("not_found")));
    assert_eq!((cant.0, &cant.1["error"]), (409, &json!("unreadable")));
    assert_eq!(gone, (200, json!({ "discarded": 1 })));
    assert_eq!(gone_again.0, 404);
    assert_eq!((desk.left().await, desk.waiting().await), (1, [1, 0]));
}

#[actix_web::test]
async fn many_are_replayed_or_discarded_at_once() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for customer in 0..150 {
        ids.push(desk.fail("shop", &customer.to_string()).await);
    }
    desk.fail("outlet", "1").await;
    desk.fail("outlet", "2").await;

    let some = post(
        &desk,
        "/failed/replay",
        json!({ "ids": [ids[0], ids[1], "gone"] }),
    )
    .await;
    let all = post(
        &desk,
        "/failed/replay",
        json!({ "all": true, "connection": "Shop" }),
    )
    .await;
    let none = post(&desk, "/failed/discard", json!({ "ids": ids[2..4] })).await;
    let rest = post(
        &desk,
        "/failed/discard",
        json!({ "all": true, "module": "contacts" }),
    )
    .await;

    assert_eq!(
        some,
        (
            200,
            json!({ "replayed": 2, "unreadable": [], "unknown": ["gone"] })
        )
    );
    assert_eq!(
        all,
        (200, json!({ "replayed": 148, "unreadable": [], "unknown": [] }))
    );
    assert_eq!(none, (200, json!({ "discarded": 0, "unknown": ids[2..4] })));
    assert_eq!(rest, (200, json!({ "discarded": 2, "unknown": [] })));
    assert_eq!((desk.left().await, desk.waiting().await), (0, [2, 148]));
}

#[actix_web::test]
async fn what_is_asked_for_wrongly_is_told_and_does_nothing() {
    let desk = Desk::new().await;
    let id = desk.fail("shop", "7").await;

    for body in [
        json!({}),
        json!({ "all": false }),
        json!({ "ids": [id], "all": true }),
        json!({ "ids": [id], "connection": "shop" }),
        json!({ "all": true, "modul": "contacts" }),
        json!({ "all": true, "module": "orders" }),
        json!([id]),
    ] {
        for path in ["/failed/replay", "/failed/discard"] {
            let (status, answer) = post(&desk, path, body.clone()).await;
            assert_eq!((status, &answer["error"]), (400, &json!("malformed")), "{body}");
            assert!(answer["detail"].is_string(), "{answer}");
        }
    }
    for query in ["limit=0", "limit=501", "limit=x", "module=orders", "before=x"] {
        let (status, answer) = get(&desk, &format!("/failed?{query}")).await;
        assert_eq!((status, &answer["error"]), (400, &json!("malformed")), "{query}");
    }
    let (status, answer) = get(&desk, "/elsewhere").await;
    assert_eq!((status, &answer["error"]), (404, &json!("not_found")));
    let (status, answer) = call(&desk, Method::DELETE, "/failed", None).await;
    assert_eq!((status, &answer["error"]), (405, &json!("method_not_allowed")));
    assert_eq!((desk.left().await, desk.waiting().await), (1, [0, 0]));
}

#[actix_web::test]
async fn a_database_that_fails_is_told_without_details() {
    let desk = Desk::new().await;
    desk.database.close().await;

    let response = send(
        &desk,
        Some(TOKEN),
        Some(&format!("Bearer {TOKEN}")),
        (Method::GET, "/failed", None),
    )
    .await;

    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "10");
    let answer = body_of(response).await;
    assert_eq!(answer["error"], "unavailable");
}
