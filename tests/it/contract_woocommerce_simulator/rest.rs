//! What is the same for each collection: bodies, routes, faults, the end.

use serde_json::json;
use woo_vtiger_sync::simulator::faults::FaultPlan;

use super::{Reply, client, open_shop, replay};
use crate::recording;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_say_it_is_json_is_not_read() {
    let shop = open_shop().await;
    let recorded = recording::json("woo/rest/post_text_plain.json");
    let request = client()
        .post(format!("{}/wp-json/wc/v3/customers", shop.url()))
        .basic_auth("ck_simulator", Some("cs_simulator"))
        .header("Content-Type", "text/plain")
        .body(recorded["request"]["body"].as_str().unwrap().to_owned());

    let reply = Reply::read(request.send().await.unwrap()).await;

    super::assert_as_recorded("post_text_plain", &reply, &recorded, &shop);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_shop_answers_nobody() {
    let shop = open_shop().await;
    let url = shop.url();

    shop.stop().await;

    assert!(client().get(url).send().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_routes_answer_as_recorded() {
    let shop = open_shop().await;

    replay(&shop, "no_route_404", "/nonsense").await;
    replay(&shop, "method_not_allowed_404", "/orders").await;
    let response = client()
        .get(format!("{}/wp-json/", shop.url()))
        .send()
        .await
        .unwrap();

    let index = Reply::read(response).await;
    super::assert_as_recorded(
        "wp_json_index",
        &index,
        &recording::json("woo/rest/wp_json_index.json"),
        &shop,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_happen_before_or_after_the_work() {
    let shop = open_shop().await;
    shop.set_faults(FaultPlan {
        request_faults: 1.0,
        seed: 7,
        ..FaultPlan::default()
    });
    let url = format!("{}/wp-json/wc/v3/customers", shop.url());
    let (mut statuses, mut broken) = (Vec::new(), 0);

    for number in 0..40 {
        let request = client()
            .post(&url)
            .basic_auth("ck_simulator", Some("cs_simulator"));
        let body = json!({"email": format!("{number}@shop.example")}).to_string();
        let response = request
            .header("Content-Type", "application/json")
            .body(body)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        match response.bytes().await {
            Ok(_) => statuses.push(status),
            Err(_) => broken += 1,
        }
    }

    for status in [429, 500, 503] {
        assert!(statuses.contains(&status), "{status}");
    }
    assert!(!statuses.contains(&201));
    assert!(broken > 0);
    let done = statuses.iter().filter(|status| **status == 500).count() + broken;
    assert_eq!(shop.customers().len(), done);
}
