//! Sales orders: requests and recorded answers.

use woo_vtiger_sync::sync::{Basket, Item, Line};

use super::*;

const ORDERS: Module = Module::SalesOrders;
const AT: &str = "/wp-json/wc/v3/orders";

fn order(id: u64, counterpart: &str) -> Json {
    json!({
        "id": id, "status": "pending", "customer_id": 0, "total": "5.00", "date_created_gmt": "2026-11-23T11:40:00",
        "meta_data": [{"id": 1, "key": "_vtiger_salesorder", "value": counterpart}], "line_items": [],
    })
}

fn answer(body: &Json) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("X-WP-TotalPages", "1")
        .set_body_json(body)
}

fn basket_of(record: &Record) -> Basket {
    serde_json::from_value(record.fields["line_items"].clone()).unwrap()
}

/// A basket of one product at 5.00 that is to cost `total`.
fn basket(id: Option<&str>, total: &str) -> Basket {
    Basket {
        currency: "USD".to_owned(),
        lines: vec![Line {
            id: id.map(str::to_owned),
            item: Item::Product(RecordId::new("10")),
            quantity: 1.into(),
            price: 5.into(),
            ..Line::default()
        }],
        total: total.parse().unwrap(),
        ..Basket::default()
    }
}

fn lines(basket: &Basket) -> Patch {
    patch(&[("line_items", basket.to_value())])
}

async fn bodies(server: &MockServer) -> Vec<Json> {
    let requests = server.received_requests().await.unwrap();
    let sent = requests.iter().filter(|request| !request.body.is_empty());
    sent.map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect()
}

/// A shop that answers writes of orders with these, one after another.
async fn answering_in_turn(answers: &[Json]) -> (MockServer, WooCommerce) {
    let server = MockServer::start().await;
    for body in answers {
        let mock = Mock::given(any()).respond_with(answer(body));
        mock.up_to_n_times(1).mount(&server).await;
    }
    let shop = basic(&server.uri());
    (server, shop)
}

#[tokio::test]
async fn an_order_is_read_with_all_its_lines() {
    let (server, shop) = answering(recorded("order_get_full")).await;

    let record = shop.fetch(ORDERS, &RecordId::new("133")).await.unwrap().unwrap();

    assert_eq!(requests(&server).await, [format!("GET {AT}/133")]);
    let basket = basket_of(&record);
    assert_eq!(basket.lines.len(), 6);
    assert_eq!(basket.reckoned().to_string(), "881.19");
    for (field, value) in [
        ("number", "133"),
        ("status", "processing"),
        ("contact", "5"),
        ("currency", "USD"),
        ("customer_note", "note \"quoted\" é"),
        ("ship_to.country", "DE"),
        ("meta_data[lab_ref]", "PO-1"),
    ] {
        assert_eq!(get(&record, field), value, "{field}");
    }
}

#[tokio::test]
async fn orders_that_are_gone_or_in_the_trash_are_none() {
    for answer in ["order_get_404", "order_get_trashed"] {
        let (_server, shop) = answering(recorded(answer)).await;

        assert_eq!(
            shop.fetch(ORDERS, &RecordId::new("124")).await,
            Ok(None),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_order_whose_total_is_right_is_created_in_one_call() {
    let (server, shop) = answering_in_turn(&[order(7, "6x78")]).await;
    let mut patch = lines(&basket(None, "5.00"));
    patch
        .0
        .insert(FieldPath::parse("counterpart").unwrap(), Value::text("6x78"));

    let record = shop.create(ORDERS, &patch).await.unwrap();

    let expected = json!({
        "line_items": [{"product_id": 10, "quantity": 1, "subtotal": "5.00", "total": "5.00"}],
        "meta_data": [{"key": "_vtiger_salesorder", "value": "6x78"}],
    });
    assert_eq!(bodies(&server).await, [expected]);
    assert_eq!(
        (record.id.as_str(), get(&record, "counterpart").as_str()),
        ("7", "6x78")
    );
}

#[tokio::test]
async fn a_total_that_differs_costs_one_call_more() {
    let mut evened = order(7, "");
    evened["total"] = json!("5.01");
    let (server, shop) = answering_in_turn(&[order(7, ""), evened]).await;

    let record = shop.create(ORDERS, &lines(&basket(None, "5.01"))).await.unwrap();

    let asked = requests(&server).await;
    assert_eq!(asked.len(), 2);
    assert!(asked[1].starts_with(&format!("PUT {AT}/7 ")));
    let fee = json!({"fee_lines": [{"name": "Adjustment", "total": "0.01", "tax_status": "none"}]});
    assert_eq!(bodies(&server).await[1], fee);
    assert_eq!(get(&record, "total"), "5.01");
}

#[tokio::test]
async fn an_order_that_is_there_is_not_told_to_be_refused() {
    let server = with(&[
        ("POST", AT, answer(&order(7, ""))),
        (
            "PUT",
            &format!("{AT}/7"),
            recorded("order_update_400_bad_line_id"),
        ),
    ])
    .await;

    let error = basic(&server.uri())
        .create(ORDERS, &lines(&basket(None, "5.01")))
        .await
        .unwrap_err();

    assert_eq!(error.fault, Fault::Unavailable { retry_after: None });
}

#[tokio::test]
async fn an_order_that_was_read_is_edited_in_one_call() {
    let mut shown = order(7, "");
    shown["line_items"] =
        json!([{"id": 1, "product_id": 10, "quantity": 2, "subtotal": "10.00", "total": "10.00"}]);
    shown["total"] = json!("10.00");
    let (server, shop) = answering_in_turn(&[shown, order(7, "")]).await;
    let id = RecordId::new("7");
    shop.fetch(ORDERS, &id).await.unwrap();

    shop.update(ORDERS, &id, &lines(&basket(Some("1"), "5.00")))
        .await
        .unwrap();

    let line = json!({"id": 1, "quantity": 1, "subtotal": "5.00", "total": "5.00"});
    assert_eq!(bodies(&server).await, [json!({"line_items": [line]})]);
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn an_order_that_was_not_read_is_read_before_its_lines_are_written() {
    let mut kept = basket(Some("1"), "5.00");
    kept.lines[0].kept = true;
    let (server, shop) = answering_in_turn(&[order(7, ""), order(7, "")]).await;
    let id = RecordId::new("7");

    shop.update(ORDERS, &id, &lines(&kept)).await.unwrap();

    // The second call only reads it: nothing is to be written.
    assert_eq!(
        requests(&server).await,
        [format!("GET {AT}/7"), format!("GET {AT}/7")]
    );
}

#[tokio::test]
async fn an_update_without_lines_takes_one_call() {
    let (server, shop) = answering(recorded("order_update_200_meta")).await;
    let patch = patch(&[
        ("status", Value::text("completed")),
        ("currency", Value::text("EUR")),
        ("contact", Value::text("guest:a@b.example")),
    ]);

    shop.update(ORDERS, &RecordId::new("89"), &patch).await.unwrap();

    let body = r#"{"customer_id":0,"status":"completed"}"#;
    assert_eq!(requests(&server).await, [format!("PUT {AT}/89 {body}")]);
}

#[tokio::test]
async fn a_fresh_order_is_found_by_its_counterpart_with_one_cheap_call() {
    let server = with(&[
        ("GET", AT, answer(&json!([order(7, "6x78"), order(8, "")]))),
        ("GET", &format!("{AT}/7"), answer(&order(7, "6x78"))),
    ])
    .await;
    let shop = basic(&server.uri());
    let since = Some(Timestamp::from_seconds(NOW));

    let found = shop.find(ORDERS, "6x78", since).await.unwrap();
    let again = shop.find(ORDERS, "6x78", since).await.unwrap();
    let other = shop.find(ORDERS, "6x99", since).await.unwrap();

    assert_eq!(
        found.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(),
        ["7"]
    );
    assert_eq!((again.len(), other.len()), (1, 0));
    let list = |after: &str| {
        let filters = format!("_fields=id%2Cmeta_data%2Cdate_created_gmt&after={after}&dates_are_gmt=true");
        format!("GET {AT}?{filters}&orderby=id&order=asc&per_page=100&page=1")
    };
    let expected = [
        list("2026-11-23T11%3A35%3A33"),
        format!("GET {AT}/7"),
        format!("GET {AT}/7"),
        // From the newest order on, with a minute of margin.
        list("2026-11-23T11%3A39%3A00"),
    ];
    assert_eq!(requests(&server).await, expected);
}

#[tokio::test]
async fn all_orders_are_listed_where_it_is_not_known_how_old_one_is() {
    let (server, shop) = answering(answer(&json!([order(8, "")]))).await;

    shop.find(ORDERS, "6x78", None).await.unwrap();
    shop.find(ORDERS, "6x79", None).await.unwrap();

    let asked = requests(&server).await;
    assert!(!asked[0].contains("after="), "{}", asked[0]);
    assert!(asked[1].contains("after=2026-11-23T11%3A39%3A00"), "{}", asked[1]);
}

#[tokio::test]
async fn an_order_that_lost_its_counterpart_is_not_found_by_it() {
    let server = with(&[
        ("GET", AT, answer(&json!([order(7, "6x78")]))),
        ("GET", &format!("{AT}/7"), answer(&order(7, "6x80"))),
    ])
    .await;

    let found = basic(&server.uri()).find(ORDERS, "6x78", None).await.unwrap();

    assert!(found.is_empty());
}

#[tokio::test]
async fn orders_that_were_read_or_created_are_found_without_a_list() {
    let (server, shop) = answering(answer(&order(7, "6x78"))).await;
    shop.read(ORDERS, &order(7, "6x78"), &[]).await.unwrap().unwrap();

    let found = shop.find(ORDERS, "6x78", None).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(requests(&server).await, [format!("GET {AT}/7")]);
}

#[tokio::test]
async fn orders_go_into_the_trash_and_come_out_again() {
    let (server, shop) = answering(recorded("order_delete_trash")).await;
    let id = RecordId::new("124");

    shop.delete(ORDERS, &id).await.unwrap();
    let restored = shop.restore(ORDERS, &id, &Patch::default()).await.unwrap();

    assert!(restored.is_some());
    let expected = [
        format!("DELETE {AT}/124"),
        format!(r#"PUT {AT}/124 {{"status":"processing"}}"#),
    ];
    assert_eq!(requests(&server).await, expected);
    for (answer, restored) in [("order_delete_404", true), ("order_update_400_invalid_id", true)] {
        let (_server, shop) = answering(recorded(answer)).await;
        assert_eq!(shop.delete(ORDERS, &id).await, Ok(()), "{answer}");
        let outcome = shop.restore(ORDERS, &id, &Patch::default()).await;
        assert_eq!(outcome == Ok(None), restored, "{answer}");
    }
}

#[tokio::test]
async fn pages_lead_through_all_orders() {
    let (server, shop) = answering(recorded("orders_list")).await;

    let first = shop.page(ORDERS, None).await.unwrap();
    let last = shop.page(ORDERS, Some("orders:15")).await.unwrap();

    assert_eq!(
        (first.records.len(), first.next.as_deref()),
        (2, Some("orders:2"))
    );
    assert_eq!((last.next, last.partial), (None, false));
    let asked = requests(&server).await;
    assert_eq!(
        asked[0],
        format!("GET {AT}?orderby=id&order=asc&per_page=100&page=1")
    );
    assert!(asked[1].ends_with("page=15"));
}

#[tokio::test]
async fn webhooks_bodies_are_read_without_asking_the_shop() {
    let (server, shop) = answering(ResponseTemplate::new(500)).await;
    let needed = ["line_items", "contact", "ship_to.city", "status", "meta_data[x]"];
    let needed = needed.map(|path| FieldPath::parse(path).unwrap());
    for name in [
        "order.created",
        "order.updated",
        "order.restored",
        "order.updated-refund",
        "storefront-guest-checkout-2-order.created",
        "storefront-account-checkout-4-order.created",
    ] {
        let recorded = recording::json(&format!("woo/webhooks/{name}.json"));
        let body: Json = serde_json::from_str(recorded["body_text"].as_str().unwrap()).unwrap();

        let record = shop.read(ORDERS, &body, &needed).await.unwrap().unwrap();

        let basket = basket_of(&record);
        assert_eq!(basket.reckoned(), basket.total, "{name}");
        assert_eq!(shop.glance(&body).modified, record.modified);
        assert!(record.modified.is_some());
        for root in ["customer_id", "shipping", "refunds"] {
            let mut body = body.clone();
            body.as_object_mut().unwrap().remove(root);
            assert_eq!(shop.read(ORDERS, &body, &needed).await, Ok(None), "{root}");
        }
    }
    assert_eq!(shop.read(ORDERS, &json!({"id": 124}), &[]).await, Ok(None));
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn the_person_of_one_guest_order_is_read_from_it() {
    let (server, shop) = answering(recorded("order_get_guest")).await;
    let order = recording::json("woo/rest/order_get_guest.json")["body"]["id"]
        .as_u64()
        .unwrap();
    let id = RecordId::guest_order(&order.to_string());

    let record = shop.fetch(CONTACTS, &id).await.unwrap().unwrap();

    assert_eq!(record.id, id);
    assert_eq!(
        (get(&record, "role").as_str(), get(&record, "order_id")),
        ("guest", order.to_string())
    );
    let fields = "_fields=id%2Cstatus%2Ccustomer_id%2Cdate_created_gmt%2Cbilling%2Cshipping";
    assert_eq!(requests(&server).await, [format!("GET {AT}/{order}?{fields}")]);
    let path = FieldPath::parse("first_name").unwrap();
    assert!(!shop.is_writable(CONTACTS, &path, Some(&record)));
    let error = shop.update(CONTACTS, &id, &Patch::default()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Rejected { field: None });
    let (_server, gone) = answering(recorded("order_get_404")).await;
    assert_eq!(gone.fetch(CONTACTS, &id).await, Ok(None));
}

#[tokio::test]
async fn refusals_name_the_field() {
    for (answer, field) in [
        ("order_create_400_unknown_customer", "contact"),
        ("order_create_400_no_product", "line_items"),
        ("order_create_400_bad_status", "status"),
        ("order_update_400_bad_line_id", "line_items"),
    ] {
        let (_server, shop) = answering(recorded(answer)).await;

        let error = shop.create(ORDERS, &Patch::default()).await;

        let rejected = Fault::Rejected {
            field: Some(field.to_owned()),
        };
        assert_eq!(error.unwrap_err().fault, rejected, "{answer}");
    }
}

#[tokio::test]
async fn an_orders_derived_and_fixed_fields_can_not_be_written() {
    let (_server, shop) = answering(recorded("order_get_full")).await;
    let record = shop.fetch(ORDERS, &RecordId::new("133")).await.unwrap().unwrap();

    for (field, new, existing) in [
        ("number", false, false),
        ("contact_name", false, false),
        ("total", false, false),
        ("currency", true, false),
        ("status", true, true),
        ("line_items", true, true),
        ("ship_to.city", true, true),
        ("counterpart", true, true),
    ] {
        let path = FieldPath::parse(field).unwrap();
        assert_eq!(shop.is_writable(ORDERS, &path, None), new, "{field}");
        assert_eq!(
            shop.is_writable(ORDERS, &path, Some(&record)),
            existing,
            "{field}"
        );
    }
}
