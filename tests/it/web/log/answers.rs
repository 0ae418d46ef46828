//! What programs get of the sync log under `/api/v1`.

use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::{App, test, web};
use serde_json::{Value as Json, json};
use woo_vtiger_sync::api::{Api, configure};
use woo_vtiger_sync::failed::Failed;

use super::{created, skipped};
use crate::web::site::{Site, header_of, text};

const TOKEN: &str = "a-token-for-tests";

async fn call(site: &Site, path: &str, accept: &str) -> ServiceResponse {
    let api = web::Data::new(Api {
        token: Some(TOKEN.into()),
        accounts: site.accounts().clone(),
        failed: Failed {
            store: site.web.store.clone(),
            queue: site.web.queue.clone(),
            clock: site.web.clock.clone(),
        },
        history: site.web.history.clone(),
        connections: site.web.connections.clone(),
        settings: site.web.settings.clone(),
    });
    let app = test::init_service(App::new().configure(configure(api))).await;
    let request = test::TestRequest::get()
        .uri(&format!("/api/v1{path}"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {TOKEN}")))
        .insert_header((header::ACCEPT, accept));
    test::call_service(&app, request.to_request()).await
}

async fn json(site: &Site, path: &str) -> (u16, Json) {
    let response = call(site, path, "application/json").await;
    (
        response.status().as_u16(),
        serde_json::from_str(&text(response).await).unwrap(),
    )
}

#[actix_web::test]
async fn programs_read_lines_and_the_records_behind_them_page_by_page() {
    let site = Site::new(&["shop"]).await;
    site.commit("shop", vec![created("Ada"), skipped("Cy")]).await;
    site.pass(60_000);
    site.commit("shop", vec![created("Eve")]).await;

    let (status, first) = json(&site, "/log?limit=1").await;
    assert_eq!(status, 200);
    let line = json!({
        "minute": "2026-01-31T12:35:00Z", "connection": "shop", "module": "contacts", "side": "vtiger",
        "created": 1, "updated": 0, "skipped": 0, "other": 0
    });
    assert_eq!(first["lines"], json!([line]));
    let next = first["next"].as_str().unwrap();
    let (_, second) = json(&site, &format!("/log?limit=1&after={next}")).await;
    assert_eq!(
        (&second["lines"][0]["created"], &second["lines"][0]["skipped"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(second["next"], Json::Null);

    let (_, behind) = json(&site, "/log/records?status=unsynced").await;
    let record = &behind["records"][0];
    assert_eq!(
        (&record["title"], &record["connection"]),
        (&json!("Cy"), &json!("shop"))
    );
    assert_eq!(record["reason"], "it has no e-mail address");

    let (_, series) = json(&site, "/log/series?from=2026-01-31T12:34&until=2026-01-31T12:36").await;
    assert_eq!(series["step_seconds"], 60);
    let points = series["points"].as_array().unwrap();
    assert_eq!(points.len(), 2);
    assert_eq!(
        points[0],
        json!({
            "start": "2026-01-31T12:34:00Z", "created": 1, "updated": 0, "other": 0, "skipped": 1, "failed": 0,
            "mean_ms": 1500, "slowest_ms": 1500
        })
    );
}

#[actix_web::test]
async fn programs_get_the_same_file_as_people() {
    let site = Site::new(&["shop"]).await;
    site.commit("shop", vec![created("=1+1"), skipped("Cy")]).await;
    let file = text(site.get("/log.csv?status=created").await).await;
    assert!(file.contains("'=1+1") && !file.contains("Cy"), "{file}");

    for (path, accept) in [
        ("/log.csv?status=created", "*/*"),
        ("/log/records?status=created", "text/csv"),
    ] {
        let response = call(&site, path, accept).await;

        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header_of(&response, &header::CONTENT_TYPE),
            "text/csv; charset=utf-8"
        );
        assert_eq!(text(response).await, file, "{path}");
    }
}

#[actix_web::test]
async fn programs_are_told_what_they_got_wrong() {
    let site = Site::new(&["shop"]).await;
    for (path, status, words) in [
        ("/log?connection=none", 404, "no connection named `none`"),
        ("/log?modul=contacts", 400, "unknown field"),
        ("/log/records?status=lost", 400, "unsynced"),
        ("/log/records?after=nowhere", 400, "after"),
        ("/log/series?from=now", 400, "2026-01-31T12:34"),
        ("/log?limit=0", 400, "between 1 and 500"),
    ] {
        let (answered, body) = json(&site, path).await;

        assert_eq!(answered, status, "{path}: {body}");
        assert!(body["detail"].as_str().unwrap().contains(words), "{path}: {body}");
    }
}
