//! Guests, and records out of webhooks' bodies.

use super::*;

const FIELDS: &str = "_fields=id%2Cstatus%2Ccustomer_id%2Cdate_created_gmt%2Cbilling%2Cshipping";

fn guest_order() -> Json {
    recording::json("woo/rest/order_get_guest.json")["body"].clone()
}

fn webhook_body(name: &str) -> Json {
    let recorded = recording::json(&format!("woo/webhooks/{name}.json"));
    serde_json::from_str(recorded["body_text"].as_str().unwrap()).unwrap()
}

fn with_email(mut order: Json, email: &str) -> Json {
    order["billing"]["email"] = json!(email);
    order
}

fn orders(orders: &[Json], pages: &str) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("X-WP-TotalPages", pages)
        .set_body_json(orders)
}

fn paths(texts: &[&str]) -> Vec<FieldPath> {
    texts.iter().map(|text| FieldPath::parse(text).unwrap()).collect()
}

#[tokio::test]
async fn a_guest_is_read_from_the_newest_order_with_exactly_that_address() {
    let newest = with_email(guest_order(), "Guest3@Guest.example");
    let listed = [
        with_email(guest_order(), "notguest3@guest.example"),
        newest,
        guest_order(),
    ];
    let (server, shop) = answering(orders(&listed, "1")).await;

    let record = shop
        .fetch(CONTACTS, &RecordId::guest("guest3@guest.example"))
        .await
        .unwrap()
        .unwrap();

    let query = "customer=0&orderby=id&order=desc&per_page=100&page=1";
    let expected = format!("GET /wp-json/wc/v3/orders?{query}&{FIELDS}&search=guest3%40guest.example");
    assert_eq!(requests(&server).await, [expected]);
    assert_eq!(record.id, RecordId::guest("guest3@guest.example"));
    assert_eq!(get(&record, "email"), "Guest3@Guest.example");
    assert_eq!(
        (get(&record, "role").as_str(), get(&record, "last_name").as_str()),
        ("guest", "Person3")
    );
    assert_eq!(record.modified, Some(Timestamp::from_seconds(1_795_433_679)));
}

#[tokio::test]
async fn a_guest_without_orders_is_none_after_the_last_page() {
    let (server, shop) = answering(orders(&[with_email(guest_order(), "other@guest.example")], "2")).await;

    let found = shop
        .fetch(CONTACTS, &RecordId::guest("guest3@guest.example"))
        .await;

    assert_eq!(found, Ok(None));
    assert_eq!(requests(&server).await.len(), 2);
}

#[tokio::test]
async fn guests_can_not_be_written_to() {
    let (server, shop) = answering(recorded("customer_get")).await;
    let (id, patch) = (
        RecordId::guest("a@b.example"),
        patch(&[("first_name", Value::text("x"))]),
    );

    let update = shop.update(CONTACTS, &id, &patch).await.unwrap_err();
    let delete = shop.delete(CONTACTS, &id).await.unwrap_err();

    for error in [update, delete] {
        assert_eq!(error.fault, Fault::Rejected { field: None });
        assert!(!error.message.contains('@'));
    }
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_webhooks_body_is_read_without_asking_the_shop() {
    let (server, shop) = answering(ResponseTemplate::new(500)).await;
    let needed = paths(&["email", "billing.phone", "meta_data[vat_id]"]);

    let customer = shop
        .read(CONTACTS, &webhook_body("customer.created"), &needed)
        .await
        .unwrap()
        .unwrap();
    let guest = webhook_body("storefront-guest-checkout-2-order.created");
    let guest = shop
        .read(CONTACTS, &guest, &paths(&["email", "billing.phone"]))
        .await
        .unwrap()
        .unwrap();

    assert_eq!(
        (customer.id.as_str(), get(&customer, "email").as_str()),
        ("32", "hook1@shop.example")
    );
    assert!(guest.id.guest_email().is_some());
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_body_that_lacks_something_needed_is_not_used() {
    let (_server, shop) = answering(ResponseTemplate::new(500)).await;
    let whole = webhook_body("customer.created");
    let without = |field: &str| {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(field);
        body
    };

    for body in [
        without("id"),
        without("role"),
        without("billing"),
        without("meta_data"),
        webhook_body("customer.deleted"),
        webhook_body("customer.created-gone-1-customer.created"),
        webhook_body("order.created"),
    ] {
        let needed = paths(&["billing.phone", "meta_data[vat_id]"]);
        assert_eq!(shop.read(CONTACTS, &body, &needed).await, Ok(None));
    }
    assert!(
        shop.read(CONTACTS, &without("billing"), &paths(&["email"]))
            .await
            .unwrap()
            .is_some()
    );
}
