//! The client against the simulated shop: what is written is what is read.

use woo_vtiger_sync::simulator::woocommerce::{WooCommerceOptions, WooCommerceSimulator};
use woo_vtiger_sync::sync::{Basket, Item, Line, Side, towards_woocommerce};

use super::*;

pub(super) async fn open() -> (WooCommerceSimulator, WooCommerce) {
    let shop = WooCommerceSimulator::start(WooCommerceOptions::default())
        .await
        .unwrap();
    let settings = WooCommerceSettings {
        url: Url::parse(&shop.url()).unwrap(),
        consumer_key: SecretString::from("ck_simulator"),
        consumer_secret: SecretString::from("cs_simulator"),
        authentication: None,
        timeout: Duration::from_secs(10),
    };
    let client = WooCommerce::new(settings, woo_vtiger_sync::clock::SystemClock::shared()).unwrap();
    (shop, client)
}

fn basket_of(record: &Record) -> Basket {
    serde_json::from_value(record.fields["line_items"].clone()).unwrap()
}

fn line(product: u64, quantity: i64, price: i64) -> Line {
    Line {
        item: Item::Product(RecordId::new(product.to_string())),
        quantity: quantity.into(),
        price: price.into(),
        ..Line::default()
    }
}

#[tokio::test]
async fn a_product_reads_as_was_foreseen_when_it_was_written() {
    let (_simulator, shop) = open().await;
    let measured = r#"A & B &amp; C < D > "E" 'F' é 😀 \ x"#;
    let fields = [
        ("name", Value::text(measured)),
        ("sku", Value::text(measured)),
        ("regular_price", Value::text("19.999")),
        ("weight", Value::text("abc")),
        ("stock_quantity", Value::text("7.600")),
        (
            "description",
            Value::text("<p>A &amp; B</p>\n<ul><li>C</li></ul>"),
        ),
        ("category", Value::text("Fish & Chips")),
        ("status", Value::text("draft")),
        ("featured", Value::text("1")),
        ("meta_data[color]", Value::text("red")),
    ];

    let created = shop.create(Module::Products, &patch(&fields)).await.unwrap();
    let fetched = shop.fetch(Module::Products, &created.id).await.unwrap().unwrap();

    for (field, value) in fields {
        let path = FieldPath::parse(field).unwrap();
        let foreseen = shop.stored(Module::Products, &path, &value);
        assert_eq!(created.get(&path), foreseen, "{field}");
        assert_eq!(fetched.get(&path), foreseen, "{field}");
    }
    let found = shop
        .find(Module::Products, &get(&created, "sku"), None)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, created.id);
}

#[tokio::test]
async fn a_product_of_a_trashed_ones_sku_is_refused_and_the_trashed_one_can_come_back() {
    let (simulator, shop) = open().await;
    let fields = patch(&[("name", Value::text("Desk")), ("sku", Value::text("D-1"))]);
    let first = shop.create(Module::Products, &fields).await.unwrap();

    let twice = shop.create(Module::Products, &fields).await.unwrap_err();
    shop.delete(Module::Products, &first.id).await.unwrap();
    shop.delete(Module::Products, &first.id).await.unwrap();
    let again = shop.create(Module::Products, &fields).await.unwrap_err();
    let gone = shop.fetch(Module::Products, &first.id).await.unwrap();
    let back = shop
        .restore(Module::Products, &first.id, &Patch::default())
        .await
        .unwrap();

    for error in [&twice, &again] {
        let sku = Some("sku".to_owned());
        assert_eq!(error.fault, Fault::Rejected { field: sku });
    }
    assert!(again.message.contains("trash"), "{again}");
    assert_eq!(gone, None);
    assert_eq!(get(&back.unwrap(), "status"), "publish");
    assert_eq!(simulator.products().len(), 1);
}

#[tokio::test]
async fn all_products_and_variations_are_paged_and_variations_are_written_through_their_product() {
    let (simulator, shop) = open().await;
    let attributes = json!([{"name": "Size", "variation": true, "options": ["S", "M"]}]);
    let parent =
        simulator.add_product(json!({"name": "Shirt & Co", "type": "variable", "attributes": attributes}));
    let variations: Vec<_> = ["S", "M"]
        .iter()
        .map(|size| {
            simulator.add_product(json!({
                "type": "variation", "parent_id": parent, "regular_price": "5.00", "sku": format!("SHIRT-{size}"),
                "attributes": [{"name": "Size", "option": size}],
            }))
        })
        .collect();
    simulator.add_product(json!({"name": "Desk"}));
    let id = RecordId::new(variations[1].to_string());

    let mut names = Vec::new();
    let mut cursor = None;
    loop {
        let page = shop.page(Module::Products, cursor.as_deref()).await.unwrap();
        names.extend(page.records.iter().map(|record| get(record, "name")));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    simulator.forget_calls();
    let price = patch(&[
        ("regular_price", Value::text("6.00")),
        ("stock_quantity", Value::text("3")),
    ]);
    let written = shop.update(Module::Products, &id, &price).await.unwrap();
    let calls = simulator.calls().len();
    let fetched = shop.fetch(Module::Products, &id).await.unwrap().unwrap();
    let found = shop.find(Module::Products, "shirt-m", None).await.unwrap();
    shop.delete(Module::Products, &id).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].id, &found[0].fields), (&id, &fetched.fields));
    assert_eq!(names, ["Shirt & Co", "Desk", "Shirt & Co - S", "Shirt & Co - M"]);
    assert_eq!(calls, 1);
    assert_eq!(
        (
            get(&written, "regular_price").as_str(),
            get(&written, "stock_quantity").as_str()
        ),
        ("6.00", "3")
    );
    assert_eq!(written.fields, fetched.fields);
    assert_eq!(shop.fetch(Module::Products, &id).await, Ok(None));
}

#[tokio::test]
async fn an_order_is_created_and_edited_to_the_cent_without_a_line_doubled() {
    let (simulator, shop) = open().await;
    let desk = simulator.add_product(json!({"name": "Desk", "regular_price": "10.00"}));
    let chair = simulator.add_product(json!({"name": "Chair", "regular_price": "4.00"}));
    let mut wanted = Basket {
        currency: "USD".to_owned(),
        lines: vec![line(desk, 2, 10), line(chair, 1, 4)],
        shipping: 5.into(),
        total: "29.03".parse().unwrap(),
        ..Basket::default()
    };
    let fields = [
        ("line_items", wanted.to_value()),
        ("counterpart", Value::text("6x78")),
        ("status", Value::text("processing")),
        ("currency", Value::text("USD")),
        ("billing.email", Value::text("ann@guest.example")),
        ("ship_to.city", Value::text("Bonn")),
    ];

    let created = shop.create(Module::SalesOrders, &patch(&fields)).await.unwrap();

    let now = basket_of(&created);
    assert_eq!((get(&created, "total").as_str(), now.lines.len()), ("29.03", 2));
    assert_eq!(
        (now.adjustment.to_string().as_str(), now.shipping),
        ("0.03", 5.into())
    );
    assert_eq!(get(&created, "contact"), "guest:ann@guest.example");
    assert_eq!(get(&created, "ship_to.city"), "Bonn");

    // The desk stays, a second chair is added to the first, and shipping is given away.
    wanted.lines[1].quantity = 2.into();
    wanted.shipping = 0.into();
    wanted.total = "28.00".parse().unwrap();
    let same = |_: Module, id: &str| Some(id.to_owned());
    let edited = towards_woocommerce(&wanted, Some(&now), &same);
    let patch = patch(&[("line_items", edited.to_value())]);
    simulator.forget_calls();
    let updated = shop
        .update(Module::SalesOrders, &created.id, &patch)
        .await
        .unwrap();

    let now = basket_of(&updated);
    assert_eq!((get(&updated, "total").as_str(), now.lines.len()), ("28.00", 2));
    assert!(now.adjustment.is_zero() && now.shipping.is_zero(), "{now:?}");
    let writes = simulator.calls();
    assert!(
        writes.len() <= 2 && writes.iter().all(|call| call.method == "PUT"),
        "{writes:?}"
    );

    // The same once more changes nothing.
    let again = towards_woocommerce(&wanted, Some(&now), &same);
    let patch = Patch([(FieldPath::parse("line_items").unwrap(), again.to_value())].into());
    simulator.forget_calls();
    shop.update(Module::SalesOrders, &created.id, &patch)
        .await
        .unwrap();
    assert!(simulator.calls().iter().all(|call| call.method == "GET"));
    let found = shop.find(Module::SalesOrders, "6x78", None).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(simulator.orders().len(), 1);
}

#[tokio::test]
async fn orders_are_found_by_their_counterpart_by_a_client_that_never_saw_them() {
    let (simulator, shop) = open().await;
    let since = Timestamp::from_millis(woo_vtiger_sync::clock::SystemClock.now().as_millis());
    for number in 0..3 {
        simulator.place_order(
            json!({"meta_data": [{"key": "_vtiger_salesorder", "value": format!("6x{number}")}]}),
        );
    }
    simulator.forget_calls();

    let found = shop.find(Module::SalesOrders, "6x1", Some(since)).await.unwrap();
    let other = shop.find(Module::SalesOrders, "6x9", Some(since)).await.unwrap();

    assert_eq!((found.len(), other.len()), (1, 0));
    assert_eq!(get(&found[0], "counterpart"), "6x1");
    assert_eq!(simulator.calls().len(), 3);
}

#[tokio::test]
async fn a_check_of_the_shop_changes_nothing_there() {
    let (simulator, shop) = open().await;
    let id = simulator.add_product(json!({"name": "Desk"}));

    let findings = shop.check().await;

    assert_eq!(shop.side(), Side::WooCommerce);
    assert!(
        findings
            .iter()
            .all(|finding| matches!(finding.verdict, Verdict::Good(_))),
        "{findings:?}"
    );
    assert_eq!(findings.len(), 8);
    assert_eq!(simulator.products().len(), 1);
    assert!(
        simulator.product(id).is_some() && simulator.orders().is_empty() && simulator.customers().is_empty()
    );
}
