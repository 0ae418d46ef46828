//! Products: written, found and shown as predicted.

use woo_vtiger_sync::clock::{Clock, Timestamp};
use woo_vtiger_sync::system::FieldType;

use super::*;

fn fields(texts: &[(&str, &str)]) -> Patch {
    Patch(
        texts
            .iter()
            .map(|(field, text)| (path(field), Value::text(*text)))
            .collect(),
    )
}

#[tokio::test]
async fn a_product_is_shown_as_predicted() {
    let shop = Shop::open().await;
    let written = fields(&[
        ("productname", "Cup 😀"),
        ("productcode", "SKU-1"),
        ("unit_price", "12.345678"),
        ("qtyinstock", "7"),
        ("discontinued", "1"),
        ("description", "Two\nlines"),
        ("productcategory", "Hats & Caps"),
        ("qty_per_unit", ""),
    ]);

    let created = shop.vtiger.create(Module::Products, &written).await.unwrap();
    let read = shop
        .vtiger
        .fetch(Module::Products, &created.id)
        .await
        .unwrap()
        .unwrap();

    for (field, value) in &written.0 {
        let predicted = shop.vtiger.stored(Module::Products, field, value);
        assert_eq!(created.get(field), predicted, "{field}");
        assert_eq!(read.get(field), predicted, "{field}");
    }
    assert_eq!(created.fields.get("stand_in"), None);
}

#[tokio::test]
async fn a_product_is_found_by_its_code_in_any_case() {
    let shop = Shop::open().await;
    let cup = shop.product(json!({ "productcode": "SKU-1" }));

    let found = shop.vtiger.find(Module::Products, "sku-1", None).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.as_str(), cup);
    shop.vtiger.delete(Module::Products, &found[0].id).await.unwrap();
    assert_eq!(shop.vtiger.fetch(Module::Products, &found[0].id).await, Ok(None));
}

#[tokio::test]
async fn what_an_interrupted_create_left_is_found_by_name_and_time() {
    let shop = Shop::open().await;
    let since = SystemClock.now();
    shop.product(json!({ "productcode": "SKU-1" }));
    let without_code = shop.product(json!({}));
    let find = async |since| {
        shop.vtiger
            .find_created(Module::Products, "Cup", since)
            .await
            .unwrap()
    };

    let found = find(since).await;

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id.as_str(), without_code);
    // The zone is known by the first write; before, it may be any.
    shop.vtiger
        .create(Module::Products, &fields(&[("productname", "Hat")]))
        .await
        .unwrap();
    assert_eq!(find(since).await.len(), 1);
    let later = Timestamp::from_seconds(since.as_seconds() + 3600);
    assert!(find(later).await.is_empty());
}

#[tokio::test]
async fn what_vtiger_would_keep_as_something_else_is_refused_before_it_is_sent() {
    let shop = Shop::open().await;
    shop.calls();

    for (module, field, value, words) in [
        (Module::Products, "usageunit", "Fathom", "none of the values of"),
        (
            Module::Products,
            "productcode",
            &"S".repeat(41),
            "longer than the 40 characters",
        ),
        (
            Module::SalesOrders,
            "sostatus",
            "Shipped",
            "Created, Approved, Delivered",
        ),
    ] {
        let error = shop
            .vtiger
            .create(module, &fields(&[(field, value)]))
            .await
            .unwrap_err();
        assert_eq!(error.fault, rejected(field));
        assert!(error.message.contains(words), "{}", error.message);
    }
    assert_eq!(shop.calls(), [] as [&str; 0]);
}

#[tokio::test]
async fn the_fields_of_each_module_are_told() {
    let shop = Shop::open().await;
    let orders = shop.vtiger.fields(Module::SalesOrders).await.unwrap();
    let order = |path: &str| orders.iter().find(|field| field.path == path);
    let products = shop.vtiger.fields(Module::Products).await.unwrap();
    let product = |path: &str| products.iter().find(|field| field.path == path).unwrap();

    let FieldType::Picklist(statuses) = &order("sostatus").unwrap().kind else {
        panic!("a picklist");
    };
    assert!(statuses.contains(&"Approved".to_owned()));
    assert!(order("sostatus").unwrap().mandatory);
    assert_eq!(order("LineItems").unwrap().kind, FieldType::Structure);
    assert_eq!(order("account_id").unwrap().kind, FieldType::Reference);
    assert!(order("account_id.accountname").unwrap().writable);
    assert!(order("currency_id.currency_code").is_some());
    assert!(!order("hdnGrandTotal").unwrap().writable);
    assert_eq!(order("listprice"), None, "it is the lines'");
    assert_eq!(product("productcode").length, Some(40));
    assert!(product("productname").mandatory);
    assert!(!product("modifiedtime").writable);
    assert_eq!(product("discontinued").kind, FieldType::Boolean);

    let is_writable = |module, field: &str| shop.vtiger.is_writable(module, &path(field), None);
    assert!(is_writable(Module::SalesOrders, "account_id.accountname"));
    assert!(is_writable(Module::SalesOrders, "LineItems"));
    assert!(is_writable(Module::SalesOrders, "counterpart"));
    assert!(!is_writable(Module::SalesOrders, "salesorder_no"));
    assert!(!is_writable(Module::Products, "no_such_field"));
}
