//! Products and variations: requests and recorded answers.

use super::*;

const PRODUCTS: Module = Module::Products;
const AT: &str = "/wp-json/wc/v3/products";

fn at(rest: &str) -> String {
    format!("{AT}{rest}")
}

fn webhook_body(name: &str) -> Json {
    let recorded = recording::json(&format!("woo/webhooks/{name}.json"));
    serde_json::from_str(recorded["body_text"].as_str().unwrap()).unwrap()
}

fn with_variations() -> [(&'static str, &'static str, ResponseTemplate); 4] {
    [
        (
            "GET",
            "/wp-json/wc/v3/products/43",
            recorded("product_get_of_variation_id"),
        ),
        (
            "GET",
            "/wp-json/wc/v3/products/42",
            recorded("product_get_variable"),
        ),
        (
            "GET",
            "/wp-json/wc/v3/products/42/variations",
            recorded("variations_list"),
        ),
        (
            "PUT",
            "/wp-json/wc/v3/products/42/variations/43",
            recorded("variation_get"),
        ),
    ]
}

#[tokio::test]
async fn a_product_is_read_as_for_editing() {
    let (server, shop) = answering(recorded("product_get_simple")).await;

    let record = shop.fetch(PRODUCTS, &RecordId::new("10")).await.unwrap().unwrap();

    assert_eq!(requests(&server).await, [format!("GET {AT}/10?context=edit")]);
    assert_eq!(record.modified, Some(Timestamp::from_seconds(1_795_433_685)));
    for (field, value) in [
        ("name", "Desk No. 1"),
        ("sku", "SKU-001"),
        ("regular_price", "212.52"),
        ("category", "Furniture"),
        ("stock_quantity", "4"),
        ("weight", "1.5"),
        ("status", "publish"),
    ] {
        assert_eq!(get(&record, field), value, "{field}");
    }
}

#[tokio::test]
async fn products_that_are_gone_or_in_the_trash_are_none() {
    for answer in ["product_get_404", "product_get_trashed"] {
        let (_server, shop) = answering(recorded(answer)).await;

        assert_eq!(
            shop.fetch(PRODUCTS, &RecordId::new("117")).await,
            Ok(None),
            "{answer}"
        );
        assert_eq!(shop.fetch(PRODUCTS, &RecordId::new("12x3")).await, Ok(None));
    }
}

#[tokio::test]
async fn a_variation_is_the_same_however_it_was_read() {
    let server = with(&with_variations()).await;
    let shop = basic(&server.uri());
    let id = RecordId::new("43");

    let fetched = shop.fetch(PRODUCTS, &id).await.unwrap().unwrap();
    let page = shop.page(PRODUCTS, Some("variations:42:1:-")).await.unwrap();
    let listed = page.records.iter().find(|record| record.id == id).unwrap();
    let patch = patch(&[("regular_price", Value::text("10.50"))]);
    let written = shop.update(PRODUCTS, &id, &patch).await.unwrap();
    let body = recording::json("woo/rest/product_get_of_variation_id.json")["body"].clone();
    let read = shop.read(PRODUCTS, &body, &[]).await.unwrap().unwrap();

    assert_eq!(get(&fetched, "name"), "Variable Shirt 1 - S, Red");
    assert_eq!(get(&fetched, "sku"), "VAR-01-S-R");
    assert_eq!(get(&fetched, "stock_quantity"), "", "the stock is its product's");
    for other in [listed, &written, &read] {
        assert_eq!(other.fields, fetched.fields);
        assert_eq!(other.modified, fetched.modified);
    }
    let put = r#"PUT /wp-json/wc/v3/products/42/variations/43 {"regular_price":"10.50"}"#;
    let expected = [
        format!("GET {AT}/43?context=edit"),
        format!("GET {AT}/43"),
        format!("GET {AT}/42?context=edit"),
        format!("GET {AT}/42/variations?orderby=id&order=asc&per_page=100&page=1"),
        put.to_owned(),
    ];
    assert_eq!(requests(&server).await, expected);
}

#[tokio::test]
async fn a_variation_is_found_out_when_it_is_written() {
    let mut routes = with_variations().to_vec();
    let refusal =
        json!({"code": "woocommerce_rest_invalid_product_id", "message": "", "data": {"status": 404}});
    let refused = ResponseTemplate::new(404).set_body_json(refusal);
    routes.push(("PUT", "/wp-json/wc/v3/products/43", refused.clone()));
    routes.push(("DELETE", "/wp-json/wc/v3/products/43", refused));
    routes.push((
        "DELETE",
        "/wp-json/wc/v3/products/42/variations/43",
        recorded("variation_delete_force"),
    ));
    let server = with(&routes).await;
    let patch = patch(&[("name", Value::text("x")), ("weight", Value::text("2"))]);

    basic(&server.uri())
        .update(PRODUCTS, &RecordId::new("43"), &patch)
        .await
        .unwrap();
    basic(&server.uri())
        .delete(PRODUCTS, &RecordId::new("43"))
        .await
        .unwrap();

    let asked = requests(&server).await;
    assert_eq!(asked[2], format!(r#"PUT {AT}/42/variations/43 {{"weight":"2"}}"#));
    assert_eq!(
        asked.last(),
        Some(&format!("DELETE {AT}/42/variations/43?force=true"))
    );
}

#[tokio::test]
async fn a_variation_without_sku_does_not_have_its_products() {
    let server = with(&with_variations()).await;
    let shop = basic(&server.uri());
    let mut body = recording::json("woo/rest/product_get_of_variation_id.json")["body"].clone();
    body["sku"] = json!("VAR-01");

    let record = shop.read(PRODUCTS, &body, &[]).await.unwrap().unwrap();
    shop.read(PRODUCTS, &body, &[]).await.unwrap().unwrap();

    assert_eq!(get(&record, "sku"), "");
    assert_eq!(
        requests(&server).await,
        [format!("GET {AT}/42?context=edit")],
        "asked once"
    );
}

#[tokio::test]
async fn products_are_found_by_sku_in_any_case() {
    let (server, shop) = answering(recorded("products_by_sku")).await;

    let found = shop.find(PRODUCTS, " sku-001 ", None).await.unwrap();
    let other = shop.find(PRODUCTS, "SKU-0", None).await.unwrap();
    let blank = shop.find(PRODUCTS, " ", None).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.as_str(), "10");
    assert_eq!((other.len(), blank.len()), (0, 0));
    let asked = requests(&server).await;
    assert_eq!(asked[0], format!("GET {AT}?sku=sku-001&context=edit&per_page=20"));
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_product_that_a_create_left_is_found_by_its_name() {
    let product =
        |id: u64, name: &str, sku: &str| json!({"id": id, "type": "simple", "name": name, "sku": sku});
    let listed = json!([
        product(1, "Fish &amp; Chips", ""),
        product(2, "Fish &amp; Chips", "F-1"),
        product(3, "Fish & Chips, large", ""),
    ]);
    let (server, shop) = answering(ResponseTemplate::new(200).set_body_json(listed)).await;

    let found = shop
        .find_created(PRODUCTS, "Fish & Chips", Timestamp::from_seconds(NOW))
        .await
        .unwrap();

    assert_eq!(
        found.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(),
        ["1"]
    );
    let query =
        "after=2026-11-23T11%3A35%3A33&dates_are_gmt=true&context=edit&orderby=id&order=asc&per_page=100";
    assert_eq!(
        requests(&server).await,
        [format!("GET {AT}?{query}&search=Chips")]
    );
}

#[tokio::test]
async fn a_product_is_created_as_a_simple_one() {
    let (server, shop) = answering(recorded("product_create_bad_price")).await;
    let patch = patch(&[
        ("name", Value::text("A & B")),
        ("regular_price", Value::text("abc")),
        ("stock_quantity", Value::text("5.000")),
    ]);

    let record = shop.create(PRODUCTS, &patch).await.unwrap();

    let body =
        r#"{"manage_stock":true,"name":"A &amp; B","regular_price":"","stock_quantity":5,"type":"simple"}"#;
    assert_eq!(requests(&server).await, [format!("POST {AT} {body}")]);
    assert_eq!(
        (record.id.as_str(), get(&record, "regular_price").as_str()),
        ("136", "")
    );
}

#[tokio::test]
async fn an_update_takes_one_call_and_one_of_nothing_only_reads() {
    let (server, shop) = answering(recorded("product_update_200_meta")).await;
    let id = RecordId::new("11");

    shop.update(
        PRODUCTS,
        &id,
        &patch(&[("meta_data[lab_sync_id]", Value::text("42"))]),
    )
    .await
    .unwrap();
    shop.update(PRODUCTS, &id, &patch(&[("price", Value::text("1"))]))
        .await
        .unwrap();

    let body = r#"{"meta_data":[{"key":"lab_sync_id","value":"42"}]}"#;
    let expected = [format!("PUT {AT}/11 {body}"), format!("GET {AT}/11?context=edit")];
    assert_eq!(requests(&server).await, expected);
}

#[tokio::test]
async fn an_update_of_what_is_gone_says_so() {
    let server = with(&[
        ("PUT", &at("/999999"), recorded("product_update_400_invalid_id")),
        ("GET", &at("/999999"), recorded("product_get_404")),
    ])
    .await;
    let shop = basic(&server.uri());
    let (id, patch) = (RecordId::new("999999"), patch(&[("name", Value::text("a"))]));

    let error = shop.update(PRODUCTS, &id, &patch).await.unwrap_err();

    assert_eq!(error.fault, Fault::Gone);
    assert_eq!(shop.restore(PRODUCTS, &id, &patch).await, Ok(None));
}

#[tokio::test]
async fn the_first_category_is_replaced_and_the_others_stay() {
    let server = with(&[
        (
            "GET",
            &at("/11"),
            ResponseTemplate::new(200).set_body_json(
                json!({"id": 11, "categories": [{"id": 15, "name": "Uncategorized"},
                {"id": 20, "name": "Books"}, {"id": 17, "name": "Chairs"}]}),
            ),
        ),
        ("GET", &at("/categories"), recorded("categories_list")),
        (
            "POST",
            &at("/categories"),
            ResponseTemplate::new(201).set_body_json(json!({"id": 77, "name": "Fish &amp; Chips"})),
        ),
        ("PUT", &at("/11"), recorded("product_update_200_meta")),
    ])
    .await;
    let shop = basic(&server.uri());
    for category in ["furniture", "Fish & Chips", "Books"] {
        let patch = patch(&[("category", Value::text(category))]);
        shop.update(PRODUCTS, &RecordId::new("11"), &patch).await.unwrap();
    }

    let asked = requests(&server).await;
    let read = format!("GET {AT}/11?_fields=id%2Ccategories");
    let find = |word: &str| format!("GET {AT}/categories?orderby=id&per_page=100&search={word}");
    let write = |ids: &str| format!(r#"PUT {AT}/11 {{"categories":[{ids}]}}"#);
    let expected = [
        read.clone(),
        find("furniture"),
        write(r#"{"id":16},{"id":20},{"id":17}"#),
        read.clone(),
        find("Chips"),
        format!(r#"POST {AT}/categories {{"name":"Fish &amp; Chips"}}"#),
        write(r#"{"id":77},{"id":20},{"id":17}"#),
        read,
        write(r#"{"id":20},{"id":17}"#),
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn products_go_into_the_trash_and_come_out_again() {
    let (server, shop) = answering(recorded("product_delete_trash")).await;
    shop.delete(PRODUCTS, &RecordId::new("117")).await.unwrap();
    let restored = shop
        .restore(
            PRODUCTS,
            &RecordId::new("117"),
            &patch(&[("name", Value::text("x"))]),
        )
        .await
        .unwrap();
    shop.restore(
        PRODUCTS,
        &RecordId::new("117"),
        &patch(&[("status", Value::text("draft"))]),
    )
    .await
    .unwrap();

    assert!(restored.is_some());
    let expected = [
        format!("DELETE {AT}/117"),
        format!(r#"PUT {AT}/117 {{"name":"x","status":"publish"}}"#),
        format!(r#"PUT {AT}/117 {{"status":"draft"}}"#),
    ];
    assert_eq!(requests(&server).await, expected);
    let gone = with(&[
        ("DELETE", &at("/117"), recorded("product_delete_already_trashed")),
        ("GET", &at("/117"), recorded("product_get_trashed")),
        ("DELETE", &at("/118"), recorded("product_delete_404")),
        ("GET", &at("/118"), recorded("product_get_404")),
    ])
    .await;
    for id in ["117", "118", "12x3"] {
        let shop = basic(&gone.uri());
        assert_eq!(shop.delete(PRODUCTS, &RecordId::new(id)).await, Ok(()), "{id}");
    }
}

#[tokio::test]
async fn pages_lead_through_products_and_the_variations_of_variable_ones() {
    let parent = recording::json("woo/rest/product_get_variable.json")["body"].clone();
    let simple = recording::json("woo/rest/product_get_simple.json")["body"].clone();
    let list = ResponseTemplate::new(200)
        .insert_header("X-WP-TotalPages", "2")
        .set_body_json(json!([simple, parent]));
    let server = with(&[
        ("GET", AT, list),
        ("GET", &at("/42/variations"), recorded("variations_list")),
    ])
    .await;
    let shop = basic(&server.uri());

    let mut cursor = None;
    let mut pages = Vec::new();
    loop {
        let page = shop.page(PRODUCTS, cursor.as_deref()).await.unwrap();
        assert!(!page.partial);
        pages.push((page.records.len(), page.next.clone()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }

    let next = |text: &str| Some(text.to_owned());
    let expected = [
        (2, next("variations:42:1:2")),
        (6, next("products:2")),
        (2, next("variations:42:1:-")),
        (6, None),
    ];
    assert_eq!(pages, expected);
    let query = "context=edit&orderby=id&order=asc&per_page=100&page=1";
    assert_eq!(requests(&server).await[0], format!("GET {AT}?{query}"));
    let odd = shop.page(PRODUCTS, Some("variations::1:2")).await.unwrap();
    assert_eq!(odd.records.len(), 2);
}

#[tokio::test]
async fn a_page_of_variations_of_a_product_that_is_gone_is_empty() {
    let (_server, shop) = answering(recorded("product_get_404")).await;

    let page = shop.page(PRODUCTS, Some("variations:42.57:1:4")).await.unwrap();

    assert_eq!(
        (page.records.len(), page.next.as_deref()),
        (0, Some("variations:57:1:4"))
    );
}

#[tokio::test]
async fn webhooks_bodies_are_read_without_asking_the_shop() {
    let (server, shop) = answering(ResponseTemplate::new(500)).await;
    let needed = ["name", "sku", "category", "stock_quantity", "meta_data[x]"];
    let needed = needed.map(|path| FieldPath::parse(path).unwrap());

    for name in [
        "product.created",
        "product.updated",
        "product.restored",
        "product.created-variable",
    ] {
        let record = shop.read(PRODUCTS, &webhook_body(name), &needed).await.unwrap();
        assert!(record.is_some(), "{name}");
    }
    for root in ["categories", "status", "meta_data", "id"] {
        let mut body = webhook_body("product.created");
        body.as_object_mut().unwrap().remove(root);
        assert_eq!(shop.read(PRODUCTS, &body, &needed).await, Ok(None), "{root}");
    }
    let mut trashed = webhook_body("product.created");
    trashed["status"] = json!("trash");
    assert_eq!(shop.read(PRODUCTS, &trashed, &needed).await, Ok(None));
    // What the product of this variation is called was in a body before.
    let variation = webhook_body("product.created-variation");
    let record = shop.read(PRODUCTS, &variation, &needed).await.unwrap().unwrap();
    assert_eq!(get(&record, "name"), "Hook var - Red");
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn refusals_name_the_field_and_say_what_is_wrong() {
    for (answer, field, said) in [
        (
            recorded("product_create_400_duplicate_sku"),
            "sku",
            "product 10 has this SKU",
        ),
        (
            ResponseTemplate::new(400).set_body_json(json!({
                "code": "woocommerce_rest_product_not_created", "message": "The product with SKU (A) …",
                "data": {"status": 400},
            })),
            "sku",
            "in the trash",
        ),
        (
            recorded("product_create_400_bad_status"),
            "status",
            "status is not one of",
        ),
        (
            recorded("product_create_stock_fraction"),
            "stock_quantity",
            "not of type integer",
        ),
    ] {
        let (_server, shop) = answering(answer).await;

        let error = shop
            .create(PRODUCTS, &patch(&[("name", Value::text("d"))]))
            .await
            .unwrap_err();

        let rejected = Fault::Rejected {
            field: Some(field.to_owned()),
        };
        assert_eq!(error.fault, rejected, "{error}");
        assert!(error.message.contains(said), "{error}");
    }
}

#[tokio::test]
async fn what_a_variation_has_of_its_product_can_not_be_written() {
    let server = with(&with_variations()).await;
    let shop = basic(&server.uri());
    let variation = shop.fetch(PRODUCTS, &RecordId::new("43")).await.unwrap().unwrap();
    let product = shop.fetch(PRODUCTS, &RecordId::new("42")).await.unwrap().unwrap();

    for (field, of_product, of_variation) in [
        ("name", true, false),
        ("category", true, false),
        ("short_description", true, false),
        ("catalog_visibility", true, false),
        ("regular_price", true, true),
        ("price", false, false),
    ] {
        let path = FieldPath::parse(field).unwrap();
        assert_eq!(
            shop.is_writable(PRODUCTS, &path, Some(&product)),
            of_product,
            "{field}"
        );
        assert_eq!(shop.is_writable(PRODUCTS, &path, None), of_product, "{field}");
        assert_eq!(
            shop.is_writable(PRODUCTS, &path, Some(&variation)),
            of_variation,
            "{field}"
        );
    }
}
