//! Batches that get no answer, or none for each of their items.

use woo_vtiger_sync::simulator::faults::{Fault as Planned, FaultPlan};

use super::*;

/// A shop that answers each request alike.
async fn refusing(status: u16, body: Json) -> (MockServer, WooCommerce) {
    answering(ResponseTemplate::new(status).set_body_json(body)).await
}

#[tokio::test]
async fn of_a_batch_whose_answer_is_lost_nobody_knows_and_then_each_goes_by_itself() {
    for (planned, made) in [
        (Planned::ErrorBefore, 0),
        (Planned::ErrorAfter, 6),
        (Planned::Reset, 6),
        (Planned::Midway, 3),
    ] {
        let (simulator, shop) = open().await;
        simulator.set_faults(FaultPlan {
            next: [Some(planned)].into(),
            ..FaultPlan::default()
        });

        let lost = create(&shop, 6).await;
        let again = create(&shop, 6).await;

        let unknown = Fault::Unavailable { retry_after: None };
        assert!(
            lost.iter().all(|outcome| fault(outcome) == unknown),
            "{planned:?}"
        );
        let operation = |outcome: &Outcome| outcome.as_ref().unwrap_err().operation;
        assert_eq!(operation(&lost[0]), "create customer");
        assert_eq!(simulator.customers().len(), 6, "{planned:?}");
        let refused = again.iter().filter(|outcome| outcome.is_err());
        assert_eq!(refused.count(), made, "{planned:?}: those that are there");
        let calls = calls(&simulator);
        let alone = calls.iter().filter(|call| call.starts_with("POST /customers "));
        assert_eq!((alone.count(), calls.len()), (6, 7), "{planned:?}: {calls:?}");
    }
}

#[tokio::test]
async fn an_answer_that_tells_of_nothing_leaves_all_open() {
    let (server, shop) = refusing(200, json!({})).await;

    let outcomes = create(&shop, 3).await;

    let unknown = Fault::Unavailable { retry_after: None };
    assert!(outcomes.iter().all(|outcome| fault(outcome) == unknown));
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn too_large_a_batch_is_halved_until_it_fits() {
    let server = MockServer::start().await;
    let most_three = |request: &wiremock::Request| {
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let Some(items) = body["create"].as_array() else {
            return ResponseTemplate::new(201).set_body_json(json!({"id": 1, "email": body["email"]}));
        };
        if items.len() > 3 {
            return ResponseTemplate::new(413).set_body_string("<html>Request Entity Too Large</html>");
        }
        let created = items.iter().map(|item| json!({"id": 1, "email": item["email"]}));
        ResponseTemplate::new(200).set_body_json(json!({"create": created.collect::<Vec<_>>()}))
    };
    Mock::given(any()).respond_with(most_three).mount(&server).await;
    let shop = basic(&server.uri());

    let outcomes = create(&shop, 10).await;
    let sizes = |requests: Vec<String>| -> Vec<usize> {
        requests
            .iter()
            .map(|request| request.matches('@').count())
            .collect()
    };
    let first = sizes(requests(&server).await);
    let more = create(&shop, 5).await;

    for (nth, outcome) in outcomes.iter().enumerate() {
        let email = get(outcome.as_ref().unwrap(), "email");
        assert_eq!(email, format!("c{nth}@shop.example"), "each has its own");
    }
    assert_eq!(first, [10, 5, 2, 3, 5, 2, 3]);
    assert!(more.iter().all(Result::is_ok));
    let then = sizes(requests(&server).await).split_off(first.len());
    assert_eq!(then, [2, 2, 1], "it is learnt once");
}

#[tokio::test]
async fn what_is_said_of_a_batch_as_a_whole_is_said_to_each_as_if_alone() {
    let forbidden = json!({
        "code": "woocommerce_rest_cannot_batch", "data": {"status": 401},
        "message": "Sorry, you are not allowed to batch manipulate this resource.",
    });
    let no_route = recording::json("woo/rest/no_route_404.json")["body"].clone();
    let bad = json!({"code": "rest_invalid_param", "message": "", "data": {"status": 400, "params": {}}});
    let unknown = Fault::Unavailable { retry_after: None };
    for (status, body, expected) in [
        (401, forbidden.clone(), Fault::Denied),
        (403, forbidden, Fault::Denied),
        (404, no_route, unknown.clone()),
        // A firewall, perhaps because of one of them; and what no single one of them need have done.
        (403, json!("<html>Forbidden</html>"), unknown.clone()),
        (400, bad, unknown),
    ] {
        let (_server, shop) = refusing(status, body.clone()).await;

        let outcomes = create(&shop, 3).await;

        assert!(
            outcomes.iter().all(|outcome| fault(outcome) == expected),
            "{body}: {outcomes:?}"
        );
    }
}

#[tokio::test]
async fn a_shop_that_asks_for_fewer_requests_asks_all_of_them() {
    let (simulator, shop) = open().await;
    simulator.set_faults(FaultPlan {
        next: [Some(Planned::TooManyRequests)].into(),
        ..FaultPlan::default()
    });

    let held = create(&shop, 3).await;
    let again = create(&shop, 3).await;

    let asked = Fault::Unavailable {
        retry_after: Some(Duration::from_secs(1)),
    };
    assert!(held.iter().all(|outcome| fault(outcome) == asked), "{held:?}");
    assert!(again.iter().all(Result::is_ok));
    let expected = ["POST /customers/batch 429", "POST /customers/batch 200"];
    assert_eq!(calls(&simulator), expected, "nothing is wrong with batches");
}
