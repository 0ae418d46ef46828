//! Sales orders that others made, and what is told of orders otherwise than by reading one: events, pages, stock.

use super::*;

const VAT: (&str, &str) = ("34x1", "4.5");

#[tokio::test]
async fn a_salespersons_discounts_shipping_taxes_and_comments_are_read_and_kept() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let order = shop.crm.add_record(
        "SalesOrder",
        json!({
            "subject": "By hand", "sostatus": "Created", "account_id": "11x2", "bill_street": "B", "ship_street": "S",
            "invoicestatus": "Created", "hdnTaxType": "group", "productid": cup, "hdnDiscountPercent": "10",
            "shipping_&_handling": "10", "shipping_&_handling_shtax1": "4.5", "currency_id": "21x1",
            "LineItems": [{ "productid": cup, "quantity": "2", "listprice": "50", "discount_percent": "10",
                            "comment": "in red", "tax1": "4.5" }],
        }),
    );
    let order = RecordId::new(order);

    let read = basket_of(&shop.fetch(&order).await);
    let status = Patch([(path("sostatus"), Value::text("Approved"))].into());
    let written = shop
        .vtiger
        .update(Module::SalesOrders, &order, &status)
        .await
        .unwrap();

    assert_eq!(read.lines[0].discount.to_string(), "10");
    assert_eq!(read.lines[0].name, "Cup");
    assert_eq!(read.discount.to_string(), "9");
    assert_eq!(read.shipping.to_string(), "10.45");
    assert_eq!(read.reckoned().normalize(), read.total);
    assert_eq!(
        basket_of(&written),
        read,
        "though the answer doesn't tell of the shipping's taxes"
    );

    let mut changed = read.clone();
    changed.discount = Decimal::ZERO;
    changed.lines[0].quantity = "3".parse().unwrap();
    changed.total = changed.reckoned();
    let written = shop.update(&order, &changed).await.unwrap();
    assert_eq!(basket_of(&written).normal(), changed.normal());
    assert_eq!(
        shop.crm.record(order.as_str()).unwrap()["LineItems"][0]["comment"],
        "in red"
    );
}

#[tokio::test]
async fn the_unmodified_release_says_what_it_cant_do() {
    let shop = Shop::of(VtigerKind::Stock830).await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[])],
        "10",
    );
    let order = shop.crm.add_record(
        "SalesOrder",
        json!({
            "subject": "By hand", "sostatus": "Created", "account_id": "11x2", "bill_street": "B", "ship_street": "S",
            "invoicestatus": "Created", "hdnTaxType": "group", "productid": cup,
            "LineItems": [{ "productid": cup, "quantity": "2", "listprice": "50" }],
        }),
    );
    let order = RecordId::new(order);

    let refused = shop.create("16", &wanted).await.unwrap_err();
    let failed = shop.update(&order, &wanted).await.unwrap_err();
    let status = Patch([(path("sostatus"), Value::text("Approved"))].into());
    let written = shop
        .vtiger
        .update(Module::SalesOrders, &order, &status)
        .await
        .unwrap();

    for error in [refused, failed] {
        let Fault::Unsupported { remedy } = error.fault else {
            panic!("{error:?}");
        };
        assert!(remedy.starts_with("this Vtiger 8.3.0 can't"), "{remedy}");
    }
    assert_eq!(get(&written, "sostatus"), "Approved");
}

#[tokio::test]
async fn a_callbacks_data_is_the_whole_order_or_it_is_fetched() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[VAT])],
        "10.45",
    );
    let created = shop.create("17", &wanted).await.unwrap();
    let body = shop.crm.record(created.id.as_str()).unwrap();
    let needed = [
        path("LineItems"),
        path("counterpart"),
        path("account_id.accountname"),
    ];
    let read = async |body: &Json| {
        shop.vtiger
            .read(Module::SalesOrders, body, &needed)
            .await
            .unwrap()
    };

    assert_eq!(
        read(&body).await.map(|record| visible(&record)),
        Some(visible(&created))
    );
    for missing in ["LineItems", "vtiger_purchaseorder", "account_id", "hdnTaxType"] {
        let mut body = body.clone();
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(read(&body).await, None, "{missing}");
    }
}

#[tokio::test]
async fn pages_of_orders_tell_ids_and_times_only() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "1", "10", &[])],
        "10",
    );
    let created = shop.create("18", &wanted).await.unwrap();

    let page = shop.vtiger.page(Module::SalesOrders, None).await.unwrap();

    assert!(page.partial);
    assert_eq!(page.next, None);
    assert_eq!(page.records.len(), 1);
    assert_eq!(page.records[0].id, created.id);
    assert_eq!(page.records[0].modified, created.modified);
}

#[tokio::test]
async fn an_order_takes_its_goods_off_the_stock() {
    let shop = Shop::open().await;
    let cup = shop.product(&json!({}));
    let wanted = basket(
        Taxation::Group,
        vec![line(product(&cup), "Cup", "3", "10", &[])],
        "30",
    );
    shop.create("19", &wanted).await.unwrap();

    let service = RecordId::new("26x1");
    let moved = shop
        .vtiger
        .look(Module::Products, &[RecordId::new(&cup), service])
        .await
        .unwrap()
        .records;

    assert_eq!(moved.len(), 1);
    assert_eq!(moved[0].id.as_str(), cup);
    assert_eq!(get(&moved[0], "qtyinstock"), "7.000");
}
