//! The REST API: customers and orders.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value as Json, json};
use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::simulator::faults::FaultPlan;
use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};

use super::{Reply, call, client, open_shop, replay};
use crate::recording;

/// Registers the customer that a recording shows; says the new id.
fn register_recorded(shop: &WooCommerceSimulator, name: &str) -> u64 {
    shop.register_customer(recording::json(&format!("woo/rest/{name}.json"))["body"].clone())
}

/// A shop with the 29 customers that the recorded lists were taken from.
async fn shop_of_29() -> WooCommerceSimulator {
    let shop = open_shop().await;
    register_recorded(&shop, "customer_get");
    register_recorded(&shop, "customer_before_unchanged_put");
    for number in 3..=29 {
        shop.register_customer(json!({
            "email": format!("customer{number:02}@shop.example"),
            "first_name": format!("Customer {number:02}"),
        }));
    }
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_read_as_recorded() {
    let shop = shop_of_29().await;
    let with_meta = shop.customers()[0]["id"].as_u64().unwrap();
    let administrator =
        shop.register_customer(json!({"email": "admin@lab.example", "role": "administrator"}));

    let reply = replay(&shop, "customer_get", &format!("/customers/{with_meta}")).await;
    replay(
        &shop,
        "customer_get_no_address",
        &format!("/customers/{}", with_meta + 5),
    )
    .await;
    let staff = replay(
        &shop,
        "customer_get_admin",
        &format!("/customers/{administrator}"),
    )
    .await;
    replay(&shop, "customer_get_404", "/customers/999999").await;

    let recorded = &recording::json("woo/rest/customer_get.json")["body"];
    for key in [
        "email",
        "first_name",
        "last_name",
        "username",
        "billing",
        "shipping",
        "avatar_url",
    ] {
        assert_eq!(reply.body[key], recorded[key], "{key}");
    }
    assert_eq!(reply.body.as_object().unwrap().len(), 16);
    assert_eq!(staff.body["date_modified"], Json::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_listed_in_pages_as_recorded() {
    let shop = shop_of_29().await;
    shop.register_customer(json!({"email": "admin@lab.example", "role": "administrator"}));

    let page1 = replay(&shop, "customers_list_page1", "/customers?page=1&per_page=2").await;
    replay(&shop, "customers_list_page2", "/customers?page=2&per_page=2").await;
    let beyond = replay(
        &shop,
        "customers_list_page_beyond",
        "/customers?page=99&per_page=2",
    )
    .await;
    replay(&shop, "customers_list_per_page_101", "/customers?per_page=101").await;
    let all = replay(
        &shop,
        "customers_list_modified_after_gmt",
        "/customers?modified_after=2099-11-23T11%3A43%3A01&per_page=100&dates_are_gmt=true",
    )
    .await;
    let one = replay(
        &shop,
        "customers_by_email",
        "/customers?email=CUSTOMER05%40shop.example",
    )
    .await;
    let everyone = call(
        &shop,
        "GET",
        "/customers?role=all&orderby=id&order=desc&_fields=id,role",
        &Json::Null,
    )
    .await;

    assert_eq!(page1.body[0]["first_name"], "Ada");
    assert_eq!(beyond.body, json!([]));
    assert_eq!(all.body.as_array().unwrap().len(), 29);
    assert_eq!(one.body[0]["email"], "customer05@shop.example");
    assert_eq!(everyone.header("X-WP-Total"), Some("30"));
    assert_eq!(everyone.body[0], json!({"id": 31, "role": "administrator"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_created_and_refused_as_recorded() {
    let shop = shop_of_29().await;

    let created = replay(&shop, "customer_create_201", "/customers").await;
    for refused in [
        "customer_create_400_bad_email",
        "customer_create_400_duplicate_email",
        "customer_create_400_duplicate_email_case",
        "customer_create_400_duplicate_username",
        "customer_create_400_empty_email",
        "customer_create_400_no_email",
        "bad_json_400",
    ] {
        replay(&shop, refused, "/customers").await;
    }

    let location = created.header("Location").unwrap();
    assert!(location.ends_with(&format!("/wp-json/wc/v3/customers/{}", created.id())));
    assert_eq!(created.body["username"], "new1");
    assert_eq!(created.body["meta_data"][0]["key"], "default_password_nag");
    assert_eq!(shop.customers().len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_changed_and_refused_as_recorded() {
    let shop = shop_of_29().await;
    let id = replay(&shop, "customer_create_201", "/customers").await.id();
    let path = format!("/customers/{id}");

    for refused in [
        "customer_update_400_bad_billing_email",
        "customer_update_400_email_in_use",
        "customer_update_400_username",
        "customer_update_400_wrong_type",
        "customer_update_nulls",
    ] {
        replay(&shop, refused, &path).await;
    }
    replay(&shop, "customer_update_400_invalid_id", "/customers/999999").await;
    replay(&shop, "customer_update_unknown_field", &path).await;
    let html = replay(&shop, "customer_update_html", &path).await;

    let recorded = &recording::json("woo/rest/customer_update_html.json")["body"];
    for key in ["first_name", "last_name", "billing", "shipping"] {
        assert_eq!(html.body[key], recorded[key], "{key}");
    }
    let read = shop.customer(id).unwrap();
    assert_eq!(
        read["first_name"], "Bold &amp; \"q\" ' é😀",
        "encoded from the next reading on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn meta_data_is_merged_by_key_and_kept_as_text() {
    let shop = shop_of_29().await;
    let path = format!("/customers/{}", shop.customers()[1]["id"]);
    replay(&shop, "customer_update_200_unchanged", &path).await;
    replay(&shop, "customer_update_200_meta", &path).await;

    let body = json!({"meta_data": [
        {"key": "lab_sync_id", "value": 43}, {"key": "yes", "value": true}, {"key": "list", "value": [1]},
    ]});
    let changed = call(&shop, "PUT", &path, &body).await;
    let gone = call(
        &shop,
        "PATCH",
        &path,
        &json!({"meta_data": [{"key": "yes", "value": null}]}),
    )
    .await;

    let values = |reply: &Reply| -> Vec<Json> {
        let meta = reply.body["meta_data"].as_array().unwrap();
        meta.iter().map(|entry| entry["value"].clone()).collect()
    };
    assert_eq!(values(&changed), [json!("43"), json!("1"), json!([1])]);
    assert_eq!(values(&gone), [json!("43"), json!([1])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_deleted_as_recorded() {
    let shop = shop_of_29().await;
    let id = shop.customers()[0]["id"].as_u64().unwrap();
    let order = shop.place_order(json!({"customer_id": id}));

    replay(
        &shop,
        "customer_delete_without_force",
        &format!("/customers/{id}"),
    )
    .await;
    replay(
        &shop,
        "customer_delete_force",
        &format!("/customers/{id}?force=true"),
    )
    .await;
    replay(&shop, "customer_delete_404", "/customers/999999?force=true").await;

    assert_eq!(shop.customer(id), None);
    let order = shop
        .orders()
        .into_iter()
        .find(|shown| shown["id"] == json!(order))
        .unwrap();
    assert_eq!(order["customer_id"], 0);
    assert_eq!(order["_links"].get("customer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_for_each_item_as_recorded() {
    let shop = shop_of_29().await;
    let ids: Vec<_> = shop
        .customers()
        .iter()
        .map(|customer| customer["id"].clone())
        .collect();
    let recorded = recording::json("woo/rest/customers_batch_mixed.json");
    let mut body = recorded["request"]["body"].clone();
    body["update"][0]["id"] = ids[0].clone();
    body["delete"][0] = ids[5].clone();

    let reply = call(&shop, "POST", "/customers/batch", &body).await;

    super::assert_as_recorded("customers_batch_mixed", &reply, &recorded, &shop);
    for (group, at) in [("create", 1), ("create", 2), ("update", 1), ("delete", 1)] {
        assert_eq!(reply.body[group][at], recorded["body"][group][at], "{group} {at}");
    }
    let too_many = json!({"update": vec![json!({"id": 1}); 101]});
    assert_eq!(
        call(&shop, "POST", "/customers/batch", &too_many).await.status,
        413
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guest_orders_are_read_as_recorded() {
    let shop = open_shop().await;
    let recorded = recording::json("woo/rest/order_get_guest.json")["body"].clone();
    let id = shop.place_order(recorded.clone());

    let reply = replay(&shop, "order_get_guest", &format!("/orders/{id}")).await;
    replay(&shop, "order_get_404", "/orders/999999").await;

    for key in [
        "billing",
        "shipping",
        "customer_id",
        "status",
        "total",
        "payment_method",
    ] {
        assert_eq!(reply.body[key], recorded[key], "{key}");
    }
    assert_eq!(reply.body["line_items"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_written_as_recorded() {
    let shop = open_shop().await;

    let created = replay(&shop, "order_create_empty", "/orders").await;
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    for refused in [
        "order_create_400_bad_status",
        "order_create_400_no_product",
        "order_create_400_unknown_customer",
    ] {
        replay(&shop, refused, "/orders").await;
    }
    let path = format!("/orders/{}", created.id());
    call(&shop, "PUT", &path, &json!({"customer_id": customer})).await;
    replay(&shop, "order_update_200_unchanged", &path).await;
    replay(&shop, "order_update_200_meta", &path).await;
    replay(&shop, "order_update_400_bad_line_id", &path).await;
    replay(&shop, "order_update_400_invalid_id", "/orders/999999").await;
    replay(&shop, "order_delete_404", "/orders/999999").await;
    let was = replay(&shop, "order_delete_trash", &path).await;
    let trashed = replay(&shop, "order_get_trashed", &path).await;

    assert_eq!(was.body["status"], "pending");
    assert_eq!(trashed.body["status"], "trash");
    assert_eq!(call(&shop, "DELETE", &path, &Json::Null).await.status, 410);
}

/// A clock that stands at these seconds after 1970.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_by_what_changed() {
    // 2026-11-23T11:51:54 UTC.
    let clock = Arc::new(SetClock(AtomicI64::new(1_795_434_714)));
    let shop = WooCommerceSimulator::start(WooCommerceOptions {
        trust_plain_http: true,
        clock: clock.clone(),
        ..WooCommerceOptions::default()
    })
    .await
    .unwrap();
    let customer = shop.register_customer(json!({"email": "ada@shop.example"}));
    for _ in 0..30 {
        shop.place_order(json!({"customer_id": customer}));
    }
    replay(&shop, "orders_list", "/orders?per_page=2").await;
    clock.0.fetch_add(60, Ordering::Relaxed);
    let draft = shop.place_order(json!({"status": "checkout-draft"}));
    let total = async |query: &str| {
        let reply = call(&shop, "GET", &format!("/orders?{query}"), &Json::Null).await;
        reply.header("X-WP-Total").unwrap().parse::<usize>().unwrap()
    };

    let newest = call(
        &shop,
        "GET",
        "/orders?per_page=1&_fields=id%2Cdate_modified_gmt",
        &Json::Null,
    )
    .await;

    assert_eq!(
        newest.body,
        json!([{"id": draft, "date_modified_gmt": "2026-11-23T11:52:54"}])
    );
    for (query, expected) in [
        ("modified_after=2026-11-23T11:51:53&dates_are_gmt=true", 31),
        ("modified_after=2026-11-23T11:51:54&dates_are_gmt=true", 1),
        ("modified_after=2026-11-23T11:51:54Z", 1),
        ("modified_after=2026-11-23T11:51:54", 0),
        ("modified_after=2026-11-23T03:51:54", 1),
        ("after=2026-11-23T11:52:53Z", 1),
        ("before=2026-11-23T11:52:54Z", 30),
        ("customer=0", 1),
        ("status=processing,completed", 30),
    ] {
        assert_eq!(total(query).await, expected, "{query}");
    }
}

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
