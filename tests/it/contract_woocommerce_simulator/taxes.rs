//! Tax rates: what is read, listed, written and refused.

use serde_json::{Value as Json, json};

use super::products::{assert_values, recorded};
use super::webhooks::{SECRET, listener, received};
use super::{call, open_shop, replay};

const KEYS: [&str; 13] = [
    "country",
    "state",
    "postcode",
    "city",
    "rate",
    "name",
    "priority",
    "compound",
    "shipping",
    "order",
    "class",
    "postcodes",
    "cities",
];

#[tokio::test(flavor = "multi_thread")]
async fn taxes_are_read_as_recorded() {
    let shop = open_shop().await;
    let recorded = recorded("taxes_list");
    let mut rates = recorded.as_array().unwrap().clone();
    rates.sort_by_key(|rate| rate["id"].as_u64());
    for rate in rates {
        shop.add_tax(rate);
    }

    let listed = replay(&shop, "taxes_list", "/taxes").await;
    replay(&shop, "tax_get", "/taxes/1").await;
    let reduced = call(
        &shop,
        "GET",
        "/taxes?class=reduced-rate&_fields=id,rate",
        &Json::Null,
    )
    .await;
    let unknown = call(&shop, "GET", "/taxes/99", &Json::Null).await;

    for (shown, recorded) in listed
        .body
        .as_array()
        .unwrap()
        .iter()
        .zip(recorded.as_array().unwrap())
    {
        assert_values(&shop, shown, recorded, &["id"]);
        assert_values(&shop, shown, recorded, &KEYS);
    }
    assert_eq!(reduced.body, json!([{"id": 4, "rate": "7.0000"}]));
    assert_eq!(
        (unknown.status, &unknown.body["code"]),
        (404, &json!("woocommerce_rest_invalid_id"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn taxes_are_written_and_deleted_as_recorded() {
    let shop = open_shop().await;
    let created = call(
        &shop,
        "POST",
        "/taxes",
        &json!({"country": "fr", "rate": "20", "name": "TVA"}),
    )
    .await;
    let path = format!("/taxes/{}", created.id());

    let changed = call(
        &shop,
        "PUT",
        &path,
        &json!({"rate": "5.5", "postcode": "75001;75002"}),
    )
    .await;
    let refused = call(&shop, "PUT", &path, &json!({"rate": 5.5})).await;
    let bad_class = call(&shop, "POST", "/taxes", &json!({"class": "none"})).await;
    let batch = json!({"create": [{"rate": "1"}], "update": [{"id": 99, "rate": "2"}]});
    let batch = call(&shop, "POST", "/taxes/batch", &batch).await;
    call(&shop, "PUT", &path, &json!({"rate": "20", "postcode": ""})).await;
    replay(&shop, "taxes_delete_no_force", &path).await;
    let was = replay(&shop, "taxes_delete_force", &format!("{path}?force=true")).await;

    assert_eq!(created.status, 201);
    assert_values(&shop, &created.body, &recorded("taxes_delete_force"), &KEYS);
    assert_eq!(changed.body["rate"], "5.5000");
    assert_eq!(changed.body["postcodes"], json!(["75001", "75002"]));
    assert_eq!(changed.body["country"], "FR", "what was not sent stays");
    assert_eq!(refused.body["code"], "rest_invalid_param");
    assert_eq!(bad_class.body["code"], "rest_invalid_param");
    assert_eq!(batch.body["create"][0]["rate"], "1.0000");
    assert_eq!(
        batch.body["update"][0]["error"]["code"],
        "woocommerce_rest_invalid_id"
    );
    assert_values(&shop, &was.body, &recorded("taxes_delete_force"), &KEYS);
    assert_eq!(shop.taxes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_of_taxes() {
    let (shop, listener) = (open_shop().await, listener(200).await);
    for topic in ["product.created", "product.updated", "order.updated"] {
        shop.add_webhook(topic, &listener.uri(), SECRET);
    }

    let id = shop.add_tax(json!({"rate": "19"}));

    assert!(shop.edit_tax(id, json!({"rate": "7"})));
    assert_eq!(shop.taxes()[0]["rate"], "7.0000");
    assert!(shop.delete_tax(id));
    assert!(!shop.edit_tax(id, json!({})));
    assert!(received(&shop, &listener).await.is_empty());
}
