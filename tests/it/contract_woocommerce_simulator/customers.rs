//! Customers: what is read, listed, written and refused.

use serde_json::{Value as Json, json};
use woo_vtiger_sync::simulator::faults::{Fault, FaultPlan};
use woo_vtiger_sync::simulator::woocommerce::WooCommerceSimulator;

use super::{Reply, call, open_shop, replay};
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
async fn of_a_batch_that_is_broken_off_the_first_half_is_done() {
    let shop = open_shop().await;
    let ann = shop.register_customer(json!({"email": "ann@shop.example"}));
    shop.set_faults(FaultPlan {
        next: [Some(Fault::Midway); 2].into(),
        ending: "/batch",
        ..FaultPlan::default()
    });
    let email = |name: &str| json!({"email": format!("{name}@shop.example")});
    let body = json!({
        "create": [email("a"), email("b"), email("c")],
        "update": [{"id": ann, "first_name": "Ann"}],
    });

    let path = format!("/customers/{ann}");
    let untouched = call(&shop, "PUT", &path, &json!({"last_name": "Lee"})).await;
    let broken = call(&shop, "POST", "/customers/batch", &body).await;

    assert_eq!((untouched.status, broken.status), (200, 500));
    let customers = shop.customers();
    let emails: Vec<_> = customers
        .iter()
        .map(|customer| customer["email"].clone())
        .collect();
    assert_eq!(emails, ["ann@shop.example", "a@shop.example", "b@shop.example"]);
    assert_eq!(customers[0]["first_name"], "");
    assert_eq!(shop.planned_faults(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_writes_to_one_record_twice_is_noticed() {
    let shop = open_shop().await;
    let ann = shop.register_customer(json!({"email": "ann@shop.example"}));
    let bob = shop.register_customer(json!({"email": "bob@shop.example"}));
    let update = |id: u64| json!({"id": id, "first_name": "X"});

    let both = json!({"update": [update(ann), update(bob)]});
    call(&shop, "POST", "/customers/batch", &both).await;
    assert_eq!(shop.overlapping_writes(), [] as [String; 0]);
    let twice = json!({"update": [update(ann), update(ann)]});
    call(&shop, "POST", "/customers/batch", &twice).await;

    assert_eq!(shop.overlapping_writes(), [format!("/customers/{ann}")]);
}
