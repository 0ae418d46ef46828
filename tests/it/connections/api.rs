//! The connections over HTTP.

use serde_json::{Value as Json, json};

use super::lab::Lab;

async fn send(lab: &Lab, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
    let client = reqwest::Client::builder().build().unwrap();
    let method = method.parse::<reqwest::Method>().unwrap();
    let mut request = client
        .request(method, format!("{}/api/v1{path}", lab.url))
        .header("Authorization", "Bearer token");
    if let Some(body) = body {
        request = request
            .header("Content-Type", "application/json")
            .body(body.to_string());
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_made_tried_changed_and_removed() {
    let lab = Lab::new().await;

    let (status, made) = send(&lab, "POST", "/connections", Some(lab.json("shop"))).await;
    assert_eq!((status, &made["is_paused"]), (201, &json!(true)), "{made}");
    let (_, all) = send(&lab, "GET", "/connections", None).await;
    assert_eq!(all["connections"][0]["name"], "shop");
    assert!(!all.to_string().contains(&lab.input("shop").shop_secret));
    let tried = json!({ "side": "vtiger" });
    let (status, told) = send(&lab, "POST", "/connections/shop/test", Some(tried)).await;
    assert_eq!(
        (status, &told["findings"][0]["verdict"]),
        (200, &json!("good")),
        "{told}"
    );
    let entered = json!({ "side": "woocommerce", "connection": lab.json("other") });
    let (status, told) = send(&lab, "POST", "/connection-tests", Some(entered)).await;
    assert_eq!(
        (status, &told["findings"][0]["verdict"]),
        (200, &json!("good")),
        "{told}"
    );

    let choice = json!({ "modules": [{ "module": "contacts", "enabled": true, "direction": "to_vtiger" }] });
    let (status, chosen) = send(&lab, "PUT", "/connections/shop/modules", Some(choice)).await;
    assert_eq!(status, 200, "{chosen}");
    let enabled = chosen["modules"].as_array().unwrap();
    let enabled: Vec<&Json> = enabled.iter().filter(|one| one["enabled"] == true).collect();
    assert_eq!(enabled.len(), 2, "contacts, and taxes with them: {chosen}");

    let mut change = lab.json("shop");
    change["shop_secret"] = json!("");
    change["crm_timeout"] = json!("never");
    let (status, told) = send(&lab, "PUT", "/connections/shop", Some(change)).await;
    assert_eq!(
        (status, &told["problems"][0]["field"]),
        (422, &json!("crm_timeout")),
        "{told}"
    );
    let (status, _) = send(&lab, "POST", "/connections/shop/begin", None).await;
    assert_eq!(status, 202);
    let (status, _) = send(&lab, "DELETE", "/connections/shop?forget=true", None).await;
    assert_eq!(status, 200);
    let (status, _) = send(&lab, "GET", "/connections/shop", None).await;
    assert_eq!(status, 404);
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let lab = Lab::new().await;

    for (method, path, body) in [
        ("GET", "/connections/none", None),
        ("PUT", "/connections/none", Some(lab.json("none"))),
        ("DELETE", "/connections/none", None),
        (
            "POST",
            "/connections/none/test",
            Some(json!({ "side": "vtiger" })),
        ),
        ("PUT", "/connections/none/modules", Some(json!({ "modules": [] }))),
        ("POST", "/connections/none/preview", None),
        ("GET", "/connections/none/preview", None),
        ("POST", "/connections/none/webhooks", None),
        ("POST", "/connections/none/begin", None),
        ("POST", "/connections/none/pause", None),
    ] {
        let (status, told) = send(&lab, method, path, body).await;
        assert_eq!(
            (status, &told["error"]),
            (404, &json!("not_found")),
            "{method} {path}: {told}"
        );
    }
    lab.stop().await;
}
