//! Going through all contacts, and telling a person what is wrong with a connection.

use super::*;

fn healthy() -> [(&'static str, &'static str, ResponseTemplate); 8] {
    [
        ("GET", "/wp-json/", recorded("wp_json_index")),
        (
            "GET",
            "/wp-json/wc/v3/customers",
            recorded("customers_list_page1"),
        ),
        ("GET", "/wp-json/wc/v3/orders", recorded("orders_list")),
        (
            "POST",
            "/wp-json/wc/v3/customers",
            recorded("customer_create_400_bad_email"),
        ),
        ("GET", "/wp-json/wc/v3/products", recorded("products_list")),
        ("GET", "/wp-json/wc/v3/taxes", recorded("taxes_list")),
        (
            "POST",
            "/wp-json/wc/v3/products",
            recorded("product_create_400_bad_status"),
        ),
        (
            "POST",
            "/wp-json/wc/v3/orders",
            recorded("order_create_400_unknown_customer"),
        ),
    ]
}

/// Subject, and advice where something isn't in order.
async fn checked(shop: &WooCommerce) -> Vec<(String, Option<String>)> {
    let findings = shop.check().await.into_iter();
    findings
        .map(|finding| match finding.verdict {
            Verdict::Good(_) => (finding.subject, None),
            Verdict::Warning(_, advice) | Verdict::Bad(_, advice) => (finding.subject, Some(advice)),
        })
        .collect()
}

#[tokio::test]
async fn pages_lead_through_all_customers_and_then_all_guests() {
    let guest = recording::json("woo/rest/order_get_guest.json")["body"].clone();
    let mut later = guest.clone();
    later["billing"]["city"] = json!("Bonn");
    let orders = ResponseTemplate::new(200)
        .insert_header("X-WP-TotalPages", "2")
        .set_body_json([guest, later]);
    let customers = recorded("customers_list_page1");
    let server = with(&[
        ("GET", "/wp-json/wc/v3/customers", customers),
        ("GET", "/wp-json/wc/v3/orders", orders),
    ])
    .await;
    let shop = basic(&server.uri());

    let first = shop.page(CONTACTS, None).await.unwrap();
    let last = shop.page(CONTACTS, Some("customers:15")).await.unwrap();
    let guests = shop.page(CONTACTS, last.next.as_deref()).await.unwrap();
    let end = shop.page(CONTACTS, guests.next.as_deref()).await.unwrap();

    assert_eq!(first.records.len(), 2);
    assert_eq!(
        (first.next.as_deref(), last.next.as_deref()),
        (Some("customers:2"), Some("guests:1"))
    );
    assert_eq!(guests.records.len(), 1, "orders of one guest are one record");
    assert_eq!(get(&guests.records[0], "billing.city"), "Bonn");
    assert_eq!((guests.next.as_deref(), end.next), (Some("guests:2"), None));
    let asked = requests(&server).await;
    let customers = "GET /wp-json/wc/v3/customers?role=customer&orderby=id&order=asc&per_page=100&page=";
    assert_eq!(asked[..2], [format!("{customers}1"), format!("{customers}15")]);
    let guests = "GET /wp-json/wc/v3/orders?customer=0&orderby=id&order=asc&per_page=100&page=2&_fields=";
    assert!(asked[3].starts_with(guests), "{}", asked[3]);
}

#[tokio::test]
async fn a_page_beyond_the_end_and_an_odd_cursor_do_no_harm() {
    let (server, shop) = answering(recorded("customers_list_page_beyond")).await;

    let beyond = shop.page(CONTACTS, Some("customers:99")).await.unwrap();
    shop.page(CONTACTS, Some("products:x")).await.unwrap();

    assert_eq!(
        (beyond.records.len(), beyond.next.as_deref()),
        (0, Some("guests:1"))
    );
    assert!(requests(&server).await[1].ends_with("page=1"));
}

#[tokio::test]
async fn a_list_that_is_none_is_no_empty_list() {
    let (_server, shop) = answering(ResponseTemplate::new(200).set_body_string("{}")).await;

    let error = shop.page(CONTACTS, None).await.unwrap_err();

    assert_eq!(error.fault, Fault::Unavailable { retry_after: None });
}

#[tokio::test]
async fn a_healthy_shop_passes_every_check_and_is_not_changed() {
    let server = with(&healthy()).await;
    let shop = client(&server.uri(), None, Duration::from_secs(10));

    let findings = shop.check().await;

    let verdicts: Vec<_> = findings
        .into_iter()
        .map(|finding| (finding.subject, finding.verdict))
        .collect();
    let good = |subject: &str, detail: &str| (subject.to_owned(), Verdict::Good(detail.to_owned()));
    let expected = [
        good("reach the site", "Lab Store"),
        good("read customers", "29 customers"),
        good("read products", "43 products"),
        good("read orders", "30 orders"),
        good("read taxes", "4 taxes"),
        good("write customers", "permitted"),
        good("write products", "permitted"),
        good("write orders", "permitted"),
    ];
    assert_eq!(verdicts, expected);
    let asked = server.received_requests().await.unwrap();
    let writes: Vec<_> = asked
        .iter()
        .filter(|request| request.method.as_str() != "GET")
        .map(|request| {
            let body = String::from_utf8_lossy(&request.body);
            format!("{} {} {body}", request.method, request.url.path())
        })
        .collect();
    let expected = [
        r#"POST /wp-json/wc/v3/customers {"email":"not-an-email"}"#,
        r#"POST /wp-json/wc/v3/products {"id":1,"status":"draft"}"#,
        r#"POST /wp-json/wc/v3/orders {"customer_id":2147483647,"status":"cancelled"}"#,
    ];
    assert_eq!(writes, expected);
}

#[tokio::test]
async fn a_key_that_may_only_read_is_told() {
    let mut routes = healthy();
    routes[3].2 = recorded("auth_readonly_key_post");
    let server = with(&routes).await;

    let findings = checked(&basic(&server.uri())).await;

    assert!(
        findings[..5].iter().all(|(_, advice)| advice.is_none()),
        "{findings:?}"
    );
    let advice = findings[5].1.as_deref().unwrap();
    assert!(advice.contains("Read/Write"), "{advice}");
}

#[tokio::test]
async fn basic_authentication_over_http_is_advised_against() {
    let mut routes = healthy();
    routes[1].2 = recorded("auth_http_basic");
    let server = with(&routes).await;

    let findings = checked(&basic(&server.uri())).await;

    let advice = findings[1].1.as_deref().unwrap();
    assert!(advice.contains("https") && advice.contains("`oauth`"), "{advice}");
    assert_eq!(findings[3].1, None);
}

#[tokio::test]
async fn a_site_that_is_no_shop_is_told_and_nothing_else_is_asked() {
    let moved = ResponseTemplate::new(301).insert_header("Location", "https://www.shop.example/wp-json/");
    for (answer, advised) in [
        (ResponseTemplate::new(404).set_body_string("<html>"), "Permalinks"),
        (
            ResponseTemplate::new(200).set_body_json(json!({"namespaces": ["wp/v2"]})),
            "activate WooCommerce",
        ),
        (moved, "redirects to"),
        (ResponseTemplate::new(403), "firewall"),
        (ResponseTemplate::new(502), "up and reachable"),
    ] {
        let (server, shop) = answering(answer).await;

        let findings = checked(&shop).await;

        assert_eq!(findings.len(), 1);
        let advice = findings[0].1.as_deref().unwrap();
        assert!(advice.contains(advised), "{advice}");
        assert_eq!(requests(&server).await, ["GET /wp-json/"]);
    }
}
